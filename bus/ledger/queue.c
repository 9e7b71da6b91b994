#include "bus/ledger/queue.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/hex.h"
#include "bus/ledger/sql/assignment.h"
#include "bus/ledger/sql/queue.h"

static int queue_take(const struct bus_pg_rows *r,
                      struct bus_arena *mem,
                      struct bus_ledger_queue *ret,
                      struct bus_err *err)
{
    size_t n = bus_pg_count(r);
    ret->list = bus_arena_calloc(mem, n + 1, sizeof(*ret->list));
    for (size_t i = 0; ret->list != NULL && i < n; i++) {
        struct bus_ledger_assigned *a = &ret->list[i];
        const char **const texts[] = {
            &a->assignment_id, &a->case_id,    &a->item,        &a->word,
            &a->reason,        &a->amount_fen, &a->assigned_on, &a->due,
            &a->verdict,       &a->division,   &a->case_no};
        for (size_t c = 0; c < sizeof(texts) / sizeof(texts[0]); c++) {
            *texts[c] = bus_arena_strdup(mem, bus_pg_value(r, i, c));
            if (*texts[c] == NULL) {
                return bus_fail(err, BUS_ENOMEM, "a queue");
            }
        }
        a->overdue = bus_pg_value(r, i, 11)[0] == 't';
        a->last_step = bus_arena_strdup(mem, bus_pg_value(r, i, 12));
    }
    ret->count = n;
    return ret->list != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a queue");
}

int bus_ledger_queue(struct bus_pg *pg,
                     const char *department,
                     const struct bus_ledger_queue_wish *wish,
                     struct bus_arena *mem,
                     struct bus_ledger_queue *ret,
                     struct bus_err *err)
{
    char most[24];
    const char *const params[] = {department, wish->item, most,
                                  wish->due,  wish->by,   wish->receipt};
    struct bus_pg_rows *r = NULL;
    (void)snprintf(most, sizeof(most), "%lld", (long long)wish->limit);
    *ret = (struct bus_ledger_queue){0};
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_queue, params, 6, &r, err));
    int rc = queue_take(r, mem, ret, err);
    bus_pg_rows_free(r);
    return rc;
}

static int assignment_take(const struct bus_pg_rows *r,
                           struct bus_ledger_assignment *ret,
                           struct bus_err *err)
{
    struct bus_strv household = bus_strv(bus_pg_value(r, 0, 0));
    if (!bus_id_parse(household, &ret->household_id)) {
        return bus_fail(err, BUS_EBUG, "an assignment in the ledger");
    }
    (void)bus_strv_copy(ret->item, sizeof(ret->item),
                        bus_strv(bus_pg_value(r, 0, 1)));
    (void)bus_strv_copy(ret->department, sizeof(ret->department),
                        bus_strv(bus_pg_value(r, 0, 2)));
    ret->has_amount = bus_pg_value(r, 0, 3)[0] != '\0';
    ret->amount_fen = ret->has_amount ? bus_pg_i64(r, 0, 3) : 0;
    (void)bus_strv_copy(ret->division, sizeof(ret->division),
                        bus_strv(bus_pg_value(r, 0, 4)));
    struct bus_strv sum = bus_strv(bus_pg_value(r, 0, 5)); /* as hex digits */
    ret->has_payee = sum.n > 0;
    if (ret->has_payee &&
        !bus_hex_read(sum, ret->payee_hash, sizeof(ret->payee_hash))) {
        return bus_fail(err, BUS_EBUG, "a payee's sum in the ledger");
    }
    (void)bus_strv_copy(ret->payee_masked, sizeof(ret->payee_masked),
                        bus_strv(bus_pg_value(r, 0, 6)));
    (void)bus_strv_copy(ret->word, sizeof(ret->word),
                        bus_strv(bus_pg_value(r, 0, 7)));
    ret->stands = bus_pg_value(r, 0, 8)[0] == 't';
    return BUS_OK;
}

int bus_ledger_assignment(struct bus_pg *pg,
                          const struct bus_id *case_id,
                          const struct bus_id *assignment_id,
                          struct bus_ledger_assignment *ret,
                          struct bus_err *err)
{
    char ids[2][BUS_ID_TEXT + 1];
    const char *const params[] = {bus_id_text(assignment_id, ids[0]),
                                  bus_id_text(case_id, ids[1])};
    struct bus_pg_rows *r = NULL;
    *ret = (struct bus_ledger_assignment){.assignment_id = *assignment_id,
                                          .case_id = *case_id};
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_assignment, params, 2, &r, err));
    int rc = bus_pg_count(r) > 0
                 ? assignment_take(r, ret, err)
                 : bus_fail(err, BUS_EUNKNOWN, "no such assignment");
    bus_pg_rows_free(r);
    return rc;
}
