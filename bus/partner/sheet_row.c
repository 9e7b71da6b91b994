/* A row of a table that came back: held against the task it names, it becomes
 * a document for the runner. */
#include "bus/partner/sheet_parts.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

#define WHOLE   SIZE_MAX /* the row, not one column */
#define BETWEEN '\x1f'

struct looking
{
    struct bus_partner_transport *t;
    struct sheet *s;
    struct sheet_file *f;
    const struct bus_workbook_row *from;
    struct sheet_row *row;
    json_t *task;
    const struct sheet_word *word;
    bool faulty;
};

static void row_wrong(struct looking *l,
                      size_t column,
                      const char *code,
                      const char *zh,
                      const char *en)
{
    l->faulty = true;
    partner_sheet_line(l->f, l->from->line,
                       column == WHOLE ? "" : l->s->form->columns[column].title,
                       code, zh, en);
}

static bool row_formula(const struct looking *l, size_t column)
{
    BUS_CHECK(column < l->s->form->count);
    int at = l->f->at[column];
    return at >= 0 && (l->from->formulas >> at & 1) != 0;
}

static struct bus_strv row_cell(const struct looking *l, size_t column)
{
    BUS_CHECK(column < l->s->form->count);
    int at = l->f->at[column];
    return at < 0 || (size_t)at >= l->from->n
               ? (struct bus_strv){0}
               : partner_sheet_trim(l->from->cell[at]);
}

/* False: it says nothing, or not of what. */
static bool row_speaks(struct looking *l)
{
    const struct sheet_form *form = l->s->form;
    bool filled = false;
    for (size_t i = 0; i < form->count; i++) {
        if (form->columns[i].shown == NULL) {
            filled |= row_cell(l, i).n > 0 || row_formula(l, i);
        }
        if (row_formula(l, i) && (form->columns[i].shown == NULL || i == 0 ||
                                  form->columns[i].kept)) {
            row_wrong(l, i, "FORMULA", "须填值, 不能是公式或错误值",
                      "write the value: no formula, no error");
        }
    }
    struct bus_strv said = row_cell(l, form->outcome);
    if (said.n == 0 && filled && !l->faulty) {
        row_wrong(l, form->outcome, "MISSING", "填了其他列而未填本列",
                  "others are filled in and this one is not");
    }
    if (said.n == 0 && !filled) {
        l->f->empty++;
        l->faulty = false;
        return false;
    }
    l->word = partner_sheet_word(form->columns[form->outcome].words, said);
    if (l->word == NULL && said.n > 0) {
        row_wrong(l, form->outcome, "WORD", "不是可选的词, 请从列表中选择",
                  "no such word; choose one of the list");
    }
    return !l->faulty;
}

static bool row_names_task(struct looking *l)
{
    char number[BUS_ID_TEXT + 1];
    struct bus_strv id = row_cell(l, 0);
    if (!bus_id_parse(id, &l->row->event)) {
        row_wrong(l, 0, "UNKNOWN_ROW", "编号不是下发的编号",
                  "not a number of the worklist");
        return false;
    }
    (void)bus_id_text(&l->row->event, number);
    if (json_object_get(l->f->numbers, number) != NULL) {
        row_wrong(l, 0, "TWICE", "同一编号在本文件中出现两次",
                  "this number stands twice in the file");
        return false;
    }
    (void)json_object_set_new(l->f->numbers, number, json_true());
    l->task = json_object_get(l->f->tasks, number);
    return true;
}

/* What was filled in, in one spelling. */
static int row_values(struct looking *l, struct bus_err *err)
{
    const struct sheet_form *form = l->s->form;
    struct bus_buf b = {0};
    BUS_CHECK(l->word != NULL);
    l->row->said = partner_sheet_note(
        l->s, &l->row->event, bus_strv(l->row->stays ? l->word->word : ""));
    bus_buf_puts(&b, l->word->word);
    for (size_t i = 0; i < form->count; i++) {
        const struct sheet_column *c = &form->columns[i];
        struct bus_strv v = row_cell(l, i);
        int64_t fen = 0;
        if (c->shown != NULL || i == form->outcome) {
            continue;
        }
        bus_buf_putc(&b, BETWEEN);
        if (c->cell == SHEET_MONEY && partner_sheet_money(v, &fen)) {
            bus_buf_printf(&b, "%lld", (long long)fen);
        } else {
            bus_buf_put(&b, v.p, v.n);
        }
    }
    l->row->values = partner_sheet_note(l->s, &l->row->event, bus_buf_view(&b));
    bool failed = b.failed;
    bus_buf_fini(&b);
    return failed ? bus_fail(err, BUS_ENOMEM, "a sheet's row") : BUS_OK;
}

/* True: it is to become an answer. */
static bool row_is_new(struct looking *l)
{
    struct bus_id closed =
        partner_sheet_note(l->s, &l->row->event, BUS_STRV(""));
    bool ended = bus_partner_dedup_has(l->s->notes, BUS_SEEN_TAKEN, &closed);
    bool said =
        bus_partner_dedup_has(l->s->notes, BUS_SEEN_TAKEN, &l->row->said);
    if ((ended || said) &&
        bus_partner_dedup_has(l->s->notes, BUS_SEEN_TAKEN, &l->row->values)) {
        l->f->again++;
        return false;
    }
    if (ended || said) {
        row_wrong(l, l->s->form->outcome, "ANSWERED",
                  "此行已答复, 内容不同; 已生效的答复不能改填, "
                  "请按更正程序办理",
                  "this row was answered otherwise; what counts is not changed "
                  "by filling it in again");
    } else if (l->task == NULL) {
        row_wrong(
            l, 0, "UNKNOWN_ROW",
            "没有这一编号的待办事项: 未下发、已撤回或已更新, "
            "请取最新的办理单",
            "no such task waits: never asked, withdrawn or updated since; "
            "take the newest worklist");
    }
    return !l->faulty;
}

/* Sorting one column alone would give a household another one's answer. */
static void row_is_kept(struct looking *l)
{
    const struct sheet_form *form = l->s->form;
    BUS_CHECK(l->task != NULL);
    for (size_t i = 0; i < form->count; i++) {
        const struct sheet_column *c = &form->columns[i];
        if (c->kept &&
            !bus_strv_eq(row_cell(l, i),
                         partner_sheet_trim(bus_strv(
                             partner_sheet_text_at(l->task, c->shown))))) {
            row_wrong(l, i, "CHANGED", "与下发的不一致; 行是否错位?",
                      "not what was sent; have rows been moved?");
        }
    }
}

/* NULL: no such value; it is told. */
static json_t *cell_value(struct looking *l, size_t column, struct bus_strv v)
{
    const struct sheet_column *c = &l->s->form->columns[column];
    const struct sheet_word *w;
    int64_t n = 0;
    switch (c->cell) {
    case SHEET_MONEY:
        if (partner_sheet_money(v, &n)) {
            return json_integer(n);
        }
        row_wrong(l, column, "MONEY", "须为金额(元), 至多两位小数",
                  "must be an amount in yuan, two decimals at most");
        return NULL;
    case SHEET_COUNT:
        if (bus_strv_to_i64(v, &n)) {
            return json_integer(n);
        }
        row_wrong(l, column, "COUNT", "须为整数", "must be a whole number");
        return NULL;
    case SHEET_WORD:
        w = partner_sheet_word(c->words, v);
        if (w != NULL) {
            return json_string(w->word);
        }
        row_wrong(l, column, "WORD", "不是可选的词, 请从列表中选择",
                  "no such word; choose one of the list");
        return NULL;
    default:
        return json_stringn(v.p, v.n);
    }
}

/* A column of the answer; what is usual stands where others of its person do.
 */
static bool column_put(struct looking *l, json_t *doc, size_t column)
{
    const struct sheet_column *c = &l->s->form->columns[column];
    const char *place = c->filled[l->row->answer];
    const char *usual = c->usual[l->row->answer];
    struct bus_strv v = row_cell(l, column);
    BUS_CHECK(c->shown == NULL);
    if (v.n == 0 && place != NULL && usual != NULL) {
        char whole[64];
        (void)bus_strv_copy(
            whole, sizeof(whole),
            (struct bus_strv){place, (size_t)(strrchr(place, '/') - place)});
        if (partner_sheet_at(doc, whole) != NULL) {
            v = bus_strv(usual[0] == '@' ? l->s->partner->code : usual);
        }
    }
    if (v.n == 0) {
        return true;
    }
    if (place == NULL) {
        row_wrong(l, column, "NOT_HERE", "此项办理不填本列",
                  "not of this answer; leave it empty");
        return true;
    }
    json_t *value = cell_value(l, column, v);
    return value == NULL || partner_sheet_put(doc, place, value);
}

static bool answer_frame(struct looking *l, json_t *doc)
{
    const struct sheet_answer *a = &l->s->form->answers[l->row->answer];
    char reference[64], number[BUS_ID_TEXT + 1], when[BUS_TIME_TEXT + 1];
    int64_t asked = 0, at = l->f->at_ms;
    BUS_CHECK(a->document != NULL && a->times[0] != NULL);
    if (bus_time_parse(bus_strv(partner_sheet_text_at(l->task, "/written_at")),
                       &asked) &&
        at < asked) { /* a copied file keeps its old time */
        at = bus_clock_system.wall_ms(NULL);
    }
    (void)bus_time_text(at, when);
    (void)snprintf(reference, sizeof(reference), "%s%s%s",
                   bus_id_text(&l->row->event, number),
                   l->row->stays ? "-" : "",
                   l->row->stays ? l->word->word : "");
    bool ok =
        partner_sheet_put(doc, "/document", json_string(a->document)) &&
        partner_sheet_put(doc, "/version", json_integer(1)) &&
        partner_sheet_put(doc, "/reply_to",
                          json_incref(json_object_get(l->task, "reply_to"))) &&
        partner_sheet_put(doc, "/reference", json_string(reference));
    for (size_t i = 0; i < 2 && a->times[i] != NULL; i++) {
        ok = ok && partner_sheet_put(doc, a->times[i], json_string(when));
    }
    json_t *copied = a->copied != NULL && strcmp(a->with, l->word->word) == 0
                         ? partner_sheet_at(l->task, a->copied)
                         : NULL;
    return ok && (copied == NULL ||
                  partner_sheet_put(doc, a->copied, json_incref(copied)));
}

static int answer_make(struct looking *l,
                       struct bus_arena *mem,
                       struct bus_strv *ret,
                       struct bus_err *err)
{
    json_t *doc = json_object();
    bool ok = doc != NULL && answer_frame(l, doc);
    for (size_t i = 0; ok && i < l->s->form->count; i++) {
        if (l->s->form->columns[i].shown == NULL) {
            ok = column_put(l, doc, i);
        }
    }
    char *text = ok ? json_dumps(doc, JSON_COMPACT) : NULL;
    const char *kept = text != NULL ? bus_arena_strdup(mem, text) : NULL;
    *ret = bus_strv(kept);
    free(text);
    json_decref(doc);
    return kept != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "an answer");
}

/* ret->p NULL: nothing comes of this row. */
static int row_look(struct looking *l,
                    struct bus_arena *mem,
                    struct bus_strv *ret,
                    struct bus_err *err)
{
    *ret = (struct bus_strv){0};
    if (!row_speaks(l) || !row_names_task(l)) {
        return BUS_OK;
    }
    l->row->answer = l->word->answer;
    l->row->stays = l->word->stays;
    BUS_TRY(row_values(l, err));
    if (!row_is_new(l)) {
        return BUS_OK;
    }
    BUS_CHECK(l->task != NULL);
    l->row->task =
        bus_arena_printf(&l->f->mem, "%s" SPOOL_ENDING,
                         partner_sheet_text_at(l->task, l->s->form->about));
    if (l->row->task == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a sheet's row");
    }
    row_is_kept(l);
    return answer_make(l, mem, ret, err);
}

int partner_sheet_answers(struct bus_partner_transport *t,
                          struct bus_arena *mem,
                          struct bus_partner_transport_taken *ret,
                          size_t max,
                          size_t *ret_n,
                          struct bus_err *err)
{
    struct sheet_file *f = &t->sheet->file;
    BUS_CHECK(f->name != NULL && max > 0);
    for (; f->next < f->rows.n && *ret_n < max; f->next++) {
        struct looking l = {.t = t,
                            .s = t->sheet,
                            .f = f,
                            .from = &f->rows.v[f->next],
                            .row = &f->row[f->next]};
        struct bus_strv bytes;
        BUS_TRY(row_look(&l, mem, &bytes, err));
        f->wrong += l.faulty;
        l.row->state = SHEET_ROW_DONE;
        if (bytes.p == NULL || l.faulty) {
            continue;
        }
        const char *name = bus_arena_printf(mem, SHEET_ROW_NAME "%zu", f->next);
        if (name == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a sheet's row");
        }
        l.row->state = SHEET_ROW_OUT;
        f->out++;
        ret[(*ret_n)++] = (struct bus_partner_transport_taken){
            .name = name, .bytes = bytes, .still_ms = INT64_MAX};
    }
    return BUS_OK;
}
