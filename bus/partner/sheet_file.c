/* A table that came back.
 *
 * - titles: which column is which; a file without the needed ones is no table
 * - its rows become answers (sheet_row.c); what the runner finds wrong in one
 *   is said of the row's cells
 * - what a row said is noted before its task leaves the list
 */
#include "bus/partner/sheet_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/workbook/csv_write.h"

/* --- the report --- */

void partner_sheet_line(struct sheet_file *f,
                        size_t line,
                        const char *column,
                        const char *code,
                        const char *zh,
                        const char *en)
{
    BUS_CHECK(f->lines != NULL);
    if (f->lines_n == SHEET_LINES_MAX) {
        f->lines_more++;
        return;
    }
    f->lines[f->lines_n++] = (struct sheet_line){
        line, column, code, zh != NULL ? zh : "", en != NULL ? en : ""};
}

static void report_row(struct bus_buf *out,
                       size_t line,
                       const char *column,
                       const char *code,
                       const char *zh,
                       const char *en)
{
    char number[24] = "-";
    if (line > 0) {
        (void)snprintf(number, sizeof(number), "%zu", line);
    }
    const char *const cells[] = {number, column, code, zh, en};
    bus_workbook_csv_row(out, cells, 5);
}

static void report_write(const struct sheet_file *f, struct bus_buf *out)
{
    static const char *const titles[] = {"行 row", "列 column", "代码 code",
                                         "说明", "meaning"};
    char zh[160], en[160];
    bus_workbook_csv_begin(out);
    bus_workbook_csv_row(out, titles, 5);
    (void)snprintf(zh, sizeof(zh),
                   "收下%zu行, 此前已收%zu行, 未填%zu行, 有误%zu行", f->taken,
                   f->again, f->empty, f->wrong);
    (void)snprintf(en, sizeof(en),
                   "%zu rows taken, %zu taken before, %zu empty, %zu wrong",
                   f->taken, f->again, f->empty, f->wrong);
    report_row(out, 0, "", "SUMMARY", zh, en);
    for (size_t i = 0; i < f->lines_n; i++) {
        report_row(out, f->lines[i].line, f->lines[i].column, f->lines[i].code,
                   f->lines[i].zh, f->lines[i].en);
    }
    if (f->lines_more > 0) {
        report_row(out, 0, "", "MORE", "其余未列出", "more are not listed");
    }
}

/* --- beginning --- */

static void whole_wrong(struct sheet_file *f,
                        const struct bus_workbook_wrong *w)
{
    char column[24] = "";
    if (w->column > 0) {
        (void)snprintf(column, sizeof(column), "%zu", w->column);
    }
    f->wrong++;
    f->rows.n = 0;
    partner_sheet_line(f, w->line, bus_arena_strdup(&f->mem, column), w->code,
                       w->zh, w->en);
}

static void whole_says(struct sheet_file *f,
                       const char *column,
                       const char *code,
                       const char *zh,
                       const char *en)
{
    size_t line = f->head < f->rows.n ? f->rows.v[f->head].line : 0;
    f->wrong++;
    f->rows.n = 0;
    partner_sheet_line(f, line, column, code, zh, en);
}

/* Needed: the number, the outcome, and what must come back as it was. */
static void titles_find(const struct sheet_form *form, struct sheet_file *f)
{
    for (f->head = 0; f->head < f->rows.n; f->head++) {
        const struct bus_workbook_row *r = &f->rows.v[f->head];
        size_t found = 0;
        for (size_t i = 0; i < form->count; i++) {
            f->at[i] = -1;
            for (size_t k = 0; k < r->n; k++) {
                if (bus_strv_is(partner_sheet_trim(r->cell[k]),
                                form->columns[i].title)) {
                    f->at[i] = f->at[i] < 0 ? (int)k : -2;
                }
            }
            found += f->at[i] >= 0;
        }
        if (found > 1) {
            break;
        }
    }
    for (size_t i = 0; i < form->count && f->rows.n > 0; i++) {
        bool needed = i == 0 || i == form->outcome || form->columns[i].kept;
        if (f->head == f->rows.n || (needed && f->at[i] == -1)) {
            whole_says(f, form->columns[i].title, "NO_COLUMN",
                       "缺少这一列; 请用下发的办理单填写",
                       "this column is missing; fill in the worklist");
        } else if (f->at[i] == -2) {
            whole_says(f, form->columns[i].title, "COLUMN_TWICE",
                       "这一列出现两次", "this column stands twice");
        }
    }
}

int partner_sheet_begin(struct bus_partner_transport *t,
                        const struct bus_partner_transport_taken *taken,
                        struct bus_err *err)
{
    struct sheet_file *f = &t->sheet->file;
    int64_t now = bus_clock_system.wall_ms(NULL);
    bool big = taken->why == BUS_ETOOBIG;
    f->at_ms = taken->still_ms > 0 ? now - taken->still_ms : now;
    f->lines = bus_arena_calloc(&f->mem, SHEET_LINES_MAX, sizeof(*f->lines));
    f->numbers = json_object();
    if (f->lines == NULL || f->numbers == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a sheet");
    }
    int rc = BUS_OK;
    if (taken->bytes.p == NULL) {
        whole_says(f, "", big ? "TOO_BIG" : "UNREADABLE",
                   big ? "文件超过16 MiB" : "没有读取权限",
                   big ? "over 16 MiB" : "the bus may not read this file");
    } else {
        rc = bus_workbook_read(taken->bytes, &f->mem, &f->rows, err);
    }
    if (rc == BUS_EPARSE || rc == BUS_ETOOBIG || rc == BUS_ETRUNCATED) {
        whole_wrong(f, &f->rows.wrong);
    } else if (rc != BUS_OK) {
        return rc;
    } else if (f->rows.n == 0 && f->wrong == 0) {
        whole_says(f, "", "EMPTY", "空文件", "nothing stands in it");
    } else {
        titles_find(t->sheet->form, f);
    }
    f->next = f->rows.n > 0 ? f->head + 1 : 0;
    f->row = bus_arena_calloc(&f->mem, f->rows.n + 1, sizeof(*f->row));
    f->name = bus_arena_strdup(&f->mem, taken->name);
    if (f->row == NULL || f->name == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a sheet");
    }
    return rc == BUS_ETRUNCATED ? rc : partner_sheet_tasks(t, &f->tasks, err);
}

/* --- settling --- */

/* By the place in the document; a part's place is its first column's. */
static const char *
title_of(const struct sheet_form *form, int answer, const char *pointer)
{
    size_t n = strlen(pointer);
    BUS_CHECK(answer >= 0 && answer < SHEET_ANSWERS);
    for (size_t i = 0; n > 0 && i < form->count; i++) {
        const char *p = form->columns[i].filled[answer];
        if (p != NULL && strncmp(p, pointer, n) == 0 &&
            (p[n] == '\0' || p[n] == '/')) {
            return form->columns[i].title;
        }
    }
    return "";
}

static void row_refused(struct sheet *s,
                        struct sheet_row *row,
                        size_t line,
                        struct bus_strv note)
{
    struct sheet_file *f = &s->file;
    json_t *said = json_loadb(note.p, note.n, 0, NULL), *one;
    size_t i;
    BUS_CHECK(row->state == SHEET_ROW_OUT && f->out > 0);
    json_array_foreach(json_object_get(said, "faults"), i, one)
    {
        partner_sheet_line(
            f, line,
            title_of(s->form, row->answer,
                     partner_sheet_text_at(one, "/pointer")),
            bus_arena_strdup(&f->mem, partner_sheet_text_at(one, "/code")),
            bus_arena_strdup(&f->mem, partner_sheet_text_at(one, "/zh")),
            bus_arena_strdup(&f->mem, partner_sheet_text_at(one, "/en")));
    }
    f->wrong++;
    json_decref(said);
}

/* Noted first: a task whose answer is noted leaves the list at the latest when
 * it is next read. */
static int row_accepted(struct sheet *s,
                        const struct sheet_row *row,
                        size_t line,
                        struct bus_strv note,
                        struct bus_err *err)
{
    struct sheet_file *f = &s->file;
    int64_t now = bus_clock_system.wall_ms(NULL);
    BUS_CHECK(row->state == SHEET_ROW_OUT && row->task != NULL);
    /* In this order: a kill between the two leaves a row that is new again. */
    struct bus_partner_dedup_note notes[] = {{BUS_SEEN_TAKEN, row->values, now},
                                             {BUS_SEEN_TAKEN, row->said, now}};
    BUS_TRY(bus_partner_dedup_add(s->notes, notes, 2, err));
    if (!row->stays) {
        BUS_TRY(bus_disk_unlink(s->open, row->task, err));
        s->dirty = true;
    }
    json_t *said = json_loadb(note.p, note.n, 0, NULL);
    const char *event =
        bus_arena_strdup(&f->mem, partner_sheet_text_at(said, "/event_id"));
    partner_sheet_line(f, line, "", "TAKEN", event, event);
    f->taken++;
    json_decref(said);
    return BUS_OK;
}

int partner_sheet_row_settle(struct bus_partner_transport *t,
                             const char *name,
                             enum bus_partner_transport_verdict verdict,
                             struct bus_strv note,
                             struct bus_err *err)
{
    struct sheet *s = t->sheet;
    size_t i = (size_t)strtoul(name + (sizeof(SHEET_ROW_NAME) - 1), NULL, 10);
    BUS_CHECK(strncmp(name, SHEET_ROW_NAME, (sizeof(SHEET_ROW_NAME) - 1)) == 0);
    BUS_CHECK(i < s->file.rows.n && verdict != BUS_TRANSPORT_LATER);
    struct sheet_row *row = &s->file.row[i];
    size_t line = s->file.rows.v[i].line;
    if (row->state == SHEET_ROW_DONE) {
        return BUS_OK;
    }
    if (verdict == BUS_TRANSPORT_ACCEPTED) {
        BUS_TRY(row_accepted(s, row, line, note, err));
    } else {
        row_refused(s, row, line, note);
    }
    row->state = SHEET_ROW_DONE;
    s->file.out--;
    return BUS_OK;
}

bool partner_sheet_whole(const struct sheet_file *f)
{
    return f->name != NULL && f->next >= f->rows.n && f->out == 0;
}

int partner_sheet_end(struct bus_partner_transport *t, struct bus_err *err)
{
    struct sheet_file *f = &t->sheet->file;
    struct bus_buf out;
    BUS_CHECK(partner_sheet_whole(f));
    bus_buf_init(&out, 0);
    report_write(f, &out);
    int rc = out.failed
                 ? bus_fail(err, BUS_ENOMEM, "a sheet's report")
                 : partner_spool_settle(t, f->name,
                                        f->wrong > 0 ? BUS_TRANSPORT_REJECTED
                                                     : BUS_TRANSPORT_ACCEPTED,
                                        bus_buf_view(&out), err);
    bus_buf_fini(&out);
    BUS_TRY(rc);
    BUS_TRY(partner_spool_settled_sync(t, err));
    partner_sheet_drop(f);
    return BUS_OK;
}

void partner_sheet_drop(struct sheet_file *f)
{
    struct bus_arena mem = f->mem;
    json_decref(f->tasks);
    json_decref(f->numbers);
    bus_arena_reset(&mem);
    *f = (struct sheet_file){.mem = mem};
}
