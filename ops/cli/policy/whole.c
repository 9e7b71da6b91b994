/* policy test FILE: every item that the households of a file expect something
 * of, with what items do to each other.
 *
 * - an expectation is a verdict (eligible, not eligible, undetermined; in
 *   Chinese too), `not chosen` for an eligible item that another one leaves
 *   out, and amount_fen: what the household is paid of it in the end
 * - one line a household and item; 1 if one is not as expected */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ops/cli/lianou.h"
#include "ops/cli/policy/household.h"
#include "ops/cli/policy/whole.h"

struct whole
{
    struct policy_tool t;
    struct cli_policy_households homes;
    size_t expected, wrong;
};

static const char *const words_en[] = {
    [BUS_POLICY_ELIGIBLE] = "eligible",
    [BUS_POLICY_NOT_ELIGIBLE] = "not eligible",
    [BUS_POLICY_UNDETERMINED] = "undetermined",
    [BUS_POLICY_FAILED] = "failed",
};
static const char *const words_zh[] = {
    [BUS_POLICY_ELIGIBLE] = "符合",
    [BUS_POLICY_NOT_ELIGIBLE] = "不符合",
    [BUS_POLICY_UNDETERMINED] = "待定",
    [BUS_POLICY_FAILED] = "规则出错",
};
static const char left_en[] = "not chosen", left_zh[] = "未选用";

static bool is_verdict(const struct bus_node *word,
                       const struct bus_policy_verdict_of *v)
{
    if (word == NULL || word->kind != BUS_NODE_SCALAR) {
        return word == NULL;
    }
    bool left =
        bus_strv_is(word->text, left_en) || bus_strv_is(word->text, left_zh);
    return left ? v->left_out_by.n > 0
                : bus_strv_is(word->text, words_en[v->verdict]) ||
                      bus_strv_is(word->text, words_zh[v->verdict]);
}

static bool is_amount(const struct bus_node *amount,
                      const struct bus_policy_verdict_of *v)
{
    int64_t fen = 0;
    return amount == NULL || (bus_node_to_i64(amount, &fen) && v->has_amount &&
                              v->amount_fen == fen);
}

static void print_expected(const struct cli_policy_household *home,
                           const char *code,
                           const struct bus_policy_verdict_of *v,
                           bool well)
{
    bool left = v->left_out_by.n > 0;
    (void)printf("%s %s %s: %s / %s", well ? "  " : "✗ ", home->zh, code,
                 left ? left_zh : words_zh[v->verdict],
                 left ? left_en : words_en[v->verdict]);
    if (left) {
        (void)printf(" (%.*s)", BUS_STRV_ARG(v->left_out_by));
    } else if (v->has_amount && v->verdict == BUS_POLICY_ELIGIBLE) {
        (void)printf(", %" PRId64 ".%02d 元", v->amount_fen / 100,
                     (int)(v->amount_fen % 100));
    }
    (void)printf("%s\n", well ? "" : "  — 与预期不符 / not as expected");
}

static const struct bus_policy_verdict_of *
verdict_of_item(const struct bus_policy_result *r, int item)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].item == item) {
            return &r->items[i];
        }
    }
    return NULL;
}

static int whole_home(struct whole *w,
                      const struct cli_policy_household *home,
                      struct bus_err *err)
{
    struct bus_policy_result r;
    const struct bus_node *e = home->expect;
    BUS_TRY(bus_policy_evaluate(w->t.catalogue, &home->h, w->homes.day,
                                BUS_POLICY_REASONS, &w->t.mem, &r, err));
    for (uint32_t i = 0; e != NULL && e->kind == BUS_NODE_MAP && i < e->count;
         i++) {
        const struct bus_node *want = e->pairs[i].value;
        const char *code = e->pairs[i].key->text.p;
        int item = bus_policy_item_find(w->t.catalogue, e->pairs[i].key->text);
        const struct bus_policy_verdict_of *v =
            item < 0 ? NULL : verdict_of_item(&r, item);
        bool map = want->kind == BUS_NODE_MAP;
        bool well = v != NULL &&
                    is_verdict(map ? bus_node_get(want, "verdict") : want, v) &&
                    is_amount(map ? bus_node_get(want, "amount_fen") : NULL, v);
        w->expected++;
        w->wrong += !well;
        if (v == NULL) {
            (void)printf("✗  %s %s: 当日无此事项 / no such item on that day\n",
                         home->zh, code);
        } else {
            print_expected(home, code, v, well);
        }
    }
    return BUS_OK;
}

static int whole_file(struct whole *w,
                      const char *folder,
                      const char *path,
                      bool dated,
                      struct bus_err *err)
{
    BUS_TRY(cli_policy_open(&w->t, folder, err));
    BUS_TRY(cli_policy_households_read(&w->t, path, &w->homes, err));
    w->homes.day = dated ? w->t.day : w->homes.day;
    for (size_t i = 0; i < w->homes.count; i++) {
        BUS_TRY(whole_home(w, &w->homes.list[i], err));
    }
    (void)printf("%zu 项预期, %zu 项不符 / %zu expected, %zu not as expected\n",
                 w->expected, w->wrong, w->expected, w->wrong);
    return BUS_OK;
}

int cli_policy_test_whole(const char *folder,
                          const char *path,
                          const int32_t *day)
{
    struct whole w = {.t = {.day = day ? *day : 0}};
    struct bus_err err = {0};
    int rc = whole_file(&w, folder, path, day != NULL, &err);
    cli_policy_close(&w.t);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
        return LIANOU_FAILED;
    }
    return w.wrong == 0 ? LIANOU_WELL : LIANOU_FAILED;
}
