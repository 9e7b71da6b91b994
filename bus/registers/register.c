/* The whole: made from texts, asked for rows by code and day. */
#include "bus/registers/registers_parts.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/wire/crypt.h"

#define REGISTER_BYTES_MAX (256u << 20)

/* A NUL ends each text: none has one within. */
static void make_version(struct bus_register *r,
                         const struct bus_register_sources *s)
{
    const struct bus_strv end = {"", 1};
    const struct bus_strv texts[] = {
        s->organisations.text, end, s->operators.text, end,
        s->delegations.text,   end, s->seals.text,     end,
        s->partner_keys.text,  end};
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    bus_wire_sha256_parts(texts, sizeof(texts) / sizeof(texts[0]), hash);
    for (size_t i = 0; i < sizeof(r->version) / 2; i++) {
        (void)snprintf(r->version + 2 * i, 3, "%02x", hash[i]);
    }
}

struct bus_register *
bus_registers_new(const struct bus_register_sources *sources,
                  struct bus_faults *faults)
{
    struct bus_register *r = bus_calloc(1, sizeof(*r));
    if (r == NULL) {
        faults->out_of_memory = true;
        return NULL;
    }
    bus_arena_init(&r->mem, 0, REGISTER_BYTES_MAX);
    make_version(r, sources);
    registers_read(r, sources, faults);
    if (!faults->out_of_memory) {
        registers_check(r, sources, faults);
    }
    if (!bus_faults_none(faults)) {
        bus_registers_free(r);
        return NULL;
    }
    return r;
}

void bus_registers_free(struct bus_register *r)
{
    if (r != NULL) {
        bus_arena_fini(&r->mem);
        bus_free(r);
    }
}

const char *bus_registers_version(const struct bus_register *r)
{
    return r->version;
}

struct bus_register_counts bus_registers_counts(const struct bus_register *r)
{
    return r->counts;
}

/* The first of the sorted rows whose text is not below `code`. */
static size_t lower_bound(const void *rows,
                          size_t n,
                          size_t size,
                          const char *(*text)(const void *row),
                          struct bus_strv code)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const char *at = (const char *)rows + mid * size;
        if (bus_strv_cmp(bus_strv(text(at)), code) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static const char *code_of_organisation(const void *row)
{
    return ((const struct register_organisation *)row)->o.code;
}

static const char *id_of_operator(const void *row)
{
    return ((const struct register_operator *)row)->o.id;
}

static const char *village_of_assistant(const void *row)
{
    return (*(const struct register_operator *const *)row)->o.org;
}

const struct register_organisation *
registers_organisation_any(const struct bus_register *r, struct bus_strv code)
{
    size_t i =
        lower_bound(r->organisations, r->counts.organisations,
                    sizeof(*r->organisations), code_of_organisation, code);
    return i < r->counts.organisations &&
                   bus_strv_is(code, r->organisations[i].o.code)
               ? &r->organisations[i]
               : NULL;
}

const struct bus_register_organisation *
bus_registers_organisation(const struct bus_register *r,
                           struct bus_strv code,
                           int32_t day)
{
    const struct register_organisation *o = registers_organisation_any(r, code);
    const struct register_organisation *end =
        r->organisations + r->counts.organisations;
    for (; o != NULL && o < end && bus_strv_is(code, o->o.code); o++) {
        if (day >= o->o.from_day && day <= o->o.to_day) {
            return &o->o;
        }
    }
    return NULL;
}

const struct bus_register_operator *
bus_registers_operator(const struct bus_register *r,
                       struct bus_strv id,
                       int32_t day)
{
    size_t i = lower_bound(r->operators, r->counts.operators,
                           sizeof(*r->operators), id_of_operator, id);
    for (; i < r->counts.operators && bus_strv_is(id, r->operators[i].o.id);
         i++) {
        const struct bus_register_operator *o = &r->operators[i].o;
        if (day >= o->from_day && day <= o->to_day) {
            return o;
        }
    }
    return NULL;
}

const struct bus_register_operator *
bus_registers_assistant(const struct bus_register *r,
                        struct bus_strv village,
                        int32_t day)
{
    const struct bus_register_operator *found = NULL;
    size_t i =
        lower_bound(r->assistants, r->assistant_count, sizeof(*r->assistants),
                    village_of_assistant, village);
    for (; i < r->assistant_count &&
           bus_strv_is(village, r->assistants[i]->o.org);
         i++) {
        const struct bus_register_operator *o = &r->assistants[i]->o;
        if (day >= o->from_day && day <= o->to_day) {
            BUS_CHECK(found == NULL); /* exactly one: register_check.c */
            found = o;
        }
    }
    return found;
}
