/* The ledger's chain on a real PostgreSQL: 10 000 random changes, deletions,
 * swaps and rows put in by SQL, each found and named by its row, and no other
 * row named; heads; rows from before there was a chain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/ledger/chain_check.h"
#include "consumers/ledger/store.h"
#include "tests/lib/messages.h"
#include "tests/live/pg/place.h"

#define CASES      100
#define TAMPERED   10000
#define FAULTS_MAX 8192
#define STRIDE     4 /* between two victims of one chain, at the least */

/* --- a ledger --- */

static bool ready, failed;

static void on_ready(void *data)
{
    (void)data;
    ready = true;
}

static void on_wrong(void *data, const struct bus_err *err)
{
    (void)data;
    print_error("%s\n", err->msg);
    failed = true;
}

static void on_done(void *data, struct bus_kafka_batch *batch)
{
    (void)data;
    (void)batch;
}

static bool is_ready(void *data)
{
    (void)data;
    return ready;
}

static bool is_idle(void *data)
{
    return failed || ledger_store_idle(data);
}

/* Every other offset is a row's, as between markers of transactions. */
static void write_ledger(const char *name, uint32_t cases)
{
    struct ledger_store *store = NULL;
    struct messages l;
    struct bus_kafka_batch batch;
    struct bus_err err;
    struct ledger_store_conf conf = {.conninfo = place_database(name),
                                     .retry_min_ms = 20,
                                     .retry_max_ms = 200,
                                     .connections = 2,
                                     .batch_rows = 500,
                                     .prefix = strlen(LETTERS_PREFIX),
                                     .partitions = LETTERS_PARTITIONS,
                                     .ready = on_ready,
                                     .away = on_wrong,
                                     .failed = on_wrong,
                                     .done = on_done};
    ready = failed = false;
    messages_init(&l, (size_t)cases * LETTERS_PER_CASE);
    for (uint32_t i = 0; i < cases; i++) {
        messages_case(&l, i);
    }
    for (size_t i = 0; i < l.n; i++) {
        l.msgs[i].offset = 2 * l.msgs[i].offset + 3;
    }
    batch = (struct bus_kafka_batch){.msgs = l.msgs, .n = l.n};
    assert_int_equal(ledger_store_open(place.loop, &conf, &store, &err),
                     BUS_OK);
    place_until(is_ready, store, "ready");
    assert_int_equal(ledger_store_put(store, &batch, &err), BUS_OK);
    place_until(is_idle, store, "written");
    assert_false(failed);
    ledger_store_close(store);
    place_turn(20);
    messages_fini(&l);
}

/* --- what the check says --- */

struct told
{
    enum bus_ledger_fault_kind kind;
    char topic[40];
    int32_t part;
    int64_t place, n, to;
};
static struct told told[FAULTS_MAX];
static size_t told_count;

static void hear(void *data, const struct bus_ledger_fault *f)
{
    (void)data;
    if (told_count < FAULTS_MAX) {
        struct told *t = &told[told_count];
        *t = (struct told){.kind = f->kind,
                           .part = f->part,
                           .place = f->place,
                           .n = f->n,
                           .to = f->to};
        (void)snprintf(t->topic, sizeof(t->topic), "%s", f->topic);
    }
    told_count++;
}

static struct bus_ledger_chain_sum check(bool inside)
{
    struct bus_ledger_chain_sum sum;
    struct bus_err err;
    told_count = 0;
    if (bus_ledger_chain_check(place.pg, inside, hear, NULL, &sum, &err) !=
        BUS_OK) {
        fail_msg("%s", err.msg);
    }
    assert_int_equal(sum.faults, told_count);
    assert_true(told_count <= FAULTS_MAX);
    return sum;
}

/* --- victims --- */

struct victim
{
    char topic[40];
    int part;
    int64_t place, n;
    bool found;
};
static struct victim *rows, *victims[TAMPERED];
static size_t row_count;

static void read_rows(void)
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    assert_int_equal(
        bus_pg_query(place.pg,
                     "SELECT topic, part, place, n FROM event ORDER BY topic, "
                     "part, place",
                     NULL, 0, &r, &err),
        BUS_OK);
    row_count = bus_pg_count(r);
    rows = calloc(row_count, sizeof(*rows));
    assert_non_null(rows);
    for (size_t i = 0; i < row_count; i++) {
        (void)snprintf(rows[i].topic, sizeof(rows[i].topic), "%s",
                       bus_pg_value(r, i, 0));
        rows[i].part = (int)bus_pg_i64(r, i, 1);
        rows[i].place = bus_pg_i64(r, i, 2);
        rows[i].n = bus_pg_i64(r, i, 3);
    }
    bus_pg_rows_free(r);
}

static bool same_chain(const struct victim *a, const struct victim *b)
{
    return a->part == b->part && strcmp(a->topic, b->topic) == 0;
}

/* --- tampering --- */

#define UUID "gen_random_uuid()"
static const char *const changes[] = {
    "topic = topic || 'x'",
    "part = part + 100",
    "place = place + 1",
    "event_id = " UUID,
    "kind = kind || 'x'",
    "household_id = CASE WHEN household_id IS NULL THEN " UUID " END",
    "case_id = CASE WHEN case_id IS NULL THEN " UUID " END",
    "about = CASE WHEN about IS NULL THEN " UUID " END",
    "word = word || ' '",
    "item = reverse(item) || '1'",
    "partner = partner || 'x'",
    "amount_fen = CASE WHEN amount_fen = 1 THEN 2 ELSE 1 END",
    "note = note || '.'",
    "occurred_at = occurred_at + interval '1 microsecond'",
    "detail = coalesce((detail::text || ' ')::json, '{}')",
    "body = coalesce(body || '\\x00', '\\x')",
    "recorded_at = recorded_at - interval '1 day'",
    "n = n + 1",
    "n = n + 1000",
    "n = n - 1",
    "n = NULL",
    "chain = set_byte(chain, 31, get_byte(chain, 31) # 1)",
    "chain = NULL",
    "chain = ''",
    "n = NULL, chain = NULL",
    "n = n + 3, amount_fen = 1, chain = sha256(chain)",
};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

#define WHERE " WHERE topic = '%s' AND part = %d AND place = %lld;"
#define AT(v) (v)->topic, (v)->part, (long long)(v)->place
#define ALL_COLUMNS                                                       \
    "event_id, kind, household_id, case_id, about, word, item, partner, " \
    "amount_fen, note, occurred_at, detail, body, recorded_at"

/* Two rows' contents, or two rows' places, change. */
static void swap(struct bus_buf *sql,
                 const struct victim *a,
                 const struct victim *b,
                 bool places)
{
    if (places) {
        bus_buf_printf(sql, "UPDATE event SET place = -7" WHERE, AT(a));
        bus_buf_printf(sql,
                       "UPDATE event SET topic = '%s', part = %d, place = "
                       "%lld" WHERE,
                       AT(a), AT(b));
        bus_buf_printf(sql,
                       "UPDATE event SET topic = '%s', part = %d, place = "
                       "%lld WHERE place = -7;",
                       AT(b));
        return;
    }
    bus_buf_printf(sql,
                   "WITH two AS (SELECT topic, part, place, " ALL_COLUMNS
                   " FROM event WHERE (topic, part, place) IN (('%s', %d, "
                   "%lld), ('%s', %d, %lld))) UPDATE event AS e SET "
                   "(" ALL_COLUMNS ") = (SELECT " ALL_COLUMNS
                   " FROM two AS t WHERE (t.topic, t.part, t.place) <> "
                   "(e.topic, e.part, e.place)) FROM two AS o WHERE (e.topic, "
                   "e.part, e.place) = (o.topic, o.part, o.place);",
                   AT(a), AT(b));
}

static void put_in(struct bus_buf *sql, const struct victim *v)
{
    static const char *const as[] = {"n, chain", "n + 1, chain",
                                     "n + 1, sha256(chain)", "n + 50, chain"};
    bus_buf_printf(sql,
                   "INSERT INTO event (topic, part, place, " ALL_COLUMNS
                   ", n, chain) SELECT topic, part, place + 1, " ALL_COLUMNS
                   ", %s FROM event" WHERE,
                   as[rand() % 4], AT(v));
}

/* What is done to victim i; a swap takes the next one, too. */
static size_t tamper(struct bus_buf *sql, size_t i, size_t count)
{
    struct victim *v = victims[i];
    switch (rand() % 4) {
    case 0:
        bus_buf_printf(sql, "DELETE FROM event" WHERE, AT(v));
        return 1;
    case 1:
        if (i + 1 < count) {
            swap(sql, v, victims[i + 1], rand() % 2 == 0);
            return 2;
        }
        break;
    case 2:
        if (rand() % 2 == 0) {
            put_in(sql, v);
            return 1;
        }
        break;
    default:
        break;
    }
    bus_buf_printf(sql, "UPDATE event SET %s" WHERE,
                   changes[(size_t)rand() % CHANGES], AT(v));
    return 1;
}

/* Rows some way from each other, in a random order. */
static size_t choose(size_t most)
{
    size_t n = 0;
    for (size_t i = (size_t)rand() % STRIDE; i < row_count && n < most;
         i += STRIDE + (size_t)rand() % STRIDE) {
        if (n == 0 || !same_chain(victims[n - 1], &rows[i]) ||
            rows[i].n - victims[n - 1]->n >= STRIDE) {
            rows[i].found = false;
            victims[n++] = &rows[i];
        }
    }
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)rand() % i;
        struct victim *v = victims[i - 1];
        victims[i - 1] = victims[k];
        victims[k] = v;
    }
    return n;
}

/* Is it of this victim, or of what stands beside it? */
static bool is_of(const struct told *t, struct victim *v)
{
    if (t->part != v->part || strcmp(t->topic, v->topic) != 0) {
        return false;
    }
    bool by_number = t->n <= v->n && v->n <= t->to;
    bool by_place = t->place == v->place || t->place == v->place + 1;
    v->found = v->found || by_number || by_place;
    int64_t low = t->n < t->to ? t->n : t->to;
    int64_t high = t->n < t->to ? t->to : t->n;
    return by_number || by_place || (low <= v->n + 1 && v->n - 1 <= high) ||
           t->place == v->place + 2;
}

static void all_are_named(size_t count, int round)
{
    size_t others = 0;
    for (size_t i = 0; i < told_count; i++) {
        bool of = told[i].part >= 100 ||
                  told[i].topic[strlen(told[i].topic) - 1] == 'x';
        for (size_t k = 0; k < count; k++) {
            of |= is_of(&told[i], victims[k]);
        }
        if (!of && others++ < 5) {
            print_error("round %d: %s %d, offset %lld, row %lld-%lld, %s: but "
                        "nobody touched it\n",
                        round, told[i].topic, told[i].part,
                        (long long)told[i].place, (long long)told[i].n,
                        (long long)told[i].to,
                        bus_ledger_fault_text(told[i].kind));
        }
    }
    for (size_t k = 0; k < count; k++) {
        if (!victims[k]->found) {
            fail_msg("round %d: %s %d, offset %lld, row %lld was tampered "
                     "with and is not told",
                     round, victims[k]->topic, victims[k]->part,
                     (long long)victims[k]->place, (long long)victims[k]->n);
        }
    }
    assert_int_equal(others, 0);
}

static void ten_thousand_are_found(void **state)
{
    struct bus_buf sql;
    int round = 0;
    (void)state;
    write_ledger("tampered", CASES);
    struct bus_ledger_chain_sum whole = check(false);
    assert_int_equal(whole.faults, 0);
    assert_int_equal(whole.rows, CASES * LETTERS_PER_CASE);
    read_rows();
    srand(20261129);
    bus_buf_init(&sql, 0);
    for (size_t done = 0; done < TAMPERED; round++) {
        size_t count = choose(TAMPERED - done);
        bus_buf_clear(&sql);
        bus_buf_puts(&sql, "BEGIN;");
        for (size_t i = 0; i < count;) {
            i += tamper(&sql, i, count);
        }
        place_do(bus_buf_cstr(&sql));
        (void)check(true);
        place_do("ROLLBACK");
        all_are_named(count, round);
        done += count;
    }
    print_message("%d tampered with in %d rounds, each found\n", TAMPERED,
                  round);
    bus_buf_fini(&sql);
    free(rows);
    rows = NULL;
    assert_int_equal(check(false).faults, 0);
}

static void one(const char *sql,
                enum bus_ledger_fault_kind kind,
                int64_t n,
                int64_t to,
                size_t most)
{
    place_do("BEGIN");
    place_do(sql);
    (void)check(true);
    place_do("ROLLBACK");
    if (told_count == 0 || told_count > most || told[0].kind != kind ||
        told[0].n != n || told[0].to != to) {
        fail_msg("%s: %zu told, the first: %s, %lld-%lld", sql, told_count,
                 told_count ? bus_ledger_fault_text(told[0].kind) : "none",
                 (long long)told[0].n, (long long)told[0].to);
    }
}

#define OF       " WHERE topic = 'payment-orders.b' AND part = 2"
#define HEADS_OF "UPDATE reading SET "

static void heads_are_held(void **state)
{
    (void)state;
    write_ledger("heads", 40);
    int64_t n = place_number("SELECT n FROM reading" OF);
    assert_true(n > 8);
    assert_int_equal(check(false).faults, 0);
    one(HEADS_OF "next = next + 4" OF, BUS_LEDGER_HEAD, n, n, 1);
    one(HEADS_OF "next = next - 2" OF, BUS_LEDGER_HEAD, n, n, 1);
    one(HEADS_OF "n = n + 1" OF, BUS_LEDGER_MISSING, n + 1, n + 1, 1);
    one(HEADS_OF "n = n - 1" OF, BUS_LEDGER_HEAD, n, n - 1, 1);
    one(HEADS_OF "chain = sha256(chain)" OF, BUS_LEDGER_HEAD, n, n, 1);
    one(HEADS_OF "chain = ''" OF, BUS_LEDGER_HEAD, n, -1, 1);
    one("DELETE FROM reading" OF, BUS_LEDGER_HEAD, n, -1, 1);
    one("DELETE FROM event" OF, BUS_LEDGER_MISSING, 1, n, 1);
    one("DELETE FROM event" OF " AND n > 5", BUS_LEDGER_MISSING, 6, n, 1);
    one("DELETE FROM event" OF " AND n < 5", BUS_LEDGER_MISSING, 1, 4, 1);
    one("UPDATE event SET amount_fen = 1" OF " AND n = 7", BUS_LEDGER_CHANGED,
        7, 7, 1);
    /* one who hides rows as older than the chain hides nothing */
    one(HEADS_OF "since = 999" OF "; UPDATE event SET n = NULL, chain = NULL, "
                 "amount_fen = 1" OF " AND n = 7",
        BUS_LEDGER_MISSING, 7, 7, 1);
    one("DELETE FROM event", BUS_LEDGER_MISSING, 1,
        place_number("SELECT n FROM reading ORDER BY topic COLLATE \"C\", "
                     "part LIMIT 1"),
        1000);
}

/* Whoever works out a new chain to the end is found by the head of before. */
static void the_head_says_what_was(void **state)
{
    (void)state;
    write_ledger("rewritten", 40);
    struct bus_ledger_chain_sum before = check(false);
    place_do("BEGIN");
    place_do("DELETE FROM event" OF);
    place_do("DELETE FROM reading" OF);
    struct bus_ledger_chain_sum after = check(true);
    place_do("ROLLBACK");
    assert_int_equal(after.faults, 0);
    assert_string_not_equal(before.head, after.head);
    assert_string_equal(before.head, check(false).head);
}

/* Rows that were there before 0020_chain: counted, and what comes is held. */
static void old_rows_are_counted(void **state)
{
    (void)state;
    write_ledger("old", 40);
    place_do("UPDATE event SET n = NULL, chain = NULL" OF);
    place_do("UPDATE reading SET n = 0, since = next, chain = "
             "decode(repeat('00', 32), 'hex')" OF);
    int64_t old = place_number("SELECT count(*) FROM event" OF);
    assert_true(old > 0);
    struct bus_ledger_chain_sum sum = check(false);
    assert_int_equal(sum.faults, 0);
    assert_int_equal(sum.before, old);
    assert_int_equal(sum.rows, 40 * LETTERS_PER_CASE - old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_are_found),
        cmocka_unit_test(heads_are_held),
        cmocka_unit_test(the_head_says_what_was),
        cmocka_unit_test(old_rows_are_counted),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
