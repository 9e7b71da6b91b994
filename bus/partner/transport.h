/* How documents get to a partner and come back; knows nothing of what is in
 * them. All calls block: they are for a pool thread, one at a time.
 *
 * Giving is in two steps, so that a document is given exactly once whatever
 * happens: stage (durable, not yet to be seen), then publish (to be seen at
 * once and whole). Between the two the runner notes the id durably; what is
 * still staged after a crash was not given, what is noted and not staged was.
 * Taking: a document is claimed (the partner cannot change it any more), and
 * is claimed again after a restart until it is settled.
 *
 * Errors: BUS_EAGAIN means this document alone; other codes to be tried again
 * (BUS_EFULL: the disk is full, BUS_EIO) mean the transport as a whole. */
#ifndef BUS_PARTNER_TRANSPORT_H
#define BUS_PARTNER_TRANSPORT_H

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/base/strv.h"
#include "bus/conf/bus_config.h"

struct bus_partner_transport;
struct partner_door; /* door.h; of transports http and exec */

struct bus_partner_transport_env /* borrowed as long as it is open */
{
    const struct bus_config *config;
    const struct bus_conf_partner *partner;
    struct partner_door *door; /* NULL but for http and exec */
};

struct bus_partner_transport_taken
{
    const char *name;      /* the partner's name of it */
    struct bus_strv bytes; /* p NULL: see why */
    enum bus_errc why;     /* BUS_ETOOBIG, BUS_EDENIED: may not be read */
    int64_t still_ms;      /* unchanged since so long */
};
enum bus_partner_transport_verdict {
    BUS_TRANSPORT_ACCEPTED,
    BUS_TRANSPORT_REJECTED,
    BUS_TRANSPORT_LATER /* it may still be written: given back */
};

struct bus_partner_transport_ops
{
    const char *word; /* of the configuration: "spool" */
    /* BUS_EFENCED: another adapter has it. */
    int (*open)(const struct bus_partner_transport_env *env,
                struct bus_partner_transport **ret,
                struct bus_err *err);
    void (*close)(struct bus_partner_transport *t); /* NULL is allowed */
    /* An open folder for what must live and die with the transport. */
    int (*household)(const struct bus_partner_transport *t);

    int (*stage)(struct bus_partner_transport *t,
                 const struct bus_id *id,
                 struct bus_strv bytes,
                 struct bus_err *err);
    bool (*staged)(struct bus_partner_transport *t, const struct bus_id *id);
    /* What was staged so far is durable. */
    int (*staged_sync)(struct bus_partner_transport *t, struct bus_err *err);
    int (*publish)(struct bus_partner_transport *t,
                   const struct bus_id *id,
                   struct bus_err *err);
    int (*published_sync)(struct bus_partner_transport *t, struct bus_err *err);
    int (*discard)(struct bus_partner_transport *t,
                   const struct bus_id *id,
                   struct bus_err *err);
    /* At most max of the staged ones. */
    int (*each_staged)(struct bus_partner_transport *t,
                       struct bus_id *ret,
                       size_t max,
                       size_t *ret_n,
                       struct bus_err *err);
    /* Published and not yet taken by the partner; the oldest one's age. */
    int (*waiting)(struct bus_partner_transport *t,
                   size_t *ret_n,
                   int64_t *ret_oldest_ms,
                   struct bus_err *err);

    /* Claims at most max, the oldest first; texts in mem. */
    int (*take)(struct bus_partner_transport *t,
                struct bus_arena *mem,
                struct bus_partner_transport_taken *ret,
                size_t max,
                size_t *ret_n,
                struct bus_err *err);
    /* note: what the partner is told (JSON), beside its document. Settling
     * what is settled is fine. */
    int (*settle)(struct bus_partner_transport *t,
                  const char *name,
                  enum bus_partner_transport_verdict verdict,
                  struct bus_strv note,
                  struct bus_err *err);
    int (*settled_sync)(struct bus_partner_transport *t, struct bus_err *err);
};

/* By the configuration's value; NULL where nothing is to be run: with
 * transport kafka the partner's own client reads and writes the topics. */
const struct bus_partner_transport_ops *
bus_partner_transport_of(const struct bus_conf_partner *partner);

/* spool.c: a folder that both sides see.
 *
 *   out/        we write <event id>.json: complete, never twice
 *   in/         the partner drops <any name>.json
 *   done/       <name>.json once the bus has it, and <name>.ack.json
 *   rejected/   <name>.json, and <name>.reason.json: each fault with its place
 *   .bus/       ours: staged/ claimed/ ids lock
 *
 * The partner takes a file of out/ by moving or deleting it. It gives one by
 * writing under a name that begins with '.' or does not end in .json, and then
 * renaming; a file that is written in place is taken when it has not changed
 * between two looks and is one whole document. */
extern const struct bus_partner_transport_ops bus_partner_transport_spool;

/* sheet.c: the same folder, for people with an office suite.
 *
 *   out/worklist.xlsx, worklist.csv   we write: every task that waits, a row
 *                                     each; messages.csv what is to be read
 *   in/                the partner drops <any name>.xlsx or .csv: the table
 *                      with its coloured cells filled in
 *   done/, rejected/   the file, and <name>.ack.csv or .reason.csv: row by
 *                      row, in Chinese and English
 *
 * A row is one answer. Said again it changes nothing; another value for what
 * is answered, a number that was not asked, a shown cell that was changed are
 * faults of that row, and the other rows count. */
extern const struct bus_partner_transport_ops bus_partner_transport_sheet;

/* http.c: the same, kept by us; the partner fetches and gives at the role's own
 * port (door.h). */
extern const struct bus_partner_transport_ops bus_partner_transport_http;

/* http.c, where push.url is set: the runner posts what is staged (push.h), and
 * what is published is with the partner already. Answers come as with http. */
extern const struct bus_partner_transport_ops bus_partner_transport_push;

/* http.c: the same with a program of the partner's (push.h) in the address's
 * place; its answers are what it says beside. */
extern const struct bus_partner_transport_ops bus_partner_transport_exec;
/* What the program is started with, NULL at the ends, in mem. */
int bus_partner_exec_texts(const struct bus_conf_partner *partner,
                           struct bus_arena *mem,
                           const char ***ret_command,
                           const char ***ret_environment,
                           struct bus_err *err) BUS_MUSTCHECK;

/* postgres.c: two tables in the partner's own database (sql/postgres.sql).
 *
 *   lianou.inbox    we insert, by event id, never twice; the partner sets
 *                   taken_at
 *   lianou.outbox   the partner inserts; we set state, settled_at and result
 *
 * What is staged stays on our side, as with http, until its row is committed.
 * A NOTIFY makes us look, and without one a look every postgres.poll. A second
 * adapter on the same database waits. What the database refuses for its own
 * faults (a table, a column, a right that is missing) is the whole transport's,
 * waited for and said in Chinese and English; what a trigger or a constraint of
 * the partner's refuses is that document's. */
extern const struct bus_partner_transport_ops bus_partner_transport_postgres;

#endif
