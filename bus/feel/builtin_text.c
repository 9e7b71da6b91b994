/* Strings (10.3.4.3) and conversion. Positions count code points from 1. */
#include <string.h>

#include "bus/feel/icu.h"
#include "bus/feel/tree.h"

#define ARGS struct feel_env *env, const struct feel_value *a

/* Byte offset of code point i (0-based; the end if there are fewer). */
static size_t builtin_text_offset_of(struct bus_strv s, int64_t i)
{
    size_t at = 0;
    while (at < s.n && i > 0) {
        at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80) {
            at++;
        }
        i--;
    }
    return at;
}

static struct feel_value
builtin_text_part(struct bus_strv s, size_t from, size_t to)
{
    return feel_string((struct bus_strv){s.p + from, to - from});
}

static struct feel_value substring(ARGS)
{
    struct bus_strv s = a[0].string;
    int64_t n = (int64_t)bus_utf8_count(s.p, s.n), from, len = n;
    (void)env;
    if (!feel_number_trunc(&a[1], &from) || from == 0 || from > n ||
        -from > n) {
        return feel_wrong("a start position outside the string");
    }
    if (a[2].kind == FEEL_NUMBER &&
        (!feel_number_trunc(&a[2], &len) || len < 1)) {
        return feel_wrong("a length below one");
    }
    from = from > 0 ? from - 1 : n + from;
    len = len > n - from ? n - from : len;
    return builtin_text_part(s, builtin_text_offset_of(s, from),
                             builtin_text_offset_of(s, from + len));
}

static struct feel_value length(ARGS)
{
    (void)env;
    return feel_long((int64_t)bus_utf8_count(a[0].string.p, a[0].string.n));
}

static struct feel_value builtin_text_upper(ARGS)
{
    return feel_case(env->mem, a[0].string, true);
}

static struct feel_value builtin_text_lower(ARGS)
{
    return feel_case(env->mem, a[0].string, false);
}

static const char *builtin_text_found(const struct feel_value *a)
{
    return a[1].string.n == 0   ? (a[0].string.p ? a[0].string.p : "")
           : a[0].string.n == 0 ? NULL
                                : memmem(a[0].string.p, a[0].string.n,
                                         a[1].string.p, a[1].string.n);
}

static struct feel_value builtin_text_before(ARGS)
{
    (void)env;
    const char *at = builtin_text_found(a);
    return at == NULL || a[1].string.n == 0
               ? feel_string(BUS_STRV(""))
               : builtin_text_part(a[0].string, 0,
                                   (size_t)(at - a[0].string.p));
}

static struct feel_value builtin_text_after(ARGS)
{
    (void)env;
    const char *at = builtin_text_found(a);
    if (at == NULL) {
        return feel_string(BUS_STRV(""));
    }
    return a[1].string.n == 0
               ? a[0]
               : builtin_text_part(a[0].string,
                                   (size_t)(at - a[0].string.p) + a[1].string.n,
                                   a[0].string.n);
}

static struct feel_value builtin_text_contains(ARGS)
{
    (void)env;
    return feel_bool(builtin_text_found(a) != NULL);
}

static struct feel_value builtin_text_starts(ARGS)
{
    (void)env;
    return feel_bool(a[1].string.n <= a[0].string.n &&
                     (a[1].string.n == 0 || memcmp(a[0].string.p, a[1].string.p,
                                                   a[1].string.n) == 0));
}

static struct feel_value builtin_text_ends(ARGS)
{
    (void)env;
    size_t n = a[1].string.n;
    return feel_bool(n <= a[0].string.n &&
                     (n == 0 || memcmp(a[0].string.p + a[0].string.n - n,
                                       a[1].string.p, n) == 0));
}

static struct bus_strv builtin_text_flags(const struct feel_value *v)
{
    return v->kind == FEEL_STRING ? v->string : (struct bus_strv){0};
}

static struct feel_value builtin_text_matches(ARGS)
{
    return feel_matches(env->mem, a[0].string, a[1].string,
                        builtin_text_flags(&a[2]));
}

static struct feel_value builtin_text_replace(ARGS)
{
    return feel_replace(env->mem, a[0].string, a[1].string, a[2].string,
                        builtin_text_flags(&a[3]));
}

static struct feel_value builtin_text_split(ARGS)
{
    return feel_split(env->mem, a[0].string, a[1].string);
}

static struct feel_value builtin_text_join(ARGS)
{
    size_t n = 0, count = 0;
    struct bus_strv between = builtin_text_flags(&a[1]);
    for (size_t i = 0; i < a[0].list.n; i++) {
        const struct feel_value *v = &a[0].list.v[i];
        if (v->kind != FEEL_STRING && v->kind != FEEL_NULL) {
            return feel_wrong("string join() of something that is no string");
        }
        n += v->kind == FEEL_STRING ? v->string.n + between.n : 0;
    }
    char *to = bus_arena_alloc(env->mem, n + 1);
    n = 0;
    for (size_t i = 0; to != NULL && i < a[0].list.n; i++) {
        const struct feel_value *v = &a[0].list.v[i];
        if (v->kind != FEEL_STRING) {
            continue;
        }
        if (count++ > 0 && between.n > 0) {
            memcpy(to + n, between.p, between.n);
            n += between.n;
        }
        if (v->string.n > 0) {
            memcpy(to + n, v->string.p, v->string.n);
        }
        n += v->string.n;
    }
    return to ? feel_string((struct bus_strv){to, n})
              : feel_wrong(feel_no_memory);
}

static struct feel_value string_of(ARGS)
{
    if (a[0].kind == FEEL_NULL) {
        return feel_null;
    }
    const char *s = feel_text(env->mem, &a[0]);
    return s == NULL                  ? feel_wrong(feel_no_memory)
           : a[0].kind == FEEL_STRING ? a[0]
                                      : feel_string(bus_strv(s));
}

static struct feel_value number_of(ARGS)
{
    struct bus_strv s = a[0].string, group = builtin_text_flags(&a[1]),
                    point = builtin_text_flags(&a[2]);
    struct feel_value r;
    char *to = bus_arena_alloc(env->mem, s.n + 1);
    size_t n = 0;
    bool good = (group.n == 0 || (group.n == 1 && strchr(" ,.", group.p[0]))) &&
                (point.n == 0 || (point.n == 1 && strchr(",.", point.p[0]))) &&
                !(group.n == 1 && point.n == 1 && group.p[0] == point.p[0]) &&
                (a[1].kind == FEEL_NULL || group.n == 1) &&
                (a[2].kind == FEEL_NULL || point.n == 1);
    if (!good || to == NULL) {
        return feel_wrong("number(): separators are ' ', ',' or '.'");
    }
    for (size_t i = 0; i < s.n; i++) {
        if (group.n == 1 && s.p[i] == group.p[0]) {
            continue;
        }
        to[n++] = point.n == 1 && s.p[i] == point.p[0] ? '.' : s.p[i];
    }
    return feel_number_parse((struct bus_strv){to, n}, &r)
               ? r
               : feel_wrong("number() of something that is no number");
}

const struct feel_builtin feel_builtins_text[] = {
    {"substring", "string:s,start position:n,length:?n", substring, false},
    {"string length", "string:s", length, false},
    {"upper case", "string:s", builtin_text_upper, false},
    {"lower case", "string:s", builtin_text_lower, false},
    {"substring before", "string:s,match:s", builtin_text_before, false},
    {"substring after", "string:s,match:s", builtin_text_after, false},
    {"contains", "string:s,match:s", builtin_text_contains, false},
    {"starts with", "string:s,match:s", builtin_text_starts, false},
    {"ends with", "string:s,match:s", builtin_text_ends, false},
    {"matches", "input:s,pattern:s,flags:?S", builtin_text_matches, false},
    {"replace", "input:s,pattern:s,replacement:s,flags:?S",
     builtin_text_replace, false},
    {"split", "string:s,delimiter:s", builtin_text_split, false},
    {"string join", "list:l,delimiter:?S", builtin_text_join, false},
    {"string", "from:a", string_of, false},
    {"number", "from:s,grouping separator:?S,decimal separator:?S", number_of,
     false},
    {NULL, NULL, NULL, false},
};
