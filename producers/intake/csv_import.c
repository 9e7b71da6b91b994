/* Rows into households. */
#include "producers/intake/csv_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOUND_SHOWN 40 /* bytes of a cell in a report */

static struct bus_strv cell_of(const struct csv_row *row, size_t column)
{
    return column < row->n ? intake_csv_import_trim(row->field[column])
                           : (struct bus_strv){"", 0};
}

/* A part of an object, made when it is not there. */
static json_t *csv_import_part(json_t *o, const char *key)
{
    json_t *p = json_object_get(o, key);
    if (p == NULL) {
        p = json_object();
        (void)json_object_set_new(o, key, p);
    }
    return p;
}

static bool of_member(const struct csv_import_column *c)
{
    return c->base != NULL && c->base[0] == '.';
}

static const char *csv_import_shown(const struct csv_import_column *c,
                                    struct bus_strv cell,
                                    struct bus_arena *mem)
{
    if (cell.n > 0 && c->personal) {
        return "***";
    }
    size_t n = cell.n < FOUND_SHOWN ? cell.n : FOUND_SHOWN;
    while (n > 0 && n < cell.n && ((unsigned char)cell.p[n] & 0xc0) == 0x80) {
        n--;
    }
    const char *s = bus_arena_strndup(mem, cell.p, n);
    return s == NULL ? "" : s;
}

static void intake_csv_import_fault(struct csv_import_unit *u,
                                    const struct csv_import_fault *f)
{
    if (u->faults.n < SHEET_FAULTS_MAX) {
        u->faults.v[u->faults.n] = *f;
    }
    u->faults.n++;
}

static void csv_import_put(const struct csv_import_column *c,
                           json_t *household,
                           json_t *member,
                           json_t *value)
{
    json_t *to = of_member(c) ? member : household;
    const char *sub = c->base + of_member(c);
    to = sub[0] == '/' ? csv_import_part(to, sub + 1) : to;
    (void)json_object_set_new(to, c->key, value);
}

static void changed(const struct csv_import *s,
                    struct csv_import_unit *u,
                    size_t i,
                    struct bus_arena *mem)
{
    struct bus_strv first = u->cell[0][i];
    struct bus_strv now = cell_of(&s->row, i);
    if (now.n > 0 && !bus_strv_eq(first, now)) {
        intake_csv_import_fault(
            u, &(struct csv_import_fault){
                   .line = s->row.line,
                   .column = i + 1,
                   .header = s->header[i],
                   .found = csv_import_shown(&s->column[i], now, mem),
                   .code = "HOUSEHOLD_DIFFERS",
                   .zh = "与该户第一行不同; 家庭的内容写在第一行",
                   .en = "is not what the household's first row says"});
    }
}

static void csv_import_width(const struct csv_import *s,
                             struct csv_import_unit *u,
                             struct bus_arena *mem)
{
    bool more = false;
    for (size_t i = s->n; i < s->row.n; i++) {
        more |= intake_csv_import_trim(s->row.field[i]).n > 0;
    }
    if (s->row.n < s->n || more) {
        intake_csv_import_fault(
            u, &(struct csv_import_fault){
                   .line = s->row.line,
                   .header = "",
                   .found = bus_arena_printf(mem, "%zu", s->row.n),
                   .code = "ROW_WIDTH",
                   .zh = bus_arena_printf(mem, "此行应有%zu列; 文件是否被截断?",
                                          s->n),
                   .en = bus_arena_printf(
                       mem, "the row must have %zu columns; is the file cut?",
                       s->n)});
    }
}

/* What only a list can have done to a cell: told here, and left out. */
static bool of_a_list(const struct csv_import *s,
                      struct csv_import_unit *u,
                      size_t i,
                      struct bus_strv cell,
                      struct bus_arena *mem)
{
    const struct csv_import_column *c = &s->column[i];
    const struct csv_import_spoilt *spoilt = intake_csv_import_spoilt(c, cell);
    if (spoilt != NULL) {
        intake_csv_import_fault(u, &(struct csv_import_fault){
                                       .line = s->row.line,
                                       .column = i + 1,
                                       .header = s->header[i],
                                       .found = csv_import_shown(c, cell, mem),
                                       .code = spoilt->code,
                                       .zh = spoilt->zh,
                                       .en = spoilt->en});
    }
    return spoilt != NULL;
}

/* Takes the row in hand as the household's next member. */
static void csv_import_add_row(struct csv_import *s,
                               struct csv_import_unit *u,
                               struct bus_arena *mem)
{
    json_t *members = json_object_get(u->json, "members");
    json_t *member = json_object();
    size_t place = u->rows++;
    csv_import_width(s, u, mem);
    if (place < SHEET_UNIT_ROWS) {
        u->line[place] = s->row.line;
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct csv_import_column *c = &s->column[i];
        struct bus_strv cell = cell_of(&s->row, i);
        if (c->key == NULL) {
            continue;
        }
        if (place < SHEET_UNIT_ROWS) {
            u->cell[place][i] = cell;
        }
        if (place > 0 && !of_member(c)) {
            if (!u->unreadable) {
                changed(s, u, i, mem);
            }
            continue;
        }
        if (of_a_list(s, u, i, cell, mem)) {
            continue;
        }
        json_t *value = intake_csv_import_value(c, cell, mem);
        if (value != NULL) {
            csv_import_put(c, u->json, member, value);
        }
    }
    const char *relation =
        json_string_value(json_object_get(member, "relation"));
    if (json_object_get(member, "head") == NULL && relation != NULL &&
        strcmp(relation, "0") == 0) {
        (void)json_object_set_new(member, "head", json_true());
    }
    (void)json_array_append_new(members, member);
    u->last_line = s->row.last_line;
    s->has_row = false;
}

/* A row that becomes no member has its line, and no cells. */
static void add_nobody(struct csv_import *s, struct csv_import_unit *u)
{
    if (u->rows < SHEET_UNIT_ROWS) {
        u->line[u->rows] = s->row.line;
        memset(u->cell[u->rows], 0, sizeof(u->cell[0]));
    }
    u->unreadable = true;
    u->last_line = s->row.last_line;
    u->rows++;
    s->has_row = false;
}

/* What csv.c found; the cells in front of it were read. */
static void add_broken(struct csv_import *s, struct csv_import_unit *u)
{
    const struct csv_wrong *w = &s->csv.wrong;
    bool named = w->column > 0 && w->column <= s->n;
    intake_csv_import_fault(u,
                            &(struct csv_import_fault){
                                .line = w->line,
                                .column = w->column,
                                .header = named ? s->header[w->column - 1] : "",
                                .found = "",
                                .code = "ROW_BROKEN",
                                .zh = w->zh,
                                .en = w->en});
    add_nobody(s, u);
}

/* 合计, 填表人: nothing that a household needs but its first cell. */
static bool is_no_household(const struct csv_import *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct csv_import_column *c = &s->column[i];
        if (c->needed && strcmp(c->key, "channel_reference") != 0 &&
            cell_of(&s->row, i).n > 0) {
            return false;
        }
    }
    return true;
}

static void add_note(struct csv_import *s, struct csv_import_unit *u)
{
    intake_csv_import_fault(
        u, &(struct csv_import_fault){
               .line = s->row.line,
               .header = "",
               .found = "",
               .code = "ROW_NO_HOUSEHOLD",
               .zh = "此行像合计或填表说明, 不是一户; 请删去此行",
               .en = "this row looks like a total or a note, not like a "
                     "household; take it out"});
    add_nobody(s, u);
}

static size_t reference_column(const struct csv_import *s)
{
    size_t i = 0;
    while (i < s->n && (s->column[i].key == NULL ||
                        strcmp(s->column[i].key, "channel_reference") != 0)) {
        i++;
    }
    return i;
}

/* True while the sheet has a row; blank ones (",,,") are passed over. Unescaped
 * copies stay until the sheet is closed: a row is read ahead of its unit. */
static int read_row(struct csv_import *s, struct bus_err *err)
{
    while (!s->has_row && !s->ended) {
        int rc = bus_workbook_csv_next(&s->csv, &s->mem, &s->row, err);
        s->ended = rc == BUS_EAGAIN;
        s->row_broken = rc == BUS_EPARSE;
        if (rc != BUS_OK && !s->row_broken) {
            return rc;
        }
        s->has_row = s->row_broken;
        for (size_t i = 0; i < s->row.n && !s->has_row; i++) {
            s->has_row = intake_csv_import_trim(s->row.field[i]).n > 0;
        }
        if (s->has_row && ++s->rows > SHEET_ROWS_MAX) {
            return bus_fail(err, BUS_EPARSE,
                            "第%zu行: 一份清单最多%d行, 请拆分 / line %zu: a "
                            "list has at most %d rows; divide it",
                            s->row.line, SHEET_ROWS_MAX, s->row.line,
                            SHEET_ROWS_MAX);
        }
    }
    return s->has_row ? BUS_OK
                      : bus_fail(err, BUS_EAGAIN, "the end of the list");
}

/* Two stations may both have a number 1: the office is part of it. */
static void name_it(struct csv_import_unit *u)
{
    const char *org = json_string_value(
        json_object_get(json_object_get(u->json, "operator"), "org_code"));
    if (u->reference[0] != '\0') {
        (void)json_object_set_new(
            u->json, "channel_reference",
            json_sprintf("%s:%s", org == NULL ? "" : org, u->reference));
    }
}

/* Does the row in hand belong to the household? Of a broken one it is not known
 * when its reference was not read: then it does, and neither is taken. */
static bool same_household(const struct csv_import *s,
                           size_t reference_at,
                           struct bus_strv reference)
{
    struct bus_strv next = cell_of(&s->row, reference_at);
    return next.n == 0 || bus_strv_eq(next, reference);
}

static int begin_unit(struct csv_import *s,
                      struct bus_arena *mem,
                      struct csv_import_unit *u,
                      struct bus_strv reference,
                      struct bus_err *err)
{
    u->json = json_pack("{s:s, s:[]}", "channel", "STATION_CSV", "members");
    u->reference = bus_arena_strndup(mem, reference.p, reference.n);
    u->first_line = s->row.line;
    u->rows = 0;
    u->faults.n = 0;
    u->unreadable = false;
    if (u->json == NULL || u->reference == NULL) {
        json_decref(u->json);
        return bus_fail(err, BUS_ENOMEM, "line %zu", s->row.line);
    }
    return BUS_OK;
}

int intake_csv_import_next(struct csv_import *s,
                           struct bus_arena *mem,
                           struct csv_import_unit *u,
                           struct bus_err *err)
{
    BUS_TRY(read_row(s, err));
    size_t at = reference_column(s);
    struct bus_strv reference = cell_of(&s->row, at);
    BUS_TRY(begin_unit(s, mem, u, reference, err));
    int rc = BUS_OK;
    do {
        if (s->row_broken) {
            add_broken(s, u);
        } else if (is_no_household(s)) {
            add_note(s, u);
        } else {
            csv_import_add_row(s, u, mem);
        }
        rc = read_row(s, err);
    } while (rc == BUS_OK && same_household(s, at, reference) &&
             u->rows <= SHEET_UNIT_ROWS);
    name_it(u);
    if (rc != BUS_OK && rc != BUS_EAGAIN) {
        /* The household may go on behind the damage: not taken in part. */
        json_decref(u->json);
        u->json = NULL;
        return rc;
    }
    return BUS_OK;
}

/* Does the fault's pointer stand in what this column was put to? */
static bool in_column(const struct csv_import_column *c,
                      const char *pointer,
                      size_t *ret_member)
{
    char want[400];
    unsigned long member = 0;
    if (c->key == NULL) {
        return false;
    }
    if (of_member(c)) {
        if (strncmp(pointer, "/members/", 9) != 0) {
            return false;
        }
        char *end = NULL;
        member = strtoul(pointer + 9, &end, 10);
        pointer = end;
    }
    (void)snprintf(want, sizeof(want), "%s/%s", c->base + of_member(c), c->key);
    size_t n = strlen(want);
    *ret_member = member;
    return strncmp(pointer, want, n) == 0 &&
           (pointer[n] == '\0' || pointer[n] == '/');
}

void intake_csv_import_place(const struct csv_import *s,
                             const struct csv_import_unit *u,
                             const struct intake_form_fault *f,
                             struct bus_arena *mem,
                             struct csv_import_fault *ret)
{
    *ret = (struct csv_import_fault){
        .line = u->first_line,
        .header = "",
        .found = "",
        .code = f->code,
        .zh = f->zh,
        .en = f->en,
    };
    size_t member = 0;
    if (sscanf(f->pointer, "/members/%zu", &member) == 1 && member < u->rows &&
        member < SHEET_UNIT_ROWS) {
        ret->line = u->line[member];
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct csv_import_column *c = &s->column[i];
        if (in_column(c, f->pointer, &member) && member < u->rows &&
            member < SHEET_UNIT_ROWS) {
            ret->column = i + 1;
            ret->header = s->header[i];
            ret->found = csv_import_shown(c, u->cell[member][i], mem);
            if (c->yuan && strcmp(f->code, "FACT_VALUE") == 0) {
                ret->zh = "应为金额(元), 最多两位小数";
                ret->en = "must be an amount in yuan, at most two decimals";
            }
        }
    }
}

/* --- the whole list --- */

/* Where a reference's rows begin and end; its key in the sheet's memory. */
struct stretch
{
    size_t first, last;
};

static int note_stretch(struct bus_map *seen,
                        struct csv_import *s,
                        const struct csv_import_unit *u,
                        struct bus_err *err)
{
    struct stretch *before = bus_map_get(seen, bus_strv(u->reference));
    if (u->reference[0] == '\0' || u->unreadable) {
        return BUS_OK;
    }
    if (before != NULL) {
        return bus_fail(
            err, BUS_EPARSE,
            "第%zu行与第%zu-%zu行流水号相同但不相邻; 请按流水号排序 / "
            "line %zu has the reference of lines %zu-%zu and does "
            "not stand beside them; sort the list by reference",
            u->first_line, before->first, before->last, u->first_line,
            before->first, before->last);
    }
    struct stretch *one = bus_arena_alloc(&s->mem, sizeof(*one));
    const char *key = bus_arena_strdup(&s->mem, u->reference);
    if (one == NULL || key == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a list");
    }
    *one = (struct stretch){u->first_line, u->last_line};
    return bus_map_put(seen, bus_strv(key), one) == BUS_OK
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "a list");
}

int intake_csv_import_check_whole(struct bus_strv text,
                                  const struct bus_config *config,
                                  const struct form_index *index,
                                  size_t *ret_rows,
                                  struct bus_err *err)
{
    static struct csv_import s; /* large, and one at a time */
    struct csv_import_faults faults;
    struct bus_map seen = {0};
    struct bus_arena mem;
    int rc;
    bus_arena_init(&mem, 1u << 20, 0);
    struct csv_import_unit *u = bus_arena_alloc(&mem, sizeof(*u));
    BUS_TRY_GOTO(rc,
                 intake_csv_import_open(&s, text, config, index, &faults, err),
                 done);
    if (u == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "a list");
        goto done;
    }
    struct bus_arena_mark clean = bus_arena_mark(&mem);
    while (faults.n == 0 &&
           (rc = intake_csv_import_next(&s, &mem, u, err)) == BUS_OK) {
        json_decref(u->json);
        BUS_TRY_GOTO(rc, note_stretch(&seen, &s, u, err), done);
        bus_arena_release(&mem, clean);
    }
    rc = rc == BUS_EAGAIN ? BUS_OK : rc;
    if (ret_rows != NULL) {
        *ret_rows = s.rows;
    }
done:
    bus_map_fini(&seen);
    intake_csv_import_close(&s);
    bus_arena_fini(&mem);
    return rc;
}
