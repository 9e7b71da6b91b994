/* What a partner is told of its own answers that nobody can use: the same for
 * every kind. */
#include "schemas/notice.h"
#include "bus/partner/kind_tables.h"
#include "bus/partner/parts.h"

BUS_KIND_HEAD(sa_notice);

#define AT(field) offsetof(struct sa_notice, field)

static const struct bus_partner_document_field fields[] = {
    {"refers_to", BUS_DOC_ID, AT(refers_to), .required = true},
    {"written_at", BUS_DOC_TIME, AT(occurred_at), .required = true},
    {"topic", BUS_DOC_TEXT, AT(topic), .required = true},
    {"reason_code", BUS_DOC_TEXT, AT(reason_code), .required = true},
    {"zh", BUS_DOC_TEXT, AT(reason_zh), .required = true},
    {"en", BUS_DOC_TEXT, AT(reason_en), .required = true},
    BUS_KIND_END};
const struct bus_partner_document bus_partner_notice_document = {
    "notice", 1, fields, sizeof(struct sa_notice)};

enum bus_partner_kind_effect bus_partner_notice_tells(const void *record)
{
    (void)record;
    return BUS_KIND_TELLS;
}

const struct bus_partner_kind_out partner_notice_out =
    BUS_KIND_NOTICE_OUT("notice");
