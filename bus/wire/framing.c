#include "bus/wire/framing.h"

#include <string.h>

#include "bus/base/heap.h"

#define PLANS_MAX 512

struct idempotency
{
    uint32_t id;
    const struct bus_wire_schema *schema;
};
struct planned
{
    uint32_t id;
    const struct bus_wire_type *type;
    struct bus_wire_plan *plan;
};
/* Each added text has a set of its own: two versions of one name differ. */
struct bus_wire_registry
{
    struct idempotency *known;
    struct bus_wire_set **sets;
    size_t count;
    struct planned plans[PLANS_MAX];
    size_t plan_count;
};

struct bus_wire_registry *bus_wire_registry_new(void)
{
    return bus_calloc(1, sizeof(struct bus_wire_registry));
}

void bus_wire_registry_free(struct bus_wire_registry *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->plan_count; i++) {
        bus_wire_plan_free(r->plans[i].plan);
    }
    for (size_t i = 0; i < r->count; i++) {
        bus_wire_set_free(r->sets[i]);
    }
    bus_free(r->sets);
    bus_free(r->known);
    bus_free(r);
}

static const struct bus_wire_schema *
framing_find(const struct bus_wire_registry *r, uint32_t id)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->known[i].id == id) {
            return r->known[i].schema;
        }
    }
    return NULL;
}

int bus_wire_registry_add(struct bus_wire_registry *r,
                          uint32_t id,
                          struct bus_strv schema_json,
                          struct bus_err *err)
{
    if (framing_find(r, id) != NULL) {
        return bus_fail(err, BUS_EDUPLICATE, "schema id %u is known", id);
    }
    struct bus_wire_set *set = bus_wire_set_new();
    const struct bus_wire_schema *schema = NULL;
    int rc = set == NULL ? bus_fail(err, BUS_ENOMEM, "schema id %u", id)
                         : bus_wire_set_parse(set, schema_json, &schema, err);
    size_t n = r->count + 1;
    struct idempotency *known = bus_realloc(r->known, n * sizeof(*known));
    r->known = known ? known : r->known;
    struct bus_wire_set **sets = bus_realloc(r->sets, n * sizeof(*sets));
    r->sets = sets ? sets : r->sets;
    if (rc == BUS_OK && (known == NULL || sets == NULL)) {
        rc = bus_fail(err, BUS_ENOMEM, "schema id %u", id);
    }
    if (rc != BUS_OK) {
        bus_wire_set_free(set);
        return rc;
    }
    r->known[r->count] = (struct idempotency){id, schema};
    r->sets[r->count++] = set;
    return BUS_OK;
}

static int plan_of(struct bus_wire_registry *r,
                   uint32_t id,
                   const struct bus_wire_type *type,
                   struct bus_wire_plan **ret,
                   struct bus_err *err)
{
    for (size_t i = 0; i < r->plan_count; i++) {
        if (r->plans[i].id == id && r->plans[i].type == type) {
            *ret = r->plans[i].plan;
            return BUS_OK;
        }
    }
    const struct bus_wire_schema *writer = framing_find(r, id);
    if (writer == NULL) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "schema id %u is not known; %s is %u", id, type->name,
                        type->id);
    }
    if (r->plan_count == PLANS_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "more than %d schema pairs",
                        PLANS_MAX);
    }
    int rc = bus_wire_plan_new(writer, type, ret, err);
    if (rc == BUS_OK) {
        r->plans[r->plan_count++] = (struct planned){id, type, *ret};
    }
    return rc;
}

int bus_wire_decode(struct bus_wire_registry *r,
                    const struct bus_wire_type *type,
                    struct bus_strv value,
                    struct bus_arena *mem,
                    void **ret,
                    struct bus_err *err)
{
    uint32_t id = 0;
    struct bus_strv body;
    BUS_TRY(bus_wire_unframe(value, &id, &body, err));
    if (id == type->id) {
        return bus_wire_decode_own(type, body, mem, ret, err);
    }
    struct bus_wire_plan *plan = NULL;
    BUS_TRY(plan_of(r, id, type, &plan, err));
    return bus_wire_plan_decode(plan, body, mem, ret, err);
}

size_t
bus_wire_envelope_headers(const struct bus_wire_envelope *e,
                          struct bus_wire_header ret[BUS_WIRE_HEADERS_MAX])
{
    const struct bus_wire_header all[] = {
        {"ce_specversion", BUS_STRV("1.0")},
        {"ce_id", e->id},
        {"ce_source", e->source},
        {"ce_type", e->type},
        {"ce_subject", e->subject},
        {"ce_time", e->time},
        {"ce_partitionkey", e->partitionkey},
        {"ce_sequence", e->sequence},
        {"ce_correlationid", e->correlationid},
        {"ce_causationid", e->causationid},
        {"content-type", BUS_STRV("application/avro")},
        {"traceparent", e->traceparent},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].value.n > 0) {
            ret[n++] = all[i];
        }
    }
    return n;
}

void bus_wire_envelope_read(const struct bus_wire_header *headers,
                            size_t n,
                            struct bus_wire_envelope *ret)
{
    *ret = (struct bus_wire_envelope){0};
    const struct
    {
        const char *name;
        struct bus_strv *to;
    } all[] = {
        {"ce_id", &ret->id},
        {"ce_source", &ret->source},
        {"ce_type", &ret->type},
        {"ce_subject", &ret->subject},
        {"ce_time", &ret->time},
        {"ce_partitionkey", &ret->partitionkey},
        {"ce_sequence", &ret->sequence},
        {"ce_correlationid", &ret->correlationid},
        {"ce_causationid", &ret->causationid},
        {"traceparent", &ret->traceparent},
    };
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
            if (strcmp(headers[i].name, all[k].name) == 0) {
                *all[k].to = headers[i].value;
            }
        }
    }
}
