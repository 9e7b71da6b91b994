/* `lianou partner test NAME`: the certification kit and its report. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ops/cli/kinds.h"
#include "ops/cli/lianou.h"
#include "ops/cli/partner/kit.h"
#include "ops/cli/tool.h"

#define WAIT_MS 60000

extern const struct lianou_command lianou_cmd_partner;

static void partner_report(const struct cli_kit *kit)
{
    static const char *const results[] = {
        [CLI_KIT_WAITS] = "?",
        [CLI_KIT_ANSWERED] = "已答复 answered",
        [CLI_KIT_LATE] = "超时答复 late",
        [CLI_KIT_SILENT] = "无答复 silent",
    };
    size_t kept =
        kit->wrong_count < CLI_KIT_WRONG ? kit->wrong_count : CLI_KIT_WRONG;
    (void)printf("%s  %s  %s\n", kit->partner->code, kit->partner->name_zh,
                 kit->partner->name);
    for (size_t i = 0; i < CLI_KIT_TASKS; i++) {
        const struct cli_kit_task *task = &kit->tasks[i];
        char id[BUS_ID_TEXT + 1];
        (void)printf("  %s  %s", bus_id_text(&task->event_id, id),
                     results[task->result]);
        if (task->result != CLI_KIT_SILENT) {
            (void)printf("  %" PRId64 " ms", task->took_ms);
        }
        (void)printf("%s\n", task->otherwise
                                 ? "  又作了不同的答复 answered otherwise, too"
                                 : "");
    }
    (void)printf("  有误 faults %zu\n", kit->wrong_count);
    for (size_t i = 0; i < kept; i++) {
        (void)printf("    %s  %s  %s / %s\n", kit->wrong[i].pointer,
                     kit->wrong[i].code, kit->wrong[i].zh, kit->wrong[i].en);
    }
    (void)printf("  未问而答 answers to what was not asked %zu\n"
                 "  重复答复且相同 said again, and the same %zu\n%s\n",
                 kit->unasked_count, kit->same_count,
                 cli_kit_passed(kit) ? "合格 passed" : "不合格 failed");
}

static int partner_test(struct tool *t,
                        const char *name,
                        int64_t wait_ms,
                        bool *ret_passed,
                        struct bus_err *err)
{
    BUS_TRY(cli_tool_open(t, err));
    struct cli_kit kit = {.config = &t->config,
                          .partner = bus_conf_partner(&t->config, name),
                          .wait_ms = wait_ms};
    if (kit.partner == NULL) {
        return bus_fail(err, BUS_EUSAGE, "no partner '%s' / 没有此伙伴", name);
    }
    kit.kind =
        bus_partner_kind_find(cli_kinds, bus_partner_kind_word(kit.partner));
    BUS_TRY(cli_kit_run(&kit, &t->mem, err));
    partner_report(&kit);
    *ret_passed = cli_kit_passed(&kit);
    return BUS_OK;
}

static int partner_command_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"wait", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    struct tool t = {0};
    struct bus_err err = {0};
    int64_t wait_ms = WAIT_MS;
    bool well = true, passed = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        t.folder = o == 'c' ? optarg : t.folder;
        well = well && (o == 'c' ||
                        (o == 'w' &&
                         bus_conf_duration_parse(bus_strv(optarg), &wait_ms) &&
                         wait_ms > 0));
    }
    if (!well || optind + 2 != argc || strcmp(argv[optind], "test") != 0) {
        (void)fprintf(stderr, "usage: lianou partner %s\n",
                      lianou_cmd_partner.usage);
        return LIANOU_USAGE;
    }
    int rc = partner_test(&t, argv[optind + 1], wait_ms, &passed, &err);
    int code = cli_tool_close(&t, "partner", rc, &err);
    return code == LIANOU_WELL && !passed ? LIANOU_FAILED : code;
}

const struct lianou_command lianou_cmd_partner = {
    .name = "partner",
    .usage = "test NAME [--wait 60s] [--config DIR]",
    .summary = "give a partner that is not live yet sample tasks, and look at "
               "what it answers",
    .summary_zh = "向未上线的伙伴下发样例事项并检查其答复",
    .group = 3,
    .run = partner_command_run,
};
