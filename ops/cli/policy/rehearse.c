/* policy rehearse: a change of rules tried on all households before it takes
 * effect. Nothing is written to the bus.
 *
 * - present: the configuration's catalogue; proposed: --with, a folder or an
 *   archive; both at --date, or the first day on which they differ
 * - --on generated N (10 000 of --seed 1 if nothing is said), ledger (the
 *   households the bus knows), archive FILE (snapshots of evaluations)
 * - the screen says who gains, loses, gets more or less: by item, fund,
 *   village, kind of household; --csv has a line for each item that turns
 * - 0 done, 1 it failed, 2 wrong use */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/policy/rehearse.h"

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"with", required_argument, NULL, 'w'},
    {"on", required_argument, NULL, 'o'},
    {"seed", required_argument, NULL, 's'},
    {"date", required_argument, NULL, 'd'},
    {"csv", required_argument, NULL, 'f'},
    {"lang", required_argument, NULL, 'l'},
    {NULL, 0, NULL, 0}};

static int rehearse_compile(struct bus_catalogue_rules *r,
                            const char *path,
                            struct bus_err *err)
{
    int rc = cli_policy_rules_open(r, path, err);
    if (rc == BUS_OK) {
        rc = bus_catalogue_rules_compile(r, err);
    }
    return rc ? bus_wrap(err, "%s", path) : BUS_OK;
}

static int rehearse(struct rehearse *q, struct bus_err *err)
{
    int rc = cli_tool_open(&q->tool, err);
    if (rc == BUS_OK) {
        rc = rehearse_compile(&q->rules[0], q->tool.config.folder, err);
    }
    if (rc == BUS_OK) {
        rc = rehearse_compile(&q->rules[1], q->with, err);
    }
    if (rc != BUS_OK) {
        return rc;
    }
    if (!q->dated) {
        q->day = bus_advice_first_day(q->rules[0].catalogue,
                                      q->rules[1].catalogue, q->day);
    }
    q->r = bus_advice_rehearsal_new(q->rules[0].catalogue,
                                    q->rules[1].catalogue, q->day);
    if (q->r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a rehearsal");
    }
    if (q->csv != NULL && (q->out = fopen(q->csv, "we")) == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%s: %s", q->csv, strerror(errno));
    }
    rc = cli_rehearse_all(q, err);
    if (q->out != NULL && fclose(q->out) != 0 && rc == BUS_OK) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", q->csv, strerror(errno));
    }
    if (rc == BUS_OK) {
        cli_rehearse_show(q);
    }
    return rc;
}

static bool set_on(struct rehearse *q, const char *word)
{
    static const char *const words[] = {"generated", "ledger", "archive"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            q->on = (enum rehearse_on)i;
            return true;
        }
    }
    return false;
}

static bool set_option(struct rehearse *q, int o)
{
    int64_t n = 0;
    switch (o) {
    case 'c':
        q->tool.folder = optarg;
        return true;
    case 'w':
        q->with = optarg;
        return true;
    case 'o':
        return set_on(q, optarg);
    case 's':
        if (!bus_strv_to_i64(bus_strv(optarg), &n) || n < 0) {
            return false;
        }
        q->seed = (uint64_t)n;
        return true;
    case 'd':
        q->dated = bus_date_parse(bus_strv(optarg), &q->day);
        return q->dated;
    case 'f':
        q->csv = optarg;
        return true;
    case 'l':
        q->zh = strcmp(optarg, "zh") == 0;
        q->en = strcmp(optarg, "en") == 0;
        return q->zh || q->en;
    default:
        return false;
    }
}

/* The word behind --on: how many, or which file. */
static bool set_rest(struct rehearse *q, int argc, char **argv)
{
    int64_t n = 0;
    bool one = optind + 1 == argc;
    switch (q->on) {
    case REHEARSE_LEDGER:
        return optind == argc;
    case REHEARSE_ARCHIVE:
        q->archive = one ? argv[optind] : NULL;
        return one;
    case REHEARSE_GENERATED:
        break;
    }
    if (one && bus_strv_to_i64(bus_strv(argv[optind]), &n) && n > 0) {
        q->count = (uint64_t)n;
        return true;
    }
    return optind == argc;
}

static int rehearse_run(int argc, char **argv)
{
    static struct rehearse q;
    struct bus_err err = {0};
    q = (struct rehearse){.count = 10000, .seed = 1, .zh = true, .en = true};
    q.day = bus_china_day(bus_clock_system.wall_ms(NULL));
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (!set_option(&q, o)) {
            return LIANOU_USAGE;
        }
    }
    if (q.with == NULL || !set_rest(&q, argc, argv)) {
        return LIANOU_USAGE;
    }
    bus_arena_init(&q.mem, 0, 0);
    int rc = rehearse(&q, &err);
    bus_advice_rehearsal_free(q.r);
    for (int i = 0; i < 2; i++) {
        bus_catalogue_rules_close(&q.rules[i]);
    }
    bus_arena_fini(&q.mem);
    return cli_tool_close(&q.tool, "policy rehearse", rc, &err);
}

const struct policy_command cli_policy_cmd_rehearse = {
    .name = "rehearse",
    .usage = "--with DIR|ARCHIVE [--on generated N|ledger|archive FILE] "
             "[--seed S] [--date DAY] [--csv FILE] [--lang zh|en] "
             "[--config DIR]",
    .summary = "a change of rules tried on all households first",
    .summary_zh = "规则变动先在全部家庭上推演",
    .run = rehearse_run,
};
