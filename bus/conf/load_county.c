/* Villages, stations, operators from CSV.
 *
 * - villages are sorted by code; stations are made from the mapping file
 * - a row that is wrong is a fault and left out */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/conf/bus_config.h"
#include "bus/conf/file.h"
#include "bus/conf/load.h"

#define VILLAGES_MAX  20000
#define STATIONS_MAX  4000
#define OPERATORS_MAX 100000

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
        bus_date_parse(bus_strv(r->cell[5]), &o.from_day) &&
        (!r->cell[6][0] || bus_date_parse(bus_strv(r->cell[6]), &o.to_day));
    if (!o.id[0] || !o.name[0] || !o.org[0] || !o.role[0]) {
        bus_faults_add(x->faults, r->at, "operators",
                       "id, name, org and role must be there");
    } else if (!dates || o.to_day < o.from_day) {
        bus_faults_add(x->faults, r->at, "from",
                       "found '%.20s' to '%.20s'; must be dates, the last one "
                       "may be empty",
                       r->cell[5], r->cell[6]);
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
    char *path = c->registers != NULL
                     ? bus_conf_join(&c->mem, c->registers, "operators.csv")
                     : bus_conf_load_path(c, "registers/operators.csv");
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
    bus_conf_csv_read(&c->mem, path, "id,name,org,role,limit_fen,from,to",
                      on_operator, &x, faults);
    qsort(c->operators, c->operators_count, sizeof *c->operators, operator_cmp);
}
