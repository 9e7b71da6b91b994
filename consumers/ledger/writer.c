#include "consumers/ledger/writer.h"

#include <stdio.h>
#include <string.h>

#include "bus/wire/crypt.h"
#include "ops/db/event_insert.h"
#include "ops/db/reading_upsert.h"

enum column {
    C_TOPIC,
    C_PART,
    C_PLACE,
    C_EVENT,
    C_KIND,
    C_HOUSEHOLD,
    C_CASE,
    C_ABOUT,
    C_WORD,
    C_ITEM,
    C_PARTNER,
    C_AMOUNT,
    C_NOTE,
    C_TIME,
    C_DETAIL,
    C_BODY
};

int ledger_writer_init(struct ledger_writer *w, struct bus_err *err)
{
    return ledger_extract_init(&w->extract, err);
}

void ledger_writer_fini(struct ledger_writer *w)
{
    bus_pg_close(w->pg);
    ledger_extract_fini(&w->extract);
    for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
        bus_buf_fini(&w->columns[i]);
    }
}

static void drop(struct ledger_writer *w)
{
    bus_pg_close(w->pg);
    w->pg = NULL;
}

int ledger_connect(struct ledger_writer *w, struct bus_err *err)
{
    static const char lock[] = "SELECT pg_try_advisory_lock(" LEDGER_LOCK ")";
    struct bus_pg_rows *r = NULL;
    if (w->pg != NULL) {
        return BUS_OK;
    }
    int rc = bus_pg_open(w->conninfo, w->statement_ms, &w->pg, err);
    rc = rc ? rc : bus_pg_query(w->pg, lock, NULL, 0, &r, err);
    if (rc == BUS_OK && bus_pg_value(r, 0, 0)[0] != 't') {
        rc = bus_fail(err, BUS_EFENCED,
                      "another ledger writes to this database; stop it first");
    }
    bus_pg_rows_free(r);
    if (rc != BUS_OK) {
        drop(w);
    }
    return rc;
}

int ledger_offsets(struct ledger_writer *w,
                   struct bus_kafka_place *places,
                   size_t n,
                   struct bus_err *err)
{
    static const char sql[] = "SELECT topic, part, next FROM reading";
    struct bus_pg_rows *r = NULL;
    int rc = ledger_connect(w, err);
    rc = rc ? rc : bus_pg_query(w->pg, sql, NULL, 0, &r, err);
    if (rc != BUS_OK) {
        drop(w);
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        places[i].offset = -1;
        for (size_t k = 0; k < bus_pg_count(r); k++) {
            if (strcmp(places[i].topic + w->prefix, bus_pg_value(r, k, 0)) ==
                    0 &&
                bus_pg_i64(r, k, 1) == places[i].partition) {
                places[i].offset = bus_pg_i64(r, k, 2);
            }
        }
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static void put_id(struct bus_buf *b, bool has, const struct bus_id *id)
{
    char text[BUS_ID_TEXT + 1];
    bus_pg_array_text(
        b, has ? (struct bus_strv){bus_id_text(id, text), BUS_ID_TEXT}
               : (struct bus_strv){0});
}

/* What cannot be read is a row all the same: nothing of a topic is missing. */
static void unreadable(const struct bus_kafka_msg *m, struct ledger_row *row)
{
    struct bus_strv parts[] = {
        bus_strv(m->topic),
        {(const char *)&m->partition, sizeof(m->partition)},
        {(const char *)&m->offset, sizeof(m->offset)},
    };
    *row = (struct ledger_row){.kind = "unreadable",
                               .word = BUS_STRV("UNREADABLE"),
                               .item = BUS_STRV(""),
                               .note = BUS_STRV(""),
                               .occurred_at = m->timestamp_ms};
    row->event_id = bus_wire_derived_id("unreadable", parts, 3);
    row->has_household = bus_id_parse(m->key, &row->household_id);
}

static void add_row(struct ledger_writer *w, const struct bus_kafka_msg *m)
{
    struct ledger_row r;
    struct bus_err why;
    struct bus_strv topic = bus_strv(m->topic + w->prefix);
    if (ledger_extract(&w->extract, ledger_type_of(topic), m->value, &r,
                       &why) != BUS_OK) {
        w->unreadable++;
        unreadable(m, &r);
    }
    struct bus_buf *c = w->columns;
    const char *dot = memchr(topic.p, '.', topic.n);
    bus_pg_array_text(&c[C_TOPIC], topic);
    bus_pg_array_i64(&c[C_PART], m->partition);
    bus_pg_array_i64(&c[C_PLACE], m->offset);
    put_id(&c[C_EVENT], true, &r.event_id);
    bus_pg_array_text(&c[C_KIND], bus_strv(r.kind));
    put_id(&c[C_HOUSEHOLD], r.has_household, &r.household_id);
    put_id(&c[C_CASE], r.has_case, &r.case_id);
    put_id(&c[C_ABOUT], r.has_about, &r.about);
    bus_pg_array_text(&c[C_WORD], r.word);
    bus_pg_array_text(&c[C_ITEM], r.item);
    bus_pg_array_text(&c[C_PARTNER], bus_strv(dot ? dot + 1 : ""));
    if (r.has_amount) {
        bus_pg_array_i64(&c[C_AMOUNT], r.amount_fen);
    } else {
        bus_pg_array_text(&c[C_AMOUNT], (struct bus_strv){0});
    }
    bus_pg_array_text(&c[C_NOTE], r.note);
    bus_pg_array_i64(&c[C_TIME], r.occurred_at);
    bus_pg_array_text(&c[C_DETAIL], r.detail);
    bus_pg_array_bytes(&c[C_BODY], r.body);
}

static int write_columns(struct ledger_writer *w,
                         const char *sql,
                         size_t n,
                         struct bus_err *err)
{
    const char *params[LEDGER_COLUMNS];
    for (size_t i = 0; i < n; i++) {
        bus_pg_array_end(&w->columns[i]);
        params[i] = bus_buf_cstr(&w->columns[i]);
        if (w->columns[i].failed) {
            return bus_fail(err, BUS_ENOMEM, "a batch");
        }
    }
    return bus_pg_query(w->pg, sql, params, n, NULL, err);
}

static int write_offsets(struct ledger_writer *w,
                         const struct bus_kafka_msg *msgs,
                         size_t n,
                         struct bus_err *err)
{
    for (size_t i = 0; i < 3; i++) {
        bus_pg_array_start(&w->columns[i]);
    }
    for (size_t i = 0; i < n; i++) {
        bool last = true;
        for (size_t k = i + 1; last && k < n; k++) {
            last = msgs[k].topic_index != msgs[i].topic_index ||
                   msgs[k].partition != msgs[i].partition;
        }
        if (last) {
            bus_pg_array_text(&w->columns[0],
                              bus_strv(msgs[i].topic + w->prefix));
            bus_pg_array_i64(&w->columns[1], msgs[i].partition);
            bus_pg_array_i64(&w->columns[2], msgs[i].offset + 1);
        }
    }
    return write_columns(w, ops_db_reading_upsert, 3, err);
}

int ledger_write(struct ledger_writer *w,
                 const struct bus_kafka_msg *msgs,
                 size_t n,
                 struct bus_err *err)
{
    int rc = ledger_connect(w, err);
    if (rc != BUS_OK) {
        return rc;
    }
    for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
        bus_pg_array_start(&w->columns[i]);
    }
    for (size_t i = 0; i < n; i++) {
        add_row(w, &msgs[i]);
    }
    rc = bus_pg_exec(w->pg, "BEGIN", err);
    rc = rc ? rc : write_columns(w, ops_db_event_insert, LEDGER_COLUMNS, err);
    rc = rc ? rc : write_offsets(w, msgs, n, err);
    rc = rc ? rc : bus_pg_exec(w->pg, "COMMIT", err);
    if (rc != BUS_OK) {
        drop(w); /* and with it the transaction */
        return rc;
    }
    w->rows += n;
    return BUS_OK;
}
