/* What every handler of an event uses: what it says, and where. */
#include <stdarg.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/parts.h"

#define OUTPUTS_FIRST 16

const char *matcher_event_record(enum matcher_event_kind kind)
{
    static const char *const names[] = {
        [MATCHER_APPLICATION] = "application",
        [MATCHER_FACTS] = "facts_reported",
        [MATCHER_VERIFICATION] = "verification_result",
        [MATCHER_DECISION] = "decision",
        [MATCHER_DISPATCH] = "dispatch_result",
        [MATCHER_PAYMENT] = "payment_result",
        [MATCHER_RECEIPT] = "delivery_receipt",
        [MATCHER_CLAIM] = "claim",
        [MATCHER_REVIEW] = "review",
        [MATCHER_MEMBERSHIP] = "membership",
        [MATCHER_STEP] = "step",
        [MATCHER_MEMBERS] = "membership_change",
        [MATCHER_PAYEE] = "payee_change",
        [MATCHER_REQUEST] = "household_request",
        [MATCHER_ERASURE] = "erasure",
    };
    return kind < MATCHER_EVENT_KINDS ? names[kind] : "?";
}

int matcher_step_reject(struct step *s,
                        enum bus_errc code,
                        const char *reason_code,
                        const char *fmt,
                        ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = bus_vfail(s->err, code, fmt, ap);
    va_end(ap);
    s->out->reason_code = reason_code;
    return rc;
}

int matcher_step_no_memory(struct step *s)
{
    return matcher_step_reject(
        s, BUS_ETOOBIG, "LIMIT",
        "the household's event needs more than the arena's %zu "
        "bytes",
        s->mem->max_bytes);
}

struct bus_id matcher_step_event_id(struct step *s,
                                    const char *record,
                                    const struct bus_id *about,
                                    int32_t number)
{
    return bus_wire_event_id(record, about, number, &s->cause);
}

int matcher_step_emit(struct step *s, const struct matcher_output *o)
{
    struct matcher_outputs *out = s->out;
    if (out->n == MATCHER_OUTPUTS_MAX) {
        return matcher_step_reject(s, BUS_ETOOBIG, "LIMIT",
                                   "one event makes more than %d events",
                                   MATCHER_OUTPUTS_MAX);
    }
    if (out->n == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : OUTPUTS_FIRST;
        struct matcher_output *v = bus_arena_alloc(s->mem, cap * sizeof(*v));
        if (v == NULL) {
            return matcher_step_no_memory(s);
        }
        if (out->n > 0) {
            memcpy(v, out->v, out->n * sizeof(*v));
        }
        out->v = v;
        out->cap = cap;
    }
    out->v[out->n++] = *o;
    return BUS_OK;
}

struct sa_case_event *matcher_step_case_event(struct step *s,
                                              enum sa_case_event_kind kind,
                                              const struct bus_id *about)
{
    struct sa_case_event *e = bus_arena_calloc(s->mem, 1, sizeof(*e));
    if (e == NULL) {
        return NULL;
    }
    e->event_id = matcher_step_event_id(s, "case_event", about, (int32_t)kind);
    e->household_id = s->state->household_id;
    e->occurred_at = s->now_ms;
    e->case_id = s->state->case_id;
    e->case_no = s->state->case_no;
    e->kind = kind;
    e->division_code = s->state->division_code;
    e->household_size = matcher_step_size(s);
    e->has_refers_to = true;
    e->refers_to = *about;
    return e;
}

int matcher_step_emit_case(struct step *s,
                           struct sa_case_event *e,
                           struct bus_strv seal_for)
{
    return matcher_step_emit(s, &(struct matcher_output){
                                    .topic = MATCHER_OUT_CASES,
                                    .record = e,
                                    .event_id = e->event_id,
                                    .case_id = e->case_id,
                                    .seal_for = seal_for,
                                });
}

int matcher_step_note(struct step *s,
                      enum sa_case_event_kind kind,
                      const struct bus_id *about,
                      struct bus_strv note)
{
    struct sa_case_event *e = matcher_step_case_event(s, kind, about);
    if (e == NULL) {
        return matcher_step_no_memory(s);
    }
    e->has_note = true;
    e->note = note;
    return matcher_step_emit_case(s, e, (struct bus_strv){0});
}

int matcher_step_folded(struct step *s,
                        const struct bus_id *about,
                        struct bus_strv note)
{
    s->out->changed = true;
    return matcher_step_note(s, SA_CASE_EVENT_KIND_RESULT_FOLDED, about, note);
}

int32_t matcher_answer_of(uint64_t hash)
{
    /* 30 bits: five bytes of a varint at most */
    int32_t small = (int32_t)((hash ^ hash >> 30) & 0x3fffffff);
    return small != 0 ? small : 1;
}

struct sa_case_event *matcher_step_attention_event(struct step *s,
                                                   const struct bus_id *about,
                                                   struct bus_strv note)
{
    BUS_CHECK(note.n > 0);
    struct sa_case_event *e =
        matcher_step_case_event(s, SA_CASE_EVENT_KIND_ATTENTION, about);
    if (e == NULL) {
        return NULL;
    }
    /* People may have to look at one thing for two reasons. */
    e->event_id = matcher_step_event_id(
        s, "case_event", about,
        matcher_answer_of(
            bus_hash64(note.p, note.n, SA_CASE_EVENT_KIND_ATTENTION)));
    e->has_note = true;
    e->note = note;
    return e;
}

int matcher_step_attention(struct step *s,
                           const struct bus_id *about,
                           struct bus_strv note)
{
    struct sa_case_event *e = matcher_step_attention_event(s, about, note);
    return e == NULL ? matcher_step_no_memory(s)
                     : matcher_step_emit_case(s, e, (struct bus_strv){0});
}

int matcher_step_whole(struct step *s)
{
    struct matcher_rest *rest = s->event->rest;
    if (rest == NULL || rest->there) {
        return BUS_OK;
    }
    BUS_TRY(rest->load(rest->data, s->state, s->err));
    rest->there = true;
    return BUS_OK;
}

int32_t matcher_step_size(const struct step *s)
{
    const struct matcher_rest *rest = s->event->rest;
    return rest != NULL && !rest->there ? rest->size
                                        : (int32_t)s->state->members.n;
}

int64_t matcher_step_known_ms(const struct step *s)
{
    return s->event->arrived_ms > 0 ? s->event->arrived_ms : s->now_ms;
}
