/* A state's personal fields come under the household's own key when it is
 * written: as an application brought them, or as an earlier program left them;
 * without the key they open with no keyring. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "consumers/matcher/keys/keys.h"

#define ONE "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TWO "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static struct bus_err err;
static struct matcher_lane lane;
static struct matcher_partition part;
static struct batch_state_slot slot;
static struct matcher_work work;
static struct bus_kafka_msg message = {.timestamp_ms = 77};
static const struct bus_id came = {{'e', 1}}, changed = {{'e', 2}};
static struct sa_assignment_state assignment;

static struct bus_wire_keyring *ring_of(const char *text)
{
    char path[] = "/tmp/lianou-ring-XXXXXX";
    struct bus_wire_keyring *k = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(bus_wire_keyring_open(path, &k, &err), BUS_OK);
    (void)close(fd);
    (void)unlink(path);
    return k;
}

static void begin(const char *ring)
{
    memset(&lane, 0, sizeof(lane));
    memset(&part, 0, sizeof(part));
    bus_arena_init(&lane.event, 0, 0);
    bus_arena_init(&lane.batch, 0, 0);
    lane.keys = ring_of(ring);
    slot = (struct batch_state_slot){.id = {{'h', 1}}};
    work = (struct matcher_work){.lane = &lane,
                                 .m = &message,
                                 .part = &part,
                                 .slot = &slot,
                                 .household = slot.id,
                                 .cause = came};
}

static void end(void)
{
    bus_wire_keyring_free(lane.keys);
    matcher_key_table_fini(&part.keys);
    bus_arena_fini(&lane.event);
    bus_arena_fini(&lane.batch);
}

static struct bus_strv
for_bus(const char *record, const struct bus_id *event, const char *plain)
{
    const struct bus_wire_binding b = {record, "personal", event};
    struct bus_strv s;
    assert_int_equal(bus_wire_seal(lane.keys, BUS_STRV("bus"), &b,
                                   bus_strv(plain), &lane.batch, &s, &err),
                     BUS_OK);
    return s;
}

/* As decide() left it: an applicant, and another account. */
static struct sa_household_state state_of(void)
{
    struct sa_household_state st = {
        .household_id = slot.id,
        .has_personal = true,
        .personal = for_bus("application", &came, "the applicant"),
        .has_personal_event = true,
        .personal_event = came};
    assignment = (struct sa_assignment_state){
        .has_payee = true,
        .payee = for_bus("payee_change", &changed, "another account"),
        .has_payee_event = true,
        .payee_event = changed};
    st.assignments.v = &assignment;
    st.assignments.n = 1;
    return st;
}

/* Written: what the event changed of the key stays for the batch. */
static void seal(struct sa_household_state *st, bool forget)
{
    const struct batch_state_key *key = NULL;
    if (matcher_keys_seal(&work, st, forget, &key, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
    slot.key = key;
}

static void commit(void)
{
    assert_int_equal(matcher_keys_keep(&part, &slot, &err), BUS_OK);
    slot.key = NULL;
}

static int opens(enum matcher_sealed what,
                 const struct bus_id *event,
                 struct bus_strv sealed,
                 const char *plain)
{
    struct bus_strv got = {0};
    int rc = matcher_keys_open(&work, what, event, sealed, &got, &err);
    if (rc == BUS_OK) {
        assert_true(bus_strv_is(got, plain));
    }
    return rc;
}

#define RING "1 bus " ONE "\n2 households " TWO "\n"

static void under_its_own_key(void **unused)
{
    (void)unused;
    begin(RING);
    struct sa_household_state st = state_of();
    struct bus_strv was = st.personal;
    seal(&st, false);
    assert_non_null(slot.key);
    assert_false(slot.key->gone);
    assert_int_equal(slot.key->made_ms, 77);
    assert_true(bus_wire_sealed_under(st.personal));
    assert_true(bus_wire_sealed_under(assignment.payee));
    assert_false(bus_strv_eq(st.personal, was));
    /* the same batch, then behind its commit */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            opens(MATCHER_SEALED_PERSONAL, &came, st.personal, "the applicant"),
            BUS_OK);
        assert_int_equal(opens(MATCHER_SEALED_PAYEE, &changed, assignment.payee,
                               "another account"),
                         BUS_OK);
        commit();
    }
    /* what is under it already stays as it is, byte for byte */
    struct bus_strv stays = st.personal;
    seal(&st, false);
    assert_null(slot.key);
    assert_true(stays.p == st.personal.p && stays.n == st.personal.n);
    end();
}

static void one_key_for_all_of_it(void **unused)
{
    (void)unused;
    begin(RING);
    struct sa_household_state st = state_of();
    assignment.has_payee = false;
    seal(&st, false);
    commit();
    uint8_t before[MATCHER_WRAPPED_BYTES];
    memcpy(before, matcher_key_table_find(&part.keys, &slot.id),
           sizeof(before));
    assignment.has_payee = true; /* comes later */
    seal(&st, false);
    assert_null(slot.key);
    assert_memory_equal(matcher_key_table_find(&part.keys, &slot.id), before,
                        sizeof(before));
    assert_int_equal(opens(MATCHER_SEALED_PAYEE, &changed, assignment.payee,
                           "another account"),
                     BUS_OK);
    end();
}

static void destroyed(void **unused)
{
    (void)unused;
    begin(RING);
    struct sa_household_state st = state_of();
    seal(&st, false);
    commit();
    struct bus_strv kept = st.personal; /* of a backup, of an old segment */
    st.has_personal = false;
    assignment.has_payee = false;
    seal(&st, true);
    assert_true(slot.key->gone);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(opens(MATCHER_SEALED_PERSONAL, &came, kept, ""),
                         BUS_ECRYPT);
        assert_string_equal(work.reason_code, "DECRYPT_FAILED");
        commit();
    }
    assert_null(matcher_key_table_find(&part.keys, &slot.id));
    /* who applies again has a new one, which opens nothing of before */
    st = state_of();
    seal(&st, false);
    commit();
    assert_non_null(matcher_key_table_find(&part.keys, &slot.id));
    assert_int_equal(opens(MATCHER_SEALED_PERSONAL, &came, kept, ""),
                     BUS_ECRYPT);
    assert_int_equal(
        opens(MATCHER_SEALED_PERSONAL, &came, st.personal, "the applicant"),
        BUS_OK);
    end();
}

/* One household's key is of no use for another's data. */
static void of_another(void **unused)
{
    (void)unused;
    begin(RING);
    struct sa_household_state st = state_of();
    seal(&st, false);
    commit();
    const uint8_t *wrapped = matcher_key_table_find(&part.keys, &slot.id);
    work.household = slot.id = (struct bus_id){{'h', 2}};
    assert_int_equal(matcher_key_table_put(&part.keys, &slot.id, wrapped, &err),
                     BUS_OK);
    assert_int_equal(opens(MATCHER_SEALED_PERSONAL, &came, st.personal, ""),
                     BUS_ECRYPT);
    end();
}

static void nothing_of_long_ago_holds_it_up(void **unused)
{
    (void)unused;
    begin(RING);
    struct sa_household_state st = state_of();
    struct bus_strv lost = BUS_STRV("\002lost: a key that nobody has any more, "
                                    "and enough bytes to look like a field");
    assignment.payee = lost;
    seal(&st, false); /* of another event than the one in hand */
    assert_true(bus_wire_sealed_under(st.personal));
    assert_true(assignment.payee.p == lost.p);
    assert_null(work.reason_code);
    st.personal = lost; /* what the event itself brings must open */
    const struct batch_state_key *key = NULL;
    assert_int_equal(matcher_keys_seal(&work, &st, false, &key, &err),
                     BUS_ECRYPT);
    assert_string_equal(work.reason_code, "DECRYPT_FAILED");
    end();
}

static void a_ring_of_before(void **unused)
{
    (void)unused;
    begin("1 bus " ONE "\n");
    struct sa_household_state st = state_of();
    struct bus_strv was = st.personal;
    seal(&st, false);
    assert_null(slot.key);
    assert_true(was.p == st.personal.p);
    assert_int_equal(
        opens(MATCHER_SEALED_PERSONAL, &came, st.personal, "the applicant"),
        BUS_OK);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_its_own_key),
        cmocka_unit_test(one_key_for_all_of_it),
        cmocka_unit_test(destroyed),
        cmocka_unit_test(of_another),
        cmocka_unit_test(nothing_of_long_ago_holds_it_up),
        cmocka_unit_test(a_ring_of_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
