/* policy publish: the configuration's catalogue to every running matcher.
 *
 * - compiled and held against the template first: a faulty one never leaves
 * - one message on `catalogue`, keyed by its version, acknowledged
 * - in force from --effective on (today, unless told otherwise): an earlier day
 *   is refused, what was decided is not undone
 * - publishing a version again only changes its day */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/role/emit.h"
#include "bus/wire/crypt.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/tool.h"
#include "schemas/catalogue.h"

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"effective", required_argument, NULL, 'e'},
    {"key", required_argument, NULL, 'k'},
    {NULL, 0, NULL, 0}};

struct publishing
{
    struct tool tool;
    struct bus_catalogue_rules rules;
    struct bus_buf archive;
    const char *key;
    int32_t effective;
    int64_t now_ms;
};

static int publish_send(struct publishing *p, struct bus_err *err)
{
    const struct bus_config *c = &p->tool.config;
    struct bus_arena *mem = &p->tool.mem;
    struct sa_catalogue record = {
        .version = p->rules.archive.version,
        .effective_from = p->effective,
        .published_at = p->now_ms,
        .archive = bus_buf_view(&p->archive),
    };
    struct bus_role_emit e = {
        .type = &sa_catalogue_type,
        .record = &record,
        .ce_type = "sa.catalogue.v1",
        .source = bus_strv(
            bus_arena_printf(mem, "/county/%s/policy", c->county.code)),
        .event_id = bus_wire_catalogue_id(record.version),
        .occurred_at = p->now_ms,
    };
    struct bus_role_rendered r;
    BUS_TRY(cli_policy_message_fits(c, p->archive.len, err));
    BUS_TRY(bus_role_emit_render(&e, mem, &r, err));
    struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(c, mem, "catalogue", NULL),
        .partition = 0,
        .key = record.version,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return cli_topic_send(&c->kafka, "lianou-policy", &m, err);
}

/* With a fault it never leaves: it would reach cases as "the rule failed". */
static int refuse_faulty(const struct publishing *p, struct bus_err *err)
{
    struct bus_policy_catalogue *c = NULL;
    struct bus_faults faults;
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    int rc =
        cli_policy_check_rules(&p->tool.config, p->effective, &faults, &c, err);
    if (rc != BUS_OK) {
        cli_policy_print_faults(&faults, false);
        (void)bus_wrap(err,
                       "不发布有错误的政策 / a catalogue with faults is not "
                       "published");
    }
    bus_policy_catalogue_free(c);
    bus_arena_fini(&mem);
    return rc;
}

static int publish(struct publishing *p, struct bus_err *err)
{
    char day[BUS_DATE_TEXT + 1];
    int32_t today;
    p->now_ms = bus_clock_system.wall_ms(NULL);
    today = bus_china_day(p->now_ms);
    p->effective = p->effective ? p->effective : today;
    if (p->effective < today) {
        return bus_fail(err, BUS_ERANGE,
                        "--effective %s has passed; today is the earliest",
                        bus_date_text(p->effective, day));
    }
    BUS_TRY(cli_tool_open(&p->tool, err));
    BUS_TRY(refuse_faulty(p, err));
    BUS_TRY(
        cli_policy_pack(&p->tool.config, p->key, &p->rules, &p->archive, err));
    BUS_TRY(bus_catalogue_archive_press(&p->archive, err));
    BUS_TRY(publish_send(p, err));
    (void)printf("published / 已发布: %.*s, %zu items, in force from / 生效 "
                 "%s, %zu bytes, %s\n",
                 BUS_STRV_ARG(p->rules.archive.version),
                 p->rules.sources.item_count, bus_date_text(p->effective, day),
                 p->archive.len,
                 p->key ? "signed / 已签名" : "unsigned / 未签名");
    return BUS_OK;
}

static int publish_run(int argc, char **argv)
{
    struct publishing p = {0};
    struct bus_err err = {0};
    bus_catalogue_rules_init(&p.rules);
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            p.tool.folder = optarg;
        } else if (o == 'k') {
            p.key = optarg;
        } else if (o != 'e' ||
                   !bus_date_parse(bus_strv(optarg), &p.effective)) {
            return LIANOU_USAGE;
        }
    }
    if (optind != argc) {
        return LIANOU_USAGE;
    }
    int rc = publish(&p, &err);
    bus_catalogue_rules_close(&p.rules);
    bus_buf_fini(&p.archive);
    return cli_tool_close(&p.tool, "policy publish", rc, &err);
}

const struct policy_command cli_policy_cmd_publish = {
    .name = "publish",
    .usage = "[--effective DAY] [--key KEY.pem] [--config DIR]",
    .summary = "the catalogue to the running matcher, in force from that day",
    .summary_zh = "向运行中的总线发布政策,自该日生效",
    .run = publish_run,
};
