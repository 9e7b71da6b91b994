/* MT940: a statement as SWIFT had it. Of :86: only the order's id is read (EREF
 * in its three usual forms); other texts stay unread. */
#include "bus/bank/bank_parts.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"

struct mt_reading
{
    const struct bus_bank_told *told;
    size_t line, entry_line;
    bool statement, entry, detail; /* detail: in a :86: */
    struct bank_text id, account, order, reference, currency;
    int64_t number, fen;
    int32_t day, opening_day, closing_day;
    bool credit, back, headed;
    struct bank_balance balance;
};

static int
mt_fault(const struct mt_reading *r, const char *what, struct bus_err *err)
{
    return bus_fail(err, BUS_EPARSE, "line %zu: %s", r->line, what);
}

static bool mt_digits(struct bus_strv s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i >= s.n || s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
    }
    return true;
}

static struct bus_strv mt_behind(struct bus_strv s, size_t n)
{
    n = n < s.n ? n : s.n;
    return (struct bus_strv){s.p + n, s.n - n};
}

/* "yymmdd", of 1980 to 2079. */
static bool mt_day(struct bus_strv s, int32_t *ret)
{
    int n[3];
    if (!mt_digits(s, 6)) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        n[i] = (s.p[2 * i] - '0') * 10 + (s.p[2 * i + 1] - '0');
    }
    int year = n[0] + (n[0] < 80 ? 2000 : 1900);
    if (!bus_civil_valid(year, (unsigned)n[1], (unsigned)n[2])) {
        return false;
    }
    *ret = (int32_t)bus_days_from_civil(year, (unsigned)n[1], (unsigned)n[2]);
    return true;
}

/* An order's id in what is written of an entry. */
static void mt_order(struct mt_reading *r, struct bus_strv s)
{
    static const char *const marks[] = {"EREF+", "/EREF/"};
    struct bus_id ignored;
    for (size_t i = 0; i < 2; i++) {
        const char *at =
            s.n > 0 ? memmem(s.p, s.n, marks[i], strlen(marks[i])) : NULL;
        if (at == NULL) {
            continue;
        }
        struct bus_strv id =
            mt_behind(s, (size_t)(at - s.p) + strlen(marks[i]));
        id.n = id.n < BUS_BANK_ID_TEXT ? id.n : BUS_BANK_ID_TEXT;
        if (bus_bank_id_parse(id, &ignored)) {
            (void)bank_text_set(&r->order, id); /* 32 digits have room */
        }
    }
}

static int mt_entry_told(struct mt_reading *r, struct bus_err *err)
{
    if (!r->entry) {
        return BUS_OK;
    }
    r->entry = false;
    const struct bus_bank_entry e = {.line = r->entry_line,
                                     .order = bank_text_view(&r->order),
                                     .outcome = !r->credit ? BUS_BANK_SETTLED
                                                : r->back  ? BUS_BANK_RETURNED
                                                           : BUS_BANK_NOTED,
                                     .booked = true,
                                     .credit = r->credit,
                                     .amount_fen = r->fen,
                                     .value_day = r->day,
                                     .currency = bank_text_view(&r->currency),
                                     .reference =
                                         bank_text_view(&r->reference)};
    return r->told->entry(r->told->data, &e, err);
}

static int mt_statement_told(struct mt_reading *r, struct bus_err *err)
{
    BUS_TRY(mt_entry_told(r, err));
    if (!r->statement) {
        return BUS_OK;
    }
    r->statement = false;
    if (!r->balance.opening) {
        return mt_fault(r, "a statement without balances / 缺余额", err);
    }
    BUS_TRY(bank_balance_check(&r->balance, r->line, err));
    /* it opens with what the day before closed with */
    int32_t first_day = r->opening_day + 1;
    const struct bus_bank_statement s = {
        .id = bank_text_view(&r->id),
        .account = bank_text_view(&r->account),
        .currency = bank_text_view(&r->currency),
        .number = r->number,
        .closed = true,
        .opening_fen = r->balance.opening_fen,
        .closing_fen = r->balance.closing_fen,
        .first_day = first_day < r->closing_day ? first_day : r->closing_day,
        .closing_day = r->closing_day};
    return r->told->statement != NULL
               ? r->told->statement(r->told->data, &s, err)
               : BUS_OK;
}

/* --- fields --- */

static int mt_put(struct mt_reading *r,
                  struct bank_text *to,
                  struct bus_strv v,
                  struct bus_err *err)
{
    v = bank_trim(v);
    return (v.n == 0 || bank_text_fits(v, 35)) && bank_text_set(to, v)
               ? BUS_OK
               : mt_fault(r, "a reference that is too long / 编号过长", err);
}

/* "D261210CNY1234,56" */
static int mt_balance(struct mt_reading *r,
                      struct bus_strv v,
                      int64_t *ret_fen,
                      int32_t *ret_day,
                      struct bus_err *err)
{
    bool debit = v.n > 0 && v.p[0] == 'D', credit = v.n > 0 && v.p[0] == 'C';
    struct bus_strv day = mt_behind(v, 1), currency = mt_behind(v, 7);
    currency.n = currency.n < 3 ? currency.n : 3;
    if ((!debit && !credit) || !mt_day(day, ret_day) || currency.n < 3 ||
        !bank_amount_parse(mt_behind(v, 10), ',', ret_fen)) {
        return mt_fault(r, "a balance is C261210CNY66,00 / 余额有误", err);
    }
    *ret_fen = debit ? -*ret_fen : *ret_fen;
    return mt_put(r, &r->currency, currency, err);
}

/* The reference of ours, "//" the bank's; the kind of entry before. */
static int
mt_references(struct mt_reading *r, struct bus_strv v, struct bus_err *err)
{
    const char *slashes = v.n > 0 ? memmem(v.p, v.n, "//", 2) : NULL;
    struct bus_strv ours = v, theirs = BUS_STRV("");
    if (slashes != NULL) {
        ours.n = (size_t)(slashes - v.p);
        theirs = mt_behind(v, ours.n + 2);
    }
    mt_order(r, v);
    return mt_put(r, &r->reference, theirs.n > 0 ? theirs : ours, err);
}

/* "2612101210RC66,00NRTINONREF//B-1" */
static int
mt_entry(struct mt_reading *r, struct bus_strv v, struct bus_err *err)
{
    BUS_TRY(mt_entry_told(r, err));
    if (!r->balance.opening) {
        return mt_fault(r, "an entry before the opening balance", err);
    }
    r->order.n = r->reference.n = 0;
    bool well = mt_day(v, &r->day);
    v = mt_behind(v, 6);
    v = mt_digits(v, 4) ? mt_behind(v, 4) : v;
    bool reversal = v.n > 0 && v.p[0] == 'R';
    v = mt_behind(v, reversal);
    well &= v.n > 1 && (v.p[0] == 'C' || v.p[0] == 'D');
    /* a reversal of a credit takes money away */
    r->credit = v.n > 0 && (v.p[0] == 'C') != reversal;
    v = mt_behind(v, 1);
    bool letter = v.n > 0 && v.p[0] >= 'A' && v.p[0] <= 'Z';
    v = mt_behind(v, letter); /* the currency's third letter */
    struct bus_strv amount = v;
    amount.n = 0;
    while (amount.n < v.n &&
           (v.p[amount.n] == ',' || mt_digits(mt_behind(v, amount.n), 1))) {
        amount.n++;
    }
    v = mt_behind(v, amount.n);
    well &= bank_amount_parse(amount, ',', &r->fen) && v.n >= 4;
    if (!well) {
        return mt_fault(r, "an entry is 261210D66,00NTRFREF//REF / 记录有误",
                        err);
    }
    struct bus_strv kind = {v.p, 4};
    r->back = reversal || bus_strv_is(kind, "NRTI");
    r->entry = true;
    r->entry_line = r->line;
    int64_t fen = r->credit ? r->fen : -r->fen;
    if (!bank_balance_move(&r->balance, fen)) {
        return mt_fault(r, "amounts / 金额过大", err);
    }
    return mt_references(r, mt_behind(v, 4), err);
}

static int
mt_head(struct mt_reading *r, struct bus_strv id, struct bus_err *err)
{
    BUS_TRY(mt_statement_told(r, err));
    BUS_TRY(mt_put(r, &r->id, id, err));
    r->statement = true;
    r->number = -1;
    r->account.n = r->currency.n = 0;
    r->balance = (struct bank_balance){0};
    const struct bus_bank_head head = {BUS_BANK_MT940, bank_text_view(&r->id)};
    bool first = !r->headed;
    r->headed = true;
    return first && r->told->head != NULL
               ? r->told->head(r->told->data, &head, err)
               : BUS_OK;
}

static int
mt_number(struct mt_reading *r, struct bus_strv v, struct bus_err *err)
{
    const char *slash = v.n > 0 ? memchr(v.p, '/', v.n) : NULL;
    v.n = slash != NULL ? (size_t)(slash - v.p) : v.n;
    return bus_strv_to_i64(v, &r->number) && r->number >= 0
               ? BUS_OK
               : mt_fault(r, "a statement's number / 对账单序号有误", err);
}

/* Of statements in several parts (F and M) only first and last count. */
static int mt_field(struct mt_reading *r,
                    struct bus_strv tag,
                    struct bus_strv v,
                    struct bus_err *err)
{
    struct bank_balance *b = &r->balance;
    r->detail = bus_strv_is(tag, "86") && r->entry;
    if (bus_strv_is(tag, "20")) {
        return mt_head(r, v, err);
    }
    if (!r->statement) {
        return mt_fault(r, "a field before :20: / 缺 :20:", err);
    }
    if (bus_strv_is(tag, "25")) {
        return mt_put(r, &r->account, v, err);
    }
    if (bus_strv_is(tag, "28C")) {
        return mt_number(r, v, err);
    }
    if (bus_strv_is(tag, "61")) {
        return mt_entry(r, v, err);
    }
    if (bus_strv_is(tag, "60F") || bus_strv_is(tag, "60M")) {
        b->opening = true;
        return mt_balance(r, v, &b->opening_fen, &r->opening_day, err);
    }
    if (bus_strv_is(tag, "62F") || bus_strv_is(tag, "62M")) {
        BUS_TRY(mt_entry_told(r, err));
        b->closing = true;
        return mt_balance(r, v, &b->closing_fen, &r->closing_day, err);
    }
    if (r->detail) {
        mt_order(r, v);
    }
    return BUS_OK;
}

static int mt_line(struct mt_reading *r, struct bus_strv s, struct bus_err *err)
{
    const char *end = s.n > 1 && s.p[0] == ':'
                          ? memchr(s.p + 1, ':', s.n - 1 < 4 ? s.n - 1 : 4)
                          : NULL;
    const char *block =
        s.n > 0 && s.p[0] == '{' ? memmem(s.p, s.n, "{4:", 3) : NULL;
    if (block != NULL) { /* a field may begin on the same line */
        struct bus_strv rest = mt_behind(s, (size_t)(block - s.p) + 3);
        return rest.n > 0 && rest.p[0] == ':' ? mt_line(r, rest, err) : BUS_OK;
    }
    if (end != NULL) {
        struct bus_strv tag = {s.p + 1, (size_t)(end - s.p) - 1};
        return mt_field(r, tag, mt_behind(s, tag.n + 2), err);
    }
    if (r->detail) {
        mt_order(r, s);
    }
    return BUS_OK;
}

int bank_mt940_read(struct bank_input *in,
                    const struct bus_bank_told *told,
                    struct bus_err *err)
{
    char *line = bus_malloc(BANK_LINE_MAX);
    struct mt_reading *r = bus_calloc(1, sizeof(*r));
    struct bus_strv s;
    int rc = line != NULL && r != NULL
                 ? BUS_OK
                 : bus_fail(err, BUS_ENOMEM, "a reader of bank files");
    if (rc == BUS_OK) {
        r->told = told;
        while (rc == BUS_OK && bank_input_line(in, line, &s, &rc, err)) {
            r->line = in->line;
            rc = mt_line(r, s, err);
        }
        if (rc == BUS_OK) {
            rc = mt_statement_told(r, err);
        }
        if (rc == BUS_OK && !r->headed) {
            rc = bus_fail(err, BUS_EPARSE, "no statement in it / 没有对账单");
        }
    }
    bus_free(r);
    bus_free(line);
    return rc;
}
