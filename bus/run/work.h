/* Blocking work on the thread pool (4 threads; UV_THREADPOOL_SIZE).
 *
 * run() is called on a pool thread and must touch nothing of the loop's;
 * done() on the loop's thread afterwards. The loop is held meanwhile. The
 * memory `data` points to must live until done(). There is no cancelling: give
 * every blocking call a time limit. */
#ifndef BUS_RUN_WORK_H
#define BUS_RUN_WORK_H

#include "bus/run/loop.h"

int bus_run_work(struct bus_run_loop *loop,
                 void (*run)(void *data),
                 void (*done)(void *data),
                 void *data,
                 struct bus_err *err) BUS_MUSTCHECK;

#endif
