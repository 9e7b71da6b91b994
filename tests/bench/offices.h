/* A county's registers, officers and seals for benches, made by the program
 * (LIANOU_PROGRAM) in a folder of the run. One thread. Ends the program when
 * something is wrong. */
#ifndef TESTS_BENCH_OFFICES_H
#define TESTS_BENCH_OFFICES_H

#include "bus/registers/registers.h"
#include "bus/wire/sealer.h"
#include "bus/wire/sm2_tables.h"
#include "schemas/actor.h"

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

/* Of an organisation, in office, with this role. */
struct sa_actor offices_actor(struct bus_strv org, const char *role);
/* The department's seal; opened once, until offices_close. */
const struct bus_wire_sealer *offices_sealer(struct bus_strv department);

#endif
