/* lianou policy: rules as the officers of a department see them. One file a
 * subcommand, ops/policy_<name>.c; here is the table and what they share. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"

static const struct policy_command *const commands[] = {
    &cli_policy_cmd_check,     &cli_policy_cmd_test,   &cli_policy_cmd_explain,
    &cli_policy_cmd_export,    &cli_policy_cmd_import, &cli_policy_cmd_diff,
    &cli_policy_cmd_discloses, &cli_policy_cmd_verify, &cli_policy_cmd_rehearse,
    &cli_policy_cmd_publish,   &cli_policy_cmd_show,   &cli_policy_cmd_new,
    &cli_policy_cmd_facts,     &cli_policy_cmd_table,  &cli_policy_cmd_rank,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

struct bus_policy_catalogue *cli_policy_catalogue(const struct bus_config *c,
                                                  struct bus_faults *faults)
{
    struct bus_policy_sources s = {
        .facts = c->facts_node,
        .standards = c->standards_node,
        .interactions = c->interactions_node,
        .items = c->policies,
        .item_count = c->policies_count,
        .models = c->models,
        .model_count = c->models_count,
    };
    return bus_policy_catalogue_new(&s, faults);
}

int cli_policy_open(struct policy_tool *t,
                    const char *folder,
                    struct bus_err *err)
{
    struct bus_faults none;
    t->day = t->day ? t->day : bus_china_day(bus_clock_system.wall_ms(NULL));
    bus_arena_init(&t->mem, 0, 0);
    bus_faults_init(&t->faults, &t->mem);
    int rc = bus_conf_open(&t->config, lianou_config_dir(folder), &none, err);
    if (rc != BUS_OK) {
        cli_policy_print_faults(&none, false);
        return rc;
    }
    t->catalogue = cli_policy_catalogue(&t->config, &t->faults);
    if (t->catalogue == NULL) {
        cli_policy_print_faults(&t->faults, false);
        return bus_faults_fail(&t->faults, err);
    }
    return BUS_OK;
}

void cli_policy_close(struct policy_tool *t)
{
    bus_policy_catalogue_free(t->catalogue);
    bus_conf_close(&t->config);
    bus_arena_fini(&t->mem);
}

void cli_policy_print(struct bus_buf *b)
{
    (void)fputs(bus_buf_cstr(b), stdout);
    bus_buf_clear(b);
}

static bool same_fault(const struct bus_fault *a, const struct bus_fault *b)
{
    return strcmp(a->at.file ? a->at.file : "", b->at.file ? b->at.file : "") ==
               0 &&
           a->at.line == b->at.line && a->at.col == b->at.col &&
           a->warning == b->warning && strcmp(a->text, b->text) == 0;
}

/* Items share models and facts: what is wrong with one is found once an item,
 * and said once. Sorted. */
static void drop_repeated(struct bus_faults *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++) {
        bool again = false;
        for (size_t k = n;
             !again && k > 0 && f->list[k - 1].at.line == f->list[i].at.line;
             k--) {
            again = same_fault(&f->list[k - 1], &f->list[i]);
        }
        if (!again) {
            f->list[n++] = f->list[i];
        } else if (f->list[i].warning) {
            f->warnings--;
        } else {
            f->errors--;
        }
    }
    f->count = n;
}

void cli_policy_print_faults(struct bus_faults *faults, bool warnings)
{
    struct bus_buf out = {0};
    bus_faults_sort(faults);
    drop_repeated(faults);
    bus_faults_print(faults, warnings, &out);
    cli_policy_print(&out);
    bus_buf_fini(&out);
}

static void policy_help(FILE *to)
{
    (void)fprintf(to, "lianou policy: rules as data / 政策规则\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        (void)fprintf(to, "  lianou policy %s %s\n      %s / %s\n",
                      commands[i]->name, commands[i]->usage,
                      commands[i]->summary, commands[i]->summary_zh);
    }
}

static int policy_command_run(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) != 0) {
            continue;
        }
        int rc = commands[i]->run(argc - 1, argv + 1);
        if (rc == LIANOU_USAGE) {
            (void)fprintf(stderr, "usage: lianou policy %s %s\n", name,
                          commands[i]->usage);
        }
        return rc;
    }
    if (argc > 1 && strcmp(name, "help") != 0) {
        (void)fprintf(stderr, "lianou policy: no '%s'\n\n", name);
    }
    policy_help(argc > 1 ? stderr : stdout);
    return argc > 1 && strcmp(name, "help") != 0 ? LIANOU_USAGE : LIANOU_WELL;
}

/* Each command's name, then its usage. */
static const char *policy_line(size_t i)
{
    return i / 2 >= COMMANDS ? NULL
           : i % 2 == 0      ? commands[i / 2]->name
                             : commands[i / 2]->usage;
}

const struct lianou_command lianou_cmd_policy = {
    .name = "policy",
    .usage = "check ... (`lianou policy` lists all)",
    .summary = "rules: check, try, explain, rehearse",
    .summary_zh = "政策规则:检查、试算、说明、推演",
    .group = 2,
    .run = policy_command_run,
    .more = policy_line,
};
