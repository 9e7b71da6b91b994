/* The journal's turns: what is taken while Kafka is away or silent goes in, and
 * what waits goes out, side by side.
 *
 * The journal belongs to one worker at a time. A turn there:
 *  - appends the submissions queued since the last one, and syncs them
 *  - sets aside what Kafka refused for good
 *  - marks what Kafka has acknowledged
 *  - reads on, as far as there is room among what Kafka has and not yet taken
 * Then, on the loop, the submissions are answered and what was read is sent.
 * Appending never waits for draining nor draining for a pause in appending, so
 * that the journal empties however busy intake is.
 *
 * Order: within a household only, as it is on the topic. A new application goes
 * straight to Kafka when nothing of the journal is unread and none of its own
 * household is on its way through the journal; else behind it.
 *
 * Of one household only one is on its way to Kafka at a time.
 *
 * Failure: one that comes back from Kafka ends the reading until all that are
 * on their way have come back; then reading begins again at the first that was
 * not taken. Kafka may have some twice then, as the same applications.
 */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/run/work.h"
#include "producers/intake/intake_parts.h"

#define DRAIN_RECORDS 2000       /* on their way to Kafka at once */
#define DRAIN_BYTES   (8u << 20) /* read in one turn, about */
#define ASIDE_MAX     64         /* refused for good, in one turn */

enum drained_state {
    DRAINED_HELD,
    DRAINED_SENT,
    DRAINED_TAKEN,
    DRAINED_BACK,
    DRAINED_BAD
};
struct intake_drained
{
    enum intake_token token_kind; /* first */
    enum drained_state state;
    struct intake_drained *next;
    struct intake *in;
    uint64_t from, to; /* its place in the journal */
    size_t key_n, value_n;
    char bytes[];
};
struct aside
{
    uint64_t from, to;
};
/* What a turn is given and what it leaves; the worker's while one runs. */
struct intake_turn
{
    bool running;
    struct submission_queue writing;
    struct aside aside[ASIDE_MAX];
    size_t aside_n;
    uint64_t mark_to, read_at;
    size_t room; /* records to be read */
    struct intake_drained *read_first, *read_last;
    size_t read_n;
    struct bus_arena mem; /* of one record */
    struct bus_err error;
    bool stalled; /* the disk or the memory failed: again at the next tick */
};

/* --- on the worker --- */

static void write_all(struct intake *in, struct intake_turn *t)
{
    size_t written = 0;
    for (struct submission *s = t->writing.first; s != NULL; s = s->next) {
        int rc =
            intake_journal_append(&in->journal, s->key, s->value, &t->error);
        s->outcome = rc == BUS_OK      ? INTAKE_JOURNALED
                     : rc == BUS_EFULL ? INTAKE_FULL
                                       : INTAKE_FAILED;
        s->error = (enum bus_errc)rc;
        written += rc == BUS_OK;
    }
    int rc =
        written > 0 ? intake_journal_sync(&in->journal, &t->error) : BUS_OK;
    for (struct submission *s = t->writing.first; s != NULL && rc != BUS_OK;
         s = s->next) {
        s->outcome = INTAKE_FAILED;
        s->error = (enum bus_errc)rc;
    }
}

/* False: no memory; the next turn asks again. */
static bool keep_read(struct intake_turn *t,
                      uint64_t from,
                      uint64_t to,
                      const struct bus_strv kv[2])
{
    struct intake_drained *d = bus_malloc(sizeof(*d) + kv[0].n + kv[1].n);
    if (d == NULL) {
        return false;
    }
    *d = (struct intake_drained){.token_kind = INTAKE_TOKEN_DRAINED,
                                 .from = from,
                                 .to = to,
                                 .key_n = kv[0].n,
                                 .value_n = kv[1].n};
    memcpy(d->bytes, kv[0].p, kv[0].n);
    memcpy(d->bytes + kv[0].n, kv[1].p, kv[1].n);
    *(t->read_last != NULL ? &t->read_last->next : &t->read_first) = d;
    t->read_last = d;
    t->read_n++;
    return true;
}

static void turn_read_on(struct intake *in, struct intake_turn *t)
{
    uint64_t begun = t->read_at;
    while (t->room > 0 && t->read_at < in->journal.end &&
           t->read_at - begun < DRAIN_BYTES) {
        struct bus_strv kv[2];
        uint64_t next = t->read_at;
        int rc = intake_journal_read(&in->journal, &next, &t->mem, &kv[0],
                                     &kv[1], NULL);
        if (rc == BUS_EAGAIN) { /* damaged to its end */
            intake_journal_set_aside(&in->journal, t->read_at, in->journal.end);
            t->read_at = in->journal.end;
            break;
        }
        if (rc != BUS_OK || !keep_read(t, t->read_at, next, kv)) {
            t->stalled = true;
            break;
        }
        t->read_at = next;
        t->room--;
        bus_arena_reset(&t->mem);
    }
    bus_arena_reset(&t->mem);
}

static void turn_run(void *data)
{
    struct intake *in = data;
    struct intake_turn *t = in->turn;
    BUS_CHECK(t->running && t->read_first == NULL);
    write_all(in, t);
    for (size_t i = 0; i < t->aside_n; i++) {
        intake_journal_set_aside(&in->journal, t->aside[i].from,
                                 t->aside[i].to);
    }
    t->aside_n = 0;
    if (t->mark_to > in->journal.drained) {
        /* A mark that cannot be written sends the same again: harmless. */
        struct bus_err err;
        t->stalled |=
            intake_journal_mark(&in->journal, t->mark_to, &err) != BUS_OK;
        if (in->journal.end == 0) { /* emptied: places begin anew */
            t->mark_to = t->read_at = 0;
        }
    }
    turn_read_on(in, t);
}

/* --- on the loop --- */

/* Behind a failure: what was read and not taken is read again. */
static void begin_again(struct intake *in)
{
    struct intake_turn *t = in->turn;
    while (in->drained_first != NULL) {
        struct intake_drained *d = in->drained_first;
        BUS_CHECK(d->state != DRAINED_SENT);
        in->drained_first = d->next;
        bus_free(d);
    }
    in->drained_last = NULL;
    in->drained_n = 0;
    in->drain_stopped = false;
    t->read_at = t->mark_to;
    t->stalled = true; /* not at once: Kafka gave it back */
}

/* Takes from the front what is settled. A failed one stays in front until all
 * behind it are back. */
static void turn_settle(struct intake *in)
{
    struct intake_turn *t = in->turn;
    while (in->drained_first != NULL && !t->running) {
        struct intake_drained *d = in->drained_first;
        if (d->state == DRAINED_HELD || d->state == DRAINED_SENT ||
            d->state == DRAINED_BACK ||
            (d->state == DRAINED_BAD && t->aside_n == ASIDE_MAX)) {
            break;
        }
        if (d->state == DRAINED_BAD) {
            t->aside[t->aside_n++] = (struct aside){d->from, d->to};
        }
        BUS_CHECK(d->from >= t->mark_to && d->to > d->from);
        t->mark_to = d->to;
        in->drained_first = d->next;
        in->drained_last = d->next != NULL ? in->drained_last : NULL;
        in->drained_n--;
        bus_free(d);
    }
    if (t->running) {
        return;
    }
    if (in->drain_stopped && in->drained_sent == 0) {
        begin_again(in);
    } else if (in->drained_first == NULL && !in->drain_stopped) {
        t->mark_to = t->read_at; /* damage between is passed over */
    }
}

static bool drained_same_household(const struct intake_drained *a,
                                   const struct intake_drained *b)
{
    const size_t at = offsetof(struct intake_about, household_id);
    return a->key_n >= sizeof(struct intake_about) &&
           b->key_n >= sizeof(struct intake_about) &&
           memcmp(a->bytes + at, b->bytes + at, sizeof(struct bus_id)) == 0;
}

/* Kafka may give back the first of two and take the second: of one household
 * only one is on its way at a time. */
static bool must_hold(const struct intake *in, const struct intake_drained *d)
{
    for (const struct intake_drained *e = in->drained_first; e != d;
         e = e->next) {
        if (e->state != DRAINED_TAKEN && e->state != DRAINED_BAD &&
            drained_same_household(e, d)) {
            return true;
        }
    }
    return false;
}

static void send_drained(struct intake *in, struct intake_drained *d)
{
    struct bus_err err;
    int rc = BUS_EAWAY;
    if (!in->drain_stopped && in->producer != NULL) {
        rc = intake_send(in, (struct bus_strv){d->bytes, d->key_n},
                         (struct bus_strv){d->bytes + d->key_n, d->value_n}, d,
                         &err);
    }
    d->state = rc == BUS_OK ? DRAINED_SENT
               : bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT
                   ? DRAINED_BAD
                   : DRAINED_BACK;
    in->drained_sent += rc == BUS_OK;
    in->drain_stopped |= d->state == DRAINED_BACK;
}

/* The next of its household, when it was taken or set aside. */
static void send_held(struct intake *in, const struct intake_drained *behind)
{
    for (struct intake_drained *d = behind->next;
         d != NULL && !in->drain_stopped; d = d->next) {
        if (d->state == DRAINED_HELD && drained_same_household(d, behind)) {
            send_drained(in, d);
            if (d->state != DRAINED_BAD) {
                return;
            }
        }
    }
}

void intake_drained(struct intake_drained *d, const struct bus_err *err)
{
    struct intake *in = d->in;
    BUS_CHECK(d->state == DRAINED_SENT && in->drained_sent > 0);
    in->drained_sent--;
    d->state = err == NULL                                ? DRAINED_TAKEN
               : bus_err_act(err->code) == BUS_ACT_REJECT ? DRAINED_BAD
                                                          : DRAINED_BACK;
    in->drain_stopped |= d->state == DRAINED_BACK;
    if (d->state != DRAINED_BACK) {
        send_held(in, d);
    }
    if (d == in->drained_first || in->drain_stopped) {
        turn_settle(in);
        intake_turn(in);
    }
}

static void send_read(struct intake *in)
{
    struct intake_turn *t = in->turn;
    while (t->read_first != NULL) {
        struct intake_drained *d = t->read_first;
        t->read_first = d->next;
        d->next = NULL;
        d->in = in;
        d->state = DRAINED_HELD;
        *(in->drained_last != NULL ? &in->drained_last->next
                                   : &in->drained_first) = d;
        in->drained_last = d;
        in->drained_n++;
        if (!must_hold(in, d)) {
            send_drained(in, d);
        }
    }
    t->read_last = NULL;
    t->read_n = 0;
}

static void answer_written(struct intake *in)
{
    struct intake_turn *t = in->turn;
    for (struct submission *s;
         (s = intake_submission_pop(&t->writing)) != NULL;) {
        enum intake_outcome outcome = s->outcome;
        struct bus_err err = t->error;
        err.code = s->error;
        in->journal_refuses = outcome != INTAKE_JOURNALED;
        if (in->journal_refuses) {
            in->journal_error = err;
        }
        in->journaled += outcome == INTAKE_JOURNALED;
        intake_submission_answer(s, outcome, in->journal_refuses ? &err : NULL);
    }
}

static void turn_done(void *data)
{
    struct intake *in = data;
    struct intake_turn *t = in->turn;
    BUS_CHECK(t->running);
    t->running = false;
    bool freed = in->journal.drained != in->journal_drained ||
                 in->journal.end < in->journal_end;
    in->journal_drained = in->journal.drained;
    in->journal_end = in->journal.end;
    in->journal_refuses = in->journal_refuses && !freed;
    answer_written(in);
    send_read(in);
    turn_settle(in);
    intake_report(in);
    intake_turn(in);
}

static bool has_unread(const struct intake *in)
{
    return in->turn->read_at < in->journal_end;
}

void intake_turn(struct intake *in)
{
    struct intake_turn *t = in->turn;
    if (t == NULL || t->running) {
        return;
    }
    bool can_read = in->producer != NULL && !in->drain_stopped && !t->stalled &&
                    in->drained_n < DRAIN_RECORDS &&
                    bus_kafka_producer_connected(in->producer);
    bool can_mark = !t->stalled && t->mark_to > in->journal_drained;
    if (in->queue.first == NULL && t->aside_n == 0 && !can_mark &&
        !(can_read && has_unread(in))) {
        return;
    }
    in->unread_before = has_unread(in);
    t->writing = in->queue;
    in->queue = (struct submission_queue){0};
    for (struct submission *s = t->writing.first; s != NULL; s = s->next) {
        intake_submission_move(s, SUBMISSION_TURN);
    }
    t->room = can_read ? DRAIN_RECORDS - in->drained_n : 0;
    t->running = true;
    if (bus_run_work(in->frame->loop, turn_run, turn_done, in, NULL) !=
        BUS_OK) {
        turn_run(in); /* no thread to be had: then right here */
        turn_done(in);
    }
}

void intake_turn_tick(struct intake *in)
{
    if (in->turn != NULL && !in->turn->running) {
        in->turn->stalled = false;
        intake_turn(in);
    }
}

void intake_queue(struct submission *s)
{
    BUS_CHECK(s->in->has_journal);
    intake_submission_move(s, SUBMISSION_QUEUE);
    intake_submission_push(&s->in->queue, s);
    intake_turn(s->in);
}

static bool drains_household(const struct intake *in,
                             const struct bus_id *household)
{
    const size_t at = offsetof(struct intake_about, household_id);
    for (const struct intake_drained *d = in->drained_first; d != NULL;
         d = d->next) {
        if (d->key_n >= sizeof(struct intake_about) &&
            memcmp(d->bytes + at, household, sizeof(*household)) == 0) {
            return true;
        }
    }
    return false;
}

bool intake_behind(const struct intake *in, const struct bus_id *household)
{
    const struct intake_turn *t = in->turn;
    if (t == NULL) {
        return false;
    }
    return in->drain_stopped ||
           (t->running ? in->unread_before : has_unread(in)) ||
           intake_submission_among(&in->queue, household) ||
           intake_submission_among(&t->writing, household) ||
           drains_household(in, household);
}

int intake_turn_open(struct intake *in, struct bus_err *err)
{
    in->turn = bus_calloc(1, sizeof(*in->turn));
    if (in->turn == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the journal's turns");
    }
    bus_arena_init(&in->turn->mem, 64 * 1024, 4 * (size_t)JOURNAL_RECORD_MAX);
    in->journal_drained = in->journal.drained;
    in->journal_end = in->journal.end;
    in->turn->read_at = in->turn->mark_to = in->journal.drained;
    return BUS_OK;
}

void intake_turn_close(struct intake *in)
{
    if (in->turn == NULL) {
        return;
    }
    if (in->turn->running) {
        return; /* the loop was ended by force: it is the worker's */
    }
    while (in->drained_first != NULL) {
        struct intake_drained *d = in->drained_first;
        in->drained_first = d->next;
        bus_free(d);
    }
    bus_arena_fini(&in->turn->mem);
    bus_free(in->turn);
    in->turn = NULL;
}
