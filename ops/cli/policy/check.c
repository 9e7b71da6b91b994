/* policy check: every fault of the rules, then what a county must confirm.
 *
 * - reads the configuration and compiles the catalogue
 * - holds every item against the city's template (S37)
 * - tries the rules of the day on made-up households
 * - says what the catalogue takes as a message, and what it may
 * - lists what is not read in a document: known (K), illustrative (I),
 *   assumed (A), by file; --confirm (or --warnings) lists each place
 * - 0 without a fault, 1 with one, 2 for a wrong option */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/advice/check.h"
#include "bus/base/clock.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/policy.h"

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"date", required_argument, NULL, 'd'},
    {"confirm", no_argument, NULL, 'w'},
    {"warnings", no_argument, NULL, 'w'}, /* the same */
    {NULL, 0, NULL, 0}};

struct marks
{
    size_t known, illustrative, assumed;
};

/* Calls itself for what is inside: as deep as the YAML reader allows. */
static void count_marks(const struct bus_node *n, struct marks *m)
{
    if (n == NULL || n->kind == BUS_NODE_SCALAR) {
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        const struct bus_node *v =
            n->kind == BUS_NODE_LIST ? n->items[i] : n->pairs[i].value;
        if (n->kind == BUS_NODE_MAP && v->kind == BUS_NODE_SCALAR &&
            bus_strv_is(n->pairs[i].key->text, "confidence")) {
            m->known += bus_strv_is(v->text, "K");
            m->illustrative += bus_strv_is(v->text, "I");
            m->assumed += bus_strv_is(v->text, "A");
        } else {
            count_marks(v, m);
        }
    }
}

static void
print_marks(const struct bus_node *n, struct bus_strv title, struct marks *all)
{
    struct marks m = {0};
    count_marks(n, &m);
    all->known += m.known;
    all->illustrative += m.illustrative;
    all->assumed += m.assumed;
    if (n != NULL && m.known + m.illustrative + m.assumed > 0) {
        (void)printf("  %-44s K %2zu  I %2zu  A %2zu  %.*s\n", n->at.file,
                     m.known, m.illustrative, m.assumed, BUS_STRV_ARG(title));
    }
}

static void print_to_confirm(const struct bus_config *c)
{
    struct marks all = {0};
    (void)printf("to be confirmed by the county / 待本县确认 "
                 "(K known not read again 凭记忆, I illustrative 示例, "
                 "A assumed 设定):\n");
    print_marks(c->facts_node, BUS_STRV("事实字典"), &all);
    print_marks(c->standards_node, BUS_STRV("标准"), &all);
    print_marks(c->interactions_node, BUS_STRV("事项间关系"), &all);
    for (size_t i = 0; i < c->policies_count; i++) {
        const struct bus_node *zh =
            bus_node_get(bus_node_get(c->policies[i], "name"), "zh");
        print_marks(c->policies[i], zh ? zh->text : (struct bus_strv){0}, &all);
    }
    (void)printf("  in all: %zu known, %zu illustrative, %zu assumed; "
                 "--confirm lists each place\n",
                 all.known, all.illustrative, all.assumed);
}

/* Departments that own an item. */
static size_t owners(const struct bus_config *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->partners_count; i++) {
        bool owns = false;
        for (size_t k = 0; k < c->policies_count && !owns; k++) {
            const struct bus_node *d =
                bus_node_get(c->policies[k], "department");
            owns = c->partners[i].kind == BUS_PARTNER_DEPARTMENT && d != NULL &&
                   bus_strv_is(d->text, c->partners[i].code);
        }
        n += owns;
    }
    return n;
}

/* As `policy publish` sends it, in one message: all of it or nothing. */
static bool print_size(const struct bus_config *c)
{
    struct bus_catalogue_rules rules;
    struct bus_buf archive = {0};
    struct bus_err err;
    int64_t room = c->kafka.message_bytes_max;
    bus_catalogue_rules_init(&rules);
    int rc = cli_policy_pack(c, NULL, &rules, &archive, &err);
    size_t plain = archive.len;
    if (rc == BUS_OK) {
        rc = bus_catalogue_archive_press(&archive, &err);
    }
    if (rc == BUS_OK) {
        rc = cli_policy_message_fits(c, archive.len, &err);
    }
    if (rc == BUS_OK) {
        (void)printf("as one message / 发布大小: %zu bytes, %lld %% of "
                     "kafka.message_max (%lld); %zu unpacked\n",
                     archive.len, (long long)archive.len * 100 / room,
                     (long long)room, plain);
    } else {
        (void)printf("%s: %s\n", c->folder, err.msg);
    }
    bus_buf_fini(&archive);
    bus_catalogue_rules_close(&rules);
    return rc == BUS_OK;
}

int cli_policy_check_rules(const struct bus_config *c,
                           int32_t day,
                           struct bus_faults *faults,
                           struct bus_policy_catalogue **ret,
                           struct bus_err *err)
{
    struct bus_arena scratch;
    bus_advice_check_template(c->policies, c->policies_count, faults);
    *ret = cli_policy_catalogue(c, faults);
    if (*ret == NULL) {
        return bus_faults_fail(faults, err);
    }
    bus_arena_init(&scratch, 0, 0);
    int rc = bus_advice_check(*ret, day, &scratch, faults, err);
    bus_arena_fini(&scratch);
    return rc == BUS_OK ? bus_faults_fail(faults, err) : rc;
}

static int cmd_check_run(const char *folder, int32_t day, bool confirm)
{
    struct policy_tool t = {.day = day};
    struct bus_err err;
    struct bus_faults faults;
    bus_arena_init(&t.mem, 0, 0);
    int rc = bus_conf_open(&t.config, lianou_config_dir(folder), &faults, &err);
    bus_conf_check(&t.config, &faults);
    if (rc == BUS_OK) {
        rc =
            cli_policy_check_rules(&t.config, day, &faults, &t.catalogue, &err);
    }
    cli_policy_print_faults(&faults, confirm);
    bool well = rc == BUS_OK && bus_faults_none(&faults);
    if (t.catalogue != NULL) {
        if (!confirm) {
            print_to_confirm(&t.config);
        }
        (void)printf("%s: %zu items of %zu departments, catalogue %s\n",
                     t.config.folder, bus_policy_item_count(t.catalogue),
                     owners(&t.config),
                     bus_policy_catalogue_version(t.catalogue));
    }
    well = well && print_size(&t.config);
    size_t count = faults.errors + (faults.errors == 0 && !well);
    (void)printf("%zu faults / %zu 处错误\n", count, count);
    cli_policy_close(&t);
    return well ? LIANOU_WELL : LIANOU_FAILED;
}

static int policy_check_run(int argc, char **argv)
{
    const char *folder = NULL;
    bool confirm = false;
    int32_t day = bus_china_day(bus_clock_system.wall_ms(NULL));
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            folder = optarg;
        } else if (o == 'w') {
            confirm = true;
        } else if (o != 'd' || !bus_date_parse(bus_strv(optarg), &day)) {
            return LIANOU_USAGE;
        }
    }
    return optind == argc ? cmd_check_run(folder, day, confirm) : LIANOU_USAGE;
}

const struct policy_command cli_policy_cmd_check = {
    .name = "check",
    .usage = "[--config DIR] [--date DAY] [--confirm | --warnings]",
    .summary = "every fault of the rules, and what the county must confirm",
    .summary_zh = "检查全部规则,列出待确认之处",
    .run = policy_check_run,
};
