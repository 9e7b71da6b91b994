/* lianou keys: the pairs that personal fields are sealed with.
 *
 * - init: a folder with a file for each role and partner; --from takes over a
 *   keyring of the older form, one key for both sides
 * - add PARTNER: a pair for a new partner
 * - rotate OWNER: the owner's next pair; what the former sealed stays readable
 * - list: which keys are where, without them
 *
 * The folder is keys.ring of bus.yaml, or --to. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ops/cli/lianou.h"
#include "ops/cli/operate/keys_files.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_keys;

struct asked_keys
{
    struct tool t;
    const char *to, *from, *owner;
};

static const char *keys_dir(const struct asked_keys *a)
{
    return a->to != NULL ? a->to : a->t.config.keys.ring;
}

static int keys_init(struct asked_keys *a, struct bus_err *err)
{
    BUS_TRY(cli_keys_init(&a->t.config, keys_dir(a), a->from, err));
    (void)printf("%s\n", keys_dir(a));
    return BUS_OK;
}

static int keys_pair(struct asked_keys *a, bool again, struct bus_err *err)
{
    uint32_t id = 0;
    BUS_TRY(
        cli_keys_pair(&a->t.config, keys_dir(a), a->owner, again, &id, err));
    (void)printf("%s: key %" PRIu32
                 "; first restart who opens with it, then who seals / "
                 "先重启开启方,再重启封装方\n",
                 a->owner, id);
    return BUS_OK;
}

static int keys_add(struct asked_keys *a, struct bus_err *err)
{
    return keys_pair(a, false, err);
}

static int keys_rotate(struct asked_keys *a, struct bus_err *err)
{
    return keys_pair(a, true, err);
}

static int keys_list(struct asked_keys *a, struct bus_err *err)
{
    return cli_keys_list(keys_dir(a), err);
}

static const struct
{
    const char *name;
    bool owned, from;
    int (*act)(struct asked_keys *a, struct bus_err *err);
} keys_acts[] = {
    {"init", false, true, keys_init},
    {"add", true, false, keys_add},
    {"rotate", true, false, keys_rotate},
    {"list", false, false, keys_list},
};

static int keys_usage(void)
{
    (void)fprintf(stderr, "usage: lianou keys %s\n", lianou_cmd_keys.usage);
    return LIANOU_USAGE;
}

static int keys_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"to", required_argument, NULL, 't'},
        {"from", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0}};
    struct asked_keys a = {0};
    struct bus_err err = {0};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            a.t.folder = optarg;
        } else if (o == 't') {
            a.to = optarg;
        } else if (o == 'f') {
            a.from = optarg;
        } else {
            return keys_usage();
        }
    }
    const char *act = optind < argc ? argv[optind++] : "";
    a.owner = optind < argc ? argv[optind++] : NULL;
    for (size_t i = 0; i < sizeof(keys_acts) / sizeof(keys_acts[0]); i++) {
        bool well = (a.owner != NULL) == keys_acts[i].owned &&
                    (a.from == NULL || keys_acts[i].from) && optind == argc;
        if (strcmp(act, keys_acts[i].name) == 0 && well) {
            int rc = cli_tool_open(&a.t, &err);
            if (rc == BUS_OK) {
                rc = keys_acts[i].act(&a, &err);
            }
            return cli_tool_close(&a.t, "keys", rc, &err);
        }
    }
    return keys_usage();
}

const struct lianou_command lianou_cmd_keys = {
    .name = "keys",
    .usage = "init [--from KEYRING] | add PARTNER | rotate OWNER | list\n"
             "    [--to DIR] [--config DIR]",
    .summary = "the pairs that personal data is sealed with, a file a holder",
    .summary_zh = "个人信息封装密钥:每个角色、伙伴各一文件",
    .group = 3,
    .run = keys_run,
};
