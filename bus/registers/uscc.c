/* The unified social credit code: GB 32100-2015, check by ISO 7064 MOD 31-3's
 * weights, 3 to the power of the place, modulo 31. */
#include "bus/registers/registers.h"

#include <string.h>

#define USCC_CHARACTERS 18
#define USCC_BASE       31

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
_Static_assert(sizeof(alphabet) - 1 == USCC_BASE, "GB 32100, table 2");

static int value_of(char c)
{
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

char bus_registers_uscc_check(struct bus_strv first17)
{
    int sum = 0, weight = 1;
    if (first17.n != USCC_CHARACTERS - 1) {
        return 0;
    }
    for (size_t i = 0; i < first17.n; i++) {
        int v = value_of(first17.p[i]);
        if (v < 0) {
            return 0;
        }
        sum = (sum + v * weight) % USCC_BASE;
        weight = weight * 3 % USCC_BASE;
    }
    return alphabet[(USCC_BASE - sum) % USCC_BASE];
}

bool bus_registers_uscc_valid(struct bus_strv code)
{
    return code.n == USCC_CHARACTERS &&
           code.p[USCC_CHARACTERS - 1] ==
               bus_registers_uscc_check(
                   (struct bus_strv){code.p, USCC_CHARACTERS - 1});
}
