/* The county on one page, for who leads it: counts, and where each leads to.
 * For anybody else it is not there. */
#include <stdio.h>

#include "bus/base/clock.h"
#include "bus/ledger/county.h"
#include "bus/web/readlog.h"
#include "bus/workbook/csv_write.h"
#include "producers/desk/bars.h"
#include "producers/desk/csv.h"

struct leading
{
    struct desk_visit *v;
    bool csv;
    int32_t day;
    struct bus_ledger_county county;
};

static int county_run(struct bus_pg *pg, void *data, struct bus_err *err)
{
    struct leading *l = data;
    BUS_TRY(bus_ledger_county(pg, l->day, l->v->mem, &l->county, err));
    struct bus_web_read read = {.who = l->v->caller.name,
                                .via =
                                    l->csv ? "GET /county.csv" : "GET /county",
                                .purpose = "the county today",
                                .record = l->v->desk->config->county.code,
                                .fields = "counts"};
    return bus_web_read_note(pg, &read, err);
}

typedef const char *(*county_name)(const struct desk_visit *v,
                                   const char *code);

static const struct desk_office_row *
county_page_offices(const struct desk_visit *v,
                    const struct bus_ledger_office *list,
                    size_t n,
                    county_name name,
                    size_t *ret)
{
    struct desk_office_row *rows =
        bus_arena_calloc(v->mem, n + 1, sizeof(*rows));
    *ret = 0;
    for (size_t i = 0; rows != NULL && i < n; i++) {
        rows[(*ret)++] = (struct desk_office_row){
            list[i].code, list[i].code[0] != '\0' ? name(v, list[i].code) : "-",
            list[i].waiting, list[i].late, list[i].stuck};
    }
    return rows;
}

/* --- as a file --- */

static void county_csv_rows(const struct desk_visit *v,
                            struct bus_buf *out,
                            const char *kind,
                            const struct desk_office_row *rows,
                            size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct desk_office_row *r = &rows[i];
        const char *fields[] = {kind, r->name,
                                desk_printf(v, "%lld", (long long)r->waiting),
                                desk_printf(v, "%lld", (long long)r->late),
                                desk_printf(v, "%lld", (long long)r->stuck)};
        bus_workbook_csv_row(out, fields, sizeof(fields) / sizeof(fields[0]));
    }
}

static void county_csv(const struct desk_visit *v,
                       const struct desk_county *page)
{
    const char *heads[] = {
        "", page->day, desk_word_of(v, DESK_WORD_COUNTY_WAITING),
        desk_word_of(v, DESK_WORD_OVERDUE), desk_word_of(v, DESK_WORD_STUCK)};
    struct bus_buf out;
    bus_buf_init(&out, DESK_PAGE_MAX);
    bus_workbook_csv_begin(&out);
    bus_workbook_csv_row(&out, heads, sizeof(heads) / sizeof(heads[0]));
    county_csv_rows(v, &out, desk_word_of(v, DESK_WORD_DEPARTMENT),
                    page->departments, page->departments_count);
    county_csv_rows(v, &out, desk_word_of(v, DESK_WORD_TOWN), page->towns,
                    page->towns_count);
    desk_csv_answer(v->rq, &out, "county.csv");
    bus_buf_fini(&out);
}

/* --- as a page --- */

static void county_page_owners(const struct leading *l,
                               struct desk_county *page)
{
    const struct bus_ledger_county *c = &l->county;
    struct desk_owner_row *rows =
        bus_arena_calloc(l->v->mem, c->owners_count + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < c->owners_count; i++) {
        rows[page->owners_count++] =
            (struct desk_owner_row){desk_partner_name(l->v, c->owners[i].code),
                                    c->owners[i].since, c->owners[i].letters};
    }
    page->owners = rows;
}

static void county_page_funds(const struct leading *l, struct desk_county *page)
{
    const struct bus_ledger_county *c = &l->county;
    struct desk_fund_row *rows =
        bus_arena_calloc(l->v->mem, c->funds_count + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < c->funds_count; i++) {
        const struct bus_ledger_fund *f = &c->funds[i];
        rows[page->funds.rows_count++] =
            (struct desk_fund_row){desk_fund_name(l->v, f->code),
                                   f->blocked_by,
                                   f->budget_fen,
                                   f->free_fen,
                                   f->committed_fen,
                                   f->paid_fen,
                                   f->returned_fen,
                                   f->disputes,
                                   f->differences};
    }
    page->funds.rows = rows;
}

static void county_page_sheets(const struct leading *l,
                               struct desk_county *page)
{
    const struct bus_ledger_county *c = &l->county;
    struct desk_sheet_row *rows =
        bus_arena_calloc(l->v->mem, c->sheets_count + 1, sizeof(*rows));
    for (size_t i = 0; rows != NULL && i < c->sheets_count; i++) {
        rows[page->sheets_count++] = (struct desk_sheet_row){
            c->sheets[i].month, c->sheets[i].boards, c->sheets[i].unposted};
    }
    page->sheets = rows;
}

static void county_done(void *data, int rc, const struct bus_err *err)
{
    const struct leading *l = data;
    const struct desk_visit *v = l->v;
    const struct bus_ledger_county *c = &l->county;
    char day[BUS_DATE_TEXT + 1];
    struct desk_county page = {
        .head = desk_head_of(v, DESK_WORD_COUNTY_TODAY, DESK_AT_COUNTY),
        .day = bus_date_text(l->day, day),
        .came = c->came,
        .ended = c->ended,
        .open = c->open,
        .waiting = c->waiting,
        .late = c->late,
        .stuck = c->stuck,
        .untold = c->untold,
        .stuck_days = BUS_LEDGER_STUCK_DAYS};
    struct bus_buf out;
    (void)err;
    if (rc != BUS_OK) {
        desk_away(v);
        return;
    }
    page.departments =
        county_page_offices(v, c->departments, c->departments_count,
                            desk_partner_name, &page.departments_count);
    page.towns = county_page_offices(v, c->towns, c->towns_count,
                                     desk_town_name, &page.towns_count);
    if (l->csv) {
        county_csv(v, &page);
        return;
    }
    county_page_owners(l, &page);
    county_page_funds(l, &page);
    county_page_sheets(l, &page);
    page.bars = desk_bars(v, page.towns, page.towns_count);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_county(&p, &page);
    desk_page_end(v, 200, &p);
}

static void county_page_ask(struct desk_visit *v, bool csv)
{
    struct leading *l = bus_arena_calloc(v->mem, 1, sizeof(*l));
    struct bus_web_job job = {county_run, county_done, l};
    if (!v->leads) {
        desk_not_there(v);
        return;
    }
    if (l != NULL) {
        *l = (struct leading){.v = v, .csv = csv, .day = desk_today()};
    }
    if (l == NULL || bus_web_pool_put(v->desk->pool, &job, NULL) != BUS_OK) {
        desk_away(v);
    }
}

void desk_county(struct desk_visit *v)
{
    county_page_ask(v, false);
}

void desk_county_csv(struct desk_visit *v)
{
    county_page_ask(v, true);
}
