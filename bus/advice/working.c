/* The amount's tree with the household's figures in it. Each part is asked what
 * it is (money, people, a plain number), so that 30000 is 300 yuan where money
 * stands and a half stays a half. */
#include "bus/advice/working.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/feel/tree.h"
#include "bus/policy/clause_parts.h"
#include "bus/policy/source.h"
#include "bus/policy/view.h"

#define PARTS_MAX 24 /* figures of one line */
#define DEPTH_MAX 24

enum unit { UNIT_PLAIN, UNIT_PEOPLE, UNIT_MONEY };
struct working
{
    struct household_view w;
    enum bus_policy_lang lang;
    struct bus_buf *out;
    int parts, depth;
    bool lost; /* something in it has no words */
};

static const char *
working_word(const struct working *k, const char *zh, const char *en)
{
    return k->lang == BUS_POLICY_ZH ? zh : en;
}

/* `household.x`, `standard.x`, `m.x`: its entry in the dictionary. */
static const struct bus_node *
working_entry(const struct working *k, const struct feel_node *n, int *ret_fact)
{
    const struct bus_policy_catalogue *c = k->w.c;
    *ret_fact = -1;
    if (n->kind != NODE_PATH || n->kids[0]->kind != NODE_NAME) {
        return NULL;
    }
    struct bus_strv of = n->kids[0]->name;
    if (bus_strv_is(of, "standard") || bus_strv_is(of, "标准")) {
        int s = bus_policy_standard_find(c, n->name);
        return s < 0 ? NULL : bus_policy_standard_node(c, (size_t)s);
    }
    bool household = bus_strv_is(of, "household") || bus_strv_is(of, "家庭");
    *ret_fact = bus_policy_fact_named(c, !household, n->name);
    return *ret_fact < 0 ? NULL : bus_policy_fact_node(c, *ret_fact);
}

static enum unit working_unit_of(const struct bus_node *entry)
{
    const struct bus_node *type = bus_node_get(entry, "type");
    const struct bus_node *unit = bus_node_get(entry, "unit");
    bool fen = unit != NULL && unit->text.n >= 3 &&
               memcmp(unit->text.p, "fen", 3) == 0;
    return (type != NULL && bus_strv_is(type->text, "money_fen")) || fen
               ? UNIT_MONEY
           : unit != NULL && bus_strv_is(unit->text, "persons") ? UNIT_PEOPLE
                                                                : UNIT_PLAIN;
}

static bool working_calls(const struct feel_node *n, const char *name)
{
    return n->kind == NODE_CALL && n->builtin != NULL &&
           strcmp(n->builtin->name, name) == 0;
}

/* What the part is; at most DEPTH_MAX deep. */
static enum unit
working_unit(const struct working *k, const struct feel_node *n, int depth)
{
    enum unit u = UNIT_PLAIN;
    int fact;
    if (depth == DEPTH_MAX || working_calls(n, "count")) {
        return depth == DEPTH_MAX ? UNIT_PLAIN : UNIT_PEOPLE;
    }
    if (n->kind == NODE_PATH) {
        return working_unit_of(working_entry(k, n, &fact));
    }
    if (n->kind == NODE_FOR || n->kind == NODE_IF || n->kind == NODE_ARITH ||
        n->kind == NODE_CALL || n->kind == NODE_NEGATE) {
        uint32_t first = n->kind == NODE_FOR  ? n->count - 1
                         : n->kind == NODE_IF ? 1
                                              : 0;
        for (uint32_t i = first; i < n->count; i++) {
            enum unit one = working_unit(k, n->kids[i], depth + 1);
            u = one > u ? one : u;
        }
    }
    return u;
}

/* --- what is written --- */

static void working_number(struct working *k, double v, int most)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%.*f", most, v);
    char *end = text + strlen(text);
    while (most > 0 && end > text && end[-1] == '0') {
        *--end = '\0';
    }
    if (end > text && end[-1] == '.') {
        end[-1] = '\0';
    }
    bus_buf_puts(k->out, text);
}

static void
working_value(struct working *k, const struct feel_value *v, enum unit u)
{
    char text[64];
    if (v->kind != FEEL_NUMBER || ++k->parts > PARTS_MAX) {
        k->lost = true;
        return;
    }
    double d = strtod(feel_number_text(v, text, sizeof(text)), NULL);
    if (!isfinite(d)) {
        k->lost = true;
        return;
    }
    working_number(k, u == UNIT_MONEY ? d / 100 : d, 4);
    bus_buf_puts(k->out,
                 u == UNIT_MONEY ? working_word(k, " 元", " yuan")
                 : u == UNIT_PEOPLE
                     ? working_word(k, " 人", d == 1 ? " person" : " persons")
                     : "");
}

static void
working_leaf(struct working *k, const struct feel_node *n, enum unit u)
{
    int fact;
    const struct bus_node *entry = working_entry(k, n, &fact);
    struct bus_strv label = advice_clause_label(entry, k->lang);
    struct feel_value v = feel_eval(n, &k->w.env);
    enum unit own = n->kind == NODE_CONSTANT ? u : working_unit(k, n, 0);
    if (own == UNIT_MONEY && label.n > 0) {
        bus_buf_put(k->out, label.p, label.n);
        bus_buf_putc(k->out, ' ');
    }
    working_value(k, &v, own);
}

static void
working_put(struct working *k, const struct feel_node *n, enum unit u);

static bool working_is_sum(const struct feel_node *n)
{
    return n->kind == NODE_ARITH &&
           (n->op == FEEL_OP_ADD || n->op == FEEL_OP_SUB);
}

static void
working_factor(struct working *k, const struct feel_node *n, enum unit u)
{
    bool sum = working_is_sum(n);
    bus_buf_puts(k->out, sum ? "(" : "");
    working_put(k, n, u);
    bus_buf_puts(k->out, sum ? ")" : "");
}

static void
working_arith(struct working *k, const struct feel_node *n, enum unit u)
{
    static const char *const signs[] = {[FEEL_OP_ADD] = " + ",
                                        [FEEL_OP_SUB] = " - ",
                                        [FEEL_OP_MUL] = " × ",
                                        [FEEL_OP_DIV] = " ÷ "};
    const struct feel_node *a = n->kids[0], *b = n->kids[1];
    BUS_CHECK(n->count == 2);
    if ((size_t)n->op >= sizeof(signs) / sizeof(signs[0]) ||
        signs[n->op] == NULL) {
        working_leaf(k, n, u);
        return;
    }
    bool sum = working_is_sum(n);
    enum unit one = working_unit(k, a, 0), other = working_unit(k, b, 0);
    if (!sum && u == UNIT_MONEY) { /* only one of the two is the money */
        bool second = n->op == FEEL_OP_MUL && one != UNIT_MONEY &&
                      (other == UNIT_MONEY || b->kind == NODE_CONSTANT);
        one = second ? one : UNIT_MONEY;
        other = second ? UNIT_MONEY : other;
    } else {
        one = u;
        other = u;
    }
    if (sum) {
        working_put(k, a, one);
    } else {
        working_factor(k, a, one);
    }
    bus_buf_puts(k->out, signs[n->op]);
    working_factor(k, b, other);
}

/* sum(for m in people return ...): each one's part. */
static bool working_each(struct working *k, const struct feel_node *n)
{
    const struct feel_node *loop = n->count == 1 ? n->kids[0] : NULL;
    if (loop == NULL || loop->kind != NODE_FOR || loop->count != 2) {
        return false;
    }
    struct feel_value people = feel_eval(loop->kids[0], &k->w.env);
    if (people.kind != FEEL_LIST || people.list.n == 0) {
        return false;
    }
    for (size_t i = 0; i < people.list.n; i++) {
        struct feel_binding b = {.up = k->w.env.bound,
                                 .name = loop->names[0],
                                 .value = &people.list.v[i]};
        k->w.env.bound = &b;
        bus_buf_puts(k->out, i > 0 ? " + " : "");
        working_put(k, loop->kids[1], UNIT_MONEY);
        k->w.env.bound = b.up;
    }
    return true;
}

static void working_extreme(struct working *k,
                            const struct feel_node *n,
                            enum unit u,
                            const char *word)
{
    bus_buf_puts(k->out, word);
    for (uint32_t i = 0; i < n->count; i++) {
        bus_buf_puts(k->out, i > 0 ? working_word(k, ", ", ", ") : "(");
        working_put(k, n->kids[i], u);
    }
    bus_buf_putc(k->out, ')');
}

static void
working_call(struct working *k, const struct feel_node *n, enum unit u)
{
    if (working_calls(n, "ceiling") || working_calls(n, "floor")) {
        struct feel_value in = feel_eval(n->kids[0], &k->w.env);
        struct feel_value whole = feel_eval(n, &k->w.env);
        bool same = in.kind == FEEL_NUMBER && whole.kind == FEEL_NUMBER &&
                    feel_number_cmp(&in, &whole) == 0;
        bool up = working_calls(n, "ceiling");
        bus_buf_puts(k->out,
                     same ? ""
                     : up ? working_word(k, "向上取整(", "rounded up(")
                          : working_word(k, "向下取整(", "rounded down("));
        working_put(k, n->kids[0], u);
        bus_buf_puts(k->out, same ? "" : ")");
    } else if (working_calls(n, "min") && n->count > 1) {
        working_extreme(k, n, u, working_word(k, "取较小", "the least of "));
    } else if (working_calls(n, "max") && n->count > 1) {
        working_extreme(k, n, u, working_word(k, "取较大", "the most of "));
    } else if (!working_calls(n, "sum") || !working_each(k, n)) {
        working_leaf(k, n, u);
    }
}

static void
working_put(struct working *k, const struct feel_node *n, enum unit u)
{
    if (k->lost || ++k->depth > DEPTH_MAX) {
        k->lost = true;
        return;
    }
    if (n->kind == NODE_IF && n->count == 3) {
        struct feel_value is = feel_eval(n->kids[0], &k->w.env);
        bool yes = is.kind == FEEL_BOOLEAN && is.boolean;
        k->lost |= is.kind == FEEL_UNKNOWN;
        working_put(k, n->kids[yes ? 1 : 2], u);
    } else if (n->kind == NODE_ARITH && n->count == 2) {
        working_arith(k, n, u);
    } else if (n->kind == NODE_CALL && n->builtin != NULL) {
        working_call(k, n, u);
    } else {
        working_leaf(k, n, u);
    }
    k->depth--;
}

/* Behind choices and derived facts of the household that stand alone. */
static const struct feel_node *working_root(struct working *k,
                                            const struct feel_node *n)
{
    for (int i = 0; i < DEPTH_MAX; i++) {
        int fact;
        (void)working_entry(k, n, &fact);
        const struct fact_def *f = fact < 0 ? NULL : &k->w.c->facts[fact];
        if (f != NULL && f->derived != NULL && !f->member) {
            n = f->derived;
        } else if (n->kind == NODE_IF && n->count == 3) {
            struct feel_value is = feel_eval(n->kids[0], &k->w.env);
            n = n->kids[is.kind == FEEL_BOOLEAN && is.boolean ? 1 : 2];
        } else {
            break;
        }
    }
    return n;
}

static void working_result(struct working *k,
                           const struct version_def *v,
                           const struct bus_policy_verdict_of *of)
{
    static const struct
    {
        const char *period, *zh, *en;
    } each[] = {{"month", "/月", " a month"},
                {"quarter", "/季", " a quarter"},
                {"term", "/学期", " a term"},
                {"year", "/年", " a year"}};
    const struct bus_node *schedule = bus_node_get(v->node, "schedule");
    schedule =
        schedule != NULL
            ? schedule
            : bus_node_get(bus_policy_item_node(k->w.c, (size_t)of->item),
                           "schedule");
    const struct bus_node *period = bus_node_get(schedule, "period");
    working_number(k, (double)of->amount_fen / 100, 2);
    bus_buf_puts(k->out, working_word(k, " 元", " yuan"));
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        if (period != NULL && bus_strv_is(period->text, each[i].period)) {
            bus_buf_puts(k->out, working_word(k, each[i].zh, each[i].en));
        }
    }
    bus_buf_puts(k->out, of->amount == BUS_POLICY_AMOUNT_CAPPED
                             ? working_word(k, "(封顶)", " (the cap)")
                             : "");
}

static void working_line(struct working *k,
                         const struct version_def *v,
                         const struct bus_policy_verdict_of *of)
{
    size_t from = k->out->len;
    if (v->beneficiaries != NULL) {
        k->w.beneficiaries = feel_eval(v->beneficiaries, &k->w.env);
        k->w.has_beneficiaries = true;
    }
    const struct feel_node *root = working_root(k, v->amount);
    working_put(k, root, UNIT_MONEY);
    if (k->lost || k->w.env.broken != NULL) {
        k->out->len = from;
        return;
    }
    if (k->parts > 1) {
        bus_buf_puts(k->out, " = ");
    } else { /* one figure: it is the amount */
        k->out->len = from;
        int fact;
        struct bus_strv label =
            advice_clause_label(working_entry(k, root, &fact), k->lang);
        bus_buf_put(k->out, label.p ? label.p : "", label.n);
        bus_buf_puts(k->out, label.n > 0 ? " " : "");
    }
    working_result(k, v, of);
}

int bus_advice_report_working(const struct bus_policy_catalogue *c,
                              const struct bus_policy_household *h,
                              int32_t rule_date,
                              int item,
                              enum bus_policy_lang lang,
                              struct bus_arena *mem,
                              struct bus_buf *out,
                              struct bus_err *err)
{
    struct working k = {.lang = lang, .out = out};
    struct bus_policy_verdict_of of;
    struct bus_arena_mark mark = bus_arena_mark(mem);
    BUS_TRY(bus_policy_evaluate_item(c, h, rule_date, item, BUS_POLICY_VERDICTS,
                                     mem, &of, err));
    const struct version_def *v =
        policy_catalogue_version_at(&c->items[item], rule_date);
    int rc = BUS_OK;
    if (of.verdict == BUS_POLICY_ELIGIBLE && of.has_amount && v != NULL &&
        v->amount != NULL) {
        rc = policy_view_open(&k.w, c, h, rule_date, mem, err);
        if (rc == BUS_OK) {
            working_line(&k, v, &of);
        }
    }
    bus_arena_release(mem, mark);
    if (rc == BUS_OK && out->failed) {
        rc = bus_fail(err, BUS_ETOOBIG, "no room for a working");
    }
    return rc;
}
