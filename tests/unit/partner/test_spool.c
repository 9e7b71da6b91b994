/* The spool and what the runner does with it, killed at every single system
 * call and given no room at every single one: a document is given once, an
 * answer is never lost and always the same event. */
#include "tests/unit/partner/spool_bench.h"

static void whole_giving(struct bench *b)
{
    if (open_runner(b) != BUS_OK) {
        _exit(1);
    }
    load_chunk(b);
    if (give(b, 1) != BUS_OK) {
        _exit(2);
    }
}

static void killed_anywhere(void **state)
{
    (void)state;
    long deaths = 0;
    bool died = true;
    for (long first = 1; died; first++) {
        bool again = true;
        for (long second = 1; again; second++) {
            struct bench *b = bench_new();
            died = in_child(b, first, whole_giving);
            partner_takes(b);
            again = in_child(b, second, whole_giving); /* Kafka gives again */
            partner_takes(b);
            assert_false(in_child(b, 0, whole_giving));
            partner_takes(b);
            given_once(b, "killed at", first * 1000 + second);
            deaths += died + again;
            bench_free(b);
            if (!died) {
                break;
            }
            second += 4; /* every pair is many; every fifth is enough */
        }
    }
    print_message("%ld deaths\n", deaths);
    assert_true(deaths > 100);
}

static void one_giving(struct bench *b)
{
    if (open_runner(b) != BUS_OK) {
        _exit(1);
    }
    load_chunk(b);
    b->r.give.n = 1;
    if (give(b, 1) != BUS_OK) {
        _exit(2);
    }
}

/* What was given is open, or its answer would be refused: half of the two notes
 * of it is on the disk when the adapter dies while it writes them. */
static void given_is_open(void **state)
{
    (void)state;
    bool died = true;
    long at = 1;
    for (; died; at++) {
        struct bench *b = bench_new();
        died = in_child(b, at, one_giving);
        partner_takes(b);
        assert_false(in_child(b, 0, one_giving));
        partner_takes(b);
        assert_int_equal(files_in(b->tally, "", ".json.0"), 1);
        assert_int_equal(open_runner(b), BUS_OK);
        if (bus_partner_dedup_open_tasks(b->r.seen) != 1) {
            fail_msg("killed at %ld: given, and not open", at);
        }
        close_runner(b);
        bench_free(b);
    }
    assert_true(at > 10);
}

static void no_room_anywhere(void **state)
{
    (void)state;
    for (long from = 1; from < 200; from++) {
        struct bench *b = bench_new();
        assert_int_equal(open_runner(b), BUS_OK);
        load_chunk(b);
        bus_disk_io_set(&io);
        strike(0, from, from + 3);
        int rc = give(b, 1);
        partner_takes(b);
        bool struck = calls >= from;
        assert_true(struck ? rc == BUS_EFULL : rc == BUS_OK);
        assert_int_equal(give(b, 10), BUS_OK);
        bus_disk_io_set(NULL);
        partner_takes(b);
        given_once(b, "no room at", from);
        assert_int_equal(bus_role_parking_count(b->r.parking), 0);
        close_runner(b);
        bench_free(b);
        if (!struck) {
            assert_true(from > 10);
            return;
        }
    }
    fail();
}

/* A real full disk: a tmpfs of 64 KiB of our own. */
static void tiny_disk(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    pid_t pid = fork();
    if (pid == 0) {
        char filler[100], block[4096] = "";
        if (unshare(CLONE_NEWNS) != 0 ||
            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("none", b->dir, "tmpfs", 0, "size=64k") != 0 ||
            mkdir(b->tally, 0755) != 0) {
            _exit(77);
        }
        if (open_runner(b) != BUS_OK) {
            _exit(1);
        }
        (void)snprintf(filler, sizeof(filler), "%s/filler", b->dir);
        int fd = open(filler, O_WRONLY | O_CREAT, 0644);
        while (write(fd, block, sizeof(block)) > 0) {
        }
        (void)close(fd);
        load_chunk(b);
        if (give(b, 1) != BUS_EFULL ||
            bus_role_parking_count(b->r.parking) != 0) {
            _exit(2);
        }
        (void)unlink(filler);
        if (give(b, 1) != BUS_OK) {
            _exit(3);
        }
        partner_takes(b);
        given_once(b, "tiny disk", 0);
        _exit(0);
    }
    int status = 0;
    (void)waitpid(pid, &status, 0);
    bench_free(b);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: may not mount\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void in_the_way(struct bench *b, int n, bool put)
{
    char path[160], id[BUS_ID_TEXT + 1];
    struct bus_id i = id_of(n);
    (void)snprintf(path, sizeof(path), "%s/out/%s.json", b->spool,
                   bus_id_text(&i, id));
    assert_int_equal(put ? mkdir(path, 0755) : rmdir(path), 0);
}

/* A household's later event is not given before its earlier one because the
 * adapter died between the two. */
static void order_over_a_crash(void **state)
{
    (void)state;
    bool died = true;
    for (long at = 1; died; at++) {
        struct bench *b = bench_new();
        assert_int_equal(open_runner(b), BUS_OK);
        close_runner(b);
        in_the_way(b, 3, true);
        died = in_child(b, at, whole_giving);
        assert_int_equal(open_runner(b), BUS_OK);
        partner_takes(b);
        char path[200], id[BUS_ID_TEXT + 1];
        struct bus_id fourth = id_of(4);
        (void)snprintf(path, sizeof(path), "%s/%s.json.0", b->tally,
                       bus_id_text(&fourth, id));
        assert_int_not_equal(access(path, F_OK), 0);
        load_chunk(b);
        assert_int_equal(give(b, 1), BUS_OK);
        assert_int_equal(bus_role_parking_count(b->r.parking), 2);
        in_the_way(b, 3, false);
        close_runner(b);
        bench_free(b);
    }
}

/* The same event twice in one chunk is one document. */
static void twice_in_a_chunk(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_int_equal(open_runner(b), BUS_OK);
    load_chunk(b);
    b->r.give.docs[1].task = b->r.give.docs[0].task;
    assert_int_equal(give(b, 1), BUS_OK);
    assert_int_equal(b->r.give.docs[0].result, GIVE_GIVEN);
    assert_int_equal(b->r.give.docs[1].result, GIVE_BEFORE);
    partner_takes(b);
    assert_int_equal(files_in(b->tally, "", ".json.0"), DOCS - 1);
    close_runner(b);
    bench_free(b);
}

static void second_adapter(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    struct bus_partner_transport *other = NULL;
    struct bus_err err;
    assert_int_equal(open_runner(b), BUS_OK);
    assert_int_equal(
        bus_partner_transport_spool.open(
            &(struct bus_partner_transport_env){.partner = &b->partner}, &other,
            &err),
        BUS_EFENCED);
    close_runner(b);
    assert_int_equal(
        bus_partner_transport_spool.open(
            &(struct bus_partner_transport_env){.partner = &b->partner}, &other,
            &err),
        0);
    bus_partner_transport_spool.close(other);
    bench_free(b);
}

/* --- parking --- */

static void parked_in_order(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    assert_int_equal(open_runner(b), BUS_OK);
    in_the_way(b, 3, true);
    load_chunk(b);
    assert_int_equal(give(b, 1), BUS_OK);
    const enum deliver_result want[] = {GIVE_GIVEN, GIVE_GIVEN, GIVE_PARKED,
                                        GIVE_PARKED};
    for (int i = 0; i < DOCS; i++) {
        assert_int_equal(b->r.give.docs[i].result, want[i]);
    }
    assert_int_equal(bus_partner_dedup_open_tasks(b->r.seen), 2);
    /* Given again by Kafka: nothing more happens. Then a restart. */
    load_chunk(b);
    assert_int_equal(give(b, 1), BUS_OK);
    assert_int_equal(bus_role_parking_count(b->r.parking), 2);
    close_runner(b);
    assert_int_equal(open_runner(b), BUS_OK);
    assert_int_equal(bus_role_parking_count(b->r.parking), 2);
    for (int i = 3; i <= 4; i++) {
        struct bus_role_parked *e =
            bus_role_parking_due(b->r.parking, INT64_MAX);
        assert_non_null(e);
        assert_int_equal(e->dead_letter.offset, i - 1);
        assert_true(bus_strv_is(e->dead_letter.reason_code, "NOT_TAKEN"));
        load_chunk(b);
        b->r.give.docs[0] = b->r.give.docs[i - 1];
        b->r.give.docs[0].msg = NULL;
        b->r.give.n = 1;
        b->r.give.parked = e;
        if (i == 3) {
            assert_int_equal(give(b, 1), BUS_OK);
            assert_ptr_equal(b->r.give.parked, e);
            assert_int_equal(b->r.give.docs[0].result, GIVE_PARKED);
            int64_t now = e->dead_letter.first_at;
            assert_false(bus_role_parking_tried(b->r.parking, e, now));
            assert_int_equal(e->dead_letter.tries, 2);
            assert_null(bus_role_parking_due(b->r.parking, now));
            assert_true(bus_role_parking_tried(b->r.parking, e, now + 1000));
            in_the_way(b, 3, false);
            b->r.give.docs[0].result = GIVE_OPEN;
        }
        assert_int_equal(give(b, 1), BUS_OK);
        assert_null(b->r.give.parked);
    }
    assert_int_equal(bus_role_parking_count(b->r.parking), 0);
    partner_takes(b);
    given_once(b, "parked", 0);
    close_runner(b);
    bench_free(b);
}

static void parking_full(void **state)
{
    (void)state;
    struct bench *b = bench_new();
    b->partner.parking.per_household = 1;
    assert_int_equal(open_runner(b), BUS_OK);
    in_the_way(b, 3, true);
    load_chunk(b);
    assert_int_equal(give(b, 1), BUS_OK);
    assert_int_equal(b->r.give.docs[2].result, GIVE_PARKED);
    assert_int_equal(b->r.give.docs[3].result, GIVE_DEAD);
    assert_int_equal(bus_role_parking_count(b->r.parking), 1);
    in_the_way(b, 3, false);
    close_runner(b);
    bench_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere),
        cmocka_unit_test(given_is_open),
        cmocka_unit_test(no_room_anywhere),
        cmocka_unit_test(tiny_disk),
        cmocka_unit_test(order_over_a_crash),
        cmocka_unit_test(twice_in_a_chunk),
        cmocka_unit_test(second_adapter),
        cmocka_unit_test(parked_in_order),
        cmocka_unit_test(parking_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
