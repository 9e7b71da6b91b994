/* lianou sheets: what was paid, on every board, every month
 * (ops/docs/sheets.md). */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "ops/cli/lianou.h"
#include "ops/cli/sheets/sheets.h"

extern const struct lianou_command lianou_cmd_sheets;

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"db", required_argument, NULL, 'd'},
    {"month", required_argument, NULL, 'm'},
    {"out", required_argument, NULL, 'o'},
    {"list", required_argument, NULL, 'l'},
    {"account", required_argument, NULL, 'a'},
    {"why", required_argument, NULL, 'w'},
    {"photo", required_argument, NULL, 'p'},
    {NULL, 0, NULL, 0}};

enum needs {
    NEEDS_MONTH = 1,
    NEEDS_OUT = 2,
    NEEDS_LIST = 4,
    NEEDS_WHO = 8,
    NEEDS_OF = 16,
    NEEDS_WHY = 32
};

static const struct sheets_act
{
    const char *word;
    unsigned needs;
    int (*act)(struct asked_sheets *a, struct bus_err *err);
} acts[] = {
    {"make", NEEDS_MONTH | NEEDS_OUT, cli_sheets_make},
    {"publish", NEEDS_MONTH | NEEDS_LIST | NEEDS_WHO, cli_sheets_publish},
    {"withdraw", NEEDS_MONTH | NEEDS_OF | NEEDS_WHO | NEEDS_WHY,
     cli_sheets_withdraw},
    {"posted", NEEDS_MONTH | NEEDS_OF | NEEDS_WHO, cli_sheets_posted},
    {"missing", NEEDS_MONTH, cli_sheets_missing},
    {"verify", NEEDS_OF, cli_sheets_verify},
};

static const struct sheets_act *act_of(const char *word)
{
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (strcmp(acts[i].word, word) == 0) {
            return &acts[i];
        }
    }
    return NULL;
}

/* "2026-11": its first day, and the next month's. */
static bool take_month(struct asked_sheets *a)
{
    char day[16], next[16];
    unsigned y = 0, m = 0;
    if (strlen(a->month) != 7 || sscanf(a->month, "%4u-%2u", &y, &m) != 2) {
        return false;
    }
    (void)snprintf(day, sizeof(day), "%s-01", a->month);
    y += m / 12;
    (void)snprintf(next, sizeof(next), "%04u-%02u-01", y % 10000, m % 12 + 1);
    return bus_date_parse(bus_strv(day), &a->from) &&
           bus_date_parse(bus_strv(next), &a->to);
}

static const char **place_of(struct asked_sheets *a, int o)
{
    switch (o) {
    case 'c':
        return &a->t.folder;
    case 'd':
        return &a->t.conninfo;
    case 'm':
        return &a->month;
    case 'o':
        return &a->folder_out;
    case 'l':
        return &a->list;
    case 'a':
        return &a->account;
    case 'w':
        return &a->why;
    case 'p':
        return &a->photo;
    default:
        return NULL;
    }
}

static const struct sheets_act *
sheets_take(struct asked_sheets *a, int argc, char **argv)
{
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **place = place_of(a, o);
        if (place == NULL) {
            return NULL;
        }
        *place = optarg;
    }
    const struct sheets_act *act = optind < argc ? act_of(argv[optind]) : NULL;
    bool of = optind + 2 == argc;
    a->of = of ? argv[optind + 1] : NULL;
    if (act == NULL || (!of && optind + 1 != argc) ||
        of != ((act->needs & NEEDS_OF) != 0) ||
        ((act->needs & NEEDS_OUT) != 0 && a->folder_out == NULL) ||
        ((act->needs & NEEDS_LIST) != 0 && a->list == NULL) ||
        ((act->needs & NEEDS_WHO) != 0 && a->account == NULL) ||
        ((act->needs & NEEDS_WHY) != 0 && a->why == NULL) ||
        ((act->needs & NEEDS_MONTH) != 0 &&
         (a->month == NULL || !take_month(a)))) {
        return NULL;
    }
    return act;
}

/* Whoever has a list needs nothing else of us to verify a sheet. */
static int sheets_work(struct asked_sheets *a,
                       const struct sheets_act *act,
                       struct bus_err *err)
{
    if (act->act != cli_sheets_verify || a->list == NULL) {
        BUS_TRY(cli_tool_open(&a->t, err));
        BUS_TRY(cli_tool_database(&a->t, err));
    }
    if ((act->needs & NEEDS_WHO) != 0) {
        BUS_TRY(cli_sign_in(&a->t, a->account, false, &a->by, err));
    }
    return act->act(a, err);
}

static int sheets_run(int argc, char **argv)
{
    struct asked_sheets a = {0};
    struct bus_err err;
    const struct sheets_act *act = sheets_take(&a, argc, argv);
    if (act == NULL) {
        (void)fprintf(stderr, "usage: lianou sheets %s\n",
                      lianou_cmd_sheets.usage);
        return LIANOU_USAGE;
    }
    int rc = sheets_work(&a, act, &err);
    cli_sign_in_end(&a.by);
    return cli_tool_close(&a.t, "sheets", rc, &err);
}

const struct lianou_command lianou_cmd_sheets = {
    .name = "sheets",
    .usage =
        "make --month 2026-11 --out DIR |\n    publish --month M --list FILE "
        "--account NAME |\n    withdraw BOARD --month M --account NAME --why "
        "TEXT |\n    posted BOARD --month M --account NAME [--photo FILE] "
        "|\n    missing --month M | verify FILE [--list FILE] [--db "
        "CONNINFO] [--config DIR]",
    .summary = "the monthly sheets of what was paid, for every village, town "
               "and the county; who has not posted; whether one is genuine",
    .summary_zh = "民政资金按月公示: 生成、发布、撤回、张贴、核对",
    .group = 2,
    .run = sheets_run,
};
