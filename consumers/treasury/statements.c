/* A file of statements into the tables. Entries are told before the statement
 * they are of: they are put down under its number within a savepoint, which is
 * taken back when it turns out that the statement is known. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/policy/calendar.h"
#include "consumers/treasury/bank_files.h"
#include "consumers/treasury/sql/fund_put.h"
#include "consumers/treasury/sql/statement_known.h"
#include "consumers/treasury/sql/statement_last.h"
#include "consumers/treasury/sql/statement_line_put.h"
#include "consumers/treasury/sql/statement_next.h"
#include "consumers/treasury/sql/statement_put.h"
#include "consumers/treasury/statements.h"

#define TEXT_MAX 140
#define NAME_MAX 200

struct st_taking
{
    const struct bus_config *c;
    struct treasury_books *b;
    struct bus_policy_calendar *calendar;
    struct bus_wire_sm3er *sm3;
    const char *bank, *sum; /* sum: of the file, as the database takes bytes */
    char message[TEXT_MAX + 1];
    struct treasury_statement_taken *told;
    /* of the statement that is read; n 0: none yet */
    struct bus_arena_mark mark;
    int64_t n, lines, moved_fen;
    int32_t first_day; /* of its entries */
    uint8_t content[BUS_WIRE_SM3_BYTES];
};

/* --- one statement --- */

static int st_begin(struct st_taking *t, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    if (t->n != 0) {
        return BUS_OK;
    }
    t->mark = bus_arena_mark(t->b->mem);
    BUS_TRY(bus_pg_exec(t->b->pg, "SAVEPOINT statement", err));
    BUS_TRY(treasury_books_ask(t->b, consumers_treasury_sql_statement_next,
                               NULL, 0, &r, err));
    t->n = bus_pg_i64(r, 0, 0);
    bus_pg_rows_free(r);
    t->lines = t->moved_fen = 0;
    t->first_day = BUS_BANK_NO_DAY;
    memset(t->content, 0, sizeof(t->content));
    BUS_CHECK(t->n > 0);
    return BUS_OK;
}

/* Each line's sum is over the one before and itself. */
static int
st_sum(struct st_taking *t, struct bus_strv line, struct bus_err *err)
{
    char text[BUS_WIRE_SM3_BYTES + 2 * TEXT_MAX + 100];
    BUS_CHECK(line.n <= sizeof(text) - BUS_WIRE_SM3_BYTES);
    memcpy(text, t->content, BUS_WIRE_SM3_BYTES);
    memcpy(text + BUS_WIRE_SM3_BYTES, line.p, line.n);
    return bus_wire_sm3er_run(
        t->sm3, (struct bus_strv){text, BUS_WIRE_SM3_BYTES + line.n},
        t->content, err);
}

static int st_line(struct st_taking *t,
                   const struct bus_bank_entry *e,
                   int64_t fen,
                   struct bus_err *err)
{
    char text[2 * TEXT_MAX + 100];
    struct bus_id order;
    bool named = bus_bank_id_parse(e->order, &order);
    struct bus_arena_mark mark = bus_arena_mark(t->b->mem);
    const char *id = named ? treasury_books_id(t->b, &order) : NULL;
    const char *day = treasury_books_day(t->b, e->value_day);
    const char *reference = treasury_books_text(t->b, e->reference);
    int n = snprintf(text, sizeof(text), "%" PRId64 " %s %s %s\n", fen, day,
                     named ? id : "", reference);
    BUS_CHECK(n > 0 && (size_t)n < sizeof(text));
    BUS_TRY(st_sum(t, (struct bus_strv){text, (size_t)n}, err));
    BUS_TRY(treasury_books_ask(
        t->b, consumers_treasury_sql_statement_line_put,
        TREASURY_PARAMS(treasury_books_number(t->b, t->n),
                        treasury_books_number(t->b, t->lines),
                        treasury_books_number(t->b, fen), day, id, reference),
        NULL, err));
    bus_arena_release(t->b->mem, mark);
    return BUS_OK;
}

static int
st_entry(void *data, const struct bus_bank_entry *e, struct bus_err *err)
{
    struct st_taking *t = data;
    int64_t fen = e->credit ? e->amount_fen : -e->amount_fen;
    if (e->currency.n > 0 && !bus_strv_is(e->currency, "CNY")) {
        return bus_fail(err, BUS_ERANGE,
                        "line %zu: another currency than CNY / 币种不符",
                        e->line);
    }
    if (!e->booked || fen == 0) {
        return BUS_OK;
    }
    if (e->value_day == BUS_BANK_NO_DAY || e->reference.n > TEXT_MAX) {
        return bus_fail(err, BUS_ERANGE,
                        "line %zu: an entry without a day, or with a reference "
                        "that is too long / 记录缺日期或流水号过长",
                        e->line);
    }
    BUS_TRY(st_begin(t, err));
    t->lines++;
    bool over = __builtin_add_overflow(t->moved_fen, fen, &t->moved_fen) ||
                __builtin_add_overflow(t->told->total_fen, e->amount_fen,
                                       &t->told->total_fen);
    if (over || t->lines > INT32_MAX) {
        return bus_fail(err, BUS_ERANGE, "line %zu: amounts / 金额过大",
                        e->line);
    }
    t->first_day =
        t->first_day == BUS_BANK_NO_DAY || e->value_day < t->first_day
            ? e->value_day
            : t->first_day;
    return st_line(t, e, fen, err);
}

/* --- it follows the one before --- */

struct st_before
{
    int64_t n, closing_fen, number;
    int32_t closing_day;
    const char *name;
};

static int st_gap(const struct st_before *before,
                  const char *reason,
                  const char *what,
                  struct bus_err *err)
{
    int64_t year = 0;
    unsigned month = 0, day = 0;
    bus_civil_from_days(before->closing_day, &year, &month, &day);
    return bus_fail(err, BUS_ESTATE,
                    "%s: %s; the one before is %.40s of %04" PRId64
                    "-%02u-%02u / 与上一份对账单不连续, 请先补收缺少的对账单",
                    reason, what, before->name, year, month, day);
}

/* Is there a working day after `last` and before `first`? */
static bool
st_day_left_out(const struct st_taking *t, int32_t last, int32_t first)
{
    for (int32_t day = last + 1; day < first; day++) {
        if (bus_policy_is_workday(t->calendar, day)) {
            return true;
        }
    }
    return false;
}

/* Numbers begin anew, with 0 or 1, in another year. */
static int st_numbers(const struct st_before *before,
                      const struct bus_bank_statement *s,
                      struct bus_err *err)
{
    char what[80];
    int64_t years[2];
    unsigned month = 0, day = 0;
    bus_civil_from_days(before->closing_day, &years[0], &month, &day);
    bus_civil_from_days(s->closing_day, &years[1], &month, &day);
    bool anew = years[1] > years[0] && s->number <= 1;
    int64_t next = s->number - before->number; /* 0: pages of one number */
    if (anew || next == 0 || next == 1) {
        return BUS_OK;
    }
    (void)snprintf(what, sizeof(what), "number %" PRId64 " after %" PRId64,
                   s->number, before->number);
    return st_gap(before, "NUMBER_MISSING", what, err);
}

static int st_follows(struct st_taking *t,
                      const struct st_before *before,
                      const struct bus_bank_statement *s,
                      int32_t first_day,
                      struct bus_err *err)
{
    char what[100];
    if (s->closing_day < before->closing_day) {
        return st_gap(before, "OUT_OF_ORDER", "it is of an earlier day", err);
    }
    if (s->number >= 0 && before->number >= 0) {
        BUS_TRY(st_numbers(before, s, err));
    } else if (st_day_left_out(t, before->closing_day, first_day)) {
        return st_gap(before, "DAY_MISSING", "a working day lies between them",
                      err);
    }
    if (s->opening_fen == before->closing_fen) {
        return BUS_OK;
    }
    (void)snprintf(what, sizeof(what),
                   "it opens with %" PRId64 " fen, %" PRId64 " was left",
                   s->opening_fen, before->closing_fen);
    return st_gap(before, "OPENING_DIFFERS", what, err);
}

/* --- it ends --- */

/* By its account, at this bank. */
static int st_fund(const struct st_taking *t,
                   const struct bus_bank_statement *s,
                   const char **ret,
                   struct bus_err *err)
{
    *ret = NULL;
    for (size_t i = 0; i < t->c->funds_count; i++) {
        const struct bus_fund *f = &t->c->funds[i];
        if (f->account == NULL || f->bank == NULL ||
            strcmp(f->bank, t->bank) != 0 ||
            !bus_strv_is(s->account, f->account)) {
            continue;
        }
        if (*ret != NULL) {
            return bus_fail(err, BUS_ESTATE,
                            "its account is that of %s and of %s (funds.yaml): "
                            "each fund has its own / 该账号属于两项资金",
                            *ret, f->code);
        }
        *ret = f->code;
    }
    return *ret != NULL
               ? BUS_OK
               : bus_fail(err, BUS_EUNKNOWN,
                          "its account is no fund's at this bank (funds.yaml: "
                          "account) / 账号不属于任何资金");
}

/* camt.053: its id. MT940 gives the same :20: again and again. */
static void st_name(const struct st_taking *t,
                    const struct bus_bank_statement *s,
                    char ret[NAME_MAX])
{
    if (t->told->kind == BUS_BANK_CAMT053) {
        (void)snprintf(ret, NAME_MAX, "%.*s", BUS_STRV_ARG(s->id));
        return;
    }
    (void)snprintf(ret, NAME_MAX, "%.*s/%" PRId64 "/%" PRId32 "/%" PRId64,
                   BUS_STRV_ARG(s->id), s->number, s->closing_day,
                   s->opening_fen);
}

static int st_known(struct st_taking *t,
                    const char *fund,
                    const char *name,
                    bool *ret,
                    struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(
        t->b, consumers_treasury_sql_statement_known,
        TREASURY_PARAMS(
            t->bank, fund, name,
            treasury_books_bytes(t->b, (struct bus_strv){(char *)t->content,
                                                         sizeof(t->content)})),
        &r, err));
    bool there = bus_pg_count(r) > 0;
    *ret = there && strcmp(bus_pg_value(r, 0, 0), "t") == 0;
    int rc = !there || *ret
                 ? BUS_OK
                 : bus_fail(err, BUS_EDUPLICATE,
                            "another statement of this number was taken at %s "
                            "/ 同一编号的对账单已收, 内容不同",
                            bus_pg_value(r, 0, 1));
    bus_pg_rows_free(r);
    return rc;
}

static int st_before(struct st_taking *t,
                     const char *fund,
                     struct st_before *ret,
                     struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(t->b, consumers_treasury_sql_statement_last,
                               TREASURY_PARAMS(t->bank, fund), &r, err));
    *ret = (struct st_before){0};
    if (bus_pg_count(r) > 0) {
        *ret = (struct st_before){
            .n = bus_pg_i64(r, 0, 0),
            .closing_fen = bus_pg_i64(r, 0, 1),
            .closing_day = (int32_t)bus_pg_i64(r, 0, 2),
            .number = bus_pg_i64(r, 0, 3),
            .name = treasury_books_text(t->b, bus_strv(bus_pg_value(r, 0, 4)))};
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

static int st_put(struct st_taking *t,
                  const struct bus_bank_statement *s,
                  const char *fund,
                  const char *name,
                  struct bus_err *err)
{
    struct treasury_books *b = t->b;
    struct st_before before;
    int32_t first = s->first_day != BUS_BANK_NO_DAY   ? s->first_day
                    : t->first_day != BUS_BANK_NO_DAY ? t->first_day
                                                      : s->closing_day;
    first = first < s->closing_day ? first : s->closing_day;
    BUS_TRY(st_before(t, fund, &before, err));
    int rc = before.n > 0 ? st_follows(t, &before, s, first, err) : BUS_OK;
    if (rc == BUS_ESTATE && s->closing_day >= before.closing_day) {
        t->told->gap = fund;
    }
    BUS_TRY(rc);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_put,
                               TREASURY_PARAMS(fund), NULL, err));
    const char *content = treasury_books_bytes(
        b, (struct bus_strv){(char *)t->content, sizeof(t->content)});
    return treasury_books_ask(
        b, consumers_treasury_sql_statement_put,
        TREASURY_PARAMS(
            treasury_books_number(b, t->n), t->bank, fund, name,
            s->number >= 0 ? treasury_books_number(b, s->number) : NULL,
            treasury_books_day(b, first), treasury_books_day(b, s->closing_day),
            treasury_books_number(b, s->opening_fen),
            treasury_books_number(b, t->moved_fen),
            treasury_books_number(b, s->closing_fen),
            treasury_books_number(b, t->lines), content, t->sum, b->who,
            before.n > 0 ? treasury_books_number(b, before.n) : NULL),
        NULL, err);
}

static int st_whole(const struct st_taking *t,
                    const struct bus_bank_statement *s,
                    struct bus_err *err)
{
    if (s->currency.n > 0 && !bus_strv_is(s->currency, "CNY")) {
        return bus_fail(err, BUS_ERANGE,
                        "a statement in another currency than CNY / 币种不符");
    }
    if (!s->closed || s->closing_day == BUS_BANK_NO_DAY || s->id.n == 0) {
        return bus_fail(err, BUS_EPARSE,
                        "a statement without an id, balances or their day / "
                        "对账单缺编号、余额或日期");
    }
    int64_t closing = 0;
    return !__builtin_add_overflow(s->opening_fen, t->moved_fen, &closing) &&
                   closing == s->closing_fen
               ? BUS_OK
               : bus_fail(err, BUS_ERANGE,
                          "opening %" PRId64 " and %" PRId64
                          " of entries are not the closing %" PRId64
                          " fen / 期初加变动不等于期末",
                          s->opening_fen, t->moved_fen, s->closing_fen);
}

static int st_statement(void *data,
                        const struct bus_bank_statement *s,
                        struct bus_err *err)
{
    struct st_taking *t = data;
    char name[NAME_MAX], balances[80];
    const char *fund = NULL;
    bool known = false;
    BUS_TRY(st_begin(t, err)); /* one without entries */
    BUS_TRY(st_whole(t, s, err));
    BUS_TRY(st_fund(t, s, &fund, err));
    int n = snprintf(balances, sizeof(balances),
                     "%" PRId64 " %" PRId64 " %" PRId32 "\n", s->opening_fen,
                     s->closing_fen, s->closing_day);
    BUS_TRY(st_sum(t, (struct bus_strv){balances, (size_t)n}, err));
    st_name(t, s, name);
    BUS_TRY(st_known(t, fund, name, &known, err));
    if (known) {
        BUS_TRY(bus_pg_exec(t->b->pg, "ROLLBACK TO SAVEPOINT statement", err));
    } else {
        BUS_TRY(st_put(t, s, fund, name, err));
    }
    BUS_TRY(bus_pg_exec(t->b->pg, "RELEASE SAVEPOINT statement", err));
    if (!known) {
        BUS_TRY(treasury_statement_match(t->b, fund, err));
    }
    bus_arena_release(t->b->mem, t->mark);
    t->told->statements += !known;
    t->told->known += known;
    t->told->entries += known ? 0 : t->lines;
    t->n = 0;
    return BUS_OK;
}

/* --- the file --- */

static int
st_head(void *data, const struct bus_bank_head *h, struct bus_err *err)
{
    struct st_taking *t = data;
    bool known = false;
    t->told->kind = h->kind;
    t->told->kind_known = true;
    if (h->kind != BUS_BANK_CAMT053 && h->kind != BUS_BANK_MT940) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "answers, not a statement: lianou treasury take / "
                        "这是回执, 不是对账单");
    }
    if (h->kind == BUS_BANK_CAMT053) {
        (void)bus_strv_copy(t->message, sizeof(t->message), h->message);
    }
    return treasury_file_known(
        t->b,
        &(struct treasury_file_row){.bank = t->bank,
                                    .sum = t->sum,
                                    .kind = bus_bank_kind_words[h->kind],
                                    .message = t->message},
        &known, err);
}

static int st_read(struct st_taking *t, const char *path, struct bus_err *err)
{
    FILE *file = fopen(path, "re");
    const struct bus_bank_source from = {treasury_file_bytes, file};
    const struct bus_bank_told told = {.data = t,
                                       .head = st_head,
                                       .entry = st_entry,
                                       .statement = st_statement};
    if (file == NULL) {
        return bus_disk_fail(err, "the bank's file");
    }
    int rc = bus_bank_read(NULL, &from, &told, err);
    (void)fclose(file);
    return rc == BUS_OK && t->told->statements + t->told->known == 0
               ? bus_fail(err, BUS_EPARSE, "no statement in it / 没有对账单")
               : rc;
}

static int
st_bank(const struct bus_config *c, const char *code, struct bus_err *err)
{
    const struct bus_conf_partner *p =
        code != NULL ? bus_conf_partner(c, code) : NULL;
    return p != NULL && p->kind == BUS_PARTNER_BANK
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "no bank '%s' in partners.d / 没有这家银行",
                          code != NULL ? code : "");
}

int treasury_statement_take(const struct bus_config *c,
                            struct treasury_books *b,
                            const char *bank,
                            const char *path,
                            struct treasury_statement_taken *ret,
                            struct bus_err *err)
{
    struct st_taking t = {.c = c, .b = b, .bank = bank, .told = ret};
    struct treasury_file_row row = {.bank = bank, .kind = "", .message = ""};
    int rc;
    BUS_TRY(st_bank(c, bank, err));
    BUS_TRY(treasury_file_sum_text(b, path, &t.sum, err));
    row.sum = t.sum;
    BUS_TRY(treasury_file_known(b, &row, &ret->again, err));
    if (ret->again) {
        return BUS_OK;
    }
    BUS_TRY_GOTO(rc,
                 bus_policy_calendar_new(c->calendars, c->calendars_count,
                                         &t.calendar, err),
                 out);
    BUS_TRY_GOTO(rc, bus_wire_sm3er_new(&t.sm3, err), out);
    BUS_TRY_GOTO(rc, st_read(&t, path, err), out);
    row.kind = bus_bank_kind_words[ret->kind];
    row.message = t.message;
    row.entries = ret->entries;
    row.total_fen = ret->total_fen;
    rc = treasury_file_put(b, &row, err);
out:
    bus_wire_sm3er_free(t.sm3);
    bus_policy_calendar_free(t.calendar);
    return rc;
}
