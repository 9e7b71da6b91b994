/* A bank's own table of answers. */
#include "bus/bank/bank_parts.h"
#include "bus/base/check.h"
#include "bus/base/heap.h"

struct rows_reading
{
    const struct bus_bank_table *t;
    const struct bus_bank_told *told;
    size_t line;
    struct bus_buf text; /* the line in UTF-8 */
    struct bus_strv cells[BUS_BANK_COLUMNS_MAX];
};

static int rows_fault(const struct rows_reading *r,
                      size_t column,
                      const char *what,
                      struct bus_err *err)
{
    return bus_fail(err, BUS_EPARSE, "line %zu, column %zu: %s", r->line,
                    column + 1, what);
}

/* Fields between commas, "" doubled in quotes; the text is changed. */
static int rows_split(struct rows_reading *r, struct bus_err *err)
{
    char *p = (char *)r->text.data;
    size_t n = r->text.len, at = 0, cell = 0;
    for (bool more = true; more; cell++) {
        size_t from = at, to = at;
        bool quoted = at < n && p[at] == '"', open = quoted;
        if (cell == r->t->count) {
            return rows_fault(r, cell, "more columns than the table has", err);
        }
        for (at += quoted; at < n && (open || p[at] != ','); at++) {
            if (quoted && p[at] == '"') {
                bool twice = open && at + 1 < n && p[at + 1] == '"';
                open = twice;
                at += twice;
                if (!twice) {
                    continue;
                }
            } else if (quoted && !open) {
                return rows_fault(r, cell, "something behind a quote", err);
            }
            p[to++] = p[at];
        }
        if (open) {
            return rows_fault(r, cell, "a quote that does not end", err);
        }
        r->cells[cell] = bank_trim((struct bus_strv){p + from, to - from});
        more = at < n;
        at += more;
    }
    return cell == r->t->count
               ? BUS_OK
               : rows_fault(r, cell, "fewer columns than the table has / 缺列",
                            err);
}

/* Columns by bytes of the bank's character set, each decoded by itself. */
static int
rows_cut(struct rows_reading *r, struct bus_strv line, struct bus_err *err)
{
    size_t ends[BUS_BANK_COLUMNS_MAX], at = 0;
    for (size_t i = 0; i < r->t->count; i++) {
        size_t width = (size_t)r->t->columns[i].width;
        bool last = i + 1 == r->t->count; /* blanks at the end may be gone */
        if (line.n - at < width && !last) {
            return rows_fault(r, i, "the line is too short / 行过短", err);
        }
        width = line.n - at < width ? line.n - at : width;
        struct bus_strv part = {line.p + at, width};
        if (bus_charset_decode(r->t->charset, part, &r->text, NULL, err) !=
            BUS_OK) {
            return rows_fault(r, i, "not in the bank's character set", err);
        }
        at += width;
        ends[i] = r->text.len;
    }
    if (at < line.n) {
        return rows_fault(r, r->t->count, "the line is too long / 行过长", err);
    }
    for (size_t i = 0; i < r->t->count; i++) {
        size_t from = i > 0 ? ends[i - 1] : 0;
        r->cells[i] = bank_trim((struct bus_strv){
            (const char *)r->text.data + from, ends[i] - from});
    }
    return BUS_OK;
}

static int
rows_take(struct rows_reading *r, struct bus_strv line, struct bus_err *err)
{
    size_t at = 0;
    bus_buf_clear(&r->text);
    (void)bus_buf_reserve(&r->text, 1);
    if (r->t->fixed) {
        return rows_cut(r, line, err);
    }
    if (bus_charset_decode(r->t->charset, line, &r->text, &at, err) != BUS_OK) {
        return bus_fail(err, BUS_EPARSE, "line %zu, byte %zu: not in %s",
                        r->line, at + 1, bus_charset_name(r->t->charset));
    }
    return rows_split(r, err);
}

static int rows_titles(const struct rows_reading *r, struct bus_err *err)
{
    for (size_t i = 0; i < r->t->count; i++) {
        if (!bus_strv_is(r->cells[i], r->t->columns[i].title)) {
            return rows_fault(r, i, "not the title that is known / 表头不符",
                              err);
        }
    }
    return BUS_OK;
}

static int rows_outcome(const struct rows_reading *r,
                        size_t column,
                        struct bus_bank_entry *e,
                        struct bus_err *err)
{
    for (size_t i = 0; i < r->t->word_count; i++) {
        if (bus_strv_is(r->cells[column], r->t->words[i].word)) {
            e->outcome = r->t->words[i].outcome;
            e->reason =
                e->reason.n > 0 ? e->reason : bus_strv(r->t->words[i].reason);
            return BUS_OK;
        }
    }
    return rows_fault(r, column, "a word nobody knows / 不认识的结果", err);
}

static int rows_value(const struct rows_reading *r,
                      size_t i,
                      struct bus_bank_entry *e,
                      struct bus_err *err)
{
    struct bus_strv v = r->cells[i];
    bool well = v.n == 0 || bank_text_fits(v, 140);
    switch (r->t->columns[i].field) {
    case BUS_BANK_ORDER:
        e->order = v;
        break;
    case BUS_BANK_YUAN:
        well = bank_amount_parse(v, '.', &e->amount_fen);
        break;
    case BUS_BANK_FEN:
        well = bus_strv_to_i64(v, &e->amount_fen) && e->amount_fen >= 0 &&
               e->amount_fen <= BUS_BANK_FEN_MAX;
        break;
    case BUS_BANK_DAY:
        well = v.n == 0 || bank_day_parse(v, &e->value_day);
        break;
    case BUS_BANK_REFERENCE:
        e->reference = v;
        break;
    case BUS_BANK_REASON:
        e->reason = v.n > 0 ? v : e->reason;
        break;
    case BUS_BANK_OUTCOME:
        return well ? rows_outcome(r, i, e, err)
                    : rows_fault(r, i, "cannot be read / 内容有误", err);
    default:
        well = true; /* not for us */
        break;
    }
    return well ? BUS_OK : rows_fault(r, i, "cannot be read / 内容有误", err);
}

static int rows_entry(const struct rows_reading *r, struct bus_err *err)
{
    struct bus_bank_entry e = {.line = r->line,
                               .booked = true,
                               .value_day = BUS_BANK_NO_DAY,
                               .currency = BUS_STRV("CNY")};
    for (size_t i = 0; i < r->t->count; i++) {
        BUS_TRY(rows_value(r, i, &e, err));
    }
    e.credit = e.outcome == BUS_BANK_RETURNED;
    return r->told->entry(r->told->data, &e, err);
}

static int rows_run(struct rows_reading *r,
                    struct bank_input *in,
                    char line[BANK_LINE_MAX],
                    struct bus_err *err)
{
    const struct bus_bank_head head = {BUS_BANK_TABLE, BUS_STRV("")};
    struct bus_strv s;
    int rc = r->told->head != NULL ? r->told->head(r->told->data, &head, err)
                                   : BUS_OK;
    bool titles = r->t->titles;
    while (rc == BUS_OK && bank_input_line(in, line, &s, &rc, err)) {
        r->line = in->line;
        if (bank_trim(s).n == 0) {
            continue;
        }
        rc = rows_take(r, s, err);
        if (rc == BUS_OK) {
            rc = titles ? rows_titles(r, err) : rows_entry(r, err);
        }
        titles = false;
    }
    return rc;
}

int bank_table_read(const struct bus_bank_table *t,
                    struct bank_input *in,
                    const struct bus_bank_told *told,
                    struct bus_err *err)
{
    const char *fault = bus_bank_table_fault(t, true);
    struct rows_reading r = {.t = t, .told = told};
    if (fault[0] != '\0') {
        return bus_fail(err, BUS_EUNKNOWN,
                        "the bank's table of answers needs %s", fault);
    }
    char *line = bus_malloc(BANK_LINE_MAX);
    int rc = line != NULL ? rows_run(&r, in, line, err)
                          : bus_fail(err, BUS_ENOMEM, "a reader of bank files");
    bus_buf_fini(&r.text);
    bus_free(line);
    return rc;
}
