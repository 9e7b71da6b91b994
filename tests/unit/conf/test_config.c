/* The configuration of the tree: loads clean, gives its topics, its page is
 * in step, and planted faults are all found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/conf/bus_config.h"

static struct bus_config config;
static struct bus_faults faults;
static char source[512];
static char folder[] = "/tmp/lianou-config-XXXXXX";

static int setup_all(void **state)
{
    (void)state;
    const char *root = getenv("LIANOU_SOURCE");
    snprintf(source, sizeof source, "%s/bus-config", root ? root : ".");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bus_conf_close(&config);
    return 0;
}

static void print_faults(void)
{
    struct bus_buf out = {0};
    bus_faults_print(&faults, false, &out);
    fputs(bus_buf_cstr(&out), stderr);
    bus_buf_fini(&out);
}

static void open_clean(void)
{
    struct bus_err err;
    int rc = bus_conf_open(&config, source, &faults, &err);
    if (rc != 0) {
        print_faults();
    }
    assert_int_equal(rc, 0);
}

static void test_loads_clean(void **state)
{
    (void)state;
    open_clean();
    assert_string_equal(config.prefix, "qihe.");
    assert_string_equal(config.county.code, "371425");
    assert_int_equal(config.kafka.partitions, 12);
    assert_int_equal(config.kafka.retention.trouble_ms, 1830 * 86400000LL);
    size_t of_kind[BUS_PARTNER_KINDS] = {0};
    for (size_t i = 0; i < config.partners_count; i++) {
        of_kind[config.partners[i].kind]++;
    }
    assert_int_equal(of_kind[BUS_PARTNER_DEPARTMENT], 18);
    assert_int_equal(of_kind[BUS_PARTNER_BANK], 2);
    assert_int_equal(of_kind[BUS_PARTNER_POST], 1);
    assert_int_equal(of_kind[BUS_PARTNER_INSURER], 1);
    assert_int_equal(of_kind[BUS_PARTNER_CHARITY], 2);
    assert_int_equal(config.policies_count, 64);
    assert_int_equal(config.stations_count, 109);
    assert_int_equal(config.villages_count, 1038);
    assert_int_equal(config.calendars_count, 8);
    bus_conf_check(&config, &faults);
    if (!bus_faults_none(&faults)) {
        print_faults();
    }
    assert_int_equal(faults.errors, 0);
    /* What the county must confirm is marked: many, and listed. */
    assert_true(faults.warnings > 100);
}

static void test_finders(void **state)
{
    (void)state;
    open_clean();
    assert_non_null(bus_conf_partner(&config, "MZ"));
    assert_null(bus_conf_partner(&config, "mz"));
    assert_int_equal(bus_conf_partner(&config, "youzheng")->cash_max_fen,
                     300000);
    assert_string_equal(bus_conf_fund(&config, "CG")->bank, "nongshang");
    const struct bus_village *v =
        bus_conf_village(&config, BUS_STRV("371425001201"));
    assert_string_equal(v->town_code, "371425001");
    assert_non_null(v->station);
    assert_null(bus_conf_village(&config, BUS_STRV("371425001999")));
    const struct bus_fact *f = bus_conf_fact(&config, BUS_FACT_HOUSEHOLD,
                                             BUS_STRV("income_total_fen"));
    assert_int_equal(f->type, BUS_FACT_MONEY_FEN);
    assert_null(
        bus_conf_fact(&config, BUS_FACT_MEMBER, BUS_STRV("income_total_fen")));
}

static const struct bus_topic *
find_topic(const struct bus_topic *t, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(t[i].name, name) == 0) {
            return &t[i];
        }
    }
    return NULL;
}

static void test_topics(void **state)
{
    (void)state;
    struct bus_topic *t;
    size_t n;
    open_clean();
    assert_int_equal(bus_conf_topics(&config, &config.mem, &t, &n, NULL), 0);
    assert_int_equal(n, 17 + 2 * 20 - 1 + 3 * 24 + 2); /* none of a survey */
    static const char *const wanted[] = {"qihe.applications",
                                         "qihe.evaluations",
                                         "qihe.cases",
                                         "qihe.memberships",
                                         "qihe.dues",
                                         "qihe.households",
                                         "qihe.catalogue",
                                         "qihe.register",
                                         "qihe.reviews",
                                         "qihe.parked",
                                         "qihe.dead-letters",
                                         "qihe.facts.hospital",
                                         "qihe.assignments.MZ",
                                         "qihe.decisions.FG",
                                         "qihe.verification-requests.caixian",
                                         "qihe.verification-results.caixian",
                                         "qihe.payment-orders.nongshang",
                                         "qihe.payment-results.youchu",
                                         "qihe.delivery-tasks.youzheng",
                                         "qihe.delivery-receipts.youzheng",
                                         "qihe.needs.aixin",
                                         "qihe.claims.yigong",
                                         "qihe.notices.MZ",
                                         "qihe.notices.nongshang",
                                         "qihe.notices.school"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_non_null(find_topic(t, n, wanted[i]));
    }
    assert_null(find_topic(t, n, "qihe.facts.declared"));
    for (size_t i = 0; i < n; i++) {
        bool one = strcmp(t[i].name, "qihe.catalogue") == 0 ||
                   strcmp(t[i].name, "qihe.register") == 0;
        bool told = strncmp(t[i].name, "qihe.notices.", 13) == 0;
        bool keys = strcmp(t[i].name, "qihe.household-keys") == 0;
        bool homes = strcmp(t[i].name, "qihe.households") == 0;
        bool compact = one || homes || keys;
        assert_int_equal(t[i].forget_ms, keys    ? 43200000
                                         : homes ? 604800000
                                                 : 0);
        assert_int_equal(t[i].cleanup,
                         compact ? BUS_TOPIC_COMPACT : BUS_TOPIC_DELETE);
        assert_int_equal(t[i].partitions, one || told ? 1 : 12);
        assert_true(i == 0 || strcmp(t[i - 1].name, t[i].name) < 0);
    }
    assert_string_equal(bus_conf_state(&config, &config.mem, "partner", "MZ"),
                        "/var/lib/lianou/partner/MZ");
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* A key in the tables and not in the page fails here: run
 * `lianou check --keys > bus-config/KEYS.md`. */
static void test_page_is_in_step(void **state)
{
    (void)state;
    char path[600];
    struct bus_buf out = {0};
    snprintf(path, sizeof path, "%s/KEYS.md", source);
    char *text = read_file(path);
    bus_conf_print_keys(&out);
    assert_string_equal(bus_buf_cstr(&out), text);
    bus_buf_fini(&out);
    free(text);
}

static void test_environment(void **state)
{
    (void)state;
    setenv("LIANOU_KAFKA", "broker:1", 1);
    setenv("LIANOU_ANY_PORTS", "true", 1);
    setenv("LIANOU_STATE", "/somewhere", 1);
    open_clean();
    assert_string_equal(config.kafka.bootstrap, "broker:1");
    assert_string_equal(config.state_dir, "/somewhere");
    assert_int_equal(config.http.intake, 0);
    assert_int_equal(config.partners[0].metrics_port, 0);
    bus_conf_close(&config);
    setenv("LIANOU_KAFKA_PARTITIONS", "012", 1);
    struct bus_err err;
    assert_int_equal(bus_conf_open(&config, source, &faults, &err),
                     BUS_ECONFIG);
    assert_non_null(strstr(err.msg, "kafka.partitions: found '012'"));
    unsetenv("LIANOU_KAFKA_PARTITIONS");
    unsetenv("LIANOU_KAFKA");
    unsetenv("LIANOU_ANY_PORTS");
    unsetenv("LIANOU_STATE");
}

static void append(const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void put(const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    remove(path);
    append(name, text);
}

static void put_partner(const char *code, const char *head, const char *tail)
{
    char name[64], text[512];
    (void)snprintf(name, sizeof(name), "partners.d/%s.yaml", code);
    (void)snprintf(text, sizeof(text), "code: %s\n%s%s", code, head, tail);
    put(name, text);
}

static void assert_fault(const char *want)
{
    struct bus_buf out = {0};
    bus_faults_print(&faults, strncmp(want, "warning", 7) == 0, &out);
    if (!strstr(bus_buf_cstr(&out), want)) {
        fprintf(stderr, "not found: %s\nin:\n%s", want, bus_buf_cstr(&out));
        fail();
    }
    bus_buf_fini(&out);
}

/* A copy of the folder with one fault of every kind between files. */
static void test_planted_faults(void **state)
{
    (void)state;
    char cmd[1400];
    assert_non_null(mkdtemp(folder));
    snprintf(cmd, sizeof cmd,
             "cp -r '%s/.' '%s' && sed -i 's/入户调查, topic: true/入户调查, "
             "topic: false/' '%s/facts.yaml'",
             source, folder, folder);
    assert_int_equal(system(cmd), 0);
    append("divisions/371425.csv",
           "371425001899,新村,371425001,晏城街道,village\n"
           "371425001201,红庙朱村委会,371425001,晏城街道,village\n"
           "371426001299,外县,371426001,外县,village\n"
           "37142500129,短,371425001,晏城街道,village\n"
           "371425001298,五格,371425001,晏城街道,hamlet\n"
           "371425001297,少\n");
    append("divisions/stations.csv", "371425001201,371425001S09,又一站\n"
                                     "371425009999,371425001S01,无此村\n");
    append("registers/operators.csv",
           "op-900001,张三,XX,clerk,,2021-01-01,\n"
           "op-900002,李四,371425001201,assistant,,2021-01-01,\n"
           "op-900003,王五,MZ,clerk,,2021-13-01,\n");
    append("funds.yaml", "  ZZ: {zh: 某, en: some, bank: MZ}\n");
    put("partners.d/XX.yaml", "code: MZ\nzh: 重\nen: twice\nkind: bank\n"
                              "transport: spool\nmetrics_port: 8501\n");
    put("partners.d/BB.yaml",
        "code: BB\nzh: 银\nen: bank\nkind: bank\ntransport: kafka\n"
        "file: {format: csv, columns: [{field: order}]}\n");
    put("partners.d/BC.yaml",
        "code: BC\nzh: 行\nen: bank\nkind: bank\ntransport: kafka\n"
        "file: {format: csv, once_from: 2026-01-01,\n"
        "       columns: [{field: order}]}\n");
    const char *push = "zh: 推\nen: pushed\nkind: charity\n";
    put_partner("PA", push, "transport: kafka\npush: {url: https://a.b/c}\n");
    put_partner("PB", push,
                "transport: http\npush:\n"
                "  url: http://127.0.0.1.b.c/in\n");
    put_partner("PC", push,
                "transport: http\npush:\n"
                "  url: https://a.b/c?d=e\n  cert_file: a.pem\n"
                "  sign_keys: a.keys\n  sign_sm2: a.key\n");
    put_partner("PD", push, "transport: http\npush: {url: https://a.b}\n");
    put_partner("PE", push, "transport: http\npush: {timeout: 9s}\n");
    put_partner("PF", push,
                "transport: http\npush:\n"
                "  url: http://[::1]:8080/in\n  ca_file: a.pem\n");
    put_partner("PG", push,
                "transport: http\npush:\n"
                "  url: http://a.b/c\n  plain: anywhere\n");
    put_partner("PH", push, "transport: http\npush: {url: ftp://a.b/c}\n");
    put_partner("EA", push, "transport: http\nexec: {command: [/bin/cat]}\n");
    put_partner("EB", push, "transport: exec\nexec: {timeout: 1ms}\n");
    put_partner("EC", push,
                "transport: exec\nexec:\n  command: [cat, -u]\n"
                "  folder: /tmp\n  environment: [\"A B=c\"]\n");
    put_partner("QA", push, "transport: spool\npostgres: {poll: 1s}\n");
    put_partner("QB", push, "transport: postgres\npostgres: {poll: 1ms}\n");
    put_partner("QC", push,
                "transport: postgres\npostgres:\n  conninfo_file: a\n"
                "  plain: anywhere\n");
    put("partners.d/YY.yaml",
        "code: YY\nzh: 又\nen: one more\nkind: post\ntransport: spool\n"
        "spool_dir: /var/lib/lianou/spool/youzheng\n"
        "org_code: \"91${X}0000000000000\"\nmetrics_port: 1${X}\n");
    append("facts.yaml", "  odd:\n    type: enum\n    zh: 姓名\n    en: odd\n"
                         "    sources: [nobody]\n"
                         "  no_end:\n    type: count\n    zh: 甲\n"
                         "    en: no_end\n    min: 0\n"
                         "    sources: [declared]\n"
                         "  upside:\n    type: count\n    zh: 乙\n"
                         "    en: upside\n    min: 9\n    max: 8\n"
                         "    sources: [declared]\n"
                         "  a_day:\n    type: date\n    zh: 丙\n"
                         "    en: a_day\n    earliest: 1900-02-30\n"
                         "    latest: today\n    sources: [declared]\n"
                         "  a_word:\n    type: text\n    zh: 丁\n"
                         "    en: a_word\n    max: 9\n    pattern: \"(\"\n"
                         "    sources: [declared]\n");
    put("policies/CS/CS09.yaml",
        "code: CS08\ndepartment: MM\nfund: QQ\nform: [household.no, x]\n"
        "grants: {fact: household.status, value: rich}\nvolumes: 3\n"
        "delivery: {channel: bank, partner: youzheng}\n"
        "versions:\n"
        "  - {effective: {from: 2020-01-01}, condition: {feel: x}}\n"
        "  - {effective: {from: 2020-05-01}, basis: [], condition: "
        "{confidence: Z}}\n");
    append("policies/interactions.yaml", "  - {id: X99, item: NO01}\n");
    snprintf(cmd, sizeof cmd, "sed -i 's/aes-256-gcm/sm4-gcm/' '%s/bus.yaml'",
             folder);
    assert_int_equal(system(cmd), 0);
    put("calendar/2019.yaml", "year: 2018\nsource: x\nholidays: []\n"
                              "workdays: [2018-01-01]\n");
    struct bus_err err;
    assert_int_equal(bus_conf_open(&config, folder, &faults, &err),
                     BUS_ECONFIG);
    bus_conf_check(&config, &faults);
    bus_faults_sort(&faults);
    assert_fault("survey: its facts come in steps");
    assert_fault("keys.cipher: found 'sm4-gcm'; must be aes-256-gcm: cipher of "
                 "personal fields: HPKE with AES-256-GCM; SM4 is not built");
    assert_fault("371425.csv:1044:1: station: the village 371425001899 新村 "
                 "has no service station");
    assert_fault("371425.csv:1045:1: code: '371425001201' is there twice");
    assert_fault("code: '371426001299' is not in the county 371425");
    assert_fault("code: found '37142500129' in town '371425001'; must be 12");
    assert_fault("kind: found 'hamlet'; must be community | village");
    assert_fault("the row has 2 cells, it must have 5");
    assert_fault("village: 371425001201 has the station 371425001S");
    assert_fault("village: '371425009999' is no village of divisions");
    assert_fault("from: found '2021-13-01' to ''; must be dates");
    assert_fault("ZZ: found the bank 'MZ'; must be a partner of kind bank");
    assert_fault("XX.yaml:1:1: code: found 'MZ'; must be the file's name");
    assert_fault("PA.yaml:6:13: push.url: only transport http has one");
    assert_fault("PB.yaml:7:8: push.url: events would go unencrypted");
    assert_fault("PC.yaml:7:8: push.url: must be https://host[:port]/path: no "
                 "user, query, fragment");
    assert_fault("PC.yaml:8:14: push.cert_file: a certificate and its key_file "
                 "go together");
    assert_fault("PC.yaml:10:13: push.sign_sm2: signed by one of the two");
    assert_fault("PD.yaml:6:13: push.url: must have a host and a path");
    assert_fault("PE.yaml:6:7: push.url: missing");
    assert_fault("PF.yaml:8:12: push.ca_file: is for https:// only");
    assert_fault("warning: push.plain: open: events with personal");
    assert_fault("PH.yaml:6:13: push.url: must begin with https://");
    assert_fault("EA.yaml:6:7: exec: only transport exec has it");
    assert_fault("EB.yaml:6:7: exec.command: missing");
    assert_fault("EB.yaml:6:7: exec.folder: missing: where the program runs");
    assert_fault("EB.yaml:6:17: exec.timeout: found");
    assert_fault("EC.yaml:7:12: exec.command: must begin with the program's "
                 "absolute path");
    assert_fault("EC.yaml:9:16: exec.environment: must be NAME=value");
    assert_fault("QA.yaml:6:11: postgres: only transport postgres has it");
    assert_fault("QB.yaml:6:11: postgres.conninfo_file: missing");
    assert_fault("QB.yaml:6:18: postgres.poll: found");
    assert_fault("warning: postgres.plain: open: events with personal");
    assert_fault("BB.yaml:1:1: file: needs once_from");
    assert_fault("BC.yaml:1:1: file: once_from is before treasury.recurring");
    assert_fault("YY.yaml:8:15: metrics_port: ${NAME} stands for a whole");
    assert_fault("spool_dir: is YY's already; each has its own");
    assert_fault("metrics_port: 8501 is taken by");
    assert_fault("code: 'MZ' is the code of");
    assert_fault("member.odd: words belong to an enum");
    assert_fault("member.no_end: needs its bounds: a number min and max");
    assert_fault("member.upside: is below the least");
    assert_fault("member.a_day: must be a day");
    assert_fault("member.a_word: is no POSIX extended regular expression");
    assert_fault("odd: the source 'nobody' is not in sources");
    assert_fault("odd: zh_name '姓名' is that of name already");
    assert_fault("CS09.yaml:1:7: code: 'CS08' of 'MM' belongs in "
                 "policies/MM/CS08.yaml");
    assert_fault("department: found 'MM'; must be a partner of kind dep");
    assert_fault("fund: found 'QQ'; must be a code of funds.yaml");
    assert_fault("form: found 'household.no'; must be household.<fact>");
    assert_fault("form: found 'x'; must be household.<fact>");
    assert_fault("grants: 'rich' is no word of status");
    assert_fault("warning: rules: 'NO01' is no item: the rule is idle");
    assert_fault("volumes: unknown key; did you mean 'volume'?");
    assert_fault("CS09.yaml:1:1: volume: missing; every item has it");
    assert_fault("partner: found 'youzheng'; must be a partner of kind bank");
    assert_fault("effective.from: overlaps the version before it");
    assert_fault("versions: a version has a basis and a condition");
    assert_fault("confidence: found 'Z'; must be F | K | I | A");
    assert_fault("year: must be the file's name");
    assert_fault("workdays: 2018-01-01 is no Saturday or Sunday");
    assert_fault("warning: provisional: this year's holidays are not yet");
    snprintf(cmd, sizeof cmd, "rm -r '%s'", folder);
    assert_int_equal(system(cmd), 0);
}

/* A row that has no room is a fault at its place, not left out. */
static void test_too_many_rows(void **state)
{
    (void)state;
    char cmd[1400];
    struct bus_buf rows = {0};
    struct bus_err err;
    (void)snprintf(folder, sizeof(folder), "/tmp/lianou-config-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(cmd, sizeof(cmd), "cp -r '%s/.' '%s'", source, folder);
    assert_int_equal(system(cmd), 0);
    bus_buf_printf(&rows, "id,name,org,role,limit_fen,from,to\n");
    for (int i = 0; i < 100001; i++) {
        bus_buf_printf(&rows, "op-%06d,张三,MZ,clerk,,2020-01-01,\n", i);
    }
    put("registers/operators.csv", bus_buf_cstr(&rows));
    bus_buf_fini(&rows);
    assert_int_equal(bus_conf_open(&config, folder, &faults, &err),
                     BUS_ECONFIG);
    assert_fault("operators.csv:100002:1: operators: more than 100000 rows");
    (void)snprintf(cmd, sizeof(cmd), "rm -r '%s'", folder);
    assert_int_equal(system(cmd), 0);
}

static void test_no_folder(void **state)
{
    (void)state;
    struct bus_err err;
    assert_int_equal(bus_conf_open(&config, "/nowhere", &faults, &err),
                     BUS_ECONFIG);
    assert_fault("/nowhere/bus.yaml: No such file or directory");
    bus_conf_check(&config, &faults);
}

struct failing
{
    size_t left;
};
static void *fail_alloc(void *data, size_t n)
{
    struct failing *f = data;
    return f->left-- == 0 ? NULL : malloc(n);
}
static void *fail_realloc(void *data, void *p, size_t n)
{
    struct failing *f = data;
    return f->left-- == 0 ? NULL : realloc(p, n);
}
static void plain_free(void *data, void *p)
{
    (void)data;
    free(p);
}

/* Any one allocation fails: a clean error, and nothing is leaked. */
static void test_out_of_memory(void **state)
{
    (void)state;
    int rc = -1;
    for (size_t k = 0; rc != 0; k++) {
        struct failing counter = {k};
        struct bus_heap heap = {&counter, fail_alloc, fail_realloc, plain_free};
        struct bus_err err;
        bus_heap_set(&heap);
        rc = bus_conf_open(&config, source, &faults, &err);
        if (rc == 0) {
            bus_conf_check(&config, &faults);
            rc = bus_faults_none(&faults) ? 0 : 1;
        }
        bus_conf_close(&config);
        bus_heap_set(NULL);
        assert_true(k < 100000);
    }
}

#define T(name) cmocka_unit_test_teardown(name, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_loads_clean),     T(test_finders),     T(test_topics),
        T(test_page_is_in_step), T(test_environment), T(test_planted_faults),
        T(test_too_many_rows),   T(test_no_folder),   T(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, setup_all, NULL);
}
