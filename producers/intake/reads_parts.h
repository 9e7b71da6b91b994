/* Between reads.c, on the loop's thread, and reads_make.c, on a pool's. */
#ifndef PRODUCERS_INTAKE_READS_PARTS_H
#define PRODUCERS_INTAKE_READS_PARTS_H

#include "bus/ledger/cases.h"
#include "bus/web/kept.h"
#include "bus/web/limits.h"
#include "bus/web/may.h"
#include "bus/web/pool.h"
#include "producers/intake/reads.h"

#define READS_RECENT 65536
/* The door with pages, which counts where its visitors come from itself: here
 * all of them have its address. */
#define READS_DESK "system desk"

enum reads_what { READS_APPLICATION, READS_CASE, READS_PROGRESS };
struct reading /* in the request's own memory */
{
    struct intake_reads *all;
    struct bus_run_http_request *rq;
    enum reads_what what;
    enum bus_ledger_part part;
    bool of_desk; /* of READS_PROGRESS */
    struct bus_strv id;
    struct bus_id lookup; /* of READS_PROGRESS: what must stand there */
    struct bus_web_caller caller;
    struct bus_web_scope scope; /* when he asked */
    char purpose[256];          /* as he says; a system's as registered */
    bool said;                  /* he did */
    bool packs;
    const char *key;           /* for all that decides what he gets */
    struct bus_web_kept *kept; /* what was said to it last, held; or NULL */
    struct bus_web_kept *made; /* a new answer */
    struct bus_buf out;
};
struct reads_recent
{
    struct bus_id application;
    uint64_t sender;
};
struct intake_reads
{
    struct intake *in;
    struct bus_ledger_cases cases;
    struct bus_web_pool *pool;
    struct bus_web_keeper *keeper;
    struct bus_web_limits *guesses;  /* of residents, by application */
    struct bus_web_limits *clients;  /* and by address, a day */
    struct bus_web_limits *readers;  /* who reads how much an hour */
    struct bus_web_limits *requests; /* of one application, a day */
    struct reads_recent
        recent[READS_RECENT]; /* by the id's own bits; a later one wins */
};

/* What is answered, out of the ledger or as it was said last: in out and in
 * made, unless kept still holds. BUS_EDENIED, BUS_EUNKNOWN: nobody's to see. */
int intake_reads_make(struct bus_pg *pg,
                      void *reading,
                      struct bus_err *err) BUS_MUSTCHECK;

/* --- also of requests/ --- */

/* By his address and by the application. False: 429 has been answered. */
bool intake_reads_may_guess(struct intake_reads *r,
                            struct bus_run_http_request *rq,
                            const struct reading *q);
/* A right one is no guess; nor is one that nobody could look up. */
void intake_reads_guessed(const struct reading *q, int rc);
/* What there is not, and what is not his: the same bytes. */
void intake_reads_nobody(const struct reading *q);
/* What q's caller may see, by the register in force. */
void intake_reads_scope(struct reading *q);
/* What an applicant knows, as the ledger has it. */
struct bus_id intake_reads_lookup(const struct intake_reads *r,
                                  const struct bus_id *application,
                                  struct bus_strv last);

#endif
