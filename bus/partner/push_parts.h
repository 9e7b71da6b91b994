/* Inside pushing: what its ways (a POST, a line to a program) share. */
#ifndef BUS_PARTNER_PUSH_PARTS_H
#define BUS_PARTNER_PUSH_PARTS_H

#include "bus/partner/parts.h"
#include "bus/run/breaker.h"

enum push_count { COUNT_TAKEN, COUNT_REFUSED, COUNT_AGAIN, COUNT_AWAY, COUNTS };
struct push_one
{
    struct partner_push *push;
    size_t at; /* in the chunk */
    enum push_state state;
    struct bus_err why;
    bool behind; /* an earlier event of its household is parked */
    char id[BUS_ID_TEXT + 1];
};
/* One way out. A document that was sent ends by partner_push_ends(), once, and
 * not from in there; what is heard of it tells the breaker first. */
struct partner_push_way
{
    int (*open)(struct partner_push *p, struct bus_err *err);
    void (*close)(struct partner_push *p); /* also of one half open */
    /* Whether anything can be sent; else p->last says why. NULL: always. */
    bool (*ready)(struct partner_push *p);
    int (*send)(struct push_one *o, struct bus_err *err);
    void (*drop)(struct partner_push *p); /* no end comes any more */
    void (*stop)(struct partner_push *p); /* the role drains; NULL: nothing */
};
extern const struct partner_push_way partner_push_http, partner_push_exec;

struct partner_push
{
    struct runner *r;
    void (*landed)(struct runner *r);
    const struct partner_push_way *way;
    void *own; /* of the way */
    size_t in_flight;
    struct bus_run_breaker breaker;
    struct push_one list[PARTNER_CHUNK];
    size_t asked, heard;
    char last[BUS_HEALTH_WHY_MAX / 2]; /* why the breaker counts */
    int condition;
    struct bus_series *m_count[COUNTS], *m_open, *m_seconds;
};

uint64_t partner_push_now(const struct partner_push *p);
/* What was heard, before the end of what was asked. hold_ms > 0: it wants to be
 * left alone for so long. */
void partner_push_good(struct partner_push *p);
void partner_push_bad(struct partner_push *p,
                      int64_t hold_ms,
                      const char *fmt,
                      ...) BUS_PRINTF(3, 4);
/* PUSH_HEAR: partner_push_heard() follows when its answers are settled. */
void partner_push_ends(struct push_one *o, enum push_event event);
void partner_push_heard(struct push_one *o);
/* The first fault of what it answered; a rejection names no one. event: its id,
 * or "-". */
void partner_push_rejected(const char *event, struct bus_strv note);

#endif
