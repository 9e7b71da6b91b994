#include "bus/role/emit.h"

#include "bus/base/check.h"

#include <stdio.h>
#include <string.h>

#include "bus/wire/crypt.h"

#define KEY_KEPT 4096 /* of a letter without its bytes */

static void
header(struct bus_role_rendered *r, const char *name, struct bus_strv value)
{
    if (value.n > 0) {
        BUS_CHECK(r->headers_count < BUS_EMIT_HEADERS);
        r->headers[r->headers_count++] = (struct bus_kafka_header){name, value};
    }
}

void bus_role_emit_headers(const struct bus_role_emit *e,
                           struct bus_role_rendered *r)
{
    BUS_CHECK(e->ce_type != NULL);
    r->headers_count = 0;
    r->key = (struct bus_strv){bus_id_text(&e->household_id, r->key_text),
                               BUS_ID_TEXT};
    header(r, "ce_specversion", BUS_STRV("1.0"));
    header(
        r, "ce_id",
        (struct bus_strv){bus_id_text(&e->event_id, r->id_text), BUS_ID_TEXT});
    header(r, "ce_source", e->source);
    header(r, "ce_type", bus_strv(e->ce_type));
    bool has_case = !bus_id_is_nil(&e->case_id);
    const char *about =
        has_case ? bus_id_text(&e->case_id, r->case_text) : r->key_text;
    size_t n = has_case ? 5 : 10;
    memcpy(r->subject, has_case ? "case/" : "household/", n);
    memcpy(r->subject + n, about, BUS_ID_TEXT);
    header(r, "ce_subject", (struct bus_strv){r->subject, n + BUS_ID_TEXT});
    header(r, "ce_time",
           (struct bus_strv){bus_time_text(e->occurred_at, r->time_text),
                             BUS_TIME_TEXT});
    header(r, "ce_partitionkey", r->key);
    if (has_case) {
        header(r, "ce_correlationid",
               (struct bus_strv){r->case_text, BUS_ID_TEXT});
    }
    if (!bus_id_is_nil(&e->cause_id)) {
        header(r, "ce_causationid",
               (struct bus_strv){bus_id_text(&e->cause_id, r->cause_text),
                                 BUS_ID_TEXT});
    }
    header(r, "content-type", BUS_STRV("application/avro"));
    header(r, "traceparent", e->traceparent);
}

int bus_role_emit_render(const struct bus_role_emit *e,
                         struct bus_arena *mem,
                         struct bus_role_rendered *ret,
                         struct bus_err *err)
{
    BUS_CHECK(e->type != NULL && e->record != NULL);
    bus_role_emit_headers(e, ret);
    return bus_wire_encode_framed(e->type, e->record, mem, &ret->value, err);
}

int bus_role_emit_put(struct bus_kafka_out *out,
                      int32_t topic,
                      int32_t partition,
                      const struct bus_role_emit *e,
                      struct bus_err *err)
{
    BUS_CHECK(e->type != NULL && e->record != NULL);
    BUS_CHECK(topic >= 0 && partition >= 0);
    struct bus_role_rendered r;
    int rc = bus_wire_type_ready(e->type, err);
    if (rc != BUS_OK) {
        return rc;
    }
    size_t n = BUS_WIRE_FRAME_BYTES + bus_wire_size(e->type, e->record);
    uint8_t *p = bus_kafka_out_alloc(out, n);
    if (p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "%s of %zu bytes", e->type->name, n);
    }
    (void)bus_wire_encode_at(e->type, e->record,
                             bus_wire_frame_at(e->type->id, p));
    bus_role_emit_headers(e, &r);
    struct bus_kafka_put put = {
        .partition = partition,
        .key = r.key,
        .value = {(const char *)p, n},
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return bus_kafka_out_put(out, topic, &put, err);
}

static void fill_headers(const struct bus_kafka_msg *m,
                         struct bus_arena *mem,
                         struct sa_dead_letter *d)
{
    struct bus_kafka_header list[BUS_KAFKA_HEADERS_MAX];
    size_t n = bus_kafka_msg_headers(m, list, BUS_KAFKA_HEADERS_MAX);
    n = n > BUS_KAFKA_HEADERS_MAX ? BUS_KAFKA_HEADERS_MAX : n;
    d->headers.v = bus_arena_calloc(mem, n + 1, sizeof(*d->headers.v));
    for (size_t i = 0; d->headers.v != NULL && i < n; i++) {
        d->headers.v[i].key = bus_strv(list[i].name);
        d->headers.v[i].value = list[i].value;
        d->headers.n = i + 1;
    }
}

void bus_role_dead_letter_fill(const struct bus_role_dead_letter *dl,
                               struct bus_arena *mem,
                               struct sa_dead_letter *ret)
{
    const struct bus_kafka_msg *m = dl->msg;
    BUS_CHECK(m->topic != NULL && dl->why != NULL && dl->owner != NULL);
    *ret = (struct sa_dead_letter){
        .event_id = bus_wire_place_id("dead_letter", bus_strv(m->topic),
                                      m->partition, m->offset),
        .occurred_at = dl->now_ms,
        .topic = bus_strv(m->topic),
        .partition = m->partition,
        .offset = m->offset,
        .has_key = m->key.p != NULL,
        .key = m->key,
        .has_value = m->value.p != NULL,
        .value = m->value,
        .reason_code = bus_strv(dl->reason_code ? dl->reason_code
                                                : bus_errc_name(dl->why->code)),
        .reason = bus_strv(dl->why->msg),
        .owner = bus_strv(dl->owner),
        .first_at = dl->now_ms,
        .last_at = dl->now_ms,
        .tries = 1,
    };
    ret->has_household_id = bus_id_parse(m->key, &ret->household_id);
    if (!bus_utf8_valid(ret->reason.p, ret->reason.n)) {
        ret->reason = bus_strv("a reason that is no text");
    }
    fill_headers(m, mem, ret);
}

struct bus_role_emit
bus_role_dead_letter_emit(const struct sa_dead_letter *dead_letter,
                          struct bus_strv source)
{
    return (struct bus_role_emit){
        .type = &sa_dead_letter_type,
        .record = dead_letter,
        .ce_type = "sa.dead_letter.v1",
        .source = source,
        .event_id = dead_letter->event_id,
        .household_id = dead_letter->household_id,
        .occurred_at = dead_letter->occurred_at,
    };
}

/* What came compressed may be larger than a message of ours may be: the letter
 * goes without the bytes, which stand at their place as long as the topic keeps
 * them, and says so. */
int bus_role_dead_letter_lighten(struct sa_dead_letter *d,
                                 struct bus_arena *mem,
                                 struct bus_err *err)
{
    const char *text =
        bus_arena_printf(mem, "%.*s; its %zu bytes stand at its place only",
                         BUS_STRV_ARG(d->reason), d->value.n);
    d->headers.v = bus_arena_calloc(mem, 1, sizeof(*d->headers.v));
    if (text == NULL || d->headers.v == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a dead letter");
    }
    d->headers.v[0].key = BUS_STRV(BUS_LETTER_LEFT);
    d->headers.n = 1;
    d->reason = bus_strv(text);
    d->has_value = false;
    d->has_key = d->has_key && d->key.n <= KEY_KEPT;
    return BUS_OK;
}

int bus_role_dead_letter_put(struct bus_kafka_out *out,
                             int32_t topic,
                             const struct bus_role_dead_letter *dl,
                             struct bus_arena *mem,
                             struct bus_err *err)
{
    struct sa_dead_letter d;
    bus_role_dead_letter_fill(dl, mem, &d);
    struct bus_role_emit e = bus_role_dead_letter_emit(&d, dl->source);
    BUS_CHECK(topic >= 0 && d.topic.n > 0);
    int rc = bus_role_emit_put(out, topic, dl->msg->partition, &e, err);
    if (rc != BUS_ETOOBIG) {
        return rc;
    }
    BUS_TRY(bus_role_dead_letter_lighten(&d, mem, err));
    return bus_role_emit_put(out, topic, dl->msg->partition, &e, err);
}
