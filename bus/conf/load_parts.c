/* Partners, funds, facts, calendars, policies: one YAML file or a folder of
 * them each. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/base/hex.h"
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"
#include "bus/conf/file.h"
#include "bus/conf/load.h"
#include "bus/conf/yaml.h"

#define MODEL_SUFFIX ".dmn"
#define YAML_SUFFIX  ".yaml"

/* Every *.yaml of a folder as trees; a file without a tree is left out. */
static const struct bus_node **read_folder(struct bus_config *c,
                                           const char *folder,
                                           size_t *ret_count,
                                           struct bus_faults *faults)
{
    const char **names;
    size_t count, kept = 0;
    *ret_count = 0;
    char *path = bus_conf_load_path(c, folder);
    if (!path ||
        !bus_conf_list(&c->mem, path, YAML_SUFFIX, &names, &count, faults)) {
        return NULL;
    }
    const struct bus_node **nodes =
        bus_arena_calloc(&c->mem, count + 1, sizeof(struct bus_node *));
    for (size_t i = 0; nodes && i < count; i++) {
        const char *file = bus_conf_join(&c->mem, path, names[i]);
        const struct bus_node *n =
            file ? bus_conf_yaml_read(&c->mem, file, faults) : NULL;
        if (n && n->kind != BUS_NODE_MAP) {
            bus_faults_add(faults, n->at, NULL, "found %s; must be a map",
                           bus_node_kind_text(n));
        } else if (n) {
            nodes[kept++] = n;
        }
    }
    *ret_count = nodes ? kept : 0;
    return nodes;
}

/* The file's name without folder and ".yaml" is `want`. */
static bool file_is(const struct bus_node *n, const char *want)
{
    const char *slash = strrchr(n->at.file, '/');
    const char *base = slash ? slash + 1 : n->at.file;
    size_t len = strlen(want);
    return strncmp(base, want, len) == 0 &&
           strcmp(base + len, YAML_SUFFIX) == 0;
}

static bool code_ok(const char *s)
{
    return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789-")] == 0;
}

static void load_parts_check_partner(const struct bus_conf_partner *p,
                                     struct bus_faults *faults)
{
    struct bus_place at = p->node->at;
    if (!p->code) {
        return;
    }
    if (!code_ok(p->code)) {
        bus_faults_add(faults, at, "code",
                       "found '%s'; must be letters, digits, '-'", p->code);
    } else if (!file_is(p->node, p->code)) {
        bus_faults_add(faults, at, "code",
                       "found '%s'; must be the file's name", p->code);
    }
    uint8_t token[32];
    bool http = p->transport == BUS_TRANSPORT_HTTP;
    const char *hash = p->http.token_sha256;
    if (hash != NULL ? !http : http && p->push.url == NULL) {
        bus_faults_add(faults, at, "http.token_sha256",
                       http ? "missing: without it nobody may ask"
                            : "only transport http has one");
    } else if (hash != NULL &&
               !bus_hex_read(bus_strv(hash), token, sizeof(token))) {
        bus_faults_add(faults, at, "http.token_sha256",
                       "must be 64 small hex digits");
    }
    if (p->transport != BUS_TRANSPORT_SPOOL &&
        p->transport != BUS_TRANSPORT_SHEET && p->spool_dir) {
        bus_faults_add(faults, at, "spool_dir",
                       "only transports spool and sheet have one");
    }
    if (p->transport == BUS_TRANSPORT_SHEET &&
        p->kind != BUS_PARTNER_DEPARTMENT && p->kind != BUS_PARTNER_POST &&
        p->kind != BUS_PARTNER_CHARITY) {
        bus_faults_add(faults, at, "transport",
                       "sheet is for departments, the post and charities; "
                       "what others answer is no row");
    }
    if (p->cash && p->kind != BUS_PARTNER_POST) {
        bus_faults_add(faults, at, "cash", "only a post pays cash out");
    }
}

static int partner_cmp(const void *a, const void *b)
{
    const struct bus_conf_partner *x = a, *y = b;
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    return strcmp(x->code ? x->code : "", y->code ? y->code : "");
}

/* Where nothing is said: with what else the bus keeps on this machine. */
static void place_spool(struct bus_config *c, struct bus_conf_partner *p)
{
    if (p->transport != BUS_TRANSPORT_KAFKA && !p->spool_dir && p->code) {
        p->spool_dir = bus_conf_state(c, &c->mem, "spool", p->code);
    }
}

void bus_conf_load_partners(struct bus_config *c, struct bus_faults *faults)
{
    size_t count;
    const struct bus_node **nodes =
        read_folder(c, "partners.d", &count, faults);
    c->partners = bus_arena_calloc(&c->mem, count + 1, sizeof *c->partners);
    if (!nodes || !c->partners) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bus_conf_keys_load(&bus_conf_keys_partner, nodes[i], NULL,
                           &bus_conf_keys_env_system, faults, &c->partners[i]);
        load_parts_check_partner(&c->partners[i], faults);
        place_spool(c, &c->partners[i]);
        if (c->http.any_ports) {
            c->partners[i].metrics_port = 0;
        }
    }
    qsort(c->partners, count, sizeof *c->partners, partner_cmp);
    c->partners_count = count;
}

void bus_conf_load_funds(struct bus_config *c, struct bus_faults *faults)
{
    const char *path = bus_conf_load_path(c, "funds.yaml");
    const struct bus_node *n =
        path ? bus_conf_yaml_read(&c->mem, path, faults) : NULL;
    struct bus_funds_file file;
    bus_conf_keys_load(&bus_conf_keys_funds, n, NULL, &bus_conf_keys_env_system,
                       faults, &file);
    c->funds = file.funds.items;
    c->funds_count = file.funds.count;
}

static void check_fact(const struct bus_fact *f,
                       const char *path,
                       struct bus_faults *faults)
{
    struct bus_place at = f->node->at;
    bool has_sources = f->sources.count > 0;
    if (has_sources == (f->derived != NULL)) {
        bus_faults_add(faults, at, path, "must have either sources or derived");
    }
    if ((f->type == BUS_FACT_ENUM) != (f->words.count > 0)) {
        bus_faults_add(faults, at, path,
                       "words belong to an enum, and an enum needs them");
    }
    if (f->pii && f->derived) {
        bus_faults_add(faults, at, path, "a derived fact cannot be pii");
    }
}

/* What a value may be; and that somebody has said so. */
static void
read_bounds(struct bus_fact *f, const char *path, struct bus_faults *faults)
{
    const struct bus_node *at = f->node;
    const char *wrong = NULL;
    if (!bus_bounds_read(f->node, &f->bounds, &at, &wrong)) {
        bus_faults_add(faults, at->at, path, "%s", wrong);
    } else if (!bus_bounds_complete(f->node)) {
        bus_faults_add(faults, f->node->at, path,
                       "needs its bounds: a number min and max, a date "
                       "earliest and latest, a text max");
    }
}

/* Copies one scope's facts behind those of the other. */
static void take_facts(struct bus_config *c,
                       const struct bus_list *list,
                       int scope,
                       struct bus_faults *faults)
{
    const struct bus_fact *in = list->items;
    for (size_t i = 0; i < list->count; i++) {
        struct bus_fact *f = &c->facts[c->facts_count++];
        char path[128];
        *f = in[i];
        f->scope = scope;
        if (!f->zh_name) {
            f->zh_name = f->zh;
        }
        const char *const parts[] = {
            scope == BUS_FACT_HOUSEHOLD ? "household." : "member.", f->name};
        bus_strv_copy(path, sizeof path, bus_strv(parts[0]));
        size_t n = strlen(path);
        bus_strv_copy(path + n, sizeof path - n, bus_strv(parts[1]));
        if (f->node) {
            check_fact(f, path, faults);
            read_bounds(f, path, faults);
        }
    }
}

void bus_conf_load_facts(struct bus_config *c, struct bus_faults *faults)
{
    const char *path = bus_conf_load_path(c, "facts.yaml");
    const char *std = bus_conf_load_path(c, "standards.yaml");
    const char *words = bus_conf_load_path(c, "words.yaml");
    struct bus_facts_file file;
    if (!path || !std || !words) {
        faults->out_of_memory = true;
        return;
    }
    c->facts_node = bus_conf_yaml_read(&c->mem, path, faults);
    c->standards_node = bus_conf_yaml_read(&c->mem, std, faults);
    if (access(words, F_OK) == 0) {
        c->words_node = bus_conf_yaml_read(&c->mem, words, faults);
    }
    bus_conf_keys_load(&bus_conf_keys_facts, c->facts_node, NULL,
                       &bus_conf_keys_env_system, faults, &file);
    c->sources = file.sources.items;
    c->sources_count = file.sources.count;
    c->facts =
        bus_arena_calloc(&c->mem, file.household.count + file.member.count + 1,
                         sizeof *c->facts);
    if (c->facts) {
        take_facts(c, &file.household, BUS_FACT_HOUSEHOLD, faults);
        take_facts(c, &file.member, BUS_FACT_MEMBER, faults);
    }
}

static bool in_year(int32_t day, int64_t year)
{
    int64_t y;
    unsigned m, d;
    bus_civil_from_days(day, &y, &m, &d);
    /* The New Year holiday may begin on 30 or 31 December before. */
    return y == year || (y == year - 1 && m == 12 && d >= 30);
}

/* 1970-01-01 was a Thursday. */
static bool is_weekend(int32_t day)
{
    int w = (int)(((int64_t)day % 7 + 7 + 3) % 7); /* 0 = Monday */
    return w >= 5;
}

static void check_calendar(const struct bus_node *n,
                           const struct bus_calendar_file *f,
                           struct bus_faults *faults)
{
    const struct bus_node *y = bus_node_get(n, "year");
    if (y && bus_node_cstr(y) && !file_is(n, bus_node_cstr(y))) {
        bus_faults_add(faults, y->at, "year", "must be the file's name");
    }
    const struct bus_calendar_span *s = f->holidays.items;
    for (size_t i = 0; i < f->holidays.count; i++) {
        if (s[i].to < s[i].from || s[i].to - s[i].from > 20 ||
            !in_year(s[i].from, f->year) || !in_year(s[i].to, f->year)) {
            bus_faults_add(faults, n->at, "holidays",
                           "%s: not within the year, or not from first to last",
                           s[i].en ? s[i].en : "?");
        }
    }
    const int32_t *w = f->workdays.items;
    for (size_t i = 0; i < f->workdays.count; i++) {
        char date[BUS_DATE_TEXT + 1];
        if (!in_year(w[i], f->year) || !is_weekend(w[i])) {
            bus_faults_add(faults, n->at, "workdays",
                           "%s is no Saturday or Sunday of the year",
                           bus_date_text(w[i], date));
        }
    }
    if (f->provisional) {
        bus_faults_warn(faults, n->at, "provisional",
                        "this year's holidays are not yet published");
    }
}

void bus_conf_load_calendars(struct bus_config *c, struct bus_faults *faults)
{
    c->calendars = read_folder(c, "calendar", &c->calendars_count, faults);
    for (size_t i = 0; i < c->calendars_count; i++) {
        struct bus_calendar_file f;
        size_t before = faults->errors;
        bus_conf_keys_load(&bus_conf_keys_calendar, c->calendars[i], NULL,
                           &bus_conf_keys_env_system, faults, &f);
        if (faults->errors == before) {
            check_calendar(c->calendars[i], &f, faults);
        }
    }
}

/* The folder's decision models behind those of other folders. */
static void
load_models(struct bus_config *c, const char *sub, struct bus_faults *faults)
{
    const char **names;
    size_t n = 0;
    char *path = bus_conf_load_path(c, sub);
    if (!path ||
        !bus_conf_list(&c->mem, path, MODEL_SUFFIX, &names, &n, faults) ||
        n == 0) {
        return;
    }
    struct bus_source *all =
        bus_arena_calloc(&c->mem, c->models_count + n, sizeof(*all));
    for (size_t i = 0; all && i < c->models_count; i++) {
        all[i] = c->models[i];
    }
    for (size_t i = 0; all && i < n; i++) {
        const char *file = bus_conf_join(&c->mem, path, names[i]);
        struct bus_strv text;
        if (file &&
            bus_conf_slurp(&c->mem, file, BUS_YAML_FILE_MAX, &text, faults)) {
            all[c->models_count++] = (struct bus_source){file, text};
        }
    }
    c->models = all ? all : c->models;
}

void bus_conf_load_policies(struct bus_config *c, struct bus_faults *faults)
{
    const char **folders;
    size_t count;
    char *path = bus_conf_load_path(c, "policies");
    char *rules = bus_conf_load_path(c, "policies/interactions.yaml");
    if (!path || !rules ||
        !bus_conf_list(&c->mem, path, "", &folders, &count, faults)) {
        return;
    }
    c->interactions_node = bus_conf_yaml_read(&c->mem, rules, faults);
    for (size_t i = 0; i < count; i++) {
        size_t n;
        const char *sub = bus_conf_join(&c->mem, "policies", folders[i]);
        if (!sub || strcmp(folders[i], "samples") == 0) {
            continue;
        }
        const struct bus_node **nodes = read_folder(c, sub, &n, faults);
        load_models(c, sub, faults);
        const struct bus_node **all = bus_arena_calloc(
            &c->mem, c->policies_count + n + 1, sizeof(struct bus_node *));
        if (!nodes || !all) {
            continue;
        }
        for (size_t k = 0; k < c->policies_count; k++) {
            all[k] = c->policies[k];
        }
        memcpy(all + c->policies_count, nodes, n * sizeof(struct bus_node *));
        c->policies = all;
        c->policies_count += n;
    }
}
