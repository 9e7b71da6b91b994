/* Facts by the county's dictionary, and instants. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/partner/document_parts.h"
#include "schemas/fact.h"

#define FACT_TEXT_MAX 400 /* bytes */

static const struct bus_fact *document_fact_find(const struct bus_config *c,
                                                 struct bus_strv name)
{
    static const struct
    {
        struct bus_strv prefix;
        int scope;
    } scopes[] = {{{"household.", 10}, BUS_FACT_HOUSEHOLD},
                  {{"member.", 7}, BUS_FACT_MEMBER}};
    for (size_t i = 0; i < 2; i++) {
        struct bus_strv p = scopes[i].prefix;
        if (name.n > p.n && memcmp(name.p, p.p, p.n) == 0) {
            return bus_conf_fact(c, scopes[i].scope,
                                 (struct bus_strv){name.p + p.n, name.n - p.n});
        }
    }
    return NULL;
}

static bool document_fact_word_known(const struct bus_fact *d, const char *text)
{
    const struct bus_fact_word *words = d->words.items;
    for (size_t i = 0; i < d->words.count; i++) {
        if (strcmp(words[i].word, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool
whole_number(const struct bus_fact *d, const json_t *j, struct sa_fact *f)
{
    f->value.branch = SA_FACT_VALUE_LONG;
    f->value.u.long_value = json_integer_value(j);
    return json_is_integer(j) &&
           (d->type != BUS_FACT_COUNT || json_integer_value(j) >= 0);
}

static bool document_fact_take(struct document_reading *r,
                               const struct bus_fact *d,
                               const json_t *j,
                               struct sa_fact *f)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    switch ((enum bus_fact_type)d->type) {
    case BUS_FACT_BOOLEAN:
        f->value.branch = SA_FACT_VALUE_BOOLEAN;
        f->value.u.boolean_value = json_is_true(j);
        return json_is_boolean(j);
    case BUS_FACT_COUNT:
    case BUS_FACT_MONEY_FEN:
    case BUS_FACT_NUMBER:
        return whole_number(d, j, f);
    case BUS_FACT_DATE:
        f->value.branch = SA_FACT_VALUE_INT;
        return json_is_string(j) && bus_date_parse(s, &f->value.u.int_value);
    case BUS_FACT_ENUM:
    case BUS_FACT_TEXT:
        break;
    }
    f->value.branch = SA_FACT_VALUE_STRING;
    f->value.u.string_value.p =
        s.p ? bus_arena_strndup(r->mem, s.p, s.n) : NULL;
    f->value.u.string_value.n = s.n;
    r->no_memory |= s.p != NULL && f->value.u.string_value.p == NULL;
    return json_is_string(j) &&
           (d->type == BUS_FACT_ENUM
                ? document_fact_word_known(d, json_string_value(j))
                : s.n <= FACT_TEXT_MAX);
}

void partner_document_fact(struct document_reading *r,
                           const json_t *value,
                           char *base)
{
    static const struct
    {
        const char *zh, *en;
    } types[] = {
        [BUS_FACT_MONEY_FEN] = {"以分为单位的整数", "a whole number of fen"},
        [BUS_FACT_COUNT] = {"非负整数", "a whole number, not negative"},
        [BUS_FACT_NUMBER] = {"整数", "a whole number"},
        [BUS_FACT_BOOLEAN] = {"true 或 false", "true or false"},
        [BUS_FACT_DATE] = {"日期 yyyy-mm-dd", "a date yyyy-mm-dd"},
        [BUS_FACT_ENUM] = {"字典中的词", "one of the dictionary's words"},
        [BUS_FACT_TEXT] = {"不超过400字节的文字",
                           "a text of at most 400 bytes"},
    };
    struct sa_fact *f = (struct sa_fact *)(void *)base;
    const struct bus_fact *d =
        r->config ? document_fact_find(r->config, f->name) : NULL;
    if (d == NULL) {
        char *last = strrchr(r->path, '/');
        if (f->name.n > 0 && last != NULL) {
            *last = '\0';
            (void)partner_document_enter(r, "name"); /* the caller leaves */
            partner_document_fault(
                r, "FACT", "事实字典中没有此名称; 请原样抄回所问的名称",
                "no fact of the dictionary has this name; copy the name "
                "that was asked");
        }
        return;
    }
    BUS_CHECK(d->type >= 0 &&
              (size_t)d->type < sizeof(types) / sizeof(types[0]));
    if (json_is_null(value)) {
        f->value.branch = SA_FACT_VALUE_NULL;
    } else if (!document_fact_take(r, d, value, f)) {
        partner_document_wrong(r, "FACT_VALUE", value, types[d->type].zh,
                               types[d->type].en);
    }
}
