/* intake leave: who no longer lives in a household. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/role/emit.h"
#include "bus/wire/crypt.h"
#include "bus/wire/keyring.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/intake/feed.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"
#include "producers/intake/leaving.h"

struct leave
{
    struct tool tool;
    uint8_t person_key[BUS_WIRE_KEY_BYTES];
    struct bus_arena mem; /* of one line */
    size_t line, sent, failed;
};

static int leave_send(struct leave *l,
                      const struct sa_membership_change *c,
                      struct bus_err *err)
{
    const struct bus_config *conf = &l->tool.config;
    struct bus_role_emit e = {
        .type = &sa_membership_change_type,
        .record = c,
        .ce_type = "sa.membership_change.v1",
        .source = bus_strv(
            bus_arena_printf(&l->mem, "/county/%s/intake", conf->county.code)),
        .event_id = c->event_id,
        .household_id = c->household_id,
        .occurred_at = c->occurred_at,
    };
    struct bus_role_rendered r;
    BUS_TRY(bus_role_emit_render(&e, &l->mem, &r, err));
    struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(conf, &l->mem, "membership-changes", NULL),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return cli_topic_send(&conf->kafka, "lianou-intake", &m, err);
}

static int
leave_line(struct leave *l, struct bus_strv text, struct bus_err *err)
{
    struct form_syntax wrong;
    struct sa_membership_change c;
    char id[BUS_ID_TEXT + 1];
    json_t *j = intake_form_parse(text, &wrong);
    if (j == NULL) {
        return bus_fail(err, BUS_EPARSE, "不是 JSON / no JSON");
    }
    int rc = intake_leaving_read(
        j, (struct bus_strv){(const char *)l->person_key, BUS_WIRE_KEY_BYTES},
        bus_clock_system.wall_ms(NULL), &l->mem, &c, err);
    if (rc == BUS_OK) {
        rc = leave_send(l, &c, err);
    }
    if (rc == BUS_OK) {
        (void)printf("%s\n", bus_id_text(&c.event_id, id));
    }
    json_decref(j);
    return rc;
}

/* Each line by itself; one that has faults holds none of the others. */
static int leave_lines(struct leave *l, FILE *file, struct bus_err *err)
{
    char *line = NULL;
    size_t cap = 0;
    int rc = BUS_OK;
    for (ssize_t n; rc == BUS_OK && (n = getline(&line, &cap, file)) >= 0;) {
        l->line++;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) {
            n--;
        }
        if (n == 0) {
            continue;
        }
        bus_arena_reset(&l->mem);
        rc = leave_line(l, (struct bus_strv){line, (size_t)n}, err);
        l->sent += rc == BUS_OK;
        if (rc == BUS_EPARSE || rc == BUS_ETOOBIG) {
            (void)fprintf(stderr, "line %zu: %s\n", l->line, err->msg);
            l->failed++;
            rc = BUS_OK;
        }
    }
    if (line != NULL) {
        explicit_bzero(line, cap); /* it had people's numbers */
    }
    free(line);
    return rc;
}

int cli_intake_leave(const char *path, const char *config_dir)
{
    static struct leave l;
    struct bus_err err;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "lianou intake: %s cannot be read\n", path);
        return LIANOU_USAGE;
    }
    l.tool.folder = config_dir;
    bus_arena_init(&l.mem, 64u << 10, 0);
    int rc = cli_tool_open(&l.tool, &err);
    if (rc == BUS_OK) {
        rc = bus_wire_key_file(l.tool.config.keys.person_key, l.person_key,
                               &err);
    }
    if (rc == BUS_OK) {
        rc = leave_lines(&l, file, &err);
    }
    explicit_bzero(l.person_key, sizeof(l.person_key));
    bus_arena_fini(&l.mem);
    if (file != stdin) {
        (void)fclose(file);
    }
    (void)fprintf(stderr, "sent %zu, failed %zu\n", l.sent, l.failed);
    rc = cli_tool_close(&l.tool, "intake", rc, &err);
    return rc == LIANOU_WELL && l.failed > 0 ? LIANOU_FAILED : rc;
}
