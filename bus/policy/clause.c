#include "bus/policy/clause.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/policy/clause_parts.h"
#include "bus/policy/source.h"

static bool clause_space(char ch)
{
    return ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r';
}

bool policy_clause_name_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           (ch >= '0' && ch <= '9') || ch == '_' || (unsigned char)ch >= 0x80;
}

struct bus_strv policy_clause_word(struct bus_strv s, size_t i)
{
    BUS_CHECK(i <= s.n);
    size_t n = 0;
    while (i + n < s.n && policy_clause_name_char(s.p[i + n])) {
        n++;
    }
    return (struct bus_strv){s.p + i, n};
}

static struct bus_strv clause_trim(struct bus_strv s)
{
    while (s.n > 0 && clause_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && clause_space(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

size_t policy_clause_past_string(struct bus_strv s, size_t i)
{
    BUS_CHECK(i < s.n && s.p[i] == '"');
    for (i++; i < s.n && s.p[i] != '"'; i++) {
        i += s.p[i] == '\\' ? 1 : 0;
    }
    return i < s.n ? i + 1 : s.n;
}

/* The whole text stands in one pair of brackets? */
static bool bracketed(struct bus_strv s)
{
    int depth = 0;
    if (s.n < 2 || s.p[0] != '(' || s.p[s.n - 1] != ')') {
        return false;
    }
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '"') {
            i = policy_clause_past_string(s, i);
            continue;
        }
        depth += s.p[i] == '(' ? 1 : s.p[i] == ')' ? -1 : 0;
        if (depth == 0 && i + 1 < s.n) {
            return false;
        }
        i++;
    }
    return depth == 0;
}

static bool is_and_word(struct bus_strv w)
{
    return bus_strv_is(w, "and") || bus_strv_is(w, "且") ||
           bus_strv_is(w, "并且");
}

static bool is_or_word(struct bus_strv w)
{
    return bus_strv_is(w, "or") || bus_strv_is(w, "或") ||
           bus_strv_is(w, "或者");
}

/* The `and`s at the top: not in brackets, not behind a word that takes all
 * that follows. `or` at the top: none. Returns how many, SIZE_MAX for that.;
 * at: where each begins and ends. */
static size_t find_ands(struct bus_strv s, size_t *at, size_t max)
{
    int depth = 0, between = 0;
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        char ch = s.p[i];
        if (ch == '"') {
            i = policy_clause_past_string(s, i);
            continue;
        }
        depth += ch == '(' || ch == '[' || ch == '{'   ? 1
                 : ch == ')' || ch == ']' || ch == '}' ? -1
                                                       : 0;
        if (!policy_clause_name_char(ch)) {
            i++;
            continue;
        }
        struct bus_strv w = policy_clause_word(s, i);
        if (depth == 0 && is_or_word(w)) {
            return SIZE_MAX;
        }
        if (depth == 0 &&
            (bus_strv_is(w, "satisfies") || bus_strv_is(w, "if") ||
             bus_strv_is(w, "return") || bus_strv_is(w, "function"))) {
            return n;
        }
        between += depth == 0 && bus_strv_is(w, "between");
        if (depth == 0 && is_and_word(w)) {
            if (between > 0) {
                between--;
            } else if (n < max) {
                at[2 * n] = i;
                at[2 * n + 1] = i + w.n;
                n++;
            }
        }
        i += w.n;
    }
    return n;
}

/* Calls itself for what is in brackets: as deep as they are, at most
 * BUS_POLICY_CLAUSES_MAX. */
static size_t
clause_cut(struct bus_strv s, struct bus_strv *ret, size_t max, int depth)
{
    BUS_CHECK(max == 0 || ret != NULL);
    size_t at[2 * BUS_POLICY_CLAUSES_MAX], from = 0, total = 0;
    s = clause_trim(s);
    while (bracketed(s)) {
        s = clause_trim((struct bus_strv){s.p + 1, s.n - 2});
    }
    size_t n = find_ands(s, at, BUS_POLICY_CLAUSES_MAX);
    if (n == 0 || n == SIZE_MAX || depth >= BUS_POLICY_CLAUSES_MAX) {
        if (max > 0) {
            ret[0] = s;
        }
        return 1;
    }
    BUS_CHECK(n <= BUS_POLICY_CLAUSES_MAX && from <= s.n);
    for (size_t i = 0; i <= n; i++) {
        size_t to = i < n ? at[2 * i] : s.n;
        size_t used = total < max ? total : max;
        total += clause_cut((struct bus_strv){s.p + from, to - from},
                            ret + used, max - used, depth + 1);
        from = i < n ? at[2 * i + 1] : s.n;
    }
    return total;
}

size_t
bus_policy_clauses(struct bus_strv condition, struct bus_strv *ret, size_t max)
{
    BUS_CHECK(max == 0 || ret != NULL);
    return clause_trim(condition).n == 0 ? 0
                                         : clause_cut(condition, ret, max, 0);
}

/* The condition a key ("MZ01.2") stands in, and its number there; NULL: none.
 */
static const struct bus_node *
clause_condition(const struct bus_policy_catalogue *c,
                 struct bus_strv key,
                 int32_t rule_date,
                 int64_t *ret_number)
{
    const char *dot = key.n > 0 ? memrchr(key.p, '.', key.n) : NULL;
    if (dot == NULL) {
        return NULL;
    }
    struct bus_strv code = {key.p, (size_t)(dot - key.p)};
    int item = bus_policy_item_find(c, code);
    if (item < 0 ||
        !bus_strv_to_i64((struct bus_strv){dot + 1, key.n - code.n - 1},
                         ret_number)) {
        return NULL;
    }
    return bus_node_get(bus_policy_version_node(c, (size_t)item, rule_date),
                        "condition");
}

struct bus_strv bus_policy_clause_of(const struct bus_policy_catalogue *c,
                                     struct bus_strv key,
                                     int32_t rule_date)
{
    struct bus_strv parts[BUS_POLICY_CLAUSES_MAX], none = {0};
    int64_t number = 0;
    const struct bus_node *condition =
        clause_condition(c, key, rule_date, &number);
    const struct bus_node *feel = bus_node_get(condition, "feel");
    const struct bus_node *decision = bus_node_get(condition, "decision");
    if (feel == NULL && decision != NULL && number == 1) {
        return decision->text; /* of a model: its name says what it decides */
    }
    size_t n =
        feel ? bus_policy_clauses(feel->text, parts, BUS_POLICY_CLAUSES_MAX)
             : 0;
    n = n < BUS_POLICY_CLAUSES_MAX ? n : BUS_POLICY_CLAUSES_MAX;
    BUS_CHECK(n <= BUS_POLICY_CLAUSES_MAX);
    return number >= 1 && (size_t)number <= n ? parts[number - 1] : none;
}

const struct bus_node *
bus_policy_clause_text(const struct bus_policy_catalogue *c,
                       struct bus_strv key,
                       int32_t rule_date)
{
    int64_t number = 0;
    const struct bus_node *condition =
        clause_condition(c, key, rule_date, &number);
    const struct bus_node *list = bus_node_get(condition, "clauses");
    const struct bus_node *feel = bus_node_get(condition, "feel");
    if (list != NULL && list->kind == BUS_NODE_LIST && number >= 1 &&
        number <= list->count) {
        return list->items[number - 1];
    }
    bool one = feel != NULL && bus_policy_clauses(feel->text, NULL, 0) == 1;
    return list == NULL && one && number == 1 ? bus_node_get(condition, "text")
                                              : NULL;
}
