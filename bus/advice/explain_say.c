/* Explanations in words: a change, the values a rule names. */
#include <inttypes.h>
#include <string.h>

#include "bus/advice/explain.h"
#include "bus/base/clock.h"
#include "bus/policy/clause_parts.h"
#include "bus/policy/source.h"

#define VALUES_MAX 24 /* of one rule */

static const char *
explain_report(enum bus_policy_lang lang, const char *zh, const char *en)
{
    return lang == BUS_POLICY_ZH ? zh : en;
}

static bool is_money(const struct bus_node *body)
{
    const struct bus_node *type = bus_node_get(body, "type");
    const struct bus_node *unit = bus_node_get(body, "unit");
    return (type != NULL && bus_strv_is(type->text, "money_fen")) ||
           (type == NULL && unit != NULL && unit->text.n >= 3 &&
            memcmp(unit->text.p, "fen", 3) == 0);
}

static void explain_report_put_yuan(int64_t fen,
                                    enum bus_policy_lang lang,
                                    struct bus_buf *out)
{
    uint64_t u = fen < 0 ? -(uint64_t)fen : (uint64_t)fen;
    bus_buf_printf(out, "%s%" PRIu64 ".%02u%s", fen < 0 ? "-" : "", u / 100,
                   (unsigned)(u % 100), explain_report(lang, " 元", " yuan"));
}

static void put_label(const struct bus_node *body,
                      struct bus_strv otherwise,
                      enum bus_policy_lang lang,
                      struct bus_buf *out)
{
    struct bus_strv l = advice_clause_label(body, lang);
    l = l.n > 0 ? l : otherwise;
    bus_buf_put(out, l.p, l.n);
}

/* "true", "dibao", "123456.7" as people read it. */
static void explain_report_put_value(const struct bus_node *body,
                                     struct bus_strv text,
                                     enum bus_policy_lang lang,
                                     struct bus_buf *out)
{
    char word[64];
    (void)bus_strv_copy(word, sizeof(word), text);
    struct bus_strv l = advice_clause_label(
        bus_node_get(bus_node_get(body, "words"), word), lang);
    int64_t fen = 0;
    const char *dot = memchr(text.p, '.', text.n);
    struct bus_strv whole = {text.p, dot ? (size_t)(dot - text.p) : text.n};
    if (l.n > 0) {
        bus_buf_put(out, l.p, l.n);
    } else if (bus_strv_is(text, "?")) {
        bus_buf_puts(out, explain_report(lang, "未知", "unknown"));
    } else if (bus_strv_is(text, "-")) {
        bus_buf_puts(out, explain_report(lang, "无", "none"));
    } else if (bus_strv_is(text, "true")) {
        bus_buf_puts(out, explain_report(lang, "是", "yes"));
    } else if (bus_strv_is(text, "false")) {
        bus_buf_puts(out, explain_report(lang, "否", "no"));
    } else if (is_money(body) && bus_strv_to_i64(whole, &fen)) {
        explain_report_put_yuan(fen, lang, out);
    } else {
        bus_buf_put(out, text.p, text.n);
    }
}

/* --- a change --- */

static void explain_report_put_amount(int64_t v,
                                      const struct bus_node *body,
                                      enum bus_policy_lang lang,
                                      struct bus_buf *out)
{
    if (is_money(body)) {
        explain_report_put_yuan(v, lang, out);
    } else {
        bus_buf_printf(out, "%" PRId64, v);
    }
}

static void put_number_move(const struct bus_advice_move *m,
                            const struct bus_node *body,
                            enum bus_policy_lang lang,
                            struct bus_buf *out)
{
    bool down = m->how == BUS_POLICY_AT_MOST;
    int64_t by = m->to.number - m->before;
    if (m->known_before) {
        bus_buf_puts(out, down ? explain_report(lang, "降低 ", "lower by ")
                               : explain_report(lang, "提高 ", "higher by "));
        explain_report_put_amount(by < 0 ? -by : by, body, lang, out);
        bus_buf_puts(out, " (");
    }
    if (m->ends) {
        int64_t low = down ? m->end : m->to.number;
        explain_report_put_amount(low, body, lang, out);
        if (low != (down ? m->to.number : m->end)) {
            bus_buf_puts(out, explain_report(lang, " 至 ", " to "));
            explain_report_put_amount(down ? m->to.number : m->end, body, lang,
                                      out);
        }
    } else {
        bus_buf_puts(out, down ? explain_report(lang, "至多 ", "at most ")
                               : explain_report(lang, "至少 ", "at least "));
        explain_report_put_amount(m->to.number, body, lang, out);
    }
    bus_buf_puts(out, m->known_before ? ")" : "");
}

static void put_move(const struct bus_policy_catalogue *c,
                     const struct bus_advice_move *m,
                     enum bus_policy_lang lang,
                     struct bus_buf *out)
{
    if (m->to.fact == BUS_POLICY_DATE_MOVE) {
        char day[BUS_DATE_TEXT + 1];
        bus_buf_printf(out, "%s %s", explain_report(lang, "时间到", "from"),
                       bus_date_text((int32_t)m->to.number, day));
        if (lang == BUS_POLICY_ZH) {
            bus_buf_puts(out, " 起");
        }
        return;
    }
    const struct bus_node *body = bus_policy_fact_node(c, m->to.fact);
    if (m->to.member >= 0) {
        bus_buf_printf(out, "%s%d%s", explain_report(lang, "成员", "member "),
                       m->to.member + 1, explain_report(lang, " ", ": "));
    }
    put_label(body, bus_policy_fact_name(c, m->to.fact), lang, out);
    switch (m->to.kind) {
    case BUS_POLICY_LONG:
        bus_buf_putc(out, ' ');
        put_number_move(m, body, lang, out);
        break;
    case BUS_POLICY_BOOL:
        bus_buf_puts(out, m->to.number
                              ? explain_report(lang, " 为是", " is yes")
                              : explain_report(lang, " 为否", " is no"));
        break;
    case BUS_POLICY_TEXT:
        bus_buf_puts(out, explain_report(lang, " 为", " is "));
        explain_report_put_value(body, m->to.text, lang, out);
        break;
    case BUS_POLICY_DATE:
    case BUS_POLICY_NULL: /* are never moved */
        break;
    }
}

int bus_advice_report_change(const struct bus_policy_catalogue *c,
                             const struct bus_advice_change *change,
                             enum bus_policy_lang lang,
                             struct bus_buf *out,
                             struct bus_err *err)
{
    for (size_t i = 0; i < change->count; i++) {
        bus_buf_puts(out, i > 0 ? explain_report(lang, ",并且", ", and ") : "");
        put_move(c, &change->moves[i], lang, out);
    }
    return out->failed ? bus_fail(err, BUS_ETOOBIG, "no room for a change")
                       : BUS_OK;
}

/* --- values --- */

struct values
{
    const struct bus_policy_values *of;
    enum bus_policy_lang lang;
    struct bus_buf *out;
    int seen[VALUES_MAX]; /* facts, standards as -2 - n */
    size_t count;
};

static bool explain_report_seen(struct values *v, int what)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->seen[i] == what) {
            return true;
        }
    }
    if (v->count == VALUES_MAX) {
        return true;
    }
    v->seen[v->count++] = what;
    return false;
}

static void explain_report_put_fact(struct values *v,
                                    const struct clause_name *n)
{
    const struct bus_policy_catalogue *c = v->of->c;
    const struct bus_node *body = bus_policy_fact_node(c, n->fact);
    put_label(body, bus_policy_fact_name(c, n->fact), v->lang, v->out);
    int last = n->member ? (int)v->of->h->member_count : 0;
    for (int m = n->member ? 0 : -1; m < last; m++) {
        struct bus_policy_missing which = {n->fact, m};
        bus_buf_puts(v->out, m > 0 ? " / " : " ");
        explain_report_put_value(body, bus_policy_values_fact(v->of, which),
                                 v->lang, v->out);
    }
}

static void put_standard(struct values *v, int standard)
{
    const struct bus_node *body =
        bus_policy_standard_node(v->of->c, (size_t)standard);
    put_label(body, BUS_STRV("?"), v->lang, v->out);
    bus_buf_putc(v->out, ' ');
    explain_report_put_value(body, bus_policy_values_standard(v->of, standard),
                             v->lang, v->out);
}

int bus_advice_report_values(const struct bus_policy_values *values,
                             struct bus_strv rule,
                             enum bus_policy_lang lang,
                             struct bus_buf *out,
                             struct bus_err *err)
{
    struct values v = {values, lang, out, {0}, 0};
    for (size_t i = 0; i < rule.n;) {
        if (rule.p[i] == '"') {
            i = policy_clause_past_string(rule, i);
            continue;
        }
        if (!policy_clause_name_char(rule.p[i])) {
            i++;
            continue;
        }
        struct clause_name n;
        advice_clause_name_at(values->c, rule, i, &n);
        i = n.to;
        bool any = n.fact >= 0 || n.standard >= 0;
        if (!any ||
            explain_report_seen(&v, n.fact >= 0 ? n.fact : -2 - n.standard)) {
            continue;
        }
        bus_buf_puts(out, v.count > 1 ? "; " : "");
        if (n.fact >= 0) {
            explain_report_put_fact(&v, &n);
        } else {
            put_standard(&v, n.standard);
        }
    }
    return out->failed ? bus_fail(err, BUS_ETOOBIG, "no room for values")
                       : BUS_OK;
}
