/* What `lianou intake submit|import|drafts resubmit` share: applications from a
 * file, one after the other, into intake; each one's outcome on standard
 * output.
 *
 * Safe to repeat and to break off: what was taken is remembered in
 * <state>/submit, so that a second run passes over it ("known"). What has
 * faults is kept as a draft where the role keeps its own. A command has no
 * journal: it waits for Kafka. */
#ifndef OPS_CLI_INTAKE_FEED_H
#define OPS_CLI_INTAKE_FEED_H

#include <stdio.h>

#include "bus/role/frame.h"
#include "producers/intake/csv_import.h"
#include "producers/intake/intake.h"

struct feed;
struct feed_unit
{
    json_t *json;          /* taken over */
    struct bus_strv bytes; /* what "the same" means; p == NULL: the JSON */
    size_t first_line, last_line;
    const char *reference;
    const struct csv_import_unit *rows; /* of a sheet; NULL */
    const char *draft;                  /* the draft it comes from; NULL */
};
struct feed
{
    /* set by the command */
    const char *name; /* "import" */
    bool json;        /* one object a unit */
    bool each;        /* also those that were taken */
    /* Hands one unit to cli_feed_collect(); BUS_EAGAIN at the end; BUS_EPARSE:
     * said why, what was read before stays. */
    int (*next)(struct feed *f, struct bus_err *err);
    /* Looks at all of it before anything is sent, Kafka or not; may be NULL.
     * BUS_EPARSE: said why, nothing is sent. */
    int (*check)(struct feed *f, struct bus_err *err);
    /* Lines that next() has not read yet, when it is broken off. */
    size_t (*unread)(struct feed *f);
    void *data;
    struct csv_import *sheet; /* to place faults; NULL */
    /* its own */
    struct bus_role_frame frame;
    struct intake in;
    struct bus_timer *more;
    uint64_t units, accepted, known, drafts, failed, waiting;
    size_t last_line; /* of the last unit taken */
    uint64_t away_since_ms, unread_since_ms;
    bool checked, ended, broken, stopped, away_said, unread_said;
};
/* Runs it all; prints the sum; returns the exit code. */
int cli_feed_run(struct feed *f, const struct bus_run_role_args *args);
int cli_feed_collect(struct feed *f,
                     struct feed_unit *u,
                     struct bus_err *err) BUS_MUSTCHECK;
/* Rows that are no household, or cannot be read: counted and said. */
int cli_feed_unreadable(struct feed *f,
                        const struct feed_unit *u,
                        struct bus_err *err) BUS_MUSTCHECK;
/* A line or a file that is no application at all: counted and said. */
void cli_feed_broken(struct feed *f,
                     size_t line,
                     const struct form_syntax *wrong);

/* leave.c: lines of producers/intake/leaving.h; prints each event's id. */
int cli_intake_leave(const char *path, const char *config_dir);

/* cli_intake_drafts.c: drafts [list] | show ID | export ID FILE | drop ID |
 * resubmit ID|all [FILE]. why: what facts and the whole are opened for. */
int cli_intake_drafts(int argc,
                      char **argv,
                      const char *config_dir,
                      const char *why,
                      bool json);

#endif
