#include "bus/base/id.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char hex[] = "0123456789abcdef";

bool bus_id_is_nil(const struct bus_id *a)
{
    static const struct bus_id nil;
    return bus_id_eq(a, &nil);
}

int bus_id_cmp(const struct bus_id *a, const struct bus_id *b)
{
    return memcmp(a, b, sizeof(*a));
}

static bool dash_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

char *bus_id_text(const struct bus_id *a, char dst[BUS_ID_TEXT + 1])
{
    char *p = dst;
    for (size_t i = 0; i < sizeof(a->b); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *p++ = '-';
        }
        *p++ = hex[a->b[i] >> 4];
        *p++ = hex[a->b[i] & 15];
    }
    *p = '\0';
    return dst;
}

static int id_nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool bus_id_parse(struct bus_strv s, struct bus_id *ret)
{
    if (s.n != BUS_ID_TEXT) {
        return false;
    }
    struct bus_id id = {{0}};
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (dash_at(i)) {
            if (s.p[i] != '-') {
                return false;
            }
            continue;
        }
        int v = id_nibble(s.p[i]);
        if (v < 0) {
            return false;
        }
        id.b[n / 2] = (uint8_t)(id.b[n / 2] << 4 | v);
        n++;
    }
    *ret = id;
    return true;
}

static void id_stamp(struct bus_id *id, unsigned version)
{
    id->b[6] = (uint8_t)((id->b[6] & 0x0f) | version << 4);
    id->b[8] = (uint8_t)((id->b[8] & 0x3f) | 0x80);
}

struct bus_id bus_id_fresh(int64_t unix_ms)
{
    static int64_t last_ms;
    static uint16_t counter; /* the 12 bits behind the time (method 1) */
    struct bus_id id;
    if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id)) {
        abort(); /* an id that may repeat is worse than no process */
    }
    if (unix_ms > last_ms) {
        last_ms = unix_ms;
        counter = (uint16_t)((id.b[6] << 8 | id.b[7]) & 0x3ff);
    } else if (++counter > 0xfff) {
        last_ms++;
        counter = 0;
    }
    for (int i = 0; i < 6; i++) {
        id.b[i] = (uint8_t)((uint64_t)last_ms >> (40 - 8 * i));
    }
    id.b[6] = (uint8_t)(counter >> 8);
    id.b[7] = (uint8_t)counter;
    id_stamp(&id, 7);
    return id;
}

struct bus_id bus_id_of_hash(const uint8_t *hash16)
{
    struct bus_id id;
    memcpy(id.b, hash16, sizeof(id.b));
    id_stamp(&id, 8);
    return id;
}
