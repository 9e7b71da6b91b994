/* policy verify: an evaluation that was written, run again and compared.
 *
 * - FILE: one evaluation as it stands in its topic, an archive of many, or JSON
 *   as `lianou tap --why` shows it; ID: an evaluation's or a case's, found by
 * the ledger and read from the topic
 * - run under the very catalogue it names: --catalogue DIR or ARCHIVE (more
 *   than one allowed), the configuration's own, and with an ID what the
 *   catalogue topic still holds
 * - one line each: identical, or the first difference with its place; what was
 *   shown masked is told as that, and compared with nothing
 * - 0 all identical, 1 one is not, is masked or its catalogue is not there, 2
 *   wrong use */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/publication.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"
#include "consumers/matcher/replay.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/events.h"
#include "ops/cli/policy/policy.h"

#define CATALOGUES_MAX 32

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"catalogue", required_argument, NULL, 'r'},
    {"db", required_argument, NULL, 'b'},
    {NULL, 0, NULL, 0}};

struct verify
{
    struct tool tool;
    struct bus_catalogue_rules rules[CATALOGUES_MAX];
    size_t count;
    bool online; /* the catalogue topic may be asked */
    struct bus_strv wanted;
    struct bus_catalogue_bureau bureau;
    struct bus_arena mem; /* of one evaluation */
    size_t identical, different, without, masked;
};

/* --- catalogues --- */

static int
add_catalogue(struct verify *v, const char *path, struct bus_err *err)
{
    if (v->count == CATALOGUES_MAX) {
        return bus_fail(err, BUS_EUSAGE, "more than %d catalogues",
                        CATALOGUES_MAX);
    }
    struct bus_catalogue_rules *r = &v->rules[v->count++];
    int rc = cli_policy_rules_open(r, path, err);
    if (rc != BUS_OK) {
        return rc;
    }
    return bus_catalogue_rules_compile(r, err);
}

static const struct bus_policy_catalogue *catalogue_of(const struct verify *v,
                                                       struct bus_strv version)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct bus_policy_catalogue *c = v->rules[i].catalogue;
        if (c != NULL &&
            bus_strv_is(version, bus_policy_catalogue_version(c))) {
            return c;
        }
    }
    return NULL;
}

/* The one wanted, if the bureau has signed it or a matcher kept it, and it
 * compiles to the version that was wanted, which is a hash of it. */
static void published_one(struct verify *v,
                          struct bus_wire_registry *types,
                          struct bus_strv value,
                          struct bus_arena *mem)
{
    struct bus_catalogue_publication p;
    struct bus_err none;
    if (bus_catalogue_publication_read(types, BUS_ARCHIVE_CATALOGUE,
                                       v->tool.config.county.code, value, mem,
                                       &p, &none) != BUS_OK ||
        !bus_strv_eq(p.version, v->wanted) ||
        catalogue_of(v, v->wanted) != NULL ||
        (!bus_catalogue_publication_kept(&p) &&
         bus_catalogue_publication_verify(&p, &v->bureau, &none) != BUS_OK)) {
        return;
    }
    struct bus_catalogue_rules *r = &v->rules[v->count];
    bus_catalogue_rules_init(r);
    bool well =
        bus_catalogue_archive_unpack(p.archive, p.kind, &r->mem, &r->archive,
                                     &none) == BUS_OK &&
        bus_catalogue_rules_compile(r, &none) == BUS_OK &&
        bus_strv_is(v->wanted, bus_policy_catalogue_version(r->catalogue));
    if (well) {
        v->count++;
    } else {
        bus_catalogue_rules_close(r);
    }
}

static int
published(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct verify *v = data;
    struct bus_wire_registry *types = bus_role_types_registry();
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    int rc = types ? BUS_OK : bus_fail(err, BUS_ENOMEM, "schemas");
    if (rc == BUS_OK && m->value.p != NULL && v->count < CATALOGUES_MAX) {
        published_one(v, types, m->value, &mem);
    }
    bus_wire_registry_free(types);
    bus_arena_fini(&mem);
    return rc;
}

static int verify_search(struct verify *v,
                         struct bus_strv version,
                         const struct bus_policy_catalogue **ret,
                         struct bus_err *err)
{
    *ret = catalogue_of(v, version);
    if (*ret != NULL || !v->online) {
        return BUS_OK;
    }
    struct topic_read q = {.config = &v->tool.config,
                           .topic = "catalogue",
                           .last = TOPIC_ALL,
                           .cb = published,
                           .data = v};
    v->wanted = version;
    BUS_TRY(bus_catalogue_bureau_read(&v->tool.config, &v->bureau, err));
    int rc = cli_topic_each(&q, err);
    *ret = catalogue_of(v, version);
    return rc == BUS_EUNKNOWN ? BUS_OK : rc; /* no such topic: none published */
}

/* --- evaluations --- */

/* What names a person is not shown. */
static struct bus_strv verify_shown(const struct verify *v,
                                    const struct replay *r,
                                    struct bus_strv value)
{
    bool member = r->fact.n > 7 && memcmp(r->fact.p, "member.", 7) == 0;
    const char *dot = r->fact.n > 0 ? memchr(r->fact.p, '.', r->fact.n) : NULL;
    struct bus_strv bare = {dot ? dot + 1 : r->fact.p,
                            dot ? r->fact.n - (size_t)(dot + 1 - r->fact.p)
                                : r->fact.n};
    const struct bus_fact *f =
        r->fact.n == 0
            ? NULL
            : bus_conf_fact(&v->tool.config,
                            member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
                            bare);
    bool person = f != NULL && f->pii && !bus_strv_is(value, "?");
    return person ? BUS_STRV("***") : value;
}

static void verify_report(struct verify *v,
                          const struct sa_evaluation *e,
                          const struct replay *r)
{
    char id[BUS_ID_TEXT + 1], day[BUS_DATE_TEXT + 1];
    (void)printf("%s %s %.*s ", bus_id_text(&e->event_id, id),
                 bus_date_text(e->rule_date, day),
                 BUS_STRV_ARG(e->catalogue_version));
    switch (r->outcome) {
    case REPLAY_IDENTICAL:
        v->identical++;
        (void)printf("一致 identical (%zu facts, %zu items)\n", e->facts.n,
                     e->items.n);
        return;
    case REPLAY_CATALOGUE:
        v->without++;
        (void)printf("缺政策库 its catalogue is not here: give --catalogue DIR "
                     "or ARCHIVE of version %.*s\n",
                     BUS_STRV_ARG(r->recorded));
        return;
    case REPLAY_INPUTS:
        (void)printf("不一致 DIFFERENT: the members, facts, rule date or "
                     "version are not those that were hashed\n");
        break;
    case REPLAY_OUTPUTS:
        (void)printf("不一致 DIFFERENT\n");
        break;
    }
    v->different++;
    struct bus_strv recorded = verify_shown(v, r, r->recorded);
    struct bus_strv again = verify_shown(v, r, r->again);
    (void)printf("  %.*s\n    记录 recorded %.*s\n    %s %.*s\n",
                 BUS_STRV_ARG(r->place), BUS_STRV_ARG(recorded),
                 r->fact.n > 0 ? "现有 found   " : "重算 again   ",
                 BUS_STRV_ARG(again));
    if (r->also.n > 0) {
        (void)printf("    then also: %.*s\n", BUS_STRV_ARG(r->also));
    }
}

/* Shown to who does not say what for: its facts are gone, and it is no
 * evaluation to compare with. */
static bool verify_is_masked(const struct sa_evaluation *e)
{
    for (size_t i = 0; i < e->facts.n; i++) {
        const struct sa_fact *f = &e->facts.v[i];
        if (f->value.branch == SA_FACT_VALUE_STRING &&
            bus_strv_is(f->value.u.string_value, "***")) {
            return true;
        }
    }
    return false;
}

static void verify_report_masked(struct verify *v,
                                 const struct sa_evaluation *e)
{
    char id[BUS_ID_TEXT + 1], day[BUS_DATE_TEXT + 1];
    v->masked++;
    (void)printf("%s %s %.*s 已脱敏, 无从核对 masked: its facts are not here; "
                 "show it with `lianou tap --why`, or give its id\n",
                 bus_id_text(&e->event_id, id),
                 bus_date_text(e->rule_date, day),
                 BUS_STRV_ARG(e->catalogue_version));
}

static int verify_one(void *data,
                      const struct sa_evaluation *e,
                      const char *where,
                      struct bus_err *err)
{
    struct verify *v = data;
    const struct bus_policy_catalogue *c = NULL;
    struct replay r = {.outcome = REPLAY_CATALOGUE,
                       .recorded = e->catalogue_version};
    if (verify_is_masked(e)) {
        verify_report_masked(v, e);
        return BUS_OK;
    }
    bus_arena_reset(&v->mem);
    int rc = verify_search(v, e->catalogue_version, &c, err);
    if (rc == BUS_OK && c != NULL) {
        rc = matcher_replay_evaluation(c, e, &v->mem, &r, err);
        if (rc == BUS_OK) {
            rc = matcher_replay_search_fact(c, e, &v->mem, &r, err);
        }
    }
    if (rc != BUS_OK) {
        return bus_wrap(err, "%s", where);
    }
    verify_report(v, e, &r);
    return BUS_OK;
}

static bool verify_is_date(void *data, struct bus_strv fact)
{
    const struct verify *v = data;
    bool yes = false;
    for (size_t i = 0; i < v->count; i++) {
        const struct bus_policy_catalogue *c = v->rules[i].catalogue;
        yes |= c != NULL && cli_policy_fact_is_date(c, fact);
    }
    return yes;
}

static int verify_all(struct verify *v, const char *what, struct bus_err *err)
{
    struct bus_id id;
    FILE *f = fopen(what, "re");
    bool file = f != NULL;
    if (file) {
        (void)fclose(f);
        struct policy_file from = {what, verify_is_date, v};
        return cli_policy_evaluations_file(&from, verify_one, v, err);
    }
    if (!bus_id_parse(bus_strv(what), &id)) {
        return bus_fail(err, BUS_EUSAGE, "%s: no such file, and no id", what);
    }
    v->online = true;
    return cli_policy_evaluations_ledger(&v->tool, what, verify_one, v, err);
}

static int verify_run(int argc, char **argv)
{
    static struct verify v;
    struct bus_err err = {0};
    const char *extra[CATALOGUES_MAX];
    size_t extras = 0;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            v.tool.folder = optarg;
        } else if (o == 'b') {
            v.tool.conninfo = optarg;
        } else if (o == 'r' && extras < CATALOGUES_MAX - 1) {
            extra[extras++] = optarg;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc) {
        return LIANOU_USAGE;
    }
    bus_arena_init(&v.mem, 0, 0);
    int rc = cli_tool_open(&v.tool, &err);
    for (size_t i = 0; rc == BUS_OK && i < extras; i++) {
        rc = add_catalogue(&v, extra[i], &err);
    }
    if (rc == BUS_OK) {
        rc = add_catalogue(&v, v.tool.config.folder, &err);
    }
    if (rc == BUS_OK) {
        rc = verify_all(&v, argv[optind], &err);
    }
    if (rc == BUS_OK) {
        (void)printf("%zu identical, %zu different, %zu without their "
                     "catalogue",
                     v.identical, v.different, v.without);
        if (v.masked > 0) {
            (void)printf(", %zu masked", v.masked);
        }
        (void)fputc('\n', stdout);
    }
    for (size_t i = 0; i < v.count; i++) {
        bus_catalogue_rules_close(&v.rules[i]);
    }
    bus_arena_fini(&v.mem);
    int code = cli_tool_close(&v.tool, "policy verify", rc, &err);
    return code == LIANOU_WELL && v.different + v.without + v.masked > 0
               ? LIANOU_FAILED
               : code;
}

const struct policy_command cli_policy_cmd_verify = {
    .name = "verify",
    .usage = "FILE|ID [--catalogue DIR|ARCHIVE]... [--config DIR] [--db CONN]",
    .summary = "an evaluation run again: identical, or the first difference",
    .summary_zh = "重算一次研判,核对是否一致",
    .run = verify_run,
};
