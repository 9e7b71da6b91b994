#include "producers/intake/intake.h"

#include <assert.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/run/work.h"

#define DRAIN_MS       300
#define DRAIN_RECORDS  1000
#define CLOSE_LIMIT_MS 5000

struct intake_waiting
{
    struct intake_waiting *next;
    struct intake *in;
    intake_done done;
    void *token;
    struct bus_strv key, value; /* of its own, for the journal */
    char bytes[];
};

static void answer(struct intake_waiting *w,
                   enum intake_outcome outcome,
                   const struct bus_err *err)
{
    w->done(w->token, outcome, err);
    bus_free(w);
}

/* --- the journal --- */

static void start_sync(struct intake *in);

static void sync_run(void *data)
{
    struct intake *in = data;
    in->sync_error.code = BUS_OK;
    (void)!journal_sync(&in->journal, &in->sync_error);
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
        answer(w, failed ? INTAKE_FAILED : INTAKE_JOURNALED,
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
    if (bus_work(in->frame->loop, sync_run, sync_done, in, &in->sync_error) !=
        BUS_OK) {
        sync_run(in); /* no thread to be had: then right here */
        sync_done(in);
    }
}

static void to_journal(struct intake *in, struct intake_waiting *w)
{
    struct bus_err err;
    int rc = in->has_journal
                 ? journal_append(&in->journal, w->key, w->value, &err)
                 : bus_fail(&err, BUS_EAWAY, "Kafka is away");
    if (rc != BUS_OK) {
        answer(w,
               rc == BUS_EFULL || rc == BUS_EAWAY ? INTAKE_FULL : INTAKE_FAILED,
               &err);
        return;
    }
    w->next = in->unsynced;
    in->unsynced = w;
    if (!in->sync_running) {
        start_sync(in);
    }
}

/* --- Kafka --- */

static void drain_acked(struct intake *in, const struct bus_err *err)
{
    in->drain_failed |= err != NULL;
    if (--in->drain_waiting > 0) {
        return;
    }
    if (!in->drain_failed) {
        struct bus_err e;
        /* A mark that cannot be written sends the same again: harmless. */
        (void)!journal_mark(&in->journal, in->drain_to, &e);
    }
    if (in->drainer != NULL) {
        bus_timer_start(in->drainer, DRAIN_MS / 10, DRAIN_MS);
    }
}

static void acked(void *data,
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
    if (err == NULL) {
        in->accepted++;
        answer(w, INTAKE_ACCEPTED, NULL);
    } else if (bus_err_act(err->code) == BUS_ACT_RETRY) {
        to_journal(in, w);
    } else {
        answer(w, INTAKE_FAILED, err);
    }
}

static int send(struct intake *in,
                struct bus_strv key,
                struct bus_strv value,
                void *token,
                struct bus_err *err)
{
    static const struct bus_kafka_header headers[] = {
        {"ce_specversion", {"1.0", 3}},
        {"ce_type", {"sa.application.v1", 17}},
        {"content-type", {"application/avro", 16}},
    };
    struct bus_kafka_header all[5];
    memcpy(all, headers, sizeof(headers));
    all[3] = (struct bus_kafka_header){"ce_source", in->frame->source};
    all[4] = (struct bus_kafka_header){"ce_partitionkey", key};
    struct bus_kafka_out_msg m = {
        .topic = in->topic,
        .partition = -1,
        .key = key,
        .value = value,
        .headers = all,
        .headers_count = 5,
    };
    return bus_kafka_producer_send(in->producer, &m, token, err);
}

static void drain_journal(void *data)
{
    struct intake *in = data;
    if (!in->has_journal || in->drain_waiting > 0 || in->sync_running ||
        journal_waiting(&in->journal) == 0 ||
        !bus_kafka_producer_connected(in->producer)) {
        return;
    }
    struct bus_arena mem;
    struct bus_err err;
    bus_arena_init(&mem, 1 << 20, 0);
    uint64_t at = in->journal.drained;
    in->drain_failed = false;
    in->drain_waiting = 1; /* ours, until all are sent */
    for (int i = 0; i < DRAIN_RECORDS; i++) {
        struct bus_strv key, value;
        uint64_t next = at;
        if (journal_read(&in->journal, &next, &mem, &key, &value, &err) !=
                BUS_OK ||
            send(in, key, value, in, &err) != BUS_OK) {
            break;
        }
        in->drain_waiting++;
        at = next;
    }
    in->drain_to = at;
    bus_arena_fini(&mem);
    drain_acked(in, NULL);
}

/* --- taking one --- */

static int seal(struct intake *in,
                struct form *form,
                struct bus_arena *mem,
                struct bus_err *err)
{
    struct sa_application *a = &form->application;
    struct bus_strv plain;
    int rc = bus_wire_encode_framed(&sa_personal_type, &form->personal, mem,
                                    &plain, err);
    uint8_t *to = rc == BUS_OK
                      ? bus_arena_alloc(mem, plain.n + BUS_WIRE_SEAL_BYTES)
                      : NULL;
    if (to == NULL) {
        return rc != BUS_OK ? rc : bus_fail(err, BUS_ETOOBIG, "personal data");
    }
    struct bus_wire_binding b = {"application", "personal", &a->event_id};
    a->has_personal = true;
    a->personal = (struct bus_strv){(char *)to, plain.n + BUS_WIRE_SEAL_BYTES};
    return bus_wire_seal(in->keys, BUS_STRV("bus"), &b, plain, to, err);
}

int intake_take(struct intake *in,
                struct form *form,
                struct bus_arena *mem,
                intake_done done,
                void *token,
                struct bus_err *err)
{
    assert(form->fault_count == 0);
    struct bus_strv value;
    char key[BUS_ID_TEXT + 1];
    int rc = form->has_personal ? seal(in, form, mem, err) : BUS_OK;
    rc = rc ? rc
            : bus_wire_encode_framed(&sa_application_type, &form->application,
                                     mem, &value, err);
    if (rc != BUS_OK) {
        return rc;
    }
    struct intake_waiting *w = bus_malloc(sizeof(*w) + BUS_ID_TEXT + value.n);
    if (w == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an application");
    }
    memcpy(w->bytes, bus_id_text(&form->application.household_id, key),
           BUS_ID_TEXT);
    memcpy(w->bytes + BUS_ID_TEXT, value.p, value.n);
    w->in = in;
    w->done = done;
    w->token = token;
    w->key = (struct bus_strv){w->bytes, BUS_ID_TEXT};
    w->value = (struct bus_strv){w->bytes + BUS_ID_TEXT, value.n};
    bool behind = in->has_journal && journal_waiting(&in->journal) > 0;
    if (behind || !bus_kafka_producer_connected(in->producer) ||
        send(in, w->key, w->value, w, err) != BUS_OK) {
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

int intake_open(struct intake *in,
                struct bus_frame *frame,
                bool with_journal,
                struct bus_err *err)
{
    const struct bus_config *c = &frame->config;
    *in = (struct intake){
        .frame = frame, .topic = bus_frame_topic(frame, "applications", NULL)};
    int rc = bus_wire_key_file(c->keys.person_key, in->person_key, err);
    rc = rc ? rc : bus_wire_keyring_open(c->keys.ring, &in->keys, err);
    rc = rc ? rc : form_index_init(&in->index, c, err);
    if (rc == BUS_OK && with_journal) {
        rc = journal_open(&in->journal, frame->state_dir,
                          (uint64_t)c->intake.journal_bytes_max, err);
        in->has_journal = rc == BUS_OK;
    }
    rc = rc ? rc
            : bus_kafka_producer_open(&frame->kafka, acked, in, &in->producer,
                                      err);
    rc = rc ? rc
            : bus_timer_new(frame->loop, drain_journal, in, &in->drainer, err);
    if (rc == BUS_OK) {
        bus_timer_start(in->drainer, DRAIN_MS, DRAIN_MS);
    }
    return rc;
}

void intake_drain(struct intake *in)
{
    bus_timer_free(in->drainer);
    in->drainer = NULL;
    bus_kafka_producer_close(in->producer, CLOSE_LIMIT_MS, NULL, NULL);
    in->producer = NULL;
}

void intake_fini(struct intake *in)
{
    bus_wire_keyring_free(in->keys);
    form_index_fini(&in->index);
    journal_close(&in->journal);
    memset(in->person_key, 0, sizeof(in->person_key));
}
