#include "ops/cli/inspect/dlq.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/role/emit.h"
#include "bus/wire/ids.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/sign_in.h"

#define REASON_CHARS  200
#define REASON_DIGITS 7

int cli_dlq_mark(struct dlq *q,
                 struct dlq_letter *l,
                 const char *code,
                 const char *reason,
                 struct bus_err *err)
{
    const struct bus_config *c = &q->tool.config;
    struct sa_dead_letter *d = bus_arena_calloc(&q->mem, 1, sizeof(*d));
    if (d == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a mark");
    }
    *d = (struct sa_dead_letter){
        .event_id = bus_wire_redriven_id(bus_strv(l->name)),
        .has_household_id = l->d->has_household_id,
        .household_id = l->d->household_id,
        .occurred_at = bus_clock_system.wall_ms(NULL),
        .topic = l->d->topic,
        .partition = l->d->partition,
        .offset = l->d->offset,
        .reason_code = bus_strv(code),
        .reason = bus_strv(reason),
        .owner = l->d->owner,
        .first_at = l->d->first_at,
        .last_at = bus_clock_system.wall_ms(NULL),
        .tries = l->d->tries + 1,
    };
    struct bus_role_emit e = {
        .type = &sa_dead_letter_type,
        .record = d,
        .ce_type = "sa.dead_letter.v1",
        .source = bus_strv(
            bus_arena_printf(&q->mem, "/county/%s/dlq", c->county.code)),
        .event_id = d->event_id,
        .household_id = d->household_id,
        .cause_id = l->d->event_id,
        .occurred_at = d->occurred_at,
    };
    struct bus_role_rendered r;
    BUS_TRY(bus_role_emit_render(&e, &q->mem, &r, err));
    struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(c, &q->mem, "dead-letters", NULL),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    BUS_TRY(cli_topic_send(&c->kafka, "lianou-dlq", &m, err));
    l->mark = d;
    return BUS_OK;
}

/* It stands in the topic in clear, and on screens. */
static int dlq_reason_fits(const char *reason, struct bus_err *err)
{
    struct bus_strv text = bus_strv(reason != NULL ? reason : "");
    size_t n = bus_utf8_count(text.p, text.n), digits = 0;
    bool plain = n > 0 && n <= REASON_CHARS;
    for (size_t i = 0; plain && i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        digits = isdigit(c) ? digits + 1 : 0;
        plain = c >= ' ' && c != 0x7f && digits <= REASON_DIGITS;
    }
    return plain ? BUS_OK
                 : bus_fail(err, BUS_EUSAGE,
                            "--reason: why nothing is to be done, in 1 to %d "
                            "characters and without numbers of people / "
                            "请写明办结理由(1至%d字), 不得含证件号、电话、账号",
                            REASON_CHARS, REASON_CHARS);
}

/* Whose letter it is says that it ends, or the lead department does. */
static int dlq_close_by(struct dlq *q,
                        const struct dlq_letter *l,
                        const struct cli_signed_in *by,
                        struct bus_err *err)
{
    const struct bus_config_county *county = &q->tool.config.county;
    const struct bus_register_operator *o = bus_registers_operator(
        by->in_force, bus_strv(by->operator_id), by->day);
    const struct bus_register_organisation *of =
        o == NULL
            ? NULL
            : bus_registers_department(by->in_force, bus_strv(o->org), by->day);
    bool may =
        o != NULL && (strcmp(o->org, county->lead) == 0 ||
                      strcmp(o->org, county->code) == 0 ||
                      bus_strv_is(l->d->owner, o->org) ||
                      (of != NULL && bus_strv_is(l->d->owner, of->code)));
    return may ? BUS_OK
               : bus_fail(err, BUS_EDENIED,
                          "%s is not of %.*s, whose letter it is, nor of the "
                          "lead department / 非责任单位或牵头部门人员",
                          by->operator_id, BUS_STRV_ARG(l->d->owner));
}

static int
dlq_close_one(struct dlq *q, struct dlq_letter *l, struct bus_err *err)
{
    struct cli_signed_in by = {0};
    int rc = cli_sign_in(&q->tool, q->account, false, &by, err);
    if (rc == BUS_OK) {
        rc = dlq_close_by(q, l, &by, err);
    }
    if (rc == BUS_OK) {
        const char *reason =
            bus_arena_printf(&q->mem, "%s: %s", by.operator_id, q->reason);
        rc = reason == NULL ? bus_fail(err, BUS_ENOMEM, "a reason")
                            : cli_dlq_mark(q, l, DLQ_CLOSED, reason, err);
    }
    cli_sign_in_end(&by);
    if (rc == BUS_OK) {
        (void)printf("%s closed / 已办结\n", l->name);
    }
    return rc;
}

int cli_dlq_close(struct dlq *q, struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    struct dlq_letter *l = q->first;
    BUS_TRY(dlq_reason_fits(q->reason, err));
    while (l != NULL &&
           (l->d == NULL ||
            (strcmp(q->what, l->name) != 0 &&
             strcmp(q->what, bus_id_text(&l->d->event_id, id)) != 0))) {
        l = l->next;
    }
    if (l == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "no dead letter '%s' / 无此死信",
                        q->what);
    }
    if (l->mark != NULL) {
        return bus_fail(err, BUS_EDUPLICATE,
                        "%s has its end: %.*s / 该死信已办结", l->name,
                        BUS_STRV_ARG(l->mark->reason));
    }
    BUS_TRY(cli_tool_database(&q->tool, err));
    return dlq_close_one(q, l, err);
}
