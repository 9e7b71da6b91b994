/* An event that came before the one it follows from waits in the household's
 * state and is folded right behind it. Only where order matters: a result
 * before its dispatch, a claim before its need is folded, a return before its
 * settlement (drill D2). */
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/codec.h"
#include "consumers/matcher/parts.h"

static int park_report(struct step *s,
                       enum sa_parked_action action,
                       const struct sa_parked_event *p)
{
    struct sa_parked_note *n = bus_arena_calloc(s->mem, 1, sizeof(*n));
    if (n == NULL) {
        return matcher_step_no_memory(s);
    }
    /* The same event may be parked twice, for two reasons. */
    n->event_id = matcher_step_event_id(
        s, "parked_note", &p->event_id,
        (int32_t)action + 2 * (int32_t)(s->state->sequence & 0xffffff));
    n->household_id = s->state->household_id;
    n->occurred_at = s->now_ms;
    n->action = action;
    n->parked_event_id = p->event_id;
    n->waits_for = p->waits_for;
    n->kind = p->kind;
    return matcher_step_emit(s, &(struct matcher_output){
                                    .topic = MATCHER_OUT_PARKED,
                                    .record = n,
                                    .event_id = n->event_id,
                                    .case_id = s->state->case_id,
                                });
}

static const struct bus_wire_type *park_type_of(enum matcher_event_kind kind)
{
    return kind == MATCHER_PAYMENT   ? &sa_payment_result_type
           : kind == MATCHER_RECEIPT ? &sa_delivery_receipt_type
           : kind == MATCHER_CLAIM   ? &sa_claim_type
                                     : NULL;
}

int matcher_park_event(struct step *s,
                       const struct bus_id *event_id,
                       const struct bus_id *waits_for)
{
    struct sa_household_state *st = s->state;
    size_t n = st->parked.n;
    BUS_CHECK(n <= MATCHER_PARKED_MAX);
    for (size_t i = 0; i < n; i++) {
        if (bus_id_eq(&st->parked.v[i].event_id, event_id)) {
            s->out->duplicate = true;
            return BUS_OK;
        }
    }
    size_t most = s->rules->park_max > 0 ? (size_t)s->rules->park_max
                                         : MATCHER_PARKED_MAX;
    if (n >= most) {
        return matcher_step_reject(s, BUS_ETOOBIG, "PARKED_FULL",
                                   "%zu events of this household wait already; "
                                   "matcher.park_max is %zu",
                                   n, most);
    }
    const struct bus_wire_type *type = park_type_of(s->event->kind);
    struct bus_strv bytes;
    if (type == NULL) {
        return bus_fail(s->err, BUS_EBUG, "this kind is never parked");
    }
    BUS_TRY(
        bus_wire_encode_arena(type, s->event->record, s->mem, &bytes, s->err));
    struct sa_parked_event *list =
        bus_arena_alloc(s->mem, (n + 1) * sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, st->parked.v, n * sizeof(*list));
    }
    list[n] = (struct sa_parked_event){
        .kind = bus_strv(matcher_event_record(s->event->kind)),
        .partner = s->event->partner,
        .event_id = *event_id,
        .waits_for = *waits_for,
        .since = s->now_ms,
        .value = bytes,
    };
    st->parked.v = list;
    st->parked.n = n + 1;
    s->out->changed = true;
    return park_report(s, SA_PARKED_ACTION_PARKED, &list[n]);
}

static int fold_one(struct step *s, const struct sa_parked_event *p)
{
    enum matcher_event_kind kind = 0;
    while (kind < MATCHER_EVENT_KINDS &&
           !bus_strv_is(p->kind, matcher_event_record(kind))) {
        kind++;
    }
    if (park_type_of(kind) == NULL) {
        return bus_fail(s->err, BUS_EBUG, "a parked event of kind %.*s",
                        BUS_STRV_ARG(p->kind));
    }
    void *record = NULL;
    if (bus_wire_decode_own(park_type_of(kind), p->value, s->mem, &record,
                            s->err) != BUS_OK) {
        return bus_wrap(s->err, "a parked event");
    }
    BUS_CHECK(record != NULL && s->run != NULL);
    BUS_TRY(park_report(s, SA_PARKED_ACTION_RELEASED, p));
    struct matcher_event event = {.kind = kind,
                                  .record = record,
                                  .partner = p->partner,
                                  .rest = s->event->rest};
    struct step inner = *s;
    inner.event = &event;
    inner.cause = p->event_id;
    return s->run(&inner);
}

int matcher_release_parked(struct step *s, const struct bus_id *id)
{
    struct sa_household_state *st = s->state;
    size_t n = st->parked.n, kept = 0, taken = 0;
    if (n == 0) {
        return BUS_OK;
    }
    struct sa_parked_event *all = bus_arena_alloc(s->mem, n * sizeof(*all));
    struct sa_parked_event *now = bus_arena_alloc(s->mem, n * sizeof(*now));
    if (all == NULL || now == NULL) {
        return matcher_step_no_memory(s);
    }
    for (size_t i = 0; i < n; i++) {
        if (bus_id_eq(&st->parked.v[i].waits_for, id)) {
            now[taken++] = st->parked.v[i];
        } else {
            all[kept++] = st->parked.v[i];
        }
    }
    BUS_CHECK(kept + taken == n);
    st->parked.v = all;
    st->parked.n = kept;
    for (size_t i = 0; i < taken; i++) {
        s->out->changed = true;
        BUS_TRY(fold_one(s, &now[i]));
    }
    return BUS_OK;
}
