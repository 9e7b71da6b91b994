/* Policies against the rest of the configuration: owner, fund, delivery, the
 * ten attributes, the marks. What a rule means is the policy room's matter. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/base/hash.h"
#include "bus/conf/check_parts.h"

static const char *const item_keys[] = {
    "code",   "department", "name",      "category", "kind",       "scope",
    "start",  "startable",  "above_cap", "grants",   "versions",   "materials",
    "form",   "process",    "authority", "fund",     "schedule",   "delivery",
    "volume", "history",    "note",      "source",   "confidence", "signs"};
static const char *const version_keys[] = {
    "version",   "effective",     "basis",     "condition", "amount",
    "materials", "process",       "authority", "fund",      "schedule",
    "delivery",  "beneficiaries", "note",      "signs"};
/* What every item must have; a version may bring the later ones instead. */
static const char *const needed[] = {
    "code",      "department", "name",      "category", "kind",
    "scope",     "start",      "volume",    "history",  "versions",
    "materials", "process",    "authority", "schedule", "delivery"};
#define NEEDED_OF_ITEM 10
#define COUNT(a)       (sizeof(a) / sizeof((a)[0]))

static const char *check_policies_text_of(const struct bus_node *map,
                                          const char *key)
{
    const struct bus_node *n = bus_node_get(map, key);
    return bus_node_is_null(n) ? NULL : bus_node_cstr(n);
}

static struct bus_place check_policies_place_of(const struct bus_node *map,
                                                const char *key)
{
    const struct bus_node *n = bus_node_get(map, key);
    return n ? n->at : map->at;
}

static void check_policies_check_keys(const struct bus_node *map,
                                      const char *const *allowed,
                                      size_t count,
                                      struct bus_faults *faults)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct bus_node *k = map->pairs[i].key;
        const char *near = NULL;
        size_t best = 4;
        bool known = false;
        for (size_t a = 0; a < count && !known; a++) {
            known = bus_strv_is(k->text, allowed[a]);
            size_t d = bus_edit_distance(k->text.p, allowed[a]);
            if (d < best) {
                best = d;
                near = allowed[a];
            }
        }
        if (!known) {
            bus_faults_add(faults, k->at, k->text.p,
                           "unknown key%s%s%s / 没有这个键",
                           near ? "; did you mean '" : "", near ? near : "",
                           near ? "'?" : "");
        }
    }
}

static void check_needed(const struct bus_node *item, struct bus_faults *faults)
{
    const struct bus_node *versions = bus_node_get(item, "versions");
    for (size_t i = 0; i < COUNT(needed); i++) {
        bool there = bus_node_get(item, needed[i]) != NULL;
        if (!there && i >= NEEDED_OF_ITEM && versions &&
            versions->kind == BUS_NODE_LIST && versions->count) {
            there = true;
            for (uint32_t v = 0; v < versions->count; v++) {
                there = there && bus_node_get(versions->items[v], needed[i]);
            }
        }
        if (!there) {
            bus_faults_add(faults, item->at, needed[i],
                           "missing; every item has it (see "
                           "policies/README.md) / 缺少,每个事项都要有");
        }
    }
}

static void check_owner(const struct bus_config *c,
                        const struct bus_node *item,
                        struct bus_faults *faults)
{
    const char *code = check_policies_text_of(item, "code");
    const char *owner = check_policies_text_of(item, "department");
    const struct bus_conf_partner *p = bus_conf_partner(c, owner);
    char want[256];
    if (owner && (!p || p->kind != BUS_PARTNER_DEPARTMENT)) {
        bus_faults_add(
            faults, check_policies_place_of(item, "department"), "department",
            "found '%s'; must be a partner of kind department / 应为部门的代码",
            owner);
    }
    snprintf(want, sizeof want, "/%.60s/%.60s.yaml", owner ? owner : "?",
             code ? code : "?");
    size_t len = strlen(item->at.file);
    size_t n = strlen(want);
    if (code && owner && (len < n || strcmp(item->at.file + len - n, want))) {
        bus_faults_add(faults, check_policies_place_of(item, "code"), "code",
                       "'%s' of '%s' belongs in policies%s / "
                       "代码与所在文件夹、文件名不一致",
                       code, owner, want);
    }
}

static void check_fund(const struct bus_config *c,
                       const struct bus_node *map,
                       struct bus_faults *faults)
{
    const char *fund = check_policies_text_of(map, "fund");
    if (fund && !bus_conf_fund(c, fund)) {
        bus_faults_add(faults, check_policies_place_of(map, "fund"), "fund",
                       "found '%s'; must be a code of funds.yaml / 应为 "
                       "funds.yaml 中的代码",
                       fund);
    }
}

static void check_policies_check_partner(const struct bus_config *c,
                                         const struct bus_node *map,
                                         const char *key,
                                         int kind,
                                         struct bus_faults *faults)
{
    const char *code = check_policies_text_of(map, key);
    const struct bus_conf_partner *p = bus_conf_partner(c, code);
    if (code && (!p || p->kind != kind)) {
        bus_faults_add(
            faults, check_policies_place_of(map, key), key,
            "found '%s'; must be a partner of kind %s / 应为该类伙伴的代码",
            code, bus_conf_partner_kind_names[kind].word);
    }
}

static void check_delivery(const struct bus_config *c,
                           const struct bus_node *map,
                           struct bus_faults *faults)
{
    static const struct
    {
        const char *word;
        int kind;
    } channels[] = {{"bank", BUS_PARTNER_BANK},
                    {"post_cash", BUS_PARTNER_POST},
                    {"post_goods", BUS_PARTNER_POST},
                    {"service", BUS_PARTNER_DEPARTMENT},
                    {"utility", BUS_PARTNER_DEPARTMENT}};
    const struct bus_node *d = bus_node_get(map, "delivery");
    if (!d) {
        return;
    }
    const char *channel = check_policies_text_of(d, "channel");
    size_t i = 0;
    while (i < COUNT(channels) &&
           (!channel || strcmp(channel, channels[i].word) != 0)) {
        i++;
    }
    if (i == COUNT(channels)) {
        bus_faults_add(faults, check_policies_place_of(d, "channel"),
                       "delivery.channel",
                       "found '%s'; must be bank | post_cash | post_goods | "
                       "service | utility / 不是可用的词",
                       channel ? channel : "nothing");
        return;
    }
    check_policies_check_partner(c, d, "partner", channels[i].kind, faults);
    check_policies_check_partner(c, d, "verify", BUS_PARTNER_INSURER, faults);
    check_policies_check_partner(c, d, "charity", BUS_PARTNER_CHARITY, faults);
}

/* Dates of the versions: valid, in order, not overlapping. */
static void
check_dates(const struct bus_node *v, int32_t *last, struct bus_faults *faults)
{
    const struct bus_node *e = bus_node_get(v, "effective");
    const struct bus_node *from = bus_node_get(e, "from");
    const struct bus_node *to = bus_node_get(e, "to");
    int32_t a, b = INT32_MAX;
    if (!from || !bus_node_to_date(from, &a) ||
        (to && !bus_node_to_date(to, &b)) || b < a) {
        bus_faults_add(faults, e ? e->at : v->at, "effective",
                       "must be {from: date, to: date}, the last day may be "
                       "left out / 应为 {from: 日期, to: 日期},末日可省略");
        return;
    }
    if (a <= *last) {
        bus_faults_add(faults, from->at, "effective.from",
                       "overlaps the version before it / 与前一版本的时间重叠");
    }
    *last = b;
}

static void check_policies_check_item(const struct bus_config *c,
                                      const struct bus_node *item,
                                      struct bus_faults *faults)
{
    const struct bus_node *versions = bus_node_get(item, "versions");
    check_policies_check_keys(item, item_keys, COUNT(item_keys), faults);
    check_needed(item, faults);
    check_owner(c, item, faults);
    check_fund(c, item, faults);
    check_delivery(c, item, faults);
    if (!versions || versions->kind != BUS_NODE_LIST || !versions->count) {
        bus_faults_add(
            faults, check_policies_place_of(item, "versions"), "versions",
            "must be a list with at least one version / 至少要有一个版本");
        return;
    }
    int32_t last = INT32_MIN;
    for (uint32_t i = 0; i < versions->count; i++) {
        const struct bus_node *v = versions->items[i];
        if (v->kind != BUS_NODE_MAP) {
            bus_faults_add(faults, v->at, "versions",
                           "must be maps / 每个版本应为一组键和值");
            continue;
        }
        check_policies_check_keys(v, version_keys, COUNT(version_keys), faults);
        check_dates(v, &last, faults);
        check_fund(c, v, faults);
        check_delivery(c, v, faults);
        if (!bus_node_get(v, "basis") || !bus_node_get(v, "condition")) {
            bus_faults_add(
                faults, v->at, "versions",
                "a version has a basis and a condition / 版本要有依据和条件");
        }
    }
}

static void check_every_department_owns(const struct bus_config *c,
                                        struct bus_faults *faults)
{
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        bool owns = p->kind != BUS_PARTNER_DEPARTMENT || !p->code;
        for (size_t k = 0; k < c->policies_count && !owns; k++) {
            const char *owner =
                check_policies_text_of(c->policies[k], "department");
            owns = owner && strcmp(owner, p->code) == 0;
        }
        if (!owns) {
            bus_faults_warn(faults, p->node->at, "code",
                            "the department %s owns no item / 该部门没有事项",
                            p->code);
        }
    }
}

void bus_conf_check_policies(const struct bus_config *c,
                             struct bus_faults *faults)
{
    struct bus_map codes = {0};
    for (size_t i = 0; i < c->policies_count; i++) {
        const struct bus_node *item = c->policies[i];
        const struct bus_node *code = bus_node_get(item, "code");
        check_policies_check_item(c, item, faults);
        if (!code || code->kind != BUS_NODE_SCALAR) {
            continue;
        }
        const struct bus_node *before = bus_map_get(&codes, code->text);
        if (before) {
            bus_faults_add(faults, code->at, "code",
                           "'%s' is the code of %s already / 代码已被使用",
                           code->text.p, before->at.file);
        } else if (bus_map_put(&codes, code->text, (void *)(uintptr_t)item) !=
                   0) {
            faults->out_of_memory = true;
        }
    }
    bus_map_fini(&codes);
    check_every_department_owns(c, faults);
}

/* Calls itself for what is inside: as deep as BUS_YAML_DEPTH_MAX. */
static void find_marks(const struct bus_node *n, struct bus_faults *faults)
{
    if (n->kind == BUS_NODE_LIST) {
        for (uint32_t i = 0; i < n->count; i++) {
            find_marks(n->items[i], faults);
        }
        return;
    }
    if (n->kind != BUS_NODE_MAP) {
        return;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        const struct bus_node *v = n->pairs[i].value;
        if (!bus_strv_is(n->pairs[i].key->text, "confidence")) {
            find_marks(v, faults);
        } else if (v->kind != BUS_NODE_SCALAR || v->text.n != 1 ||
                   !strchr("FKIA", v->text.p[0])) {
            bus_faults_add(
                faults, v->at, "confidence",
                "found '%.20s'; must be F | K | I | A / 只能是 F、K、I、A",
                v->kind == BUS_NODE_SCALAR ? v->text.p : "");
        } else if (v->text.p[0] != 'F') {
            const char *what = v->text.p[0] == 'K'   ? "known, not read again"
                               : v->text.p[0] == 'I' ? "illustrative"
                                                     : "assumed";
            bus_faults_warn(faults, v->at, "confidence",
                            "%s: to be confirmed by the county / 待本县确认",
                            what);
        }
    }
}

void bus_conf_check_marks(const struct bus_config *c, struct bus_faults *faults)
{
    const struct bus_node *const whole[] = {c->facts_node, c->standards_node,
                                            c->interactions_node};
    for (size_t i = 0; i < COUNT(whole); i++) {
        if (whole[i]) {
            find_marks(whole[i], faults);
        }
    }
    for (size_t i = 0; i < c->calendars_count; i++) {
        find_marks(c->calendars[i], faults);
    }
    for (size_t i = 0; i < c->policies_count; i++) {
        find_marks(c->policies[i], faults);
    }
}
