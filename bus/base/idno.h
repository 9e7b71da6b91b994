/* The number of a resident identity card: GB 11643-1999, 18 characters, check
 * digit by ISO 7064 MOD 11-2. Pure; it remembers nothing and repeats nothing of
 * the number. */
#ifndef BUS_BASE_IDNO_H
#define BUS_BASE_IDNO_H

#include <stdint.h>

#include "bus/base/strv.h"

/* What is wrong with it, the first that is. */
enum bus_idno {
    BUS_IDNO_WELL,
    BUS_IDNO_LENGTH, /* not 18 characters */
    BUS_IDNO_DIGITS, /* others than digits, and an upper-case X at the end */
    BUS_IDNO_DATE,   /* 7 to 14 are no day of the calendar */
    BUS_IDNO_CHECK   /* the last is not what the others make it */
};
/* *ret_birth_day: days since 1970; of a number with a day in it. */
enum bus_idno bus_idno_check(struct bus_strv s, int32_t *ret_birth_day);
/* '0'..'9' or 'X' for the first 17 digits, 0 if they are no digits. */
char bus_idno_check_digit(const char body[17]);

#endif
