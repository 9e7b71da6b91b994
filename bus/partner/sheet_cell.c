/* From documents to cells and back. */
#include "bus/partner/sheet_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/ids.h"

#define PLACE_MAX  64
#define FEN_MAX    INT64_C(100000000000)
#define MONEY_TEXT 32

struct bus_id partner_sheet_note(const struct sheet *s,
                                 const struct bus_id *event,
                                 struct bus_strv what)
{
    BUS_CHECK(!bus_id_is_nil(event));
    return bus_wire_answer_id(bus_strv(s->partner->code), "sheet_row", event,
                              true, what);
}

/* The name behind *p's slash; *p goes on behind it. */
static const char *place_step(const char **p, char to[PLACE_MAX])
{
    BUS_CHECK(**p == '/');
    const char *from = *p + 1;
    size_t n = strcspn(from, "/");
    (void)bus_strv_copy(to, PLACE_MAX, (struct bus_strv){from, n});
    *p = from + n;
    return to;
}

json_t *partner_sheet_at(json_t *doc, const char *place)
{
    char name[PLACE_MAX];
    while (doc != NULL && *place != '\0') {
        doc = json_object_get(doc, place_step(&place, name));
    }
    return doc;
}

bool partner_sheet_put(json_t *doc, const char *place, json_t *value)
{
    char name[PLACE_MAX];
    BUS_CHECK(json_is_object(doc));
    (void)place_step(&place, name);
    while (*place != '\0') {
        json_t *in = json_object_get(doc, name);
        if (in == NULL) {
            in = json_object();
            if (json_object_set_new(doc, name, in) != 0) {
                json_decref(value);
                return false;
            }
        }
        doc = in;
        (void)place_step(&place, name);
    }
    return json_object_set_new(doc, name, value) == 0;
}

const char *partner_sheet_text_at(json_t *doc, const char *place)
{
    BUS_CHECK(place[0] == '/');
    const char *text = json_string_value(partner_sheet_at(doc, place));
    return text != NULL ? text : "";
}

struct bus_strv partner_sheet_trim(struct bus_strv s)
{
    static const char wide[] = "\xe3\x80\x80"; /* an ideographic space */
    for (bool more = true; more;) {
        more = false;
        if (s.n > 0 && strchr(" \t\r\n", s.p[0]) != NULL) {
            s = (struct bus_strv){s.p + 1, s.n - 1};
            more = true;
        } else if (s.n >= 3 && memcmp(s.p, wide, 3) == 0) {
            s = (struct bus_strv){s.p + 3, s.n - 3};
            more = true;
        }
        if (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL) {
            s.n--;
            more = true;
        } else if (s.n >= 3 && memcmp(s.p + s.n - 3, wide, 3) == 0) {
            s.n -= 3;
            more = true;
        }
    }
    return s;
}

/* A spreadsheet keeps 812.3 as a number of 17 digits at most: what is no whole
 * number of fen by more than that is refused. */
bool partner_sheet_money(struct bus_strv s, int64_t *ret_fen)
{
    char text[MONEY_TEXT];
    size_t n = 0;
    BUS_CHECK(ret_fen != NULL);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ',') {
            continue;
        }
        if (strchr("0123456789.Ee+-", s.p[i]) == NULL || s.p[0] == '-' ||
            n + 1 == sizeof(text)) {
            return false;
        }
        text[n++] = s.p[i];
    }
    text[n] = '\0';
    char *end = NULL;
    double fen = strtod(text, &end) * 100.0;
    if (n == 0 || *end != '\0' || !(fen >= 0 && fen <= (double)FEN_MAX) ||
        fabs(fen - round(fen)) > 1e-4) {
        return false;
    }
    *ret_fen = (int64_t)round(fen);
    return true;
}

const struct sheet_word *partner_sheet_word(const struct sheet_word *words,
                                            struct bus_strv said)
{
    BUS_CHECK(words != NULL);
    for (; words->word != NULL; words++) {
        if (bus_strv_is(said, words->zh) || bus_strv_is(said, words->word)) {
            return words;
        }
    }
    return NULL;
}

/* --- shown --- */

static const char *money_text(json_int_t fen, struct bus_arena *mem)
{
    return bus_arena_printf(mem, "%s%lld.%02lld", fen < 0 ? "-" : "",
                            llabs(fen) / 100, llabs(fen) % 100);
}

/* "household.area" by the dictionary; NULL: it is not there. */
static const struct bus_fact *fact_named(const struct bus_config *config,
                                         const char *name)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL || config == NULL) {
        return NULL;
    }
    bool member = strncmp(name, "member.", 7) == 0;
    return bus_conf_fact(config, member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
                         bus_strv(dot + 1));
}

static const char *
value_text(const struct bus_fact *f, const json_t *v, struct bus_arena *mem)
{
    if (json_is_integer(v) && f != NULL && f->unit != NULL &&
        strcmp(f->unit, "fen") == 0) {
        return bus_arena_printf(mem, "%s元",
                                money_text(json_integer_value(v), mem));
    }
    if (json_is_integer(v)) {
        return bus_arena_printf(mem, "%" JSON_INTEGER_FORMAT,
                                json_integer_value(v));
    }
    if (json_is_boolean(v)) {
        return json_is_true(v) ? "是" : "否";
    }
    return json_is_string(v) ? json_string_value(v) : "";
}

static const char *facts_text(json_t *list,
                              bool values,
                              const struct bus_config *config,
                              struct bus_arena *mem)
{
    struct bus_buf b;
    size_t i;
    json_t *one;
    bus_buf_init(&b, BUS_WORKBOOK_CELL_MAX - 8);
    json_array_foreach(list, i, one)
    {
        const char *name = partner_sheet_text_at(one, "/name");
        const struct bus_fact *f = fact_named(config, name);
        bus_buf_puts(&b, i > 0 ? "; " : "");
        bus_buf_puts(&b, f != NULL && f->zh != NULL ? f->zh : name);
        if (values) {
            bus_buf_puts(&b, "=");
            bus_buf_puts(&b, value_text(f, json_object_get(one, "value"), mem));
            bus_buf_puts(&b, json_is_true(json_object_get(one, "verified"))
                                 ? "(已核实)"
                                 : "(未核实)");
        }
    }
    const char *text = b.failed
                           ? "(过多 too many)"
                           : bus_arena_strndup(mem, bus_buf_cstr(&b), b.len);
    bus_buf_fini(&b);
    return text;
}

const char *partner_sheet_shown(const struct sheet_column *c,
                                json_t *task,
                                const struct bus_config *config,
                                struct bus_arena *mem)
{
    BUS_CHECK(c->shown != NULL);
    json_t *v = partner_sheet_at(task, c->shown);
    if (c->cell == SHEET_FACTS || c->cell == SHEET_NAMES) {
        return facts_text(v, c->cell == SHEET_FACTS, config, mem);
    }
    if (c->cell == SHEET_MONEY) {
        return v != NULL ? money_text(json_integer_value(v), mem) : "";
    }
    if (c->cell == SHEET_WORD && json_is_string(v)) {
        const struct sheet_word *w =
            partner_sheet_word(c->words, bus_strv(json_string_value(v)));
        return w != NULL ? w->zh : json_string_value(v);
    }
    return v != NULL ? value_text(NULL, v, mem) : "";
}
