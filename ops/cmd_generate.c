#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/faults.h"
#include "ops/generate.h"
#include "ops/lianou.h"

static const struct option options[] = {
    {"seed", required_argument, NULL, 's'},
    {"channel", required_argument, NULL, 'k'},
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
    int rc = bus_config_open(&config, folder, &faults, &err);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou generate: %s\n", err.msg);
    }
    for (uint64_t i = 0; rc == BUS_OK && i < n; i++) {
        int ch = channel >= 0 ? channel : (int)(i % 5);
        json_t *o = generate_application(&config, seed, i, ch);
        char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
        if (text == NULL || puts(text) < 0) {
            rc = BUS_ENOMEM;
        }
        free(text);
        json_decref(o);
    }
    bus_config_close(&config);
    bus_arena_fini(&mem);
    return rc == BUS_OK ? LIANOU_WELL : LIANOU_FAILED;
}

static int run(int argc, char **argv)
{
    uint64_t seed = 1;
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
        default:
            return LIANOU_USAGE;
        }
    }
    if (optind + 2 != argc || strcmp(argv[optind], "applications") != 0) {
        (void)fprintf(stderr, "lianou generate: how many? `generate "
                              "applications 300 --seed 7`\n");
        return LIANOU_USAGE;
    }
    return generate(lianou_config_dir(config),
                    strtoull(argv[optind + 1], NULL, 10), seed, channel);
}

const struct lianou_command lianou_cmd_generate = {
    .name = "generate",
    .usage = "applications N [--seed S] [--channel 0-4] [--config DIR]",
    .summary = "a plausible county's applications, a line of JSON each",
    .summary_zh = "生成演示用申请",
    .group = 3,
    .run = run,
};
