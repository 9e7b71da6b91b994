/* Taking up catalogues that are published while the matcher runs.
 *
 * Every second the topic `catalogue` is looked at, on a pool thread: what is
 * new and signed by the bureau is unpacked and compiled there, and joins the
 * editions in one step; lanes
 * see it from their next batch on. On the first day it is in force, and on each
 * day on which a version or a figure in it begins (or a version has ended),
 * each partition gets a notice in `reviews` (again after a restart: it is idle
 * then); so it is for the folder's own. One that cannot be used changes
 * nothing; the health condition "catalogue" and
 * lianou_catalogues_total{outcome="refused"} say so until a better one comes.
 */
#ifndef CONSUMERS_MATCHER_CATALOGUE_WATCH_H
#define CONSUMERS_MATCHER_CATALOGUE_WATCH_H

#include "consumers/matcher/shell.h"

struct catalogue_watch;
/* The folder's own catalogue is the first edition. */
int matcher_catalogue_watch_start(struct matcher_shell *s,
                                  struct catalogue_watch **ret,
                                  struct bus_err *err) BUS_MUSTCHECK;
/* From a lane: until the topic was read once, so that no event is judged by a
 * catalogue that was out of force before it came. BUS_EAGAIN after a second. */
int matcher_catalogue_watch_wait(struct catalogue_watch *t,
                                 struct bus_err *err) BUS_MUSTCHECK;
void matcher_catalogue_watch_drain(struct catalogue_watch *t);
void matcher_catalogue_watch_free(
    struct catalogue_watch *t); /* when no lane runs any more */

#endif
