/* Cross-checks between the files of a configuration. Each adds what it finds;
 * none changes anything. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/conf/bus_config.h"
#include "bus/conf/check_parts.h"

#define TOPIC_NAME_MAX 249

static struct bus_place check_top(const struct bus_config *c, const char *file)
{
    return (struct bus_place){
        bus_arena_printf((struct bus_arena *)(uintptr_t)&c->mem, "%s/%s",
                         c->folder, file),
        0, 0};
}

static void check_lead(const struct bus_config *c, struct bus_faults *faults)
{
    const char *lead = c->county.lead;
    const struct bus_conf_partner *p = lead ? bus_conf_partner(c, lead) : NULL;
    if (lead && (!p || p->kind != BUS_PARTNER_DEPARTMENT)) {
        bus_faults_add(faults, check_top(c, "bus.yaml"), "county.lead",
                       "found '%.40s'; must be the code of a department of "
                       "partners.d",
                       lead);
    }
}

static const struct bus_fact_source *fact_source_of(const struct bus_config *c,
                                                    const char *code)
{
    for (size_t i = 0; code != NULL && i < c->sources_count; i++) {
        if (strcmp(c->sources[i].code, code) == 0) {
            return &c->sources[i];
        }
    }
    return NULL;
}

/* Whoever names people by their numbers does so on our side of the wall: the
 * key of surrogate ids leaves it for nobody. */
static void check_source(const struct bus_config *c,
                         const struct bus_conf_partner *p,
                         struct bus_faults *faults)
{
    const struct bus_fact_source *s = fact_source_of(c, p->code);
    bool is = p->kind == BUS_PARTNER_SOURCE;
    if (is && (s == NULL || !s->topic)) {
        bus_faults_add(faults, p->node->at, "code",
                       "found '%s'; a partner of kind source is one of the "
                       "sources of facts.yaml that have a topic",
                       p->code);
    }
    if (!is && s != NULL) {
        bus_faults_add(faults, p->node->at, "kind",
                       "'%s' is a source of facts.yaml; must be source",
                       p->code);
    }
    if (is && p->transport != BUS_TRANSPORT_SPOOL) {
        bus_faults_add(faults, p->node->at, "transport",
                       "must be spool: a source names people by number, and "
                       "their surrogate ids are made by its adapter here");
    }
}

/* What it would take twice, or could not take at all. */
static void check_bank_file(const struct bus_config *c,
                            const struct bus_conf_partner *p,
                            struct bus_faults *faults)
{
    const struct bus_conf_bank_file *f = &p->file;
    bool table =
        f->format == BUS_CONF_BANK_CSV || f->format == BUS_CONF_BANK_FIXED;
    const char *wrong =
        f->format == BUS_CONF_BANK_NONE ? NULL
        : p->kind != BUS_PARTNER_BANK   ? "for a bank only"
        : p->transport != BUS_TRANSPORT_KAFKA
            ? "a spool tells the bank of the same orders: it would pay twice"
        : f->once_from == 0
            ? "needs once_from: from which day on is what is paid once in its "
              "batches? nobody reads its topic"
        : f->once_from < c->treasury.recurring_from
            ? "once_from is before treasury.recurring_from: nobody would take "
              "what it is to pay"
        : !table && (f->payer == NULL || f->agent == NULL)
            ? "pain001 needs payer and agent"
        : table && f->columns.count == 0              ? "needs columns"
        : f->answers.count > 0 && f->words.count == 0 ? "answers need words"
                                                      : NULL;
    if (wrong != NULL) {
        bus_faults_add(faults, p->node->at, "file", "%s", wrong);
    }
}

static void check_partners(const struct bus_config *c,
                           struct bus_faults *faults)
{
    check_lead(c, faults);
    size_t of_kind[BUS_PARTNER_KINDS] = {0};
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        if (!p->code) {
            continue;
        }
        of_kind[p->kind]++;
        check_source(c, p, faults);
        check_bank_file(c, p, faults);
        bus_conf_check_push(p, faults);
        bus_conf_check_exec(p, faults);
        bus_conf_check_postgres(p, faults);
        for (size_t k = 0; k < i; k++) {
            const struct bus_conf_partner *q = &c->partners[k];
            if (q->code && strcasecmp(q->code, p->code) == 0) {
                bus_faults_add(faults, p->node->at, "code",
                               "'%s' is the code of %s already", p->code,
                               q->node->at.file);
            }
            if (p->metrics_port && p->metrics_port == q->metrics_port) {
                bus_faults_add(faults, p->node->at, "metrics_port",
                               "%" PRId64 " is taken by %s", p->metrics_port,
                               q->node->at.file);
            }
            if (p->spool_dir && q->spool_dir &&
                strcmp(p->spool_dir, q->spool_dir) == 0) {
                bus_faults_add(faults, p->node->at, "spool_dir",
                               "is %s's already; each has its own",
                               q->code ? q->code : "another");
            }
        }
        if (p->retry.first_ms > p->retry.max_ms) {
            bus_faults_add(faults, p->node->at, "retry.first",
                           "longer than retry.max");
        }
    }
    for (int k = 0; k < BUS_PARTNER_KINDS; k++) {
        if (of_kind[k] == 0 && k != BUS_PARTNER_SOURCE) {
            bus_faults_add(faults, check_top(c, "partners.d"), NULL,
                           "no partner of kind %s",
                           bus_conf_partner_kind_names[k].word);
        }
    }
}

static void check_topics(const struct bus_config *c, struct bus_faults *faults)
{
    struct bus_arena mem;
    struct bus_topic *topics;
    size_t count;
    struct bus_err err;
    if (!c->prefix) {
        return;
    }
    bus_arena_init(&mem, 0, 0);
    if (bus_conf_topics(c, &mem, &topics, &count, &err) != 0) {
        bus_faults_add(faults, check_top(c, "bus.yaml"), NULL, "%s", err.msg);
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(topics[i].name) > TOPIC_NAME_MAX) {
            bus_faults_add(faults, check_top(c, "bus.yaml"), "prefix",
                           "the topic %.60s... is longer than %d",
                           topics[i].name, TOPIC_NAME_MAX);
        }
        if (i > 0 && strcmp(topics[i - 1].name, topics[i].name) == 0) {
            bus_faults_add(faults, check_top(c, "bus.yaml"), NULL,
                           "two owners of the topic %s", topics[i].name);
        }
    }
    bus_arena_fini(&mem);
}

static void check_funds(const struct bus_config *c, struct bus_faults *faults)
{
    for (size_t i = 0; i < c->funds_count; i++) {
        const struct bus_fund *f = &c->funds[i];
        const struct bus_conf_partner *p = bus_conf_partner(c, f->bank);
        if (f->bank && (!p || p->kind != BUS_PARTNER_BANK)) {
            const struct bus_node *n = bus_node_get(f->node, "bank");
            bus_faults_add(faults, n ? n->at : f->node->at, f->code,
                           "found the bank '%s'; must be a partner of kind "
                           "bank",
                           f->bank);
        }
    }
}

static void check_stations(const struct bus_config *c,
                           struct bus_faults *faults)
{
    for (size_t i = 0; i < c->villages_count; i++) {
        const struct bus_village *v = &c->villages[i];
        if (!v->station) {
            bus_faults_add(faults, v->at, "station",
                           "the village %s %s has no service station", v->code,
                           v->name);
        }
    }
}

static void conf_check_facts(const struct bus_config *c,
                             struct bus_faults *faults)
{
    const struct bus_fact_source *survey = fact_source_of(c, BUS_CONF_SURVEY);
    if (survey != NULL && !survey->topic && c->facts_node != NULL) {
        bus_faults_add(faults, c->facts_node->at, BUS_CONF_SURVEY,
                       "its facts come in steps and are said on a topic; must "
                       "have topic: true");
    }
    for (size_t i = 0; i < c->facts_count; i++) {
        const struct bus_fact *f = &c->facts[i];
        const char *const *s = f->sources.items;
        if (!f->node) {
            continue;
        }
        for (size_t k = 0; k < f->sources.count; k++) {
            if (fact_source_of(c, s[k]) == NULL) {
                bus_faults_add(faults, f->node->at, f->name,
                               "the source '%s' is not in sources",
                               s[k] ? s[k] : "");
            }
        }
        for (size_t k = 0; k < i; k++) {
            const struct bus_fact *g = &c->facts[k];
            if (g->scope == f->scope && f->zh_name && g->zh_name &&
                strcmp(g->zh_name, f->zh_name) == 0) {
                bus_faults_add(faults, f->node->at, f->name,
                               "zh_name '%s' is that of %s already", f->zh_name,
                               g->name);
            }
        }
    }
}

/* What is open is said. */
static void check_http(const struct bus_config *c, struct bus_faults *faults)
{
    const struct bus_node *n = bus_node_get(c->node, "http");
    struct bus_place at = n != NULL ? n->at : check_top(c, "bus.yaml");
    if (c->http.host == NULL) {
        return; /* a fault of its own, or no bus.yaml */
    }
    if ((c->http.cert_file == NULL) != (c->http.key_file == NULL)) {
        bus_faults_add(faults, at, "http.cert_file",
                       "a certificate and its key_file go together");
    }
    if (bus_conf_http_beyond(c)) {
        bus_faults_add(faults, at, "http.host",
                       "found '%.60s': HTTP without TLS would be heard beyond "
                       "this machine; give a cert_file and a key_file, or "
                       "write `plain: anywhere` where something in front does "
                       "TLS",
                       c->http.host);
    }
    if (c->http.plain == BUS_HTTP_PLAIN_ANYWHERE && c->http.cert_file == NULL) {
        bus_faults_warn(faults, at, "http.plain",
                        "open: HTTP without TLS on any address, passwords and "
                        "applications are readable on the way");
    }
    if (c->http.callers == BUS_HTTP_LOOPBACK) {
        bus_faults_warn(faults, at, "http.callers",
                        "open: every program of this machine may apply for "
                        "anybody and read every case; write `named` where "
                        "others work on it");
    }
}

void bus_conf_check(const struct bus_config *c, struct bus_faults *faults)
{
    check_http(c, faults);
    check_partners(c, faults);
    check_topics(c, faults);
    check_funds(c, faults);
    check_stations(c, faults);
    conf_check_facts(c, faults);
    bus_conf_check_policies(c, faults);
    bus_conf_check_links(c, faults);
    bus_conf_check_marks(c, faults);
}
