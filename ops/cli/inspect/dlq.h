/* What `lianou dlq` does to a dead letter (cmd_dlq.c, dlq_close.c). */
#ifndef OPS_CLI_INSPECT_DLQ_H
#define OPS_CLI_INSPECT_DLQ_H

#include "bus/base/hash.h"
#include "bus/wire/schema.h"
#include "ops/cli/tool.h"
#include "schemas/dead_letter.h"

/* Reasons of a mark: what became of the letter of the same place. A letter has
 * one mark; two at once have one id. */
#define DLQ_REDRIVEN "REDRIVEN"
#define DLQ_CLOSED   "CLOSED"

struct dlq_letter
{
    const struct sa_dead_letter *d;    /* NULL: only its mark was read */
    const struct sa_dead_letter *mark; /* NULL: open */
    char name[320];                    /* topic/partition/offset */
    struct dlq_letter *next;
};
struct dlq
{
    struct tool tool;
    bool all;              /* ls: with those that are at their end */
    bool dry;              /* redrive: only say it */
    const char *what;      /* NULL: every one */
    const char *why;       /* show: facts in clear, written down; NULL: not */
    const char *owner;     /* ls: only his; NULL: everybody's */
    const char *reason;    /* close */
    const char *account;   /* close: who says so */
    struct bus_arena mem;  /* letters */
    struct bus_map places; /* name -> letter */
    struct dlq_letter *first, **last;
    struct bus_wire_registry *schemas;
};

/* The mark of l, acknowledged by the broker; l->mark is it then. reason goes
 * out in clear. */
int cli_dlq_mark(struct dlq *q,
                 struct dlq_letter *l,
                 const char *code,
                 const char *reason,
                 struct bus_err *err) BUS_MUSTCHECK;
/* Letter q->what is closed by who signs in as q->account, of the owner's office
 * or of the lead department, for q->reason: 1 to 200 characters, no controls,
 * no row of more than 7 digits (numbers of people, telephones and accounts are
 * longer). BUS_EUSAGE, BUS_EDENIED, BUS_EUNKNOWN; BUS_EDUPLICATE: it has its
 * end. */
int cli_dlq_close(struct dlq *q, struct bus_err *err) BUS_MUSTCHECK;

#endif
