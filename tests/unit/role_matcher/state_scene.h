/* A household's state in parts, recorded and opened. */
#ifndef TESTS_UNIT_ROLE_MATCHER_STATE_SCENE_H
#define TESTS_UNIT_ROLE_MATCHER_STATE_SCENE_H

#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/role/types.h"
#include "consumers/matcher/state_parts.h"
#include "schemas/household_assignment.h"

static struct bus_arena mem;
static struct bus_err err;
static struct matcher_names names;
static struct bus_wire_registry *schemas;

static inline int setup(void **state)
{
    (void)state;
    bus_arena_init(&mem, 0, 0);
    matcher_names_init(&names);
    schemas = bus_role_types_registry();
    assert_non_null(schemas);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    bus_wire_registry_free(schemas);
    matcher_names_fini(&names);
    bus_arena_fini(&mem);
    return 0;
}

/* Written by the program before: a generated family, its case in hand. */
static inline struct bus_strv recorded(void)
{
    char path[600];
    const char *source = getenv("LIANOU_SOURCE");
    (void)snprintf(path, sizeof(path),
                   "%s/tests/unit/role_matcher/states/household_state.98.bin",
                   source ? source : ".");
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *p = bus_arena_alloc(&mem, 1 << 16);
    size_t n = fread(p, 1, 1 << 16, f);
    assert_int_equal(fclose(f), 0);
    assert_true(n > 1000 && n < 1 << 16);
    return (struct bus_strv){p, n};
}

static inline struct matcher_parted parted(void)
{
    return (struct matcher_parted){
        .schemas = schemas, .names = &names, .mem = &mem};
}

static inline void ok(int rc)
{
    if (rc != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

/* As bytes of the form before, so that all fields are compared. */
static inline struct bus_strv as_before(const struct sa_household_state *st)
{
    struct bus_strv bytes;
    ok(bus_wire_encode_framed(&sa_household_state_type, st, &mem, &bytes,
                              &err));
    return bytes;
}

static inline void open_before(struct matcher_parted *h,
                               struct sa_household_state *st)
{
    struct bus_strv old = recorded();
    struct bus_id id;
    memcpy(id.b, old.p + BUS_WIRE_FRAME_BYTES, sizeof(id.b));
    *h = parted();
    ok(matcher_parts_set(&h->parts, MATCHER_PART_CASE, old, &mem, &err));
    ok(matcher_parted_open(h, &id, st, &err));
    assert_true(h->before && h->facts_there);
}

/* The facts come in another order: known words first. */

#endif
