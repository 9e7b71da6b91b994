/* A generated type, ready for use: its schema parsed, its own plan and coder
 * compiled, once in a process. */
#include <pthread.h>

#include "bus/base/heap.h"
#include "bus/wire/framing.h"
#include "bus/wire/plan_parts.h"

struct bus_wire_runtime
{
    struct bus_wire_set *set;
    const struct bus_wire_schema *schema;
    struct bus_wire_plan plan;
    struct coder *coder;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct bus_wire_runtime *runtime(const struct bus_wire_type *type)
{
    return __atomic_load_n(type->runtime, __ATOMIC_ACQUIRE);
}

static void type_drop(struct bus_wire_runtime *rt)
{
    if (rt != NULL) {
        bus_wire_set_free(rt->set);
        bus_arena_fini(&rt->plan.mem);
        bus_free(rt);
    }
}

static int type_make(const struct bus_wire_type *type,
                     struct bus_wire_runtime **ret,
                     struct bus_err *err)
{
    struct bus_wire_runtime *rt = bus_calloc(1, sizeof(*rt));
    if (rt == NULL) {
        return bus_fail(err, BUS_ENOMEM, "%s", type->name);
    }
    rt->set = bus_wire_set_new();
    rt->plan.type = type;
    int rc = BUS_OK;
    if (rt->set == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "%s", type->name);
        goto failed;
    }
    BUS_TRY_GOTO(
        rc, bus_wire_set_parse(rt->set, bus_strv(type->json), &rt->schema, err),
        failed);
    BUS_TRY_GOTO(
        rc,
        wire_plan_compile(&rt->plan, rt->schema, rt->schema, type->slots, err),
        failed);
    BUS_TRY_GOTO(
        rc,
        wire_coder_new(rt->schema, type->slots, &rt->plan.mem, &rt->coder, err),
        failed);
    *ret = rt;
    return BUS_OK;
failed:
    type_drop(rt);
    return rc == BUS_ENOMEM ? rc : bus_wrap(err, "%s", type->name);
}

int bus_wire_type_ready(const struct bus_wire_type *type, struct bus_err *err)
{
    if (runtime(type) != NULL) {
        return BUS_OK;
    }
    (void)pthread_mutex_lock(&lock);
    int rc = BUS_OK;
    if (runtime(type) == NULL) {
        struct bus_wire_runtime *rt = NULL;
        rc = type_make(type, &rt, err);
        if (rc == BUS_OK) {
            __atomic_store_n(type->runtime, rt, __ATOMIC_RELEASE);
        }
    }
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

void bus_wire_type_drop(const struct bus_wire_type *type)
{
    type_drop(__atomic_exchange_n(type->runtime, NULL, __ATOMIC_ACQ_REL));
}

const struct bus_wire_schema *
bus_wire_type_schema(const struct bus_wire_type *type)
{
    return runtime(type)->schema;
}

size_t bus_wire_size(const struct bus_wire_type *type, const void *record)
{
    return wire_coder_size(runtime(type)->coder, record);
}

uint8_t *bus_wire_encode_at(const struct bus_wire_type *type,
                            const void *record,
                            uint8_t *to)
{
    return wire_coder_write(runtime(type)->coder, record, to);
}

int bus_wire_encode_arena(const struct bus_wire_type *type,
                          const void *record,
                          struct bus_arena *mem,
                          struct bus_strv *ret,
                          struct bus_err *err)
{
    int rc = bus_wire_type_ready(type, err);
    if (rc != BUS_OK) {
        return rc;
    }
    size_t n = 0;
    uint8_t *p = wire_coder_put(runtime(type)->coder, record, 0, mem, &n);
    if (p == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "%s of %zu bytes", type->name, n);
    }
    *ret = (struct bus_strv){(const char *)p, n};
    return BUS_OK;
}

int bus_wire_encode_framed(const struct bus_wire_type *type,
                           const void *record,
                           struct bus_arena *mem,
                           struct bus_strv *ret,
                           struct bus_err *err)
{
    BUS_TRY(bus_wire_type_ready(type, err));
    size_t n = 0;
    uint8_t *p = wire_coder_put(runtime(type)->coder, record,
                                BUS_WIRE_FRAME_BYTES, mem, &n);
    if (p == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "%s of %zu bytes", type->name, n);
    }
    (void)bus_wire_frame_at(type->id, p);
    *ret = (struct bus_strv){(const char *)p, n};
    return BUS_OK;
}

int bus_wire_encode_field(const struct bus_wire_type *type,
                          const void *record,
                          size_t field,
                          struct bus_arena *mem,
                          uint32_t *ends,
                          struct bus_strv *ret,
                          struct bus_err *err)
{
    BUS_TRY(bus_wire_type_ready(type, err));
    return wire_coder_field(runtime(type)->coder, record, field, mem, ends, ret)
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "a part of %s", type->name);
}

int bus_wire_encode_buf(const struct bus_wire_type *type,
                        const void *record,
                        struct bus_buf *out,
                        struct bus_err *err)
{
    int rc = bus_wire_type_ready(type, err);
    if (rc != BUS_OK) {
        return rc;
    }
    size_t n = bus_wire_size(type, record);
    if (n == 0) {
        return BUS_OK; /* nothing to write, and maybe nowhere */
    }
    uint8_t *p = bus_buf_reserve(out, n);
    if (p == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "%s of %zu bytes", type->name, n);
    }
    (void)bus_wire_encode_at(type, record, p);
    out->len += n;
    return BUS_OK;
}

int bus_wire_decode_own(const struct bus_wire_type *type,
                        struct bus_strv bytes,
                        struct bus_arena *mem,
                        void **ret,
                        struct bus_err *err)
{
    int rc = bus_wire_type_ready(type, err);
    return rc == BUS_OK ? bus_wire_plan_decode(&runtime(type)->plan, bytes, mem,
                                               ret, err)
                        : rc;
}
