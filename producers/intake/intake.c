/* Taking one application: sealed, encoded, and on its way to Kafka or the
 * journal. See intake_kafka.c and intake_turn.c for the ways. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/role/keys.h"
#include "bus/role/types.h"
#include "producers/intake/intake_parts.h"
#include "producers/intake/reads.h"

#define TICK_MS        300
#define CLOSE_LIMIT_MS 5000
#define ARENA_BLOCK    (256u << 10)
#define ARENA_MAX      (16u << 20)
#define EXPIRE_MS      3600000 /* drafts that are too old, so often */

static void on_intake_tick(void *data)
{
    struct intake *in = data;
    bus_wire_keyring_forget(in->keys);
    if (!in->has_journal) {
        if (bus_kafka_producer_connected(in->producer)) {
            intake_send_waiting(in);
        }
        return;
    }
    uint64_t now_ms = bus_run_loop_now_ms(in->frame->loop);
    if (now_ms - in->expired_ms >= EXPIRE_MS) {
        in->expired_ms = now_ms;
        (void)intake_drafts_expire(&in->drafts);
    }
    intake_give_up_waiting(in);
    intake_turn_tick(in);
    intake_report(in);
}

/* --- taking one --- */

static int seal_personal(struct intake *in,
                         const struct form *form,
                         const char *field,
                         const struct bus_wire_type *type,
                         const void *record,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
    struct bus_strv plain;
    BUS_TRY(bus_wire_encode_framed(type, record, &in->mem, &plain, err));
    struct bus_wire_binding b = {"application", field,
                                 &form->application.event_id};
    return bus_wire_seal(in->keys, BUS_STRV("bus"), &b, plain, &in->mem, ret,
                         err);
}

static int
intake_seal(struct intake *in, struct form *form, struct bus_err *err)
{
    struct sa_application *a = &form->application;
    a->has_personal = form->has_personal;
    a->has_helped_by = form->has_helped_by;
    if (form->has_personal) {
        BUS_TRY(seal_personal(in, form, "personal", &sa_personal_type,
                              &form->personal, &a->personal, err));
    }
    return form->has_helped_by
               ? seal_personal(in, form, "helped_by", &sa_helped_by_type,
                               &form->helped_by, &a->helped_by, err)
               : BUS_OK;
}

static size_t ids_of(const struct form *form,
                     const struct intake_sent *sent,
                     struct bus_id ret[2])
{
    size_t n = 0;
    ret[n++] = form->application.application_id;
    if (sent->key.n > 0) {
        ret[n++] = bus_wire_idempotency_id(sent->sender, sent->key);
    }
    return n;
}

enum intake_outcome
intake_before(struct intake *in, struct form *form, struct intake_sent *sent)
{
    static const struct intake_form_fault other = {
        "/channel_reference", "REFERENCE_REUSED",
        "该流水号(或 Idempotency-Key)已用于另一份申请; 请核对或换用新号",
        "another application was taken under this reference (or "
        "Idempotency-Key); look again, or use a new one"};
    struct bus_id ids[2];
    size_t n = ids_of(form, sent, ids);
    uint64_t body = bus_hash64(sent->bytes.p, sent->bytes.n, 3);
    sent->hash = body;
    uint32_t outcome = INTAKE_NEW;
    bool same = true;
    for (size_t i = 0; i < n; i++) {
        enum idempotency_is is =
            intake_idempotency_probe(&in->known, &ids[i], body, &outcome);
        if (is == KNOWN_OTHER) {
            intake_form_add_fault(form, &other);
            return INTAKE_NEW;
        }
        same = same && is == KNOWN_SAME;
    }
    return same ? (enum intake_outcome)outcome : INTAKE_NEW;
}

/* "00-<32 hex>-<16 hex>-<2 hex>" (W3C Trace Context); else it is left out. */
static bool intake_is_trace(struct bus_strv s)
{
    static const char like[] =
        "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    if (s.n != sizeof(like) - 1) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        bool hex = (s.p[i] >= '0' && s.p[i] <= '9') ||
                   (s.p[i] >= 'a' && s.p[i] <= 'f');
        if (like[i] == '-' ? s.p[i] != '-' : !hex) {
            return false;
        }
    }
    return true;
}

/* Encoded once, in one walk, and copied to where it stays until it is
 * answered: counting first is a second walk and dearer than the copy. */
static int submission_of(struct intake *in,
                         const struct form *form,
                         const struct intake_sent *sent,
                         struct submission **ret,
                         struct bus_err *err)
{
    const struct sa_application *a = &form->application;
    struct intake_about about = {a->event_id, a->household_id, a->occurred_at};
    size_t trace = intake_is_trace(sent->traceparent) ? sent->traceparent.n : 0;
    size_t key = sizeof(about) + trace;
    struct bus_strv value;
    BUS_TRY(
        bus_wire_encode_framed(&sa_application_type, a, &in->mem, &value, err));
    struct submission *s = bus_malloc(sizeof(*s) + key + value.n);
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an application");
    }
    *s = (struct submission){
        .token_kind = INTAKE_TOKEN_SUBMISSION, .in = in, .body = sent->hash};
    s->id_count = ids_of(form, sent, s->ids);
    memcpy(s->bytes, &about, sizeof(about));
    if (trace > 0) {
        memcpy(s->bytes + sizeof(about), sent->traceparent.p, trace);
    }
    memcpy(s->bytes + key, value.p, value.n);
    s->key = (struct bus_strv){s->bytes, key};
    s->value = (struct bus_strv){s->bytes + key, value.n};
    *ret = s;
    return BUS_OK;
}

/* Straight to Kafka, or where it waits for it. */
static void submission_route(struct submission *s,
                             const struct bus_id *household)
{
    struct intake *in = s->in;
    bool straight = in->producer != NULL && !in->kafka_silent &&
                    bus_kafka_producer_connected(in->producer) &&
                    !intake_behind(in, household);
    struct bus_err err;
    if (straight && intake_send_submission(s, &err) == BUS_OK) {
        return;
    }
    if (in->has_journal) {
        intake_queue(s);
    } else {
        intake_wait(s);
    }
}

int intake_accept(struct intake *in,
                  struct form *form,
                  const struct intake_sent *sent,
                  intake_done done,
                  void *token,
                  struct bus_err *err)
{
    BUS_CHECK(form->fault_count == 0);
    BUS_TRY(intake_seal(in, form, err));
    struct submission *s = NULL;
    BUS_TRY(submission_of(in, form, sent, &s, err));
    s->done = done;
    s->token = token;
    for (size_t i = 0; i < s->id_count; i++) {
        /* Not remembered: then a repeat is taken again, which is harmless. */
        (void)!intake_idempotency_begin(&in->known, &s->ids[i], s->body, NULL);
    }
    submission_route(s, &form->application.household_id);
    return BUS_OK;
}

struct form_rules intake_rules(struct intake *in)
{
    if (in->registers != NULL) {
        bus_catalogue_register_watch_hold(in->registers, &in->published);
        in->index.registers = in->published;
    }
    return (struct form_rules){
        .config = &in->frame->config,
        .index = &in->index,
        .person_key = {(const char *)in->person_key, sizeof(in->person_key)},
        .now_ms = bus_clock_system.wall_ms(NULL),
    };
}

/* <state>/intake, when a command runs before the role ever did. */
static int make_home(const char *drafts, struct bus_err *err)
{
    char home[600];
    (void)snprintf(home, sizeof(home), "%.*s",
                   (int)(strlen(drafts) - strlen("/drafts")), drafts);
    return mkdir(home, 0750) == 0 || errno == EEXIST
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "%s: %s", home, strerror(errno));
}

/* A door seals and does not open. */
static int intake_open_keys(struct intake *in, struct bus_err *err)
{
    static const struct bus_role_key_need needs[] = {
        {"bus", BUS_ROLE_KEY_SEALS}};
    char path[BUS_ROLE_RING_PATH];
    bool shared = false;
    const struct bus_config *c = &in->frame->config;
    BUS_TRY(bus_role_keyring_open(c, "intake", needs, 1, &in->keys, err));
    BUS_TRY(bus_role_keyring_path(c, "intake", path, err));
    BUS_TRY(bus_role_keyring_only_seals(in->keys, path, &shared, err));
    if (shared) {
        bus_log(BUS_LOG_WARN,
                "a key that opens is in the door's ring: lianou keys rotate "
                "makes a pair of it, see keys.md",
                "file=\"%s\"", path);
    }
    return BUS_OK;
}

/* Keys, names, what was taken before, drafts. */
static int intake_open_parts(struct intake *in, struct bus_err *err)
{
    const struct bus_config *c = &in->frame->config;
    BUS_TRY(bus_wire_key_file(c->keys.person_key, in->person_key, err));
    BUS_TRY(intake_open_keys(in, err));
    BUS_TRY(intake_form_index_init(&in->index, c, err));
    BUS_TRY(intake_idempotency_open(&in->known, in->frame->state_dir, KNOWN_MAX,
                                    err));
    /* Commands keep their drafts where the role does: one place to look. */
    const char *drafts =
        bus_arena_printf(&in->frame->mem, "%s/intake/drafts", c->state_dir);
    if (drafts == NULL) {
        return bus_fail(err, BUS_ENOMEM, "intake");
    }
    BUS_TRY(make_home(drafts, err));
    const struct drafts_conf conf = {.dir = drafts,
                                     .max_bytes =
                                         (uint64_t)c->intake.draft_bytes_max,
                                     .keep_ms = c->intake.draft_keep_ms,
                                     .seals = in->keys};
    return intake_drafts_open(&in->drafts, &conf, err);
}

int intake_open(struct intake *in,
                struct bus_role_frame *frame,
                bool with_journal,
                struct bus_err *err)
{
    *in = (struct intake){.frame = frame,
                          .topic =
                              bus_role_frame_topic(frame, "applications", NULL),
                          .opened_ms = bus_run_loop_now_ms(frame->loop),
                          .expired_ms = bus_run_loop_now_ms(frame->loop)};
    bus_arena_init(&in->mem, ARENA_BLOCK, ARENA_MAX);
    BUS_TRY(intake_open_parts(in, err));
    if (with_journal) {
        BUS_TRY(intake_journal_open(
            &in->journal, frame->state_dir,
            (uint64_t)frame->config.intake.journal_bytes_max, err));
        in->has_journal = true;
        BUS_TRY(intake_turn_open(in, err));
        in->journal_condition =
            bus_run_health_add(&frame->health, "journal", "not tried yet");
        bus_run_health_good(&frame->health, in->journal_condition);
    }
    BUS_TRY(
        bus_run_timer_new(frame->loop, on_intake_tick, in, &in->ticker, err));
    BUS_TRY(bus_kafka_producer_open(&frame->kafka, intake_acked, in,
                                    &in->producer, err));
    bus_run_timer_start(in->ticker, TICK_MS, TICK_MS);
    return BUS_OK;
}

int intake_watch_registers(struct intake *in, struct bus_err *err)
{
    BUS_CHECK(in->registers == NULL);
    struct bus_register_watch_conf conf = {
        .kafka = &in->frame->kafka,
        .config = &in->frame->config,
        .topic = bus_role_frame_topic(in->frame, "register", NULL),
        .schemas = bus_role_types_registry(),
        .told = bus_role_frame_told_register,
        .no_condition = true,
    };
    return bus_catalogue_register_watch_start(&conf, &in->registers, err);
}

void intake_drain(struct intake *in)
{
    if (in->registers != NULL) {
        bus_catalogue_register_watch_drain(in->registers);
    }
    bus_run_timer_free(in->ticker);
    in->ticker = NULL;
    bus_kafka_producer_close(in->producer, CLOSE_LIMIT_MS, NULL, NULL);
    in->producer = NULL;
    intake_send_waiting(in);
}

void intake_fini(struct intake *in)
{
    intake_reads_close(in->reads);
    bus_web_callers_close(in->callers);
    bus_catalogue_register_watch_free(in->registers);
    bus_run_timer_free(in->ticker);
    in->ticker = NULL;
    intake_turn_close(in);
    bus_wire_keyring_free(in->keys);
    intake_form_index_fini(&in->index);
    bus_buf_fini(&in->contract);
    intake_idempotency_close(&in->known);
    bus_arena_fini(&in->mem);
    intake_journal_close(&in->journal);
    explicit_bzero(in->person_key, sizeof(in->person_key));
}
