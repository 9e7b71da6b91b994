/* Access rules of the county's configuration: what is asked can be answered,
 * and nobody has a right on what is another's. */
#include "tests/lib/check.h"

#include <stdlib.h>
#include <string.h>

#include "bus/conf/acls.h"

static struct bus_config config;
static struct bus_arena mem;
static struct bus_acl *acls;
static size_t count;

static int open_county(void **state)
{
    (void)state;
    struct bus_faults faults;
    struct bus_err err;
    const char *source = getenv("LIANOU_SOURCE");
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    char *folder =
        bus_arena_printf(&mem, "%s/bus-config", source ? source : ".");
    return bus_conf_open(&config, folder, &faults, &err) == BUS_OK &&
                   bus_conf_acls(&config, &mem, &acls, &count, &err) == BUS_OK
               ? 0
               : -1;
}

static int close_county(void **state)
{
    (void)state;
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return 0;
}

static bool may(const char *who, enum bus_acl_operation what, const char *topic)
{
    for (size_t i = 0; i < count; i++) {
        const struct bus_acl *a = &acls[i];
        if (strcmp(a->principal + strlen("User:"), who) == 0 &&
            a->resource == BUS_ACL_TOPIC && a->operation == what &&
            (a->prefixed ? strncmp(a->name, topic, strlen(a->name)) == 0
                         : strcmp(a->name, topic) == 0)) {
            return true;
        }
    }
    return false;
}

static void nobody_on_what_is_anothers(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct bus_acl *a = &acls[i];
        const char *who = a->principal + strlen("User:");
        const struct bus_conf_partner *p = bus_conf_partner(&config, who);
        if (p == NULL || a->resource != BUS_ACL_TOPIC) {
            continue;
        }
        const char *behind = strrchr(a->name, '.');
        bool own = behind != NULL && strcmp(behind + 1, p->code) == 0;
        bool letter = strcmp(behind + 1, "dead-letters") == 0 &&
                      a->operation == BUS_ACL_WRITE;
        if (a->prefixed || !(own || letter)) {
            fail_msg("%s: %s %s", who, a->name, a->prefixed ? "*" : "");
        }
    }
}

static void every_topic_has_both_ends(void **state)
{
    (void)state;
    struct bus_topic *topics = NULL;
    size_t n = 0;
    struct bus_err err;
    assert_int_equal(bus_conf_topics(&config, &mem, &topics, &n, &err), 0);
    for (size_t t = 0; t < n; t++) {
        size_t readers = 0, writers = 0;
        for (size_t i = 0; i < count; i++) {
            const char *who = acls[i].principal + strlen("User:");
            bool first =
                i == 0 || strcmp(acls[i - 1].principal, acls[i].principal) != 0;
            readers += first && may(who, BUS_ACL_READ, topics[t].name);
            writers += first && may(who, BUS_ACL_WRITE, topics[t].name);
        }
        if (readers < 1 || writers < 1) {
            fail_msg("%s: %zu readers, %zu writers", topics[t].name, readers,
                     writers);
        }
    }
}

static void who_decides_what(void **state)
{
    (void)state;
    assert_true(may("MZ", BUS_ACL_READ, "qihe.assignments.MZ"));
    assert_true(may("MZ", BUS_ACL_WRITE, "qihe.decisions.MZ"));
    assert_false(may("MZ", BUS_ACL_WRITE, "qihe.decisions.YB"));
    assert_false(may("MZ", BUS_ACL_READ, "qihe.dead-letters"));
    assert_false(may("nongshang", BUS_ACL_READ, "qihe.cases"));
    assert_true(may("MZ", BUS_ACL_READ, "qihe.notices.MZ"));
    assert_false(may("MZ", BUS_ACL_READ, "qihe.notices.YB"));
    assert_false(may("MZ", BUS_ACL_WRITE, "qihe.notices.MZ"));
    assert_true(may("check", BUS_ACL_WRITE, "qihe.facts.check"));
    assert_true(may("check", BUS_ACL_READ, "qihe.notices.check"));
    assert_false(may("check", BUS_ACL_WRITE, "qihe.facts.tax"));
    assert_false(may("check", BUS_ACL_WRITE, "qihe.notices.check"));
    assert_false(may("source-check", BUS_ACL_WRITE, "qihe.facts.check"));
    assert_true(may("source-school", BUS_ACL_READ, "qihe.notices.school"));
    assert_true(may("lianou-dispatch", BUS_ACL_WRITE, "qihe.notices.school"));
    assert_false(may("lianou-intake", BUS_ACL_READ, "qihe.applications"));
    assert_true(may("lianou-desk", BUS_ACL_WRITE, "qihe.decisions.MZ"));
    assert_false(may("lianou-desk", BUS_ACL_WRITE, "qihe.applications"));
    assert_false(may("lianou-desk", BUS_ACL_READ, "qihe.assignments.MZ"));
    assert_false(
        may("lianou-desk", BUS_ACL_WRITE, "qihe.payment-results.nongshang"));
    assert_false(may("lianou-dispatch", BUS_ACL_WRITE, "qihe.catalogue"));
    assert_false(may("lianou-matcher", BUS_ACL_WRITE, "qihe.register"));
    assert_true(may("lianou-ledger", BUS_ACL_READ, "qihe.households"));
    assert_true(may("lianou-matcher", BUS_ACL_WRITE, "qihe.household-keys"));
    assert_true(may("lianou-matcher", BUS_ACL_READ, "qihe.household-keys"));
    assert_false(may("lianou-intake", BUS_ACL_READ, "qihe.household-keys"));
    assert_false(may("lianou-dispatch", BUS_ACL_READ, "qihe.household-keys"));
    assert_false(may("lianou-ledger", BUS_ACL_WRITE, "qihe.cases"));
}

/* A bank that has batches as files reads no orders from its topic as well. */
static void files_or_topic(void **state)
{
    (void)state;
    struct bus_acl *was = acls;
    size_t had = count;
    struct bus_err err;
    struct bus_conf_partner *bank = NULL;
    for (size_t i = 0; i < config.partners_count; i++) {
        if (strcmp(config.partners[i].code, "nongshang") == 0) {
            bank = &config.partners[i];
        }
    }
    assert_true(
        may("nongshang", BUS_ACL_READ, "qihe.payment-orders.nongshang"));
    assert_true(may("lianou-treasury", BUS_ACL_WRITE,
                    "qihe.payment-results.nongshang"));
    assert_true(
        may("lianou-treasury", BUS_ACL_READ, "qihe.payment-orders.nongshang"));
    assert_true(may("lianou-clock", BUS_ACL_READ, "qihe.dues"));
    assert_non_null(bank);
    bank->file.format = BUS_CONF_BANK_CSV;
    assert_int_equal(bus_conf_acls(&config, &mem, &acls, &count, &err), 0);
    assert_false(
        may("nongshang", BUS_ACL_READ, "qihe.payment-orders.nongshang"));
    assert_false(
        may("nongshang", BUS_ACL_WRITE, "qihe.payment-results.nongshang"));
    assert_true(may("lianou-treasury", BUS_ACL_WRITE,
                    "qihe.payment-results.nongshang"));
    bank->file.format = BUS_CONF_BANK_NONE;
    acls = was;
    count = had;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_on_what_is_anothers),
        cmocka_unit_test(files_or_topic),
        cmocka_unit_test(every_topic_has_both_ends),
        cmocka_unit_test(who_decides_what),
    };
    return cmocka_run_group_tests(tests, open_county, close_county);
}
