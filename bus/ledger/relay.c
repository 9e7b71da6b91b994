#include "bus/ledger/relay.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/log.h"
#include "bus/kafka/admin.h"
#include "bus/kafka/read.h"
#include "bus/ledger/sql/outbox_read.h"
#include "bus/ledger/sql/outbox_there.h"

static void relay_acked(void *data,
                        void *token,
                        int32_t partition,
                        int64_t offset,
                        const struct bus_err *err)
{
    struct bus_ledger_relay *r = data;
    const struct bus_ledger_outgoing *o = token;
    (void)partition;
    (void)offset;
    BUS_CHECK(r->unacked > 0 && r->acked_count < BUS_LEDGER_OUTBOX_PAGE);
    r->unacked--;
    if (err == NULL) {
        r->acked[r->acked_count++] = o->id;
    } else { /* it may have it all the same */
        r->doubt = true;
        bus_log(BUS_LOG_WARN, "not relayed", "%.200s", err->msg);
    }
    if (r->unacked == 0 && r->producer != NULL) {
        r->settled(r->data);
    }
}

int bus_ledger_relay_open(struct bus_ledger_relay *r,
                          const struct bus_kafka_env *kafka,
                          size_t mem_bytes,
                          struct bus_err *err)
{
    BUS_CHECK(r->owner != NULL && r->settled != NULL && r->producer == NULL);
    BUS_CHECK(r->prefix != NULL);
    r->kafka = kafka;
    r->doubt = true; /* of a predecessor */
    bus_arena_init(&r->page.mem, 0, mem_bytes);
    return bus_kafka_producer_open(kafka, relay_acked, r, &r->producer, err);
}

enum bus_ledger_relay_step
bus_ledger_relay_next(const struct bus_ledger_relay *r)
{
    BUS_CHECK(r->acked_count <= BUS_LEDGER_OUTBOX_PAGE);
    return r->unacked > 0       ? BUS_LEDGER_RELAY_NOTHING
           : r->acked_count > 0 ? BUS_LEDGER_RELAY_FORGET
           : r->wanted          ? BUS_LEDGER_RELAY_READ
                                : BUS_LEDGER_RELAY_NOTHING;
}

/* --- what may be there already --- */

struct doubt
{
    struct bus_ledger_relay *r;
    struct bus_kafka_reader *reader;
    struct bus_kafka_admin *admin;
    struct bus_pg_rows *read; /* of a topic: how far the ledger has read it */
    const char *topic;
    int64_t there[BUS_LEDGER_OUTBOX_PAGE];
    size_t n;
};

static int
doubt_hear(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct doubt *d = data;
    const struct bus_ledger_outbox *page = &d->r->page;
    struct bus_id id;
    (void)err;
    if (!bus_id_parse(bus_kafka_msg_header(m, "ce_id"), &id)) {
        return BUS_OK;
    }
    for (size_t i = 0; i < page->n; i++) {
        bool known = false;
        for (size_t k = 0; k < d->n; k++) {
            known |= d->there[k] == page->v[i].id;
        }
        if (!known && strcmp(page->v[i].topic, d->topic) == 0 &&
            bus_id_eq(&page->v[i].event_id, &id)) {
            d->there[d->n++] = page->v[i].id;
        }
    }
    return BUS_OK;
}

/* Behind what the ledger has read of it; what it has not begun, from the
 * beginning. */
static int doubt_partition(struct doubt *d, int32_t part, struct bus_err *err)
{
    struct bus_kafka_range range = {
        .topic = d->topic, .partition = part, .from = -1};
    int64_t next = 0;
    for (size_t i = 0; i < bus_pg_count(d->read); i++) {
        if (bus_pg_i64(d->read, i, 0) == part) {
            range.from = bus_pg_i64(d->read, i, 1);
        }
    }
    int rc = bus_kafka_read(d->reader, &range, doubt_hear, d, &next, err);
    if (rc == BUS_EGONE) { /* the ledger is of another topic of that name */
        range.from = -1;
        rc = bus_kafka_read(d->reader, &range, doubt_hear, d, &next, err);
    }
    return rc;
}

/* Whether one of the page's events of this topic lies there. */
static bool doubt_lies_in(const struct doubt *d, int32_t part, int32_t parts)
{
    const struct bus_ledger_outbox *page = &d->r->page;
    char key[BUS_ID_TEXT + 1];
    for (size_t i = 0; i < page->n; i++) {
        struct bus_strv of =
            bus_strv(bus_id_text(&page->v[i].household_id, key));
        if (strcmp(page->v[i].topic, d->topic) == 0 &&
            bus_kafka_partition_of(of, parts) == part) {
            return true;
        }
    }
    return false;
}

static int doubt_topic(struct doubt *d, struct bus_pg *pg, struct bus_err *err)
{
    const char *params[] = {d->topic + strlen(d->r->prefix)};
    int32_t parts = 0;
    BUS_CHECK(strlen(d->topic) > strlen(d->r->prefix));
    BUS_TRY(bus_kafka_partitions(d->admin, d->topic, &parts, err));
    bus_pg_rows_free(d->read);
    d->read = NULL;
    BUS_TRY(
        bus_pg_query(pg, bus_ledger_sql_outbox_read, params, 1, &d->read, err));
    for (int32_t p = 0; p < parts; p++) {
        if (doubt_lies_in(d, p, parts)) {
            BUS_TRY(doubt_partition(d, p, err));
        }
    }
    return BUS_OK;
}

static int doubt_topics(struct doubt *d, struct bus_pg *pg, struct bus_err *err)
{
    const struct bus_ledger_outbox *page = &d->r->page;
    BUS_TRY(bus_kafka_admin_open(d->r->kafka, &d->admin, err));
    BUS_TRY(bus_kafka_reader_open(d->r->kafka, &d->reader, err));
    for (size_t i = 0; i < page->n; i++) {
        bool before = false;
        for (size_t k = 0; k < i && !before; k++) {
            before = strcmp(page->v[k].topic, page->v[i].topic) == 0;
        }
        d->topic = page->v[i].topic;
        BUS_TRY(before ? BUS_OK : doubt_topic(d, pg, err));
    }
    return d->n == 0 ? BUS_OK : bus_ledger_outbox_sent(pg, d->there, d->n, err);
}

/* Takes what the topics have already out of the table, and of the page. The
 * last page that is not full ends the doubt: only what was in flight at once
 * can have been sent. */
static int
doubt_solve(struct bus_ledger_relay *r, struct bus_pg *pg, struct bus_err *err)
{
    struct doubt d = {.r = r};
    const char *params[] = {r->owner};
    BUS_TRY(
        bus_pg_query(pg, bus_ledger_sql_outbox_there, params, 1, NULL, err));
    BUS_TRY(bus_ledger_outbox_next(pg, r->owner, &r->page, err));
    bool last = r->page.n < BUS_LEDGER_OUTBOX_PAGE;
    int rc = r->page.n == 0 ? BUS_OK : doubt_topics(&d, pg, err);
    bus_kafka_reader_close(d.reader);
    bus_kafka_admin_close(d.admin);
    bus_pg_rows_free(d.read);
    BUS_TRY(rc);
    if (d.n > 0) {
        bus_log(BUS_LOG_INFO, "relayed before", "events=%zu", d.n);
        BUS_TRY(bus_ledger_outbox_next(pg, r->owner, &r->page, err));
    }
    r->doubt = !last;
    return BUS_OK;
}

int bus_ledger_relay_do(struct bus_ledger_relay *r,
                        enum bus_ledger_relay_step step,
                        struct bus_pg *pg,
                        struct bus_err *err)
{
    BUS_CHECK(step != BUS_LEDGER_RELAY_NOTHING && r->unacked == 0);
    return step == BUS_LEDGER_RELAY_FORGET
               ? bus_ledger_outbox_sent(pg, r->acked, r->acked_count, err)
           : r->doubt ? doubt_solve(r, pg, err)
                      : bus_ledger_outbox_next(pg, r->owner, &r->page, err);
}

static void relay_send(struct bus_ledger_relay *r)
{
    struct bus_err err;
    BUS_CHECK(r->unacked == 0 && r->page.n <= BUS_LEDGER_OUTBOX_PAGE);
    for (size_t i = 0; i < r->page.n; i++) {
        struct bus_ledger_outgoing *o = &r->page.v[i];
        if (bus_ledger_outbox_send(r->producer, o, r->source, o, &err) !=
            BUS_OK) {
            return;
        }
        r->unacked++;
    }
}

void bus_ledger_relay_done(struct bus_ledger_relay *r,
                           enum bus_ledger_relay_step step)
{
    BUS_CHECK(step != BUS_LEDGER_RELAY_NOTHING);
    if (step == BUS_LEDGER_RELAY_FORGET) {
        r->wanted |= r->acked_count == BUS_LEDGER_OUTBOX_PAGE;
        r->acked_count = 0;
    } else {
        r->wanted = false;
        relay_send(r);
    }
}

bool bus_ledger_relay_idle(const struct bus_ledger_relay *r)
{
    return r->unacked == 0;
}

void bus_ledger_relay_close(struct bus_ledger_relay *r,
                            int64_t wait_ms,
                            void (*closed)(void *data))
{
    struct bus_kafka_producer *p = r->producer;
    r->producer = NULL;
    if (p != NULL) {
        bus_kafka_producer_close(p, wait_ms, closed, r->data);
    }
}

void bus_ledger_relay_fini(struct bus_ledger_relay *r)
{
    bus_arena_fini(&r->page.mem);
}
