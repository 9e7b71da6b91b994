#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/faults.h"
#include "ops/cli/county/generate.h"
#include "ops/cli/county/generate_household.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"

static const struct option options[] = {
    {"seed", required_argument, NULL, 's'},
    {"channel", required_argument, NULL, 'k'},
    {"date", required_argument, NULL, 'd'},
    {"config", required_argument, NULL, 'c'},
    {NULL, 0, NULL, 0},
};

static int generate(const char *folder, uint64_t n, uint64_t seed, int channel)
{
    struct bus_config config;
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_err err;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    int rc = bus_conf_open(&config, folder, &faults, &err);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou generate: %s\n", err.msg);
    }
    for (uint64_t i = 0; rc == BUS_OK && i < n; i++) {
        int ch = channel >= 0 ? channel : (int)(i % 5);
        json_t *o = cli_generate_application(&config, seed, i, ch);
        char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
        if (text == NULL || puts(text) < 0) {
            rc = BUS_ENOMEM;
        }
        free(text);
        json_decref(o);
    }
    bus_conf_close(&config);
    bus_arena_fini(&mem);
    return rc == BUS_OK ? LIANOU_WELL : LIANOU_FAILED;
}

/* A line at a time: what is held does not grow with n. */
static int households_print(const struct generate_maker *maker,
                            uint64_t n,
                            uint64_t seed,
                            struct bus_buf *line,
                            struct bus_err *err)
{
    static struct generate_household household;
    for (uint64_t i = 0; i < n; i++) {
        cli_generate_household_make(maker, seed, i, &household);
        cli_generate_household_json(maker, &household, line);
        if (line->failed ||
            fwrite(line->data, 1, line->len, stdout) != line->len) {
            return bus_fail(err, BUS_EIO, "cannot write");
        }
        bus_buf_clear(line);
    }
    return fflush(stdout) == 0 ? BUS_OK
                               : bus_fail(err, BUS_EIO, "cannot write");
}

static int
generate_households(const char *folder, uint64_t n, uint64_t seed, int32_t day)
{
    struct policy_tool t = {.day = day};
    struct generate_maker maker;
    struct bus_buf line = {0};
    struct bus_err err = {0};
    int rc;
    BUS_TRY_GOTO(rc, cli_policy_open(&t, folder, &err), done);
    BUS_TRY_GOTO(
        rc, cli_generate_maker_init(&maker, &t.config, t.catalogue, day, &err),
        done);
    rc = households_print(&maker, n, seed, &line, &err);
done:
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou generate: %s\n", err.msg);
    }
    bus_buf_fini(&line);
    cli_policy_close(&t);
    return rc == BUS_OK        ? LIANOU_WELL
           : rc == BUS_ECONFIG ? LIANOU_USAGE
                               : LIANOU_FAILED;
}

static int generate_run(int argc, char **argv)
{
    uint64_t seed = 1;
    int32_t day = GENERATE_DAY;
    int channel = -1;
    const char *config = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 's':
            seed = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            channel = (int)strtol(optarg, NULL, 10) % 5;
            break;
        case 'c':
            config = optarg;
            break;
        case 'd':
            if (!bus_date_parse(bus_strv(optarg), &day)) {
                return LIANOU_USAGE;
            }
            break;
        default:
            return LIANOU_USAGE;
        }
    }
    int64_t n = 0;
    bool households = optind < argc && strcmp(argv[optind], "households") == 0;
    if (optind + 2 != argc ||
        (!households && strcmp(argv[optind], "applications") != 0) ||
        !bus_strv_to_i64(bus_strv(argv[optind + 1]), &n) || n < 0) {
        (void)fprintf(stderr, "lianou generate: how many? `generate "
                              "households 1000 --seed 7`, `generate "
                              "applications 300 --seed 7`\n");
        return LIANOU_USAGE;
    }
    return households ? generate_households(config, (uint64_t)n, seed, day)
                      : generate(lianou_config_dir(config), (uint64_t)n, seed,
                                 channel);
}

const struct lianou_command lianou_cmd_generate = {
    .name = "generate",
    .usage = "households|applications N [--seed S] [--date DAY] "
             "[--channel 0-4] [--config DIR]",
    .summary = "a plausible county, a line of JSON each",
    .summary_zh = "生成仿真家庭或申请,每行一个",
    .group = 3,
    .run = generate_run,
};
