/* A source is asked nothing: it reads what became of what it said. */
#include "bus/partner/kind_tables.h"
#include "schemas/notice.h"

const struct bus_partner_kind_out kind_source_out =
    BUS_KIND_NOTICE_OUT("source");
