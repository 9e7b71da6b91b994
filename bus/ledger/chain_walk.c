#include <string.h>

#include "bus/base/check.h"
#include "bus/ledger/chain_check.h"

enum { LAST_STORED, LAST_COMPUTED, LAST_WHOLE, BEFORES };

const char *bus_ledger_fault_text(enum bus_ledger_fault_kind kind)
{
    static const char *const texts[] = {
        [BUS_LEDGER_CHANGED] = "is not as it was written / 内容被改动",
        [BUS_LEDGER_MISSING] = "rows before it are missing / 其前有行缺失",
        [BUS_LEDGER_PUT_IN] = "was put in or moved / 非原有或被移位",
        [BUS_LEDGER_UNCHAINED] = "has no chain / 没有链值",
        [BUS_LEDGER_HEAD] = "the head is another's / 与链首不符",
    };
    BUS_CHECK(kind < sizeof(texts) / sizeof(texts[0]));
    return texts[kind];
}

static void walk_tell(struct bus_ledger_chain_walk *w,
                      enum bus_ledger_fault_kind kind,
                      int64_t place,
                      int64_t n,
                      int64_t to)
{
    struct bus_ledger_fault f = {.kind = kind,
                                 .topic = w->topic,
                                 .part = w->part,
                                 .place = place,
                                 .n = n,
                                 .to = to};
    w->faults++;
    w->faulty(w->data, &f);
}

void bus_ledger_walk_begin(struct bus_ledger_chain_walk *w,
                           const char *topic,
                           int32_t part,
                           const struct bus_ledger_head *head,
                           int64_t since)
{
    w->topic = topic;
    w->part = part;
    w->head = *head;
    w->since = since;
    w->due = 1;
    w->place = -1;
    memset(w->before, 0, sizeof(w->before));
}

static bool same_chain(const uint8_t *a, const void *b)
{
    return memcmp(a, b, BUS_LEDGER_CHAIN_BYTES) == 0;
}

/* Is the row whole as number n behind one of those it may follow? */
static int walk_follows(struct bus_ledger_chain_walk *w,
                        struct bus_strv chain,
                        int64_t n,
                        bool *ret,
                        struct bus_err *err)
{
    uint8_t is[BUS_LEDGER_CHAIN_BYTES];
    *ret = false;
    for (size_t i = 0; i < BEFORES && !*ret; i++) {
        if (i > 0 && same_chain(w->before[i], w->before[i - 1])) {
            continue;
        }
        BUS_TRY(bus_ledger_chain_of(w->chain, w->before[i], n, is, err));
        *ret = same_chain(is, chain.p);
    }
    return BUS_OK;
}

/* The next row may follow this one, as it says or as it is. */
static int walk_take(struct bus_ledger_chain_walk *w,
                     struct bus_strv chain,
                     int64_t n,
                     bool whole,
                     struct bus_err *err)
{
    uint8_t is[BUS_LEDGER_CHAIN_BYTES];
    if (whole) {
        for (size_t i = 0; i < BEFORES; i++) {
            memcpy(w->before[i], chain.p, BUS_LEDGER_CHAIN_BYTES);
        }
    } else {
        BUS_TRY(
            bus_ledger_chain_of(w->chain, w->before[LAST_WHOLE], n, is, err));
        memcpy(w->before[LAST_STORED], chain.p, BUS_LEDGER_CHAIN_BYTES);
        memcpy(w->before[LAST_COMPUTED], is, BUS_LEDGER_CHAIN_BYTES);
    }
    w->due = n + 1;
    return BUS_OK;
}

/* What does not follow: its number, or the rest of it, or where it stands. */
static int walk_judge(struct bus_ledger_chain_walk *w,
                      const struct bus_ledger_chain_row *row,
                      struct bus_err *err)
{
    bool whole = false;
    if (row->n != w->due) {
        BUS_TRY(walk_follows(w, row->chain, w->due, &whole, err));
    }
    if (whole || row->n == w->due) {
        walk_tell(w, BUS_LEDGER_CHANGED, row->place, w->due, w->due);
        return walk_take(w, row->chain, w->due, whole, err);
    }
    if (row->n > w->due) {
        walk_tell(w, BUS_LEDGER_MISSING, row->place, w->due, row->n - 1);
        BUS_TRY(walk_take(w, row->chain, row->n, false, err));
        return BUS_OK;
    }
    walk_tell(w, BUS_LEDGER_PUT_IN, row->place, row->n, row->n);
    memcpy(w->before[LAST_STORED], row->chain.p, BUS_LEDGER_CHAIN_BYTES);
    return BUS_OK;
}

int bus_ledger_walk_row(struct bus_ledger_chain_walk *w,
                        const struct bus_ledger_chain_row *row,
                        struct bus_err *err)
{
    bool whole = false;
    BUS_CHECK(w->topic != NULL && w->due > 0);
    w->place = row->place;
    if (row->n <= 0 && row->chain.p == NULL && row->place < w->since) {
        w->old++;
        return BUS_OK;
    }
    w->rows++;
    if (row->n <= 0 || row->chain.n != BUS_LEDGER_CHAIN_BYTES) {
        walk_tell(w, BUS_LEDGER_UNCHAINED, row->place, w->due, w->due);
        uint8_t *computed = w->before[LAST_COMPUTED];
        return bus_ledger_chain_of(w->chain, w->before[LAST_WHOLE], w->due++,
                                   computed, err);
    }
    BUS_TRY(walk_follows(w, row->chain, row->n, &whole, err));
    return whole ? walk_take(w, row->chain, row->n, true, err)
                 : walk_judge(w, row, err);
}

void bus_ledger_walk_end(struct bus_ledger_chain_walk *w)
{
    const struct bus_ledger_head *h = &w->head;
    bool found = false;
    if (h->n >= w->due) {
        walk_tell(w, BUS_LEDGER_MISSING, -1, w->due, h->n);
        return;
    }
    for (size_t i = 0; i < BEFORES; i++) {
        found = found || same_chain(w->before[i], h->chain);
    }
    if (h->n != w->due - 1 || !found || (h->n > 0 && h->next != w->place + 1)) {
        walk_tell(w, BUS_LEDGER_HEAD, -1, w->due - 1, h->n);
    }
}
