/* sheets missing, verify: what hangs where, and whether a sheet is one. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/ledger/sql/life_refresh.h"
#include "bus/ledger/sql/sheet_find.h"
#include "bus/ledger/sql/sheet_newest.h"
#include "bus/ledger/sql/sheet_postings.h"
#include "ops/cli/county/published.h"
#include "ops/cli/sheets/sheets.h"

struct looking_sheets
{
    struct asked_sheets *a;
    struct bus_register *registers;
    struct bus_pg_rows *newest, *postings;
};

static bool is_published(const struct looking_sheets *l, const char *board)
{
    for (size_t i = 0; i < bus_pg_count(l->newest); i++) {
        if (strcmp(bus_pg_value(l->newest, i, 0), board) == 0) {
            return strcmp(bus_pg_value(l->newest, i, 2), "PUBLISHED") == 0;
        }
    }
    return false;
}

/* Said by somebody who was the board's own on the day he says. */
static bool is_posted(const struct looking_sheets *l, const char *board)
{
    for (size_t i = 0; i < bus_pg_count(l->postings); i++) {
        int32_t day = 0;
        struct bus_strv who = bus_strv(bus_pg_value(l->postings, i, 1));
        if (strcmp(bus_pg_value(l->postings, i, 0), board) == 0 &&
            bus_date_parse(bus_strv(bus_pg_value(l->postings, i, 2)), &day) &&
            bus_registers_operator_in(l->registers, who, bus_strv(board),
                                      BUS_STRV(""), day) != NULL) {
            return true;
        }
    }
    return false;
}

static void tell_board(const struct looking_sheets *l,
                       const struct sheets_board *b,
                       bool published)
{
    int32_t day = bus_china_day(bus_clock_system.wall_ms(NULL));
    const struct bus_register_operator *o =
        strlen(b->code) == 12
            ? bus_registers_assistant(l->registers, bus_strv(b->code), day)
            : NULL;
    (void)printf("%s  %s  %s  %s\n", b->code, b->name,
                 published ? "未张贴 not posted" : "未发布 not published",
                 o != NULL ? o->name : "-");
}

static int tell_missing(struct looking_sheets *l, struct bus_err *err)
{
    struct sheets_board *boards = NULL;
    size_t n = 0, unpublished = 0, unposted = 0;
    BUS_TRY(cli_sheets_boards(l->a, &boards, &n, err));
    for (size_t i = 0; i < n; i++) {
        bool published = is_published(l, boards[i].code);
        if (!published || !is_posted(l, boards[i].code)) {
            unpublished += !published;
            unposted += published;
            tell_board(l, &boards[i], published);
        }
    }
    (void)printf("%zu 个公示栏 boards: 未发布 not published %zu, 未张贴 not "
                 "posted %zu\n",
                 n, unpublished, unposted);
    return BUS_OK;
}

int cli_sheets_missing(struct asked_sheets *a, struct bus_err *err)
{
    struct looking_sheets l = {.a = a};
    int rc;
    BUS_TRY_GOTO(rc, cli_published_register(&a->t.config, &l.registers, err),
                 out);
    BUS_TRY_GOTO(
        rc,
        bus_pg_query(a->t.pg, bus_ledger_sql_life_refresh, NULL, 0, NULL, err),
        out);
    BUS_TRY_GOTO(rc,
                 bus_pg_query(a->t.pg, bus_ledger_sql_sheet_newest, &a->month,
                              1, &l.newest, err),
                 out);
    BUS_TRY_GOTO(rc,
                 bus_pg_query(a->t.pg, bus_ledger_sql_sheet_postings, &a->month,
                              1, &l.postings, err),
                 out);
    rc = tell_missing(&l, err);
out:
    bus_pg_rows_free(l.postings);
    bus_pg_rows_free(l.newest);
    bus_registers_free(l.registers);
    return rc;
}

static int unlike(const char *path, const char *sm3, struct bus_err *err)
{
    return bus_fail(err, BUS_ECRYPT,
                    "%.200s is none of the published sheets (SM3 %.16s...) / "
                    "与公布的不符",
                    path, sm3);
}

static int verify_by_list(const struct asked_sheets *a,
                          const char *sm3,
                          struct bus_err *err)
{
    static const char *const keys[] = {"sm3", "sm3_html", "sm3_pdf"};
    json_error_t where;
    size_t i;
    json_t *row, *list = json_load_file(a->list, 0, &where);
    if (list == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%.200s is no list / 不是清单",
                        a->list);
    }
    bool found = false;
    json_array_foreach(json_object_get(list, "sheets"), i, row)
    {
        for (size_t k = 0; !found && k < 3; k++) {
            const char *is = json_string_value(json_object_get(row, keys[k]));
            found = is != NULL && strcmp(is, sm3) == 0;
        }
        if (found) {
            (void)printf(
                "一致 as published: %s %s v%d\n",
                json_string_value(json_object_get(row, "board")),
                json_string_value(json_object_get(list, "month")),
                (int)json_integer_value(json_object_get(row, "version")));
            break;
        }
    }
    json_decref(list);
    return found ? BUS_OK : unlike(a->of, sm3, err);
}

static int
verify_by_ledger(struct asked_sheets *a, const char *sm3, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(a->t.pg, bus_ledger_sql_life_refresh, NULL, 0, NULL, err));
    BUS_TRY(bus_pg_query(a->t.pg, bus_ledger_sql_sheet_find, &sm3, 1, &r, err));
    int rc = bus_pg_count(r) > 0 ? BUS_OK : unlike(a->of, sm3, err);
    if (rc == BUS_OK && bus_pg_value(r, 0, 4)[0] != '\0') {
        rc = bus_fail(err, BUS_ESTATE, "%s %s v%s was withdrawn on %s / 已撤回",
                      bus_pg_value(r, 0, 0), bus_pg_value(r, 0, 1),
                      bus_pg_value(r, 0, 2), bus_pg_value(r, 0, 4));
    } else if (rc == BUS_OK) {
        (void)printf("一致 as published: %s %s v%s (%s)\n",
                     bus_pg_value(r, 0, 0), bus_pg_value(r, 0, 1),
                     bus_pg_value(r, 0, 2), bus_pg_value(r, 0, 3));
    }
    bus_pg_rows_free(r);
    return rc;
}

int cli_sheets_verify(struct asked_sheets *a, struct bus_err *err)
{
    char sm3[SHEETS_SM3_HEX + 1];
    BUS_TRY(cli_sheets_sm3_file(a->of, sm3, err));
    return a->list != NULL ? verify_by_list(a, sm3, err)
                           : verify_by_ledger(a, sm3, err);
}
