#include "bus/base/bounds.h"

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"

#define DAY_FIRST INT64_C(-719162) /* 0001-01-01 */
#define DAY_LAST  INT64_C(2932896) /* 9999-12-31 */

static const char *const types[] = {"money_fen", "count", "number", "boolean",
                                    "date",      "enum",  "text"};
#define TYPES (sizeof(types) / sizeof(types[0]))

static bool bounds_type(const struct bus_node *fact, enum bus_bounds_type *ret)
{
    const struct bus_node *n = bus_node_get(fact, "type");
    for (size_t i = 0; n != NULL && i < TYPES; i++) {
        if (n->kind == BUS_NODE_SCALAR && bus_strv_is(n->text, types[i])) {
            *ret = (enum bus_bounds_type)i;
            return true;
        }
    }
    return false;
}

static bool is_number(enum bus_bounds_type type)
{
    return type == BUS_BOUNDS_MONEY_FEN || type == BUS_BOUNDS_COUNT ||
           type == BUS_BOUNDS_NUMBER;
}

/* One bound of the two; absent: *to stays. */
static bool bounds_number(const struct bus_node *n, int64_t *to)
{
    return n == NULL || bus_node_to_i64(n, to);
}

static bool bounds_day(const struct bus_node *n, int64_t *to)
{
    int32_t day = 0;
    bool well = n == NULL || bus_node_to_date(n, &day);
    *to = n != NULL && well ? day : *to;
    return well;
}

static bool bounds_pattern(const char *pattern)
{
    regex_t re;
    int rc = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);
    if (rc == 0) {
        regfree(&re);
    }
    return rc == 0;
}

/* What stands where nothing is said. */
static void bounds_widest(struct bus_bounds *b)
{
    b->min = INT64_MIN;
    b->max = INT64_MAX;
    if (b->type == BUS_BOUNDS_COUNT) {
        b->min = 0;
    } else if (b->type == BUS_BOUNDS_DATE) {
        b->min = DAY_FIRST;
        b->max = DAY_LAST;
    } else if (b->type == BUS_BOUNDS_TEXT) {
        b->min = 0;
        b->max = BUS_BOUNDS_TEXT_MAX;
    }
}

bool bus_bounds_read(const struct bus_node *fact,
                     struct bus_bounds *ret,
                     const struct bus_node **ret_at,
                     const char **ret_wrong)
{
    const struct bus_node *min = bus_node_get(fact, "min");
    const struct bus_node *max = bus_node_get(fact, "max");
    const struct bus_node *first = bus_node_get(fact, "earliest");
    const struct bus_node *last = bus_node_get(fact, "latest");
    const struct bus_node *pattern = bus_node_get(fact, "pattern");
    const struct bus_node *words = bus_node_get(fact, "words");
    *ret =
        (struct bus_bounds){.words = words, .pattern = bus_node_cstr(pattern)};
    *ret_at = fact;
    *ret_wrong = "has a type that nobody knows";
    if (!bounds_type(fact, &ret->type)) {
        return false;
    }
    bounds_widest(ret);
    bool measured = is_number(ret->type) || ret->type == BUS_BOUNDS_TEXT;
    ret->to_today = last != NULL && last->kind == BUS_NODE_SCALAR &&
                    bus_strv_is(last->text, "today");
    const struct
    {
        const struct bus_node *at;
        bool wrong;
        const char *says;
    } faults[] = {
        {min, min != NULL && !measured, "only a number or a text has min"},
        {max, max != NULL && !measured, "only a number or a text has max"},
        {first, first != NULL && ret->type != BUS_BOUNDS_DATE,
         "only a date has earliest"},
        {last, last != NULL && ret->type != BUS_BOUNDS_DATE,
         "only a date has latest"},
        {pattern, pattern != NULL && ret->type != BUS_BOUNDS_TEXT,
         "only a text has a pattern"},
        {min, !bounds_number(min, &ret->min), "must be a whole number"},
        {max, !bounds_number(max, &ret->max), "must be a whole number"},
        {first, !bounds_day(first, &ret->min), "must be a day"},
        {last, !ret->to_today && !bounds_day(last, &ret->max),
         "must be a day, or today"},
        {max ? max : last, ret->min > ret->max, "is below the least"},
        {pattern, ret->pattern != NULL && !bounds_pattern(ret->pattern),
         "is no POSIX extended regular expression"},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].wrong) {
            *ret_at = faults[i].at != NULL ? faults[i].at : fact;
            *ret_wrong = faults[i].says;
            return false;
        }
    }
    return true;
}

bool bus_bounds_complete(const struct bus_node *fact)
{
    enum bus_bounds_type type = BUS_BOUNDS_BOOLEAN;
    if (!bounds_type(fact, &type)) {
        return false;
    }
    switch (type) {
    case BUS_BOUNDS_MONEY_FEN:
    case BUS_BOUNDS_COUNT:
    case BUS_BOUNDS_NUMBER:
        return bus_node_get(fact, "min") && bus_node_get(fact, "max");
    case BUS_BOUNDS_DATE:
        return bus_node_get(fact, "earliest") && bus_node_get(fact, "latest");
    case BUS_BOUNDS_ENUM:
        return bus_node_get(fact, "words") != NULL;
    case BUS_BOUNDS_TEXT:
        return bus_node_get(fact, "max") != NULL;
    case BUS_BOUNDS_BOOLEAN:
        break;
    }
    return true;
}

static bool bounds_word(const struct bus_node *words, struct bus_strv text)
{
    for (uint32_t i = 0;
         words != NULL && words->kind == BUS_NODE_MAP && i < words->count;
         i++) {
        if (bus_strv_eq(words->pairs[i].key->text, text)) {
            return true;
        }
    }
    return false;
}

/* The whole of it, as the pattern says. */
static bool bounds_matches(const char *pattern, struct bus_strv text)
{
    char copy[4 * BUS_BOUNDS_TEXT_MAX + 1];
    regex_t re;
    regmatch_t at;
    if (text.n >= sizeof(copy) || memchr(text.p, '\0', text.n) != NULL ||
        regcomp(&re, pattern, REG_EXTENDED) != 0) {
        return false;
    }
    (void)bus_strv_copy(copy, sizeof(copy), text);
    bool well = regexec(&re, copy, 1, &at, 0) == 0 && at.rm_so == 0 &&
                (size_t)at.rm_eo == text.n;
    regfree(&re);
    return well;
}

static bool bounds_text(const struct bus_bounds *b, struct bus_strv text)
{
    int64_t n = (int64_t)bus_utf8_count(text.p, text.n);
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return false;
        }
    }
    return n >= b->min && n <= b->max &&
           (b->pattern == NULL || n == 0 || bounds_matches(b->pattern, text));
}

bool bus_bounds_fit(const struct bus_bounds *b,
                    enum bus_bounds_kind kind,
                    int64_t number,
                    struct bus_strv text,
                    int32_t today)
{
    if (kind == BUS_BOUNDS_NULL) {
        return true;
    }
    switch (b->type) {
    case BUS_BOUNDS_MONEY_FEN:
    case BUS_BOUNDS_COUNT:
    case BUS_BOUNDS_NUMBER:
        return kind == BUS_BOUNDS_LONG && number >= b->min && number <= b->max;
    case BUS_BOUNDS_BOOLEAN:
        return kind == BUS_BOUNDS_BOOL;
    case BUS_BOUNDS_DATE:
        return kind == BUS_BOUNDS_DAY && number >= b->min && number <= b->max &&
               (!b->to_today || number <= today);
    case BUS_BOUNDS_ENUM:
        return kind == BUS_BOUNDS_STRING && bounds_word(b->words, text);
    case BUS_BOUNDS_TEXT:
        return kind == BUS_BOUNDS_STRING && bounds_text(b, text);
    }
    return false;
}

static void
says_number(const struct bus_bounds *b, bool zh, char dst[BUS_BOUNDS_SAYS])
{
    const char *what = b->type == BUS_BOUNDS_MONEY_FEN
                           ? (zh ? "以分为单位的整数" : "a whole number of fen")
                           : (zh ? "整数" : "a whole number");
    (void)snprintf(dst, BUS_BOUNDS_SAYS,
                   zh ? "%s, %" PRId64 " 至 %" PRId64
                      : "%s, %" PRId64 " to %" PRId64,
                   what, b->min, b->max);
}

static void
says_day(const struct bus_bounds *b, bool zh, char dst[BUS_BOUNDS_SAYS])
{
    char first[BUS_DATE_TEXT + 1], last[BUS_DATE_TEXT + 1];
    (void)bus_date_text((int32_t)b->min, first);
    (void)bus_date_text((int32_t)b->max, last);
    (void)snprintf(
        dst, BUS_BOUNDS_SAYS,
        zh ? "日期 yyyy-mm-dd, %s 至 %s" : "a date yyyy-mm-dd, %s to %s", first,
        !b->to_today ? last
        : zh         ? "当日"
                     : "the day it is said on");
}

const char *
bus_bounds_says(const struct bus_bounds *b, bool zh, char dst[BUS_BOUNDS_SAYS])
{
    switch (b->type) {
    case BUS_BOUNDS_MONEY_FEN:
    case BUS_BOUNDS_COUNT:
    case BUS_BOUNDS_NUMBER:
        says_number(b, zh, dst);
        break;
    case BUS_BOUNDS_BOOLEAN:
        (void)snprintf(dst, BUS_BOUNDS_SAYS, "%s",
                       zh ? "true 或 false" : "true or false");
        break;
    case BUS_BOUNDS_DATE:
        says_day(b, zh, dst);
        break;
    case BUS_BOUNDS_ENUM:
        (void)snprintf(dst, BUS_BOUNDS_SAYS, "%s",
                       zh ? "字典中的词" : "one of the dictionary's words");
        break;
    case BUS_BOUNDS_TEXT:
        (void)snprintf(dst, BUS_BOUNDS_SAYS,
                       zh ? "文字(不超过%" PRId64 "字)"
                          : "a text of at most %" PRId64 " characters",
                       b->max);
        break;
    }
    return dst;
}
