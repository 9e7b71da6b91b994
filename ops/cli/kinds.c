#include "ops/cli/kinds.h"

#define X(kind)                                           \
    extern const struct bus_kind_out bus_kind_out_##kind; \
    extern const struct bus_kind_in bus_kind_in_##kind;
#include "ops/cli/kinds.def"
#undef X

const struct bus_kind bus_kinds[] = {
#define X(kind) {#kind, &bus_kind_out_##kind, &bus_kind_in_##kind},
#include "ops/cli/kinds.def"
#undef X
    {NULL, NULL, NULL},
};
