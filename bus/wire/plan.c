/* A plan for what a writer wrote, read as a type of ours. */
#include "bus/base/heap.h"
#include "bus/wire/plan_parts.h"

int bus_wire_plan_new(const struct bus_wire_schema *writer,
                      const struct bus_wire_type *type,
                      struct bus_wire_plan **ret,
                      struct bus_err *err)
{
    BUS_TRY(bus_wire_type_ready(type, err));
    struct bus_wire_plan *p = bus_calloc(1, sizeof(*p));
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a plan");
    }
    p->type = type;
    int rc = wire_plan_compile(p, writer, bus_wire_type_schema(type),
                               type->slots, err);
    if (rc != BUS_OK) {
        bus_wire_plan_free(p);
        return bus_wrap(err, "%s", type->name);
    }
    *ret = p;
    return BUS_OK;
}

void bus_wire_plan_free(struct bus_wire_plan *plan)
{
    if (plan != NULL) {
        bus_arena_fini(&plan->mem);
        bus_free(plan);
    }
}
