#include "bus/ledger/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/ledger/sql/outbox_next.h"
#include "bus/ledger/sql/outbox_sent.h"
#include "bus/role/emit.h"

/* "\\x6162", as the server writes bytes. */
static struct bus_strv outgoing_bytes(const char *text, struct bus_arena *mem)
{
    size_t n = strlen(text) > 2 ? (strlen(text) - 2) / 2 : 0;
    char *to = bus_arena_alloc(mem, n + 1);
    for (size_t i = 0; to != NULL && i < n; i++) {
        int byte = 0;
        for (size_t k = 0; k < 2; k++) {
            char c = text[2 + 2 * i + k];
            byte = byte * 16 + (c >= 'a' ? c - 'a' + 10 : c - '0');
        }
        to[i] = (char)byte;
    }
    return (struct bus_strv){to, to != NULL ? n : 0};
}

static bool outgoing_row(struct bus_ledger_outbox *to,
                         const struct bus_pg_rows *r,
                         size_t i)
{
    struct bus_ledger_outgoing *o = &to->v[i];
    *o = (struct bus_ledger_outgoing){
        .id = bus_pg_i64(r, i, 0),
        .topic = bus_arena_strdup(&to->mem, bus_pg_value(r, i, 1)),
        .value = outgoing_bytes(bus_pg_value(r, i, 2), &to->mem),
        .ce_type = bus_arena_strdup(&to->mem, bus_pg_value(r, i, 4)),
        .occurred_at = bus_pg_i64(r, i, 8)};
    struct bus_id *ids[] = {&o->event_id, NULL, &o->household_id, &o->case_id,
                            &o->cause_id};
    bool well = o->topic != NULL && o->ce_type != NULL && o->value.p != NULL;
    for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++) {
        well &= ids[k] == NULL ||
                bus_id_parse(bus_strv(bus_pg_value(r, i, 3 + k)), ids[k]);
    }
    return well;
}

int bus_ledger_outbox_next(struct bus_pg *pg,
                           const char *owner,
                           struct bus_ledger_outbox *ret,
                           struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    char page[16];
    (void)snprintf(page, sizeof(page), "%d", BUS_LEDGER_OUTBOX_PAGE);
    const char *params[] = {owner, page};
    bus_arena_reset(&ret->mem);
    ret->n = 0;
    BUS_TRY(bus_pg_query(pg, bus_ledger_sql_outbox_next, params, 2, &r, err));
    size_t n = bus_pg_count(r);
    BUS_CHECK(n <= BUS_LEDGER_OUTBOX_PAGE);
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        ret->n++;
        rc = outgoing_row(ret, r, i)
                 ? BUS_OK
                 : bus_fail(err, BUS_EBUG, "a row of the outbox");
    }
    bus_pg_rows_free(r);
    return rc;
}

int bus_ledger_outbox_sent(struct bus_pg *pg,
                           const int64_t *ids,
                           size_t n,
                           struct bus_err *err)
{
    struct bus_buf list;
    BUS_CHECK(n > 0 && n <= BUS_LEDGER_OUTBOX_PAGE);
    bus_buf_init(&list, 0);
    for (size_t i = 0; i < n; i++) {
        bus_buf_printf(&list, "%c%" PRId64, i == 0 ? '{' : ',', ids[i]);
    }
    bus_buf_putc(&list, '}');
    const char *params[] = {bus_buf_cstr(&list)};
    int rc = list.failed
                 ? bus_fail(err, BUS_ENOMEM, "a list of what was relayed")
                 : bus_pg_query(pg, bus_ledger_sql_outbox_sent, params, 1, NULL,
                                err);
    bus_buf_fini(&list);
    return rc;
}

int bus_ledger_outbox_send(struct bus_kafka_producer *p,
                           const struct bus_ledger_outgoing *o,
                           struct bus_strv source,
                           void *token,
                           struct bus_err *err)
{
    struct bus_role_rendered r;
    bus_role_emit_headers(
        &(struct bus_role_emit){.ce_type = o->ce_type,
                                .source = source,
                                .event_id = o->event_id,
                                .household_id = o->household_id,
                                .case_id = o->case_id,
                                .cause_id = o->cause_id,
                                .occurred_at = o->occurred_at},
        &r);
    const struct bus_kafka_out_msg m = {.topic = o->topic,
                                        .partition = -1,
                                        .key = r.key,
                                        .value = o->value,
                                        .headers = r.headers,
                                        .headers_count = r.headers_count};
    BUS_CHECK(p != NULL && o->topic != NULL);
    return bus_kafka_producer_send(p, &m, token, err);
}
