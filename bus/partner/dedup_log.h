/* What an adapter must remember through a crash: which events it has given to
 * its partner and taken from it, and which tasks are open. A file of notes,
 * each appended and on the disk before what it speaks of is done.
 *
 * For one thread at a time. The newest `keep` notes about events stay (Kafka
 * gives again what was not committed, a partner what it is unsure of: both are
 * recent); open tasks stay however old they are. */
#ifndef BUS_PARTNER_DEDUP_LOG_H
#define BUS_PARTNER_DEDUP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/err.h"
#include "bus/base/id.h"

#define BUS_SEEN_KEEP 100000

enum bus_partner_dedup_what {
    BUS_SEEN_GIVEN = 1, /* an event's document may be published */
    BUS_SEEN_FORGOTTEN, /* it was not given after all */
    BUS_SEEN_TAKEN,     /* an answer's event is in Kafka */
    BUS_SEEN_OPENED,    /* a task waits for its answer */
    BUS_SEEN_CLOSED
};
struct bus_partner_dedup_note
{
    enum bus_partner_dedup_what what;
    struct bus_id id;
    int64_t at_ms;
};

struct bus_seen;
/* folder: an open one, borrowed until it returns; the file is made if it is
 * not there. A torn last note counts as not written. keep 0: BUS_SEEN_KEEP. */
int bus_partner_dedup_open(int folder,
                           const char *name,
                           size_t keep,
                           struct bus_seen **ret,
                           struct bus_err *err) BUS_MUSTCHECK;
void bus_partner_dedup_close(struct bus_seen *s); /* NULL is allowed */
/* GIVEN, TAKEN or OPENED, and not undone since. */
bool bus_partner_dedup_has(const struct bus_seen *s,
                           enum bus_partner_dedup_what what,
                           const struct bus_id *id);
/* All of them or, with an error, none. */
int bus_partner_dedup_add(struct bus_seen *s,
                          const struct bus_partner_dedup_note *notes,
                          size_t n,
                          struct bus_err *err) BUS_MUSTCHECK;
size_t bus_partner_dedup_open_tasks(const struct bus_seen *s);
/* Tasks opened before that instant. */
size_t bus_partner_dedup_open_before(const struct bus_seen *s,
                                     int64_t before_ms);

#endif
