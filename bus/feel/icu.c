#include "bus/feel/icu.h"

#include <string.h>

#include <unicode/ucal.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

#define ZONE_NAME_MAX  64
#define REGEX_TIME     200 /* steps of the matcher's clock */
#define REGEX_STACK    (4 * 1024 * 1024)
#define REGEX_TEXT_MAX (1u << 20) /* code units */

struct utf16
{
    UChar *p;
    int32_t n;
};

static bool to_utf16(struct bus_arena *mem, struct bus_strv s, struct utf16 *to)
{
    UErrorCode e = U_ZERO_ERROR;
    if (s.n > REGEX_TEXT_MAX) {
        return false;
    }
    to->p = bus_arena_alloc(mem, (s.n + 1) * sizeof(UChar));
    if (to->p == NULL) {
        return false;
    }
    (void)u_strFromUTF8(to->p, (int32_t)s.n + 1, &to->n, s.p ? s.p : "",
                        (int32_t)s.n, &e);
    return U_SUCCESS(e);
}

static struct feel_value
of_utf16(struct bus_arena *mem, const UChar *p, int32_t n)
{
    UErrorCode e = U_ZERO_ERROR;
    int32_t len = 0;
    char *to = bus_arena_alloc(mem, (size_t)n * 3 + 1);
    if (to == NULL) {
        return feel_wrong(feel_no_memory);
    }
    (void)u_strToUTF8(to, n * 3 + 1, &len, p, n, &e);
    return U_SUCCESS(e) ? feel_string((struct bus_strv){to, (size_t)len})
                        : feel_wrong("text that is not Unicode");
}

/* --- zones --- */

static UCalendar *open_zone(struct bus_strv name)
{
    UChar id[ZONE_NAME_MAX + 1], canon[ZONE_NAME_MAX + 1];
    UErrorCode e = U_ZERO_ERROR;
    if (name.n == 0 || name.n > ZONE_NAME_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < name.n; i++) {
        if ((unsigned char)name.p[i] >= 0x80) {
            return NULL;
        }
        id[i] = (UChar)(unsigned char)name.p[i];
    }
    UBool system = false;
    (void)ucal_getCanonicalTimeZoneID(id, (int32_t)name.n, canon, ZONE_NAME_MAX,
                                      &system, &e);
    if (U_FAILURE(e) || !system) {
        return NULL;
    }
    UCalendar *c = ucal_open(id, (int32_t)name.n, "", UCAL_GREGORIAN, &e);
    return U_SUCCESS(e) ? c : NULL;
}

bool feel_zone_known(struct bus_strv name)
{
    UCalendar *c = open_zone(name);
    if (c != NULL) {
        ucal_close(c);
    }
    return c != NULL;
}

int32_t feel_zone_offset(struct bus_strv name, int64_t day, int64_t second)
{
    UCalendar *c = open_zone(name);
    UErrorCode e = U_ZERO_ERROR;
    int32_t raw = 0, dst = 0;
    if (c == NULL) {
        return 0;
    }
    ucal_setMillis(c, ((double)day * 86400.0 + (double)second) * 1000.0, &e);
    ucal_getTimeZoneOffsetFromLocal(c, UCAL_TZ_LOCAL_FORMER,
                                    UCAL_TZ_LOCAL_FORMER, &raw, &dst, &e);
    ucal_close(c);
    return U_SUCCESS(e) ? (raw + dst) / 1000 : 0;
}

/* --- case --- */

struct feel_value
feel_case(struct bus_arena *mem, struct bus_strv s, bool upper)
{
    struct utf16 from;
    UErrorCode e = U_ZERO_ERROR;
    if (!to_utf16(mem, s, &from)) {
        return feel_wrong("text too long or not Unicode");
    }
    int32_t cap = from.n * 3 + 1;
    UChar *to = bus_arena_alloc(mem, (size_t)cap * sizeof(UChar));
    if (to == NULL) {
        return feel_wrong(feel_no_memory);
    }
    int32_t n = upper ? u_strToUpper(to, cap, from.p, from.n, "", &e)
                      : u_strToLower(to, cap, from.p, from.n, "", &e);
    return U_SUCCESS(e) ? of_utf16(mem, to, n) : feel_wrong("no such case");
}

/* --- regular expressions --- */

static bool flags_of(struct bus_strv flags, uint32_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < flags.n; i++) {
        uint32_t f = flags.p[i] == 's'   ? UREGEX_DOTALL
                     : flags.p[i] == 'm' ? UREGEX_MULTILINE
                     : flags.p[i] == 'i' ? UREGEX_CASE_INSENSITIVE
                     : flags.p[i] == 'x' ? UREGEX_COMMENTS
                     : flags.p[i] == 'q' ? UREGEX_LITERAL
                                         : 0;
        if (f == 0) {
            return false;
        }
        *ret |= f;
    }
    return true;
}

/* What XPath writes otherwise: [a-z-[aeiou]] subtracts, \i and \c are name
 * characters; what it has not at all (look-around, possessive, \Q) is refused.
 * Returns NULL for that. */
static const char *translate(struct bus_arena *mem, struct bus_strv p)
{
    char *to = bus_arena_alloc(mem, p.n * 16 + 1);
    size_t n = 0;
    int klass = 0;
    for (size_t i = 0; to != NULL && i < p.n; i++) {
        char c = p.p[i], d = i + 1 < p.n ? p.p[i + 1] : '\0';
        const char *add = NULL;
        if (c == '\\' && d != '\0') {
            add = d == 'i'   ? "[\\p{L}_:]"
                  : d == 'c' ? "[\\p{L}\\p{N}_:.\\-]"
                  : d == 'I' ? "[^\\p{L}_:]"
                  : d == 'C' ? "[^\\p{L}\\p{N}_:.\\-]"
                             : NULL;
            if (strchr("QEGAZzbBXxuUaefkoN", d) != NULL ||
                (klass > 0 && d >= '0' && d <= '9')) {
                return NULL;
            }
            i++;
            if ((d == 'p' || d == 'P') && i + 3 < p.n &&
                memcmp(p.p + i + 1, "{Is", 3) == 0) {
                add = d == 'p' ? "\\p{blk=" : "\\P{blk=";
                i += 3;
            }
        } else if (c == '(' && d == '?' && i + 2 < p.n && p.p[i + 2] != ':') {
            return NULL;
        } else if (c == '-' && d == '[' && klass > 0) {
            add = "--";
        } else if (c == '[' || c == ']') {
            klass += c == '[' ? 1 : -1;
        }
        if (add != NULL) {
            memcpy(to + n, add, strlen(add));
            n += strlen(add);
            continue;
        }
        to[n++] = c;
        if (c == '\\' && d != '\0') {
            to[n++] = d;
        }
    }
    if (to != NULL) {
        to[n] = '\0';
    }
    return to;
}

/* "x" drops the pattern's blanks before all else (XPath 5.6.2). */
static struct bus_strv
unspaced(struct bus_arena *mem, struct bus_strv p, uint32_t *flags)
{
    char *to = bus_arena_alloc(mem, p.n + 1);
    size_t n = 0;
    int klass = 0;
    for (size_t i = 0; to != NULL && i < p.n; i++) {
        char c = p.p[i];
        klass += c == '[' ? 1 : c == ']' ? -1 : 0;
        if (klass > 0 || (c != ' ' && c != '\t' && c != '\n' && c != '\r')) {
            to[n++] = c;
        }
    }
    *flags &= ~(uint32_t)UREGEX_COMMENTS;
    return (struct bus_strv){to, to ? n : 0};
}

static URegularExpression *open_regex(struct bus_arena *mem,
                                      struct bus_strv pattern,
                                      struct bus_strv flags,
                                      const struct utf16 *text,
                                      struct feel_value *why)
{
    UErrorCode e = U_ZERO_ERROR;
    uint32_t f;
    struct utf16 p;
    *why = feel_wrong("no regular expression of XPath");
    if (!flags_of(flags, &f)) {
        *why = feel_wrong("flags are among s, m, i, x, q");
        return NULL;
    }
    if ((f & UREGEX_LITERAL) != 0) {
        f &= UREGEX_LITERAL | UREGEX_CASE_INSENSITIVE;
    } else {
        if ((f & UREGEX_COMMENTS) != 0) {
            pattern = unspaced(mem, pattern, &f);
        }
        const char *t = translate(mem, pattern);
        if (t == NULL) {
            return NULL;
        }
        pattern = bus_strv(t);
    }
    if (!to_utf16(mem, pattern, &p)) {
        return NULL;
    }
    UParseError where;
    URegularExpression *re = uregex_open(p.p, p.n, f, &where, &e);
    uregex_setText(re, text->p, text->n, &e);
    uregex_setTimeLimit(re, REGEX_TIME, &e);
    uregex_setStackLimit(re, REGEX_STACK, &e);
    if (U_SUCCESS(e)) {
        return re;
    }
    if (re != NULL) {
        uregex_close(re);
    }
    return NULL;
}

static struct feel_value gave_up(UErrorCode e)
{
    return e == U_REGEX_TIME_OUT || e == U_REGEX_STACK_OVERFLOW
               ? feel_wrong(feel_endless)
               : feel_wrong("a regular expression that fails");
}

struct feel_value feel_matches(struct bus_arena *mem,
                               struct bus_strv text,
                               struct bus_strv pattern,
                               struct bus_strv flags)
{
    struct utf16 t;
    struct feel_value why;
    UErrorCode e = U_ZERO_ERROR;
    if (!to_utf16(mem, text, &t)) {
        return feel_wrong("text too long or not Unicode");
    }
    URegularExpression *re = open_regex(mem, pattern, flags, &t, &why);
    if (re == NULL) {
        return why;
    }
    bool found = uregex_find(re, 0, &e) != 0;
    uregex_close(re);
    return U_SUCCESS(e) ? feel_bool(found) : gave_up(e);
}

/* XPath knows $N and \$ and \\; another backslash or dollar is an error. */
static bool good_replacement(struct bus_strv w)
{
    for (size_t i = 0; i < w.n; i++) {
        char d = i + 1 < w.n ? w.p[i + 1] : '\0';
        if (w.p[i] == '\\') {
            if (d != '\\' && d != '$') {
                return false;
            }
            i++;
        } else if (w.p[i] == '$' && (d < '0' || d > '9')) {
            return false;
        }
    }
    return true;
}

/* Groups that are not there stand for nothing. */
static struct bus_strv
only_groups(struct bus_arena *mem, struct bus_strv w, int32_t groups)
{
    char *to = bus_arena_alloc(mem, w.n + 1);
    size_t n = 0;
    for (size_t i = 0; to != NULL && i < w.n; i++) {
        if (w.p[i] == '\\') {
            to[n++] = w.p[i++];
        } else if (w.p[i] == '$' && w.p[i + 1] - '0' > groups) {
            i++;
            continue;
        }
        to[n++] = w.p[i];
    }
    return (struct bus_strv){to, to ? n : 0};
}

static struct bus_strv escaped(struct bus_arena *mem, struct bus_strv w)
{
    char *to = bus_arena_alloc(mem, w.n * 2 + 1);
    size_t n = 0;
    for (size_t i = 0; to != NULL && i < w.n; i++) {
        if (w.p[i] == '\\' || w.p[i] == '$') {
            to[n++] = '\\';
        }
        to[n++] = w.p[i];
    }
    return (struct bus_strv){to, to ? n : 0};
}

static struct feel_value replace_all(struct bus_arena *mem,
                                     URegularExpression *re,
                                     const struct utf16 *with)
{
    UErrorCode e = U_ZERO_ERROR;
    int32_t need = uregex_replaceAll(re, with->p, with->n, NULL, 0, &e);
    if (e != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(e)) {
        return gave_up(e);
    }
    UChar *to = need <= (int32_t)REGEX_TEXT_MAX
                    ? bus_arena_alloc(mem, ((size_t)need + 1) * sizeof(UChar))
                    : NULL;
    if (to == NULL) {
        return feel_wrong("a text too long");
    }
    e = U_ZERO_ERROR;
    uregex_reset(re, 0, &e);
    (void)uregex_replaceAll(re, with->p, with->n, to, need + 1, &e);
    return U_SUCCESS(e) ? of_utf16(mem, to, need) : gave_up(e);
}

struct feel_value feel_replace(struct bus_arena *mem,
                               struct bus_strv text,
                               struct bus_strv pattern,
                               struct bus_strv with,
                               struct bus_strv flags)
{
    struct utf16 t, w;
    struct feel_value why;
    UErrorCode e = U_ZERO_ERROR;
    if (!to_utf16(mem, text, &t)) {
        return feel_wrong("text too long or not Unicode");
    }
    bool literal = flags.n > 0 && memchr(flags.p, 'q', flags.n) != NULL;
    if (!literal && !good_replacement(with)) {
        return feel_wrong("a replacement has $ and a digit, \\$ and \\\\");
    }
    URegularExpression *re = open_regex(mem, pattern, flags, &t, &why);
    if (re == NULL) {
        return why;
    }
    struct feel_value r = feel_wrong(feel_no_memory);
    int32_t groups = uregex_groupCount(re, &e);
    with = literal ? escaped(mem, with) : only_groups(mem, with, groups);
    if (uregex_find(re, 0, &e) &&
        uregex_end(re, 0, &e) == uregex_start(re, 0, &e)) {
        r = feel_wrong("a pattern that matches nothing at all");
    } else if (to_utf16(mem, with, &w)) {
        uregex_reset(re, 0, &e);
        r = U_SUCCESS(e) ? replace_all(mem, re, &w) : gave_up(e);
    }
    uregex_close(re);
    return r;
}

struct feel_value
feel_split(struct bus_arena *mem, struct bus_strv text, struct bus_strv pattern)
{
    struct utf16 t;
    struct feel_value why, *v = NULL;
    UErrorCode e = U_ZERO_ERROR;
    size_t n = 0, cap = 0;
    if (!to_utf16(mem, text, &t)) {
        return feel_wrong("text too long or not Unicode");
    }
    URegularExpression *re =
        open_regex(mem, pattern, (struct bus_strv){0}, &t, &why);
    if (re == NULL) {
        return why;
    }
    int32_t from = 0;
    for (bool more = true; more && U_SUCCESS(e);) {
        more = uregex_findNext(re, &e) != 0;
        int32_t to = more ? uregex_start(re, 0, &e) : t.n;
        if (n == cap) {
            cap = cap ? cap * 2 : 16;
            struct feel_value *wide = bus_arena_alloc(mem, cap * sizeof(*v));
            if (wide == NULL) {
                e = U_MEMORY_ALLOCATION_ERROR;
                break;
            }
            if (n > 0) {
                memcpy(wide, v, n * sizeof(*v));
            }
            v = wide;
        }
        v[n++] = of_utf16(mem, t.p + from, to - from);
        from = more ? uregex_end(re, 0, &e) : t.n;
    }
    uregex_close(re);
    return U_SUCCESS(e) ? feel_list_of(v, n) : gave_up(e);
}
