/* A fund held against what its bank says, and what people do about what
 * differs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "consumers/treasury/sql/difference_agree.h"
#include "consumers/treasury/sql/difference_find.h"
#include "consumers/treasury/sql/difference_put.h"
#include "consumers/treasury/sql/differences.h"
#include "consumers/treasury/sql/file_look.h"
#include "consumers/treasury/sql/fund_gap.h"
#include "consumers/treasury/sql/fund_state.h"
#include "consumers/treasury/sql/statement_match.h"
#include "consumers/treasury/statements.h"

#define NAMED   2 /* in an error; the rest is counted */
#define BANK    "bank"
#define AT_BANK "NOT_AT_BANK"

int treasury_statement_match(struct treasury_books *b,
                             const char *fund,
                             struct bus_err *err)
{
    BUS_CHECK(fund != NULL && fund[0] != '\0');
    return treasury_books_ask(b, consumers_treasury_sql_statement_match,
                              TREASURY_PARAMS(fund), NULL, err);
}

static void
agrees_name(const struct bus_pg_rows *r, size_t i, char *to, size_t room)
{
    int64_t fen = bus_pg_i64(r, i, 3);
    uint64_t n = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    size_t at = strlen(to);
    (void)snprintf(to + at, room - at, "%s%s %s %s%" PRIu64 ".%02u",
                   i > 0 ? "; " : "", bus_pg_value(r, i, 0),
                   bus_pg_value(r, i, 4), fen < 0 ? "-" : "", n / 100,
                   (unsigned)(n % 100));
}

static int
agrees_gap(struct treasury_books *b, const char *fund, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    char file[24], why[120];
    BUS_CHECK(fund != NULL);
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_gap,
                               TREASURY_PARAMS(fund), &r, err));
    bool gap = bus_pg_count(r) > 0;
    (void)snprintf(file, sizeof(file), "%s", gap ? bus_pg_value(r, 0, 0) : "");
    (void)snprintf(why, sizeof(why), "%.100s",
                   gap ? bus_pg_value(r, 0, 1) : "");
    bus_pg_rows_free(r);
    return gap ? bus_fail(err, BUS_ESTATE,
                          "a statement of fund %s waits behind a gap, %s: %s "
                          "(treasury files) / 对账单不连续, 请先补收",
                          fund, file, why)
               : BUS_OK;
}

int treasury_fund_agrees(struct treasury_books *b,
                         const char *fund,
                         struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    char names[160] = "";
    BUS_TRY(agrees_gap(b, fund, err));
    BUS_TRY(treasury_statement_match(b, fund, err));
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_differences,
        TREASURY_PARAMS(fund, NULL, treasury_books_number(b, NAMED)), &r, err));
    int64_t all = bus_pg_count(r) > 0 ? bus_pg_i64(r, 0, 8) : 0;
    for (size_t i = 0; i < bus_pg_count(r); i++) {
        agrees_name(r, i, names, sizeof(names));
    }
    bus_pg_rows_free(r);
    BUS_CHECK(all >= 0);
    return all == 0 ? BUS_OK
                    : bus_fail(err, BUS_ESTATE,
                               "fund %s differs from its bank in %" PRId64
                               ": %s (treasury differences) / "
                               "与对账单不符, 请先核实",
                               fund, all, names);
}

/* --- what a difference is --- */

struct diff_open
{
    const char *fund, *day, *reason, *line;
    int64_t fen;
};

static int diff_read(struct treasury_books *b,
                     const char *name,
                     struct diff_open *ret,
                     struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_differences,
                               TREASURY_PARAMS(NULL, name, "1"), &r, err));
    bool there = bus_pg_count(r) > 0;
    if (there) {
        *ret = (struct diff_open){
            .fund = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 1))),
            .day = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 2))),
            .reason = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 4))),
            .line =
                bus_pg_value(r, 0, 5)[0] != '\0'
                    ? treasury_books_text(b, bus_strv(bus_pg_value(r, 0, 5)))
                    : NULL,
            .fen = bus_pg_i64(r, 0, 3)};
    }
    bus_pg_rows_free(r);
    BUS_CHECK(!there || ret->fen != 0);
    return there ? BUS_OK
                 : bus_fail(err, BUS_EUNKNOWN,
                            "no difference %s that is open (lianou treasury "
                            "differences) / 没有此项未决差异",
                            name);
}

int treasury_difference_fen(struct treasury_books *b,
                            const char *name,
                            int64_t *ret_fen,
                            struct bus_err *err)
{
    struct diff_open d;
    BUS_TRY(diff_read(b, name, &d, err));
    *ret_fen = d.fen < 0 ? -d.fen : d.fen;
    BUS_CHECK(*ret_fen > 0);
    return BUS_OK;
}

/* "" if it can be that. */
static const char *diff_fault(const struct diff_open *d, const char *kind)
{
    bool theirs = strcmp(d->reason, AT_BANK) != 0;
    bool accepted = strcmp(kind, "accepted") == 0;
    bool fee = strcmp(kind, "fee") == 0;
    bool interest = strcmp(kind, "interest") == 0;
    BUS_CHECK(kind[0] != '\0');
    return !fee && !interest && !accepted && strcmp(kind, "other") != 0
               ? "it is fee, interest, other or accepted / 类别有误"
           : theirs == accepted
               ? "what the bank has is booked, what it has not is accepted / "
                 "银行有而账上无的须入账, 账上有而银行无的只能认可"
           : fee && d->fen > 0 ? "a fee takes money / 手续费应为支出"
           : interest && d->fen < 0 ? "interest brings money / 利息应为收入"
                                    : "";
}

static int diff_act(struct treasury_books *b,
                    const char *act,
                    const char *name,
                    const struct diff_open *d,
                    const char *kind,
                    const char *why,
                    struct bus_err *err)
{
    const char *note = bus_arena_printf(b->mem, "%s %s: %s", name, kind, why);
    b->no_memory |= note == NULL;
    BUS_CHECK(kind != NULL && why != NULL);
    return treasury_books_act(b,
                              &(struct treasury_act){.act = act,
                                                     .fund = d->fund,
                                                     .line = d->line,
                                                     .amount_fen = d->fen,
                                                     .note = note},
                              err);
}

int treasury_difference_look(struct treasury_books *b,
                             const struct treasury_difference *d,
                             struct bus_err *err)
{
    struct diff_open open;
    BUS_TRY(diff_read(b, d->name, &open, err));
    const char *fault = diff_fault(&open, d->kind);
    if (fault[0] != '\0') {
        return bus_fail(err, BUS_EUSAGE, "%s: %s", d->name, fault);
    }
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_difference_put,
        TREASURY_PARAMS(d->name, open.fund, d->kind, d->why, b->who), NULL,
        err));
    return diff_act(b, "look at", d->name, &open, d->kind, d->why, err);
}

/* Fees go out of what is free, interest comes to it, on the bank's day. */
static int diff_book(struct treasury_books *b,
                     const char *name,
                     const struct diff_open *d,
                     const char *kind,
                     struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    int32_t today = b->day;
    bool out = d->fen < 0;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_fund_state,
                               TREASURY_PARAMS(d->fund), &r, err));
    int64_t free_fen = bus_pg_count(r) > 0 ? bus_pg_i64(r, 0, 1) : 0;
    bus_pg_rows_free(r);
    if (out && free_fen + d->fen < 0) {
        return bus_fail(err, BUS_ESTATE,
                        "fund %s has %" PRId64
                        ".%02d yuan free, less than that / 可用余额不足",
                        d->fund, free_fen / 100, (int)(free_fen % 100));
    }
    if (!bus_date_parse(bus_strv(d->day), &b->day)) {
        return bus_fail(err, BUS_EBUG, "a day of the tables");
    }
    int rc = treasury_books_move(
        b,
        &(struct treasury_move){.kind = kind,
                                .about = name,
                                .fund = d->fund,
                                .from = out ? "free" : BANK,
                                .to = out ? BANK : "free",
                                .amount_fen = out ? -d->fen : d->fen},
        err);
    b->day = today;
    return rc;
}

int treasury_difference_agree(struct treasury_books *b,
                              const char *name,
                              struct bus_err *err)
{
    struct diff_open d;
    struct bus_pg_rows *r = NULL;
    BUS_TRY(diff_read(b, name, &d, err));
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_difference_find,
                               TREASURY_PARAMS(name), &r, err));
    bool said = bus_pg_count(r) > 0;
    const char *texts[3] = {"", "", ""}; /* kind, why, who */
    for (size_t i = 0; said && i < 3; i++) {
        texts[i] = treasury_books_text(b, bus_strv(bus_pg_value(r, 0, i)));
    }
    bus_pg_rows_free(r);
    if (!said) {
        return bus_fail(err, BUS_ESTATE,
                        "nobody has said yet what %s is (lianou treasury look) "
                        "/ 尚无人核实此项差异",
                        name);
    }
    if (strcmp(texts[2], b->who) == 0) {
        return bus_fail(err, BUS_EDENIED,
                        "%s has said what it is: another has to agree / "
                        "须由另一人复核",
                        b->who);
    }
    if (strcmp(texts[0], "accepted") != 0) {
        BUS_TRY(diff_book(b, name, &d, texts[0], err));
    }
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_difference_agree,
                               TREASURY_PARAMS(name, b->who, texts[0]), NULL,
                               err));
    return diff_act(b, "agree", name, &d, texts[0], texts[1], err);
}

int treasury_file_looked(struct treasury_books *b,
                         const char *file,
                         const char *why,
                         struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(b, consumers_treasury_sql_file_look,
                               TREASURY_PARAMS(file, b->who, why), &r, err));
    bool there = bus_pg_count(r) > 0;
    bus_pg_rows_free(r);
    const char *note = bus_arena_printf(b->mem, "%s: %s", file, why);
    b->no_memory |= note == NULL;
    BUS_CHECK(file[0] != '\0');
    return there ? treasury_books_act(
                       b, &(struct treasury_act){.act = "looked", .note = note},
                       err)
                 : bus_fail(err, BUS_EUNKNOWN,
                            "no file %s that waits (lianou treasury files) / "
                            "没有待处理的此文件",
                            file);
}
