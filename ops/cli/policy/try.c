/* policy test, policy explain: one item on households that people wrote.
 *
 * - test: per household the verdict, the amount, what is missing, and whether
 *   it is what `expect` says; 1 if one is not
 * - explain: besides, the clauses that decided with their values, who can
 *   supply what is missing, what would change it; Chinese, then English */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/advice/explain.h"
#include "bus/advice/working.h"
#include "bus/base/clock.h"
#include "bus/policy/source.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/household.h"
#include "ops/cli/policy/whole.h"

#define TRIES 20000 /* evaluations of one search */

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"date", required_argument, NULL, 'd'},
    {"lang", required_argument, NULL, 'l'},
    {NULL, 0, NULL, 0}};

struct trial
{
    struct policy_tool t;
    struct cli_policy_households households;
    const char *folder, *code, *path;
    bool dated, full, zh, en;
    int item;
    size_t wrong, expected;
};

static const char *const verdict_en[] = {
    [BUS_POLICY_ELIGIBLE] = "eligible",
    [BUS_POLICY_NOT_ELIGIBLE] = "not eligible",
    [BUS_POLICY_UNDETERMINED] = "undetermined",
    [BUS_POLICY_FAILED] = "failed",
};
static const char *const verdict_zh[] = {
    [BUS_POLICY_ELIGIBLE] = "符合",
    [BUS_POLICY_NOT_ELIGIBLE] = "不符合",
    [BUS_POLICY_UNDETERMINED] = "待定",
    [BUS_POLICY_FAILED] = "规则出错",
};

static void put_sources(const struct trial *k,
                        int fact,
                        enum bus_policy_lang lang,
                        struct bus_buf *out)
{
    const struct bus_node *body = bus_policy_fact_node(k->t.catalogue, fact);
    const struct bus_node *list = bus_node_get(body, "sources");
    const struct bus_node *names =
        bus_node_get(k->t.config.facts_node, "sources");
    uint32_t n = list && list->kind == BUS_NODE_LIST ? list->count : 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct bus_node *s = bus_node_get(names, list->items[i]->text.p);
        const struct bus_node *label =
            bus_node_get(s, lang == BUS_POLICY_ZH ? "zh" : "en");
        bus_buf_printf(out, "%s%s", i > 0 ? ", " : "",
                       label ? label->text.p : list->items[i]->text.p);
    }
}

static void put_missing(const struct trial *k,
                        const struct bus_policy_verdict_of *v,
                        enum bus_policy_lang lang,
                        struct bus_buf *out)
{
    bool zh = lang == BUS_POLICY_ZH;
    for (size_t i = 0; i < v->missing_count; i++) {
        const struct bus_policy_missing *m = &v->missing[i];
        const struct bus_node *label = bus_node_get(
            bus_policy_fact_node(k->t.catalogue, m->fact), zh ? "zh" : "en");
        bus_buf_puts(out, zh ? "    缺少: " : "    missing: ");
        if (m->member >= 0) {
            bus_buf_printf(out, zh ? "成员%d " : "member %d: ", m->member + 1);
        }
        bus_buf_puts(out,
                     label ? label->text.p
                           : bus_policy_fact_name(k->t.catalogue, m->fact).p);
        bus_buf_puts(out, zh ? " (可由以下提供: " : " (can be supplied by: ");
        put_sources(k, m->fact, lang, out);
        bus_buf_puts(out, ")\n");
    }
}

static void try_put_amount(const struct bus_policy_verdict_of *v,
                           bool zh,
                           struct bus_buf *out)
{
    if (v->has_amount && v->verdict == BUS_POLICY_ELIGIBLE) {
        bus_buf_printf(out, ", %" PRId64 ".%02d %s%s", v->amount_fen / 100,
                       (int)(v->amount_fen % 100), zh ? "元" : "yuan",
                       v->amount != BUS_POLICY_AMOUNT_CAPPED ? ""
                       : zh                                  ? "(封顶)"
                                                             : " (the cap)");
    } else if (v->verdict == BUS_POLICY_ELIGIBLE &&
               v->amount == BUS_POLICY_AMOUNT_UNKNOWN) {
        bus_buf_puts(out, zh ? ", 金额待定" : ", amount not known yet");
    }
}

static int put_reasons(struct trial *k,
                       const struct cli_policy_household *household,
                       const struct bus_policy_verdict_of *v,
                       enum bus_policy_lang lang,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    bool zh = lang == BUS_POLICY_ZH;
    const char *word = v->verdict == BUS_POLICY_ELIGIBLE ? zh ? "符合" : "true"
                       : v->verdict == BUS_POLICY_UNDETERMINED
                           ? zh ? "未定" : "open"
                       : zh ? "不符"
                            : "false";
    struct bus_policy_values values;
    int rc = bus_policy_values_open(k->t.catalogue, &household->h,
                                    k->households.day, &k->t.mem, &values, err);
    for (size_t i = 0; rc == BUS_OK && i < v->reason_count; i++) {
        struct bus_strv rule = bus_policy_clause_of(
            k->t.catalogue, v->reasons[i], k->households.day);
        bus_buf_printf(out, "    %s %.*s: ", word, BUS_STRV_ARG(v->reasons[i]));
        rc = bus_advice_report_clause(k->t.catalogue, rule, lang, out, err);
        bus_buf_puts(out, "\n        ");
        if (rc == BUS_OK) {
            rc = bus_advice_report_values(&values, rule, lang, out, err);
        }
        bus_buf_puts(out, "\n");
    }
    return rc;
}

/* The amount as the rule has it, and the figures it is made of. */
static int put_working(struct trial *k,
                       const struct cli_policy_household *household,
                       const struct bus_policy_verdict_of *v,
                       enum bus_policy_lang lang,
                       struct bus_buf *out,
                       struct bus_err *err)
{
    const struct bus_node *version = bus_policy_version_node(
        k->t.catalogue, (size_t)k->item, k->households.day);
    const struct bus_node *feel =
        bus_node_get(bus_node_get(version, "amount"), "feel");
    if (feel == NULL || !v->has_amount || v->verdict != BUS_POLICY_ELIGIBLE) {
        return BUS_OK;
    }
    bool zh = lang == BUS_POLICY_ZH;
    struct bus_policy_values values;
    BUS_TRY(bus_policy_values_open(k->t.catalogue, &household->h,
                                   k->households.day, &k->t.mem, &values, err));
    bus_buf_puts(out, zh ? "    金额: " : "    amount: ");
    BUS_TRY(bus_advice_report_working(k->t.catalogue, &household->h,
                                      k->households.day, k->item, lang,
                                      &k->t.mem, out, err));
    bus_buf_puts(out, zh ? "\n    金额(分) = " : "\n    amount (fen) = ");
    struct bus_strv rule = feel->text;
    while (rule.n > 0 &&
           (rule.p[rule.n - 1] == '\n' || rule.p[rule.n - 1] == ' ')) {
        rule.n--;
    }
    BUS_TRY(bus_advice_report_clause(k->t.catalogue, rule, lang, out, err));
    bus_buf_puts(out, "\n        ");
    BUS_TRY(bus_advice_report_values(&values, feel->text, lang, out, err));
    if (v->share_count > 1 ||
        (v->share_count == 1 && v->shares[0].member >= 0)) {
        bus_buf_printf(out, zh ? "; %zu 人" : "; for %zu persons",
                       v->share_count);
    }
    bus_buf_puts(out, "\n");
    return BUS_OK;
}

static int try_put_changes(struct trial *k,
                           const struct bus_advice_changes *c,
                           enum bus_policy_lang lang,
                           struct bus_buf *out,
                           struct bus_err *err)
{
    bool zh = lang == BUS_POLICY_ZH;
    bool away = c->to == BUS_POLICY_NOT_ELIGIBLE;
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < c->count; i++) {
        bus_buf_puts(out, zh ? away ? "    将不再符合: " : "    将变为符合: "
                          : away ? "    would end it: "
                                 : "    would make it eligible: ");
        rc = bus_advice_report_change(k->t.catalogue, &c->list[i], lang, out,
                                      err);
        bus_buf_puts(out, "\n");
    }
    if (c->count == 0) {
        bus_buf_puts(out, zh ? "    未找到改变一两项事实即可改变结论的办法"
                             : "    no change of one or two facts was found "
                               "that would change it");
        bus_buf_puts(out, "\n");
    }
    if (c->end != BUS_POLICY_SEARCH_DONE) {
        bus_buf_printf(out,
                       zh ? "    (试算 %zu 次后停止,可能还有其他途径)\n"
                          : "    (stopped after %zu trials; there may be "
                            "other ways)\n",
                       c->tries);
    }
    return rc;
}

/* Is it what the file expects? */
static bool as_expected(struct trial *k,
                        const struct cli_policy_household *household,
                        const struct bus_policy_verdict_of *v,
                        const char **ret_want)
{
    const struct bus_node *e = bus_node_get(household->expect, k->code);
    const struct bus_node *word = e;
    int64_t fen = 0;
    *ret_want = NULL;
    if (e == NULL) {
        return true;
    }
    k->expected++;
    if (e->kind == BUS_NODE_MAP) {
        const struct bus_node *amount = bus_node_get(e, "amount_fen");
        word = bus_node_get(e, "verdict");
        if (amount != NULL && (!bus_node_to_i64(amount, &fen) ||
                               !v->has_amount || v->amount_fen != fen)) {
            *ret_want = "another amount";
            return false;
        }
    }
    if (word == NULL || word->kind != BUS_NODE_SCALAR) {
        return e->kind == BUS_NODE_MAP && word == NULL;
    }
    *ret_want = word->text.p;
    char plain[32];
    (void)bus_strv_copy(plain, sizeof(plain), word->text);
    for (char *p = plain; *p != '\0'; p++) {
        *p = *p == '_' ? ' ' : *p;
    }
    return strcmp(plain, verdict_en[v->verdict]) == 0 ||
           strcmp(plain, verdict_zh[v->verdict]) == 0;
}

static int put_in(struct trial *k,
                  const struct cli_policy_household *household,
                  const struct bus_policy_verdict_of *v,
                  const struct bus_advice_changes *c,
                  enum bus_policy_lang lang,
                  struct bus_buf *out,
                  struct bus_err *err)
{
    bool zh = lang == BUS_POLICY_ZH;
    bus_buf_printf(out, "  %s: %s", zh ? household->zh : household->en,
                   zh ? verdict_zh[v->verdict] : verdict_en[v->verdict]);
    try_put_amount(v, zh, out);
    if (v->failure != NULL) {
        bus_buf_printf(out, ": %s", v->failure);
    }
    bus_buf_puts(out, "\n");
    int rc = k->full ? put_reasons(k, household, v, lang, out, err) : BUS_OK;
    if (rc == BUS_OK && k->full) {
        rc = put_working(k, household, v, lang, out, err);
    }
    put_missing(k, v, lang, out);
    return rc == BUS_OK && k->full ? try_put_changes(k, c, lang, out, err) : rc;
}

static int try_household(struct trial *k,
                         const struct cli_policy_household *household,
                         struct bus_err *err)
{
    struct bus_policy_verdict_of v;
    struct bus_advice_changes changes = {0};
    struct bus_buf out = {0};
    const char *want;
    int rc = bus_policy_evaluate_item(k->t.catalogue, &household->h,
                                      k->households.day, k->item,
                                      BUS_POLICY_REASONS, &k->t.mem, &v, err);
    if (rc == BUS_OK && k->full) {
        const struct bus_advice_question q = {.c = k->t.catalogue,
                                              .h = &household->h,
                                              .rule_date = k->households.day,
                                              .item = k->item,
                                              .limit = TRIES};
        rc = bus_advice_changes(&q, &k->t.mem, &changes, err);
    }
    if (rc != BUS_OK) {
        return rc;
    }
    if (k->zh) {
        rc = put_in(k, household, &v, &changes, BUS_POLICY_ZH, &out, err);
    }
    if (rc == BUS_OK && k->en) {
        rc = put_in(k, household, &v, &changes, BUS_POLICY_EN, &out, err);
    }
    if (!as_expected(k, household, &v, &want)) {
        k->wrong++;
        bus_buf_printf(&out, "  NOT AS EXPECTED / 与预期不符: %s\n",
                       want ? want : "?");
    }
    if (rc == BUS_OK) {
        cli_policy_print(&out);
    } else {
        rc = bus_fail(err, rc, "no room for the answer");
    }
    bus_buf_fini(&out);
    return rc;
}

static int try_all(struct trial *k, struct bus_err *err)
{
    struct bus_policy_item item;
    char day[BUS_DATE_TEXT + 1];
    int rc = cli_policy_open(&k->t, k->folder, err);
    if (rc == BUS_OK) {
        rc = cli_policy_households_read(&k->t, k->path, &k->households, err);
    }
    if (rc != BUS_OK) {
        return rc;
    }
    k->households.day = k->dated ? k->t.day : k->households.day;
    k->item = bus_policy_item_find(k->t.catalogue, bus_strv(k->code));
    if (k->item < 0 || !bus_policy_item_at(k->t.catalogue, (size_t)k->item,
                                           k->households.day, &item)) {
        return bus_fail(err, BUS_EUNKNOWN, "no item %s in force on %s", k->code,
                        bus_date_text(k->households.day, day));
    }
    (void)printf("%s %.*s / %.*s, %.*s, %s\n", k->code,
                 BUS_STRV_ARG(item.title_zh), BUS_STRV_ARG(item.title_en),
                 BUS_STRV_ARG(item.version),
                 bus_date_text(k->households.day, day));
    for (size_t i = 0; rc == BUS_OK && i < k->households.count; i++) {
        rc = try_household(k, &k->households.list[i], err);
    }
    if (rc == BUS_OK && k->expected > 0) {
        (void)printf("%zu expected, %zu not as expected\n", k->expected,
                     k->wrong);
    }
    return rc;
}

static int try_run(int argc, char **argv, bool full)
{
    struct trial k = {.full = full, .zh = true, .en = true};
    struct bus_err err = {0};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            k.folder = optarg;
        } else if (o == 'l') {
            k.zh = strcmp(optarg, "zh") == 0;
            k.en = strcmp(optarg, "en") == 0;
        } else if (o == 'd' && bus_date_parse(bus_strv(optarg), &k.t.day)) {
            k.dated = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 == argc && !full) { /* a file alone: all it expects */
        return cli_policy_test_whole(k.folder, argv[optind],
                                     k.dated ? &k.t.day : NULL);
    }
    if (optind + 2 != argc || (!k.zh && !k.en)) {
        return LIANOU_USAGE;
    }
    k.code = argv[optind];
    k.path = argv[optind + 1];
    int rc = try_all(&k, &err);
    cli_policy_close(&k.t);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
        return LIANOU_FAILED;
    }
    return k.wrong == 0 ? LIANOU_WELL : LIANOU_FAILED;
}

static int run_test(int argc, char **argv)
{
    return try_run(argc, argv, false);
}

static int run_explain(int argc, char **argv)
{
    return try_run(argc, argv, true);
}

const struct policy_command cli_policy_cmd_test = {
    .name = "test",
    .usage = "[CODE] FILE [--date DAY] [--lang zh|en] [--config DIR]",
    .summary = "an item, or all, on a file's households, as it expects",
    .summary_zh = "用文件中的家庭试算一个或全部事项",
    .run = run_test,
};
const struct policy_command cli_policy_cmd_explain = {
    .name = "explain",
    .usage = "CODE FILE [--date DAY] [--lang zh|en] [--config DIR]",
    .summary = "the same with its reasons and what would change it",
    .summary_zh = "说明理由,以及怎样会改变结论",
    .run = run_explain,
};
