/* Facts about one person, whom the source names by the number of his document.
 * This is where the number ends: what goes on is the surrogate of the person
 * and of the household that he would head, where all who name him meet. A fact
 * of the household is of the one that he lives in. */
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/idno.h"
#include "bus/partner/kind_tables.h"
#include "bus/wire/ids.h"
#include "schemas/facts_reported.h"

#define NUMBER_MAX 64
#define RESIDENT   BUS_STRV("111")

struct source_report
{
    struct sa_facts_reported r; /* first */
    struct bus_partner_kind_reply reply;
    bool has_id_type;
    struct bus_strv id_type, id_no;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field person_fields[] = {
    {"id_type", BUS_DOC_TEXT, AT(source_report, id_type),
     .has_offset = AT(source_report, has_id_type), .max = 3},
    {"id_no", BUS_DOC_TEXT, AT(source_report, id_no), .required = true,
     .max = NUMBER_MAX},
    BUS_KIND_END};
static const struct bus_partner_document_field said_fields[] = {
    {"name", BUS_DOC_TEXT, AT(sa_fact, name), .required = true, .max = 128},
    {"value", BUS_DOC_FACT, AT(sa_fact, value), .required = true},
    {"as_of", BUS_DOC_DATE, AT(sa_fact, as_of), .required = true},
    BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    {"reference", BUS_DOC_TEXT, AT(source_report, reply.reference),
     .has_offset = AT(source_report, reply.has_reference), .max = 64},
    {"occurred_at", BUS_DOC_TIME, AT(sa_facts_reported, occurred_at),
     .required = true},
    {"person", BUS_DOC_PART, 0, .required = true, .sub = person_fields},
    {"facts", BUS_DOC_LIST, AT(sa_facts_reported, facts), .required = true,
     .sub = said_fields, .sub_size = sizeof(struct sa_fact)},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "facts", 1, fields, sizeof(struct source_report)};

/* --- of whom --- */

static void source_number_fault(enum bus_idno wrong,
                                struct bus_partner_document_faults *faults)
{
    static const struct
    {
        const char *code, *zh, *en;
    } texts[] = {
        [BUS_IDNO_WELL] = {NULL, NULL, NULL},
        [BUS_IDNO_LENGTH] = {"ID_LENGTH", "身份证号应为18位",
                             "an identity number has 18 characters"},
        [BUS_IDNO_DIGITS] = {"ID_DIGITS", "证件号码只含数字和字母",
                             "digits only; the last may be an X"},
        [BUS_IDNO_DATE] = {"ID_DATE", "身份证号第7至14位不是日期",
                           "digits 7 to 14 are no date"},
        [BUS_IDNO_CHECK] = {"ID_CHECK_DIGIT", "身份证号校验位不符, 请核对",
                            "the check digit does not fit; look again"},
    };
    if (wrong != BUS_IDNO_WELL) {
        bus_partner_document_fault_add(faults, "/person/id_no",
                                       texts[wrong].code, texts[wrong].zh,
                                       texts[wrong].en);
    }
}

static enum bus_idno source_number_check(struct bus_strv type,
                                         struct bus_strv number)
{
    int32_t birth = 0;
    if (bus_strv_eq(type, RESIDENT)) {
        return bus_idno_check(number, &birth);
    }
    for (size_t i = 0; i < number.n; i++) {
        char c = number.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z')) {
            return BUS_IDNO_DIGITS;
        }
    }
    return number.n > 0 ? BUS_IDNO_WELL : BUS_IDNO_DIGITS;
}

static void source_who(const struct bus_partner_kind_env *env,
                       void *doc,
                       struct bus_partner_document_faults *faults)
{
    struct source_report *s = doc;
    char canonical[NUMBER_MAX];
    struct bus_strv type = s->has_id_type ? s->id_type : RESIDENT;
    struct bus_strv number = bus_wire_document_number(s->id_no, canonical);
    for (size_t i = 0; i < type.n; i++) {
        if (type.n != 3 || type.p[i] < '0' || type.p[i] > '9') {
            bus_partner_document_fault_add(
                faults, "/person/id_type", "ID_TYPE",
                "应为GA/T 517的三位代码, 身份证为111",
                "must be three digits of GA/T 517, 111 for an identity card");
            return;
        }
    }
    source_number_fault(source_number_check(type, number), faults);
    s->r.person = bus_wire_person_id(env->person_key, type, number);
    s->r.has_person = true;
    s->r.household_id = bus_wire_household_id(env->person_key, &s->r.person);
}

/* --- what --- */

/* What a source says is verified, and its own word. */
static void source_finish(const struct bus_partner_kind_env *env,
                          void *doc,
                          struct bus_partner_document_faults *faults)
{
    struct sa_facts_reported *r = doc;
    r->source = bus_strv(env->partner->code);
    for (size_t i = 0; i < r->facts.n; i++) {
        struct sa_fact *f = &r->facts.v[i];
        f->has_member = f->name.n > 0 && f->name.p[0] == 'm';
        f->member = f->has_member ? r->person : (struct bus_id){{0}};
        f->source = r->source;
        f->verified = true;
        bus_partner_kind_fact_held(env->config, env->partner->code, f, i,
                                   bus_china_day(r->occurred_at), faults);
    }
    if (r->facts.n == 0) {
        bus_partner_document_fault_add(faults, "/facts", "MISSING", "至少一项",
                                       "at least one");
    }
}

const struct bus_partner_kind_in kind_source_in = {
    .kind = "source",
    .topic = "facts",
    .record = "facts_reported",
    .ce_type = "sa.facts_reported.v1",
    .type = &sa_facts_reported_type,
    .document = &document,
    .about_offset = AT(sa_facts_reported, person),
    .reply_offset = AT(source_report, reply),
    .who = source_who,
    .finish = source_finish,
    .tells = true,
};
