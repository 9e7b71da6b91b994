/* case show, letter, list, find: from the ledger (bus/ledger). */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/ledger/cases.h"
#include "bus/web/readlog.h"
#include "ops/cli/inspect/case_find.h"
#include "ops/cli/inspect/case_letter.h"
#include "ops/cli/inspect/case_screen.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/tool.h"

#define LIST_USUAL 20

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"db", required_argument, NULL, 'd'},
    {"json", no_argument, NULL, 'j'},
    {"en", no_argument, NULL, 'e'},
    {"all", no_argument, NULL, 'a'},
    {"items", no_argument, NULL, 'i'},
    {"history", no_argument, NULL, 'h'},
    {"open", no_argument, NULL, 'o'},
    {"closed", no_argument, NULL, 'x'},
    {"conflicts", no_argument, NULL, 'k'},
    {"village", required_argument, NULL, 'v'},
    {"limit", required_argument, NULL, 'n'},
    {"why", required_argument, NULL, 'w'},
    {"sender", required_argument, NULL, 's'},
    {"format", required_argument, NULL, 'f'},
    {NULL, 0, NULL, 0}};

struct asked
{
    struct tool t;
    struct case_screen screen;
    struct bus_ledger_cases_query query;
    const char *id;   /* NULL: a list */
    const char *find; /* NULL: no search */
    const char *sender;
    const char *why;
    bool json, letter;
    enum cli_letter form;
};

static bool take_option(struct asked *a, int o)
{
    switch (o) {
    case 'c':
        a->t.folder = optarg;
        return true;
    case 'd':
        a->t.conninfo = optarg;
        return true;
    case 'j':
        return a->json = true;
    case 'e':
        return a->screen.en = true;
    case 'a':
        return a->screen.all = a->screen.items = a->screen.history = true;
    case 'i':
        return a->screen.items = true;
    case 'h':
        return a->screen.history = true;
    case 'o':
        a->query.state = "OPEN";
        return true;
    case 'x':
        a->query.state = "CLOSED";
        return true;
    case 'k':
        a->query.state = "CONFLICT";
        return true;
    case 'w':
        a->why = optarg;
        return true;
    case 's':
        a->sender = optarg;
        return true;
    case 'f':
        return cli_case_letter_word(optarg, &a->form);
    case 'v':
        a->query.division = optarg;
        return true;
    case 'n':
        return bus_strv_to_i64(bus_strv(optarg), &a->query.limit) &&
               a->query.limit >= 1 && a->query.limit <= BUS_CASES_LIST_MAX;
    default:
        return false;
    }
}

static bool case_take(struct asked *a, int argc, char **argv)
{
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (!take_option(a, o)) {
            return false;
        }
    }
    const char *what = optind < argc ? argv[optind] : "";
    a->letter = strcmp(what, "letter") == 0;
    if ((a->letter || strcmp(what, "show") == 0) && optind + 2 == argc) {
        a->id = argv[optind + 1];
        return true;
    }
    if (strcmp(what, "find") == 0 && optind + 2 == argc) {
        a->find = argv[optind + 1];
        return a->find[0] != '\0';
    }
    return strcmp(what, "list") == 0 && optind + 1 == argc;
}

static int case_find(struct asked *a,
                     const struct bus_ledger_cases *cases,
                     struct bus_buf *out,
                     struct bus_err *err)
{
    struct case_sought sought = {.what = a->find,
                                 .sender = a->sender,
                                 .division = a->query.division,
                                 .purpose = a->why};
    BUS_TRY(cli_case_find(&a->t, cases, &sought, out, err));
    if (a->json) {
        (void)printf("%s\n", bus_buf_cstr(out));
        return BUS_OK;
    }
    return cli_case_screen_list(&a->screen, bus_buf_cstr(out), err);
}

static int case_answer(struct asked *a,
                       const struct bus_ledger_cases *cases,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    int rc = a->id ? bus_ledger_show(cases, a->t.pg, bus_strv(a->id), out, err)
                   : bus_ledger_list(cases, a->t.pg, &a->query, out, err);
    if (rc != BUS_OK) {
        return rc;
    }
    struct bus_web_read read = {.via = a->letter ? "lianou case letter"
                                       : a->id   ? "lianou case show"
                                                 : "lianou case list",
                                .purpose = a->why,
                                .record = a->id ? a->id : a->query.division,
                                .fields = a->letter ? "letter"
                                          : a->id   ? "case"
                                                    : "list"};
    if (a->letter) { /* it leaves the house: what for is said */
        BUS_TRY(cli_tool_note_why(&a->t, &read, err));
        return cli_case_letter(&a->t.config, bus_buf_cstr(out), a->form, err);
    }
    BUS_TRY(cli_tool_note_read(&a->t, &read, err));
    if (a->json) {
        (void)printf("%s\n", bus_buf_cstr(out));
        return BUS_OK;
    }
    return a->id ? cli_case_screen_show(&a->screen, bus_buf_cstr(out), err)
                 : cli_case_screen_list(&a->screen, bus_buf_cstr(out), err);
}

static int case_work(struct asked *a,
                     struct bus_ledger_cases *cases,
                     struct bus_buf *out,
                     struct bus_err *err)
{
    struct bus_faults faults;
    BUS_TRY(cli_tool_open(&a->t, err));
    bus_faults_init(&faults, &a->t.mem);
    cases->config = &a->t.config;
    cases->depth = BUS_LEDGER_OFFICER;
    cases->catalogue = cli_policy_catalogue(&a->t.config, &faults);
    if (cases->catalogue == NULL) {
        return bus_fail(err, BUS_ECONFIG,
                        "the catalogue has faults; see lianou policy check");
    }
    BUS_TRY(cli_tool_database(&a->t, err));
    return a->find != NULL ? case_find(a, cases, out, err)
                           : case_answer(a, cases, out, err);
}

static int case_run(int argc, char **argv)
{
    struct asked a = {
        .screen.to = stdout,
        .query = {.state = "", .division = "", .limit = LIST_USUAL}};
    struct bus_err err;
    struct bus_buf out = {0};
    struct bus_ledger_cases cases = {0};
    if (!case_take(&a, argc, argv)) {
        (void)fprintf(
            stderr,
            "lianou case: show ID, letter ID [--format text|pdf|sms], list "
            "[--open|--closed|--conflicts] "
            "[--village CODE] [--limit 1..%d], or find NUMBER|LAST-SIX|"
            "REFERENCE [--village CODE] [--sender NAME]; --why TEXT\n",
            BUS_CASES_LIST_MAX);
        return LIANOU_USAGE;
    }
    int rc = case_work(&a, &cases, &out, &err);
    bus_buf_fini(&out);
    bus_policy_catalogue_free((struct bus_policy_catalogue *)cases.catalogue);
    return cli_tool_close(&a.t, "case", rc, &err);
}

const struct lianou_command lianou_cmd_case = {
    .name = "case",
    .usage =
        "show ID [--items|--history|--all] | letter ID --why TEXT "
        "[--format text|pdf|sms] |\n    list "
        "[--open|--closed|--conflicts] "
        "[--village CODE] [--limit N] |\n    find NUMBER|LAST-SIX|REFERENCE "
        "--why TEXT [--village CODE] [--sender NAME]\n    [--why TEXT] [--en] "
        "[--json] "
        "[--db CONNINFO] [--config DIR]",
    .summary = "a case on one screen, or its whole life, by its, an "
               "application's or a household's id",
    .summary_zh = "个案全过程",
    .group = 1,
    .run = case_run,
};
