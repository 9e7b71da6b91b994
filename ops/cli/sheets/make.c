/* sheets make: the month's sheets into a folder, with the list of their SM3.
 * What is published already and has not changed keeps its version; what has
 * changed, or was withdrawn, gets the next. Made twice, the files are the same
 * bytes; what a list in the folder has, and whose files are still what it says,
 * is not laid out again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/ledger/sql/sheet_newest.h"
#include "ops/cli/policy/policy.h"
#include "ops/cli/sheets/print.h"
#include "ops/cli/sheets/sheets.h"

struct making
{
    struct asked_sheets *a;
    struct sheets_rules rules;
    struct sheets_rows rows;
    struct bus_pg_rows *newest; /* sheet_newest.sql */
    struct sheets_board *boards;
    size_t board_count;
    struct cli_print print;
    json_t *list, *before; /* what is made; the list that lay there, or NULL */
};
static const char *const laid_ends[] = {"html", "pdf"};
static const char *const laid_keys[] = {"sm3_html", "sm3_pdf"};
#define LAID 2

/* The newest published version of a board: its row, or -1. */
static int newest_of(const struct making *m, const char *board)
{
    size_t low = 0, high = bus_pg_count(m->newest);
    while (low < high) {
        size_t at = (low + high) / 2;
        int order = strcmp(bus_pg_value(m->newest, at, 0), board);
        if (order == 0) {
            return (int)at;
        }
        if (order < 0) {
            low = at + 1;
        } else {
            high = at;
        }
    }
    return -1;
}

/* Rows whose division begins with the board's code; they stand together. */
static const struct sheets_row *
sheets_rows_of(const struct making *m, const char *board, size_t *ret_n)
{
    size_t from = 0, width = strlen(board);
    while (from < m->rows.n &&
           strncmp(m->rows.v[from].division, board, width) < 0) {
        from++;
    }
    size_t to = from;
    while (to < m->rows.n &&
           strncmp(m->rows.v[to].division, board, width) == 0) {
        to++;
    }
    *ret_n = to - from;
    return m->rows.v + from;
}

/* One line, keys in order, a line end. */
static int sheet_text(json_t *sheet, struct bus_buf *out, struct bus_err *err)
{
    char *text =
        sheet != NULL ? json_dumps(sheet, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (text != NULL) {
        bus_buf_puts(out, text);
        bus_buf_putc(out, '\n');
    }
    free(text); /* jansson's own */
    return text != NULL && !out->failed ? BUS_OK
                                        : bus_fail(err, BUS_ENOMEM, "a sheet");
}

static int
write_text(const char *path, struct bus_strv text, struct bus_err *err)
{
    FILE *f = fopen(path, "wb");
    bool whole = f != NULL && fwrite(text.p, 1, text.n, f) == text.n;
    whole = f != NULL && fclose(f) == 0 && whole;
    return whole ? BUS_OK
                 : bus_fail(err, BUS_EUSAGE, "%.200s cannot be written", path);
}

/* At the version that is published; if that is another text, at the next. */
static int make_text(struct making *m,
                     const struct sheets_board *board,
                     json_t **ret,
                     struct bus_buf *text,
                     char sm3[SHEETS_SM3_HEX + 1],
                     struct bus_err *err)
{
    size_t n = 0;
    int at = newest_of(m, board->code), version = 1;
    const struct sheets_row *rows = sheets_rows_of(m, board->code, &n);
    bool stands = at >= 0 && strcmp(bus_pg_value(m->newest, (size_t)at, 2),
                                    "PUBLISHED") == 0;
    if (at >= 0) {
        version = (int)bus_pg_i64(m->newest, (size_t)at, 1) + (stands ? 0 : 1);
    }
    for (int tries = 0; tries < 2; tries++) {
        bus_buf_clear(text);
        json_decref(*ret);
        *ret = cli_sheets_build(&m->rules, board, rows, n, version);
        BUS_TRY(sheet_text(*ret, text, err));
        BUS_TRY(cli_sheets_sm3(bus_buf_view(text), sm3, err));
        if (!stands ||
            strcmp(sm3, bus_pg_value(m->newest, (size_t)at, 3)) == 0) {
            break;
        }
        version++;
        stands = false;
    }
    return BUS_OK;
}

/* Of the list that lay there: this very sheet; NULL: none. */
static const json_t *
laid_before(const struct making *m, const char *board, const char *sm3)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(m->before, "sheets"), i, row)
    {
        const char *b = json_string_value(json_object_get(row, "board"));
        const char *s = json_string_value(json_object_get(row, "sm3"));
        if (b != NULL && s != NULL && strcmp(b, board) == 0 &&
            strcmp(s, sm3) == 0) {
            return row;
        }
    }
    return NULL;
}

/* Page and PDF are there, byte for byte what that list says. */
static bool is_laid_out(const struct making *m,
                        const char *board,
                        const char *sm3,
                        const char *base)
{
    const json_t *row = laid_before(m, board, sm3);
    bool there = row != NULL;
    for (size_t k = 0; there && k < LAID; k++) {
        char path[720], now[SHEETS_SM3_HEX + 1];
        const char *is = json_string_value(json_object_get(row, laid_keys[k]));
        struct bus_err ignored;
        (void)snprintf(path, sizeof(path), "%.700s.%s", base, laid_ends[k]);
        there = is != NULL &&
                cli_sheets_sm3_file(path, now, &ignored) == BUS_OK &&
                strcmp(is, now) == 0;
    }
    return there;
}

static int make_board(struct making *m,
                      const struct sheets_board *board,
                      struct bus_buf *text,
                      struct bus_err *err)
{
    json_t *sheet = NULL, *page = NULL;
    char sm3[SHEETS_SM3_HEX + 1], base[700], path[720];
    int rc;
    BUS_TRY_GOTO(rc, make_text(m, board, &sheet, text, sm3, err), done);
    int version = (int)json_integer_value(json_object_get(sheet, "version"));
    (void)snprintf(base, sizeof(base), "%.600s/%s-%s-v%d", m->a->folder_out,
                   board->code, m->a->month, version);
    (void)snprintf(path, sizeof(path), "%s.json", base);
    BUS_TRY_GOTO(rc, write_text(path, bus_buf_view(text), err), done);
    if (!is_laid_out(m, board->code, sm3, base)) {
        page = cli_sheets_page(sheet, sm3, base);
        BUS_TRY_GOTO(rc, cli_print_put(&m->print, page, err), done);
    }
    json_t *paid = json_object_get(sheet, "paid_fen");
    json_t *row =
        json_pack("{s:s, s:s, s:i, s:s, s:I, s:I}", "board", board->code,
                  "board_zh", board->name, "version", version, "sm3", sm3,
                  "lines", (json_int_t)cli_sheets_lines(sheet), "total_fen",
                  json_integer_value(paid) -
                      json_integer_value(json_object_get(sheet, "back_fen")));
    (void)json_array_append_new(m->list, row);
done:
    json_decref(page);
    json_decref(sheet);
    return rc;
}

/* Page and PDF are there now. */
static int sum_files(struct making *m, struct bus_err *err)
{
    size_t i;
    json_t *row;
    json_array_foreach(m->list, i, row)
    {
        for (size_t k = 0; k < LAID; k++) {
            char path[720], sm3[SHEETS_SM3_HEX + 1];
            (void)snprintf(
                path, sizeof(path), "%.600s/%s-%s-v%d.%s", m->a->folder_out,
                json_string_value(json_object_get(row, "board")), m->a->month,
                (int)json_integer_value(json_object_get(row, "version")),
                laid_ends[k]);
            BUS_TRY(cli_sheets_sm3_file(path, sm3, err));
            (void)json_object_set_new(row, laid_keys[k], json_string(sm3));
        }
    }
    return BUS_OK;
}

static int make_list(struct making *m, struct bus_err *err)
{
    struct bus_buf text = {0};
    char path[720], sm3[SHEETS_SM3_HEX + 1];
    json_t *whole = json_pack("{s:s, s:s, s:s, s:O}", "kind", "lianou.sheets",
                              "county", m->a->t.config.county.code, "month",
                              m->a->month, "sheets", m->list);
    int rc = sheet_text(whole, &text, err);
    (void)snprintf(path, sizeof(path), "%.600s/list-%s.json", m->a->folder_out,
                   m->a->month);
    BUS_TRY_GOTO(rc, rc, out);
    BUS_TRY_GOTO(rc, write_text(path, bus_buf_view(&text), err), out);
    BUS_TRY_GOTO(rc, cli_sheets_sm3(bus_buf_view(&text), sm3, err), out);
    (void)printf("%zu 张公示表 sheets, %s\nSM3 %s\n", json_array_size(m->list),
                 path, sm3);
out:
    json_decref(whole);
    bus_buf_fini(&text);
    return rc;
}

static int make_all(struct making *m, struct bus_err *err)
{
    struct bus_buf text = {0};
    BUS_TRY(cli_print_start(&m->print, err));
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < m->board_count; i++) {
        rc = make_board(m, &m->boards[i], &text, err);
    }
    struct bus_err end;
    int ended = cli_print_end(&m->print, &end);
    bus_buf_fini(&text);
    if (rc == BUS_OK && ended != BUS_OK) {
        *err = end;
        rc = ended;
    }
    if (rc == BUS_OK) {
        rc = sum_files(m, err);
    }
    return rc == BUS_OK ? make_list(m, err) : rc;
}

/* Money of no village is nobody's sheet: told, and counted in the county's. */
static void tell_homeless(const struct making *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->rows.n; i++) {
        struct bus_strv code = bus_strv(m->rows.v[i].division);
        n += bus_conf_village(&m->a->t.config, code) == NULL;
    }
    if (n > 0) {
        (void)fprintf(stderr, "%zu 笔的村居不在区划中 rows of no village\n", n);
    }
}

int cli_sheets_make(struct asked_sheets *a, struct bus_err *err)
{
    struct making m = {.a = a, .list = json_array()};
    struct bus_faults faults;
    bus_faults_init(&faults, &a->t.mem);
    if (mkdir(a->folder_out, 0755) != 0 && errno != EEXIST) {
        json_decref(m.list);
        return bus_fail(err, BUS_EUSAGE, "%.200s: no folder can be made there",
                        a->folder_out);
    }
    char path[720];
    (void)snprintf(path, sizeof(path), "%.600s/list-%s.json", a->folder_out,
                   a->month);
    m.before = json_load_file(path, 0, NULL);
    struct bus_policy_catalogue *c =
        cli_policy_catalogue(&a->t.config, &faults);
    int rc = c != NULL ? BUS_OK
                       : bus_fail(err, BUS_ECONFIG,
                                  "the catalogue has faults; see lianou "
                                  "policy check");
    BUS_TRY_GOTO(rc, rc, out);
    BUS_TRY_GOTO(rc, cli_sheets_rules(a, c, &m.rules, err), out);
    BUS_TRY_GOTO(rc, cli_sheets_boards(a, &m.boards, &m.board_count, err), out);
    BUS_TRY_GOTO(rc, cli_sheets_read(a, &m.rows, err), out);
    BUS_TRY_GOTO(rc,
                 bus_pg_query(a->t.pg, bus_ledger_sql_sheet_newest, &a->month,
                              1, &m.newest, err),
                 out);
    tell_homeless(&m);
    rc = make_all(&m, err);
out:
    bus_pg_rows_free(m.newest);
    bus_pg_rows_free(m.rows.held);
    bus_policy_catalogue_free(c);
    json_decref(m.before);
    json_decref(m.list);
    return rc;
}
