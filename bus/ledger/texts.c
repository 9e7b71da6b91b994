#include <string.h>

#include "bus/ledger/parts.h"
#include "bus/policy/source.h"

json_t *bus_ledger_pair(struct bus_strv code, const char *zh, const char *en)
{
    json_t *text = json_stringn(code.p ? code.p : "", code.n);
    return json_pack("{s:o, s:o, s:o}", "code", text, "zh",
                     zh ? json_string(zh) : json_incref(text), "en",
                     en ? json_string(en) : json_incref(text));
}

static json_t *of_node(const struct bus_node *n, struct bus_strv code)
{
    return bus_ledger_pair(code, bus_node_cstr(bus_node_get(n, "zh")),
                           bus_node_cstr(bus_node_get(n, "en")));
}

static const struct bus_node *texts_word_of(const struct bus_ledger_cases *c,
                                            const char *kind,
                                            struct bus_strv code)
{
    char name[64];
    if (code.n >= sizeof(name)) {
        return NULL;
    }
    (void)bus_strv_copy(name, sizeof(name), code);
    return bus_node_get(bus_node_get(c->config->words_node, kind), name);
}

static const struct bus_fact_source *source_of(const struct bus_ledger_cases *c,
                                               struct bus_strv code)
{
    for (size_t i = 0; i < c->config->sources_count; i++) {
        if (bus_strv_is(code, c->config->sources[i].code)) {
            return &c->config->sources[i];
        }
    }
    return NULL;
}

static json_t *partner(const struct bus_ledger_cases *c, struct bus_strv code)
{
    for (size_t i = 0; i < c->config->partners_count; i++) {
        const struct bus_conf_partner *p = &c->config->partners[i];
        if (bus_strv_is(code, p->code)) {
            return bus_ledger_pair(code, p->name_zh, p->name);
        }
    }
    const struct bus_fact_source *s = source_of(c, code);
    return bus_ledger_pair(code, s ? s->zh : NULL, s ? s->en : NULL);
}

static json_t *texts_item(const struct bus_ledger_cases *c,
                          struct bus_strv code)
{
    int i = bus_policy_item_find(c->catalogue, code);
    return of_node(
        i < 0 ? NULL
              : bus_node_get(bus_policy_item_node(c->catalogue, (size_t)i),
                             "name"),
        code);
}

static json_t *division(const struct bus_ledger_cases *c, struct bus_strv code)
{
    const struct bus_village *v = bus_conf_village(c->config, code);
    json_t *name = v ? json_sprintf("%s%s", v->town, v->name)
                     : json_stringn(code.p, code.n);
    return json_pack("{s:s%, s:O, s:o}", "code", code.p, code.n, "zh", name,
                     "en", name);
}

static const struct bus_fact *texts_fact_of(const struct bus_ledger_cases *c,
                                            struct bus_strv name)
{
    const char *dot = memchr(name.p, '.', name.n);
    if (dot == NULL) {
        return NULL;
    }
    struct bus_strv scope = {name.p, (size_t)(dot - name.p)};
    struct bus_strv bare = {dot + 1, name.n - scope.n - 1};
    return bus_conf_fact(c->config,
                         bus_strv_is(scope, "member") ? BUS_FACT_MEMBER
                                                      : BUS_FACT_HOUSEHOLD,
                         bare);
}

/* One word behind a reason's own: a step, a role, a part of the personal
 * record, an item, a partner, or as it is. */
static void
worded_more(const struct bus_ledger_cases *c, struct bus_strv of, json_t *text)
{
    static const char *const kinds[] = {"process_step", "role", "personal"};
    const struct bus_node *word = NULL;
    for (size_t i = 0; word == NULL && i < sizeof(kinds) / sizeof(kinds[0]);
         i++) {
        word = texts_word_of(c, kinds[i], of);
    }
    bool named = word != NULL;
    bool item = bus_policy_item_find(c->catalogue, of) >= 0;
    json_t *more = named  ? of_node(word, of)
                   : item ? texts_item(c, of)
                          : partner(c, of);
    static const char *const keys[] = {"zh", "en"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *is = json_string_value(json_object_get(more, keys[i]));
        bool bare = named || (is != NULL && bus_strv_is(of, is));
        (void)json_object_set_new(
            text, keys[i],
            json_sprintf("%s%s%.*s%s%s",
                         json_string_value(json_object_get(text, keys[i])),
                         i == 0 ? ", " : "; ", bare ? 0 : (int)of.n, of.p,
                         bare ? "" : " ", is));
    }
    json_decref(more);
}

/* A reason may name the item that is the way instead, or the step that is
 * missing: "ABOVE_CAP MZ06", "STEP_MISSING survey". */
static json_t *
worded(const struct bus_ledger_cases *c, const char *kind, struct bus_strv code)
{
    const char *gap = code.n > 0 ? memchr(code.p, ' ', code.n) : NULL;
    if (gap == NULL) {
        return of_node(texts_word_of(c, kind, code), code);
    }
    struct bus_strv word = {code.p, (size_t)(gap - code.p)};
    json_t *text = of_node(texts_word_of(c, kind, word), word);
    struct bus_strv rest = {gap + 1, code.n - word.n - 1};
    while (rest.n > 0) {
        gap = memchr(rest.p, ' ', rest.n);
        struct bus_strv of = {rest.p, gap ? (size_t)(gap - rest.p) : rest.n};
        if (of.n > 0) {
            worded_more(c, of, text);
        }
        size_t past = of.n + (gap != NULL);
        rest = (struct bus_strv){rest.p + past, rest.n - past};
    }
    (void)json_object_set_new(text, "code", json_stringn(code.p, code.n));
    return text;
}

json_t *bus_ledger_text(const struct bus_ledger_cases *c,
                        enum cases_class class,
                        const char *kind,
                        struct bus_strv code)
{
    const struct bus_fact *fact;
    switch (class) {
    case CASES_WORD:
        return worded(c, kind, code);
    case CASES_PARTNER:
        return partner(c, code);
    case CASES_ITEM:
        return texts_item(c, code);
    case CASES_DIVISION:
        return division(c, code);
    case CASES_FACT:
        fact = texts_fact_of(c, code);
        return bus_ledger_pair(code, fact ? fact->zh : NULL,
                               fact ? fact->en : NULL);
    }
    return NULL;
}

json_t *bus_ledger_suppliers(const struct bus_ledger_cases *c,
                             struct bus_strv name)
{
    const struct bus_fact *fact = texts_fact_of(c, name);
    json_t *list = json_array();
    for (size_t i = 0; fact != NULL && i < fact->sources.count; i++) {
        const char *const *all = fact->sources.items;
        (void)json_array_append_new(list, partner(c, bus_strv(all[i])));
    }
    return list;
}
