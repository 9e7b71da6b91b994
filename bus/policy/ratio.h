/* Exact fractions for indices and group measures. An overflow or a division by
 * zero makes the fraction `broken`, and everything made of it. */
#ifndef BUS_POLICY_RATIO_H
#define BUS_POLICY_RATIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_policy_ratio
{
    __int128 n, d; /* lowest terms, d > 0 */
    bool broken;
};
struct bus_policy_ratio bus_policy_ratio(__int128 n, __int128 d);
struct bus_policy_ratio bus_policy_ratio_add(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b);
struct bus_policy_ratio bus_policy_ratio_sub(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b);
struct bus_policy_ratio bus_policy_ratio_mul(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b);
struct bus_policy_ratio bus_policy_ratio_div(struct bus_policy_ratio a,
                                             struct bus_policy_ratio b);
/* <0, 0, >0, without overflow. Neither may be broken. */
int bus_policy_ratio_cmp(struct bus_policy_ratio a, struct bus_policy_ratio b);
/* Times `scale`, rounded half away from zero; false if broken or too big. */
bool bus_policy_ratio_round(struct bus_policy_ratio a,
                            int64_t scale,
                            int64_t *ret);
/* "0.375000" with so many digits (0 to 9); "?" if broken. Returns to. */
char *bus_policy_ratio_text(struct bus_policy_ratio a,
                            int digits,
                            char *to,
                            size_t cap);

#endif
