/* policy diff: what differs between two catalogues, item by item and attribute
 * by attribute. Entries of a list are matched by what names them (version,
 * code, id, from, year), else by place. 0 the same, 1 not, 2 wrong use. */
#include <stdio.h>
#include <string.h>

#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/policy.h"

#define PATH_MAX_ 400
#define SHOWN_MAX 300 /* bytes of a value */

struct comparing
{
    struct bus_buf out;
    const char *title; /* not yet printed */
    char title_text[300];
    char path[PATH_MAX_];
    size_t differences;
};

/* The city's ten attributes, S27 to S36, by the key they stand under. */
static const char *label_of(const char *path)
{
    static const struct
    {
        const char *key, *label;
    } labels[] = {
        {"basis", "政策依据 policy basis"},
        {"condition", "申请条件 conditions"},
        {"beneficiaries", "受益成员 beneficiaries"},
        {"materials", "申请材料 materials"},
        {"process", "申办流程 process"},
        {"authority", "审批权限 approval authority"},
        {"fund", "资金来源 fund"},
        {"schedule", "发放时间 schedule"},
        {"amount", "发放标准 standard"},
        {"delivery", "发放方式 delivery"},
        {"volume", "年业务量 annual volume"},
        {"history", "近三年数据 three years' data"},
        {"effective", "生效期 effective"},
    };
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        const char *at = strstr(path, labels[i].key);
        size_t n = strlen(labels[i].key);
        if (at != NULL && (at == path || at[-1] == '.') &&
            (at[n] == '\0' || at[n] == '.' || at[n] == '[')) {
            return labels[i].label;
        }
    }
    return "";
}

/* One line, as YAML would write it in flow form; as deep as the reader lets. */
static void diff_put_value(const struct bus_node *n, struct bus_buf *out)
{
    if (n->kind == BUS_NODE_SCALAR) {
        char before = ' ';
        for (size_t i = 0; i < n->text.n; i++) {
            char ch = n->text.p[i] == '\n' ? ' ' : n->text.p[i];
            if (ch != ' ' || before != ' ') {
                bus_buf_putc(out, (uint8_t)ch);
            }
            before = ch;
        }
        return;
    }
    bool map = n->kind == BUS_NODE_MAP;
    bus_buf_putc(out, map ? '{' : '[');
    for (uint32_t i = 0; i < n->count; i++) {
        bus_buf_puts(out, i > 0 ? ", " : "");
        if (map) {
            diff_put_value(n->pairs[i].key, out);
            bus_buf_puts(out, ": ");
        }
        diff_put_value(map ? n->pairs[i].value : n->items[i], out);
    }
    bus_buf_putc(out, map ? '}' : ']');
}

static void put_side(struct comparing *c, char sign, const struct bus_node *n)
{
    if (n == NULL) {
        return;
    }
    bus_buf_printf(&c->out, "    %c ", sign);
    size_t from = c->out.len;
    diff_put_value(n, &c->out);
    if (c->out.len > from + SHOWN_MAX) {
        c->out.len = from + SHOWN_MAX; /* not within a character */
        while (c->out.len > from && (c->out.data[c->out.len] & 0xc0) == 0x80) {
            c->out.len--;
        }
        bus_buf_puts(&c->out, " …");
    }
    bus_buf_putc(&c->out, '\n');
}

static void
differs(struct comparing *c, const struct bus_node *a, const struct bus_node *b)
{
    if (c->title != NULL) {
        bus_buf_printf(&c->out, "%s\n", c->title);
        c->title = NULL;
    }
    c->differences++;
    bus_buf_printf(&c->out, "  %s  %s\n", c->path, label_of(c->path));
    put_side(c, '-', a);
    put_side(c, '+', b);
}

static const struct bus_node *diff_name_of(const struct bus_node *n)
{
    static const char *const keys[] = {"version", "code", "id", "from", "year"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct bus_node *v = bus_node_get(n, keys[i]);
        if (v != NULL && v->kind == BUS_NODE_SCALAR) {
            return v;
        }
    }
    return NULL;
}

/* The entry of the list by that name, else at that place. */
static const struct bus_node *diff_entry(const struct bus_node *list,
                                         const struct bus_node *name,
                                         uint32_t at)
{
    if (list == NULL || list->kind != BUS_NODE_LIST) {
        return NULL;
    }
    for (uint32_t i = 0; name != NULL && i < list->count; i++) {
        const struct bus_node *other = diff_name_of(list->items[i]);
        if (other != NULL && bus_strv_eq(other->text, name->text)) {
            return list->items[i];
        }
    }
    return name == NULL && at < list->count ? list->items[at] : NULL;
}

static void diff_compare(struct comparing *c,
                         const struct bus_node *a,
                         const struct bus_node *b);

static void diff_below(struct comparing *c,
                       const char *form,
                       struct bus_strv name,
                       const struct bus_node *pair[2])
{
    size_t n = strlen(c->path);
    bool index = form[0] == '[';
    (void)snprintf(c->path + n, sizeof(c->path) - n, "%s%.*s%s",
                   index    ? "["
                   : n == 0 ? ""
                            : ".",
                   BUS_STRV_ARG(name), index ? "]" : "");
    diff_compare(c, pair[0], pair[1]);
    c->path[n] = '\0';
}

static void compare_maps(struct comparing *c,
                         const struct bus_node *a,
                         const struct bus_node *b)
{
    for (int side = 0; side < 2; side++) {
        const struct bus_node *m = side == 0 ? a : b;
        for (uint32_t i = 0; i < m->count; i++) {
            const char *key = m->pairs[i].key->text.p;
            const struct bus_node *pair[2] = {bus_node_get(a, key),
                                              bus_node_get(b, key)};
            if (side == 0 || pair[0] == NULL) {
                diff_below(c, ".", m->pairs[i].key->text, pair);
            }
        }
    }
}

static void compare_lists(struct comparing *c,
                          const struct bus_node *a,
                          const struct bus_node *b)
{
    for (int side = 0; side < 2; side++) {
        const struct bus_node *l = side == 0 ? a : b;
        for (uint32_t i = 0; i < l->count; i++) {
            const struct bus_node *name = diff_name_of(l->items[i]);
            const struct bus_node *pair[2] = {diff_entry(a, name, i),
                                              diff_entry(b, name, i)};
            char place[16];
            (void)snprintf(place, sizeof(place), "%u", i + 1);
            if (side == 0 || pair[0] == NULL) {
                diff_below(c, "[", name ? name->text : bus_strv(place), pair);
            }
        }
    }
}

/* Calls itself for what is inside: as deep as the YAML reader allows. */
static void diff_compare(struct comparing *c,
                         const struct bus_node *a,
                         const struct bus_node *b)
{
    if (a == NULL || b == NULL || a->kind != b->kind) {
        if (a != b) {
            differs(c, a, b);
        }
    } else if (a->kind == BUS_NODE_MAP) {
        compare_maps(c, a, b);
    } else if (a->kind == BUS_NODE_LIST) {
        compare_lists(c, a, b);
    } else if (!bus_strv_eq(a->text, b->text)) {
        differs(c, a, b);
    }
}

static void diff_part(struct comparing *c,
                      const char *title,
                      const struct bus_node *a,
                      const struct bus_node *b)
{
    c->title = title;
    c->path[0] = '\0';
    diff_compare(c, a, b);
}

static const struct bus_node *item_of(const struct bus_policy_sources *s,
                                      struct bus_strv code)
{
    for (size_t i = 0; i < s->item_count; i++) {
        const struct bus_node *n = bus_node_get(s->items[i], "code");
        if (n != NULL && bus_strv_eq(n->text, code)) {
            return s->items[i];
        }
    }
    return NULL;
}

static const char *diff_text_at(const struct bus_node *n, const char *key)
{
    const char *t = bus_node_cstr(bus_node_get(bus_node_get(n, "name"), key));
    return t ? t : "?";
}

static void diff_items(struct comparing *c,
                       const struct bus_policy_sources *a,
                       const struct bus_policy_sources *b)
{
    for (int side = 0; side < 2; side++) {
        const struct bus_policy_sources *s = side == 0 ? a : b;
        for (size_t i = 0; i < s->item_count; i++) {
            const struct bus_node *code = bus_node_get(s->items[i], "code");
            if (code == NULL) {
                continue;
            }
            const struct bus_node *x = item_of(a, code->text);
            const struct bus_node *y = item_of(b, code->text);
            (void)snprintf(c->title_text, sizeof(c->title_text), "%.*s %s / %s",
                           BUS_STRV_ARG(code->text),
                           diff_text_at(s->items[i], "zh"),
                           diff_text_at(s->items[i], "en"));
            if (side == 0 && y != NULL) {
                diff_part(c, c->title_text, x, y);
            } else if (x == NULL || y == NULL) {
                bus_buf_printf(&c->out, "%s\n  %s\n", c->title_text,
                               x ? "- 仅在前者 only in the first"
                                 : "+ 仅在后者 only in the second");
                c->differences++;
            }
        }
    }
}

static int compare_all(const char *first,
                       const char *second,
                       size_t *ret_differences,
                       struct bus_err *err)
{
    struct comparing c = {0};
    struct bus_catalogue_rules r[2];
    const char *path[] = {first, second};
    int rc = BUS_OK;
    for (int i = 0; i < 2; i++) {
        bus_catalogue_rules_init(&r[i]);
        if (rc == BUS_OK) {
            rc = cli_policy_rules_open(&r[i], path[i], err);
        }
        if (rc == BUS_OK) {
            rc = bus_catalogue_rules_read(&r[i], err);
        }
        if (rc != BUS_OK) {
            cli_policy_print_faults(&r[i].faults, false);
        }
    }
    if (rc == BUS_OK) {
        const struct bus_policy_sources *a = &r[0].sources, *b = &r[1].sources;
        (void)printf("- %s\n+ %s\n", first, second);
        diff_part(&c, "facts.yaml 事实字典 / fact dictionary", a->facts,
                  b->facts);
        diff_part(&c, "standards.yaml 标准 / standards", a->standards,
                  b->standards);
        diff_part(&c, "interactions.yaml 事项间关系 / rules between items",
                  a->interactions, b->interactions);
        diff_items(&c, a, b);
        cli_policy_print(&c.out);
        (void)printf("%zu differences / %zu 处不同\n", c.differences,
                     c.differences);
    }
    bus_buf_fini(&c.out);
    bus_catalogue_rules_close(&r[0]);
    bus_catalogue_rules_close(&r[1]);
    *ret_differences = c.differences;
    return rc;
}

static int diff_run(int argc, char **argv)
{
    struct bus_err err = {0};
    if (argc != 3 || argv[1][0] == '-') {
        return LIANOU_USAGE;
    }
    size_t differences = 0;
    if (compare_all(argv[1], argv[2], &differences, &err) != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
        return LIANOU_USAGE;
    }
    return differences == 0 ? LIANOU_WELL : LIANOU_FAILED;
}

const struct policy_command cli_policy_cmd_diff = {
    .name = "diff",
    .usage = "A B (each a configuration folder or an archive)",
    .summary = "what differs between two catalogues, by item and attribute",
    .summary_zh = "逐项逐要素比较两份政策",
    .run = diff_run,
};
