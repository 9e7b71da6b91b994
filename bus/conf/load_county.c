/* Villages, stations, operators, seals from CSV.
 *
 * - villages are sorted by code; stations are made from the mapping file
 * - a row that is wrong is a fault and left out */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/conf/bus_config.h"
#include "bus/conf/file.h"
#include "bus/conf/load.h"

#define VILLAGES_MAX  20000
#define STATIONS_MAX  4000
#define OPERATORS_MAX 100000
#define SEALS_MAX     10000

struct reader
{
    struct bus_config *c;
    struct bus_faults *faults;
    size_t cap;
};

/* For one more, of n so far; what has no room is a fault at its row. */
static bool load_county_room(const struct reader *x,
                             const struct bus_csv_row *r,
                             const char *what,
                             size_t n)
{
    if (n == x->cap) {
        bus_faults_add(x->faults, r->at, what, "more than %zu rows", x->cap);
    }
    return n < x->cap;
}

static void on_village(void *data, const struct bus_csv_row *r)
{
    struct reader *x = data;
    struct bus_config *c = x->c;
    bool community = strcmp(r->cell[4], "community") == 0;
    if (!bus_conf_load_digits(r->cell[0], 12) ||
        !bus_conf_load_digits(r->cell[2], 9) ||
        strncmp(r->cell[0], r->cell[2], 9) != 0) {
        bus_faults_add(x->faults, r->at, "code",
                       "found '%.20s' in town '%.20s'; must be 12 digits that "
                       "begin with the town's 9",
                       r->cell[0], r->cell[2]);
    } else if (c->county.code && strncmp(r->cell[0], c->county.code, 6) != 0) {
        bus_faults_add(x->faults, r->at, "code", "'%s' is not in the county %s",
                       r->cell[0], c->county.code);
    } else if (!community && strcmp(r->cell[4], "village") != 0) {
        bus_faults_add(x->faults, r->at, "kind",
                       "found '%.20s'; must be community | village",
                       r->cell[4]);
    } else if (load_county_room(x, r, "villages", c->villages_count)) {
        c->villages[c->villages_count++] = (struct bus_village){
            .code = r->cell[0],
            .name = r->cell[1],
            .town_code = r->cell[2],
            .town = r->cell[3],
            .community = community,
            .at = r->at,
        };
    }
}

static int village_cmp(const void *a, const void *b)
{
    const struct bus_village *x = a, *y = b;
    return strcmp(x->code, y->code);
}

/* The station of that code, made when new. Rows come station by station, so
 * the last one is looked at first. */
static struct bus_station *station_of(struct reader *x,
                                      const struct bus_csv_row *r)
{
    struct bus_config *c = x->c;
    for (size_t i = c->stations_count; i > 0; i--) {
        struct bus_station *s = &c->stations[i - 1];
        if (strcmp(s->code, r->cell[1]) == 0) {
            return s;
        }
    }
    if (c->stations_count == x->cap) {
        return NULL;
    }
    struct bus_station *s = &c->stations[c->stations_count++];
    *s = (struct bus_station){.code = r->cell[1], .name = r->cell[2]};
    return s;
}

static void on_station(void *data, const struct bus_csv_row *r)
{
    struct reader *x = data;
    struct bus_village key = {.code = r->cell[0]};
    struct bus_village *v = bsearch(&key, x->c->villages, x->c->villages_count,
                                    sizeof *x->c->villages, village_cmp);
    struct bus_station *s = station_of(x, r);
    if (!v) {
        bus_faults_add(x->faults, r->at, "village",
                       "'%.20s' is no village of divisions", r->cell[0]);
    } else if (!s) {
        bus_faults_add(x->faults, r->at, "station", "more than %d stations",
                       STATIONS_MAX);
    } else if (v->station) {
        bus_faults_add(x->faults, r->at, "village",
                       "%s has the station %s already", v->code,
                       v->station->code);
    } else {
        if (s->town_code && strcmp(s->town_code, v->town_code) != 0) {
            bus_faults_add(x->faults, r->at, "station",
                           "%s serves villages of two towns", s->code);
        }
        v->station = s;
        s->town_code = v->town_code;
        s->villages++;
    }
}

void bus_conf_load_county(struct bus_config *c, struct bus_faults *faults)
{
    struct reader x = {c, faults, VILLAGES_MAX};
    const char *code = c->county.code ? c->county.code : "county";
    char *name = bus_arena_printf(&c->mem, "divisions/%s.csv", code);
    char *villages = name ? bus_conf_load_path(c, name) : NULL;
    char *stations = bus_conf_load_path(c, "divisions/stations.csv");
    c->villages = bus_arena_calloc(&c->mem, VILLAGES_MAX, sizeof *c->villages);
    c->stations = bus_arena_calloc(&c->mem, STATIONS_MAX, sizeof *c->stations);
    if (!villages || !stations || !c->villages || !c->stations) {
        faults->out_of_memory = true;
        return;
    }
    bus_conf_csv_read(&c->mem, villages, "code,name,town_code,town,kind",
                      on_village, &x, faults);
    qsort(c->villages, c->villages_count, sizeof *c->villages, village_cmp);
    for (size_t i = 1; i < c->villages_count; i++) {
        if (strcmp(c->villages[i - 1].code, c->villages[i].code) == 0) {
            bus_faults_add(faults, c->villages[i].at, "code",
                           "'%s' is there twice", c->villages[i].code);
        }
    }
    x.cap = STATIONS_MAX;
    bus_conf_csv_read(&c->mem, stations, "village,station,station_name",
                      on_station, &x, faults);
}

static void on_operator(void *data, const struct bus_csv_row *r)
{
    struct reader *x = data;
    struct bus_operator o = {
        .id = r->cell[0],
        .name = r->cell[1],
        .org = r->cell[2],
        .role = r->cell[3],
        .to_day = INT32_MAX,
        .at = r->at,
    };
    bool dates =
        bus_date_parse(bus_strv(r->cell[4]), &o.from_day) &&
        (!r->cell[5][0] || bus_date_parse(bus_strv(r->cell[5]), &o.to_day));
    if (!o.id[0] || !o.name[0] || !o.org[0] || !o.role[0]) {
        bus_faults_add(x->faults, r->at, "operators",
                       "id, name, org and role must be there");
    } else if (!dates || o.to_day < o.from_day) {
        bus_faults_add(x->faults, r->at, "from",
                       "found '%.20s' to '%.20s'; must be dates, the last one "
                       "may be empty",
                       r->cell[4], r->cell[5]);
    } else if (load_county_room(x, r, "operators", x->c->operators_count)) {
        x->c->operators[x->c->operators_count++] = o;
    }
}

static int operator_cmp(const void *a, const void *b)
{
    const struct bus_operator *x = a, *y = b;
    int c = strcmp(x->id, y->id);
    return c ? c : (x->from_day > y->from_day) - (x->from_day < y->from_day);
}

void bus_conf_load_operators(struct bus_config *c, struct bus_faults *faults)
{
    struct bus_strv text;
    char *path = bus_conf_load_path(c, "operators.csv");
    if (!path) {
        faults->out_of_memory = true;
        return;
    }
    size_t rows = 1;
    if (!bus_conf_slurp(&c->mem, path, 64u << 20, &text, faults)) {
        return;
    }
    for (size_t i = 0; i < text.n; i++) {
        rows += text.p[i] == '\n';
    }
    struct reader x = {c, faults, rows < OPERATORS_MAX ? rows : OPERATORS_MAX};
    c->operators = bus_arena_calloc(&c->mem, x.cap, sizeof *c->operators);
    if (!c->operators) {
        faults->out_of_memory = true;
        return;
    }
    bus_conf_csv_read(&c->mem, path, "id,name,org,role,from,to", on_operator,
                      &x, faults);
    qsort(c->operators, c->operators_count, sizeof *c->operators, operator_cmp);
}

static bool instant(const char *cell, int64_t *ret_ms)
{
    *ret_ms = INT64_MAX;
    return cell[0] == '\0' || bus_time_parse(bus_strv(cell), ret_ms);
}

static void on_seal(void *data, const struct bus_csv_row *r)
{
    struct reader *x = data;
    struct bus_seal s = {.id = r->cell[0], .org = r->cell[1], .at = r->at};
    bool times = instant(r->cell[2], &s.from_ms) && r->cell[2][0] != '\0' &&
                 instant(r->cell[3], &s.expires_ms) &&
                 instant(r->cell[4], &s.suspended_ms) &&
                 instant(r->cell[5], &s.revoked_ms);
    if (!s.id[0] || !s.org[0]) {
        bus_faults_add(x->faults, r->at, "seals", "id and org must be there");
    } else if (!times || s.expires_ms <= s.from_ms) {
        bus_faults_add(x->faults, r->at, "from",
                       "found '%.32s' to '%.32s', '%.32s', '%.32s'; must be "
                       "instants as 2020-11-19T10:00:00+08:00, all but the "
                       "first may be empty",
                       r->cell[2], r->cell[3], r->cell[4], r->cell[5]);
    } else if (load_county_room(x, r, "seals", x->c->seals_count)) {
        x->c->seals[x->c->seals_count++] = s;
    }
}

static int seal_cmp(const void *a, const void *b)
{
    const struct bus_seal *x = a, *y = b;
    return strcmp(x->id, y->id);
}

void bus_conf_load_seals(struct bus_config *c, struct bus_faults *faults)
{
    struct reader x = {c, faults, SEALS_MAX};
    char *path = bus_conf_load_path(c, "seals.csv");
    if (path != NULL && access(path, F_OK) != 0) {
        return; /* the county keeps no register here */
    }
    c->seals = bus_arena_calloc(&c->mem, SEALS_MAX, sizeof *c->seals);
    if (path == NULL || c->seals == NULL) {
        faults->out_of_memory = true;
        return;
    }
    bus_conf_csv_read(&c->mem, path, "id,org,from,expires,suspended,revoked",
                      on_seal, &x, faults);
    qsort(c->seals, c->seals_count, sizeof *c->seals, seal_cmp);
    for (size_t i = 1; i < c->seals_count; i++) {
        if (strcmp(c->seals[i - 1].id, c->seals[i].id) == 0) {
            bus_faults_add(faults, c->seals[i].at, "id", "'%s' is there twice",
                           c->seals[i].id);
        }
    }
}
