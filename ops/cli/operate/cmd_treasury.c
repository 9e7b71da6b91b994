/* lianou treasury: money that is paid every period (ops/docs/treasury.md).
 *
 * Whoever changes something logs in with his account (--account; the password
 * is asked for, or the first line of standard input): who he is, and whether he
 * may, is asked of the register that is in force that day: the published one.
 * Every action is a row. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/calendar.h"
#include "consumers/treasury/awards.h"
#include "consumers/treasury/officer.h"
#include "consumers/treasury/statements.h"
#include "ops/cli/lianou.h"
#include "ops/cli/operate/treasury.h"

extern const struct lianou_command lianou_cmd_treasury;

#define TEXTS_BYTES (256u << 20) /* of one transaction */

/* In office today, in a role that may, within his limit. */
static int treasury_may(struct asked_treasury *a,
                        enum bus_register_act act,
                        int64_t amount_fen,
                        struct bus_err *err)
{
    const struct bus_register_claim claim = {
        .operator_id = bus_strv(a->by.operator_id),
        .act = act,
        .owner = bus_strv(a->t.config.county.code),
        .amount_fen = amount_fen,
        .day = a->books.day};
    enum bus_register_answer answer = bus_registers_may(a->by.in_force, &claim);
    return answer == BUS_REGISTER_YES
               ? BUS_OK
               : bus_fail(err, BUS_EDENIED,
                          "%s may not: %s / 该经办人无此权限或超出限额",
                          a->by.operator_id, bus_registers_answer_word(answer));
}

/* --- what can be done, in a transaction --- */

static int act_prepare(struct asked_treasury *a, struct bus_err *err)
{
    struct treasury_prepare p = {.fund = a->words[2], .bank = NULL};
    const char *batch = NULL;
    const struct bus_fund *fund = bus_conf_fund(&a->t.config, p.fund);
    if (fund == NULL) {
        return bus_fail(err, BUS_EUSAGE,
                        "no fund '%s' in funds.yaml / 无此资金", p.fund);
    }
    if (!bus_date_parse(bus_strv(a->words[3]), &p.pay_day)) {
        return bus_fail(err, BUS_EUSAGE, "%s: a day is 2026-07-10 / 日期有误",
                        a->words[3]);
    }
    p.bank = fund->bank;
    BUS_TRY(treasury_batch_prepare(&a->books, &p, &batch, err));
    (void)printf("%s\n", batch);
    return BUS_OK;
}

static int act_approve(struct asked_treasury *a, struct bus_err *err)
{
    int64_t fen = 0;
    BUS_TRY(treasury_batch_total(&a->books, a->words[2], &fen, err));
    BUS_TRY(treasury_may(a, BUS_REGISTER_PAY, fen, err));
    return treasury_batch_approve(&a->books, a->words[2], err);
}

static int act_send(struct asked_treasury *a, struct bus_err *err)
{
    return treasury_batch_send(&a->books, a->words[2], err);
}

static int act_withdraw(struct asked_treasury *a, struct bus_err *err)
{
    return treasury_batch_withdraw(&a->books, a->words[2], a->why, err);
}

static int act_close(struct asked_treasury *a, struct bus_err *err)
{
    return treasury_batch_close(&a->books, a->words[2], err);
}

static int act_budget(struct asked_treasury *a, struct bus_err *err)
{
    char text[64];
    int64_t fen = 0;
    bool less = a->words[2][0] == '-';
    (void)snprintf(text, sizeof(text), "%s yuan", a->words[2] + less);
    if (bus_conf_fund(&a->t.config, a->words[1]) == NULL) {
        return bus_fail(err, BUS_EUSAGE,
                        "no fund '%s' in funds.yaml / 无此资金", a->words[1]);
    }
    if (!bus_conf_money_parse(bus_strv(text), &fen)) {
        return bus_fail(err, BUS_EUSAGE, "%s: yuan, as 3000.00 / 金额有误",
                        a->words[2]);
    }
    const char *budget = NULL;
    BUS_TRY(treasury_may(a, BUS_REGISTER_PAY, fen, err));
    BUS_TRY(treasury_budget_say(&a->books, a->words[1], less ? -fen : fen,
                                a->why, &budget, err));
    (void)printf("%s\n", budget);
    return BUS_OK;
}

static int act_close_year(struct asked_treasury *a, struct bus_err *err)
{
    const char *budget = NULL;
    int64_t year = 0;
    if (bus_conf_fund(&a->t.config, a->words[1]) == NULL) {
        return bus_fail(err, BUS_EUSAGE,
                        "no fund '%s' in funds.yaml / 无此资金", a->words[1]);
    }
    if (!bus_strv_to_i64(bus_strv(a->words[2]), &year) || year < 2000 ||
        year > 9998) {
        return bus_fail(err, BUS_EUSAGE, "%s: a year is 2026 / 年度有误",
                        a->words[2]);
    }
    BUS_TRY(treasury_year_close(&a->books, a->words[1], (int)year, a->why,
                                &budget, err));
    (void)printf("%s\n", budget);
    return BUS_OK;
}

static int act_budget_agree(struct asked_treasury *a, struct bus_err *err)
{
    int64_t fen = 0;
    BUS_TRY(treasury_budget_fen(&a->books, a->words[2], &fen, err));
    BUS_TRY(treasury_may(a, BUS_REGISTER_PAY, fen < 0 ? -fen : fen, err));
    return treasury_budget_agree(&a->books, a->words[2], err);
}

static int act_budget_drop(struct asked_treasury *a, struct bus_err *err)
{
    return treasury_budget_drop(&a->books, a->words[2], err);
}

static int act_again(struct asked_treasury *a, struct bus_err *err)
{
    return treasury_line_again(&a->books, a->words[1], a->why, err);
}

static int act_repaid(struct asked_treasury *a, struct bus_err *err)
{
    return treasury_line_repaid(&a->books, a->words[1], a->why, err);
}

/* An answer by its id, a file that was refused by its F and number. */
static int act_looked(struct asked_treasury *a, struct bus_err *err)
{
    return a->words[1][0] == 'F'
               ? treasury_file_looked(&a->books, a->words[1], a->why, err)
               : treasury_answer_looked(&a->books, a->words[1], a->why, err);
}

/* What a difference from the bank's statement is; then that it is so. */
static int act_look(struct asked_treasury *a, struct bus_err *err)
{
    int64_t fen = 0;
    if (a->as == NULL) {
        return bus_fail(err, BUS_EUSAGE,
                        "--as: fee, interest, other, accepted / 请写明类别");
    }
    BUS_TRY(treasury_difference_fen(&a->books, a->words[1], &fen, err));
    BUS_TRY(treasury_may(a, BUS_REGISTER_PAY, fen, err));
    return treasury_difference_look(
        &a->books,
        &(struct treasury_difference){
            .name = a->words[1], .kind = a->as, .why = a->why},
        err);
}

static int act_agree(struct asked_treasury *a, struct bus_err *err)
{
    int64_t fen = 0;
    BUS_TRY(treasury_difference_fen(&a->books, a->words[1], &fen, err));
    BUS_TRY(treasury_may(a, BUS_REGISTER_PAY, fen, err));
    return treasury_difference_agree(&a->books, a->words[1], err);
}

static int treasury_award_named(struct asked_treasury *a, struct bus_err *err)
{
    struct bus_id id;
    return bus_id_parse(bus_strv(a->words[1]), &id)
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "an award is named by its assignment's id / "
                          "救助用派单编号指明");
}

static int act_stop(struct asked_treasury *a, struct bus_err *err)
{
    BUS_TRY(treasury_award_named(a, err));
    return treasury_award_suspend(&a->books, a->words[1], a->why, err);
}

static int act_resume(struct asked_treasury *a, struct bus_err *err)
{
    BUS_TRY(treasury_award_named(a, err));
    return treasury_award_resume(&a->books, a->words[1], a->why, err);
}

/* Lines by the calendar up to a day, and what may be batched then. */
static int act_due(struct asked_treasury *a, struct bus_err *err)
{
    struct bus_policy_calendar *calendar = NULL;
    int32_t through = a->books.day + (int32_t)a->t.config.treasury.lead_days;
    int64_t made = 0;
    if (a->through != NULL && !bus_date_parse(bus_strv(a->through), &through)) {
        return bus_fail(err, BUS_EUSAGE, "%s: a day is 2026-07-10 / 日期有误",
                        a->through);
    }
    BUS_TRY(bus_policy_calendar_new(
        a->t.config.calendars, a->t.config.calendars_count, &calendar, err));
    int rc = treasury_due_make(&a->books, calendar, through, &made, err);
    bus_policy_calendar_free(calendar);
    BUS_TRY(rc);
    return cli_treasury_due_show(a, treasury_books_day(&a->books, through),
                                 err);
}

/* --- the table --- */

/* WHOM_APPROVES: who pays, with his second factor. */
enum whom { WHOM_NOBODY, WHOM_PREPARES, WHOM_PAYS, WHOM_APPROVES };
static const struct
{
    const char *word, *second; /* second NULL: the next words are arguments */
    int arguments_min, arguments;
    enum whom whom;
    bool why;
    int (*act)(struct asked_treasury *a, struct bus_err *err);
    /* Outside of its transaction; NULL: nothing. */
    int (*before)(struct asked_treasury *a, struct bus_err *err);
    int (*ended)(struct asked_treasury *a, int rc, struct bus_err *err);
} treasury_acts[] = {
    {"due", NULL, 0, 0, WHOM_PREPARES, false, act_due, NULL, NULL},
    {"lines", NULL, 0, 1, WHOM_NOBODY, false, cli_treasury_lines, NULL, NULL},
    {"funds", NULL, 0, 1, WHOM_NOBODY, false, cli_treasury_funds, NULL, NULL},
    {"answers", NULL, 0, 0, WHOM_NOBODY, false, cli_treasury_answers, NULL,
     NULL},
    {"batches", NULL, 0, 0, WHOM_NOBODY, false, cli_treasury_batches, NULL,
     NULL},
    {"batch", "show", 1, 1, WHOM_NOBODY, false, cli_treasury_batch_show, NULL,
     NULL},
    {"batch", "prepare", 2, 2, WHOM_PREPARES, false, act_prepare, NULL, NULL},
    {"batch", "approve", 1, 1, WHOM_APPROVES, false, act_approve, NULL, NULL},
    {"batch", "send", 1, 1, WHOM_APPROVES, false, act_send, NULL, NULL},
    {"batch", "withdraw", 1, 1, WHOM_PREPARES, true, act_withdraw, NULL, NULL},
    {"batch", "close", 1, 1, WHOM_PAYS, false, act_close, NULL, NULL},
    {"file", NULL, 1, 1, WHOM_PAYS, false, cli_treasury_file,
     cli_treasury_file_before, cli_treasury_file_ended},
    {"take", NULL, 1, 1, WHOM_PAYS, false, cli_treasury_take,
     cli_treasury_take_before, cli_treasury_take_ended},
    {"statement", "show", 1, 1, WHOM_NOBODY, false, cli_treasury_statement_show,
     NULL, NULL},
    {"statement", NULL, 1, 1, WHOM_PAYS, false, cli_treasury_statement,
     cli_treasury_statement_before, cli_treasury_take_ended},
    {"statements", NULL, 0, 1, WHOM_NOBODY, false, cli_treasury_statements,
     NULL, NULL},
    {"differences", NULL, 0, 1, WHOM_NOBODY, false, cli_treasury_differences,
     NULL, NULL},
    {"files", NULL, 0, 0, WHOM_NOBODY, false, cli_treasury_files, NULL, NULL},
    {"look", NULL, 1, 1, WHOM_PAYS, true, act_look, NULL, NULL},
    {"agree", NULL, 1, 1, WHOM_APPROVES, false, act_agree, NULL, NULL},
    {"budgets", NULL, 0, 0, WHOM_NOBODY, false, cli_treasury_budgets, NULL,
     NULL},
    {"budget", "agree", 1, 1, WHOM_APPROVES, false, act_budget_agree, NULL,
     NULL},
    {"budget", "drop", 1, 1, WHOM_PAYS, false, act_budget_drop, NULL, NULL},
    {"budget", NULL, 2, 2, WHOM_PAYS, true, act_budget, NULL, NULL},
    {"close-year", NULL, 2, 2, WHOM_PAYS, true, act_close_year, NULL, NULL},
    {"years", NULL, 0, 1, WHOM_NOBODY, false, cli_treasury_years, NULL, NULL},
    {"again", NULL, 1, 1, WHOM_PAYS, true, act_again, NULL, NULL},
    {"repaid", NULL, 1, 1, WHOM_PAYS, true, act_repaid, NULL, NULL},
    {"looked", NULL, 1, 1, WHOM_PAYS, true, act_looked, NULL, NULL},
    {"stop", NULL, 1, 1, WHOM_PAYS, true, act_stop, NULL, NULL},
    {"resume", NULL, 1, 1, WHOM_PAYS, true, act_resume, NULL, NULL},
};
#define TREASURY_ACTS (sizeof(treasury_acts) / sizeof(treasury_acts[0]))

static int
treasury_work(struct asked_treasury *a, size_t i, struct bus_err *err)
{
    if (treasury_acts[i].why && (a->why == NULL || a->why[0] == '\0')) {
        return bus_fail(err, BUS_EUSAGE, "--why: why? / 请写明原因");
    }
    BUS_TRY(cli_tool_open(&a->t, err));
    BUS_TRY(cli_tool_database(&a->t, err));
    a->books = (struct treasury_books){
        .pg = a->t.pg,
        .mem = &a->mem,
        .who = TREASURY_ITSELF,
        .day = bus_china_day(bus_clock_system.wall_ms(NULL))};
    if (treasury_acts[i].whom != WHOM_NOBODY) {
        BUS_TRY(cli_sign_in(&a->t, a->account,
                            treasury_acts[i].whom == WHOM_APPROVES, &a->by,
                            err));
        int rc = treasury_may(a, BUS_REGISTER_PAY, 0, err);
        if (rc == BUS_EDENIED && treasury_acts[i].whom == WHOM_PREPARES) {
            rc = treasury_may(a, BUS_REGISTER_OPINION, 0, err);
        }
        BUS_TRY(rc);
        a->books.who = a->by.operator_id;
    }
    if (treasury_acts[i].before != NULL) {
        BUS_TRY(treasury_acts[i].before(a, err));
    }
    int rc = treasury_books_begin(&a->books, err);
    if (rc == BUS_OK) {
        rc = treasury_acts[i].act(a, err);
        rc = treasury_books_end(&a->books, rc, err);
    }
    return treasury_acts[i].ended != NULL ? treasury_acts[i].ended(a, rc, err)
                                          : rc;
}

static int treasury_usage(void)
{
    (void)fprintf(stderr, "usage: lianou treasury %s\n",
                  lianou_cmd_treasury.usage);
    return LIANOU_USAGE;
}

/* The act that these words are; TREASURY_ACTS: none. */
static size_t treasury_act_of(const struct asked_treasury *a, int n)
{
    for (size_t i = 0; n > 0 && i < TREASURY_ACTS; i++) {
        bool two = treasury_acts[i].second != NULL;
        int given = n - 1 - two;
        if (strcmp(treasury_acts[i].word, a->words[0]) == 0 &&
            (!two ||
             (n > 1 && strcmp(treasury_acts[i].second, a->words[1]) == 0)) &&
            given >= treasury_acts[i].arguments_min &&
            given <= treasury_acts[i].arguments) {
            return i;
        }
    }
    return TREASURY_ACTS;
}

static int treasury_run_command(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"account", required_argument, NULL, 'a'},
        {"why", required_argument, NULL, 'w'},
        {"of", required_argument, NULL, 'o'},
        {"through", required_argument, NULL, 't'},
        {"out", required_argument, NULL, 'f'},
        {"bank", required_argument, NULL, 'b'},
        {"as", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0}};
    struct asked_treasury a = {0};
    struct bus_err err = {0};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **to = o == 'c'   ? &a.t.folder
                          : o == 'd' ? &a.t.conninfo
                          : o == 'a' ? &a.account
                          : o == 'w' ? &a.why
                          : o == 'o' ? &a.of
                          : o == 't' ? &a.through
                          : o == 'f' ? &a.out
                          : o == 'b' ? &a.bank
                          : o == 's' ? &a.as
                                     : NULL;
        if (to == NULL) {
            return treasury_usage();
        }
        *to = optarg;
    }
    int n = argc - optind;
    for (int i = 0; i < n && i < TREASURY_WORDS; i++) {
        a.words[i] = argv[optind + i];
    }
    size_t act = n <= TREASURY_WORDS ? treasury_act_of(&a, n) : TREASURY_ACTS;
    if (act == TREASURY_ACTS) {
        return treasury_usage();
    }
    bus_arena_init(&a.mem, 0, TEXTS_BYTES);
    int rc = treasury_work(&a, act, &err);
    cli_sign_in_end(&a.by);
    bus_arena_fini(&a.mem);
    return cli_tool_close(&a.t, "treasury", rc, &err);
}

const struct lianou_command lianou_cmd_treasury = {
    .name = "treasury",
    .usage = "due [--through DAY] | lines [STATE] [--of ID] | funds [FUND] | "
             "answers | batches |\n    batch show BATCH | batch prepare FUND "
             "DAY | batch approve|send|close BATCH |\n    batch withdraw BATCH "
             "--why TEXT | file BATCH --out FILE | take FILE --bank CODE |\n   "
             " budget FUND YUAN --why TEXT | budget agree|drop NUMBER | "
             "budgets | close-year FUND YEAR --why TEXT |\n    years [FUND] | "
             "again|repaid LINE --why TEXT | looked ANSWER --why "
             "TEXT |\n    stop|resume AWARD "
             "--why TEXT |\n    statement FILE --bank CODE | statement show "
             "NUMBER | statements|differences [FUND] |\n    look DIFFERENCE "
             "--as fee|interest|other|accepted --why TEXT | agree DIFFERENCE "
             "|\n    files | looked FILE --why TEXT\n    [--account NAME] "
             "[--db CONNINFO] [--config DIR]",
    .summary = "money that is paid every period: what is due, batches that two "
               "approve, funds",
    .summary_zh = "按期发放资金:应发、制批与双人审批、资金台账",
    .group = 3,
    .run = treasury_run_command,
};
