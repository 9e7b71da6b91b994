#include "ops/cli/partner/kit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "ops/cli/partner/kit_program.h"
#include "ops/cli/partner/samples.h"

#define LOOK_MS  100
#define CHUNK    16
#define QUIET_MS 3000 /* at most; so long other answers are waited for */

struct kit_run
{
    struct cli_kit *kit;
    struct bus_arena *mem;
    const struct bus_partner_transport_ops *via;
    struct bus_partner_transport *t;
    struct bus_partner_kind_env env;
    int64_t began_ms;
};

/* --- samples --- */

static const char *kit_sample(const struct bus_conf_partner *partner)
{
    switch ((enum bus_conf_partner_kind)partner->kind) {
    case BUS_PARTNER_DEPARTMENT:
        return kit_sample_department;
    case BUS_PARTNER_BANK:
        return kit_sample_bank;
    case BUS_PARTNER_POST:
        return kit_sample_post;
    case BUS_PARTNER_INSURER:
        return kit_sample_insurer;
    case BUS_PARTNER_CHARITY:
        return kit_sample_charity;
    case BUS_PARTNER_SOURCE:
    case BUS_PARTNER_KINDS:
        break;
    }
    return NULL; /* a source is asked nothing */
}

/* Its ids are its own, so that a partner who keeps them has not seen it. */
static void kit_renew(json_t *reply_to, const char *code, struct bus_id *event)
{
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(reply_to, next, name, value)
    {
        struct bus_id id;
        char text[BUS_ID_TEXT + 1];
        if (!bus_id_parse(bus_strv(json_string_value(value)), &id)) {
            continue;
        }
        id = bus_id_fresh(bus_clock_system.wall_ms(NULL));
        *event = strcmp(name, "event_id") == 0 ? id : *event;
        (void)json_object_set_new(reply_to, name,
                                  json_string(bus_id_text(&id, text)));
    }
    if (json_object_get(reply_to, "department") != NULL) {
        (void)json_object_set_new(reply_to, "department", json_string(code));
    }
}

static int
kit_task_make(struct kit_run *r, struct cli_kit_task *task, struct bus_err *err)
{
    struct bus_partner_document_faults faults = {.mem = r->mem};
    const struct bus_partner_kind_out *out = r->kit->kind->out;
    void *record = NULL;
    json_t *doc = json_loads(kit_sample(r->kit->partner), 0, NULL);
    json_t *reply_to = json_object_get(doc, "reply_to");
    BUS_CHECK(reply_to != NULL);
    kit_renew(reply_to, r->kit->partner->code, &task->event_id);
    char *text = json_dumps(doc, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(doc);
    task->document =
        bus_strv(text != NULL ? bus_arena_strdup(r->mem, text) : NULL);
    free(text);
    if (task->document.p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a sample");
    }
    BUS_TRY(bus_partner_kind_out_read(out, r->kit->config, task->document,
                                      r->mem, &record, &faults, err));
    memcpy(&task->about, (const char *)record + out->about_offset,
           sizeof(task->about));
    return BUS_OK;
}

/* --- giving --- */

static int kit_give(struct kit_run *r, struct bus_err *err)
{
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        const struct cli_kit_task *task = &r->kit->tasks[i];
        BUS_TRY(r->via->stage(r->t, &task->event_id, task->document, err));
    }
    BUS_TRY(r->via->staged_sync(r->t, err));
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        BUS_TRY(r->via->publish(r->t, &r->kit->tasks[i].event_id, err));
    }
    r->began_ms = bus_clock_system.wall_ms(NULL);
    return r->via->published_sync(r->t, err);
}

/* --- taking --- */

static void kit_answered(struct kit_run *r,
                         const struct bus_partner_kind_answer *answer)
{
    int64_t took = bus_clock_system.wall_ms(NULL) - r->began_ms;
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        struct cli_kit_task *task = &r->kit->tasks[i];
        if (!bus_id_eq(&task->about, &answer->about)) {
            continue;
        }
        if (answer->in->tells) {
            return; /* a step, and its task stays open */
        }
        if (task->result == CLI_KIT_WAITS) {
            task->result =
                took <= r->kit->wait_ms ? CLI_KIT_ANSWERED : CLI_KIT_LATE;
            task->took_ms = took;
            task->answer = answer->event_id;
        } else if (bus_id_eq(&task->answer, &answer->event_id)) {
            r->kit->same_count++;
        } else {
            task->otherwise = true;
        }
        return;
    }
    r->kit->unasked_count++;
}

static void kit_wrong(struct cli_kit *kit,
                      const struct bus_partner_document_faults *faults)
{
    for (size_t i = 0; i < faults->n && kit->wrong_count + i < CLI_KIT_WRONG;
         i++) {
        kit->wrong[kit->wrong_count + i] = faults->v[i];
    }
    kit->wrong_count += faults->total;
}

static int kit_reject(struct kit_run *r,
                      const char *name,
                      const struct bus_partner_document_faults *faults,
                      struct bus_err *err)
{
    struct bus_buf note = {0};
    int rc;
    kit_wrong(r->kit, faults);
    BUS_TRY_GOTO(rc, bus_partner_document_faults_write(faults, &note, err),
                 done);
    BUS_TRY_GOTO(rc,
                 r->via->settle(r->t, name, BUS_TRANSPORT_REJECTED,
                                bus_buf_view(&note), err),
                 done);
done:
    bus_buf_fini(&note);
    return rc;
}

static int kit_look_at(struct kit_run *r,
                       const struct bus_partner_transport_taken *taken,
                       struct bus_err *err)
{
    static const char well[] =
        "{\n  \"document\": \"acknowledgement\",\n  \"version\": 1\n}\n";
    struct bus_partner_document_faults faults = {.mem = r->mem};
    struct bus_partner_kind_answer answer;
    int rc;
    if (taken->bytes.p == NULL) {
        bus_partner_document_fault_add(
            &faults, "", taken->why == BUS_ETOOBIG ? "TOO_BIG" : "UNREADABLE",
            "文件过大或不可读", "too big, or it may not be read");
        rc = BUS_ETOOBIG;
    } else {
        rc = bus_partner_kind_in_map(r->kit->kind->in, &r->env, taken->bytes,
                                     r->mem, &answer, &faults, err);
    }
    if (rc == BUS_OK) {
        kit_answered(r, &answer);
        return r->via->settle(r->t, taken->name, BUS_TRANSPORT_ACCEPTED,
                              bus_strv(well), err);
    }
    if (rc == BUS_ETRUNCATED && taken->still_ms < r->kit->wait_ms) {
        return r->via->settle(r->t, taken->name, BUS_TRANSPORT_LATER,
                              (struct bus_strv){0}, err);
    }
    if (bus_err_act((enum bus_errc)rc) != BUS_ACT_REJECT) {
        return rc;
    }
    return kit_reject(r, taken->name, &faults, err);
}

/* A program says of each event that it has it; without that it is killed. */
static int kit_untaken(struct kit_run *r, size_t *ret, struct bus_err *err)
{
    int64_t oldest_ms = 0;
    *ret = 0;
    return r->kit->partner->transport == BUS_TRANSPORT_EXEC
               ? r->via->waiting(r->t, ret, &oldest_ms, err)
               : BUS_OK;
}

static int kit_waits(struct kit_run *r, bool *ret, struct bus_err *err)
{
    size_t untaken = 0;
    BUS_TRY(kit_untaken(r, &untaken, err));
    *ret = untaken > 0;
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        *ret = *ret || r->kit->tasks[i].result == CLI_KIT_WAITS;
    }
    return BUS_OK;
}

/* Until the time is over or, unless all of it is wanted, nothing waits. */
static int
kit_listen(struct kit_run *r, int64_t for_ms, bool all, struct bus_err *err)
{
    const struct timespec pause = {0, LOOK_MS * 1000000L};
    struct bus_partner_transport_taken list[CHUNK];
    int64_t until = bus_clock_system.wall_ms(NULL) + for_ms;
    bool waits = true;
    do {
        size_t n = 0;
        BUS_TRY(r->via->take(r->t, r->mem, list, CHUNK, &n, err));
        for (size_t i = 0; i < n; i++) {
            BUS_TRY(kit_look_at(r, &list[i], err));
        }
        BUS_TRY(r->via->settled_sync(r->t, err));
        BUS_TRY(kit_waits(r, &waits, err));
        (void)nanosleep(&pause, NULL);
    } while ((all || waits) && bus_clock_system.wall_ms(NULL) < until);
    return BUS_OK;
}

/* --- the whole --- */

/* Nobody's events or answers are mixed with the test's. */
static int kit_alone(struct kit_run *r, struct bus_err *err)
{
    struct bus_partner_transport_taken list[CHUNK];
    size_t waiting = 0, answers = 0;
    int64_t oldest_ms = 0;
    BUS_TRY(r->via->waiting(r->t, &waiting, &oldest_ms, err));
    for (int i = 0; i < 2 && answers == 0; i++) { /* a file is seen twice */
        BUS_TRY(r->via->take(r->t, r->mem, list, CHUNK, &answers, err));
    }
    return waiting + answers == 0
               ? BUS_OK
               : bus_fail(err, BUS_ESTATE,
                          "%zu events and %zu answers wait there already: for "
                          "a partner that is not live yet / "
                          "已有待办或答复, 仅用于尚未上线的伙伴",
                          waiting, answers);
}

static int kit_taken(struct kit_run *r, struct bus_err *err)
{
    struct bus_partner_document_faults faults = {.mem = r->mem};
    size_t untaken = 0;
    BUS_TRY(kit_untaken(r, &untaken, err));
    for (size_t i = 0; i < untaken; i++) {
        bus_partner_document_fault_add(
            &faults, "", "NOT_TAKEN", "有一个事件没有说 taken",
            "an event that it has not said taken of");
    }
    kit_wrong(r->kit, &faults);
    return BUS_OK;
}

static int kit_rounds(struct kit_run *r, struct bus_err *err)
{
    struct cli_kit *kit = r->kit;
    BUS_TRY(kit_alone(r, err));
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        BUS_TRY(kit_task_make(r, &kit->tasks[i], err));
    }
    BUS_TRY(kit_give(r, err));
    BUS_TRY(kit_listen(r, 2 * kit->wait_ms, false, err));
    BUS_TRY(kit_taken(r, err));
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        kit->tasks[i].result = kit->tasks[i].result == CLI_KIT_WAITS
                                   ? CLI_KIT_SILENT
                                   : kit->tasks[i].result;
    }
    BUS_TRY(kit_give(r, err)); /* as after a crash of either side */
    if (kit->partner->transport == BUS_TRANSPORT_EXEC) {
        BUS_TRY(kit_listen(r, kit->wait_ms, false, err));
        return kit_taken(r, err);
    }
    return kit_listen(r, kit->wait_ms < QUIET_MS ? kit->wait_ms : QUIET_MS,
                      true, err);
}

int cli_kit_run(struct cli_kit *kit, struct bus_arena *mem, struct bus_err *err)
{
    struct kit_run r = {.kit = kit, .mem = mem};
    const struct bus_partner_transport_env env = {.config = kit->config,
                                                  .partner = kit->partner};
    bool program = kit->partner->transport == BUS_TRANSPORT_EXEC;
    bool blocks = kit->partner->transport == BUS_TRANSPORT_SPOOL ||
                  kit->partner->transport == BUS_TRANSPORT_POSTGRES;
    if (!(blocks || program) || kit_sample(kit->partner) == NULL) {
        return bus_fail(
            err, BUS_EUSAGE,
            "for transports spool, postgres and exec, and not for a source / "
            "仅用于交换目录、数据库与程序, 来源除外");
    }
    r.via = program ? &cli_kit_program : bus_partner_transport_of(kit->partner);
    r.env = (struct bus_partner_kind_env){.config = kit->config,
                                          .partner = kit->partner};
    BUS_TRY(r.via->open(&env, &r.t, err));
    int rc = kit_rounds(&r, err);
    r.via->close(r.t);
    return rc;
}

bool cli_kit_passed(const struct cli_kit *kit)
{
    bool well = kit->wrong_count == 0 && kit->unasked_count == 0;
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        well = well && kit->tasks[i].result == CLI_KIT_ANSWERED &&
               !kit->tasks[i].otherwise;
    }
    return well;
}
