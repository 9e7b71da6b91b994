/* Words of codes, and an amount as people write it. */
#include <string.h>

#include "bus/policy/source.h"
#include "producers/desk/desk.h"

bool desk_yuan_to_fen(struct bus_strv s, int64_t *ret)
{
    char digits[24];
    size_t n = 0, places = 0, group = 0; /* digits since the last comma */
    bool point = false, commas = false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && !point && (!commas || group == 3)) {
            point = true;
        } else if (s.p[i] >= '0' && s.p[i] <= '9' && n + 3 < sizeof(digits) &&
                   places < 2) {
            digits[n++] = s.p[i];
            places += point;
            group += !point;
        } else if (s.p[i] == ',' && !point && group > 0 && group <= 3 &&
                   (!commas || group == 3)) { /* 1,200,000.50; 1,5 is not */
            commas = true;
            group = 0;
        } else {
            return false;
        }
    }
    if (n == 0 || (commas && group != 3)) {
        return false;
    }
    for (; places < 2; places++) {
        digits[n++] = '0';
    }
    return bus_strv_to_i64((struct bus_strv){digits, n}, ret);
}

const char *
desk_code_text(const struct desk_visit *v, const char *kind, const char *code)
{
    const char *text = desk_text_of(
        v, bus_node_get(bus_node_get(v->desk->config->words_node, kind), code));
    return text[0] != '\0' ? text : code;
}

const char *desk_item_name(const struct desk_visit *v, const char *code)
{
    const struct bus_policy_catalogue *c = v->desk->catalogue;
    int i = bus_policy_item_find(c, bus_strv(code));
    const char *name =
        i < 0 ? ""
              : desk_text_of(v, bus_node_get(bus_policy_item_node(c, (size_t)i),
                                             "name"));
    return name[0] != '\0' ? name : code;
}

const char *desk_village_name(const struct desk_visit *v, const char *code)
{
    const struct bus_village *village =
        bus_conf_village(v->desk->config, bus_strv(code));
    return village != NULL
               ? desk_printf(v, "%s%s", village->town, village->name)
               : code;
}

const struct desk_choice *
desk_towns(const struct desk_visit *v, const char *chosen, size_t *ret_n)
{
    const struct bus_config *c = v->desk->config;
    struct desk_choice *list =
        bus_arena_calloc(v->mem, c->villages_count + 1, sizeof(*list));
    *ret_n = 0;
    if (list == NULL) {
        return NULL;
    }
    list[(*ret_n)++] =
        (struct desk_choice){"", desk_word_of(v, DESK_WORD_ALL_TOWNS), false};
    for (size_t i = 0; i < c->villages_count; i++) { /* they stand by code */
        const struct bus_village *at = &c->villages[i];
        if (strcmp(list[*ret_n - 1].code, at->town_code) != 0) {
            list[(*ret_n)++] =
                (struct desk_choice){at->town_code, at->town, false};
        }
    }
    desk_choose(list, *ret_n, chosen);
    return list;
}

const struct desk_choice *desk_choices(const struct desk_visit *v,
                                       const char *kind,
                                       const char *const *codes,
                                       size_t n,
                                       const char *chosen)
{
    struct desk_choice *list = bus_arena_calloc(v->mem, n + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < n; i++) {
        list[i] =
            (struct desk_choice){codes[i], desk_code_text(v, kind, codes[i]),
                                 strcmp(codes[i], chosen) == 0};
    }
    static const struct desk_choice none[1];
    return list != NULL ? list : none;
}

const char *desk_partner_name(const struct desk_visit *v, const char *code)
{
    const struct bus_conf_partner *p = bus_conf_partner(v->desk->config, code);
    return p == NULL ? code : v->lang == BUS_WEB_EN ? p->name : p->name_zh;
}

const char *desk_fund_name(const struct desk_visit *v, const char *code)
{
    const struct bus_fund *f = bus_conf_fund(v->desk->config, code);
    return f == NULL ? code : v->lang == BUS_WEB_EN ? f->name : f->name_zh;
}

const char *desk_town_name(const struct desk_visit *v, const char *code)
{
    const struct bus_config *c = v->desk->config;
    for (size_t i = 0; i < c->villages_count; i++) {
        if (strcmp(c->villages[i].town_code, code) == 0) {
            return c->villages[i].town;
        }
    }
    return code;
}

const char *desk_chosen(const struct desk_visit *v,
                        const char *name,
                        const struct desk_choice *list,
                        size_t n)
{
    struct bus_strv said = bus_run_http_query(v->rq, name);
    for (size_t i = 0; i < n; i++) {
        if (bus_strv_is(said, list[i].code)) {
            return list[i].code;
        }
    }
    return "";
}

void desk_choose(struct desk_choice *list, size_t n, const char *code)
{
    for (size_t i = 0; i < n; i++) {
        list[i].chosen = strcmp(list[i].code, code) == 0;
    }
}
