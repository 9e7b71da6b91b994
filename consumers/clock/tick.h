/* tick: what the clock does in the database, a transaction at a time. Blocking,
 * for the role's pool thread.
 *
 * First it reads on in the ledger: what opens and closes a deadline
 * (rules/<rule>.sql). When it has read all, it tells the next day, and only the
 * next one: each stage that is reached on that day, and what each rule of days
 * finds. What is told stands in the outbox in the same transaction with the
 * mark that it was, under an id that follows from rule, about, day and stage:
 * over any crash it is told once. After a standstill days follow in their
 * order.
 *
 * No deadline follows from the clock of this machine; it only says up to which
 * day to tell. Where it and the database's differ by more than ten minutes one
 * of them has jumped, and nothing is told. */
#ifndef CONSUMERS_CLOCK_TICK_H
#define CONSUMERS_CLOCK_TICK_H

#include "bus/conf/bus_config.h"
#include "bus/pg/columns.h"
#include "bus/pg/pg.h"
#include "bus/policy/calendar.h"

#define CLOCK_OWNER         "clock" /* of the outbox */
#define CLOCK_SOON_DAYS     3
#define CLOCK_ESCALATE_DAYS 5 /* working days after the day */
#define CLOCK_APART_MAX_MS  600000
#define CLOCK_READING_ROWS  5000 /* of the ledger, a transaction */
#define CLOCK_TELLS         500  /* stages, a transaction */
#define CLOCK_MEM_BYTES     (64u << 20)

struct clock
{
    struct bus_pg *pg;
    const struct bus_policy_calendar *calendar;
    const struct bus_config *config;
    struct bus_arena mem; /* of a transaction */
    /* What it tells, and the stages that it has told: rows for the outbox and
     * of deadlines, put at its end. */
    struct bus_pg_columns told, stages;
};
struct clock_ticked
{
    int64_t read, told; /* rows of the ledger; events */
    bool more;          /* tick again at once */
};
/* What clock_tick() keeps from one to the next; not its pg. */
void clock_fini(struct clock *c);
/* now_ms: this machine's. BUS_EAGAIN: the two clocks are apart. */
int clock_tick(struct clock *c,
               int64_t now_ms,
               struct clock_ticked *ret,
               struct bus_err *err) BUS_MUSTCHECK;

#endif
