/* A county's registers, officers and seals for benches, made by the program
 * (LIANOU_PROGRAM) in a folder of the run. One thread. Ends the program when
 * something is wrong. */
#ifndef TESTS_BENCH_OFFICES_H
#define TESTS_BENCH_OFFICES_H

#include "bus/registers/registers.h"
#include "bus/wire/sm2_tables.h"
#include "ops/cli/county/simulate_officer.h"

struct offices
{
    struct bus_register *registers;
    struct bus_wire_sm2_tables *seals;
};

/* Before the configuration is read (forms_open), which then names them. config:
 * its folder. */
void offices_make(const char *config);
/* After it. */
struct offices offices_open(void);
void offices_close(struct offices *o);

/* Who decides for it, and with what seal; until offices_close. */
const struct simulate_officer *offices_officer(struct bus_strv department);

#endif
