/* Chance that comes from a seed: the same household again. */
#include "ops/cli/county/generate_parts.h"

uint64_t cli_generate_roll(struct generate_dice *d)
{
    uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t cli_generate_upto(struct generate_dice *d, int64_t n)
{
    return (int64_t)(cli_generate_roll(d) % (uint64_t)n);
}

bool cli_generate_chance(struct generate_dice *d, int per_10000)
{
    return cli_generate_upto(d, 10000) < per_10000;
}
