/* What is worth asking next of a household that applies: nothing whose answer
 * decides nothing, what decides most first.
 *
 * The rules say it themselves. What the items that were begun wait for comes
 * in the order of bus/advice/wants.h; while none is begun, a fact that tells
 * (facts.yaml: sign) comes first that most items wait for, each item shared
 * among all it waits for. What was asked is not asked again, answered or not.
 *
 * Pure, and slow (the catalogue is tried some thousand times): for a worker. */
#ifndef PRODUCERS_DESK_ASK_H
#define PRODUCERS_DESK_ASK_H

#include "bus/conf/bus_config.h"
#include "bus/policy/catalogue.h"
#include "bus/web/fields.h"

#define DESK_ASKED "asked" /* a field each: "household.area" */

struct desk_asking
{
    const struct bus_config *config;
    const struct bus_policy_catalogue *catalogue;
    /* As the pages name them: "/facts/area", "/members/0/id_no". What is no
     * value of its fact counts as not said. */
    const struct bus_web_fields *fields;
    size_t members;
    int32_t day;
};
struct desk_question
{
    const struct bus_fact *fact; /* NULL: nothing more is worth asking */
    uint64_t members;            /* bit m: of that member; 0: the household's */
    size_t items;                /* that wait for it */
    bool opens;                  /* no item was begun that waits for it */
};
/* In mem, which must have room for an evaluation (BUS_ETOOBIG). */
int desk_ask_next(const struct desk_asking *a,
                  struct bus_arena *mem,
                  struct desk_question *ret,
                  struct bus_err *err) BUS_MUSTCHECK;

/* May a page ask it: neither worked out, nor of the page of members, nor one
 * that names a person? */
bool desk_ask_may(const struct bus_fact *f);

#endif
