/* One call of matcher_decide() on its way through the files of decide: what it
 * has in hand, and how it puts out what follows. */
#ifndef CONSUMERS_MATCHER_STEP_H
#define CONSUMERS_MATCHER_STEP_H

#include "consumers/matcher/decide.h"
#include "schemas/case_event.h"
#include "schemas/fact.h"

/* A list's facts, numbered and written once; of an older list: made anew. */
struct step_facts
{
    const struct sa_fact *of;
    size_t n;
    int32_t *ids;           /* of the catalogue's dictionary, -1 */
    uint32_t *ends;         /* of bus_wire_encode_field() */
    struct bus_strv *bytes; /* NULL: not written yet */
};
/* Facts in whose place another declaration of the event came: the first of
 * them, each name once. */
#define STEP_ANEW_MAX 8
struct step_anew
{
    struct bus_strv names[STEP_ANEW_MAX];
    size_t n;
};
/* One call of matcher_decide(). */
struct step
{
    const struct matcher_rules *rules;
    struct sa_household_state *state;
    const struct matcher_event *event;
    struct bus_arena *mem;
    struct matcher_outputs *out;
    struct bus_err *err;
    struct bus_id cause;     /* id of the event in hand */
    int64_t now_ms;          /* its occurred_at, held against its arrival */
    int32_t today;           /* that day in China */
    struct step_facts facts; /* the state's */
    struct step_facts said;  /* what was checked last; never written */
    struct step_anew anew;   /* declared otherwise than before */
    /* decide.c: one event of any kind; what was parked is folded by it. */
    int (*run)(struct step *s);
};

/* Rejects with a reason code of the dead letter. */
int matcher_step_reject(struct step *s,
                        enum bus_errc code,
                        const char *reason_code,
                        const char *fmt,
                        ...) BUS_PRINTF(4, 5);
int matcher_step_no_memory(struct step *s);
/* Facts, members, applications and the personal part are there from here on:
 * whoever reads or changes them calls this first. */
int matcher_step_whole(struct step *s);
int32_t matcher_step_size(const struct step *s); /* how many members */
/* When the event came, by the broker; where that is not known, when it says
 * that it happened. */
int64_t matcher_step_known_ms(const struct step *s);
/* Of an output: from its record, what it is about, and the cause. */
struct bus_id matcher_step_event_id(struct step *s,
                                    const char *record,
                                    const struct bus_id *about,
                                    int32_t number);
int matcher_step_emit(struct step *s, const struct matcher_output *o);
/* A case_event with the common fields filled. NULL: no memory. */
struct sa_case_event *matcher_step_case_event(struct step *s,
                                              enum sa_case_event_kind kind,
                                              const struct bus_id *about);
int matcher_step_emit_case(struct step *s,
                           struct sa_case_event *e,
                           struct bus_strv seal_for);

/* A case_event of that kind with a note. */
int matcher_step_note(struct step *s,
                      enum sa_case_event_kind kind,
                      const struct bus_id *about,
                      struct bus_strv note);
/* An answer is folded: RESULT_FOLDED, and the state has changed. */
int matcher_step_folded(struct step *s,
                        const struct bus_id *about,
                        struct bus_strv note);
/* People must look: the note says at what, a code first. The event's id follows
 * from what it is about: one of each in an event. */
int matcher_step_attention(struct step *s,
                           const struct bus_id *about,
                           struct bus_strv note);

/* That event, not put out yet. NULL: no memory. */
struct sa_case_event *matcher_step_attention_event(struct step *s,
                                                   const struct bus_id *about,
                                                   struct bus_strv note);

#endif
