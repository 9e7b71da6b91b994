/* Reads lines `writer <tab> reader <tab> hex` and answers each with `ok <hex>`
 * (the value as the reader's own bytes) or `error <why>`.
 *
 * The C layout of the reader is laid out here at run time, so that any schema
 * can be tried without the generator. Roots are records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/wire/codec.h"

static struct bus_arena lay_mem;

static const struct bus_wire_schema *some(const struct bus_wire_schema *s)
{
    if (s->kind != BUS_WIRE_UNION || s->count != 2) {
        return NULL;
    }
    return s->branches[0]->kind == BUS_WIRE_NULL   ? s->branches[1]
           : s->branches[1]->kind == BUS_WIRE_NULL ? s->branches[0]
                                                   : NULL;
}

static uint32_t
lay(const struct bus_wire_schema *s, uint32_t at, struct bus_wire_slot *to);

static uint32_t lay_parts(const struct bus_wire_schema *s,
                          uint32_t at,
                          struct bus_wire_slot *to)
{
    struct bus_wire_slot *sub =
        bus_arena_calloc(&lay_mem, s->count + 1, sizeof(*sub));
    bool record = s->kind == BUS_WIRE_RECORD;
    uint32_t start = s->kind == BUS_WIRE_UNION ? 8
                     : s->kind == BUS_WIRE_MAP ? sizeof(struct bus_strv)
                                               : 0;
    uint32_t end = start;
    for (size_t i = 0; i < s->count; i++) {
        uint32_t e = lay(record ? s->fields[i].type : s->branches[i],
                         record ? end : start, &sub[i]);
        end = e > end ? e : end;
    }
    to->sub = sub;
    if (s->kind == BUS_WIRE_ARRAY || s->kind == BUS_WIRE_MAP) {
        to->size = end > 0 ? end : 8;
        return at + 16;
    }
    return at + end;
}

/* Puts a value at `at`; returns the first offset behind it. */
static uint32_t
lay(const struct bus_wire_schema *s, uint32_t at, struct bus_wire_slot *to)
{
    *to = (struct bus_wire_slot){at, BUS_WIRE_NO_HAS, 0, NULL};
    const struct bus_wire_schema *t = some(s);
    if (t != NULL) {
        uint32_t end = lay(t, at, to);
        to->has_offset = end;
        return end + 8;
    }
    switch (s->kind) {
    case BUS_WIRE_STRING:
    case BUS_WIRE_BYTES:
        return at + 16;
    case BUS_WIRE_FIXED:
        return at + ((uint32_t)s->count + 7) / 8 * 8;
    case BUS_WIRE_RECORD:
    case BUS_WIRE_UNION:
    case BUS_WIRE_ARRAY:
    case BUS_WIRE_MAP:
        return lay_parts(s, at, to);
    default:
        return at + 8;
    }
}

static int turn(const struct bus_wire_schema *writer,
                const struct bus_wire_schema *reader,
                const char *reader_json,
                struct bus_strv bytes,
                struct bus_buf *out,
                struct bus_err *err)
{
    struct bus_wire_slot top;
    struct bus_wire_runtime *runtime = NULL;
    uint32_t size = lay(reader, 0, &top);
    struct bus_wire_type type = {"reader",        reader_json, 0,
                                 size ? size : 8, top.sub,     &runtime};
    struct bus_wire_plan *plan = NULL;
    struct bus_arena mem;
    void *record = NULL;
    bus_arena_init(&mem, 0, 16u << 20);
    int rc = bus_wire_plan_new(writer, &type, &plan, err);
    rc = rc == BUS_OK ? bus_wire_plan_decode(plan, bytes, &mem, &record, err)
                      : rc;
    rc = rc == BUS_OK ? bus_wire_encode_buf(&type, record, out, err) : rc;
    bus_wire_plan_free(plan);
    bus_arena_fini(&mem);
    return rc;
}

static size_t unhex(char *s)
{
    size_t n = 0;
    for (unsigned v = 0; sscanf(s + 2 * n, "%2x", &v) == 1; n++) {
        s[n] = (char)v;
    }
    return n;
}

static void answer(const char *w, const char *r, struct bus_strv bytes)
{
    struct bus_wire_set *a = bus_wire_set_new(), *b = bus_wire_set_new();
    const struct bus_wire_schema *ws = NULL, *rs = NULL;
    struct bus_buf out = {0};
    struct bus_err err = {0};
    int rc = bus_wire_set_parse(a, bus_strv(w), &ws, &err);
    rc = rc == BUS_OK ? bus_wire_set_parse(b, bus_strv(r), &rs, &err) : rc;
    rc = rc == BUS_OK ? turn(ws, rs, r, bytes, &out, &err) : rc;
    if (rc != BUS_OK) {
        (void)printf("error %s\n", err.msg);
    } else {
        (void)printf("ok ");
        for (size_t i = 0; i < out.len; i++) {
            (void)printf("%02x", out.data[i]);
        }
        (void)printf("\n");
    }
    bus_buf_fini(&out);
    bus_wire_set_free(a);
    bus_wire_set_free(b);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        char *rest = line, *w = strsep(&rest, "\t\n");
        char *r = strsep(&rest, "\t\n");
        char *hex = strsep(&rest, "\t\n");
        if (r == NULL || hex == NULL) {
            return 2;
        }
        bus_arena_init(&lay_mem, 0, 0);
        size_t n = unhex(hex);
        answer(w, r, (struct bus_strv){hex, n});
        bus_arena_fini(&lay_mem);
    }
    free(line);
    return 0;
}
