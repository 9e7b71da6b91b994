/* Avro bytes as JSON text, for taps and for files that partners read.
 *
 * Walks schema and bytes together; every length is held against what is left.
 * Masked: fields marked "lianou.pii" show as "***", sealed ones as "(sealed)",
 * and other long byte strings by their length only, for what is inside a dead
 * letter is not known. Ids show as UUIDs. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/id.h"
#include "bus/wire/codec.h"

struct printing
{
    const uint8_t *p, *e;
    bool mask, facts;        /* facts: these are shown though masked */
    const char *const *omit; /* names of the outer record; NULL ends them */
    struct bus_buf *out;
    struct bus_err *err;
    int depth;
    size_t items, zero;
};

static int print_value(struct printing *r, const struct bus_wire_schema *s);

static int print_ends(struct printing *r)
{
    return bus_fail(r->err, BUS_ETRUNCATED, "the value ends too early");
}

static int print_number(struct printing *r, int64_t *ret)
{
    uint64_t z = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (r->p == r->e) {
            return print_ends(r);
        }
        uint8_t b = *r->p++;
        if (shift == 63 && b > 1) {
            break;
        }
        z |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            *ret = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
            return BUS_OK;
        }
    }
    return bus_fail(r->err, BUS_ERANGE, "a number over 64 bits");
}

static int print_take(struct printing *r, int64_t n, const uint8_t **ret)
{
    if ((uint64_t)n > (uint64_t)(r->e - r->p)) {
        return print_ends(r);
    }
    *ret = r->p;
    r->p += n;
    return BUS_OK;
}

/* Spans of what needs no escape go in one piece. */
static void print_quoted(struct bus_buf *out, const uint8_t *p, size_t n)
{
    bool utf8 = bus_utf8_valid((const char *)p, n);
    size_t from = 0;
    bus_buf_putc(out, '"');
    for (size_t i = 0; i < n; i++) {
        bool slash = p[i] == '"' || p[i] == '\\';
        bool code = p[i] < 0x20 || p[i] == 0x7f || (p[i] > 0x7f && !utf8);
        if (!slash && !code) {
            continue;
        }
        bus_buf_put(out, p + from, i - from);
        from = code ? i + 1 : i; /* the character itself follows its slash */
        if (slash) {
            bus_buf_putc(out, '\\');
        } else {
            bus_buf_printf(out, "\\u%04x", p[i]);
        }
    }
    bus_buf_put(out, p + from, n - from);
    bus_buf_putc(out, '"');
}

static void decimal(struct bus_buf *out, int64_t n)
{
    char text[24], *p = text + sizeof(text);
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do {
        *--p = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (n < 0) {
        *--p = '-';
    }
    bus_buf_put(out, p, (size_t)(text + sizeof(text) - p));
}

static void print_hex(struct printing *r, const uint8_t *p, size_t n)
{
    if (r->mask && n > BUS_WIRE_SHOWN_MAX) {
        bus_buf_printf(r->out, "\"(%zu bytes)\"", n);
        return;
    }
    bus_buf_putc(r->out, '"');
    for (size_t i = 0; i < n; i++) {
        bus_buf_printf(r->out, "%02x", p[i]);
    }
    bus_buf_putc(r->out, '"');
}

static int print_text(struct printing *r, bool bytes)
{
    int64_t n = 0;
    const uint8_t *p = NULL;
    BUS_TRY(print_number(r, &n));
    BUS_TRY(print_take(r, n, &p));
    if (r->out->failed) {
        return BUS_OK; /* passed over */
    }
    if (bytes) {
        print_hex(r, p, (size_t)n);
    } else {
        print_quoted(r->out, p, (size_t)n);
    }
    return BUS_OK;
}

static int print_fixed(struct printing *r, const struct bus_wire_schema *s)
{
    const uint8_t *p = NULL;
    BUS_TRY(print_take(r, (int64_t)s->count, &p));
    if (r->out->failed) {
        return BUS_OK; /* passed over */
    }
    if (s->count != sizeof(struct bus_id) || s->name == NULL ||
        strcmp(s->name, "lianou.id") != 0) {
        print_hex(r, p, s->count);
        return BUS_OK;
    }
    struct bus_id id;
    char shown[BUS_ID_TEXT + 1];
    memcpy(id.b, p, sizeof(id.b));
    bus_buf_putc(r->out, '"');
    bus_buf_put(r->out, bus_id_text(&id, shown), BUS_ID_TEXT);
    bus_buf_putc(r->out, '"');
    return BUS_OK;
}

static void put_double(struct bus_buf *out, double d, int digits)
{
    if (isnan(d) || isinf(d)) {
        bus_buf_puts(out, isnan(d) ? "\"NaN\""
                          : d > 0  ? "\"Infinity\""
                                   : "\"-Infinity\"");
    } else {
        bus_buf_printf(out, "%.*g", digits, d);
    }
}

static int floating(struct printing *r, bool wide)
{
    const uint8_t *p = NULL;
    int rc = print_take(r, wide ? 8 : 4, &p);
    if (rc == BUS_OK && wide) {
        double d;
        memcpy(&d, p, sizeof(d));
        put_double(r->out, d, 17);
    } else if (rc == BUS_OK) {
        float f;
        memcpy(&f, p, sizeof(f));
        put_double(r->out, (double)f, 9);
    }
    return rc;
}

static int
print_item(struct printing *r, const struct bus_wire_schema *s, size_t *seen)
{
    if ((*seen)++ > 0) {
        bus_buf_puts(r->out, ", ");
    }
    if (++r->items > BUS_WIRE_ITEMS_MAX) {
        return bus_fail(r->err, BUS_ETOOBIG, "more than %d items",
                        BUS_WIRE_ITEMS_MAX);
    }
    if (s->kind == BUS_WIRE_MAP) {
        BUS_TRY(print_text(r, false));
        bus_buf_puts(r->out, ": ");
    }
    return print_value(r, s->branches[0]);
}

/* A block's count held against what is left. */
static int
print_count(struct printing *r, const struct bus_wire_schema *s, int64_t n)
{
    uint64_t left = (uint64_t)(r->e - r->p);
    uint32_t min = s->branches[0]->min_bytes + (s->kind == BUS_WIRE_MAP);
    if (min > 0) {
        return (uint64_t)n > left / min ? print_ends(r) : BUS_OK;
    }
    r->zero += (size_t)n;
    return (uint64_t)n > BUS_WIRE_ZERO_MAX || r->zero > BUS_WIRE_ZERO_MAX
               ? bus_fail(r->err, BUS_ETOOBIG,
                          "more than %d items that take no bytes",
                          BUS_WIRE_ZERO_MAX)
               : BUS_OK;
}

static int blocks(struct printing *r, const struct bus_wire_schema *s)
{
    bool map = s->kind == BUS_WIRE_MAP;
    size_t seen = 0;
    int64_t n = 0, size;
    bus_buf_putc(r->out, map ? '{' : '[');
    BUS_TRY(print_number(r, &n));
    while (n != 0) {
        if (n == INT64_MIN) {
            return print_ends(r);
        }
        if (n < 0) {
            BUS_TRY(print_number(r, &size));
            n = -n;
        }
        BUS_TRY(print_count(r, s, n));
        for (; n > 0; n--) {
            BUS_TRY(print_item(r, s, &seen));
        }
        BUS_TRY(print_number(r, &n));
    }
    bus_buf_putc(r->out, map ? '}' : ']');
    return BUS_OK;
}

static bool omitted(const struct printing *r, const char *name)
{
    const char *const *o = r->depth == 1 ? r->omit : NULL;
    for (; o != NULL && *o != NULL; o++) {
        if ((*o)[0] == name[0] && strcmp(*o, name) == 0) {
            return true;
        }
    }
    return false;
}

static void print_cut(struct bus_buf *out, size_t at)
{
    if (out->data != NULL && out->len > at) {
        memset(out->data + at, 0, out->len - at);
        out->len = at;
    }
}

/* What is not wanted is walked all the same, into a buffer that takes nothing.
 */
static int print_skip(struct printing *r, const struct bus_wire_schema *s)
{
    struct bus_buf nowhere = {.failed = true}, *out = r->out;
    r->out = &nowhere;
    int rc = print_value(r, s);
    r->out = out;
    return rc;
}

static bool print_masks(const struct printing *r, const char *pii)
{
    return r->mask && pii != NULL && !(r->facts && strcmp(pii, "fact") == 0);
}

static int print_record(struct printing *r, const struct bus_wire_schema *s)
{
    int rc = BUS_OK;
    bool first = true;
    bus_buf_putc(r->out, '{');
    for (size_t i = 0; rc == BUS_OK && i < s->count; i++) {
        const struct bus_wire_field *f = &s->fields[i];
        if (omitted(r, f->name)) {
            rc = print_skip(r, f->type);
            continue;
        }
        bus_buf_puts(r->out, first ? "\"" : ", \"");
        bus_buf_puts(r->out, f->name);
        bus_buf_put(r->out, "\": ", 3);
        size_t at = r->out->len;
        rc = print_value(r, f->type);
        first = false;
        bool null = r->out->len == at + 4 && r->out->data != NULL &&
                    memcmp(r->out->data + at, "null", 4) == 0;
        if (rc == BUS_OK && print_masks(r, f->pii) && !null) {
            print_cut(r->out, at);
            bus_buf_puts(r->out, strcmp(f->pii, "sealed") == 0 ? "\"(sealed)\""
                                                               : "\"***\"");
        }
    }
    bus_buf_putc(r->out, '}');
    return rc;
}

static int print_choice(struct printing *r, const struct bus_wire_schema *s)
{
    int64_t i = 0;
    int rc = print_number(r, &i);
    if (rc == BUS_OK && (i < 0 || (size_t)i >= s->count)) {
        rc = bus_fail(r->err, BUS_ERANGE, "%lld of %zu %s", (long long)i,
                      s->count,
                      s->kind == BUS_WIRE_ENUM ? "symbols" : "branches");
    }
    if (rc != BUS_OK) {
        return rc;
    }
    if (s->kind == BUS_WIRE_UNION) {
        return print_value(r, s->branches[i]);
    }
    bus_buf_putc(r->out, '"');
    bus_buf_puts(r->out, s->symbols[i]);
    bus_buf_putc(r->out, '"');
    return BUS_OK;
}

static int print_scalar(struct printing *r, const struct bus_wire_schema *s)
{
    int64_t n = 0;
    const uint8_t *p = NULL;
    int rc = BUS_OK;
    if (s->kind == BUS_WIRE_NULL) {
        bus_buf_puts(r->out, "null");
    } else if (s->kind == BUS_WIRE_BOOLEAN) {
        rc = print_take(r, 1, &p);
        bus_buf_puts(r->out, rc == BUS_OK && *p ? "true" : "false");
    } else if (s->kind == BUS_WIRE_INT || s->kind == BUS_WIRE_LONG) {
        rc = print_number(r, &n);
        decimal(r->out, n);
    } else {
        rc = floating(r, s->kind == BUS_WIRE_DOUBLE);
    }
    return rc;
}

static int print_value(struct printing *r, const struct bus_wire_schema *s)
{
    if (++r->depth > BUS_WIRE_DEPTH_MAX) {
        return bus_fail(r->err, BUS_ETOOBIG, "nested over %d",
                        BUS_WIRE_DEPTH_MAX);
    }
    int rc;
    switch (s->kind) {
    case BUS_WIRE_BYTES:
    case BUS_WIRE_STRING:
        rc = print_text(r, s->kind == BUS_WIRE_BYTES);
        break;
    case BUS_WIRE_FIXED:
        rc = print_fixed(r, s);
        break;
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        rc = blocks(r, s);
        break;
    case BUS_WIRE_RECORD:
        rc = print_record(r, s);
        break;
    case BUS_WIRE_ENUM:
    case BUS_WIRE_UNION:
        rc = print_choice(r, s);
        break;
    default:
        rc = print_scalar(r, s);
        break;
    }
    r->depth--;
    return rc;
}

static int print_whole(struct printing *r,
                       const struct bus_wire_schema *schema,
                       struct bus_strv bytes)
{
    r->p = (const uint8_t *)(bytes.p ? bytes.p : "");
    r->e = r->p + bytes.n;
    int rc = print_value(r, schema);
    if (rc == BUS_OK && r->p != r->e) {
        rc = bus_fail(r->err, BUS_EPARSE, "%zu bytes behind the value",
                      (size_t)(r->e - r->p));
    }
    if (rc == BUS_OK && r->out->failed) {
        rc = bus_fail(r->err, BUS_ENOMEM, "text of a value");
    }
    return rc;
}

int bus_wire_print(const struct bus_wire_schema *schema,
                   struct bus_strv bytes,
                   bool mask,
                   struct bus_buf *out,
                   struct bus_err *err)
{
    struct printing r = {.mask = mask, .out = out, .err = err};
    return print_whole(&r, schema, bytes);
}

int bus_wire_print_facts(const struct bus_wire_schema *schema,
                         struct bus_strv bytes,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    struct printing r = {.mask = true, .facts = true, .out = out, .err = err};
    return print_whole(&r, schema, bytes);
}

int bus_wire_print_without(const struct bus_wire_schema *schema,
                           struct bus_strv bytes,
                           const char *const *omit,
                           struct bus_buf *out,
                           struct bus_err *err)
{
    struct printing r = {.mask = true, .omit = omit, .out = out, .err = err};
    return print_whole(&r, schema, bytes);
}
