/* A collector of faults found in files that people write.
 *
 * A reader adds every fault it meets and goes on, so that a person sees all of
 * them at once, each as "file:line:col: path: what was found, what is allowed".
 * A warning is something a county must still confirm; it is no failure. */
#ifndef BUS_BASE_FAULTS_H
#define BUS_BASE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/err.h"

#define BUS_FAULTS_KEPT 4000 /* more are counted, not kept */

/* A place in a file. line and col count from 1, col in characters; 0 is "the
 * file as a whole". */
struct bus_place
{
    const char *file; /* borrowed; lives as long as the faults */
    uint32_t line, col;
};

struct bus_fault
{
    struct bus_place at;
    const char *path; /* "kafka.partitions", "" for none */
    const char *text;
    bool warning;
};

struct bus_faults
{
    struct bus_arena *mem; /* borrowed; texts live here */
    struct bus_fault *list;
    size_t count, cap;
    size_t errors, warnings; /* all, also those not kept */
    bool out_of_memory;      /* counts as an error */
};

void bus_faults_init(struct bus_faults *f, struct bus_arena *mem);
/* path may be NULL. Never fails: without memory it sets out_of_memory. */
void bus_faults_add(struct bus_faults *f,
                    struct bus_place at,
                    const char *path,
                    const char *fmt,
                    ...) BUS_PRINTF(4, 5);
void bus_faults_warn(struct bus_faults *f,
                     struct bus_place at,
                     const char *path,
                     const char *fmt,
                     ...) BUS_PRINTF(4, 5);
/* True if nothing but warnings was found. */
bool bus_faults_none(const struct bus_faults *f);
/* By file, line, column (stable). */
void bus_faults_sort(struct bus_faults *f);
/* One line each, "warning: " before the text of a warning; warnings only if
 * asked for. */
void bus_faults_print(const struct bus_faults *f,
                      bool warnings,
                      struct bus_buf *out);
/* 0 if bus_faults_none(), BUS_ENOMEM if memory ran out, else BUS_ECONFIG whose
 * message is the first fault and how many more there are. */
int bus_faults_fail(const struct bus_faults *f, struct bus_err *err);

#endif
