#include "consumers/ledger/encode.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/pg/array.h"
#include "bus/role/keyed.h"
#include "bus/role/types.h"
#include "bus/wire/crypt.h"
#include "schemas/dead_letter.h"
#include "schemas/notice.h"
#include "schemas/review.h"

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
    C_BODY,
    C_RECORDED,
    C_N,
    C_CHAIN
};
_Static_assert(C_RECORDED + 1 == BUS_LEDGER_CHAIN_COLUMNS,
               "the chain holds what stands before it");
static const enum bus_pg_oid column_types[LEDGER_COLUMNS] = {
    [C_TOPIC] = BUS_PG_TEXT,
    [C_PART] = BUS_PG_INT4,
    [C_PLACE] = BUS_PG_INT8,
    [C_EVENT] = BUS_PG_UUID,
    [C_KIND] = BUS_PG_TEXT,
    [C_HOUSEHOLD] = BUS_PG_UUID,
    [C_CASE] = BUS_PG_UUID,
    [C_ABOUT] = BUS_PG_UUID,
    [C_WORD] = BUS_PG_TEXT,
    [C_ITEM] = BUS_PG_TEXT,
    [C_PARTNER] = BUS_PG_TEXT,
    [C_AMOUNT] = BUS_PG_INT8,
    [C_NOTE] = BUS_PG_TEXT,
    [C_TIME] = BUS_PG_TIMESTAMPTZ,
    [C_DETAIL] = BUS_PG_JSON,
    [C_BODY] = BUS_PG_BYTEA,
    [C_RECORDED] = BUS_PG_TIMESTAMPTZ,
    [C_N] = BUS_PG_INT8,
    [C_CHAIN] = BUS_PG_BYTEA,
};
static const enum bus_pg_oid offset_types[LEDGER_OFFSETS] = {
    BUS_PG_TEXT, BUS_PG_INT4, BUS_PG_INT8, BUS_PG_INT8, BUS_PG_BYTEA};

int ledger_encode_init(struct ledger_encode *e,
                       size_t prefix,
                       int32_t partitions,
                       struct bus_err *err)
{
    BUS_CHECK(partitions > 0);
    *e = (struct ledger_encode){.prefix = prefix, .partitions = partitions};
    e->places = bus_calloc(LEDGER_ROWS_MAX, sizeof(*e->places));
    if (e->places == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a batch");
    }
    ledger_heads_init(&e->heads);
    BUS_TRY(bus_ledger_chain_init(&e->chain, err));
    return ledger_extract_init(&e->extract, err);
}

void ledger_encode_fini(struct ledger_encode *e)
{
    ledger_extract_fini(&e->extract);
    bus_ledger_chain_fini(&e->chain);
    ledger_heads_fini(&e->heads);
    bus_free(e->places);
    for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
        bus_buf_fini(&e->columns[i]);
    }
    for (size_t i = 0; i < LEDGER_OFFSETS; i++) {
        bus_buf_fini(&e->offsets[i]);
    }
}

void ledger_encode_start(struct ledger_encode *e)
{
    BUS_CHECK(e->places != NULL);
    for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
        bus_pg_array_start(&e->columns[i], column_types[i]);
    }
    e->place_count = e->rows = 0;
    e->failure.code = BUS_OK;
    e->recorded_ms = bus_clock_system.wall_ms(NULL);
}

/* Places of one partition follow each other mostly: looked for from the end.
 * The head of the message's partition; NULL: e->failure says why. */
static struct bus_ledger_head *encode_head(struct ledger_encode *e,
                                           const struct bus_kafka_msg *m)
{
    size_t i = e->place_count, head = 0;
    while (i > 0 && (e->places[i - 1].partition != m->partition ||
                     e->places[i - 1].topic_index != m->topic_index)) {
        i--;
    }
    if (i == 0) {
        BUS_CHECK(e->place_count < LEDGER_ROWS_MAX);
        if (ledger_heads_find(&e->heads, bus_strv(m->topic + e->prefix),
                              m->partition, &head, &e->failure) != BUS_OK) {
            return NULL;
        }
        i = ++e->place_count;
        e->places[i - 1] = (struct ledger_place){.topic_index = m->topic_index,
                                                 .partition = m->partition,
                                                 .head = head};
    }
    BUS_CHECK(e->places[i - 1].head < e->heads.n);
    return &e->heads.v[e->places[i - 1].head].now;
}

/* reason NULL: its bytes cannot be read, under a household's own key. */
static void unreadable(const struct bus_kafka_msg *m,
                       const char *reason,
                       struct ledger_row *row)
{
    *row = (struct ledger_row){.kind = "unreadable",
                               .word = bus_strv(reason ? reason : "UNREADABLE"),
                               .item = BUS_STRV(""),
                               .note = BUS_STRV(""),
                               .occurred_at = m->timestamp_ms};
    row->event_id = bus_wire_place_id("unreadable", bus_strv(m->topic),
                                      m->partition, m->offset);
    row->has_household =
        reason == NULL && bus_id_parse(m->key, &row->household_id);
}

/* A dead letter and what tells of it may be nobody's; a review may be of every
 * household of its partition, under a key of zeros. */
static bool encode_keyed(const struct bus_wire_type *type,
                         const struct bus_kafka_msg *m)
{
    struct bus_id id;
    return type != &sa_dead_letter_type && type != &sa_notice_type &&
           (type != &sa_review_type || !bus_id_parse(m->key, &id) ||
            !bus_id_is_nil(&id));
}

static void encode_row_of(struct ledger_encode *e,
                          const struct bus_kafka_msg *m,
                          struct bus_strv topic,
                          struct ledger_row *ret)
{
    const struct bus_wire_type *type =
        bus_role_types_of_value(ledger_type_of(topic), m->value);
    BUS_CHECK(type != NULL);
    bool by_key = encode_keyed(type, m);
    const char *reason = NULL;
    struct bus_id named;
    struct bus_err why;
    int rc;
    if (by_key) {
        BUS_TRY_GOTO(
            rc, bus_role_keyed_read(m, e->partitions, &named, &reason, &why),
            failed);
    }
    BUS_TRY_GOTO(rc, ledger_extract(&e->extract, type, m->value, ret, &why),
                 failed);
    if (by_key) {
        BUS_TRY_GOTO(
            rc, bus_role_keyed_same(&named, &ret->household_id, &reason, &why),
            failed);
    }
    return;
failed:
    e->unreadable++;
    unreadable(m, reason, ret);
}

/* "" is a value here, NULL is none. */
static struct bus_strv encode_text(struct bus_strv v)
{
    return v.p ? v : BUS_STRV("");
}

static void encode_columns(struct ledger_encode *e,
                           const struct bus_kafka_msg *m,
                           const struct ledger_row *r)
{
    struct bus_buf *c = e->columns;
    struct bus_strv topic = bus_strv(m->topic + e->prefix);
    const char *dot = memchr(topic.p, '.', topic.n);
    BUS_CHECK(topic.n > 0);
    bus_pg_array_text(&c[C_TOPIC], topic);
    bus_pg_array_i32(&c[C_PART], m->partition);
    bus_pg_array_i64(&c[C_PLACE], m->offset);
    bus_pg_array_id(&c[C_EVENT], &r->event_id);
    bus_pg_array_text(&c[C_KIND], bus_strv(r->kind));
    bus_pg_array_id(&c[C_HOUSEHOLD],
                    r->has_household ? &r->household_id : NULL);
    bus_pg_array_id(&c[C_CASE], r->has_case ? &r->case_id : NULL);
    bus_pg_array_id(&c[C_ABOUT], r->has_about ? &r->about : NULL);
    bus_pg_array_text(&c[C_WORD], encode_text(r->word));
    bus_pg_array_text(&c[C_ITEM], encode_text(r->item));
    bus_pg_array_text(&c[C_PARTNER], bus_strv(dot ? dot + 1 : ""));
    if (r->has_amount) {
        bus_pg_array_i64(&c[C_AMOUNT], r->amount_fen);
    } else {
        bus_pg_array_null(&c[C_AMOUNT]);
    }
    bus_pg_array_text(&c[C_NOTE], encode_text(r->note));
    bus_pg_array_time(&c[C_TIME], r->occurred_at);
    bus_pg_array_text(&c[C_DETAIL], r->detail);
    bus_pg_array_bytes(&c[C_BODY], r->body);
    bus_pg_array_time(&c[C_RECORDED], e->recorded_ms);
}

/* The row behind the head, of what its columns got since `from`. */
static int encode_chain(struct ledger_encode *e,
                        const size_t from[BUS_LEDGER_CHAIN_COLUMNS],
                        struct bus_ledger_head *head)
{
    bus_ledger_chain_start(&e->chain);
    for (size_t i = 0; i < BUS_LEDGER_CHAIN_COLUMNS; i++) {
        const struct bus_buf *c = &e->columns[i];
        if (c->failed) {
            return bus_fail(&e->failure, BUS_ENOMEM, "a batch");
        }
        BUS_CHECK(c->len > from[i]);
        bus_ledger_chain_element(
            &e->chain, (struct bus_strv){(const char *)c->data + from[i],
                                         c->len - from[i]});
    }
    return bus_ledger_chain_of(&e->chain, head->chain, head->n + 1, head->chain,
                               &e->failure);
}

void ledger_encode_add(struct ledger_encode *e, const struct bus_kafka_msg *m)
{
    BUS_CHECK(strlen(m->topic) > e->prefix);
    struct ledger_row r;
    struct bus_ledger_head *head =
        e->failure.code == BUS_OK ? encode_head(e, m) : NULL;
    if (head == NULL || m->offset < head->next) {
        return; /* it failed, or the row is there */
    }
    size_t from[BUS_LEDGER_CHAIN_COLUMNS];
    BUS_CHECK(e->rows < LEDGER_ROWS_MAX);
    encode_row_of(e, m, bus_strv(m->topic + e->prefix), &r);
    e->parked_notes += strcmp(r.kind, "parked_note") == 0;
    for (size_t i = 0; i < BUS_LEDGER_CHAIN_COLUMNS; i++) {
        from[i] = e->columns[i].len;
    }
    encode_columns(e, m, &r);
    if (encode_chain(e, from, head) != BUS_OK) {
        return;
    }
    head->n++;
    head->next = m->offset + 1;
    bus_pg_array_i64(&e->columns[C_N], head->n);
    bus_pg_array_bytes(
        &e->columns[C_CHAIN],
        (struct bus_strv){(const char *)head->chain, sizeof(head->chain)});
    e->rows++;
}

static void encode_offsets(struct ledger_encode *e)
{
    struct bus_buf *o = e->offsets;
    for (size_t i = 0; i < LEDGER_OFFSETS; i++) {
        bus_pg_array_start(&o[i], offset_types[i]);
    }
    for (size_t i = 0; i < e->place_count; i++) {
        BUS_CHECK(e->places[i].head < e->heads.n);
        const struct ledger_head *h = &e->heads.v[e->places[i].head];
        bus_pg_array_text(&o[0], h->topic);
        bus_pg_array_i32(&o[1], h->partition);
        bus_pg_array_i64(&o[2], h->now.next);
        bus_pg_array_i64(&o[3], h->now.n);
        bus_pg_array_bytes(&o[4], (struct bus_strv){(const char *)h->now.chain,
                                                    sizeof(h->now.chain)});
    }
}

int ledger_encode_end(struct ledger_encode *e, struct bus_err *err)
{
    bool failed = false;
    if (e->failure.code != BUS_OK) {
        *err = e->failure;
        return err->code;
    }
    encode_offsets(e);
    for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
        e->row_params[i] = bus_pg_array_end(&e->columns[i]);
        failed |= e->columns[i].failed;
    }
    for (size_t i = 0; i < LEDGER_OFFSETS; i++) {
        e->offset_params[i] = bus_pg_array_end(&e->offsets[i]);
        failed |= e->offsets[i].failed;
    }
    return failed ? bus_fail(err, BUS_ENOMEM, "a batch") : BUS_OK;
}
