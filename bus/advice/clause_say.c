/* A rule's text in people's words: names become the dictionary's labels, the
 * language's few words become Chinese. What is not known stays as written. */
#include <string.h>

#include "bus/policy/clause_parts.h"
#include "bus/policy/source.h"

struct report
{
    const struct bus_policy_catalogue *c;
    enum bus_policy_lang lang;
    struct bus_buf *out;
    const struct bus_node *last; /* the fact named last: whose words follow */
};

static const struct
{
    const char *word, *zh;
} words[] = {
    {"and", "且"},
    {"or", "或"},
    {"not", "非"},
    {"in", "属于"},
    {"true", "是"},
    {"false", "否"},
    {"if", "若"},
    {"then", "则"},
    {"else", "否则"},
    {"some", "有"},
    {"every", "每个"},
    {"satisfies", "满足"},
    {"for", "对"},
    {"return", "计"},
    {"members", "家庭成员"},
    {"count", "人数"},
    {"beneficiaries", "受益人"},
    {"ceiling", "向上取整"},
    {"floor", "向下取整"},
    {"min", "取较小"},
    {"max", "取较大"},
    {"sum", "合计"},
    {"between", "介于"},
    {"rule_date", "适用日期"},
};

static void clause_report_put(struct report *y, struct bus_strv s)
{
    bus_buf_put(y->out, s.p, s.n);
}

struct bus_strv advice_clause_label(const struct bus_node *body,
                                    enum bus_policy_lang lang)
{
    const struct bus_node *n = NULL;
    if (lang == BUS_POLICY_ZH) {
        n = bus_node_get(body, "zh_name");
        n = n ? n : bus_node_get(body, "zh");
    } else {
        n = bus_node_get(body, "en");
    }
    return n ? n->text : (struct bus_strv){0};
}

void advice_clause_name_at(const struct bus_policy_catalogue *c,
                           struct bus_strv s,
                           size_t i,
                           struct clause_name *ret)
{
    struct bus_strv w = policy_clause_word(s, i), name = w;
    struct clause_name r = {.to = i + w.n, .fact = -1, .standard = -1};
    r.path = r.to + 1 < s.n && s.p[r.to] == '.' &&
             policy_clause_name_char(s.p[r.to + 1]) && w.n > 0;
    if (r.path) {
        name = policy_clause_word(s, r.to + 1);
        r.to += 1 + name.n;
    }
    bool household = bus_strv_is(w, "household") || bus_strv_is(w, "家庭");
    bool standard = bus_strv_is(w, "standard") || bus_strv_is(w, "标准");
    if (r.path && standard) {
        r.standard = bus_policy_standard_find(c, name);
    } else if (name.n > 0) {
        r.member = !(r.path && household);
        r.fact = bus_policy_fact_named(c, r.member, name);
    }
    *ret = r;
}

/* A string literal: the word's label in the fact named last. */
static size_t report_string(struct report *y, struct bus_strv s, size_t i)
{
    size_t past = policy_clause_past_string(s, i), to = past;
    to -= past > i + 1 && s.p[past - 1] == '"' ? 1 : 0;
    char word[64];
    (void)bus_strv_copy(word, sizeof(word),
                        (struct bus_strv){s.p + i + 1, to - i - 1});
    const struct bus_node *w =
        bus_node_get(bus_node_get(y->last, "words"), word);
    struct bus_strv l = advice_clause_label(w, y->lang);
    if (l.n > 0) {
        clause_report_put(y, l);
    } else {
        clause_report_put(y, (struct bus_strv){s.p + i, past - i});
    }
    return past;
}

/* `some m in members satisfies`, `every ...`: behind it, 0 if it is not. */
static size_t report_quantified(struct report *y, struct bus_strv s, size_t i)
{
    static const char *const shape[] = {"", "", "in", "members", "satisfies"};
    bool every = s.p[i] == 'e';
    for (int k = 0; k < 5; k++) {
        while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\n')) {
            i++;
        }
        struct bus_strv w = policy_clause_word(s, i);
        if (w.n == 0 || (k > 1 && !bus_strv_is(w, shape[k]))) {
            return 0;
        }
        i += w.n;
    }
    bus_buf_puts(y->out, y->lang == BUS_POLICY_ZH
                             ? (every ? "每个成员都:" : "有成员:")
                             : (every ? "every member:" : "some member:"));
    return i;
}

/* A word, or a path of words; behind it. */
static size_t report_word(struct report *y, struct bus_strv s, size_t i)
{
    struct bus_strv w = policy_clause_word(s, i);
    struct clause_name name;
    const struct bus_node *body = NULL;
    advice_clause_name_at(y->c, s, i, &name);
    size_t to = name.to;
    bool path = name.path;
    if (name.standard >= 0) {
        body = bus_policy_standard_node(y->c, (size_t)name.standard);
    } else if (name.fact >= 0) {
        body = bus_policy_fact_node(y->c, name.fact);
        y->last = body;
    }
    struct bus_strv l = advice_clause_label(body, y->lang);
    if (l.n > 0) {
        clause_report_put(y, l);
        return to;
    }
    if (!path && (bus_strv_is(w, "some") || bus_strv_is(w, "every"))) {
        size_t past = report_quantified(y, s, i);
        if (past > 0) {
            return past;
        }
    }
    static const char *const logic[][2] = {{"且", "and"},
                                           {"并且", "and"},
                                           {"或", "or"},
                                           {"或者", "or"},
                                           {"非", "not"}};
    for (size_t k = 0; !path && k < sizeof(logic) / sizeof(logic[0]); k++) {
        if (bus_strv_is(w, logic[k][0])) {
            w = bus_strv(logic[k][1]);
        }
    }
    for (size_t k = 0; !path && y->lang == BUS_POLICY_ZH &&
                       k < sizeof(words) / sizeof(words[0]);
         k++) {
        if (bus_strv_is(w, words[k].word)) {
            bus_buf_puts(y->out, words[k].zh);
            return to;
        }
    }
    clause_report_put(y, path ? (struct bus_strv){s.p + i, to - i} : w);
    return to;
}

int bus_advice_report_clause(const struct bus_policy_catalogue *c,
                             struct bus_strv rule,
                             enum bus_policy_lang lang,
                             struct bus_buf *out,
                             struct bus_err *err)
{
    struct report y = {.c = c, .lang = lang, .out = out};
    for (size_t i = 0; i < rule.n;) {
        char ch = rule.p[i];
        if (ch == '"') {
            i = report_string(&y, rule, i);
        } else if (ch >= '0' && ch <= '9') {
            struct bus_strv number = policy_clause_word(rule, i);
            clause_report_put(&y, number);
            i += number.n;
        } else if (policy_clause_name_char(ch)) {
            i = report_word(&y, rule, i);
        } else if (ch == ' ' || ch == '\n') {
            while (i < rule.n && (rule.p[i] == ' ' || rule.p[i] == '\n')) {
                i++;
            }
            bus_buf_putc(out, ' ');
        } else {
            bus_buf_putc(out, (uint8_t)ch);
            i++;
        }
    }
    return out->failed ? bus_fail(err, BUS_ETOOBIG, "no room for a clause")
                       : BUS_OK;
}
