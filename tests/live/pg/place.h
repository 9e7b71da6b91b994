/* What the tests on a real PostgreSQL share: a private server, a loop turned by
 * hand, questions. Exits with 77 (skipped) where no server is installed. */
#ifndef TESTS_LIVE_PG_PLACE_H
#define TESTS_LIVE_PG_PLACE_H

#include "bus/pg/pg.h"
#include "bus/run/loop.h"
#include "ops/cli/demo/private_pg.h"
#include "tests/lib/check.h"

struct place
{
    char dir[64];
    struct private_pg server;
    struct bus_pg *pg; /* for questions; opened anew by place_open_pg() */
    struct bus_run_loop *loop;
};
extern struct place place;

int place_setup(void **state);    /* of a group: the server */
int place_teardown(void **state); /* stops it, removes the folder */
/* A database of its own name with the migrations; place.pg asks it. */
const char *place_database(const char *name);
int64_t place_number(const char *sql);
void place_do(const char *sql);
/* Turns the loop until it holds; fails the test after 30 s. */
void place_until(bool (*holds)(void *data), void *data, const char *what);
void place_turn(int64_t ms);

#endif
