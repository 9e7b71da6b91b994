/* decide: what one event makes of one household. Pure.
 *
 *   decide(state, event, policies) -> (state', events)
 *
 * The same state and event give the same bytes, on any machine and at any time:
 * the date is the event's own day in China, ids are derived (events.md), and
 * sealing is the shell's (an output says for whom, not how). */
#ifndef CONSUMERS_MATCHER_DECIDE_H
#define CONSUMERS_MATCHER_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/review.h"
#include "bus/registers/registers.h"
#include "bus/wire/sm2_tables.h"
#include "consumers/matcher/catalogue_versions.h"
#include "schemas/household_state.h"

/* Limits of one household; more is a dead letter. */
#define MATCHER_MEMBERS_MAX 64
#define MATCHER_FACTS_MAX   2048
#define MATCHER_PARKED_MAX  64
#define MATCHER_OUTPUTS_MAX 1024
#define MATCHER_APPLICATIONS_KEPT                                     \
    64                        /* of one household, to know them again \
                               */
#define MATCHER_LINES_KEPT 16 /* of earlier decisions, that did not arrive */
#define MATCHER_NAMED_MAX  64 /* other households that name one person */

/* Of one need: claims that one charity holds, then it loses; answers that are
 * known again, beside those that hold a part of it. */
#define MATCHER_CLAIMS_HELD 16
#define MATCHER_CLAIMS_KEPT 256

struct matcher_rules
{
    /* Which one judges follows from the household and the event's day; NULL:
     * always `catalogue`. */
    const struct matcher_catalogue_versions *versions;
    const struct bus_policy_catalogue *catalogue; /* borrowed */
    struct bus_strv insurer;   /* partner code that verifies; "" for none */
    struct bus_strv lead;      /* the lead department's; "" for none */
    int32_t verification_days; /* working days the insurer has */
    const struct bus_register *registers; /* in force; borrowed. NULL: none */
    struct bus_wire_sm2_tables *seals;    /* NULL: verified without; the same */
    /* Decisions: the day from which they need a seal, and how long after its
     * signing one may arrive, clocks differing by skew_ms. */
    int32_t seals_from;
    int64_t seal_late_ms, seal_skew_ms;
    int32_t process_from;  /* the day from which they need their steps */
    int32_t hearing_days;  /* working days to be heard before a cut, a stop */
    int64_t order_max_fen; /* nothing above it is ever ordered; 0: no limit */
    /* What others say happened, against its arrival: later is given back,
     * earlier judged as of so long before. 0: no bound. */
    int64_t ahead_ms, late_ms, application_late_ms;
    int32_t park_max; /* events that wait; 0: MATCHER_PARKED_MAX */
    /* From this day on the treasury pays every period, and its later orders are
     * its own; 0: there is none. */
    int32_t treasury_from;
    /* The same of what is paid once, at the first bank that takes files; 0:
     * none. Whether an answer is of such an order the treasury knows. */
    int32_t once_from;
    /* The last day of a limit that starts on `start`. */
    int32_t (*deadline)(void *data, int32_t start, int32_t n, bool working);
    void *data;
};

enum matcher_event_kind {
    MATCHER_APPLICATION,
    MATCHER_FACTS,
    MATCHER_VERIFICATION,
    MATCHER_DECISION,
    MATCHER_DISPATCH,
    MATCHER_PAYMENT,
    MATCHER_RECEIPT,
    MATCHER_CLAIM,
    MATCHER_REVIEW,
    MATCHER_MEMBERSHIP,
    MATCHER_STEP,
    MATCHER_MEMBERS, /* a membership_change */
    MATCHER_PAYEE,   /* a payee_change, beside the decisions */
    MATCHER_REQUEST, /* a household_request */
    MATCHER_ERASURE, /* an erasure, beside the membership_changes */
    MATCHER_EVENT_KINDS
};
/* The Avro record of each kind, and the state field it is keyed by. */
const char *matcher_event_record(enum matcher_event_kind kind);

/* The part of the state that few events need; it comes when one does. */
struct matcher_rest
{
    int (*load)(void *data, struct sa_household_state *st, struct bus_err *err);
    void *data;
    int32_t size; /* members, while it is not there */
    bool there;
};
struct matcher_event
{
    enum matcher_event_kind kind;
    const void *record;        /* the decoded struct sa_<record> */
    struct bus_strv partner;   /* whose topic it came on ("MZ"); "" for ours */
    struct bus_strv bytes;     /* as it came, framing included; for parking */
    struct matcher_rest *rest; /* NULL: the state is whole */
    int64_t arrived_ms;        /* by the broker's clock; 0: not known */
    bool handed_on; /* facts by the stream of whom the source named */
    bool of_need; /* a need's number stands for the household, which is known */
    /* enum matcher_personal, of an application within an open case: parts of
     * its personal record that are not as the household's. */
    uint8_t differs;
};

enum matcher_topic {
    MATCHER_OUT_EVALUATIONS,
    MATCHER_OUT_ASSIGNMENTS,
    MATCHER_OUT_VERIFICATIONS,
    MATCHER_OUT_CASES,
    MATCHER_OUT_PARKED,
    MATCHER_OUT_MEMBERSHIPS,
    MATCHER_OUT_FACTS, /* handed on, beside the memberships; a survey's */
    MATCHER_OUT_CLAIM_RESULTS,
    MATCHER_OUT_NEEDS, /* open again; dispatch says them first */
    MATCHER_OUT_TOPICS
};
/* Parts of the personal record, and the facts of the dictionary they are. */
enum matcher_personal {
    MATCHER_NAME = 1,      /* member.name */
    MATCHER_ID_NUMBER = 2, /* member.id_number; with its type */
    MATCHER_PHONE = 4,     /* household.phone */
    MATCHER_ADDRESS = 8,   /* household.address */
    MATCHER_ACCOUNT = 16,  /* member.account; with its bank and holder */
    MATCHER_PERSONAL = 31
};
struct matcher_output
{
    enum matcher_topic topic;
    struct bus_strv partner; /* whose topic; "" for ours */
    /* struct sa_<record>, in the message arena; facts and items may be written
     * already (BUS_WIRE_ENCODED): encode it, do not read them. */
    const void *record;
    struct bus_id event_id; /* also in the record */
    struct bus_id case_id;
    struct bus_id household_id; /* whose stream; nil: that of the event */
    struct bus_strv seal_for;   /* key owner of `personal`; "" leaves it null */
    uint8_t withheld; /* enum matcher_personal: parts it goes without */
    bool payee;       /* an assignment that shows whose account it is */
    /* Whose account takes the place of the applicant's, where one does. */
    const struct sa_assignment_state *account;
};
struct matcher_outputs
{
    struct matcher_output *v;
    size_t n, cap;
    bool changed;   /* the state did */
    bool duplicate; /* seen before: nothing to do, nothing wrong */
    bool forget;    /* the household's key is to be destroyed */
    /* On BUS_ACT_REJECT: the dead letter's reason code. */
    const char *reason_code;
};

/* state: decoded or zeroed (a household never seen); changed in place, new
 * parts from mem. Texts are borrowed from the event, the state's bytes, the
 * catalogue and mem: encode before any of them goes. On an error the state is
 * not to be used. */
int matcher_decide(const struct matcher_rules *rules,
                   struct sa_household_state *state,
                   const struct matcher_event *event,
                   struct bus_arena *mem,
                   struct matcher_outputs *ret,
                   struct bus_err *err) BUS_MUSTCHECK;

/* The rule date of its last evaluation; of a state that does not say, the day
 * its case was opened. */
int32_t matcher_judged_on(const struct sa_household_state *st);

/* A framed personal record without some parts (enum matcher_personal): texts
 * empty, what may be null null. In mem. */
int matcher_personal_without(struct bus_strv framed,
                             uint8_t withheld,
                             struct bus_arena *mem,
                             struct bus_strv *ret,
                             struct bus_err *err) BUS_MUSTCHECK;

#endif
