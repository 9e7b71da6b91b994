/* The ledger's store on a real PostgreSQL: exactly once, whatever breaks. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/ledger/cases.h"
#include "bus/ledger/chain_check.h"
#include "bus/role/frame.h"
#include "consumers/ledger/store.h"
#include "schemas/assignment.h"
#include "schemas/case_event.h"
#include "schemas/decision.h"
#include "schemas/dispatch_result.h"
#include "schemas/parked_note.h"
#include "schemas/payment_result.h"
#include "tests/lib/messages.h"
#include "tests/live/pg/place.h"

struct writer
{
    struct ledger_store *store;
    int readies, aways, fails, dones;
    bool told; /* offsets */
    struct bus_err failure;
};

static void on_ready(void *data)
{
    ((struct writer *)data)->readies++;
}

static void on_away(void *data, const struct bus_err *err)
{
    (void)err;
    ((struct writer *)data)->aways++;
}

static void on_failed(void *data, const struct bus_err *err)
{
    struct writer *w = data;
    w->fails++;
    w->failure = *err;
}

static void on_done(void *data, struct bus_kafka_batch *batch)
{
    (void)batch;
    ((struct writer *)data)->dones++;
}

static bool is_ready(void *data)
{
    return ((struct writer *)data)->readies > 0;
}

static bool is_idle(void *data)
{
    const struct writer *w = data;
    return w->fails > 0 || ledger_store_idle(w->store);
}

static bool has_failed(void *data)
{
    return ((struct writer *)data)->fails > 0;
}

static bool is_away(void *data)
{
    return ((struct writer *)data)->aways > 0;
}

static void
open_writer(struct writer *w, const char *conninfo, int64_t statement_ms)
{
    struct bus_err err;
    struct ledger_store_conf conf = {.conninfo = conninfo,
                                     .statement_ms = statement_ms,
                                     .retry_min_ms = 20,
                                     .retry_max_ms = 200,
                                     .connections = 2,
                                     .batch_rows = 500,
                                     .prefix = strlen(LETTERS_PREFIX),
                                     .partitions = LETTERS_PARTITIONS,
                                     .data = w,
                                     .ready = on_ready,
                                     .away = on_away,
                                     .failed = on_failed,
                                     .done = on_done};
    memset(w, 0, sizeof(*w));
    assert_int_equal(ledger_store_open(place.loop, &conf, &w->store, &err),
                     BUS_OK);
}

static void close_writer(struct writer *w)
{
    ledger_store_close(w->store);
    place_turn(20);
}

/* All of the letters in batches of 300. */
static void put(struct writer *w,
                const struct messages *l,
                struct bus_kafka_batch *batches,
                size_t *ret_n)
{
    struct bus_err err;
    size_t n = 0;
    for (size_t at = 0; at < l->n; at += 300) {
        batches[n] = (struct bus_kafka_batch){
            .msgs = l->msgs + at, .n = l->n - at < 300 ? l->n - at : 300};
        assert_int_equal(ledger_store_put(w->store, &batches[n], &err), BUS_OK);
        n++;
    }
    *ret_n = n;
}

static void broken(void *data, const struct bus_ledger_fault *f)
{
    (void)data;
    print_error("%s %d, offset %lld, row %lld: %s\n", f->topic, f->part,
                (long long)f->place, (long long)f->n,
                bus_ledger_fault_text(f->kind));
}

static void check_all(const struct messages *l)
{
    struct bus_ledger_chain_sum chain;
    struct bus_err err;
    assert_int_equal(
        bus_ledger_chain_check(place.pg, false, broken, NULL, &chain, &err),
        BUS_OK);
    assert_int_equal(chain.faults, 0);
    assert_int_equal(chain.rows, l->n);
    assert_int_equal(place_number("SELECT count(*) FROM event"), l->n);
    assert_int_equal(place_number("SELECT sum(next) FROM reading"), l->n);
    /* how far a partition was read, and what of it is there, are the same */
    assert_int_equal(
        place_number("SELECT count(*) FROM reading AS r WHERE next <> (SELECT "
                     "count(*) FROM event AS e "
                     "WHERE e.topic = r.topic AND e.part = r.part)"),
        0);
}

static void every_event_is_a_row_once(void **state)
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[64];
    size_t n = 0;
    (void)state;
    open_writer(&w, place_database("once"), 0);
    messages_init(&l, 100 * LETTERS_PER_CASE);
    for (uint32_t i = 0; i < 100; i++) {
        messages_case(&l, i);
    }
    place_until(is_ready, &w, "ready");
    put(&w, &l, batches, &n);
    place_until(is_idle, &w, "written");
    assert_int_equal(w.fails, 0);
    assert_int_equal(w.dones, n);
    check_all(&l);
    put(&w, &l, batches, &n); /* a unit whose answer was lost comes again */
    place_until(is_idle, &w, "written again");
    assert_int_equal(w.fails, 0);
    check_all(&l);
    assert_int_equal(place_number("SELECT count(*) FROM event WHERE kind = "
                                  "'evaluation' AND body IS NOT NULL"),
                     200);
    assert_int_equal(place_number("SELECT count(*) FROM event WHERE kind <> "
                                  "'evaluation' AND detail IS NULL"),
                     0);
    assert_int_equal(
        place_number("SELECT count(*) FROM event WHERE detail::jsonb ?| "
                     "ARRAY['facts', 'personal', 'members', 'event_id']"),
        0);
    assert_int_equal(ledger_store_counts(w.store).unreadable, 0);
    messages_fini(&l);
    close_writer(&w);
}

static void offsets_are_told(void *data)
{
    ((struct writer *)data)->told = true;
}

static bool told(void *data)
{
    return ((struct writer *)data)->told;
}

static void offsets_come_back(void **state)
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[8];
    size_t n = 0;
    (void)state;
    open_writer(&w, place_database("offsets"), 0);
    messages_init(&l, LETTERS_PER_CASE);
    messages_case(&l, 3);
    int32_t own = l.msgs[0].partition, other = (own + 1) % LETTERS_PARTITIONS;
    struct bus_kafka_place places[] = {{.topic = "t.cases", .partition = own},
                                       {.topic = "t.cases", .partition = other},
                                       {.topic = "t.none", .partition = 0}};
    put(&w, &l, batches, &n); /* before it is up */
    place_until(is_ready, &w, "ready");
    place_until(is_idle, &w, "written");
    ledger_store_offsets(w.store, places, 3, offsets_are_told);
    place_until(told, &w, "offsets");
    assert_int_equal(places[0].offset, 11);
    assert_int_equal(places[1].offset, -1);
    assert_int_equal(places[2].offset, -1);
    messages_fini(&l);
    close_writer(&w);
}

static int64_t waiting;

static void parked_is_told(void *data, int64_t n)
{
    waiting = n;
    ((struct writer *)data)->told = true;
}

static void
note(struct messages *l, uint32_t what, enum sa_parked_action action)
{
    struct sa_parked_note n = {
        .event_id = messages_id(1, 100 + 2 * what + (uint32_t)action),
        .household_id = messages_id(1, 0),
        .action = action,
        .parked_event_id = messages_id(1, what),
        .kind = BUS_STRV("payment_result")};
    messages_put(l, "parked", 1, &sa_parked_note_type, &n);
}

static void what_waits_is_counted(void **state)
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[8];
    size_t n = 0;
    (void)state;
    open_writer(&w, place_database("parked"), 0);
    messages_init(&l, 8);
    for (uint32_t i = 0; i < 3; i++) {
        note(&l, i, SA_PARKED_ACTION_PARKED);
    }
    note(&l, 1, SA_PARKED_ACTION_RELEASED);
    put(&w, &l, batches, &n);
    place_until(is_ready, &w, "ready");
    place_until(is_idle, &w, "written");
    assert_int_equal(ledger_store_counts(w.store).parked_notes, 4);
    ledger_store_parked(w.store, parked_is_told);
    place_until(told, &w, "counted");
    assert_int_equal(waiting, 2);
    messages_fini(&l);
    close_writer(&w);
}

static void what_the_server_would_refuse_is_mended(void **state)
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[8];
    size_t n = 0;
    (void)state;
    struct sa_decision d = {.event_id = messages_id(1, 1),
                            .household_id = messages_id(1, 0),
                            .occurred_at = INT64_MAX,
                            .case_id = messages_id(1, 900),
                            .decision_id = messages_id(1, 2),
                            .assignment_id = messages_id(1, 3),
                            .department = BUS_STRV("MZ"),
                            .item = BUS_STRV("M\0Z"),
                            .reason = BUS_STRV("a\0b \\u0000 \\"),
                            .signed_at = INT64_MIN};
    struct sa_payment_result p = {.event_id = messages_id(1, 4),
                                  .household_id = messages_id(1, 0),
                                  .occurred_at = INT64_MIN,
                                  .case_id = messages_id(1, 900),
                                  .order_id = messages_id(1, 5),
                                  .amount_fen = INT64_MAX,
                                  .has_reason_code = true,
                                  .reason_code = BUS_STRV("\xed\xa0\x80"),
                                  .bank_reference = BUS_STRV("")};
    open_writer(&w, place_database("mended"), 0);
    messages_init(&l, 8);
    messages_put(&l, "decisions.MZ", 1, &sa_decision_type, &d);
    messages_put(&l, "payment-results.b", 1, &sa_payment_result_type, &p);
    messages_put(&l, "decisions.MZ", 1, &sa_decision_type, &d); /* twice */
    messages_put(&l, "decisions.MZ", 1, &sa_decision_type, &d);
    l.msgs[3].value = (struct bus_strv){"\x00\x00\x00", 3}; /* no event */
    put(&w, &l, batches, &n);
    place_until(is_idle, &w, "written");
    if (w.fails > 0) {
        fail_msg("%s", w.failure.msg);
    }
    check_all(&l);
    /* text that is no UTF-8 is no event, nor are three bytes */
    assert_int_equal(
        place_number("SELECT count(*) FROM event WHERE kind = 'unreadable'"),
        2);
    assert_int_equal(ledger_store_counts(w.store).unreadable, 2);
    assert_int_equal(place_number("SELECT min(extract(year FROM occurred_at)) "
                                  "FROM event WHERE kind = 'decision'"),
                     9999);
    /* an event that stands twice is one of life */
    assert_int_equal(
        place_number("SELECT count(*) FROM event WHERE kind = 'decision'"), 2);
    assert_int_equal(
        place_number(
            "SELECT count(*) FROM fact_of_life WHERE kind = 'decision'"),
        1);
    messages_fini(&l);
    close_writer(&w);
}

static void a_second_ledger_is_refused(void **state)
{
    struct writer first, second;
    struct messages l;
    struct bus_kafka_batch batches[8];
    size_t n = 0;
    (void)state;
    const char *conninfo = place_database("second");
    open_writer(&first, conninfo, 0);
    place_until(is_ready, &first, "ready");
    open_writer(&second, conninfo, 0);
    place_until(has_failed, &second, "refused");
    assert_int_equal(second.failure.code, BUS_EFENCED);
    assert_int_equal(second.readies, 0);
    assert_int_equal(first.fails + first.aways, 0);
    close_writer(&second);
    messages_init(&l, LETTERS_PER_CASE);
    messages_case(&l, 1);
    put(&first, &l, batches, &n); /* the first one is none the worse */
    place_until(is_idle, &first, "written");
    check_all(&l);
    messages_fini(&l);
    close_writer(&first);
    open_writer(&second, conninfo, 0); /* free again */
    place_until(is_ready, &second, "ready");
    close_writer(&second);
}

struct many
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[256];
    size_t n;
};

static void open_many(struct many *m, const char *name, int64_t statement_ms)
{
    open_writer(&m->w, place_database(name), statement_ms);
    messages_init(&m->l, 400 * LETTERS_PER_CASE);
    for (uint32_t i = 0; i < 400; i++) {
        messages_case(&m->l, i);
    }
    place_until(is_ready, &m->w, "ready");
    put(&m->w, &m->l, m->batches, &m->n);
}

static void close_many(struct many *m)
{
    place_until(is_idle, &m->w, "written");
    if (m->w.fails > 0) {
        fail_msg("%s", m->w.failure.msg);
    }
    assert_int_equal(m->w.dones, m->n);
    check_all(&m->l);
    messages_fini(&m->l);
    close_writer(&m->w);
}

static void killed_connections_lose_nothing(void **state)
{
    static struct many m;
    int kills = 0;
    (void)state;
    open_many(&m, "killed", 0);
    while (!is_idle(&m.w)) {
        place_turn(5);
        kills += (int)place_number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = "
            "'killed' AND pid <> pg_backend_pid() AND random() < 0.3");
        place_turn(rand() % 40);
    }
    print_message("%d connections killed\n", kills);
    assert_true(kills > 3);
    assert_true(m.w.aways > 0);
    close_many(&m);
}

static void a_database_gone_is_waited_for(void **state)
{
    static struct many m;
    struct bus_err err;
    (void)state;
    open_many(&m, "gone", 0);
    place_turn(20);
    bus_pg_close(place.pg);
    place.pg = NULL;
    cli_private_pg_stop(&place.server);
    place_until(is_away, &m.w, "away");
    int before = m.w.readies;
    place_turn(300);
    assert_int_equal(m.w.fails, 0);
    assert_int_equal(cli_private_pg_again(&place.server, &err), BUS_OK);
    char conninfo[400];
    (void)snprintf(conninfo, sizeof(conninfo),
                   "host=%s user=lianou dbname=gone", place.dir);
    assert_int_equal(bus_pg_open(conninfo, 0, &place.pg, &err), BUS_OK);
    while (m.w.readies == before) {
        place_turn(5);
    }
    close_many(&m);
}

/* A unit that fails does not let a later one put the offset past it. */
static void a_busy_database_loses_nothing(void **state)
{
    static struct many m;
    (void)state;
    open_many(&m, "busy", 2000); /* a loaded machine writes within it */
    place_do("BEGIN; LOCK TABLE event IN ACCESS EXCLUSIVE MODE");
    place_until(is_away, &m.w, "time-outs");
    place_turn(300);
    place_do("COMMIT");
    close_many(&m);
}

/* The server's answer is what a full disk makes it say. */
static void a_full_database_is_waited_for(void **state)
{
    static struct many m;
    (void)state;
    open_writer(&m.w, place_database("full_disk"), 0);
    messages_init(&m.l, LETTERS_PER_CASE);
    messages_case(&m.l, 1);
    place_until(is_ready, &m.w, "ready");
    place_do("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
             "$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = "
             "'disk_full'; END $$");
    place_do("CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION "
             "full_disk()");
    put(&m.w, &m.l, m.batches, &m.n);
    place_until(is_away, &m.w, "away");
    place_turn(300);
    assert_int_equal(m.w.fails + m.w.dones, 0);
    assert_int_equal(place_number("SELECT count(*) FROM reading"), 0);
    place_do("DROP TRIGGER full_disk ON event");
    close_many(&m);
}

/* What waiting does not mend is said and stops; nothing counts as read. */
static void a_refusal_stops(void **state)
{
    static struct many m;
    (void)state;
    open_writer(&m.w, place_database("refusal"), 0);
    messages_init(&m.l, LETTERS_PER_CASE);
    messages_case(&m.l, 1);
    place_until(is_ready, &m.w, "ready");
    place_do("ALTER TABLE event ADD CHECK (kind <> 'evaluation')");
    put(&m.w, &m.l, m.batches, &m.n);
    place_until(has_failed, &m.w, "failed");
    assert_int_equal(m.w.failure.code, BUS_EBUG);
    assert_non_null(strstr(m.w.failure.msg, "23514"));
    assert_int_equal(place_number("SELECT count(*) FROM reading"), 0);
    messages_fini(&m.l);
    close_writer(&m.w);
}

static void a_case_is_shown_from_rows(void **state)
{
    struct writer w;
    struct messages l;
    struct bus_kafka_batch batches[8];
    struct bus_config config;
    struct bus_err err;
    struct bus_buf out = {0};
    char dir[300], id[BUS_ID_TEXT + 1];
    size_t n = 0;
    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/bus-config", getenv("LIANOU_SOURCE"));
    assert_int_equal(bus_conf_open(&config, dir, NULL, &err), BUS_OK);
    struct bus_ledger_cases cases = {&config,
                                     bus_role_frame_catalogue(&config),
                                     BUS_LEDGER_OFFICER};
    open_writer(&w, place_database("shown"), 0);
    messages_init(&l, 3 * LETTERS_PER_CASE);
    messages_case(&l, 7);
    size_t once = l.n;
    for (size_t i = 0; i < once; i++) { /* every event a second time */
        l.msgs[l.n] = l.msgs[i];
        l.msgs[l.n++].offset += 1000;
    }
    put(&w, &l, batches, &n);
    place_until(is_idle, &w, "written");
    struct bus_id case_id = messages_id(7, 900);
    (void)bus_id_text(&case_id, id);
    assert_int_equal(
        bus_ledger_show(&cases, place.pg, bus_strv(id), &out, &err), BUS_OK);
    const char *text = bus_buf_cstr(&out);
    size_t decisions = 0, orders = 0;
    for (const char *p = text; (p = strstr(p, "\"decision_id\"")) != NULL;
         p++) {
        decisions++;
    }
    for (const char *p = text; (p = strstr(p, "\"order_id\"")) != NULL; p++) {
        orders++;
    }
    assert_int_equal(decisions, 7);
    assert_int_equal(orders, 4);
    assert_non_null(strstr(text, "\"same_catalogue\":false"));
    assert_non_null(strstr(text, "最低生活保障"));
    bus_buf_clear(&out);
    struct bus_id nobody = messages_id(8, 900);
    (void)bus_id_text(&nobody, id);
    assert_int_equal(
        bus_ledger_show(&cases, place.pg, bus_strv(id), &out, &err),
        BUS_EUNKNOWN);
    assert_int_equal(
        bus_ledger_show(&cases, place.pg, BUS_STRV("7"), &out, &err),
        BUS_EUSAGE);
    bus_buf_fini(&out);
    messages_fini(&l);
    close_writer(&w);
    bus_policy_catalogue_free((struct bus_policy_catalogue *)cases.catalogue);
    bus_conf_close(&config);
}

/* --- where each assignment of an open case stands --- */

struct told_case
{
    struct messages l;
    uint32_t event; /* ids and times */
};
#define OF(t, more)                                   \
    .event_id = messages_id(9, ++(t)->event),         \
    .household_id = messages_id(9, 0),                \
    .occurred_at = 1602000000000 + (t)->event * 1000, \
    .case_id = messages_id(9, 900), more

static void
tell_case(struct told_case *t, enum sa_case_event_kind kind, uint32_t about)
{
    struct sa_case_event c = {OF(t, .case_no = 1), .kind = kind,
                              .division_code = BUS_STRV("371425101001"),
                              .has_refers_to = true,
                              .refers_to = messages_id(9, about)};
    messages_put(&t->l, "cases", 9, &sa_case_event_type, &c);
}

static void tell_assignment(struct told_case *t,
                            uint32_t k,
                            enum sa_assignment_action action)
{
    struct sa_assignment a = {OF(t, .round = 1),
                              .assignment_id = messages_id(9, 3000 + k),
                              .action = action,
                              .department = BUS_STRV("MZ"),
                              .item = BUS_STRV("MZ01"),
                              .due = 20730,
                              .item_version = BUS_STRV("2026.1"),
                              .division_code = BUS_STRV("371425101001")};
    messages_put(&t->l, "assignments.MZ", 9, &sa_assignment_type, &a);
}

static void tell_decision(struct told_case *t,
                          uint32_t k,
                          enum sa_decision_outcome outcome,
                          bool accepted)
{
    struct sa_decision d = {OF(t, .outcome = outcome),
                            .decision_id = messages_id(9, 4000 + k),
                            .assignment_id = messages_id(9, 3000 + k),
                            .department = BUS_STRV("MZ"),
                            .item = BUS_STRV("MZ01"),
                            .reason = BUS_STRV("")};
    d.decided_by = (struct sa_actor){BUS_STRV("op-1"), BUS_STRV("MZ"),
                                     BUS_STRV("approver")};
    messages_put(&t->l, "decisions.MZ", 9, &sa_decision_type, &d);
    if (accepted) {
        tell_case(t, SA_CASE_EVENT_KIND_DECISION_ACCEPTED, 4000 + k);
    }
}

static void
tell_dispatch(struct told_case *t, uint32_t k, enum sa_dispatch_outcome outcome)
{
    struct sa_dispatch_result d = {OF(t, .outcome = outcome),
                                   .assignment_id = messages_id(9, 3000 + k),
                                   .decision_id = messages_id(9, 4000 + k)};
    messages_put(&t->l, "dispatches", 9, &sa_dispatch_result_type, &d);
}

static const char *
text_at(const json_t *row, const char *key, const char *inner)
{
    const json_t *v = json_object_get(row, key);
    return json_string_value(inner ? json_object_get(v, inner) : v);
}

static const char *status_of(const json_t *document, uint32_t k)
{
    char id[BUS_ID_TEXT + 1];
    struct bus_id assignment = messages_id(9, 3000 + k);
    size_t i;
    json_t *row;
    (void)bus_id_text(&assignment, id);
    json_array_foreach(json_object_get(document, "assignments"), i, row)
    {
        if (strcmp(text_at(row, "assignment_id", NULL), id) == 0) {
            return text_at(row, "status", "code");
        }
    }
    return "nowhere";
}

static void an_open_case_says_where_it_stands(void **state)
{
    struct writer w;
    struct told_case t = {.event = 0};
    struct bus_kafka_batch batches[8];
    struct bus_config config;
    struct bus_err err;
    struct bus_buf out = {0};
    char dir[300], id[BUS_ID_TEXT + 1];
    size_t n = 0;
    (void)state;
    (void)snprintf(dir, sizeof(dir), "%s/bus-config", getenv("LIANOU_SOURCE"));
    assert_int_equal(bus_conf_open(&config, dir, NULL, &err), BUS_OK);
    struct bus_ledger_cases cases = {&config,
                                     bus_role_frame_catalogue(&config),
                                     BUS_LEDGER_OFFICER};
    messages_init(&t.l, 64);
    tell_case(&t, SA_CASE_EVENT_KIND_OPENED, 1000);
    for (uint32_t k = 0; k < 7; k++) {
        tell_assignment(&t, k, SA_ASSIGNMENT_ACTION_ASSIGNED);
    }
    tell_assignment(&t, 1, SA_ASSIGNMENT_ACTION_WITHDRAWN);
    tell_decision(&t, 2, SA_DECISION_OUTCOME_REFUSED, true);
    tell_decision(&t, 3, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_dispatch(&t, 3, SA_DISPATCH_OUTCOME_ORDERED);
    tell_decision(&t, 4, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_dispatch(&t, 4, SA_DISPATCH_OUTCOME_REFUSED); /* cash above the cap */
    tell_assignment(&t, 4, SA_ASSIGNMENT_ACTION_RETURNED);
    tell_decision(&t, 5, SA_DECISION_OUTCOME_CONFIRMED, true);
    tell_decision(&t, 6, SA_DECISION_OUTCOME_CONFIRMED,
                  false); /* a dead letter */
    open_writer(&w, place_database("standing"), 0);
    put(&w, &t.l, batches, &n);
    place_until(is_idle, &w, "written");
    struct bus_id case_id = messages_id(9, 900);
    (void)bus_id_text(&case_id, id);
    assert_int_equal(
        bus_ledger_show(&cases, place.pg, bus_strv(id), &out, &err), BUS_OK);
    json_t *document = json_loads(bus_buf_cstr(&out), 0, NULL);
    static const char *const status[] = {
        "ASSIGNED", "ENDED_WITHDRAWN", "ENDED_REFUSED", "DISPATCHED",
        "ASSIGNED", "CONFIRMED",       "ASSIGNED"};
    for (uint32_t k = 0; k < 7; k++) {
        assert_string_equal(status_of(document, k), status[k]);
    }
    /* the days of those that wait */
    assert_int_equal(json_array_size(json_object_get(document, "deadlines")),
                     3);
    json_decref(document);
    bus_buf_fini(&out);
    messages_fini(&t.l);
    close_writer(&w);
    bus_policy_catalogue_free((struct bus_policy_catalogue *)cases.catalogue);
    bus_conf_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_is_a_row_once),
        cmocka_unit_test(offsets_come_back),
        cmocka_unit_test(what_waits_is_counted),
        cmocka_unit_test(what_the_server_would_refuse_is_mended),
        cmocka_unit_test(a_second_ledger_is_refused),
        cmocka_unit_test(killed_connections_lose_nothing),
        cmocka_unit_test(a_database_gone_is_waited_for),
        cmocka_unit_test(a_busy_database_loses_nothing),
        cmocka_unit_test(a_full_database_is_waited_for),
        cmocka_unit_test(a_refusal_stops),
        cmocka_unit_test(a_case_is_shown_from_rows),
        cmocka_unit_test(an_open_case_says_where_it_stands),
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
