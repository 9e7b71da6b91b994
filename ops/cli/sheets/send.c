/* sheets publish, withdraw, posted: said as events, by a named operator who
 * may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/ledger/sql/life_refresh.h"
#include "bus/ledger/sql/sheet_newest.h"
#include "bus/role/emit.h"
#include "bus/wire/ids.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/sheets/sheets.h"
#include "schemas/posting.h"
#include "schemas/sheet.h"

#define MESSAGES_MAX 8192

struct sending_sheets
{
    struct asked_sheets *a;
    struct sa_actor by;
    int64_t now_ms;
    struct bus_pg_rows *newest;
    struct bus_kafka_out_msg *list;
    size_t n;
};

static int say_by(struct sending_sheets *s,
                  const struct bus_register_operator *o,
                  struct bus_err *err)
{
    if (o == NULL) {
        return bus_fail(err, BUS_EDENIED,
                        "%s may not say this today / 该经办人无此权限",
                        s->a->by.operator_id);
    }
    s->by = (struct sa_actor){.operator_id = bus_strv(o->id),
                              .org_code = bus_strv(o->org),
                              .role = bus_strv(o->role)};
    return BUS_OK;
}

/* Of the lead department, or of the county. */
static int bureau_by(struct sending_sheets *s, struct bus_err *err)
{
    const struct cli_signed_in *by = &s->a->by;
    const struct bus_config_county *county = &s->a->t.config.county;
    const struct bus_register_operator *o = bus_registers_operator(
        by->in_force, bus_strv(by->operator_id), by->day);
    bool may = o != NULL && (strcmp(o->org, county->lead) == 0 ||
                             strcmp(o->org, county->code) == 0);
    return say_by(s, may ? o : NULL, err);
}

/* A village's sheet hangs when its own assistant says so; a town's or the
 * county's by somebody of there. */
static int board_by(struct sending_sheets *s, struct bus_err *err)
{
    const struct cli_signed_in *by = &s->a->by;
    struct bus_strv board = bus_strv(s->a->of), who = bus_strv(by->operator_id);
    const struct bus_register_operator *o =
        board.n == 12 ? bus_registers_assistant(by->in_force, board, by->day)
                      : bus_registers_operator_in(by->in_force, who, board,
                                                  BUS_STRV(""), by->day);
    return say_by(s, o != NULL && bus_strv_is(who, o->id) ? o : NULL, err);
}

static int sheets_put(struct sending_sheets *s,
                      const char *topic,
                      const struct bus_role_emit *e,
                      struct bus_err *err)
{
    const struct bus_config *c = &s->a->t.config;
    struct bus_role_rendered *r = bus_arena_calloc(&s->a->t.mem, 1, sizeof(*r));
    if (r == NULL || s->n == MESSAGES_MAX) {
        return bus_fail(err, BUS_ENOMEM, "events of sheets");
    }
    BUS_TRY(bus_role_emit_render(e, &s->a->t.mem, r, err));
    s->list[s->n++] = (struct bus_kafka_out_msg){
        .topic = bus_conf_topic(c, &s->a->t.mem, topic, NULL),
        .partition = -1,
        .key = r->key,
        .value = r->value,
        .headers = r->headers,
        .headers_count = r->headers_count};
    return BUS_OK;
}

static struct bus_strv sheets_source(struct sending_sheets *s)
{
    return bus_strv(bus_arena_printf(&s->a->t.mem, "/county/%s/sheets",
                                     s->a->t.config.county.code));
}

static int sheets_say(struct sending_sheets *s,
                      struct sa_sheet *sheet,
                      struct bus_err *err)
{
    sheet->household_id = bus_wire_sheet_id(sheet->board_code, sheet->month);
    sheet->event_id =
        bus_wire_sheet_event_id(&sheet->household_id, sheet->version,
                                sa_sheet_action_word(sheet->action));
    sheet->occurred_at = s->now_ms;
    sheet->said_by = s->by;
    struct bus_role_emit e = {.type = &sa_sheet_type,
                              .record = sheet,
                              .ce_type = "sa.sheet.v1",
                              .source = sheets_source(s),
                              .event_id = sheet->event_id,
                              .household_id = sheet->household_id,
                              .occurred_at = sheet->occurred_at};
    return sheets_put(s, "sheets", &e, err);
}

/* Row of sheet_newest.sql, -1: none. */
static int find_newest(const struct sending_sheets *s, const char *board)
{
    for (size_t i = 0; i < bus_pg_count(s->newest); i++) {
        if (strcmp(bus_pg_value(s->newest, i, 0), board) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool sheet_stands(const struct sending_sheets *s, int at)
{
    return at >= 0 &&
           strcmp(bus_pg_value(s->newest, (size_t)at, 2), "PUBLISHED") == 0;
}

/* `at` as it stands, WITHDRAWN. */
static int sheet_take_back(struct sending_sheets *s,
                           int at,
                           const char *reason,
                           struct bus_err *err)
{
    size_t i = (size_t)at;
    struct sa_sheet sheet = {
        .board_code = bus_strv(bus_pg_value(s->newest, i, 0)),
        .month = bus_strv(s->a->month),
        .version = (int32_t)bus_pg_i64(s->newest, i, 1),
        .action = SA_SHEET_ACTION_WITHDRAWN,
        .sm3 = bus_strv(bus_pg_value(s->newest, i, 3)),
        .sm3_html = bus_strv(bus_pg_value(s->newest, i, 4)),
        .sm3_pdf = bus_strv(bus_pg_value(s->newest, i, 5)),
        .has_reason = true,
        .reason = bus_strv(reason)};
    return sheets_say(s, &sheet, err);
}

static const char *list_str(const json_t *row, const char *key)
{
    const char *v = json_string_value(json_object_get(row, key));
    return v != NULL ? v : "";
}

static int
publish_row(struct sending_sheets *s, const json_t *row, struct bus_err *err)
{
    int at = find_newest(s, list_str(row, "board"));
    struct sa_sheet sheet = {
        .board_code = bus_strv(list_str(row, "board")),
        .month = bus_strv(s->a->month),
        .version = (int32_t)json_integer_value(json_object_get(row, "version")),
        .action = SA_SHEET_ACTION_PUBLISHED,
        .sm3 = bus_strv(list_str(row, "sm3")),
        .sm3_html = bus_strv(list_str(row, "sm3_html")),
        .sm3_pdf = bus_strv(list_str(row, "sm3_pdf")),
        .lines = (int32_t)json_integer_value(json_object_get(row, "lines")),
        .total_fen = json_integer_value(json_object_get(row, "total_fen"))};
    if (sheet.version < 1 || sheet.sm3.n != SHEETS_SM3_HEX) {
        return bus_fail(err, BUS_EPARSE,
                        "a row of the list is not one of ours");
    }
    if (sheet_stands(s, at)) {
        int64_t version = bus_pg_i64(s->newest, (size_t)at, 1);
        bool same =
            bus_strv_is(sheet.sm3, bus_pg_value(s->newest, (size_t)at, 3));
        if (version == sheet.version && same) {
            return BUS_OK; /* it is published */
        }
        if (version >= sheet.version) {
            return bus_fail(err, BUS_ESTATE,
                            "board %.*s has version %lld published: make the "
                            "sheets anew / 请重新生成",
                            BUS_STRV_ARG(sheet.board_code), (long long)version);
        }
        BUS_TRY(sheet_take_back(s, at, "replaced", err));
    }
    return sheets_say(s, &sheet, err);
}

static int send_open(struct sending_sheets *s, struct bus_err *err)
{
    s->now_ms = bus_clock_system.wall_ms(NULL);
    s->list = bus_arena_calloc(&s->a->t.mem, MESSAGES_MAX, sizeof(*s->list));
    if (s->list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "events of sheets");
    }
    BUS_TRY(bus_pg_query(s->a->t.pg, bus_ledger_sql_life_refresh, NULL, 0, NULL,
                         err));
    return bus_pg_query(s->a->t.pg, bus_ledger_sql_sheet_newest, &s->a->month,
                        1, &s->newest, err);
}

static int sheets_send(struct sending_sheets *s, struct bus_err *err)
{
    BUS_TRY(cli_topic_send_all(&s->a->t.config.kafka, "lianou-bureau", s->list,
                               s->n, err));
    (void)printf("%zu 件已发送 sent\n", s->n);
    return BUS_OK;
}

static int publish_list(struct sending_sheets *s, struct bus_err *err)
{
    json_error_t where;
    size_t i;
    json_t *row, *list = json_load_file(s->a->list, 0, &where);
    if (list == NULL || strcmp(list_str(list, "kind"), "lianou.sheets") != 0 ||
        strcmp(list_str(list, "month"), s->a->month) != 0) {
        json_decref(list);
        return bus_fail(err, BUS_EUSAGE, "%.200s is no list of %.7s / 不是清单",
                        s->a->list, s->a->month);
    }
    int rc = BUS_OK;
    json_array_foreach(json_object_get(list, "sheets"), i, row)
    {
        BUS_TRY_GOTO(rc, publish_row(s, row, err), out);
    }
    rc = sheets_send(s, err);
out:
    json_decref(list);
    return rc;
}

int cli_sheets_publish(struct asked_sheets *a, struct bus_err *err)
{
    struct sending_sheets s = {.a = a};
    int rc;
    BUS_TRY_GOTO(rc, send_open(&s, err), out);
    BUS_TRY_GOTO(rc, bureau_by(&s, err), out);
    rc = publish_list(&s, err);
out:
    bus_pg_rows_free(s.newest);
    return rc;
}

static int nothing_stands(const struct asked_sheets *a, struct bus_err *err)
{
    return bus_fail(err, BUS_EUNKNOWN,
                    "board %.12s has no sheet of %.7s published / 尚未发布",
                    a->of, a->month);
}

int cli_sheets_withdraw(struct asked_sheets *a, struct bus_err *err)
{
    struct sending_sheets s = {.a = a};
    int rc;
    BUS_TRY_GOTO(rc, send_open(&s, err), out);
    BUS_TRY_GOTO(rc, bureau_by(&s, err), out);
    int at = find_newest(&s, a->of);
    BUS_TRY_GOTO(rc,
                 sheet_stands(&s, at) ? sheet_take_back(&s, at, a->why, err)
                                      : nothing_stands(a, err),
                 out);
    rc = sheets_send(&s, err);
out:
    bus_pg_rows_free(s.newest);
    return rc;
}

static int say_posted(struct sending_sheets *s, int at, struct bus_err *err)
{
    char photo[SHEETS_SM3_HEX + 1];
    struct sa_posting p = {
        .event_id = bus_id_fresh(s->now_ms),
        .board_code = bus_strv(s->a->of),
        .month = bus_strv(s->a->month),
        .occurred_at = s->now_ms,
        .version = (int32_t)bus_pg_i64(s->newest, (size_t)at, 1),
        .sm3 = bus_strv(bus_pg_value(s->newest, (size_t)at, 3)),
        .posted_on = bus_china_day(s->now_ms),
        .has_photo_sm3 = s->a->photo != NULL,
        .said_by = s->by};
    p.household_id = bus_wire_sheet_id(p.board_code, p.month);
    if (s->a->photo != NULL) {
        BUS_TRY(cli_sheets_sm3_file(s->a->photo, photo, err));
        p.photo_sm3 = bus_strv(photo);
    }
    struct bus_role_emit e = {.type = &sa_posting_type,
                              .record = &p,
                              .ce_type = "sa.posting.v1",
                              .source = sheets_source(s),
                              .event_id = p.event_id,
                              .household_id = p.household_id,
                              .occurred_at = p.occurred_at};
    BUS_TRY(sheets_put(s, "postings", &e, err));
    return sheets_send(s, err);
}

int cli_sheets_posted(struct asked_sheets *a, struct bus_err *err)
{
    struct sending_sheets s = {.a = a};
    int rc;
    BUS_TRY_GOTO(rc, send_open(&s, err), out);
    BUS_TRY_GOTO(rc, board_by(&s, err), out);
    int at = find_newest(&s, a->of);
    rc =
        sheet_stands(&s, at) ? say_posted(&s, at, err) : nothing_stands(a, err);
out:
    bus_pg_rows_free(s.newest);
    return rc;
}
