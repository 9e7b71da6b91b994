/* results: what a household or a person received, from whom, when, by what
 * decision. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/ledger/cases.h"
#include "bus/web/readlog.h"
#include "ops/cli/inspect/case_screen.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/tool.h"

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"db", required_argument, NULL, 'd'},
    {"json", no_argument, NULL, 'j'},
    {"en", no_argument, NULL, 'e'},
    {"why", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0}};

struct asked_results
{
    struct tool t;
    struct case_screen screen;
    const char *id, *why;
    bool json;
};

static bool results_take(struct asked_results *a, int argc, char **argv)
{
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            a->t.folder = optarg;
        } else if (o == 'd') {
            a->t.conninfo = optarg;
        } else if (o == 'w') {
            a->why = optarg;
        } else if (o == 'j') {
            a->json = true;
        } else if (o == 'e') {
            a->screen.en = true;
        } else {
            return false;
        }
    }
    a->id = optind + 1 == argc ? argv[optind] : NULL;
    return a->id != NULL;
}

/* The row of the reading log stands before anything is shown. */
static int results_show(struct asked_results *a,
                        const struct bus_ledger_cases *cases,
                        struct bus_err *err)
{
    json_t *document = NULL;
    struct bus_web_read read = {.via = "lianou results",
                                .purpose = a->why,
                                .record = a->id,
                                .fields = "results"};
    BUS_TRY(
        bus_ledger_results(cases, a->t.pg, bus_strv(a->id), &document, err));
    int rc = cli_tool_note_why(&a->t, &read, err);
    if (rc == BUS_OK && a->json) {
        (void)json_dumpf(document, stdout, JSON_COMPACT);
        (void)fputc('\n', stdout);
    } else if (rc == BUS_OK) {
        cli_case_screen_results(&a->screen, document);
    }
    json_decref(document);
    return rc;
}

static int results_work(struct asked_results *a,
                        struct bus_ledger_cases *cases,
                        struct bus_err *err)
{
    struct bus_faults faults;
    BUS_TRY(cli_tool_open(&a->t, err));
    bus_faults_init(&faults, &a->t.mem);
    cases->config = &a->t.config;
    cases->catalogue = cli_policy_catalogue(&a->t.config, &faults);
    if (cases->catalogue == NULL) {
        return bus_fail(err, BUS_ECONFIG,
                        "the catalogue has faults; see lianou policy check");
    }
    BUS_TRY(cli_tool_database(&a->t, err));
    return results_show(a, cases, err);
}

static int results_run(int argc, char **argv)
{
    struct asked_results a = {.screen.to = stdout};
    struct bus_ledger_cases cases = {0};
    struct bus_err err;
    if (!results_take(&a, argc, argv)) {
        (void)fprintf(stderr,
                      "lianou results: ID --why TEXT [--json] [--en]\n");
        return LIANOU_USAGE;
    }
    int rc = results_work(&a, &cases, &err);
    bus_policy_catalogue_free((struct bus_policy_catalogue *)cases.catalogue);
    return cli_tool_close(&a.t, "results", rc, &err);
}

const struct lianou_command lianou_cmd_results = {
    .name = "results",
    .usage = "ID --why TEXT [--json] [--en] [--db CONNINFO] [--config DIR]",
    .summary = "what a household or a person has received, from whom, when and "
               "by what decision; by its, a case's, an application's or a "
               "person's id",
    .summary_zh = "已救助事项成果库",
    .group = 1,
    .run = results_run,
};
