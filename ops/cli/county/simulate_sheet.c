/* A charity's worklist, filled in and put back: as a workbook, then as CSV, by
 * turns. What is once said of a row is not said again. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/workbook/workbook.h"
#include "ops/cli/county/simulate_parts.h"
#include "schemas/claim.h"
#include "schemas/need.h"

#define FILE_MAX (16u << 20)

enum sheet_place { SHEET_ID, SHEET_GAP, SHEET_OUTCOME, SHEET_AMOUNT };
#define PLACES 4
static const char *const sheet_titles[PLACES] = {"编号 id", "缺口 gap",
                                                 "结果 outcome", "金额 amount"};

struct simulate_sheet
{
    int root, out, in;
    unsigned files;
    struct bus_buf answered; /* struct bus_id, one behind the other */
};
struct filling
{
    struct simulate_side *s;
    struct bus_workbook_rows rows;
    size_t columns, place[PLACES];
    const char **cells; /* of the rows behind the titles */
    size_t filled;
};

static bool sheet_places(struct filling *f)
{
    const struct bus_workbook_row *titles = f->rows.v;
    size_t found = 0;
    for (size_t p = 0; f->rows.n > 0 && p < PLACES; p++) {
        for (size_t i = 0; i < titles->n; i++) {
            size_t n = strlen(sheet_titles[p]);
            if (titles->cell[i].n >= n &&
                memcmp(titles->cell[i].p, sheet_titles[p], n) == 0) {
                f->place[p] = i;
                found++;
                break;
            }
        }
    }
    f->columns = f->rows.n > 0 ? titles->n : 0;
    return found == PLACES;
}

static bool sheet_answered(const struct simulate_sheet *own,
                           const struct bus_id *id)
{
    for (size_t at = 0; at < own->answered.len; at += sizeof(*id)) {
        if (memcmp(own->answered.data + at, id->b, sizeof(id->b)) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether it claims what this row needs. */
static int sheet_wants(struct simulate_side *s,
                       const struct bus_id *id,
                       bool *ret,
                       struct bus_err *err)
{
    struct simulate_answers answers;
    const struct sa_need need = {.need_id = *id, .gap_fen = 1};
    BUS_TRY(cli_simulate_answer(s->conf.rules, s->conf.partner, &need, 0,
                                &s->mem, &answers, err));
    const struct sa_claim *claim = answers.v[0].record;
    *ret = claim->outcome == SA_CLAIM_OUTCOME_CLAIMED;
    return BUS_OK;
}

static int sheet_fill_row(struct filling *f, size_t row, struct bus_err *err)
{
    struct simulate_sheet *own = f->s->own;
    const char **cells = f->cells + (row - 1) * f->columns;
    const struct bus_workbook_row *r = &f->rows.v[row];
    struct bus_id id;
    bool wants = false;
    for (size_t i = 0; i < r->n && i < f->columns; i++) {
        cells[i] = bus_arena_strndup(&f->s->mem, r->cell[i].p, r->cell[i].n);
    }
    if (r->n <= f->place[SHEET_ID] ||
        !bus_id_parse(r->cell[f->place[SHEET_ID]], &id) ||
        sheet_answered(own, &id)) {
        return BUS_OK;
    }
    BUS_TRY(sheet_wants(f->s, &id, &wants, err));
    cells[f->place[SHEET_OUTCOME]] = wants ? "认领" : "不认领";
    cells[f->place[SHEET_AMOUNT]] = wants ? cells[f->place[SHEET_GAP]] : NULL;
    f->filled++;
    bus_buf_put(&own->answered, id.b, sizeof(id.b));
    return own->answered.failed ? bus_fail(err, BUS_ENOMEM, "a worklist")
                                : BUS_OK;
}

static int sheet_fill(struct filling *f, struct bus_err *err)
{
    f->cells = bus_arena_calloc(&f->s->mem, f->rows.n * f->columns + 1,
                                sizeof(*f->cells));
    if (f->cells == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a worklist");
    }
    for (size_t row = 1; row < f->rows.n; row++) {
        BUS_TRY(sheet_fill_row(f, row, err));
    }
    return BUS_OK;
}

static int sheet_give(struct filling *f, bool xlsx, struct bus_err *err)
{
    struct simulate_sheet *own = f->s->own;
    struct bus_workbook_column *columns =
        bus_arena_calloc(&f->s->mem, f->columns, sizeof(*columns));
    struct bus_buf out = {.max_bytes = FILE_MAX};
    char name[32], part[40];
    int rc = columns != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "a sheet");
    for (size_t i = 0; rc == BUS_OK && i < f->columns; i++) {
        struct bus_strv title = f->rows.v[0].cell[i];
        columns[i].title = bus_arena_strndup(&f->s->mem, title.p, title.n);
        columns[i].width = 12;
    }
    const struct bus_workbook_table table = {
        "办理单 worklist", columns, f->columns, f->cells, f->rows.n - 1};
    if (rc == BUS_OK) {
        rc = xlsx ? bus_workbook_write(&table, &out, err)
                  : bus_workbook_write_csv(&table, &out, err);
    }
    (void)snprintf(name, sizeof(name), "filled-%u.%s", own->files,
                   xlsx ? "xlsx" : "csv");
    (void)snprintf(part, sizeof(part), ".%s", name);
    if (rc == BUS_OK) {
        rc = bus_disk_write(own->in, part, bus_buf_view(&out), err);
    }
    bus_buf_fini(&out);
    return rc == BUS_OK ? bus_disk_rename(own->in, part, own->in, name, err)
                        : rc;
}

static int simulate_sheet_look(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_sheet *own = s->own;
    struct filling f = {.s = s};
    struct bus_strv bytes;
    bool xlsx = own->files % 2 == 0;
    size_t before = own->answered.len;
    int rc = bus_disk_read(own->out, xlsx ? "worklist.xlsx" : "worklist.csv",
                           FILE_MAX, &s->mem, &bytes, err);
    if (rc == BUS_EUNKNOWN) {
        return BUS_OK; /* nothing waits yet */
    }
    BUS_TRY(rc);
    BUS_TRY(bus_workbook_read(bytes, &s->mem, &f.rows, err));
    if (!sheet_places(&f)) {
        return bus_fail(err, BUS_EPARSE, "no worklist of a charity");
    }
    rc = sheet_fill(&f, err);
    if (rc == BUS_OK && f.filled > 0) {
        rc = sheet_give(&f, xlsx, err);
        own->files++;
    }
    own->answered.len = rc == BUS_OK ? own->answered.len : before;
    return rc;
}

static void simulate_sheet_close(struct simulate_side *s)
{
    struct simulate_sheet *own = s->own;
    const int fds[] = {own->in, own->out, own->root};
    for (size_t i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    bus_buf_fini(&own->answered);
    bus_free(own);
}

static int simulate_sheet_open(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_sheet *own = bus_calloc(1, sizeof(*own));
    if (own == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a simulated worklist");
    }
    *own = (struct simulate_sheet){.root = -1, .out = -1, .in = -1};
    s->own = own;
    if (s->conf.partner->kind != BUS_PARTNER_CHARITY) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s: a worklist is filled in for charities alone",
                        s->conf.partner->code);
    }
    BUS_TRY(
        bus_disk_folder(AT_FDCWD, s->conf.partner->spool_dir, &own->root, err));
    BUS_TRY(bus_disk_folder(own->root, "out", &own->out, err));
    return bus_disk_folder(own->root, "in", &own->in, err);
}

const struct simulate_way simulate_way_sheet = {.open = simulate_sheet_open,
                                                .look = simulate_sheet_look,
                                                .close = simulate_sheet_close};
