/* A demo on somebody's Kafka and PostgreSQL stays apart from what is there:
 * topics and groups of a prefix of its own, tables in a schema of its own, and
 * both are taken away at the end. */
#ifndef OPS_CLI_DEMO_APART_H
#define OPS_CLI_DEMO_APART_H

#include "ops/cli/tool.h"

#define DEMO_APART_NAME 16

struct demo_apart
{
    char name[DEMO_APART_NAME]; /* "demo_1a2b3c4d" */
    char conninfo[512];         /* of the schema */
    bool topics, schema;        /* made, to be taken away */
};

void cli_demo_apart_name(struct demo_apart *a);
/* Sets LIANOU_PREFIX to "demo-1a2b3c4d.", unless it is set already. */
void cli_demo_apart_topics(struct demo_apart *a);
/* Makes the schema in the database of conninfo; a->conninfo leads there.
 * BUS_ECONFIG for a conninfo that is too long. */
int cli_demo_apart_schema(struct demo_apart *a,
                          const char *conninfo,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Takes both away; says on stderr what it could not. */
void cli_demo_apart_end(struct demo_apart *a, struct tool *t);

#endif
