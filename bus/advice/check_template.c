/* The city's template of an item (S37): every attribute of S27 to S36 is
 * there, of its kind, and its code words are known. A table says what. */
#include <string.h>

#include "bus/advice/check.h"
#include "bus/policy/process.h"

enum want {
    WANT_TEXT,
    WANT_BOTH,
    WANT_NUMBER,
    WANT_BOOL,
    WANT_DATE,
    WANT_WORD
};
struct rule
{
    const char *path; /* "process.total.n"; "[]" is each of a list */
    enum want want;
    const char *words; /* of WANT_WORD, each in spaces */
    bool may_lack;     /* only looked at when it is there */
    bool may_be_none;  /* its list may be empty */
};

#define UNITS " days working_days "
#define MARKS " F K I A "
#define WHO                                                              \
    " township county village institution station school hospital city " \
    "applicant department bank post insurer charity province federation "

static const struct rule item_rules[] = {
    {"name", WANT_BOTH, NULL, false, false},
    {"category", WANT_WORD, " basic_living special emergency ", false, false},
    {"kind", WANT_WORD, " benefit status service ", false, false},
    {"scope", WANT_WORD, " household member ", false, false},
    {"start", WANT_WORD, " application status institution list ", false, false},
    {"source", WANT_TEXT, NULL, false, false},
    {"confidence", WANT_WORD, MARKS, false, false},
    {"volume.year", WANT_NUMBER, NULL, false, false},
    {"volume.applications", WANT_NUMBER, NULL, false, false},
    {"history.[].year", WANT_NUMBER, NULL, false, false},
    {"history.[].applications", WANT_NUMBER, NULL, false, false},
    {"history.[].approved", WANT_NUMBER, NULL, false, false},
    {"history.[].paid_fen", WANT_NUMBER, NULL, false, false},
};
/* Of the item, or of every one of its versions. */
static const struct rule part_rules[] = {
    {"materials.[].code", WANT_TEXT, NULL, false, true},
    {"materials.[].name", WANT_BOTH, NULL, false, true},
    {"materials.[].obtainable_by_sharing", WANT_BOOL, NULL, false, true},
    {"process.flow", WANT_TEXT, NULL, false, false},
    {"process.steps.[].step", WANT_WORD, BUS_POLICY_STEP_WORDS, false, false},
    {"process.steps.[].actor", WANT_WORD, WHO, false, false},
    {"process.steps.[].limit.n", WANT_NUMBER, NULL, true, false},
    {"process.steps.[].limit.unit", WANT_WORD, UNITS, true, false},
    {"process.steps.[].text", WANT_BOTH, NULL, false, false},
    {"process.total.n", WANT_NUMBER, NULL, false, false},
    {"process.total.unit", WANT_WORD, UNITS, false, false},
    {"process.notice_days", WANT_NUMBER, NULL, false, false},
    {"authority.level", WANT_WORD, " township county institution city ", false,
     false},
    {"authority.delegations.[].to", WANT_WORD, WHO, true, true},
    {"authority.delegations.[].from", WANT_DATE, NULL, true, true},
    {"fund", WANT_TEXT, NULL, false, false},
    {"delivery.channel", WANT_WORD,
     " bank post_cash post_goods service utility ", false, false},
    {"schedule.period", WANT_WORD, " once month quarter term year event ",
     false, false},
};
static const struct rule version_rules[] = {
    {"version", WANT_TEXT, NULL, false, false},
    {"effective.from", WANT_DATE, NULL, false, false},
    {"basis.[].document", WANT_BOTH, NULL, false, false},
    {"basis.[].from", WANT_DATE, NULL, false, false},
    {"basis.[].confidence", WANT_WORD, MARKS, false, false},
    {"condition.text", WANT_BOTH, NULL, false, false},
    {"condition.clauses.[].zh", WANT_TEXT, NULL, true, false},
    {"condition.clauses.[].en", WANT_TEXT, NULL, true, false},
    {"condition.confidence", WANT_WORD, MARKS, false, false},
    {"amount.text", WANT_BOTH, NULL, true, false},
    {"amount.confidence", WANT_WORD, MARKS, true, false},
};

struct probe
{
    const struct rule *rule;
    const char *code;
    struct bus_faults *faults;
};

static bool check_template_text(const struct bus_node *n)
{
    return n != NULL && n->kind == BUS_NODE_SCALAR && n->text.n > 0;
}

static bool check_template_word_of(const struct bus_node *n, const char *words)
{
    char w[64];
    if (!check_template_text(n) || n->text.n > sizeof(w) - 3) {
        return false;
    }
    w[0] = ' ';
    memcpy(w + 1, n->text.p, n->text.n);
    memcpy(w + 1 + n->text.n, " ", 2);
    return strstr(words, w) != NULL;
}

static const char *const wants_zh[] = {
    [WANT_TEXT] = "应为文字",   [WANT_BOTH] = "应有中英文",
    [WANT_NUMBER] = "应为整数", [WANT_BOOL] = "应为 true 或 false",
    [WANT_DATE] = "应为日期",   [WANT_WORD] = "应为其中之一",
};

/* NULL if it is as wanted, else what it must be. */
static const char *check_template_wrong(const struct bus_node *n,
                                        const struct rule *r,
                                        const char **ret_words)
{
    int64_t v;
    int32_t day;
    bool b;
    *ret_words = "";
    switch (r->want) {
    case WANT_TEXT:
        return check_template_text(n) ? NULL : "must be a text";
    case WANT_BOTH:
        return check_template_text(bus_node_get(n, "zh")) &&
                       check_template_text(bus_node_get(n, "en"))
                   ? NULL
                   : "must be in Chinese and English: {zh: ..., en: ...} / "
                     "应有中英文";
    case WANT_NUMBER:
        return bus_node_to_i64(n, &v) && v >= 0 ? NULL
                                                : "must be a whole number";
    case WANT_BOOL:
        return bus_node_to_bool(n, &b) ? NULL : "must be true or false";
    case WANT_DATE:
        return bus_node_to_date(n, &day) ? NULL : "must be a date";
    case WANT_WORD:
        *ret_words = r->words;
        return check_template_word_of(n, r->words) ? NULL : "must be one of";
    }
    return NULL;
}

/* Follows the rest of a path from n; calls itself once a step of it. */
static void
follow(const struct probe *k, const struct bus_node *n, const char *rest)
{
    const struct rule *r = k->rule;
    if (strncmp(rest, "[].", 3) == 0) {
        if (n->kind != BUS_NODE_LIST || (n->count == 0 && !r->may_be_none)) {
            bus_faults_add(
                k->faults, n->at, k->code,
                "%s: must be a list that is not empty / 应为非空列表", r->path);
            return;
        }
        for (uint32_t i = 0; i < n->count; i++) {
            follow(k, n->items[i], rest + 3);
        }
        return;
    }
    const char *dot = strchr(rest, '.');
    char key[64];
    (void)bus_strv_copy(
        key, sizeof(key),
        (struct bus_strv){rest, dot ? (size_t)(dot - rest) : strlen(rest)});
    const struct bus_node *next = bus_node_get(n, key);
    if (next == NULL && r->may_lack) {
        return;
    }
    if (next == NULL) {
        bus_faults_add(
            k->faults, n->at, k->code,
            "%s: missing; the template asks for it / 缺少,样板要求填写",
            r->path);
    } else if (dot != NULL) {
        follow(k, next, dot + 1);
    } else {
        const char *words;
        const char *what = check_template_wrong(next, r, &words);
        if (what != NULL) {
            bus_faults_add(k->faults, next->at, k->code, "%s: %s%s / %s",
                           r->path, what, words, wants_zh[r->want]);
        }
    }
}

static bool check_template_has(const struct bus_node *n, const char *path)
{
    char key[64];
    const char *dot = strchr(path, '.');
    (void)bus_strv_copy(
        key, sizeof(key),
        (struct bus_strv){path, dot ? (size_t)(dot - path) : strlen(path)});
    return bus_node_get(n, key) != NULL;
}

static void check_versions(struct probe *k, const struct bus_node *item)
{
    const struct bus_node *versions = bus_node_get(item, "versions");
    for (uint32_t i = 0; versions != NULL && versions->kind == BUS_NODE_LIST &&
                         i < versions->count;
         i++) {
        const struct bus_node *v = versions->items[i];
        for (size_t r = 0; r < sizeof(version_rules) / sizeof(*version_rules);
             r++) {
            k->rule = &version_rules[r];
            follow(k, v, k->rule->path);
        }
    }
}

/* An item's own part is looked at once, a version's in its place. */
static void check_parts(struct probe *k, const struct bus_node *item)
{
    const struct bus_node *versions = bus_node_get(item, "versions");
    bool list = versions != NULL && versions->kind == BUS_NODE_LIST;
    for (size_t r = 0; r < sizeof(part_rules) / sizeof(*part_rules); r++) {
        k->rule = &part_rules[r];
        bool of_item = false;
        for (uint32_t i = 0; list && i < versions->count; i++) {
            if (check_template_has(versions->items[i], k->rule->path)) {
                follow(k, versions->items[i], k->rule->path);
            } else {
                of_item = true;
            }
        }
        if (of_item) {
            follow(k, item, k->rule->path);
        }
    }
}

/* The steps of a process, those of the total's unit, fit into its total. */
static void check_steps(struct probe *k, const struct bus_node *process)
{
    const struct bus_node *total = bus_node_get(process, "total");
    const struct bus_node *unit = bus_node_get(total, "unit");
    const struct bus_node *steps = bus_node_get(process, "steps");
    int64_t limit = 0, sum = 0;
    if (unit == NULL || steps == NULL || steps->kind != BUS_NODE_LIST ||
        !bus_node_to_i64(bus_node_get(total, "n"), &limit)) {
        return; /* said already */
    }
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct bus_node *l = bus_node_get(steps->items[i], "limit");
        const struct bus_node *of = bus_node_get(l, "unit");
        int64_t n = 0;
        if (of != NULL && bus_strv_eq(of->text, unit->text) &&
            bus_node_to_i64(bus_node_get(l, "n"), &n)) {
            sum += n;
        }
    }
    if (sum > limit) {
        bus_faults_add(k->faults, total->at, k->code,
                       "process.steps: add up to %lld %s, more than the total "
                       "of %lld / 各步骤时限合计 %lld,超过总时限 %lld",
                       (long long)sum, unit->text.p, (long long)limit,
                       (long long)sum, (long long)limit);
    }
}

static void check_processes(struct probe *k, const struct bus_node *item)
{
    const struct bus_node *versions = bus_node_get(item, "versions");
    check_steps(k, bus_node_get(item, "process"));
    for (uint32_t i = 0; versions != NULL && versions->kind == BUS_NODE_LIST &&
                         i < versions->count;
         i++) {
        check_steps(k, bus_node_get(versions->items[i], "process"));
    }
}

void bus_advice_check_template(const struct bus_node *const *items,
                               size_t count,
                               struct bus_faults *faults)
{
    for (size_t i = 0; i < count; i++) {
        const struct bus_node *code = bus_node_get(items[i], "code");
        struct probe k = {.faults = faults,
                          .code =
                              check_template_text(code) ? code->text.p : "?"};
        for (size_t r = 0; r < sizeof(item_rules) / sizeof(*item_rules); r++) {
            k.rule = &item_rules[r];
            follow(&k, items[i], k.rule->path);
        }
        const struct bus_node *history = bus_node_get(items[i], "history");
        if (history != NULL && history->kind == BUS_NODE_LIST &&
            history->count < 3) {
            bus_faults_add(faults, history->at, k.code,
                           "history: %u years; the template asks for three / "
                           "历年数据不足三年",
                           history->count);
        }
        check_versions(&k, items[i]);
        check_parts(&k, items[i]);
        check_processes(&k, items[i]);
    }
}
