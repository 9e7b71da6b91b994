#include "ops/cli/kinds.h"

#define X(kind)                                                 \
    extern const struct bus_partner_kind_out kind_##kind##_out; \
    extern const struct bus_partner_kind_in kind_##kind##_in;
#include "ops/cli/kinds.def"
#undef X

const struct bus_partner_kind cli_kinds[] = {
#define X(kind) {#kind, &kind_##kind##_out, &kind_##kind##_in},
#include "ops/cli/kinds.def"
#undef X
    {NULL, NULL, NULL},
};
