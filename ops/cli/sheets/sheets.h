/* `lianou sheets`: every month, each village, town and the county has a sheet
 * of what was paid from the funds of civil affairs, "none" where there was
 * nothing (S70-S72; ops/docs/sheets.md).
 *
 * A sheet is its JSON, one line, keys in order: what the supervision platform
 * takes. Page and PDF are made from it by lianou-printer, a process of its own.
 * Its SM3 stands in the QR code of both; the SM3 of all three stand in the
 * month's list and in the event that publishes it. */
#ifndef OPS_CLI_SHEETS_SHEETS_H
#define OPS_CLI_SHEETS_SHEETS_H

#include <jansson.h>

#include "bus/policy/catalogue.h"
#include "bus/wire/sign.h"
#include "ops/cli/sign_in.h"

#define SHEETS_FUNDS_MAX 200
#define SHEETS_SM3_HEX   (2 * BUS_WIRE_SM3_BYTES)

struct asked_sheets
{
    struct tool t;
    const char *what; /* make, publish, withdraw, posted, missing, verify */
    const char *of;   /* a board, a file */
    const char *month, *folder_out, *list, *account, *why, *photo;
    struct cli_signed_in by; /* of account, where somebody says something */
    int32_t from, to;        /* the month's first day, and the next one's */
    const char *program;     /* of lianou-printer; NULL: beside this one */
};

/* One row of sheet_rows.sql. */
struct sheets_row
{
    const char *division, *fund, *item, *household;
    int64_t people, paid_fen, back_fen;
};
struct sheets_rows
{
    struct bus_pg_rows *held; /* the rows' texts */
    struct sheets_row *v;
    size_t n;
};
/* Refreshed first. Free with bus_pg_rows_free(held); v in t->mem. */
int cli_sheets_read(struct asked_sheets *a,
                    struct sheets_rows *ret,
                    struct bus_err *err) BUS_MUSTCHECK;

/* disclosure.yaml and the catalogue, as a sheet needs them. */
struct sheets_rules
{
    const struct bus_config *config;
    const struct bus_policy_catalogue *catalogue;
    const char *month;
    int32_t day; /* whose catalogue: the month's last */
    const struct bus_node *rows, *sums;
    struct bus_strv department;
    int64_t least;
    const struct bus_fund *funds[SHEETS_FUNDS_MAX];
    size_t fund_count;
};
/* BUS_ECONFIG: no such file, or it names an item that is none. */
int cli_sheets_rules(struct asked_sheets *a,
                     const struct bus_policy_catalogue *catalogue,
                     struct sheets_rules *ret,
                     struct bus_err *err) BUS_MUSTCHECK;

struct sheets_board
{
    const char *code; /* 12, 9 or 6 digits */
    const char *name;
};
/* All boards, villages first; in t->mem. */
int cli_sheets_boards(struct asked_sheets *a,
                      struct sheets_board **ret,
                      size_t *ret_n,
                      struct bus_err *err) BUS_MUSTCHECK;

/* build.c: the sheet of a board, of its rows; pure. New; NULL: no memory. */
json_t *cli_sheets_build(const struct sheets_rules *rules,
                         const struct sheets_board *board,
                         const struct sheets_row *rows,
                         size_t n,
                         int version);
/* Lines of a sheet: rows and sums. */
size_t cli_sheets_lines(const json_t *sheet);
/* page.c: as lianou-printer lays it out; `to` without an ending. */
json_t *cli_sheets_page(const json_t *sheet, const char *sm3, const char *to);

/* make.c, send.c, look.c */
int cli_sheets_make(struct asked_sheets *a, struct bus_err *err) BUS_MUSTCHECK;
int cli_sheets_publish(struct asked_sheets *a,
                       struct bus_err *err) BUS_MUSTCHECK;
int cli_sheets_withdraw(struct asked_sheets *a,
                        struct bus_err *err) BUS_MUSTCHECK;
int cli_sheets_posted(struct asked_sheets *a,
                      struct bus_err *err) BUS_MUSTCHECK;
int cli_sheets_missing(struct asked_sheets *a,
                       struct bus_err *err) BUS_MUSTCHECK;
int cli_sheets_verify(struct asked_sheets *a,
                      struct bus_err *err) BUS_MUSTCHECK;

/* file.c: 64 hex digits of a text's, a file's SM3. */
int cli_sheets_sm3(struct bus_strv text,
                   char ret[SHEETS_SM3_HEX + 1],
                   struct bus_err *err) BUS_MUSTCHECK;
int cli_sheets_sm3_file(const char *path,
                        char ret[SHEETS_SM3_HEX + 1],
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
