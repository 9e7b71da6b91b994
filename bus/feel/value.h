/* FEEL values (DMN 1.5, 10.3.2), all in the caller's arena, and UNKNOWN: a
 * fact nobody has given yet. UNKNOWN is not null: null is an answer ("there is
 * none", or an expression that makes no sense), UNKNOWN is a question, and it
 * carries which facts are missing. */
#ifndef BUS_FEEL_VALUE_H
#define BUS_FEEL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/strv.h"
#include "bus/feel/op.h"

enum feel_kind {
    FEEL_NULL,
    FEEL_BOOLEAN,
    FEEL_NUMBER, /* decimal128 */
    FEEL_STRING,
    FEEL_DATE,
    FEEL_TIME,
    FEEL_DATE_TIME,
    FEEL_MONTHS, /* years and months duration */
    FEEL_DAYS,   /* days and time duration */
    FEEL_LIST,
    FEEL_RANGE,
    FEEL_CONTEXT, /* keys and values */
    FEEL_FUNCTION,
    FEEL_THING, /* household, member, standards: asked by name */
    FEEL_UNKNOWN
};

/* Missing facts: keys sorted, each once. fact and member of a household; member
 * -1 is the household's own. */
#define FEEL_MISSING_KEY(fact, member) \
    ((uint32_t)(fact) << 8 | (uint32_t)((member) + 1))
#define FEEL_MISSING_FACT(key)   ((int)((key) >> 8))
#define FEEL_MISSING_MEMBER(key) ((int)((key)&0xff) - 1)
struct feel_missing
{
    size_t n;
    uint32_t v[];
};

/* IEEE decimal128, as the decimal library holds it. */
struct feel_decimal
{
    uint64_t w[2];
};

/* A zone is an offset, or a name of the tz database (name.n > 0). */
struct feel_zone
{
    int32_t offset; /* seconds east of UTC */
    struct bus_strv name;
};
/* A day, a time of day, or both; zone NULL: local. */
struct feel_when
{
    int64_t day;   /* since 1970-01-01; 0 for a time */
    int64_t nanos; /* of the day */
    const struct feel_zone *zone;
};
struct feel_span
{
    int64_t seconds;
    int32_t nanos; /* 0 .. 999 999 999, counted upward from seconds */
};

enum feel_thing {
    FEEL_HOUSEHOLD,
    FEEL_MEMBER, /* index: which */
    FEEL_STANDARDS
};

struct feel_value;
struct feel_function;
struct feel_list
{
    const struct feel_value *v;
    size_t n;
};
struct feel_range
{
    /* NULL: open to that side ("< 5"); an end that is null is one nobody can
     * say anything of. */
    const struct feel_value *low, *high;
    bool low_closed, high_closed;
    bool test; /* written as a test: (= 5) is not [5..5] */
};
struct feel_entry
{
    struct bus_strv key;
    const struct feel_value *value;
};
struct feel_context
{
    const struct feel_entry *v;
    size_t n;
};
struct feel_value
{
    enum feel_kind kind;
    union {
        bool boolean;
        struct feel_decimal number;
        struct bus_strv string;
        struct feel_when when; /* DATE, TIME, DATE_TIME */
        int64_t months;
        struct feel_span span; /* DAYS */
        struct feel_list list;
        struct feel_range range;
        struct feel_context context;
        const struct feel_function *function;
        struct
        {
            enum feel_thing what;
            int index;
        } thing;
        const struct feel_missing *missing;
        const char *why; /* NULL: what went wrong, or none */
    };
};

extern const struct feel_value feel_null, feel_true, feel_false;
/* The reason when the arena is full: what was worked out then says nothing. */
extern const char feel_no_memory[];
extern const char feel_endless[]; /* a regular expression that does not end */
/* A reason of null that is no answer: a limit of one evaluation was met. */
bool feel_is_limit(const char *why);
/* Null with a reason (a literal, or in the arena). */
struct feel_value feel_wrong(const char *why);
struct feel_value feel_bool(bool b);
struct feel_value feel_long(int64_t v);
struct feel_value feel_string(struct bus_strv s);
struct feel_value feel_days_date(int64_t days);
struct feel_value feel_list_of(const struct feel_value *v, size_t n);
/* UNKNOWN for one fact; null if the arena is full. */
struct feel_value feel_unknown(struct bus_arena *mem, int fact, int member);
/* UNKNOWN with what both lack; either may be of another kind. */
struct feel_value feel_unknown_of(struct bus_arena *mem,
                                  const struct feel_value *a,
                                  const struct feel_value *b);
/* Any UNKNOWN among these, also inside lists? ret: what they lack together. */
bool feel_unknown_in(struct bus_arena *mem,
                     const struct feel_value *v,
                     size_t n,
                     struct feel_value *ret);
static inline bool feel_is_true(const struct feel_value *v)
{
    return v->kind == FEEL_BOOLEAN && v->boolean;
}
/* The entry of a context, or NULL. */
const struct feel_value *feel_entry_get(const struct feel_context *c,
                                        struct bus_strv key);
/* "number", "days and time duration", ... */
const char *feel_kind_name(enum feel_kind k);

/* Equality (10.3.2.13): TRUE, FALSE, UNKNOWN, or null for kinds that do not
 * compare. Deep for lists, contexts and ranges. */
struct feel_value feel_equal(struct bus_arena *mem,
                             const struct feel_value *a,
                             const struct feel_value *b);
/* op: LT, GT, LE, GE. */
struct feel_value feel_order(struct bus_arena *mem,
                             enum feel_op op,
                             const struct feel_value *a,
                             const struct feel_value *b);
struct feel_value feel_and(struct bus_arena *mem,
                           const struct feel_value *a,
                           const struct feel_value *b);
struct feel_value feel_or(struct bus_arena *mem,
                          const struct feel_value *a,
                          const struct feel_value *b);
struct feel_value feel_not(const struct feel_value *a);

/* The value as string() shows it (10.3.4.1); quoted: strings as literals. NULL
 * without memory. */
const char *feel_text(struct bus_arena *mem, const struct feel_value *v);
const char *feel_literal(struct bus_arena *mem, const struct feel_value *v);

#endif
