/* bus -> partner. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/partner/parts.h"

/* --- batches --- */

void partner_deliver_batch(struct runner *r, struct bus_kafka_batch *batch)
{
    BUS_CHECK(*r->end == NULL);
    struct in_flight *f = bus_calloc(1, sizeof(*f));
    if (f == NULL) {
        (void)bus_fail(&r->err, BUS_ENOMEM, "a batch");
        partner_runner_stop(r, &r->err);
        bus_kafka_batch_free(r->consumer, batch);
        return;
    }
    f->batch = batch;
    *r->end = f;
    r->end = &f->next;
    bus_run_series_add(r->m_in, batch->n);
}

void partner_deliver_drop(struct runner *r)
{
    BUS_CHECK(r->job == JOB_NONE);
    partner_dead_letters_drop(r);
    while (r->first != NULL) {
        struct in_flight *f = r->first;
        r->first = f->next;
        bus_kafka_batch_free(r->consumer, f->batch);
        bus_free(f);
    }
    r->end = &r->first;
    if (r->give.parked != NULL) {
        r->give.parked->busy = false;
    }
    r->give.parked = NULL;
    r->give.n = r->give.upto = 0;
    r->give.phase = DELIVER_STAGES;
    if (r->push != NULL) {
        partner_push_drop(r->push);
    }
    r->waits[JOB_GIVE].failing = false; /* there is nothing it fails at */
}

/* --- preparing a chunk --- */

static int out_map(struct runner *r,
                   struct bus_strv value,
                   struct bus_partner_kind_task *ret,
                   struct bus_err *err)
{
    void *record = NULL;
    uint32_t id = 0;
    struct bus_strv body;
    BUS_TRY(bus_wire_unframe(value, &id, &body, err));
    const struct bus_partner_kind_out *out = r->kind->out;
    out = id == partner_notice_out.type->id                ? &partner_notice_out
          : out->more != NULL && id == out->more->type->id ? out->more
                                                           : out;
    BUS_TRY(bus_wire_decode(r->schemas, out->type, value, &r->give.mem, &record,
                            err));
    return bus_partner_kind_out_map(out, &r->env, record, &r->give.mem, ret,
                                    err);
}

static void refill(struct runner *r)
{
    uint64_t now = bus_run_loop_now_ms(r->frame.loop);
    BUS_CHECK(now >= r->allowance_at);
    double second = (double)r->partner->limits.per_second;
    r->allowance += (double)(now - r->allowance_at) * second / 1000.0;
    r->allowance = r->allowance > second ? second : r->allowance;
    r->allowance_at = now;
}

static size_t out_allowed(struct runner *r)
{
    size_t open = bus_partner_dedup_open_tasks(r->seen);
    size_t most = (size_t)r->partner->limits.in_flight;
    refill(r);
    if (open >= most) {
        bus_run_health_bad(&r->frame.health, r->c_room,
                           "%zu tasks are given and not answered "
                           "(limits.in_flight)",
                           open);
        return 0;
    }
    if (open <= most / 2) { /* not at every answer: it is logged */
        bus_run_health_good(&r->frame.health, r->c_room);
    }
    BUS_CHECK(r->allowance >= 0);
    size_t n =
        r->allowance >= PARTNER_CHUNK ? PARTNER_CHUNK : (size_t)r->allowance;
    return n < most - open ? n : most - open;
}

/* False: nothing was added and the role stops. */
static bool
out_add(struct runner *r, const struct bus_kafka_msg *m, struct in_flight *f)
{
    BUS_CHECK(r->give.n < PARTNER_CHUNK);
    struct deliver_document *d = &r->give.docs[r->give.n];
    struct bus_err err;
    *d = (struct deliver_document){.msg = m};
    int rc = out_map(r, m->value, &d->task, &err);
    if (rc == BUS_OK) {
        r->give.n++;
    } else if (bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT) {
        partner_dead_letter_of_message(r, f, m, NULL, &err);
    } else {
        partner_runner_stop(r, &err);
        return false;
    }
    return true;
}

static void prepare_parked(struct runner *r, struct bus_role_parked *e)
{
    BUS_CHECK(r->give.n == 0 && !e->busy);
    struct deliver_document *d = &r->give.docs[0];
    struct bus_err err;
    *d = (struct deliver_document){.msg = NULL};
    e->busy = true;
    if (out_map(r, e->dead_letter.value, &d->task, &err) == BUS_OK) {
        r->give.parked = e;
        r->give.n = 1;
        return;
    }
    /* It was fit to be read before: a key has gone. */
    e->dead_letter.reason_code = bus_strv(bus_errc_name(err.code));
    partner_dead_letter_new(r, NULL, e, &e->dead_letter);
}

bool partner_deliver_prepare(struct runner *r)
{
    struct in_flight *f = r->first;
    if (r->give.n > 0) {
        return r->give.phase != DELIVER_POSTS; /* once more */
    }
    while (f != NULL && f->at == f->batch->n) {
        f = f->next;
    }
    struct bus_role_parked *due =
        bus_role_parking_due(r->parking, bus_clock_system.wall_ms(NULL));
    size_t most = f != NULL || due != NULL ? out_allowed(r) : 0;
    if (most == 0) {
        return false;
    }
    bus_arena_reset(&r->give.mem);
    r->give.upto = 0;
    r->give.parked = NULL;
    if (due != NULL) {
        prepare_parked(r, due);
        return r->give.n > 0;
    }
    BUS_CHECK(f != NULL);
    while (f->at + r->give.upto < f->batch->n && r->give.n < most) {
        if (!out_add(r, &f->batch->msgs[f->at + r->give.upto], f)) {
            r->give.n = r->give.upto = 0;
            return false;
        }
        r->give.upto++;
    }
    if (r->give.n == 0) { /* all of them are letters */
        f->at += r->give.upto;
        r->give.upto = 0;
        partner_in_flight_settle(r);
    }
    return r->give.n > 0;
}

/* --- the job --- */

static bool given_before(struct runner *r, const struct deliver_document *d)
{
    return bus_partner_dedup_has(r->seen, BUS_SEEN_GIVEN, &d->task.event_id) &&
           !r->via->staged(r->transport, &d->task.event_id);
}

static bool behind(struct runner *r, const struct deliver_document *d)
{
    return d->msg != NULL &&
           bus_role_parking_holds(r->parking, &d->task.household_id);
}

static size_t out_notes_of(const struct deliver_document *d,
                           struct bus_partner_dedup_note *to)
{
    int64_t now = bus_clock_system.wall_ms(NULL);
    to[0] =
        (struct bus_partner_dedup_note){BUS_SEEN_GIVEN, d->task.event_id, now};
    if (d->task.effect == BUS_KIND_TELLS) {
        return 1;
    }
    to[1] = (struct bus_partner_dedup_note){
        d->task.effect == BUS_KIND_OPENS ? BUS_SEEN_OPENED : BUS_SEEN_CLOSED,
        d->task.about, now};
    return 2;
}

static int out_stage(struct runner *r, struct bus_err *err)
{
    struct bus_partner_dedup_note notes[2 * PARTNER_CHUNK];
    size_t n = 0;
    BUS_CHECK(r->give.n <= PARTNER_CHUNK);
    for (size_t i = 0; i < r->give.n; i++) {
        struct deliver_document *d = &r->give.docs[i];
        if (d->result == GIVE_OPEN && given_before(r, d)) {
            d->result = GIVE_BEFORE;
        }
        if (d->result == GIVE_OPEN && !behind(r, d) &&
            !bus_partner_dedup_has(r->seen, BUS_SEEN_GIVEN,
                                   &d->task.event_id)) {
            BUS_TRY(r->via->stage(r->transport, &d->task.event_id,
                                  d->task.document, err));
            n += out_notes_of(d, notes + n);
        }
    }
    BUS_CHECK(n <= sizeof(notes) / sizeof(notes[0]));
    if (n > 0) {
        BUS_TRY(r->via->staged_sync(r->transport, err));
    }
    return bus_partner_dedup_add(r->seen, notes, n, err);
}

/* It is not given after all: out of what is staged and noted. */
static int
take_back(struct runner *r, struct deliver_document *d, struct bus_err *err)
{
    BUS_CHECK(d->result == GIVE_OPEN);
    struct bus_partner_dedup_note notes[] = {
        {BUS_SEEN_FORGOTTEN, d->task.event_id, 0},
        {BUS_SEEN_CLOSED, d->task.about, 0},
    };
    if (!bus_partner_dedup_has(r->seen, BUS_SEEN_GIVEN, &d->task.event_id)) {
        return BUS_OK;
    }
    BUS_TRY(bus_partner_dedup_add(
        r->seen, notes, d->task.effect == BUS_KIND_OPENS ? 2 : 1, err));
    return r->via->discard(r->transport, &d->task.event_id, err);
}

static int
out_park(struct runner *r, struct deliver_document *d, struct bus_err *err)
{
    struct sa_dead_letter dead_letter;
    struct bus_role_dead_letter dl = {
        .msg = d->msg,
        .reason_code = "NOT_TAKEN",
        .why = &d->why,
        .owner = r->partner->code,
        .source = r->frame.source,
        .now_ms = bus_clock_system.wall_ms(NULL),
    };
    enum deliver_result result = GIVE_PARKED;
    BUS_CHECK(d->result == GIVE_OPEN);
    if (d->msg != NULL &&
        !bus_role_parking_room(r->parking, &d->task.household_id)) {
        result = GIVE_DEAD;
    } else if (d->msg != NULL) {
        bus_role_dead_letter_fill(&dl, &r->give.mem, &dead_letter);
        dead_letter.has_household_id = true;
        dead_letter.household_id = d->task.household_id;
        BUS_TRY(bus_role_parking_add(r->parking, &dead_letter, err));
    }
    BUS_TRY(take_back(r, d, err));
    d->result = result;
    return BUS_OK;
}

static int
publish_one(struct runner *r, struct deliver_document *d, struct bus_err *err)
{
    BUS_CHECK(d->result == GIVE_OPEN);
    if (behind(r, d)) {
        (void)bus_fail(&d->why, BUS_EAGAIN,
                       "an earlier event of the household waits");
        return out_park(r, d, err);
    }
    if (given_before(r, d)) { /* the event stands twice in the chunk */
        d->result = GIVE_BEFORE;
        return BUS_OK;
    }
    int rc = r->via->publish(r->transport, &d->task.event_id, err);
    if (rc == BUS_EAGAIN) {
        d->why = *err;
        return out_park(r, d, err);
    }
    d->result = rc ? d->result : GIVE_GIVEN;
    return rc;
}

/* The parked event is with the partner: it leaves parking. */
static int parked_ends(struct runner *r, struct bus_err *err)
{
    enum deliver_result result = r->give.docs[0].result;
    if (r->give.parked != NULL &&
        (result == GIVE_GIVEN || result == GIVE_BEFORE)) {
        BUS_TRY(bus_role_parking_remove(r->parking, r->give.parked, err));
        r->give.parked = NULL;
    }
    return BUS_OK;
}

static int deliver_chunk(struct runner *r, struct bus_err *err)
{
    BUS_CHECK(r->give.parked == NULL || r->give.n == 1);
    BUS_TRY(out_stage(r, err));
    for (size_t i = 0; i < r->give.n; i++) {
        if (r->give.docs[i].result == GIVE_OPEN) {
            BUS_TRY(publish_one(r, &r->give.docs[i], err));
        }
    }
    BUS_TRY(r->via->published_sync(r->transport, err));
    return parked_ends(r, err);
}

/* Refused by the partner for good: it is noted as not given, and its household
 * goes on. */
static int
refuse_one(struct runner *r, struct deliver_document *d, struct bus_err *err)
{
    BUS_CHECK(d->reason == NULL && r->push != NULL);
    BUS_TRY(take_back(r, d, err));
    d->reason = "REFUSED";
    d->result = GIVE_DEAD;
    return BUS_OK;
}

/* What became of one that was posted; what was not tried stays open. */
static int land_one(struct runner *r, size_t i, struct bus_err *err)
{
    struct deliver_document *d = &r->give.docs[i];
    BUS_CHECK(d->result == GIVE_OPEN && r->push != NULL);
    if (behind(r, d) || given_before(r, d)) {
        return publish_one(r, d, err);
    }
    switch (partner_push_result(r->push, i, &d->why)) {
    case PUSH_TAKEN:
        return publish_one(r, d, err);
    case PUSH_AGAIN:
        return out_park(r, d, err);
    case PUSH_REFUSED:
        return refuse_one(r, d, err);
    default:
        return BUS_OK;
    }
}

static int land_chunk(struct runner *r, struct bus_err *err)
{
    size_t held = r->give.n;
    for (size_t i = 0; i < r->give.n; i++) {
        struct deliver_document *d = &r->give.docs[i];
        if (d->result == GIVE_OPEN) {
            BUS_TRY(land_one(r, i, err));
        }
        if (d->result == GIVE_OPEN && held == r->give.n &&
            partner_push_result(r->push, i, NULL) == PUSH_HELD) {
            held = i;
        }
    }
    BUS_TRY(r->via->published_sync(r->transport, err));
    BUS_TRY(parked_ends(r, err));
    r->give.phase = DELIVER_STAGES;
    if (held < r->give.n) {
        struct bus_err why;
        BUS_CHECK(partner_push_result(r->push, held, &why) == PUSH_HELD);
        return bus_fail(err, BUS_EAWAY, "%s", why.msg);
    }
    return BUS_OK;
}

void partner_deliver_run(void *data)
{
    struct runner *r = data;
    BUS_CHECK(r->give.n > 0 && r->give.n <= PARTNER_CHUNK);
    BUS_CHECK(r->give.phase != DELIVER_POSTS);
    if (r->push == NULL) {
        r->rc = deliver_chunk(r, &r->err);
    } else if (r->give.phase == DELIVER_LANDS) {
        r->rc = land_chunk(r, &r->err);
    } else {
        r->rc = out_stage(r, &r->err);
        r->give.phase = r->rc == BUS_OK ? DELIVER_POSTS : DELIVER_STAGES;
    }
}

void partner_remove_run(void *data)
{
    struct runner *r = data;
    struct bus_role_parked *e = bus_role_parking_gone(r->parking);
    r->rc = e ? bus_role_parking_remove(r->parking, e, &r->err) : BUS_OK;
}

/* --- after the job --- */

/* The chunk's first batch that is not dealt with. */
static void deliver_count(struct runner *r, struct in_flight *f)
{
    BUS_CHECK(r->give.phase == DELIVER_STAGES);
    for (size_t i = 0; i < r->give.n; i++) {
        struct deliver_document *d = &r->give.docs[i];
        if (d->result == GIVE_GIVEN) {
            bus_run_series_add(r->m_given, 1);
            r->allowance -= 1;
        } else if (d->result == GIVE_DEAD && d->msg != NULL) {
            BUS_CHECK(f != NULL);
            partner_dead_letter_of_message(
                r, f, d->msg, d->reason != NULL ? d->reason : "PARKING_FULL",
                &d->why);
        }
    }
}

/* A parked event that is not with the partner: again later, or given up. */
static void parked_stays(struct runner *r, struct bus_role_parked *e)
{
    const struct deliver_document *d = &r->give.docs[0];
    int64_t now = bus_clock_system.wall_ms(NULL);
    bool refused = d->result == GIVE_DEAD;
    BUS_CHECK(r->give.n == 1 && d->msg == NULL);
    e->busy = bus_role_parking_tried(r->parking, e, now) || refused;
    if (e->busy) {
        struct sa_dead_letter letter = e->dead_letter;
        letter.reason_code = refused ? bus_strv(d->reason) : letter.reason_code;
        letter.reason = refused ? bus_strv(d->why.msg) : letter.reason;
        partner_dead_letter_new(r, NULL, e, &letter);
    }
}

static bool deliver_open(const struct runner *r)
{
    for (size_t i = 0; i < r->give.n; i++) {
        if (r->give.docs[i].result == GIVE_OPEN) {
            return true;
        }
    }
    return false;
}

void partner_deliver_done(struct runner *r)
{
    struct in_flight *f = r->first;
    if (r->give.phase == DELIVER_POSTS) {
        partner_push_begin(r->push);
        return;
    }
    if (deliver_open(r)) {
        BUS_CHECK(r->push != NULL);
        return; /* a round more, for those behind another of theirs */
    }
    while (f != NULL && f->at == f->batch->n) {
        f = f->next;
    }
    deliver_count(r, f);
    struct bus_role_parked *e = r->give.parked;
    if (e != NULL) {
        parked_stays(r, e);
    } else if (r->give.upto > 0) {
        BUS_CHECK(f != NULL && f->at + r->give.upto <= f->batch->n);
        f->at += r->give.upto;
    }
    r->give.parked = NULL;
    r->give.n = r->give.upto = 0;
    partner_in_flight_settle(r);
}
