/* What a month's sheets are made of. */
#include <string.h>

#include "bus/base/clock.h"
#include "bus/conf/yaml.h"
#include "bus/ledger/sql/life_refresh.h"
#include "bus/ledger/sql/sheet_rows.h"
#include "ops/cli/lianou.h"
#include "ops/cli/sheets/sheets.h"

int cli_sheets_read(struct asked_sheets *a,
                    struct sheets_rows *ret,
                    struct bus_err *err)
{
    char from[BUS_DATE_TEXT + 1], to[BUS_DATE_TEXT + 1];
    const char *params[] = {bus_date_text(a->from, from),
                            bus_date_text(a->to, to)};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(
        bus_pg_query(a->t.pg, bus_ledger_sql_life_refresh, NULL, 0, NULL, err));
    BUS_TRY(
        bus_pg_query(a->t.pg, bus_ledger_sql_sheet_rows, params, 2, &r, err));
    size_t n = bus_pg_count(r);
    struct sheets_row *v = bus_arena_calloc(&a->t.mem, n + 1, sizeof(*v));
    if (v == NULL) {
        bus_pg_rows_free(r);
        return bus_fail(err, BUS_ENOMEM, "rows of sheets");
    }
    for (size_t i = 0; i < n; i++) {
        v[i] = (struct sheets_row){.division = bus_pg_value(r, i, 0),
                                   .fund = bus_pg_value(r, i, 1),
                                   .item = bus_pg_value(r, i, 2),
                                   .household = bus_pg_value(r, i, 3),
                                   .people = bus_pg_i64(r, i, 4),
                                   .paid_fen = bus_pg_i64(r, i, 5),
                                   .back_fen = bus_pg_i64(r, i, 6)};
    }
    *ret = (struct sheets_rows){r, v, n};
    return BUS_OK;
}

/* Every code is an item of the department. */
static int check_disclosed(const struct sheets_rules *r,
                           const struct bus_node *list,
                           struct bus_err *err)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct bus_policy_item item;
        const char *code = bus_node_cstr(list->items[i]);
        int at = bus_policy_item_find(r->catalogue, bus_strv(code));
        if (at < 0 ||
            (bus_policy_item_at(r->catalogue, (size_t)at, r->day, &item) &&
             !bus_strv_eq(item.department, r->department))) {
            return bus_fail(err, BUS_ECONFIG,
                            "disclosure.yaml:%u: '%.20s' is no item of %.*s",
                            list->items[i]->at.line, code,
                            BUS_STRV_ARG(r->department));
        }
    }
    return BUS_OK;
}

/* A fund that an item of the department is paid from, once. */
static void rules_fund(struct sheets_rules *r, const struct bus_fund *fund)
{
    for (size_t i = 0; i < bus_policy_item_count(r->catalogue); i++) {
        struct bus_policy_item item;
        if (bus_policy_item_at(r->catalogue, i, r->day, &item) &&
            bus_strv_eq(item.department, r->department) &&
            bus_strv_is(item.fund, fund->code) &&
            r->fund_count < SHEETS_FUNDS_MAX) {
            r->funds[r->fund_count++] = fund;
            return;
        }
    }
}

int cli_sheets_rules(struct asked_sheets *a,
                     const struct bus_policy_catalogue *catalogue,
                     struct sheets_rules *ret,
                     struct bus_err *err)
{
    struct bus_faults faults;
    const struct bus_config *c = &a->t.config;
    bus_faults_init(&faults, &a->t.mem);
    const char *path =
        bus_arena_printf(&a->t.mem, "%s/disclosure.yaml", c->folder);
    const struct bus_node *n =
        path != NULL ? bus_conf_yaml_read(&a->t.mem, path, &faults) : NULL;
    if (n == NULL) {
        return bus_fail(err, BUS_ECONFIG,
                        "disclosure.yaml is not there, or no YAML / "
                        "缺少公示规则");
    }
    *ret = (struct sheets_rules){
        .config = c,
        .catalogue = catalogue,
        .month = a->month,
        .day = a->to - 1,
        .rows = bus_node_get(n, "rows"),
        .sums = bus_node_get(n, "sums"),
        .department = bus_strv(bus_node_cstr(bus_node_get(n, "department")))};
    if (!bus_node_to_i64(bus_node_get(n, "least"), &ret->least) ||
        ret->least < 1 || ret->department.n == 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "disclosure.yaml: department and least (1 or more)");
    }
    for (size_t i = 0; i < c->funds_count; i++) {
        rules_fund(ret, &c->funds[i]);
    }
    BUS_TRY(check_disclosed(ret, ret->rows, err));
    return check_disclosed(ret, ret->sums, err);
}

int cli_sheets_boards(struct asked_sheets *a,
                      struct sheets_board **ret,
                      size_t *ret_n,
                      struct bus_err *err)
{
    const struct bus_config *c = &a->t.config;
    size_t n = 0;
    const char *town = "";
    struct sheets_board *v =
        bus_arena_calloc(&a->t.mem, 2 * c->villages_count + 1, sizeof(*v));
    if (v == NULL) {
        return bus_fail(err, BUS_ENOMEM, "boards");
    }
    for (size_t i = 0; i < c->villages_count; i++) {
        const struct bus_village *w = &c->villages[i];
        const char *name =
            bus_arena_printf(&a->t.mem, "%s%s", w->town, w->name);
        v[n++] = (struct sheets_board){w->code, name ? name : w->name};
    }
    for (size_t i = 0; i < c->villages_count; i++) { /* by code */
        if (strcmp(c->villages[i].town_code, town) != 0) {
            town = c->villages[i].town_code;
            v[n++] = (struct sheets_board){town, c->villages[i].town};
        }
    }
    v[n++] = (struct sheets_board){c->county.code, "全县"};
    *ret = v;
    *ret_n = n;
    return BUS_OK;
}
