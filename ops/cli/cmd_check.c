/* lianou check: every fault of the configuration at once.
 *
 * - reads the folder, cross-checks between its files, compiles the rules (what
 *   they do is `lianou policy check`'s matter) and the register; each fault
 *   as file:line:col with what to write instead, and a line of totals
 * - warnings are what a county must still confirm: counted, listed on request
 * - 0 without a fault, 1 with one, 2 for a wrong option */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/publication.h"
#include "bus/catalogue/register_files.h"
#include "bus/conf/bus_config.h"
#include "ops/cli/kinds.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"

extern const struct lianou_command lianou_cmd_check;

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"keys", no_argument, NULL, 'k'},
    {"topics", no_argument, NULL, 't'},
    {"warnings", no_argument, NULL, 'w'},
    {NULL, 0, NULL, 0}};

struct asked
{
    const char *folder;
    bool keys, topics, warnings;
};

static bool read_options(int argc, char **argv, struct asked *a)
{
    int o;
    optind = 1;
    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (o == 'c') {
            a->folder = optarg;
        } else if (o == 'k') {
            a->keys = true;
        } else if (o == 't') {
            a->topics = true;
        } else if (o == 'w') {
            a->warnings = true;
        } else {
            return false;
        }
    }
    return optind == argc;
}

static void print_buf(struct bus_buf *b)
{
    fputs(bus_buf_cstr(b), stdout);
    bus_buf_fini(b);
}

static void print_topics(const struct bus_config *c)
{
    struct bus_arena mem;
    struct bus_topic *t;
    size_t n = 0;
    bus_arena_init(&mem, 0, 0);
    if (bus_conf_topics(c, &mem, &t, &n, NULL) == 0) {
        for (size_t i = 0; i < n; i++) {
            printf("%-44s %4" PRId32 " partitions  %s", t[i].name,
                   t[i].partitions,
                   t[i].cleanup == BUS_TOPIC_COMPACT ? "compact\n" : "");
            if (t[i].cleanup != BUS_TOPIC_COMPACT) {
                printf("%" PRId64 " days\n", t[i].retention_ms / 86400000);
            }
        }
    }
    bus_arena_fini(&mem);
}

static void check_print_totals(const struct bus_config *c,
                               const struct bus_faults *faults)
{
    printf("%s: %zu partners, %zu items, %zu facts from %zu sources, "
           "%zu villages of %zu stations, %zu operators, %zu years\n",
           c->folder, c->partners_count, c->policies_count, c->facts_count,
           c->sources_count, c->villages_count, c->stations_count,
           c->operators_count, c->calendars_count);
    printf("%zu faults, %zu to be confirmed by the county\n", faults->errors,
           faults->warnings);
}

/* A partner behind an adapter needs one of its kind, on topics there are. */
static void check_kinds(const struct bus_config *c, struct bus_faults *faults)
{
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->code &&
            !bus_partner_kind_find(cli_kinds, bus_partner_kind_word(p))) {
            bus_faults_add(faults, p->node->at, "kind",
                           "producers/%s and consumers/%s are missing: no "
                           "adapter of this kind",
                           bus_partner_kind_word(p), bus_partner_kind_word(p));
        }
    }
}

/* Whose publications count. */
static void check_bureau(const struct bus_config *c, struct bus_faults *faults)
{
    struct bus_catalogue_bureau bureau;
    struct bus_err err;
    const struct bus_node *n = bus_node_get(c->node, "bureau");
    const struct bus_node *key = bus_node_get(n, "public_key");
    struct bus_place at = {"bus.yaml", 0, 0};
    at = key != NULL ? key->at : n != NULL ? n->at : at;
    if (c->bureau.public_key == NULL) {
        return; /* a fault of its own, or no bus.yaml */
    }
    if (bus_catalogue_bureau_read(c, &bureau, &err) != BUS_OK) {
        bus_faults_add(faults, at, NULL, "%s", err.msg);
    } else if (bureau.count == 0) {
        bus_faults_warn(faults, at, "bureau.public_key",
                        "none yet: no published catalogue or register counts; "
                        "make a key with `lianou seal keygen FILE`");
    }
}

static int check_run(int argc, char **argv)
{
    struct asked a = {0};
    if (!read_options(argc, argv, &a)) {
        fprintf(stderr, "usage: lianou check %s\n", lianou_cmd_check.usage);
        return LIANOU_USAGE;
    }
    struct bus_buf out = {0};
    if (a.keys) {
        bus_conf_print_keys(&out);
        print_buf(&out);
        return LIANOU_WELL;
    }
    struct bus_config c;
    struct bus_faults faults;
    struct bus_err err;
    int rc = bus_conf_open(&c, lianou_config_dir(a.folder), &faults, &err);
    bus_conf_check(&c, &faults);
    struct bus_policy_catalogue *rules =
        rc == 0 ? cli_policy_catalogue(&c, &faults) : NULL;
    bus_policy_catalogue_free(rules);
    bus_registers_free(rc == 0 ? bus_catalogue_register_folder(&c, &faults)
                               : NULL);
    check_bureau(&c, &faults);
    check_kinds(&c, &faults);
    bus_faults_sort(&faults);
    bus_faults_print(&faults, a.warnings, &out);
    print_buf(&out);
    if (a.topics && rc == 0) {
        print_topics(&c);
    }
    check_print_totals(&c, &faults);
    bool well = rc == 0 && bus_faults_none(&faults);
    bus_conf_close(&c);
    return well ? LIANOU_WELL : LIANOU_FAILED;
}

const struct lianou_command lianou_cmd_check = {
    .name = "check",
    .usage = "[--config DIR] [--warnings] [--topics] [--keys]",
    .summary = "every fault of the configuration, as file:line:column",
    .summary_zh = "检查配置,逐条列出错误位置与改法",
    .group = 3,
    .run = check_run,
};
