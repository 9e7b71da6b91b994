/* policy facts WORD: the names a rule may read, found by a word in Chinese or
 * English.
 *
 * - looks in names, their Chinese names and descriptions, and the words of
 *   enumerations, of facts and of standards
 * - a line a fact: how a rule writes it in both languages, its kind, its words
 * - without WORD all of them; 1 if nothing is found */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "bus/policy/source.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"

static const struct
{
    const char *type, *zh;
} type_words[] = {{"money_fen", "金额(分)"}, {"count", "数量"},
                  {"number", "数字"},        {"boolean", "是否"},
                  {"date", "日期"},          {"enum", "词"},
                  {"text", "文字"}};

static struct bus_strv text_of(const struct bus_node *n, const char *key)
{
    const struct bus_node *t = bus_node_get(n, key);
    return t != NULL && t->kind == BUS_NODE_SCALAR ? t->text
                                                   : (struct bus_strv){0};
}

static bool has_word(struct bus_strv s, const char *word)
{
    char text[512];
    (void)bus_strv_copy(text, sizeof(text), s);
    return strcasestr(text, word) != NULL;
}

static bool words_have(const struct bus_node *words, const char *word)
{
    for (uint32_t i = 0;
         words != NULL && words->kind == BUS_NODE_MAP && i < words->count;
         i++) {
        if (has_word(words->pairs[i].key->text, word) ||
            has_word(text_of(words->pairs[i].value, "zh"), word) ||
            has_word(text_of(words->pairs[i].value, "en"), word)) {
            return true;
        }
    }
    return false;
}

static bool is_asked_for(const struct bus_node *body,
                         struct bus_strv name,
                         const char *word)
{
    return word == NULL || has_word(name, word) ||
           has_word(text_of(body, "zh"), word) ||
           has_word(text_of(body, "zh_name"), word) ||
           has_word(text_of(body, "en"), word) ||
           words_have(bus_node_get(body, "words"), word);
}

static void print_words(const struct bus_node *words)
{
    for (uint32_t i = 0;
         words != NULL && words->kind == BUS_NODE_MAP && i < words->count;
         i++) {
        struct bus_strv zh = text_of(words->pairs[i].value, "zh");
        (void)printf("%s\"%.*s\" %.*s", i == 0 ? "\n      " : ", ",
                     BUS_STRV_ARG(words->pairs[i].key->text), BUS_STRV_ARG(zh));
    }
}

static void print_fact(const struct bus_policy_catalogue *c, int fact)
{
    const struct bus_node *body = bus_policy_fact_node(c, fact);
    struct bus_strv name = bus_policy_fact_name(c, fact);
    struct bus_strv type = text_of(body, "type"), zh = text_of(body, "zh_name");
    bool member = name.n > 7 && memcmp(name.p, "member.", 7) == 0;
    const char *kind = type.p ? type.p : "";
    if (zh.n == 0) {
        zh = text_of(body, "zh");
    }
    for (size_t i = 0; i < sizeof(type_words) / sizeof(type_words[0]); i++) {
        kind = bus_strv_is(type, type_words[i].type) ? type_words[i].zh : kind;
    }
    const char *bare = memchr(name.p, '.', name.n);
    (void)printf(
        "  %s%s  %s%.*s  %s%s\n      %.*s / %.*s", member ? "m" : "household",
        bare ? bare : "", member ? "m." : "家庭.", BUS_STRV_ARG(zh), kind,
        bus_policy_fact_derived(c, fact) ? ",由其他事实算出 (derived)" : "",
        BUS_STRV_ARG(text_of(body, "zh")), BUS_STRV_ARG(text_of(body, "en")));
    print_words(bus_node_get(body, "words"));
    (void)printf("\n");
}

static size_t print_facts(const struct bus_policy_catalogue *c,
                          const char *word)
{
    size_t found = 0;
    for (size_t f = 0; f < bus_policy_fact_count(c); f++) {
        const struct bus_node *body = bus_policy_fact_node(c, (int)f);
        if (is_asked_for(body, bus_policy_fact_name(c, (int)f), word)) {
            print_fact(c, (int)f);
            found++;
        }
    }
    return found;
}

static size_t print_standards(const struct policy_tool *t, const char *word)
{
    const struct bus_node *all = t->config.standards_node;
    size_t found = 0;
    for (uint32_t i = 0;
         all != NULL && all->kind == BUS_NODE_MAP && i < all->count; i++) {
        const struct bus_node *body = all->pairs[i].value;
        if (!is_asked_for(body, all->pairs[i].key->text, word)) {
            continue;
        }
        (void)printf("  standard.%.*s  标准.%.*s  数字\n      %.*s (%.*s)\n",
                     BUS_STRV_ARG(all->pairs[i].key->text),
                     BUS_STRV_ARG(text_of(body, "zh")),
                     BUS_STRV_ARG(text_of(body, "en")),
                     BUS_STRV_ARG(text_of(body, "unit")));
        found++;
    }
    return found;
}

static int run_facts(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    struct policy_tool t = {.day = 0};
    struct bus_err err = {0};
    const char *folder = NULL;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        folder = optarg;
    }
    if (argc - optind > 1) {
        return LIANOU_USAGE;
    }
    const char *word = optind < argc ? argv[optind] : NULL;
    int code = LIANOU_FAILED;
    if (cli_policy_open(&t, folder, &err) == BUS_OK) {
        size_t facts = print_facts(t.catalogue, word);
        size_t standards = print_standards(&t, word);
        (void)printf("%zu 个事实, %zu 项标准 / %zu facts, %zu standards\n",
                     facts, standards, facts, standards);
        code = facts + standards > 0 ? LIANOU_WELL : LIANOU_FAILED;
    } else {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
    }
    cli_policy_close(&t);
    return code;
}

const struct policy_command cli_policy_cmd_facts = {
    .name = "facts",
    .usage = "[WORD] [--config DIR]",
    .summary = "the names a rule may read, found by a word",
    .summary_zh = "按词查规则可用的事实和标准",
    .run = run_facts,
};
