/* policy publish: the configuration's catalogue to every running matcher.
 *
 * - compiled and held against the template first: a faulty one never leaves
 * - signed with the bureau's key (--key, else bureau.key); no reader takes up
 *   anything else, so without it nothing is sent
 * - one message on `catalogue`, keyed by its version, acknowledged
 * - in force from --effective on (today, unless told otherwise): an earlier day
 *   is refused, what was decided is not undone
 * - publishing a version again only changes its day */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "ops/cli/county/published.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/tool.h"

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

/* *room keeps the signature. */
static int publish_send(struct publishing *p,
                        struct bus_wire_signature *room,
                        struct bus_err *err)
{
    const struct bus_config *c = &p->tool.config;
    struct bus_catalogue_publication publication = {
        .kind = BUS_ARCHIVE_CATALOGUE,
        .county = bus_strv(c->county.code),
        .version = p->rules.archive.version,
        .effective = p->effective,
        .published_ms = p->now_ms,
        .archive = bus_buf_view(&p->archive),
    };
    BUS_TRY(cli_policy_message_fits(c, p->archive.len, err));
    BUS_TRY(cli_published_sign(c, p->key, &publication, room, err));
    return cli_published_send(c, &publication, &p->tool.mem, err);
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
    struct bus_wire_signature room;
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
        cli_policy_pack(&p->tool.config, NULL, &p->rules, &p->archive, err));
    BUS_TRY(bus_catalogue_archive_press(&p->archive, err));
    BUS_TRY(publish_send(p, &room, err));
    (void)printf("published / 已发布: %.*s, %zu items, in force from / 生效 "
                 "%s, %zu bytes, signed by key / 签名密钥 %s\n",
                 BUS_STRV_ARG(p->rules.archive.version),
                 p->rules.sources.item_count, bus_date_text(p->effective, day),
                 p->archive.len, room.signer);
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

static int published_run(int argc, char **argv)
{
    struct tool t = {0};
    struct bus_err err = {0};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        t.folder = optarg;
    }
    if (optind != argc) {
        return LIANOU_USAGE;
    }
    int rc = cli_tool_open(&t, &err);
    if (rc == BUS_OK) {
        rc = cli_published_show(&t.config, BUS_ARCHIVE_CATALOGUE, &err);
    }
    return cli_tool_close(&t, "policy show", rc, &err);
}

const struct policy_command cli_policy_cmd_show = {
    .name = "show",
    .usage = "[--config DIR]",
    .summary = "catalogues that were published: which counts, which is refused",
    .summary_zh = "列出已发布的政策目录:哪个有效,哪个不采用及原因",
    .run = published_run,
};
