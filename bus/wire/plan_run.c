/* Runs a plan: bytes into a struct.
 *
 * Every read is held against the end; lengths and counts against what is left,
 * before anything is allocated; nesting against BUS_WIRE_DEPTH_MAX. The first
 * fault ends the run and names the byte it stands at. */
#include <assert.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/wire/plan_parts.h"

struct reading
{
    const uint8_t *p, *e, *start;
    struct bus_arena *mem;
    struct bus_err *err;
    int depth;
    int rc;
    size_t zero; /* items without bytes that may still come */
};

__attribute__((noinline, cold)) static int
plan_run_stop(struct reading *r, enum bus_errc code, const char *what)
{
    if (r->rc == BUS_OK) {
        r->rc = bus_fail(r->err, code, "byte %zu of %zu: %s",
                         (size_t)(r->p - r->start), (size_t)(r->e - r->start),
                         what);
    }
    return r->rc;
}

/* The steps that most bytes are of keep the place in a register and give it
 * back moved on, NULL at a fault; the rarer ones keep it in r->p. */
static inline const uint8_t *plan_run_fault(struct reading *r,
                                            const uint8_t *p,
                                            enum bus_errc code,
                                            const char *what)
{
    r->p = p;
    (void)plan_run_stop(r, code, what);
    return NULL;
}

static const uint8_t *
varint_slow(struct reading *r, const uint8_t *p, uint64_t *ret)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (p == r->e) {
            return plan_run_fault(r, p, BUS_ETRUNCATED,
                                  "a number ends too early");
        }
        uint8_t b = *p++;
        if (shift == 63 && b > 1) {
            break;
        }
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *ret = v;
            return p;
        }
    }
    return plan_run_fault(r, p, BUS_ERANGE, "a number over 64 bits");
}

/* Most lengths take one byte, most dates three. */
static inline const uint8_t *
quick_long(struct reading *r, const uint8_t *p, int64_t *ret)
{
    uint64_t z = 0;
    if (p < r->e && p[0] < 0x80) {
        z = *p++;
    } else if (r->e - p >= 3 && p[1] < 0x80) {
        z = (uint64_t)(p[0] & 0x7f) | (uint64_t)p[1] << 7;
        p += 2;
    } else if (r->e - p >= 3 && p[2] < 0x80) {
        z = (uint64_t)(p[0] & 0x7f) | (uint64_t)(p[1] & 0x7f) << 7 |
            (uint64_t)p[2] << 14;
        p += 3;
    } else {
        p = varint_slow(r, p, &z);
    }
    *ret = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
    return p;
}

static int64_t read_long(struct reading *r)
{
    int64_t v = 0;
    const uint8_t *p = quick_long(r, r->p, &v);
    r->p = p ? p : r->p;
    return v;
}

static const uint8_t *plan_run_take(struct reading *r, uint64_t n)
{
    if (n > (uint64_t)(r->e - r->p)) {
        (void)plan_run_stop(r, BUS_ETRUNCATED, "it ends too early");
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    return p;
}

static const uint8_t *plan_run_steps(const struct prog *prog,
                                     struct reading *r,
                                     const uint8_t *p,
                                     uint8_t *base,
                                     size_t count,
                                     size_t stride);

/* The next block's count, 0 at the end; held against what is left. */
static size_t plan_run_block(struct reading *r, uint32_t min, size_t have)
{
    int64_t n = read_long(r);
    if (n < 0) {
        (void)read_long(r); /* the block's bytes: only for skipping */
        if (n == INT64_MIN) {
            (void)plan_run_stop(r, BUS_ERANGE, "a count out of range");
            return 0;
        }
        n = -n;
    }
    uint64_t left = (uint64_t)(r->e - r->p);
    if (r->rc == BUS_OK && min > 0 && (uint64_t)n > left / min) {
        (void)plan_run_stop(r, BUS_ETRUNCATED, "a count over what is left");
    }
    if (r->rc == BUS_OK && min == 0) {
        if ((uint64_t)n > r->zero) {
            (void)plan_run_stop(r, BUS_ETOOBIG,
                                "too many items that take no bytes");
        } else {
            r->zero -= (size_t)n;
        }
    }
    if (r->rc == BUS_OK && have + (uint64_t)n > BUS_WIRE_ITEMS_MAX) {
        (void)plan_run_stop(r, BUS_ETOOBIG, "too many items");
    }
    return r->rc == BUS_OK ? (size_t)n : 0;
}

struct items /* what every array and map field is in C */
{
    uint8_t *v;
    size_t n;
};

/* Room for n more, zeroed. What comes in many small blocks is copied a few
 * times only. */
static bool more_items(struct reading *r,
                       struct items *list,
                       size_t *cap,
                       size_t n,
                       size_t size)
{
    if (list->n + n > *cap) {
        size_t want = list->n + n > *cap * 2 ? list->n + n : *cap * 2;
        uint8_t *v = bus_arena_calloc(r->mem, want, size);
        if (v == NULL) {
            (void)plan_run_stop(r, BUS_ETOOBIG, "no room for its items");
            return false;
        }
        if (list->n > 0) {
            memcpy(v, list->v, list->n * size);
        }
        list->v = v;
        *cap = want;
    }
    return true;
}

static int run_items(const struct step *s, struct reading *r, uint8_t *base)
{
    struct items list = {NULL, 0};
    size_t n, cap = 0;
    while ((n = plan_run_block(r, s->min, list.n)) > 0) {
        if (!more_items(r, &list, &cap, n, s->size)) {
            return r->rc;
        }
        uint8_t *from = list.v + list.n * s->size;
        r->p = plan_run_steps(s->sub, r, r->p, from, n, s->size);
        if (r->p == NULL) {
            return r->rc;
        }
        list.n += n;
    }
    memcpy(base + s->at, &list, sizeof(list));
    return r->rc;
}

/* Steps that pass over something write nothing: any base will do. */
static int skip_items(const struct step *s, struct reading *r, uint8_t *base)
{
    size_t n, total = 0;
    while ((n = plan_run_block(r, s->min, total)) > 0) {
        total += n;
        r->p = plan_run_steps(s->sub, r, r->p, base, n, 0);
        if (r->p == NULL) {
            return r->rc;
        }
    }
    return r->rc;
}

static int run_default(const struct step *s, struct reading *r, uint8_t *base)
{
    const uint8_t *start = (const uint8_t *)s->bytes.p;
    struct reading inner = {
        start,  start + s->bytes.n, start,  r->mem,
        r->err, r->depth,           BUS_OK, BUS_WIRE_ZERO_MAX};
    (void)plan_run_steps(s->sub, &inner, start, base, 1, 0);
    r->rc = inner.rc;
    return r->rc;
}

static void run_enum(const struct step *s, struct reading *r, uint8_t *base)
{
    int64_t i = read_long(r);
    if (i < 0 || i >= (int64_t)s->count) {
        (void)plan_run_stop(r, BUS_ERANGE, "no such symbol of the enum");
        return;
    }
    int32_t to = s->symbols[i];
    if (to < 0) {
        (void)plan_run_stop(r, BUS_ERANGE, "a symbol the reader does not have");
    }
    memcpy(base + s->at, &to, sizeof(to));
}

/* Numbers that change their kind, and floating point. */
static void run_number(const struct step *s, struct reading *r, uint8_t *base)
{
    float f = 0;
    double d = 0;
    const uint8_t *p;
    switch (s->code) {
    case STEP_LONG_TO_FLOAT:
        f = (float)read_long(r);
        break;
    case STEP_LONG_TO_DOUBLE:
        d = (double)read_long(r);
        memcpy(base + s->at, &d, sizeof(d));
        return;
    case STEP_DOUBLE:
        p = plan_run_take(r, sizeof(d));
        if (p != NULL) {
            memcpy(base + s->at, p, sizeof(d));
        }
        return;
    default:
        p = plan_run_take(r, sizeof(f));
        if (p != NULL) {
            memcpy(&f, p, sizeof(f));
        }
        break;
    }
    d = (double)f;
    if (s->code == STEP_FLOAT_TO_DOUBLE) {
        memcpy(base + s->at, &d, sizeof(d));
    } else {
        memcpy(base + s->at, &f, sizeof(f));
    }
}

static void run_mark(const struct step *s, uint8_t *base)
{
    bool there = true;
    int branch = (int)s->size;
    if (s->code == STEP_SET_HAS) {
        memcpy(base + s->at, &there, sizeof(there));
    } else {
        memcpy(base + s->at, &branch, sizeof(branch));
    }
}

/* The rarer steps. */
static void run_step(const struct step *s, struct reading *r, uint8_t *base)
{
    switch ((enum step_code)s->code) {
    case STEP_ENUM:
        run_enum(s, r, base);
        return;
    case STEP_ARRAY:
        (void)run_items(s, r, base);
        return;
    case STEP_PART:
        r->p = plan_run_steps(s->sub, r, r->p, base, 1, 0);
        return;
    case STEP_DEFAULT:
        (void)run_default(s, r, base);
        return;
    case STEP_LONG_TO_FLOAT:
    case STEP_LONG_TO_DOUBLE:
    case STEP_FLOAT:
    case STEP_FLOAT_TO_DOUBLE:
    case STEP_DOUBLE:
        run_number(s, r, base);
        return;
    case STEP_SKIP_VARINT:
        (void)read_long(r);
        return;
    case STEP_SKIP_FIXED:
        (void)plan_run_take(r, s->size);
        return;
    case STEP_SKIP_BYTES:
        (void)plan_run_take(r, (uint64_t)read_long(r));
        return;
    case STEP_SKIP_ARRAY:
        (void)skip_items(s, r, base);
        return;
    case STEP_NO:
        (void)plan_run_stop(r, BUS_ESCHEMA, "a branch the reader cannot take");
        return;
    default: /* in plan_run_steps() */
        return;
    }
}

static inline uint64_t plan_run_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    return w;
}

/* What most texts are, names and words of 8 to 32 ASCII characters, in words
 * that overlap; the others by the long way. */
static inline bool quick_utf8(struct bus_strv v)
{
    const char *e = v.p + v.n;
    uint64_t high = UINT64_C(0x8080808080808080);
    if (v.n >= 8 && v.n <= 16) {
        high &= plan_run_word(v.p) | plan_run_word(e - 8);
    } else if (v.n > 16 && v.n <= 32) {
        high &= plan_run_word(v.p) | plan_run_word(v.p + 8) |
                plan_run_word(e - 16) | plan_run_word(e - 8);
    }
    return high == 0 || bus_utf8_valid(v.p, v.n);
}

static inline const uint8_t *quick_text(const struct step *s,
                                        struct reading *r,
                                        const uint8_t *p,
                                        uint8_t *base)
{
    int64_t n = 0;
    p = quick_long(r, p, &n);
    if (p == NULL) {
        return NULL;
    }
    if ((uint64_t)n > (uint64_t)(r->e - p)) {
        return plan_run_fault(r, p, BUS_ETRUNCATED,
                              "a length over what is left");
    }
    struct bus_strv v = {(const char *)p, (size_t)n};
    if (s->code == STEP_STRING && !quick_utf8(v)) {
        return plan_run_fault(r, p, BUS_EPARSE, "a text that is no UTF-8");
    }
    memcpy(base + s->at, &v, sizeof(v));
    return p + n;
}

static inline const uint8_t *quick_fixed(const struct step *s,
                                         struct reading *r,
                                         const uint8_t *p,
                                         uint8_t *base)
{
    if (s->size > (size_t)(r->e - p)) {
        return plan_run_fault(r, p, BUS_ETRUNCATED, "it ends too early");
    }
    if (s->size == 16) { /* an id */
        memcpy(base + s->at, p, 16);
    } else {
        memcpy(base + s->at, p, s->size);
    }
    return p + s->size;
}

static inline const uint8_t *quick_branch(const struct step *s,
                                          struct reading *r,
                                          const uint8_t *p,
                                          const struct step **ret)
{
    int64_t branch = 0;
    p = quick_long(r, p, &branch);
    if (p == NULL) {
        return NULL;
    }
    if ((uint64_t)branch >= s->count) {
        return plan_run_fault(r, p, BUS_ERANGE, "no such branch of the union");
    }
    *ret = s->branches[branch];
    return p;
}

static inline const uint8_t *quick_boolean(const struct step *s,
                                           struct reading *r,
                                           const uint8_t *p,
                                           uint8_t *base)
{
    if (p == r->e) {
        return plan_run_fault(r, p, BUS_ETRUNCATED, "it ends too early");
    }
    if (*p > 1) {
        return plan_run_fault(r, p, BUS_ERANGE,
                              "a boolean that is neither 0 nor 1");
    }
    bool b = *p == 1;
    memcpy(base + s->at, &b, sizeof(b));
    return p + 1;
}

static inline const uint8_t *quick_int(const struct step *s,
                                       struct reading *r,
                                       const uint8_t *p,
                                       uint8_t *base)
{
    int64_t v = 0;
    p = quick_long(r, p, &v);
    int32_t i = (int32_t)v;
    if (p != NULL && v != i) {
        return plan_run_fault(r, p, BUS_ERANGE, "an int over 32 bits");
    }
    memcpy(base + s->at, &i, sizeof(i));
    return p;
}

static const uint8_t *plan_run_other(const struct step *s,
                                     struct reading *r,
                                     const uint8_t *p,
                                     uint8_t *base)
{
    r->p = p;
    run_step(s, r, base);
    return r->rc == BUS_OK ? r->p : NULL;
}

/* A plan over `count` structs that stand `stride` bytes apart. */
static const uint8_t *plan_run_steps(const struct prog *prog,
                                     struct reading *r,
                                     const uint8_t *p,
                                     uint8_t *base,
                                     size_t count,
                                     size_t stride)
{
    const struct step *s = prog->v;
    int64_t v = 0;
    if (++r->depth > BUS_WIRE_DEPTH_MAX) {
        return plan_run_fault(r, p, BUS_ETOOBIG, "nested too deep");
    }
    while (p != NULL) {
        const struct step *now = s;
        s = now->next;
        switch ((enum step_code)now->code) {
        case STEP_END:
            if (--count == 0) {
                r->depth--;
                return p;
            }
            s = prog->v;
            base += stride;
            break;
        case STEP_STRING:
        case STEP_BYTES:
            p = quick_text(now, r, p, base);
            break;
        case STEP_UNION:
            p = quick_branch(now, r, p, &s);
            break;
        case STEP_LONG:
            p = quick_long(r, p, &v);
            memcpy(base + now->at, &v, sizeof(v));
            break;
        case STEP_INT:
            p = quick_int(now, r, p, base);
            break;
        case STEP_FIXED:
            p = quick_fixed(now, r, p, base);
            break;
        case STEP_BOOLEAN:
            p = quick_boolean(now, r, p, base);
            break;
        case STEP_SET_HAS:
        case STEP_SET_BRANCH:
            run_mark(now, base);
            break;
        case STEP_NULL:
            break;
        default:
            p = plan_run_other(now, r, p, base);
            break;
        }
    }
    return NULL;
}

int bus_wire_plan_next(const struct bus_wire_plan *plan,
                       struct bus_strv *bytes,
                       struct bus_arena *mem,
                       void **ret,
                       struct bus_err *err)
{
    const uint8_t *start = (const uint8_t *)(bytes->p ? bytes->p : "");
    struct reading r = {start,  start + bytes->n, start, mem, err, 0,
                        BUS_OK, BUS_WIRE_ZERO_MAX};
    void *record = bus_arena_calloc(mem, 1, plan->type->size);
    if (record == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "no room for a %s", plan->type->name);
    }
    const uint8_t *end = plan_run_steps(&plan->top, &r, start, record, 1, 0);
    if (end == NULL) {
        return err ? bus_wrap(err, "%s", plan->type->name) : r.rc;
    }
    bytes->n -= (size_t)(end - start);
    bytes->p = (const char *)end;
    *ret = record;
    return BUS_OK;
}

int bus_wire_plan_decode(const struct bus_wire_plan *plan,
                         struct bus_strv bytes,
                         struct bus_arena *mem,
                         void **ret,
                         struct bus_err *err)
{
    void *record = NULL;
    size_t n = bytes.n;
    int rc = bus_wire_plan_next(plan, &bytes, mem, &record, err);
    if (rc == BUS_OK && bytes.n > 0) {
        rc = bus_fail(err, BUS_EPARSE, "%s: byte %zu: bytes are left over",
                      plan->type->name, n - bytes.n);
    }
    if (rc == BUS_OK) {
        *ret = record;
    }
    return rc;
}
