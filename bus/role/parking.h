/* Events that wait because the partner does not take them, and those of the
 * same household that wait behind them: a folder with a file each, so that the
 * broker's offset can go on. What is kept is the dead letter it may become: the
 * message as it came.
 *
 * Only a household's first event is tried again, the others follow in their
 * order; other households are not touched. Counts and instants of tries begin
 * anew after a restart, the instant of the first try does not. For one thread
 * at a time. */
#ifndef BUS_ROLE_PARKING_H
#define BUS_ROLE_PARKING_H

#include <stdbool.h>

#include "bus/base/arena.h"
#include "bus/conf/partner.h"
#include "schemas/dead_letter.h"

struct bus_parking;
struct bus_role_parked
{
    struct sa_dead_letter dead_letter; /* first_at, tries and all */
    int64_t next_ms;                   /* when it may be tried again */
    bool busy;                         /* its runner is at it */
    bool gone;                         /* it is a dead letter in Kafka now */
};

/* path is made if it is not there; reads what is in it. A file that is no
 * letter is an error (BUS_ESCHEMA, with its name): it is not for us to drop. */
int bus_role_parking_open(const char *path,
                          const struct bus_conf_partner *partner,
                          struct bus_parking **ret,
                          struct bus_err *err) BUS_MUSTCHECK;
void bus_role_parking_close(struct bus_parking *p); /* NULL is allowed */
size_t bus_role_parking_count(const struct bus_parking *p);
/* Does an event of this household wait? Nil: those without one. */
bool bus_role_parking_holds(const struct bus_parking *p,
                            const struct bus_id *house);
/* Is there room for one more of this household (parking.per_household,
 * parking.total)? */
bool bus_role_parking_room(const struct bus_parking *p,
                           const struct bus_id *house);
/* On the disk when it returns; copies. The same event again is one. */
int bus_role_parking_add(struct bus_parking *p,
                         const struct sa_dead_letter *dead_letter,
                         struct bus_err *err) BUS_MUSTCHECK;
/* A household's first event whose time has come; NULL: none. */
struct bus_role_parked *bus_role_parking_due(struct bus_parking *p,
                                             int64_t now_ms);
/* One that is gone and still here; NULL: none. */
struct bus_role_parked *bus_role_parking_gone(struct bus_parking *p);
/* Not taken again: counts the try and sets next_ms (retry.first, doubling to
 * retry.max, jittered). True: parking.give_up is over, it is to be a letter. */
bool bus_role_parking_tried(struct bus_parking *p,
                            struct bus_role_parked *e,
                            int64_t now_ms);
/* It is given, or a dead letter in Kafka; frees it. */
int bus_role_parking_remove(struct bus_parking *p,
                            struct bus_role_parked *e,
                            struct bus_err *err) BUS_MUSTCHECK;

#endif
