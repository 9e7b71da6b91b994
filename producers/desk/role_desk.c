/* `lianou run desk`. */
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/role/keys.h"
#include "bus/role/types.h"
#include "bus/run/exit.h"
#include "producers/desk/held/held.h"
#include "producers/desk/send.h"
#include "producers/desk/sheets/sheets.h"

#define STATEMENT_MS   5000
#define CLOSE_LIMIT_MS 5000

static void desk_nothing(struct desk_visit *v)
{
    desk_not_there(v);
}

static const struct desk_route pages[] = {
    {"GET", "/", DESK_ANYBODY, desk_home},
    {"GET", "/style", DESK_ANYBODY, desk_style},
    {"GET", "/sign-in", DESK_ANYBODY, desk_sign_in},
    {"POST", "/sign-in", DESK_ANYBODY, desk_sign_in_post},
    {"POST", "/sign-out", DESK_SIGNED_IN, desk_sign_out_post},
    {"GET", "/account", DESK_SIGNED_IN, desk_account},
    {"POST", "/account/sessions", DESK_SIGNED_IN, desk_sessions_post},
    {"POST", "/account/password", DESK_SIGNED_IN, desk_password_post},
    {"POST", "/account/factor", DESK_SIGNED_IN, desk_factor_post},
    {"POST", "/account/factor/confirm", DESK_SIGNED_IN,
     desk_factor_confirm_post},
    {"GET", "/catalogue", DESK_ANYBODY, desk_catalogue},
    {"GET", "/catalogue/{item}", DESK_ANYBODY, desk_item},
    {"GET", "/sheets", DESK_ANYBODY, desk_sheets},
    {"GET", "/sheets/{board}/{month}", DESK_ANYBODY, desk_sheet},
    {"GET", "/sheets/{board}/{month}/json", DESK_ANYBODY, desk_sheet_json},
    {"GET", "/apply", DESK_SIGNED_IN, desk_apply_begin},
    {"POST", "/apply", DESK_SIGNED_IN, desk_apply_post},
    {"GET", "/apply/resume", DESK_SIGNED_IN, desk_resume},
    {"POST", "/apply/resume", DESK_SIGNED_IN, desk_resume_post},
    {"GET", "/apply/sent/{application}", DESK_SIGNED_IN, desk_sent},
    {"POST", "/apply/sent/{application}", DESK_SIGNED_IN, desk_sent_post},
    {"GET", "/progress", DESK_ANYBODY, desk_progress},
    {"POST", "/progress", DESK_ANYBODY, desk_progress_post},
    {"POST", "/progress/request", DESK_ANYBODY, desk_request_post},
    {"POST", "/progress/withdraw", DESK_ANYBODY, desk_withdraw_post},
    {"GET", "/queue", DESK_SIGNED_IN, desk_queue},
    {"GET", "/queue.csv", DESK_SIGNED_IN, desk_queue_csv},
    {"GET", "/county", DESK_SIGNED_IN, desk_county},
    {"GET", "/county.csv", DESK_SIGNED_IN, desk_county_csv},
    {"GET", "/county/waiting", DESK_SIGNED_IN, desk_waiting},
    {"GET", "/county/waiting.csv", DESK_SIGNED_IN, desk_waiting_csv},
    {"GET", "/money", DESK_SIGNED_IN, desk_money},
    {"GET", "/money/lines", DESK_SIGNED_IN, desk_money_lines},
    {"GET", "/money/differences", DESK_SIGNED_IN, desk_differences},
    {"POST", "/money/differences", DESK_SIGNED_IN, desk_differences_post},
    {"GET", "/money/awards", DESK_SIGNED_IN, desk_awards},
    {"POST", "/money/awards", DESK_SIGNED_IN, desk_awards_post},
    {"GET", "/money/budgets", DESK_SIGNED_IN, desk_budgets},
    {"POST", "/money/budgets", DESK_SIGNED_IN, desk_budgets_post},
    {"POST", "/money/batches", DESK_SIGNED_IN, desk_money_prepare_post},
    {"GET", "/money/batches/{id}", DESK_SIGNED_IN, desk_batch},
    {"POST", "/money/batches/{id}", DESK_SIGNED_IN, desk_batch_post},
    {"GET", "/cases", DESK_SIGNED_IN, desk_cases},
    {"GET", "/cases/{id}", DESK_SIGNED_IN, desk_case_show},
    {"POST", "/cases/{id}/steps", DESK_SIGNED_IN, desk_step_post},
    {"POST", "/cases/{id}/requests", DESK_SIGNED_IN, desk_case_request_post},
    {"GET", "/cases/{id}/decide/{assignment}", DESK_SIGNED_IN, desk_decide},
    {"POST", "/cases/{id}/decide/{assignment}", DESK_SIGNED_IN,
     desk_decide_post},
    {"GET", "/cases/{id}/end/{assignment}", DESK_SIGNED_IN, desk_award_end},
    {"POST", "/cases/{id}/end/{assignment}", DESK_SIGNED_IN,
     desk_award_end_post},
    {"GET", "/cases/{id}/payee/{assignment}", DESK_SIGNED_IN, desk_payee},
    {"POST", "/cases/{id}/payee/{assignment}", DESK_SIGNED_IN, desk_payee_post},
    {"GET", "/{rest*}", DESK_ANYBODY, desk_nothing}, /* the last */
};

/* What it writes of people is sealed for the bus; a file that opens as well is
 * not taken. */
static struct bus_wire_keyring *desk_seals(const struct bus_config *config)
{
    struct bus_wire_keyring *k = NULL;
    char path[BUS_ROLE_RING_PATH];
    struct bus_err err;
    bool shared = false;
    if (bus_role_keyring_path(config, "desk", path, &err) != BUS_OK ||
        access(path, F_OK) != 0 ||
        bus_wire_keyring_open(path, &k, &err) != BUS_OK) {
        return NULL;
    }
    if (bus_role_keyring_only_seals(k, path, &shared, &err) == BUS_OK &&
        !shared) {
        return k;
    }
    bus_wire_keyring_free(k);
    return NULL;
}

static int desk_open(struct desk *d, struct bus_err *err)
{
    struct bus_role_frame *f = d->frame;
    struct bus_register_watch_conf watch = {
        .kafka = &f->kafka,
        .config = &f->config,
        .topic = bus_role_frame_topic(f, "register", NULL),
        .schemas = bus_role_types_registry(),
        .told = bus_role_frame_told_register,
        .no_condition = true,
    };
    d->catalogue = bus_role_frame_catalogue(&f->config);
    if (d->catalogue == NULL) {
        return bus_fail(err, BUS_ECONFIG, "the catalogue has faults");
    }
    d->cases = (struct bus_ledger_cases){.config = &f->config,
                                         .catalogue = d->catalogue,
                                         .depth = BUS_LEDGER_BRIEF};
    BUS_TRY(bus_catalogue_register_watch_start(&watch, &d->registers, err));
    BUS_TRY(bus_web_callers_open(f->loop, &f->config, d->registers, &d->callers,
                                 err));
    if (f->config.desk.signs != NULL) {
        BUS_TRY(bus_wire_keyring_open(f->config.desk.signs, &d->signs, err));
    }
    d->seals = desk_seals(&f->config);
    static const struct bus_web_limits_conf guessing = {3, 3600000, 86400000,
                                                        0};
    BUS_TRY(bus_web_limits_new(&guessing, &d->clients, err));
    BUS_TRY(bus_web_pool_new(f->loop, f->config.ledger.conninfo, STATEMENT_MS,
                             &d->pool, err));
    BUS_TRY(bus_kafka_producer_open(&f->kafka, desk_send_acked, d, &d->producer,
                                    err));
    BUS_TRY(desk_leaving_open(d, &d->leaving, err));
    return desk_routes(d, pages, sizeof(pages) / sizeof(pages[0]), err);
}

static void desk_drain(void *data)
{
    struct desk *d = data;
    desk_leaving_drain(d->leaving);
    if (d->registers != NULL) {
        bus_catalogue_register_watch_drain(d->registers);
    }
    bus_kafka_producer_close(d->producer, CLOSE_LIMIT_MS, NULL, NULL);
    d->producer = NULL;
}

static void desk_close(struct desk *d)
{
    desk_leaving_close(d->leaving);
    bus_web_pool_free(d->pool);
    bus_web_limits_free(d->clients);
    bus_wire_keyring_free(d->signs);
    bus_wire_keyring_free(d->seals);
    bus_web_callers_close(d->callers);
    bus_catalogue_register_watch_free(d->registers);
    bus_policy_catalogue_free(d->catalogue);
}

static int desk_run(const struct bus_run_role_args *args)
{
    static struct bus_role_frame frame;
    static struct desk d;
    struct bus_err err;
    int rc = bus_role_frame_open(&frame, args, "desk");
    if (rc != BUS_EXIT_OK) {
        return rc;
    }
    d = (struct desk){.frame = &frame, .config = &frame.config};
    if (desk_open(&d, &err) != BUS_OK ||
        bus_run_loop_on_drain(frame.loop, desk_drain, &d, &err) != BUS_OK) {
        rc = bus_role_frame_fail(&err);
    } else {
        rc = bus_role_frame_run(&frame);
    }
    desk_close(&d);
    bus_role_frame_close(&frame);
    return rc;
}

const struct bus_run_role desk_role = {
    .name = "desk",
    .usage = "",
    .summary = "pages for residents, assistants and officers",
    .run = desk_run,
};
