/* The ledger's store on a real PostgreSQL: exactly once, whatever breaks. */
#include "tests/live/pg/writer.h"

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
    struct bus_ledger_cases cases = {&config, bus_role_frame_catalogue(&config),
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
    if (bus_ledger_show(&cases, place.pg, bus_strv(id), &out, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    const char *text = bus_buf_cstr(&out);
    size_t decisions = 0, orders = 0, received = 0;
    for (const char *p = text; (p = strstr(p, "\"decision_id\"")) != NULL;
         p++) {
        decisions++;
    }
    for (const char *p = text; (p = strstr(p, "\"decided_on\"")) != NULL; p++) {
        received++;
    }
    for (const char *p = text; (p = strstr(p, "\"order_id\"")) != NULL; p++) {
        orders++;
    }
    assert_int_equal(received, 4);
    assert_int_equal(decisions, 7 + received);
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
    };
    return cmocka_run_group_tests(tests, place_setup, place_teardown);
}
