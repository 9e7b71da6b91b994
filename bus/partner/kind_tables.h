/* What the tables of several kinds share (kind.h): how a document says whom a
 * task is about, which task an answer is to, and values with one spelling. */
#ifndef BUS_PARTNER_KIND_TABLES_H
#define BUS_PARTNER_KIND_TABLES_H

#include "bus/partner/kind.h"
#include "schemas/fact.h"

#define BUS_KIND_FEN_MAX INT64_C(100000000000) /* a thousand million yuan */
#define BUS_KIND_END \
    {                \
        .name = NULL \
    }
/* Of the opened personal record a kind's table names what that partner needs
 * and no more: who it is, how to reach the person, where money goes. */
#define BUS_KIND_FIELD(kind, record, field, ...)                  \
    {                                                             \
#field, kind, offsetof(struct record, field), __VA_ARGS__ \
    }
#define BUS_KIND_MAYBE(field)                                    \
    BUS_KIND_FIELD(BUS_DOC_TEXT, sa_personal, field, .max = 256, \
                   .has_offset = offsetof(struct sa_personal, has_##field))
#define BUS_KIND_PERSON_WHO                                           \
    BUS_KIND_FIELD(BUS_DOC_TEXT, sa_personal, name, .max = 128),      \
        BUS_KIND_FIELD(BUS_DOC_TEXT, sa_personal, id_type, .max = 8), \
        BUS_KIND_FIELD(BUS_DOC_TEXT, sa_personal, id_no, .max = 64)
#define BUS_KIND_PERSON_CONTACT BUS_KIND_MAYBE(phone), BUS_KIND_MAYBE(address)
#define BUS_KIND_PERSON_PAYEE                           \
    BUS_KIND_MAYBE(bank_code), BUS_KIND_MAYBE(account), \
        BUS_KIND_MAYBE(account_holder)
/* What an answer repeats of its task; about: the task's own id. */
#define BUS_KIND_ID(record, field) \
    BUS_KIND_FIELD(BUS_DOC_ID, record, field, .required = true)
#define BUS_KIND_REPLY(record, about) \
    BUS_KIND_ID(record, event_id), BUS_KIND_OF(record, about)
#define BUS_KIND_OF(record, about)                                   \
    BUS_KIND_ID(record, household_id), BUS_KIND_ID(record, case_id), \
        BUS_KIND_ID(record, about)
/* How an answer's document begins; answer: its struct with `reply`. */
#define BUS_KIND_QUESTION(answer, record, about)                      \
    {"event_id", BUS_DOC_ID, offsetof(struct answer, reply.question), \
     .required = true},                                               \
        BUS_KIND_OF(record, about)
#define BUS_KIND_ANSWER(answer, record)                                       \
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = reply_fields},     \
        {"reference", BUS_DOC_TEXT, offsetof(struct answer, reply.reference), \
         .has_offset = offsetof(struct answer, reply.has_reference),          \
         .max = 64},                                                          \
        BUS_KIND_FIELD(BUS_DOC_TIME, record, occurred_at, .required = true)
/* What a partner is told: all that a source reads. Needs schemas/notice.h. */
#define BUS_KIND_NOTICE_OUT(word)                                          \
    {                                                                      \
        .kind = (word), .topic = "notices", .record = "notice",            \
        .type = &sa_notice_type, .document = &bus_partner_notice_document, \
        .about_offset = offsetof(struct sa_notice, refers_to),             \
        .effect = bus_partner_notice_tells,                                \
    }
extern const struct bus_partner_document bus_partner_notice_document;
enum bus_partner_kind_effect bus_partner_notice_tells(const void *record);
/* Parts that several kinds share. base: the struct that the offset is of. */
extern const struct bus_partner_document_field
    bus_partner_kind_missing_fields[]; /* missing_fact */
extern const struct bus_partner_document_field
    bus_partner_kind_fact_fields[]; /* fact, in full */
extern const struct bus_partner_document_field
    bus_partner_kind_found_fields[]; /* by whoever looked: of which person,
                                        by the question's `members` */
extern const struct bus_partner_document_field
    bus_partner_kind_actor_fields[]; /* actor */
/* Of /facts/<i>: whether the dictionary names this source, and the day is one
 * from 1949-10-01 to that on which it is said. */
void bus_partner_kind_fact_held(const struct bus_config *config,
                                const char *source,
                                const struct sa_fact *fact,
                                size_t i,
                                int32_t said_on,
                                struct bus_partner_document_faults *faults);

#endif
