/* Numbers as people write them, as the banks and telephones know them. */
#include <string.h>

#include "producers/intake/form_parts.h"

struct bus_strv intake_form_digits(struct bus_arena *mem, struct bus_strv s)
{
    char *to = bus_arena_alloc(mem, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; to != NULL && i < s.n; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9') {
            to[n++] = s.p[i];
        }
    }
    return (struct bus_strv){to, n};
}

/* "+86 138 0000 0000", "86-13800000000", "0086..." are one number. */
struct bus_strv intake_form_phone(struct bus_arena *mem, struct bus_strv s)
{
    const char *plus = s.n > 1 ? memchr(s.p + 1, '+', s.n - 1) : NULL;
    struct bus_strv d = intake_form_digits(mem, s);
    if (plus != NULL) {
        return (struct bus_strv){0};
    }
    size_t country =
        d.n > 13 && memcmp(d.p, "0086", 4) == 0                   ? 4
        : d.n == 13 && memcmp(d.p, "86", 2) == 0 && d.p[2] == '1' ? 2
        : d.n > 2 && s.p[0] == '+' && memcmp(d.p, "86", 2) == 0   ? 2
                                                                  : 0;
    return (struct bus_strv){d.p + country, d.n - country};
}

/* GB/T 4761-2008, whose first digit is the kind. An in-law is nobody's child or
 * brother where a rule asks for one. */
const char *intake_relation_word(struct bus_strv code)
{
    static const char *const kinds[] = {
        "self",   "spouse",      "son",     "daughter", "grandchild",
        "parent", "grandparent", "sibling", "other",    "other"};
    static const char *const in_laws[] = {"28", "38", "45", "46", "53", "54",
                                          "55", "56", "72", "74", "76", "78"};
    for (size_t i = 0; i < sizeof(in_laws) / sizeof(in_laws[0]); i++) {
        if (bus_strv_is(code, in_laws[i])) {
            return "other";
        }
    }
    return code.n > 0 && code.p[0] >= '0' && code.p[0] <= '9'
               ? kinds[code.p[0] - '0']
               : NULL;
}
