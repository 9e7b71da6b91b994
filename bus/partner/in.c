/* partner -> bus. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/partner/parts.h"

void partner_collect_run(void *data)
{
    struct runner *r = data;
    BUS_CHECK(r->transport != NULL && r->taking.n == 0);
    struct bus_partner_transport_taken list[PARTNER_CHUNK];
    size_t n = 0;
    bus_arena_reset(&r->taking.mem);
    r->rc = r->via->take(r->transport, &r->taking.mem, list, PARTNER_CHUNK, &n,
                         &r->err);
    if (r->rc == BUS_OK && r->count_wanted) {
        r->rc = r->via->waiting(r->transport, &r->out_waiting,
                                &r->out_oldest_ms, &r->err);
        r->count_wanted = r->rc != BUS_OK;
    }
    BUS_CHECK(n <= PARTNER_CHUNK);
    for (size_t i = 0; r->rc == BUS_OK && i < n; i++) {
        r->taking.list[i] =
            (struct answer){.token.kind = TOKEN_ANSWER, .taken = list[i]};
    }
    r->taking.n = r->rc ? 0 : n;
}

static void settle_as(struct runner *r,
                      struct answer *a,
                      enum bus_partner_transport_verdict verdict,
                      const struct bus_buf *note)
{
    BUS_CHECK(a->state != ANSWER_READY);
    a->state = ANSWER_READY;
    a->verdict = verdict;
    if (note != NULL) {
        const char *p = bus_arena_dup(&r->taking.mem, note->data, note->len);
        a->note = (struct bus_strv){p, p ? note->len : 0};
    }
}

static void reject(struct runner *r,
                   struct answer *a,
                   const struct bus_partner_document_faults *faults)
{
    struct bus_buf note = {0};
    struct bus_err err;
    if (bus_partner_document_faults_write(faults, &note, &err) == BUS_OK) {
        settle_as(r, a, BUS_TRANSPORT_REJECTED, &note);
    } else {
        partner_runner_stop(r, &err);
    }
    bus_buf_fini(&note);
}

static void reject_whole(struct runner *r,
                         struct answer *a,
                         const char *code,
                         const char *zh,
                         const char *en)
{
    struct bus_partner_document_faults f = {.mem = &r->taking.mem};
    bus_partner_document_fault_add(&f, "", code, zh, en);
    reject(r, a, &f);
}

static void accept(struct runner *r, struct answer *a)
{
    struct bus_buf note = {0};
    char id[BUS_ID_TEXT + 1], at[BUS_TIME_TEXT + 1];
    bus_buf_printf(&note,
                   "{\n  \"document\": \"acknowledgement\",\n  \"version\": 1,"
                   "\n  \"event_id\": \"%s\",\n  \"again\": %s,"
                   "\n  \"taken_at\": \"%s\"\n}\n",
                   bus_id_text(&a->event.event_id, id),
                   a->again ? "true" : "false",
                   bus_time_text(bus_clock_system.wall_ms(NULL), at));
    settle_as(r, a, BUS_TRANSPORT_ACCEPTED, &note);
    bus_buf_fini(&note);
}

/* Taken at another time, or in this chunk: it is settled as a whole. */
static bool heard_before(const struct runner *r, const struct answer *a)
{
    for (const struct answer *b = r->taking.list; b < a; b++) {
        if (b->verdict == BUS_TRANSPORT_ACCEPTED &&
            bus_id_eq(&b->event.event_id, &a->event.event_id)) {
            return true;
        }
    }
    return bus_partner_dedup_has(r->seen, BUS_SEEN_TAKEN, &a->event.event_id);
}

static void understand(struct runner *r, struct answer *a)
{
    BUS_CHECK(a->state == ANSWER_NEW);
    struct bus_partner_document_faults faults;
    struct bus_err err;
    if (a->taken.bytes.p == NULL) {
        bool big = a->taken.why == BUS_ETOOBIG;
        reject_whole(
            r, a, big ? "TOO_BIG" : "UNREADABLE",
            big ? "文件超过大小上限(limits.message_max)" : "没有读取权限",
            big ? "over limits.message_max" : "the bus may not read this file");
        return;
    }
    int rc = bus_partner_kind_in_map(r->kind->in, &r->env, a->taken.bytes,
                                     &r->taking.mem, &a->event, &faults, &err);
    if (rc == BUS_ETRUNCATED && a->taken.still_ms < PARTNER_WRITING) {
        settle_as(r, a, BUS_TRANSPORT_LATER, NULL);
    } else if (rc == BUS_OK) {
        a->again = heard_before(r, a);
        if (a->again) {
            accept(r, a);
        }
    } else if (bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT) {
        reject(r, a, &faults);
    } else {
        partner_runner_stop(r, &err);
    }
}

void partner_collect_done(struct runner *r)
{
    /* A full chunk: there is more. */
    r->examine = bus_run_loop_now_ms(r->frame.loop) +
                 (r->taking.n == PARTNER_CHUNK ? 0 : PARTNER_LOOK_MS);
    for (size_t i = 0; i < r->taking.n; i++) {
        understand(r, &r->taking.list[i]);
    }
    partner_answers_send(r);
}

static int in_send(struct runner *r, struct answer *a, struct bus_err *err)
{
    struct bus_role_rendered out;
    struct bus_role_emit e = {
        .type = a->event.in->type,
        .record = a->event.record,
        .ce_type = a->event.in->ce_type,
        .source = r->frame.source,
        .event_id = a->event.event_id,
        .household_id = a->event.household_id,
        .case_id = a->event.case_id,
        .cause_id = a->event.cause_id,
        .occurred_at = a->event.occurred_at,
    };
    struct bus_arena_mark mark = bus_arena_mark(&r->taking.mem);
    BUS_CHECK(a->state == ANSWER_NEW && a->event.record != NULL);
    BUS_TRY(bus_role_emit_render(&e, &r->taking.mem, &out, err));
    struct bus_kafka_out_msg m = {
        .topic = r->topic_in,
        .partition = -1,
        .key = out.key,
        .value = out.value,
        .headers = out.headers,
        .headers_count = out.headers_count,
    };
    int rc = bus_kafka_producer_send(r->producer, &m, a, err);
    bus_arena_release(&r->taking.mem, mark);
    return rc;
}

/* Not while a job runs: the memory is the job's then. */
void partner_answers_send(struct runner *r)
{
    struct bus_err err;
    for (size_t i = 0; r->job == JOB_NONE && i < r->taking.n; i++) {
        struct answer *a = &r->taking.list[i];
        if (a->state != ANSWER_NEW) {
            continue;
        }
        int rc = in_send(r, a, &err);
        if (rc == BUS_EFULL) {
            return; /* at the next tick */
        }
        if (rc != BUS_OK) {
            partner_runner_stop(r, &err);
            return;
        }
        a->state = ANSWER_SENT;
    }
}

void partner_answer_acked(struct runner *r,
                          struct answer *a,
                          const struct bus_err *err)
{
    if (partner_runner_ends(r)) {
        return; /* it stays claimed and is taken again */
    }
    BUS_CHECK(a >= r->taking.list && a < r->taking.list + r->taking.n);
    BUS_CHECK(a->state == ANSWER_SENT);
    if (err == NULL) {
        bus_run_series_add(r->m_out, 1);
        accept(r, a);
    } else if (bus_err_act(err->code) == BUS_ACT_RETRY) {
        a->state = ANSWER_NEW;
    } else if (bus_err_act(err->code) == BUS_ACT_REJECT) {
        reject_whole(r, a, "TOO_BIG", "消息超过上限",
                     "over the broker's limit");
    } else {
        partner_runner_stop(r, err);
    }
}

bool partner_answers_ready(const struct runner *r)
{
    for (size_t i = 0; i < r->taking.n; i++) {
        if (r->taking.list[i].state != ANSWER_READY) {
            return false;
        }
    }
    return r->taking.n > 0;
}

void partner_settle_run(void *data)
{
    struct runner *r = data;
    struct bus_partner_dedup_note notes[2 * PARTNER_CHUNK];
    size_t n = 0;
    int64_t now = bus_clock_system.wall_ms(NULL);
    for (size_t i = 0; i < r->taking.n; i++) {
        const struct answer *a = &r->taking.list[i];
        if (a->verdict != BUS_TRANSPORT_ACCEPTED || a->again ||
            bus_partner_dedup_has(r->seen, BUS_SEEN_TAKEN,
                                  &a->event.event_id)) {
            continue;
        }
        BUS_CHECK(n + 2 <= sizeof(notes) / sizeof(notes[0]));
        /* Its task ends first: an answer that is known as taken says nothing
         * more, so that a task which the torn end of a write had left open
         * would stay open for ever. */
        if (!a->event.in->tells) {
            notes[n++] = (struct bus_partner_dedup_note){BUS_SEEN_CLOSED,
                                                         a->event.about, now};
        }
        notes[n++] = (struct bus_partner_dedup_note){BUS_SEEN_TAKEN,
                                                     a->event.event_id, now};
    }
    r->rc = bus_partner_dedup_add(r->seen, notes, n, &r->err);
    for (size_t i = 0; r->rc == BUS_OK && i < r->taking.n; i++) {
        const struct answer *a = &r->taking.list[i];
        r->rc = r->via->settle(r->transport, a->taken.name, a->verdict, a->note,
                               &r->err);
    }
    if (r->rc == BUS_OK) {
        r->rc = r->via->settled_sync(r->transport, &r->err);
    }
}

void partner_settle_done(struct runner *r)
{
    BUS_CHECK(r->taking.n <= PARTNER_CHUNK && r->rc == BUS_OK);
    for (size_t i = 0; i < r->taking.n; i++) {
        const struct answer *a = &r->taking.list[i];
        if (a->verdict == BUS_TRANSPORT_REJECTED) {
            bus_run_series_add(r->m_rejected, 1);
        } else if (a->verdict == BUS_TRANSPORT_ACCEPTED) {
            bus_run_series_add(a->again ? r->m_again : r->m_accepted, 1);
        }
    }
    r->taking.n = 0;
}
