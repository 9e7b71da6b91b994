/* Reads lines `writer <tab> reader <tab> hex` and answers each with `ok <hex>`
 * (the value as the reader's own bytes) or `error <why>`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/lay.h"

static struct bus_arena lay_mem;

static int turn(const struct bus_wire_schema *writer,
                const struct bus_wire_schema *reader,
                const char *reader_json,
                struct bus_strv bytes,
                struct bus_buf *out,
                struct bus_err *err)
{
    struct bus_wire_type type = {0};
    struct bus_wire_runtime *runtime = NULL;
    struct bus_wire_plan *plan = NULL;
    struct bus_arena mem;
    void *record = NULL;
    bus_arena_init(&mem, 0, 16u << 20);
    int rc = lay_type(reader, reader_json, &lay_mem, &runtime, &type)
                 ? bus_wire_plan_new(writer, &type, &plan, err)
                 : bus_fail(err, BUS_ETOOBIG, "no layout");
    if (rc == BUS_OK) {
        rc = bus_wire_plan_decode(plan, bytes, &mem, &record, err);
    }
    if (rc == BUS_OK) {
        rc = bus_wire_encode_buf(&type, record, out, err);
    }
    bus_wire_plan_free(plan);
    bus_wire_type_drop(&type);
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
    if (rc == BUS_OK) {
        rc = bus_wire_set_parse(b, bus_strv(r), &rs, &err);
    }
    if (rc == BUS_OK) {
        rc = turn(ws, rs, r, bytes, &out, &err);
    }
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
