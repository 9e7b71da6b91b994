#include "producers/intake/intake.h"
#include "producers/intake/reads.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/base/heap.h"
#include "bus/run/work.h"

#define DRAIN_MS       300
#define DRAIN_RECORDS  1000
#define CLOSE_LIMIT_MS 5000
#define ARENA_BLOCK    (256u << 10)
#define ARENA_MAX      (16u << 20)

/* What the headers of an application are made of; in the journal it stands in
 * front of the trace as the record's key. */
struct about
{
    struct bus_id event_id, household_id;
    int64_t occurred_at;
};
struct intake_waiting
{
    struct intake_waiting *next;
    struct intake_waiting *before, *behind; /* in the list of those flying */
    uint64_t sent_ms;
    bool in_flight; /* Kafka's client will tell what became of it */
    bool moved;     /* it took too long: it is the journal's */
    bool answered;  /* only the client still has it */
    struct intake *in;
    intake_done done;
    void *token;
    struct bus_id ids[2]; /* of the application; of the request's key */
    size_t id_count;
    uint64_t body;
    struct bus_strv key, value; /* in bytes, for the journal */
    char bytes[];
};

static void intake_answer(struct intake_waiting *w,
                          enum intake_outcome outcome,
                          const struct bus_err *err)
{
    bool taken = outcome == INTAKE_ACCEPTED || outcome == INTAKE_JOURNALED;
    for (size_t i = 0; i < w->id_count; i++) {
        if (taken) {
            intake_idempotency_taken(&w->in->known, &w->ids[i], w->body,
                                     outcome);
        } else {
            intake_idempotency_failed(&w->in->known, &w->ids[i], w->body);
        }
    }
    w->done(w->token, outcome, err);
    w->answered = true;
    if (!w->in_flight) {
        bus_free(w);
    }
}

/* --- the journal --- */

static void start_sync(struct intake *in);
static void send_again(struct intake *in, struct intake_waiting *w);
static int intake_send(struct intake *in,
                       struct bus_strv key,
                       struct bus_strv value,
                       void *token,
                       struct bus_err *err);

static void sync_run(void *data)
{
    struct intake *in = data;
    in->sync_error.code = BUS_OK;
    (void)!intake_journal_sync(&in->journal, &in->sync_error);
}

static void sync_done(void *data)
{
    struct intake *in = data;
    bool failed = in->sync_error.code != BUS_OK;
    in->sync_running = false;
    while (in->syncing != NULL) {
        struct intake_waiting *w = in->syncing;
        in->syncing = w->next;
        in->journaled += !failed;
        intake_answer(w, failed ? INTAKE_FAILED : INTAKE_JOURNALED,
                      failed ? &in->sync_error : NULL);
    }
    if (in->unsynced != NULL) {
        start_sync(in);
    }
}

static void start_sync(struct intake *in)
{
    in->syncing = in->unsynced;
    in->unsynced = NULL;
    in->sync_running = true;
    if (bus_run_work(in->frame->loop, sync_run, sync_done, in,
                     &in->sync_error) != BUS_OK) {
        sync_run(in); /* no thread to be had: then right here */
        sync_done(in);
    }
}

static void to_journal(struct intake *in, struct intake_waiting *w)
{
    struct bus_err err;
    if (!in->has_journal) {
        send_again(in, w);
        return;
    }
    int rc = intake_journal_append(&in->journal, w->key, w->value, &err);
    if (rc != BUS_OK) {
        intake_answer(w, rc == BUS_EFULL ? INTAKE_FULL : INTAKE_FAILED, &err);
        return;
    }
    w->next = in->unsynced;
    in->unsynced = w;
    if (!in->sync_running) {
        start_sync(in);
    }
}

/* --- Kafka --- */

static void took_off(struct intake *in, struct intake_waiting *w)
{
    w->in_flight = true;
    w->sent_ms = bus_run_loop_now_ms(in->frame->loop);
    w->before = in->in_flight_end;
    w->behind = NULL;
    *(w->before ? &w->before->behind : &in->in_flight) = w;
    in->in_flight_end = w;
}

static void came_down(struct intake *in, struct intake_waiting *w)
{
    *(w->before ? &w->before->behind : &in->in_flight) = w->behind;
    *(w->behind ? &w->behind->before : &in->in_flight_end) = w->before;
    w->in_flight = false;
}

/* Kafka is there and does not answer: the clerk need not wait for it. */
static void give_up_waiting(struct intake *in)
{
    uint64_t now = bus_run_loop_now_ms(in->frame->loop);
    uint64_t limit = (uint64_t)in->frame->config.intake.kafka_wait_ms;
    struct intake_waiting *w = in->in_flight;
    while (w != NULL && now - w->sent_ms >= limit) {
        struct intake_waiting *behind = w->behind;
        if (!w->moved) {
            w->moved = true;
            to_journal(in, w);
        }
        w = behind;
    }
}

/* Without a journal (a command): it waits in memory, in order, and goes out
 * when Kafka is back. At the end of the command it was not taken. */
static void send_again(struct intake *in, struct intake_waiting *w)
{
    struct bus_err err;
    if (in->producer == NULL) {
        (void)bus_fail(&err, BUS_EAWAY, "Kafka is away");
        intake_answer(w, INTAKE_FAILED, &err);
        return;
    }
    w->next = NULL;
    *(in->again_end ? &in->again_end->next : &in->again) = w;
    in->again_end = w;
}

static void drain_again(struct intake *in)
{
    struct intake_waiting *w = in->again;
    in->again = in->again_end = NULL;
    while (w != NULL) {
        struct intake_waiting *next = w->next;
        struct bus_err err;
        if (in->producer == NULL ||
            intake_send(in, w->key, w->value, w, &err) != BUS_OK) {
            send_again(in, w);
        }
        w = next;
    }
}

/* One that Kafka never takes would hold up all behind it: the batch is sent
 * again one by one, and the one that is refused is set aside for people. */
static bool drain_refused(struct intake *in)
{
    if (!in->drain_alone) {
        in->drain_alone = true;
        return false;
    }
    in->drain_alone = false;
    intake_journal_set_aside(&in->journal, in->journal.drained, in->drain_to);
    return true;
}

static void drain_acked(struct intake *in, const struct bus_err *err)
{
    in->drain_failed |= err != NULL;
    in->drain_hit |= err != NULL && bus_err_act(err->code) == BUS_ACT_REJECT;
    if (--in->drain_waiting > 0) {
        return;
    }
    if (!in->drain_failed || (in->drain_hit && drain_refused(in))) {
        struct bus_err e;
        /* A mark that cannot be written sends the same again: harmless. */
        (void)!intake_journal_mark(&in->journal, in->drain_to, &e);
    }
    if (in->drainer != NULL) {
        bus_run_timer_start(in->drainer, DRAIN_MS / 10, DRAIN_MS);
    }
}

static void intake_acked(void *data,
                         void *token,
                         int32_t partition,
                         int64_t offset,
                         const struct bus_err *err)
{
    struct intake *in = data;
    (void)partition;
    (void)offset;
    if (token == in) {
        drain_acked(in, err);
        return;
    }
    struct intake_waiting *w = token;
    came_down(in, w);
    if (w->answered) {
        bus_free(w);
    } else if (w->moved) {
        return; /* the journal answers */
    } else if (err == NULL) {
        in->accepted++;
        intake_answer(w, INTAKE_ACCEPTED, NULL);
    } else if (bus_err_act(err->code) == BUS_ACT_REJECT) {
        intake_answer(w, INTAKE_FAILED, err);
    } else {
        to_journal(in, w);
    }
}

/* key: struct about and the trace. */
static int intake_send(struct intake *in,
                       struct bus_strv key,
                       struct bus_strv value,
                       void *token,
                       struct bus_err *err)
{
    struct about about;
    struct bus_role_rendered r;
    if (key.n < sizeof(about)) {
        return bus_fail(err, BUS_EPARSE, "no application in the journal");
    }
    memcpy(&about, key.p, sizeof(about));
    struct bus_role_emit e = {
        .ce_type = "sa.application.v1",
        .source = in->frame->source,
        .event_id = about.event_id,
        .household_id = about.household_id,
        .occurred_at = about.occurred_at,
        .traceparent = {key.p + sizeof(about), key.n - sizeof(about)},
    };
    bus_role_emit_headers(&e, &r);
    struct bus_kafka_out_msg m = {
        .topic = in->topic,
        .partition = -1,
        .key = r.key,
        .value = value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    int rc = bus_kafka_producer_send(in->producer, &m, token, err);
    if (rc == BUS_OK && token != in) {
        took_off(in, token);
    }
    return rc;
}

static void drain_journal(void *data)
{
    struct intake *in = data;
    if (in->has_journal) {
        give_up_waiting(in);
    }
    if (!in->has_journal && bus_kafka_producer_connected(in->producer)) {
        drain_again(in);
    }
    if (!in->has_journal || in->drain_waiting > 0 || in->sync_running ||
        intake_journal_waiting(&in->journal) == 0 ||
        !bus_kafka_producer_connected(in->producer)) {
        return;
    }
    struct bus_arena mem;
    struct bus_err err;
    bus_arena_init(&mem, 1 << 20, 0);
    uint64_t at = in->journal.drained;
    in->drain_failed = in->drain_hit = false;
    in->drain_waiting = 1; /* ours, until all are sent */
    for (int i = 0; i < (in->drain_alone ? 1 : DRAIN_RECORDS); i++) {
        struct bus_strv key, value;
        uint64_t next = at;
        if (intake_journal_read(&in->journal, &next, &mem, &key, &value,
                                &err) != BUS_OK) {
            break;
        }
        int rc = intake_send(in, key, value, in, &err);
        in->drain_waiting += rc == BUS_OK;
        if (rc != BUS_OK) {
            in->drain_failed |= bus_err_act(err.code) == BUS_ACT_REJECT;
            in->drain_hit |= in->drain_failed;
            at = in->drain_failed ? next : at;
            break;
        }
        at = next;
    }
    in->drain_to = at;
    bus_arena_fini(&mem);
    drain_acked(in, NULL);
}

/* --- taking one --- */

static int
intake_seal(struct intake *in, struct form *form, struct bus_err *err)
{
    struct sa_application *a = &form->application;
    struct bus_strv plain;
    int rc = bus_wire_encode_framed(&sa_personal_type, &form->personal,
                                    &in->mem, &plain, err);
    uint8_t *to = rc == BUS_OK
                      ? bus_arena_alloc(&in->mem, plain.n + BUS_WIRE_SEAL_BYTES)
                      : NULL;
    if (to == NULL) {
        return rc != BUS_OK ? rc : bus_fail(err, BUS_ETOOBIG, "personal data");
    }
    struct bus_wire_binding b = {"application", "personal", &a->event_id};
    a->has_personal = true;
    a->personal = (struct bus_strv){(char *)to, plain.n + BUS_WIRE_SEAL_BYTES};
    return bus_wire_seal(in->keys, BUS_STRV("bus"), &b, plain, to, err);
}

static size_t ids_of(const struct form *form,
                     const struct intake_sent *sent,
                     struct bus_id ret[2])
{
    size_t n = 0;
    ret[n++] = form->application.application_id;
    if (sent->key.n > 0) {
        ret[n++] = bus_wire_idempotency_id(sent->key);
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

/* Encoded once, where it stays until it is answered. */
static struct intake_waiting *waiting_of(struct intake *in,
                                         const struct form *form,
                                         const struct intake_sent *sent,
                                         struct bus_err *err)
{
    const struct sa_application *a = &form->application;
    struct about about = {a->event_id, a->household_id, a->occurred_at};
    size_t trace = intake_is_trace(sent->traceparent) ? sent->traceparent.n : 0;
    size_t key = sizeof(about) + trace;
    size_t n = BUS_WIRE_FRAME_BYTES + bus_wire_size(&sa_application_type, a);
    struct intake_waiting *w = bus_malloc(sizeof(*w) + key + n);
    if (w == NULL) {
        (void)bus_fail(err, BUS_ENOMEM, "an application");
        return NULL;
    }
    *w = (struct intake_waiting){.in = in, .body = sent->hash};
    w->id_count = ids_of(form, sent, w->ids);
    memcpy(w->bytes, &about, sizeof(about));
    if (trace > 0) {
        memcpy(w->bytes + sizeof(about), sent->traceparent.p, trace);
    }
    uint8_t *to = (uint8_t *)w->bytes + key;
    (void)bus_wire_encode_at(&sa_application_type, a,
                             bus_wire_frame_at(sa_application_type.id, to));
    w->key = (struct bus_strv){w->bytes, key};
    w->value = (struct bus_strv){(char *)to, n};
    return w;
}

int intake_accept(struct intake *in,
                  struct form *form,
                  const struct intake_sent *sent,
                  intake_done done,
                  void *token,
                  struct bus_err *err)
{
    assert(form->fault_count == 0);
    int rc = form->has_personal ? intake_seal(in, form, err) : BUS_OK;
    rc = rc ? rc : bus_wire_type_ready(&sa_application_type, err);
    struct intake_waiting *w =
        rc == BUS_OK ? waiting_of(in, form, sent, err) : NULL;
    if (w == NULL) {
        return rc != BUS_OK ? rc : BUS_ENOMEM;
    }
    w->done = done;
    w->token = token;
    for (size_t i = 0; i < w->id_count; i++) {
        /* Not remembered: then a repeat is taken again, which is harmless. */
        (void)!intake_idempotency_begin(&in->known, &w->ids[i], w->body, NULL);
    }
    bool behind = in->has_journal && intake_journal_waiting(&in->journal) > 0;
    if (behind || !bus_kafka_producer_connected(in->producer) ||
        intake_send(in, w->key, w->value, w, err) != BUS_OK) {
        to_journal(in, w);
    }
    return BUS_OK;
}

struct form_rules intake_rules(struct intake *in)
{
    return (struct form_rules){
        .config = &in->frame->config,
        .index = &in->index,
        .person_key = {(const char *)in->person_key, sizeof(in->person_key)},
        .now_ms = bus_clock_system.wall_ms(NULL),
    };
}

/* <state>/intake, when a command runs before the role ever did. */
static int make_household(const char *drafts, struct bus_err *err)
{
    char household[600];
    (void)snprintf(household, sizeof(household), "%.*s",
                   (int)(strlen(drafts) - strlen("/drafts")), drafts);
    return mkdir(household, 0750) == 0 || errno == EEXIST
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "%s: %s", household, strerror(errno));
}

int intake_open(struct intake *in,
                struct bus_role_frame *frame,
                bool with_journal,
                struct bus_err *err)
{
    const struct bus_config *c = &frame->config;
    *in = (struct intake){
        .frame = frame,
        .topic = bus_role_frame_topic(frame, "applications", NULL)};
    bus_arena_init(&in->mem, ARENA_BLOCK, ARENA_MAX);
    int rc = bus_wire_key_file(c->keys.person_key, in->person_key, err);
    rc = rc ? rc : bus_wire_keyring_open(c->keys.ring, &in->keys, err);
    rc = rc ? rc : intake_form_index_init(&in->index, c, err);
    rc = rc ? rc
            : intake_idempotency_open(&in->known, frame->state_dir, KNOWN_MAX,
                                      err);
    /* Commands keep their drafts where the role does: one place to look. */
    const char *drafts =
        bus_arena_printf(&frame->mem, "%s/intake/drafts", c->state_dir);
    rc = rc ? rc : make_household(drafts, err);
    rc = rc ? rc
            : intake_drafts_open(&in->drafts, drafts,
                                 (uint64_t)c->intake.draft_bytes_max, err);
    if (rc == BUS_OK && with_journal) {
        rc = intake_journal_open(&in->journal, frame->state_dir,
                                 (uint64_t)c->intake.journal_bytes_max, err);
        in->has_journal = rc == BUS_OK;
    }
    rc = rc ? rc
            : bus_run_timer_new(frame->loop, drain_journal, in, &in->drainer,
                                err);
    rc = rc ? rc
            : bus_kafka_producer_open(&frame->kafka, intake_acked, in,
                                      &in->producer, err);
    if (rc == BUS_OK) {
        bus_run_timer_start(in->drainer, DRAIN_MS, DRAIN_MS);
    }
    return rc;
}

void intake_drain(struct intake *in)
{
    bus_run_timer_free(in->drainer);
    in->drainer = NULL;
    bus_kafka_producer_close(in->producer, CLOSE_LIMIT_MS, NULL, NULL);
    in->producer = NULL;
    drain_again(in);
}

void intake_fini(struct intake *in)
{
    intake_reads_close(in->reads);
    bus_run_timer_free(in->drainer);
    in->drainer = NULL;
    bus_wire_keyring_free(in->keys);
    intake_form_index_fini(&in->index);
    bus_buf_fini(&in->contract);
    intake_idempotency_close(&in->known);
    bus_arena_fini(&in->mem);
    intake_journal_close(&in->journal);
    explicit_bzero(in->person_key, sizeof(in->person_key));
}
