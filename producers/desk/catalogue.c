/* The public catalogue: what each kind of assistance asks for, in sentences. */
#include <stdlib.h>
#include <string.h>

#include "bus/policy/source.h"
#include "producers/desk/desk.h"

#define LINES_MAX 40

/* The version in force: what of the file's `versions` the catalogue names. */
static const struct bus_node *version_node(const struct bus_node *item,
                                           struct bus_strv version)
{
    const struct bus_node *list = bus_node_get(item, "versions");
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const struct bus_node *name = bus_node_get(list->items[i], "version");
        if (name != NULL && bus_strv_eq(name->text, version)) {
            return list->items[i];
        }
    }
    return NULL;
}

static const char *limit_text(const struct desk_visit *v,
                              const struct bus_policy_item *item)
{
    return desk_say_with(
        v, item->working_days ? DESK_WORD_WORKING_DAYS : DESK_WORD_DAYS,
        desk_printf(v, "%d", (int)item->limit));
}

static const char *of_view(const struct desk_visit *v, struct bus_strv s)
{
    return desk_printf(v, "%.*s", BUS_STRV_ARG(s));
}

/* --- the list --- */

static struct desk_item_row catalogue_row(const struct desk_visit *v,
                                          size_t i,
                                          const struct bus_policy_item *item)
{
    const struct bus_node *node = bus_policy_item_node(v->desk->catalogue, i);
    const struct bus_node *version = version_node(node, item->version);
    return (struct desk_item_row){
        .code = of_view(v, item->code),
        .name =
            of_view(v, v->lang == BUS_WEB_EN ? item->title_en : item->title_zh),
        .department = desk_partner_name(v, of_view(v, item->department)),
        .summary = desk_text_of(
            v, bus_node_get(bus_node_get(version, "condition"), "text")),
        .limit = limit_text(v, item)};
}

static void catalogue_choices(const struct desk_visit *v,
                              struct bus_strv chosen,
                              struct desk_catalogue *page)
{
    const struct bus_config *c = v->desk->config;
    struct desk_choice *list =
        bus_arena_calloc(v->mem, c->partners_count + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (p->kind == BUS_PARTNER_DEPARTMENT) {
            list[page->departments_count++] =
                (struct desk_choice){p->code, desk_partner_name(v, p->code),
                                     bus_strv_is(chosen, p->code)};
        }
    }
    page->departments = list;
}

void desk_catalogue(struct desk_visit *v)
{
    struct bus_strv chosen = bus_run_http_query(v->rq, "department");
    const struct bus_policy_catalogue *c = v->desk->catalogue;
    size_t count = bus_policy_item_count(c);
    struct desk_catalogue page = {
        .head = desk_head_of(v, DESK_WORD_CATALOGUE, DESK_AT_CATALOGUE)};
    struct desk_item_row *rows =
        bus_arena_calloc(v->mem, count + 1, sizeof(*rows));
    struct bus_buf out;
    for (size_t i = 0; rows != NULL && i < count; i++) {
        struct bus_policy_item item;
        if (bus_policy_item_at(c, i, desk_today(), &item) &&
            (chosen.n == 0 || bus_strv_eq(chosen, item.department))) {
            rows[page.rows_count++] = catalogue_row(v, i, &item);
        }
    }
    page.rows = rows;
    catalogue_choices(v, chosen, &page);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_catalogue(&p, &page);
    desk_page_end(v, 200, &p);
}

/* --- one item --- */

/* Of each element the text below `key` ("" : itself); word: around it where
 * `flag` is true. */
static const struct desk_line *item_lines(const struct desk_visit *v,
                                          const struct bus_node *list,
                                          const char *key,
                                          const char *flag,
                                          size_t *ret_n)
{
    struct desk_line *lines =
        bus_arena_calloc(v->mem, LINES_MAX, sizeof(*lines));
    size_t n = list != NULL && list->kind == BUS_NODE_LIST ? list->count : 0;
    *ret_n = 0;
    for (size_t i = 0; lines != NULL && i < n && *ret_n < LINES_MAX; i++) {
        const struct bus_node *e = list->items[i];
        bool shared = false;
        const char *text =
            desk_text_of(v, key[0] != '\0' ? bus_node_get(e, key) : e);
        if (flag != NULL && bus_node_to_bool(bus_node_get(e, flag), &shared) &&
            shared) {
            text = desk_say_with(v, DESK_WORD_PAPERS_SHARED, text);
        }
        if (text[0] != '\0') {
            lines[(*ret_n)++].text = text;
        }
    }
    return lines;
}

static const char *node_text(const struct bus_node *n)
{
    const char *s = bus_node_cstr(n);
    return s != NULL ? s : "";
}

static void item_basis(const struct desk_visit *v,
                       const struct bus_node *list,
                       struct desk_item *page)
{
    struct desk_basis *basis =
        bus_arena_calloc(v->mem, LINES_MAX, sizeof(*basis));
    size_t n = list != NULL && list->kind == BUS_NODE_LIST ? list->count : 0;
    for (size_t i = 0; basis != NULL && i < n && i < LINES_MAX; i++) {
        const struct bus_node *e = list->items[i];
        basis[page->basis_count++] = (struct desk_basis){
            .document = desk_text_of(v, bus_node_get(e, "document")),
            .number = node_text(bus_node_get(e, "number")),
            .article = node_text(bus_node_get(e, "article"))};
    }
    page->basis = basis;
}

static const char *delivery_text(const struct desk_visit *v,
                                 enum bus_policy_delivery d)
{
    static const char *const codes[] = {"BANK", "POST_CASH", "POST_GOODS",
                                        "SERVICE"};
    return desk_text_of(
        v, bus_node_get(bus_node_get(v->desk->config->words_node, "delivery"),
                        codes[d]));
}

static struct desk_item item_page(const struct desk_visit *v,
                                  size_t i,
                                  const struct bus_policy_item *item)
{
    const struct bus_node *node = bus_policy_item_node(v->desk->catalogue, i);
    const struct bus_node *version = version_node(node, item->version);
    const struct bus_node *condition = bus_node_get(version, "condition");
    struct desk_item page = {
        .head = desk_head_of(v, DESK_WORD_CATALOGUE, DESK_AT_CATALOGUE),
        .code = of_view(v, item->code),
        .name =
            of_view(v, v->lang == BUS_WEB_EN ? item->title_en : item->title_zh),
        .department = desk_partner_name(v, of_view(v, item->department)),
        .condition = desk_text_of(v, bus_node_get(condition, "text")),
        .amount = desk_text_of(
            v, bus_node_get(bus_node_get(version, "amount"), "text")),
        .limit = limit_text(v, item),
        .delivery = delivery_text(v, item->delivery),
        .from = node_text(
            bus_node_get(bus_node_get(version, "effective"), "from"))};
    page.head.title = page.name;
    page.clauses = item_lines(v, bus_node_get(condition, "clauses"), "", NULL,
                              &page.clauses_count);
    page.materials = item_lines(v, bus_node_get(node, "materials"), "name",
                                "obtainable_by_sharing", &page.materials_count);
    page.steps =
        item_lines(v, bus_node_get(bus_node_get(node, "process"), "steps"),
                   "text", NULL, &page.steps_count);
    item_basis(v, bus_node_get(version, "basis"), &page);
    return page;
}

void desk_item(struct desk_visit *v)
{
    const struct bus_policy_catalogue *c = v->desk->catalogue;
    int i = bus_policy_item_find(c, bus_run_http_param(v->rq, "item"));
    struct bus_policy_item item;
    struct bus_buf out;
    if (i < 0 || !bus_policy_item_at(c, (size_t)i, desk_today(), &item)) {
        desk_not_there(v);
        return;
    }
    struct desk_item page = item_page(v, (size_t)i, &item);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_item(&p, &page);
    desk_page_end(v, 200, &p);
}
