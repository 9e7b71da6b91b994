/* What a kind of partner is: two pure maps.
 *
 *   consumers/<kind>/kind_<kind>.c   bus_kind_out_<kind>   event -> document
 *   producers/<kind>/kind_<kind>.c   bus_kind_in_<kind>    document -> event
 *
 * Both halves are data: a table that says how the document and the C struct of
 * the event correspond (document.h), and small functions for what no table can
 * say. The build finds the folders by their names and makes the table
 * cli_kinds[] of them (ops/cli/kinds.h). Halves know no transport, and
 * transports no kind; the runner (partner.h) stands between them.
 *
 * A document's struct begins with the event's record, so that a pointer to the
 * one is a pointer to the other; behind it stands what the document has beside
 * it: the opened personal record, or what an answer replies to. */
#ifndef BUS_PARTNER_KIND_H
#define BUS_PARTNER_KIND_H

#include "bus/base/id.h"
#include "bus/partner/document.h"
#include "bus/wire/codec.h"
#include "bus/wire/keyring.h"
#include "bus/wire/sealer.h"
#include "schemas/personal.h"

/* How every record that a partner sees begins. */
struct bus_partner_kind_head
{
    struct bus_id event_id, household_id;
    int64_t occurred_at;
    struct bus_id case_id;
};
#define BUS_KIND_HEAD(record)                                           \
    _Static_assert(                                                     \
        offsetof(struct record, event_id) == 0 &&                       \
            offsetof(struct record, household_id) ==                    \
                offsetof(struct bus_partner_kind_head, household_id) && \
            offsetof(struct record, occurred_at) ==                     \
                offsetof(struct bus_partner_kind_head, occurred_at) &&  \
            offsetof(struct record, case_id) ==                         \
                offsetof(struct bus_partner_kind_head, case_id),        \
        "a record begins with its event, household, instant and case")

/* What the maps may look at; all borrowed. */
struct bus_partner_kind_env
{
    const struct bus_config *config;
    const struct bus_conf_partner *partner;
    struct bus_wire_keyring *keys; /* of the partner's site */
    struct bus_strv person_key; /* of the county's surrogate ids; "" unless the
                                   kind says who by number */
    const struct bus_wire_sealer *sealer; /* NULL: seals nothing */
};

/* --- bus -> partner --- */

enum bus_partner_kind_effect {
    BUS_KIND_OPENS,  /* a task that waits for an answer */
    BUS_KIND_CLOSES, /* takes one back */
    BUS_KIND_TELLS   /* neither */
};
struct bus_partner_kind_out
{
    const char *kind;   /* "post" */
    const char *topic;  /* "delivery-tasks" */
    const char *record; /* "delivery_task": what a sealed field is bound to */
    const struct bus_wire_type *type;
    const struct bus_partner_document *document;
    size_t about_offset; /* of the task's own id (task_id) in the record */
    /* of has_personal and personal in the record; 0: it has none */
    size_t has_sealed_offset, sealed_offset;
    /* of bool and struct sa_personal in the document's struct */
    size_t has_personal_offset, personal_offset;
    enum bus_partner_kind_effect (*effect)(
        const void *record);                 /* NULL: OPENS */
    const struct bus_partner_kind_out *more; /* another topic's; or NULL */
};
struct bus_partner_kind_task
{
    struct bus_strv document;
    struct bus_id event_id, household_id, about;
    enum bus_partner_kind_effect effect;
};
/* record: of out->type. Opens the personal part with the partner's key; what
 * the partner's table does not name is left out. Everything is in mem.
 * BUS_ECRYPT: it cannot be opened; BUS_ETOOBIG: over limits.message_max. */
int bus_partner_kind_out_map(const struct bus_partner_kind_out *out,
                             const struct bus_partner_kind_env *env,
                             const void *record,
                             struct bus_arena *mem,
                             struct bus_partner_kind_task *ret,
                             struct bus_err *err) BUS_MUSTCHECK;
/* A document read back (by a partner's side: simulate, tests): *ret begins
 * with the record. */
int bus_partner_kind_out_read(const struct bus_partner_kind_out *out,
                              const struct bus_config *config,
                              struct bus_strv document,
                              struct bus_arena *mem,
                              void **ret,
                              struct bus_partner_document_faults *faults,
                              struct bus_err *err) BUS_MUSTCHECK;

/* --- partner -> bus --- */

/* What an answer replies to; its ids other than these stand in the record. */
struct bus_partner_kind_reply
{
    struct bus_id question; /* the task's event id */
    bool has_reference;     /* the partner's own number of this answer */
    struct bus_strv reference;
};
struct bus_partner_kind_in
{
    const char *kind;    /* "post" */
    const char *topic;   /* "delivery-receipts" */
    const char *record;  /* "delivery_receipt" */
    const char *ce_type; /* "sa.delivery_receipt.v1" */
    const struct bus_wire_type *type;
    const struct bus_partner_document *document;
    size_t about_offset; /* of the task's id in the record */
    size_t reply_offset; /* of struct bus_partner_kind_reply in the document's
                            struct */
    /* It names a person by number, and no case: who that is here, before the
     * event's id is derived of it. May add faults. NULL: it answers a task, and
     * begins as BUS_KIND_HEAD says. */
    void (*who)(const struct bus_partner_kind_env *env,
                void *document,
                struct bus_partner_document_faults *faults);
    /* Checks across fields, and what follows from the partner; the event id
     * is there already. May add faults. NULL: nothing to do. */
    void (*finish)(const struct bus_partner_kind_env *env,
                   void *document,
                   struct bus_partner_document_faults *faults);
    bool tells; /* no task ends with it */
    /* Another document that this partner may give, on the same topic. */
    const struct bus_partner_kind_in *also;
    /* Last, on a whole record: what vouches for it. NULL: nothing does. */
    int (*sign)(const struct bus_partner_kind_env *env,
                void *record,
                struct bus_arena *mem,
                struct bus_err *err);
};
struct bus_partner_kind_answer
{
    const struct bus_partner_kind_in *in; /* which document it was */
    const void *record;                   /* of in->type */
    struct bus_id event_id, household_id, case_id, cause_id, about;
    int64_t occurred_at;
};
/* The event id is derived, so that a document given twice is one event: from
 * the partner, the task and the partner's reference if there is one, else from
 * the whole content. Codes as bus_partner_document_read(). Everything is in
 * mem. */
int bus_partner_kind_in_map(const struct bus_partner_kind_in *in,
                            const struct bus_partner_kind_env *env,
                            struct bus_strv document,
                            struct bus_arena *mem,
                            struct bus_partner_kind_answer *ret,
                            struct bus_partner_document_faults *faults,
                            struct bus_err *err) BUS_MUSTCHECK;
/* The one of in, and of what it may give also, that makes this record; NULL:
 * none does. */
const struct bus_partner_kind_in *
bus_partner_kind_in_of(const struct bus_partner_kind_in *in,
                       const struct bus_wire_type *type);
/* An answer as its partner would write it (simulate, tests). */
int bus_partner_kind_in_write(const struct bus_partner_kind_in *in,
                              const void *record,
                              const struct bus_partner_kind_reply *reply,
                              struct bus_arena *mem,
                              struct bus_strv *ret,
                              struct bus_err *err) BUS_MUSTCHECK;

/* --- all kinds --- */

struct bus_partner_kind
{
    const char *name; /* the folder's */
    const struct bus_partner_kind_out *out;
    const struct bus_partner_kind_in *in;
};
/* The list ends with name NULL. NULL: no such kind. */
const struct bus_partner_kind *
bus_partner_kind_find(const struct bus_partner_kind *kinds, const char *name);
/* The configuration's word for a partner's kind. */
const char *bus_partner_kind_word(const struct bus_conf_partner *partner);

#endif
