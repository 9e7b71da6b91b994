/* Numbers as people write them, as the banks and telephones know them. */
#include <ctype.h>
#include <string.h>

#include "bus/base/clock.h"
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

/* --- the number of a resident identity card --- */

#define IDNO_LEN 18

char intake_idno_check_digit(const char body[17])
{
    static const int weights[] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                  3, 7, 9,  10, 5, 8, 4, 2};
    int sum = 0;
    for (int i = 0; i < 17; i++) {
        if (!isdigit((unsigned char)body[i])) {
            return 0;
        }
        sum += (body[i] - '0') * weights[i];
    }
    return "10X98765432"[sum % 11];
}

enum idno_fault intake_idno_check(struct bus_strv s, int32_t *ret_birth_day)
{
    if (s.n != IDNO_LEN) {
        return IDNO_LENGTH;
    }
    char check = intake_idno_check_digit(s.p);
    char last = s.p[IDNO_LEN - 1];
    if (check == 0 || !(isdigit((unsigned char)last) || last == 'X')) {
        return IDNO_DIGITS;
    }
    char date[] = "yyyy-mm-dd";
    static const int to[] = {0, 1, 2, 3, 5, 6, 8, 9};
    for (int i = 0; i < 8; i++) {
        date[to[i]] = s.p[6 + i];
    }
    if (!bus_date_parse(bus_strv(date), ret_birth_day)) {
        return IDNO_DATE;
    }
    return check == last ? IDNO_WELL : IDNO_CHECK;
}
