/* The readable screen of a rehearsal. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/base/buf.h"
#include "bus/base/clock.h"
#include "ops/cli/policy/rehearse.h"

#define SHOWN_MAX 15 /* villages; the CSV has all */

static const char *const turn_zh[BUS_POLICY_TURNS] = {
    "不变", "新增", "失去", "增加", "减少", "转为待定", "不再待定", "互换"};
static const char *const turn_en[BUS_POLICY_TURNS] = {
    "same", "gain", "lose", "more", "less", "now open", "settled", "swap"};

static void rehearsed_put_yuan(struct bus_buf *b, int64_t fen, bool sign)
{
    int64_t abs = fen < 0 ? -fen : fen;
    bus_buf_printf(b, "%s%" PRId64 ".%02d",
                   fen < 0           ? "-"
                   : sign && fen > 0 ? "+"
                                     : "",
                   abs / 100, (int)(abs % 100));
}

static void put_money(struct bus_buf *b,
                      const struct bus_advice_verdict_change *t)
{
    rehearsed_put_yuan(b, t->before_fen, false);
    bus_buf_puts(b, " -> ");
    rehearsed_put_yuan(b, t->after_fen, false);
    bus_buf_puts(b, " (");
    rehearsed_put_yuan(b, t->after_fen - t->before_fen, true);
    bus_buf_puts(b, ")");
}

static size_t turned(const struct bus_advice_verdict_change *t)
{
    size_t n = 0;
    for (int i = BUS_POLICY_TURN_SAME + 1; i < BUS_POLICY_TURNS; i++) {
        n += t->turns[i];
    }
    return n;
}

static void put_turns(const struct rehearse *q,
                      struct bus_buf *b,
                      const struct bus_advice_verdict_change *t)
{
    for (int i = BUS_POLICY_TURN_SAME + 1; i < BUS_POLICY_TURNS; i++) {
        if (t->turns[i] > 0) {
            bus_buf_printf(b, "  %s%s%s %zu", q->zh ? turn_zh[i] : "",
                           q->zh && q->en ? "/" : "", q->en ? turn_en[i] : "",
                           t->turns[i]);
        }
    }
}

static void
rehearsed_title(const struct rehearse *q, const char *zh, const char *en)
{
    (void)printf("\n%s%s%s\n", q->zh ? zh : "", q->zh && q->en ? " / " : "",
                 q->en ? en : "");
}

static void rehearsed_print(struct bus_buf *b)
{
    (void)puts(bus_buf_cstr(b));
    bus_buf_clear(b);
}

static void rehearsed_put_key(const struct rehearse *q,
                              enum bus_advice_verdict_change_by by,
                              struct bus_strv key,
                              struct bus_buf *b)
{
    struct bus_policy_item it;
    const struct bus_village *v = NULL;
    bus_buf_printf(b, "  %.*s", BUS_STRV_ARG(key));
    if (key.n == 0) {
        bus_buf_puts(b, q->zh ? "(无)" : "(none)");
    }
    for (int i = 1; by == BUS_POLICY_BY_ITEM && i >= 0; i--) {
        const struct bus_policy_catalogue *c = q->rules[i].catalogue;
        int item = bus_policy_item_find(c, key);
        if (item >= 0 && bus_policy_item_at(c, (size_t)item, q->day, &it)) {
            bus_buf_printf(b, " %.*s",
                           BUS_STRV_ARG(q->zh ? it.title_zh : it.title_en));
            return;
        }
    }
    char code[16];
    const struct bus_fund *fund =
        by == BUS_POLICY_BY_FUND
            ? bus_conf_fund(&q->tool.config,
                            bus_strv_copy(code, sizeof(code), key))
            : NULL;
    if (fund != NULL) {
        bus_buf_printf(b, " %s", q->zh ? fund->name_zh : fund->name);
    }
    if (by == BUS_POLICY_BY_VILLAGE) {
        v = bus_conf_village(&q->tool.config, key);
        bus_buf_printf(b, " %s%s", v ? v->town : "", v ? v->name : "");
    }
}

static int by_money(const void *a, const void *b)
{
    const struct bus_advice_verdict_change_group *x =
        *(struct bus_advice_verdict_change_group *const *)a;
    const struct bus_advice_verdict_change_group *y =
        *(struct bus_advice_verdict_change_group *const *)b;
    int64_t p = llabs(x->sum.after_fen - x->sum.before_fen);
    int64_t q = llabs(y->sum.after_fen - y->sum.before_fen);
    return p != q ? (p < q) - (p > q) : bus_strv_cmp(x->key, y->key);
}

/* The groups that turn; funds also when they do not, for their cost. */
static void rehearsed_groups(struct rehearse *q,
                             enum bus_advice_verdict_change_by by)
{
    struct bus_advice_verdict_change_group *const *list;
    struct bus_buf b = {0};
    size_t n, shown = 0, more = 0;
    bus_advice_rehearsal_groups(q->r, by, &list, &n);
    struct bus_advice_verdict_change_group **mine =
        bus_arena_dup(&q->mem, list, n * sizeof(*mine));
    if (mine == NULL) {
        return;
    }
    if (by == BUS_POLICY_BY_VILLAGE) {
        qsort(mine, n, sizeof(*mine), by_money);
    }
    for (size_t i = 0; i < n; i++) {
        const struct bus_advice_verdict_change *t = &mine[i]->sum;
        if (turned(t) == 0 && by != BUS_POLICY_BY_FUND) {
            continue;
        }
        if (by == BUS_POLICY_BY_VILLAGE && shown == SHOWN_MAX) {
            more++;
            continue;
        }
        rehearsed_put_key(q, by, mine[i]->key, &b);
        put_turns(q, &b, t);
        bus_buf_puts(&b, "  ");
        put_money(&b, t);
        rehearsed_print(&b);
        shown++;
    }
    if (shown == 0) {
        (void)puts(q->zh ? "  无变化" : "  none turns");
    }
    if (more > 0) {
        (void)printf(q->zh ? "  另有 %zu 个,见 CSV\n"
                           : "  %zu more, see the CSV\n",
                     more);
    }
    bus_buf_fini(&b);
}

/* A few households of each item and turn. */
static void examples(struct rehearse *q)
{
    struct bus_advice_verdict_change_group *const *list;
    struct bus_buf b = {0};
    const char *item = NULL;
    size_t n;
    bus_advice_rehearsal_groups(q->r, BUS_POLICY_BY_ITEM, &list, &n);
    for (size_t i = 0; i < n; i++) {
        for (int t = 1; t < BUS_POLICY_TURNS; t++) {
            if (list[i]->examples[t][0].p == NULL) {
                continue;
            }
            item = item ? item : list[i]->key.p;
            bus_buf_printf(&b, "  %.*s %s:", BUS_STRV_ARG(list[i]->key),
                           q->zh ? turn_zh[t] : turn_en[t]);
            for (int e = 0; e < BUS_POLICY_EXAMPLES; e++) {
                if (list[i]->examples[t][e].p != NULL) {
                    bus_buf_printf(&b, " %.*s",
                                   BUS_STRV_ARG(list[i]->examples[t][e]));
                }
            }
            rehearsed_print(&b);
        }
    }
    bus_buf_fini(&b);
    char day[BUS_DATE_TEXT + 1];
    if (item != NULL && q->on == REHEARSE_GENERATED) {
        (void)printf("  %s lianou generate households N+1 --seed %llu --date "
                     "%s | tail -1 >h.json; lianou policy explain %s h.json "
                     "[--config %s]\n",
                     q->zh ? "查看第 N 户:" : "to open household N:",
                     (unsigned long long)q->seed, bus_date_text(q->day, day),
                     item, q->with);
    }
}

void cli_rehearse_show(struct rehearse *q)
{
    const struct bus_advice_verdict_change *all =
        bus_advice_rehearsal_all(q->r);
    struct bus_buf b = {0};
    char day[BUS_DATE_TEXT + 1];
    size_t n = turned(all);
    rehearsed_title(q, "推演:现行与拟行", "rehearsal: present and proposed");
    (void)printf(
        "  %s %s\n  %s %s\n  %s%s, %zu %s\n",
        bus_policy_catalogue_version(q->rules[0].catalogue),
        q->tool.config.folder,
        bus_policy_catalogue_version(q->rules[1].catalogue), q->with,
        bus_date_text(q->day, day),
        q->dated || q->day == bus_china_day(bus_clock_system.wall_ms(NULL)) ? ""
        : q->zh ? "(拟行规则首个生效日)"
                : " (the first day of what is proposed)",
        n + all->turns[BUS_POLICY_TURN_SAME], q->zh ? "户" : "households");
    rehearsed_title(q, "变化的家庭", "households that turn");
    bus_buf_printf(&b, "  %zu:", n);
    put_turns(q, &b, all);
    rehearsed_print(&b);
    rehearsed_title(q, "年支出(元)", "yuan a year");
    bus_buf_puts(&b, "  ");
    put_money(&b, all);
    rehearsed_print(&b);
    bus_buf_fini(&b);
    rehearsed_title(q, "按事项", "by item");
    rehearsed_groups(q, BUS_POLICY_BY_ITEM);
    rehearsed_title(q, "按资金", "by fund");
    rehearsed_groups(q, BUS_POLICY_BY_FUND);
    rehearsed_title(q, "按村(居)", "by village");
    rehearsed_groups(q, BUS_POLICY_BY_VILLAGE);
    rehearsed_title(q, "按家庭类型", "by kind of household");
    rehearsed_groups(q, BUS_POLICY_BY_KIND);
    rehearsed_title(q, "例", "examples");
    examples(q);
}
