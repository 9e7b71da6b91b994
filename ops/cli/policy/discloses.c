/* policy discloses: the facts a department may receive, and what needs each.
 *
 * - by fact: every clause, amount, cap, list of beneficiaries, exclusion or
 *   form of the department's own items that reads it
 * - --json: one object on one line, for other programs
 * - 1 for a department that owns no item */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/disclose.h"
#include "bus/policy/source.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"date", required_argument, NULL, 'd'},
    {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0}};

static const char *const kind_word[] = {
    [BUS_POLICY_NEED_CLAUSE] = "condition",
    [BUS_POLICY_NEED_AMOUNT] = "amount",
    [BUS_POLICY_NEED_BENEFICIARIES] = "beneficiaries",
    [BUS_POLICY_NEED_CAP] = "cap",
    [BUS_POLICY_NEED_EXCLUSION] = "exclusion",
    [BUS_POLICY_NEED_FORM] = "form",
};
static const char *const kind_zh[] = {
    [BUS_POLICY_NEED_CLAUSE] = "条件",
    [BUS_POLICY_NEED_AMOUNT] = "金额",
    [BUS_POLICY_NEED_BENEFICIARIES] = "受益人",
    [BUS_POLICY_NEED_CAP] = "封顶",
    [BUS_POLICY_NEED_EXCLUSION] = "排除",
    [BUS_POLICY_NEED_FORM] = "表单",
};

static const char *discloses_label(const struct bus_node *body, const char *key)
{
    const struct bus_node *n = bus_node_get(body, key);
    return n != NULL && n->kind == BUS_NODE_SCALAR ? n->text.p : "";
}

static bool sensitive(const struct bus_node *body)
{
    bool yes = false, pii = false;
    (void)bus_node_to_bool(bus_node_get(body, "sensitive"), &yes);
    (void)bus_node_to_bool(bus_node_get(body, "pii"), &pii);
    return yes || pii;
}

/* One line: blanks for line breaks. */
static void put_rule(struct bus_buf *out, struct bus_strv rule)
{
    bool blank = false;
    for (size_t i = 0; i < rule.n; i++) {
        bool b = rule.p[i] == ' ' || rule.p[i] == '\n';
        if (!b || (!blank && i + 1 < rule.n)) {
            bus_buf_put(out, b ? " " : &rule.p[i], 1);
        }
        blank = b;
    }
}

static int put_need(const struct policy_tool *t,
                    const struct bus_policy_need *n,
                    struct bus_buf *out,
                    struct bus_err *err)
{
    struct bus_policy_item it;
    if (!bus_policy_item_at(t->catalogue, (size_t)n->item, t->day, &it)) {
        return BUS_OK;
    }
    bus_buf_printf(out, "    %.*s %.*s %s/%s", BUS_STRV_ARG(it.code),
                   BUS_STRV_ARG(it.title_zh), kind_zh[n->kind],
                   kind_word[n->kind]);
    if (n->key.n > 0) {
        bus_buf_printf(out, " %.*s", BUS_STRV_ARG(n->key));
    }
    if (n->through.n > 0) {
        bus_buf_printf(out, " (via %.*s)", BUS_STRV_ARG(n->through));
    }
    int rc = BUS_OK;
    if (n->kind == BUS_POLICY_NEED_CLAUSE) {
        bus_buf_puts(out, ": ");
        rc = bus_advice_report_clause(t->catalogue, n->rule, BUS_POLICY_ZH, out,
                                      err);
    } else if (n->rule.n > 0) {
        bus_buf_puts(out, ": ");
        put_rule(out, n->rule);
    }
    bus_buf_puts(out, "\n");
    return rc;
}

static int screen(const struct policy_tool *t,
                  const struct bus_policy_need *v,
                  size_t n,
                  struct bus_err *err)
{
    struct bus_buf out = {0};
    size_t facts = 0;
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        const struct bus_node *body =
            bus_policy_fact_node(t->catalogue, v[i].fact);
        if (i == 0 || v[i].fact != v[i - 1].fact) {
            struct bus_strv name =
                bus_policy_fact_name(t->catalogue, v[i].fact);
            bus_buf_printf(&out, "%.*s %s / %s%s\n", BUS_STRV_ARG(name),
                           discloses_label(body, "zh"),
                           discloses_label(body, "en"),
                           sensitive(body) ? " [敏感/sensitive]" : "");
            facts++;
        }
        rc = put_need(t, &v[i], &out, err);
    }
    cli_policy_print(&out);
    bus_buf_fini(&out);
    (void)printf("%zu facts, %zu grounds\n", facts, n);
    return rc;
}

static json_t *strv_json(struct bus_strv s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *need_json(const struct policy_tool *t,
                         const struct bus_policy_need *n)
{
    struct bus_policy_item it = {0};
    (void)bus_policy_item_at(t->catalogue, (size_t)n->item, t->day, &it);
    json_t *o = json_pack("{so so ss}", "item", strv_json(it.code), "version",
                          strv_json(it.version), "in", kind_word[n->kind]);
    const struct
    {
        const char *key;
        struct bus_strv v;
    } more[] = {{"clause", n->key}, {"rule", n->rule}, {"via", n->through}};
    for (size_t i = 0; o != NULL && i < 3; i++) {
        if (more[i].v.n > 0) {
            (void)json_object_set_new(o, more[i].key, strv_json(more[i].v));
        }
    }
    return o;
}

static int as_json(const struct policy_tool *t,
                   const char *department,
                   const struct bus_policy_need *v,
                   size_t n,
                   struct bus_err *err)
{
    char day[BUS_DATE_TEXT + 1];
    json_t *facts = json_array(), *needs = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct bus_node *body =
            bus_policy_fact_node(t->catalogue, v[i].fact);
        if (i == 0 || v[i].fact != v[i - 1].fact) {
            needs = json_array();
            (void)json_array_append_new(
                facts, json_pack("{so ss ss sb so}", "fact",
                                 strv_json(bus_policy_fact_name(t->catalogue,
                                                                v[i].fact)),
                                 "zh", discloses_label(body, "zh"), "en",
                                 discloses_label(body, "en"), "sensitive",
                                 (int)sensitive(body), "needed_by", needs));
        }
        (void)json_array_append_new(needs, need_json(t, &v[i]));
    }
    json_t *all =
        json_pack("{ss ss ss so}", "department", department, "date",
                  bus_date_text(t->day, day), "catalogue",
                  bus_policy_catalogue_version(t->catalogue), "facts", facts);
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    if (text == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the list of facts");
    }
    (void)printf("%s\n", text);
    free(text);
    return BUS_OK;
}

static int discloses_run(int argc, char **argv)
{
    struct policy_tool t = {0};
    struct bus_err err = {0};
    const struct bus_policy_need *list = NULL;
    const char *folder = NULL;
    bool json = false;
    size_t n = 0;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            folder = optarg;
        } else if (o == 'j') {
            json = true;
        } else if (o != 'd' || !bus_date_parse(bus_strv(optarg), &t.day)) {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc) {
        return LIANOU_USAGE;
    }
    const char *department = argv[optind];
    int rc = cli_policy_open(&t, folder, &err);
    if (rc == BUS_OK) {
        rc = bus_policy_needs(t.catalogue, bus_strv(department), t.day, &t.mem,
                              &list, &n, &err);
    }
    if (rc == BUS_OK) {
        rc = n == 0 ? bus_fail(&err, BUS_EUNKNOWN,
                               "no item in force is %s's: it receives nothing",
                               department)
             : json ? as_json(&t, department, list, n, &err)
                    : screen(&t, list, n, &err);
    }
    cli_policy_close(&t);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
        return rc == BUS_ECONFIG ? LIANOU_USAGE : LIANOU_FAILED;
    }
    return LIANOU_WELL;
}

const struct policy_command cli_policy_cmd_discloses = {
    .name = "discloses",
    .usage = "DEPARTMENT [--json] [--date DAY] [--config DIR]",
    .summary = "the facts it may receive, with what needs each",
    .summary_zh = "该部门可接收的事实及其依据",
    .run = discloses_run,
};
