#include "bus/base/idno.h"

#include <ctype.h>

#include "bus/base/clock.h"

#define IDNO_LEN 18

char bus_idno_check_digit(const char body[17])
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

enum bus_idno bus_idno_check(struct bus_strv s, int32_t *ret_birth_day)
{
    if (s.n != IDNO_LEN) {
        return BUS_IDNO_LENGTH;
    }
    char check = bus_idno_check_digit(s.p);
    char last = s.p[IDNO_LEN - 1];
    if (check == 0 || !(isdigit((unsigned char)last) || last == 'X')) {
        return BUS_IDNO_DIGITS;
    }
    char date[] = "yyyy-mm-dd";
    static const int to[] = {0, 1, 2, 3, 5, 6, 8, 9};
    for (int i = 0; i < 8; i++) {
        date[to[i]] = s.p[6 + i];
    }
    if (!bus_date_parse(bus_strv(date), ret_birth_day)) {
        return BUS_IDNO_DATE;
    }
    return check == last ? BUS_IDNO_WELL : BUS_IDNO_CHECK;
}
