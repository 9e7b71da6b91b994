/* What several rows say together: codes that stand twice, names without a row,
 * places as people, assistants of villages.
 *
 * - an assistant's days follow one upon the other without gap or overlap, and
 *   the last ones have no end: who comes next stands in the register before
 *   the one who goes does (S55) */
#include "bus/registers/registers_parts.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/hash.h"

struct checking
{
    struct bus_register *r;
    const struct bus_register_sources *sources;
    struct bus_faults *faults;
    struct bus_map places; /* full names of villages, towns, organisations */
};

static const struct bus_village *village_coded(const struct checking *x,
                                               struct bus_strv code)
{
    size_t lo = 0, hi = x->sources->village_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = bus_strv_cmp(bus_strv(x->sources->villages[mid].code), code);
        if (c == 0) {
            return &x->sources->villages[mid];
        }
        lo = c < 0 ? mid + 1 : lo;
        hi = c < 0 ? hi : mid;
    }
    return NULL;
}

/* A station or a town is one that some village names. */
static bool is_division(const struct checking *x, const char *code)
{
    if (x->sources->county != NULL && strcmp(code, x->sources->county) == 0) {
        return true;
    }
    for (size_t i = 0; i < x->sources->village_count; i++) {
        const struct bus_village *v = &x->sources->villages[i];
        if (strcmp(v->code, code) == 0 || strcmp(v->town_code, code) == 0 ||
            (v->station != NULL && strcmp(v->station->code, code) == 0)) {
            return true;
        }
    }
    return false;
}

static bool org_there(const struct checking *x, const char *code)
{
    return registers_organisation_any(x->r, bus_strv(code)) != NULL ||
           is_division(x, code);
}

static void need_org(const struct checking *x,
                     struct bus_place at,
                     const char *column,
                     const char *code)
{
    if (!org_there(x, code)) {
        bus_faults_add(x->faults, at, column,
                       "'%.40s' is no organisation of the register and no "
                       "division of the county / 登记簿与区划中无此机构",
                       code);
    }
}

static void
tell_twice(const struct checking *x, struct bus_place at, const char *code)
{
    bus_faults_add(x->faults, at, "id", "'%.40s' is there twice / 重复", code);
}

/* Two rows of one code may follow each other in time, never overlap. */
static void check_organisations(struct checking *x)
{
    const struct bus_register *r = x->r;
    for (size_t i = 0; i < r->counts.organisations; i++) {
        const struct register_organisation *o = &r->organisations[i];
        if (i > 0 && strcmp(o[-1].o.code, o->o.code) == 0 &&
            o->o.from_day <= o[-1].o.to_day) {
            tell_twice(x, o->at, o->o.code);
        }
        if (o->o.parent[0] != '\0') {
            need_org(x, o->at, "parent", o->o.parent);
        }
    }
}

static bool keep_place(struct checking *x, const char *name)
{
    static char is_there;
    return bus_map_put(&x->places, bus_strv(name), &is_there) == BUS_OK;
}

static void collect_places(struct checking *x)
{
    bool ok = true;
    for (size_t i = 0; i < x->r->counts.organisations; i++) {
        ok = ok && keep_place(x, x->r->organisations[i].o.name_zh);
    }
    for (size_t i = 0; i < x->sources->village_count; i++) {
        ok = ok && keep_place(x, x->sources->villages[i].name) &&
             keep_place(x, x->sources->villages[i].town);
    }
    if (!ok) {
        x->faults->out_of_memory = true;
    }
}

/* Is the name the village's own without what a village is called? */
static bool is_stem(const struct bus_village *v, const char *name)
{
    static const char *const ends[] = {"村委会", "村民委员会", "居委会",
                                       "社区居民委员会"};
    size_t n = strlen(name);
    for (size_t i = 0; v != NULL && i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strncmp(v->name, name, n) == 0 &&
            strcmp(v->name + n, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void check_person(struct checking *x, size_t i)
{
    const struct register_operator *o = &x->r->operators[i];
    const struct bus_village *v = village_coded(x, bus_strv(o->o.org));
    need_org(x, o->at, "org", o->o.org);
    if (bus_map_get(&x->places, bus_strv(o->o.name)) != NULL ||
        is_stem(v, o->o.name)) {
        bus_faults_add(x->faults, o->at, "name",
                       "'%.40s' is the name of a place, no person's (S41) / "
                       "地名或机构名不是人名",
                       o->o.name);
    }
    bool assistant = bus_registers_has_role(&o->o, "assistant");
    if (assistant && v == NULL) {
        bus_faults_add(x->faults, o->at, "org",
                       "an assistant is of a village; '%.40s' is none / "
                       "民政助理员须属于某村",
                       o->o.org);
    } else if (assistant) {
        x->r->assistants[x->r->assistant_count++] = o;
    }
    if (i == 0 || strcmp(o[-1].o.id, o->o.id) != 0) {
        return;
    }
    if (strcmp(o[-1].o.name, o->o.name) != 0) {
        bus_faults_add(x->faults, o->at, "name",
                       "'%.40s' is '%.40s' in another row / 同一编号姓名不一",
                       o->o.id, o[-1].o.name);
    } else if (o->o.from_day <= o[-1].o.to_day) {
        bus_faults_add(x->faults, o->at, "from",
                       "'%.40s' has another row for that day / 任期重叠",
                       o->o.id);
    }
}

static int by_village(const void *a, const void *b)
{
    const struct bus_register_operator *x =
        &(*(const struct register_operator *const *)a)->o;
    const struct bus_register_operator *y =
        &(*(const struct register_operator *const *)b)->o;
    int c = strcmp(x->org, y->org);
    return c != 0 ? c
                  : (x->from_day > y->from_day) - (x->from_day < y->from_day);
}

static void check_persons(struct checking *x)
{
    struct bus_register *r = x->r;
    r->assistants = bus_arena_calloc(&r->mem, r->counts.operators + 1,
                                     sizeof(*r->assistants));
    if (r->assistants == NULL) {
        x->faults->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < r->counts.operators; i++) {
        check_person(x, i);
    }
    qsort(r->assistants, r->assistant_count, sizeof(*r->assistants),
          by_village);
}

/* Between two assistants of one village; next NULL: after the last. */
static void check_change(struct checking *x,
                         const struct register_operator *a,
                         const struct register_operator *next)
{
    char from[BUS_DATE_TEXT + 1], to[BUS_DATE_TEXT + 1];
    int64_t first_free = (int64_t)a->o.to_day + 1;
    if (next == NULL) {
        if (a->o.to_day != INT32_MAX) {
            bus_faults_add(
                x->faults, a->at, "to",
                "%s has no assistant from %s on (S55) / 此后无民政助理员",
                a->o.org, bus_date_text((int32_t)first_free, from));
        }
    } else if (next->o.from_day > first_free) {
        bus_faults_add(x->faults, next->at, "from",
                       "%s has no assistant from %s to %s (S55) / "
                       "其间无民政助理员",
                       a->o.org, bus_date_text((int32_t)first_free, from),
                       bus_date_text(next->o.from_day - 1, to));
    } else if (next->o.from_day < first_free) {
        bus_faults_add(x->faults, next->at, "from",
                       "%s has two assistants from %s on: %s and %s (S55) / "
                       "同时有两名民政助理员",
                       a->o.org, bus_date_text(next->o.from_day, from), a->o.id,
                       next->o.id);
    }
}

static void check_assistants(struct checking *x)
{
    const struct bus_register *r = x->r;
    size_t a = 0;
    for (size_t i = 0; i < x->sources->village_count; i++) {
        const struct bus_village *v = &x->sources->villages[i];
        size_t first = a;
        while (a < r->assistant_count &&
               strcmp(r->assistants[a]->o.org, v->code) == 0) {
            bool last = a + 1 == r->assistant_count ||
                        strcmp(r->assistants[a + 1]->o.org, v->code) != 0;
            check_change(x, r->assistants[a],
                         last ? NULL : r->assistants[a + 1]);
            a++;
        }
        if (a == first) {
            bus_faults_add(
                x->faults, (struct bus_place){x->sources->operators.file, 0, 0},
                "operators", "%s %s has no assistant (S55) / 无民政助理员",
                v->code, v->name);
        }
    }
}

static void check_others(struct checking *x)
{
    const struct bus_register *r = x->r;
    for (size_t i = 0; i < r->counts.delegations; i++) {
        const struct register_delegation *d = &r->delegations[i];
        need_org(x, d->at, "giver", d->giver);
        need_org(x, d->at, "taker", d->taker);
        for (size_t k = 0; k < d->towns.n; k++) {
            need_org(x, d->at, "towns", d->towns.v[k]);
        }
    }
    for (size_t i = 0; i < r->counts.seals; i++) {
        const struct register_seal *s = &r->seals[i];
        need_org(x, s->at, "org", s->org);
        if (i > 0 && strcmp(s[-1].id, s->id) == 0) {
            tell_twice(x, s->at, s->id);
        }
        if (s->operator_id[0] != '\0' &&
            bus_registers_operator(r, bus_strv(s->operator_id),
                                   bus_china_day(s->from_ms)) == NULL) {
            bus_faults_add(x->faults, s->at, "operator",
                           "'%.40s' is no operator on its first day / "
                           "启用当日无此经办人",
                           s->operator_id);
        }
    }
    for (size_t i = 0; i < r->counts.partner_keys; i++) {
        const struct register_key *k = &r->keys[i];
        need_org(x, k->at, "partner", k->partner);
        if (i > 0 && strcmp(k[-1].id, k->id) == 0) {
            tell_twice(x, k->at, k->id);
        }
    }
}

void registers_check(struct bus_register *r,
                     const struct bus_register_sources *sources,
                     struct bus_faults *faults)
{
    struct checking x = {.r = r, .sources = sources, .faults = faults};
    collect_places(&x);
    check_organisations(&x);
    check_persons(&x);
    check_assistants(&x);
    check_others(&x);
    bus_map_fini(&x.places);
}
