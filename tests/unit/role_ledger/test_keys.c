/* What the matcher refuses for its key is no household's event in the ledger:
 * its row is there, of kind "unreadable" and with the reason. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/conf/bus_config.h"
#include "consumers/ledger/encode.h"
#include "schemas/claim.h"
#include "schemas/dead_letter.h"
#include "schemas/review.h"
#include "tests/lib/check.h"

#define PARTITIONS 4

static struct bus_arena mem;
static struct ledger_encode encode;

static struct bus_kafka_msg
message(const char *topic, const struct bus_id *key, struct bus_strv value)
{
    char *text = bus_arena_alloc(&mem, BUS_ID_TEXT + 1);
    assert_non_null(text);
    struct bus_strv k = {bus_id_text(key, text), BUS_ID_TEXT};
    return (struct bus_kafka_msg){.topic = topic,
                                  .partition =
                                      bus_kafka_partition_of(k, PARTITIONS),
                                  .key = k,
                                  .value = value};
}

static struct bus_strv framed(const struct bus_wire_type *type, const void *r)
{
    struct bus_err err;
    struct bus_strv v;
    assert_int_equal(bus_wire_encode_framed(type, r, &mem, &v, &err), BUS_OK);
    return v;
}

static struct bus_kafka_msg claim(const struct bus_id *key,
                                  const struct bus_id *household)
{
    struct sa_claim c = {.event_id = {{1}},
                         .household_id = *household,
                         .charity = BUS_STRV("aixin")};
    return message("t.claims.aixin", key, framed(&sa_claim_type, &c));
}

/* Is it anywhere in what goes to the database? */
static bool written(const void *p, size_t n)
{
    for (size_t i = 0; i < LEDGER_COLUMNS; i++) {
        struct bus_strv v = encode.row_params[i];
        if (memmem(v.p, v.n, p, n) != NULL) {
            return true;
        }
    }
    return false;
}

static void check(const struct bus_kafka_msg *m, const char *reason)
{
    struct bus_err err;
    static int64_t next; /* behind what was read */
    struct bus_kafka_msg own_place = *m;
    uint64_t before = encode.unreadable;
    own_place.offset = next++;
    ledger_encode_start(&encode);
    ledger_encode_add(&encode, &own_place);
    assert_int_equal(ledger_encode_end(&encode, &err), BUS_OK);
    assert_int_equal(encode.rows, 1);
    assert_int_equal(encode.unreadable - before, reason != NULL);
    assert_int_equal(written("unreadable", 10), reason != NULL);
    if (reason != NULL) {
        assert_true(written(reason, strlen(reason)));
    }
}

static const struct bus_id own = {{0xab, 1}}, foreign = {{0xcd, 2}}, none;

static void by_its_own_key(void **state)
{
    (void)state;
    struct bus_kafka_msg m = claim(&own, &own);
    check(&m, NULL);
    assert_true(written(&own, sizeof(own)));
}

static void by_anothers_key(void **state)
{
    (void)state;
    struct bus_kafka_msg m = claim(&own, &foreign);
    check(&m, "KEY_MISMATCH");
    assert_false(written(&own, sizeof(own)));
    assert_false(written(&foreign, sizeof(foreign)));
}

static void by_no_key(void **state)
{
    (void)state;
    struct bus_kafka_msg m = claim(&own, &own);
    m.key = BUS_STRV("household");
    check(&m, "KEY_UNREADABLE");
    m.key = (struct bus_strv){0};
    check(&m, "KEY_UNREADABLE");
    /* the same id, but as a key it belongs to another partition */
    m.key = BUS_STRV("AB010000-0000-0000-0000-000000000000");
    m.partition = bus_kafka_partition_of(m.key, PARTITIONS);
    check(&m, "KEY_UNREADABLE");
}

static void elsewhere(void **state)
{
    (void)state;
    struct bus_kafka_msg m = claim(&own, &own);
    m.partition = (m.partition + 1) % PARTITIONS;
    check(&m, "WRONG_PARTITION");
    assert_false(written(&own, sizeof(own)));
}

/* Under a household's key, it is seen with that household. */
static void bytes_that_cannot_be_read(void **state)
{
    (void)state;
    struct bus_kafka_msg m = message("t.claims.aixin", &own, BUS_STRV("?"));
    check(&m, "UNREADABLE");
    assert_true(written(&own, sizeof(own)));
}

static void nobodys(void **state)
{
    (void)state;
    struct sa_dead_letter d = {.event_id = {{3}},
                               .topic = BUS_STRV("t.claims.aixin"),
                               .reason_code = BUS_STRV("KEY_UNREADABLE")};
    struct bus_kafka_msg m =
        message("t.dead-letters", &none, framed(&sa_dead_letter_type, &d));
    m.key = (struct bus_strv){0};
    check(&m, NULL);
    /* a notice stands in each partition under the same key */
    struct sa_review r = {.event_id = {{4}},
                          .catalogue_version = BUS_STRV("v")};
    for (int32_t p = 0; p < PARTITIONS; p++) {
        m = message("t.reviews", &none, framed(&sa_review_type, &r));
        m.partition = p;
        check(&m, NULL);
    }
    r.household_id = own;
    m = message("t.reviews", &foreign, framed(&sa_review_type, &r));
    check(&m, "KEY_MISMATCH");
}

static int open_all(void **state)
{
    struct bus_err err;
    (void)state;
    bus_arena_init(&mem, 0, 0);
    return ledger_encode_init(&encode, strlen("t."), PARTITIONS, &err);
}

/* Whatever the county's topics are, but for states and what is published: a
 * topic nobody reads here would leave the account open for ever. */
static void every_topic_is_read(void **state)
{
    (void)state;
    struct bus_config config;
    struct bus_topic *topics = NULL;
    struct bus_err err;
    char folder[512];
    size_t n = 0;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   getenv("LIANOU_SOURCE"));
    assert_int_equal(bus_conf_open(&config, folder, NULL, &err), BUS_OK);
    assert_int_equal(bus_conf_topics(&config, &mem, &topics, &n, &err), BUS_OK);
    for (size_t i = 0; i < n; i++) {
        const char *name = topics[i].name + strlen(config.prefix);
        if (topics[i].cleanup != BUS_TOPIC_COMPACT &&
            ledger_type_of(bus_strv(name)) == NULL) {
            fail_msg("nobody reads %s", topics[i].name);
        }
    }
    assert_true(n > 100);
    bus_conf_close(&config);
}

static int close_all(void **state)
{
    (void)state;
    ledger_encode_fini(&encode);
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_its_own_key),
        cmocka_unit_test(by_anothers_key),
        cmocka_unit_test(by_no_key),
        cmocka_unit_test(elsewhere),
        cmocka_unit_test(bytes_that_cannot_be_read),
        cmocka_unit_test(nobodys),
        cmocka_unit_test(every_topic_is_read),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
