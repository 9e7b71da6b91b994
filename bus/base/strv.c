#include "bus/base/strv.h"

#include <string.h>

struct bus_strv bus_strv(const char *s)
{
    return (struct bus_strv){s, s ? strlen(s) : 0};
}

int bus_strv_cmp(struct bus_strv a, struct bus_strv b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

char *bus_strv_copy(char *dst, size_t cap, struct bus_strv s)
{
    if (cap > 0) {
        size_t n = s.n < cap - 1 ? s.n : cap - 1;
        if (n > 0) {
            memcpy(dst, s.p, n);
        }
        dst[n] = '\0';
    }
    return dst;
}

bool bus_strv_to_i64(struct bus_strv s, int64_t *ret)
{
    size_t i = 0;
    bool neg = s.n > 0 && s.p[0] == '-';
    i += neg || (s.n > 0 && s.p[0] == '+');
    if (i == s.n) {
        return false;
    }
    int64_t v = 0;
    for (; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        int d = s.p[i] - '0';
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_sub_overflow(v, d, &v)) {
            return false;
        }
    }
    if (!neg && __builtin_sub_overflow((int64_t)0, v, &v)) {
        return false;
    }
    *ret = v;
    return true;
}

/* The length of the well-formed sequence at p, 0 if there is none
 * (Unicode 15.0, table 3-7). */
static size_t utf8_sequence(const unsigned char *p, size_t n)
{
    unsigned char c = p[0];
    if (c < 0x80) {
        return 1;
    }
    size_t len = c >= 0xC2 && c <= 0xDF   ? 2
                 : c >= 0xE0 && c <= 0xEF ? 3
                 : c >= 0xF0 && c <= 0xF4 ? 4
                                          : 0;
    if (len == 0 || len > n) {
        return 0;
    }
    unsigned char lo = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char hi = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < lo || p[1] > hi) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return len;
}

/* By words, the last of them overlapping the one before. */
static bool is_ascii(const unsigned char *p, size_t n)
{
    uint64_t w, high = 0;
    uint32_t a, b;
    if (n >= sizeof(w)) {
        for (size_t i = 0; i + sizeof(w) < n; i += sizeof(w)) {
            memcpy(&w, p + i, sizeof(w));
            high |= w;
        }
        memcpy(&w, p + n - sizeof(w), sizeof(w));
        high |= w;
    } else if (n >= sizeof(a)) {
        memcpy(&a, p, sizeof(a));
        memcpy(&b, p + n - sizeof(b), sizeof(b));
        high = a | b;
        high |= high << 32;
    } else {
        for (size_t i = 0; i < n; i++) {
            high |= p[i];
        }
    }
    return (high & UINT64_C(0x8080808080808080)) == 0;
}

bool bus_utf8_valid(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t i = 0;
    if (is_ascii(u, n)) {
        return true;
    }
    while (i < n) {
        uint64_t w;
        if (n - i >= sizeof(w)) {
            memcpy(&w, u + i, sizeof(w));
            if ((w & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof(w);
                continue;
            }
        }
        size_t len = utf8_sequence(u + i, n - i);
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

size_t bus_utf8_count(const char *p, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += ((unsigned char)p[i] & 0xC0) != 0x80;
    }
    return count;
}

#define EDIT_MAX 64
size_t bus_edit_distance(const char *a, const char *b)
{
    size_t na = strnlen(a, EDIT_MAX), nb = strnlen(b, EDIT_MAX);
    size_t row[EDIT_MAX + 1];
    for (size_t j = 0; j <= nb; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t up = row[j];
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            diagonal = up;
        }
    }
    return row[nb];
}
