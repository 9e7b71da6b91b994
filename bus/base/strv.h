/* A view of bytes: borrowed, not NUL-terminated. */
#ifndef BUS_BASE_STRV_H
#define BUS_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bus_strv
{
    const char *p;
    size_t n;
};

#define BUS_STRV(lit) ((struct bus_strv){"" lit, sizeof(lit) - 1})
/* for printf("%.*s", BUS_STRV_ARG(s)) */
#define BUS_STRV_ARG(s) (int)(s).n, (s).p

struct bus_strv bus_strv(const char *s); /* NULL gives the empty view */
/* Here, so that what differs in length costs no call and a literal's length is
 * known. */
static inline bool bus_strv_eq(struct bus_strv a, struct bus_strv b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool bus_strv_is(struct bus_strv a, const char *s)
{
    return bus_strv_eq(a, (struct bus_strv){s, s ? strlen(s) : 0});
}
int bus_strv_cmp(struct bus_strv a, struct bus_strv b); /* by bytes */
/* Copies into a C string of size cap (cut if longer); returns dst. */
char *bus_strv_copy(char *dst, size_t cap, struct bus_strv s);
/* Whole-string numbers; false if anything is left or out of range. */
bool bus_strv_to_i64(struct bus_strv s, int64_t *ret);
bool bus_utf8_valid(const char *p, size_t n); /* no surrogates, <= U+10FFFF */
/* Code points of valid UTF-8. */
size_t bus_utf8_count(const char *p, size_t n);
/* Edit distance (bytes), for "did you mean"; at most 64 bytes a side are
 * looked at. */
size_t bus_edit_distance(const char *a, const char *b);

#endif
