/* A rule's text in people's words: names become the dictionary's labels, the
 * language's few words become Chinese. What is not known stays as written. */
#include <string.h>

#include "bus/policy/clause.h"
#include "bus/policy/source.h"

struct say
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

static bool name_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           (ch >= '0' && ch <= '9') || ch == '_' || (unsigned char)ch >= 0x80;
}

static struct bus_strv next_word(struct bus_strv s, size_t i)
{
    size_t n = 0;
    while (i + n < s.n && name_char(s.p[i + n])) {
        n++;
    }
    return (struct bus_strv){s.p + i, n};
}

static void put(struct say *y, struct bus_strv s)
{
    bus_buf_put(y->out, s.p, s.n);
}

static struct bus_strv label(const struct say *y, const struct bus_node *body)
{
    const struct bus_node *n = NULL;
    if (y->lang == BUS_POLICY_ZH) {
        n = bus_node_get(body, "zh_name");
        n = n ? n : bus_node_get(body, "zh");
    } else {
        n = bus_node_get(body, "en");
    }
    return n ? n->text : (struct bus_strv){0};
}

static const struct bus_node *
fact_body(const struct say *y, const char *scope, struct bus_strv name)
{
    char full[128];
    size_t n = strlen(scope);
    if (n + name.n >= sizeof(full)) {
        return NULL;
    }
    memcpy(full, scope, n);
    memcpy(full + n, name.p, name.n);
    int f = bus_policy_fact_find(y->c, (struct bus_strv){full, n + name.n});
    return f >= 0 ? bus_policy_fact_node(y->c, f) : NULL;
}

static const struct bus_node *standard_body(const struct say *y,
                                            struct bus_strv name)
{
    int at = bus_policy_standard_find(y->c, name);
    return at >= 0 ? bus_policy_standard_node(y->c, (size_t)at) : NULL;
}

/* A string literal: the word's label in the fact named last. */
static size_t say_string(struct say *y, struct bus_strv s, size_t i)
{
    size_t to = i + 1;
    while (to < s.n && s.p[to] != '"') {
        to += s.p[to] == '\\' ? 2 : 1;
    }
    to = to < s.n ? to : s.n;
    char word[64];
    (void)bus_strv_copy(word, sizeof(word),
                        (struct bus_strv){s.p + i + 1, to - i - 1});
    const struct bus_node *w =
        bus_node_get(bus_node_get(y->last, "words"), word);
    struct bus_strv l = label(y, w);
    if (l.n > 0) {
        put(y, l);
    } else {
        put(y, (struct bus_strv){s.p + i, (to < s.n ? to + 1 : to) - i});
    }
    return to < s.n ? to + 1 : to;
}

/* `some m in members satisfies`, `every ...`: behind it, 0 if it is not. */
static size_t say_quantified(struct say *y, struct bus_strv s, size_t i)
{
    static const char *const shape[] = {"", "", "in", "members", "satisfies"};
    bool every = s.p[i] == 'e';
    for (int k = 0; k < 5; k++) {
        while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\n')) {
            i++;
        }
        struct bus_strv w = next_word(s, i);
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
static size_t say_word(struct say *y, struct bus_strv s, size_t i)
{
    struct bus_strv w = next_word(s, i), name = w;
    size_t to = i + w.n;
    const struct bus_node *body = NULL;
    bool path = to + 1 < s.n && s.p[to] == '.' && name_char(s.p[to + 1]);
    if (path) {
        name = next_word(s, to + 1);
        to += 1 + name.n;
    }
    bool home = bus_strv_is(w, "household") || bus_strv_is(w, "家庭");
    bool standard = bus_strv_is(w, "standard") || bus_strv_is(w, "标准");
    if (path && standard) {
        body = standard_body(y, name);
    } else {
        body = fact_body(y, path && home ? "household." : "member.", name);
        y->last = body ? body : y->last;
    }
    struct bus_strv l = label(y, body);
    if (l.n > 0) {
        put(y, l);
        return to;
    }
    if (!path && (bus_strv_is(w, "some") || bus_strv_is(w, "every"))) {
        size_t past = say_quantified(y, s, i);
        if (past > 0) {
            return past;
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
    put(y, (struct bus_strv){s.p + i, to - i});
    return to;
}

int bus_policy_say(const struct bus_policy_catalogue *c,
                   struct bus_strv rule,
                   enum bus_policy_lang lang,
                   struct bus_buf *out)
{
    struct say y = {.c = c, .lang = lang, .out = out};
    for (size_t i = 0; i < rule.n;) {
        char ch = rule.p[i];
        if (ch == '"') {
            i = say_string(&y, rule, i);
        } else if (ch >= '0' && ch <= '9') {
            struct bus_strv number = next_word(rule, i);
            put(&y, number);
            i += number.n;
        } else if (name_char(ch)) {
            i = say_word(&y, rule, i);
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
    return out->failed ? BUS_ETOOBIG : BUS_OK;
}
