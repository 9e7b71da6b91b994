/* Rehearsal on generated households: the present catalogue against itself turns
 * nothing; a standard that was changed turns only households whose facts it
 * reads; the sums are those of single evaluations. */
#include "bus/advice/rehearse.h"
#include "bus/advice/sample.h"
#include "bus/policy/disclose.h"
#include "bus/policy/source.h"
#include "tests/golden/county.h"
#include "tests/lib/cases.h"

#define CASES 10000
#define DAY   "2026-10-09"

/* The county's catalogue with one text of standards.yaml put for another. */
static struct bus_policy_catalogue *changed(const char *before,
                                            const char *after)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/bus-config/standards.yaml",
                   getenv("LIANOU_SOURCE"));
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    static char text[65536], other[65600];
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    char *at = strstr(text, before);
    assert_non_null(at);
    (void)snprintf(other, sizeof(other), "%.*s%s%s", (int)(at - text), text,
                   after, at + strlen(before));
    struct bus_policy_sources s = {
        .facts = k.config.facts_node,
        .standards = bus_conf_yaml_parse(&k.mem, "standards.yaml",
                                         bus_strv(other), &k.faults),
        .interactions = k.config.interactions_node,
        .items = k.config.policies,
        .item_count = k.config.policies_count,
    };
    struct bus_policy_catalogue *c = bus_policy_catalogue_new(&s, &k.faults);
    assert_non_null(c);
    return c;
}

struct pair
{
    struct bus_advice_sampler dice;
    struct bus_policy_household h;
    struct bus_policy_rehearsal *r;
    const char *fact, *word; /* who may turn */
    int number;
    size_t rows;
    int64_t sum[2][64]; /* by item, a year */
};

static const struct bus_policy_fact *
fact_of(const struct bus_policy_household *h, const char *name)
{
    int fact = bus_policy_fact_find(k.c, bus_strv(name));
    for (size_t i = 0; i < h->fact_count; i++) {
        if (h->facts[i].fact == fact && h->facts[i].member < 0) {
            return &h->facts[i];
        }
    }
    return NULL;
}

static int row(void *data,
               const struct bus_advice_verdict_change_of *t,
               struct bus_err *err)
{
    struct pair *p = data;
    (void)err;
    const struct bus_policy_fact *f = fact_of(&p->h, p->fact);
    if (f == NULL || !bus_strv_is(f->text, p->word)) {
        fail_msg("household %d turns %.*s without %s", p->number,
                 BUS_STRV_ARG(t->item), p->word);
    }
    assert_int_not_equal(t->turn, BUS_POLICY_TURN_SAME);
    p->rows++;
    return BUS_OK;
}

static void one(struct pair *p)
{
    static const char *const kinds[] = {"one", "two", "three"};
    static const char *const villages[] = {"v1", "v2", "v3", "v4", "v5"};
    char name[32];
    struct bus_err err;
    size_t people = 1 + bus_advice_sampler_upto(&p->dice, 3);
    static int all[64];
    for (int i = 0; i < 64; i++) {
        all[i] = i;
    }
    bus_arena_reset(&mem);
    assert_int_equal(bus_advice_sample_household(&p->dice, all, 64, people,
                                                 &mem, &p->h, NULL),
                     BUS_OK);
    (void)snprintf(name, sizeof(name), "%d", p->number);
    struct bus_advice_rehearsed who = {
        .household = bus_strv(name),
        .village = bus_strv(villages[bus_advice_sampler_upto(&p->dice, 5)]),
        .kind = bus_strv(kinds[people - 1]),
        .present = &p->h};
    if (bus_advice_rehearse(p->r, &who, row, p, &mem, &err) != BUS_OK) {
        fail_msg("%s", err.msg);
    }
}

/* The same worked out anew, item by item. */
static void singles(struct pair *p, const struct bus_policy_catalogue *c, int w)
{
    static const char *const periods[] = {"month", "quarter", "term"};
    static const int64_t times[] = {12, 4, 2};
    struct bus_policy_result r;
    struct bus_err err;
    assert_int_equal(bus_policy_evaluate(c, &p->h, rules_day(DAY),
                                         BUS_POLICY_REASONS, &mem, &r, &err),
                     BUS_OK);
    for (size_t i = 0; i < r.count; i++) {
        const struct bus_policy_verdict_of *v = &r.items[i];
        const struct bus_node *item = bus_policy_item_node(c, (size_t)v->item);
        const struct bus_node *of =
            bus_policy_version_node(c, (size_t)v->item, rules_day(DAY));
        const struct bus_node *schedule = bus_node_get(of, "schedule");
        schedule = schedule ? schedule : bus_node_get(item, "schedule");
        struct bus_strv period = bus_node_get(schedule, "period")->text;
        int64_t n = 1;
        for (int t = 0; t < 3; t++) {
            n = bus_strv_is(period, periods[t]) ? times[t] : n;
        }
        if (v->verdict == BUS_POLICY_ELIGIBLE && v->left_out_by.n == 0 &&
            v->has_amount) {
            p->sum[w][v->item] += v->amount_fen * n;
        }
    }
}

static void sums_agree(struct pair *p, size_t households)
{
    struct bus_advice_verdict_change_group *const *list;
    const struct bus_advice_verdict_change *all =
        bus_advice_rehearsal_all(p->r);
    size_t n;
    for (int by = 0; by < BUS_POLICY_BYS; by++) {
        int64_t before = 0, after = 0;
        size_t turns = 0;
        bus_advice_rehearsal_groups(p->r, (enum bus_advice_verdict_change_by)by,
                                    &list, &n);
        assert_true(n > 1);
        for (size_t i = 0; i < n; i++) {
            before += list[i]->sum.before_fen;
            after += list[i]->sum.after_fen;
            for (int t = 0; t < BUS_POLICY_TURNS; t++) {
                turns += list[i]->sum.turns[t];
            }
            assert_true(i == 0 ||
                        bus_strv_cmp(list[i - 1]->key, list[i]->key) < 0);
        }
        assert_int_equal(before, all->before_fen);
        assert_int_equal(after, all->after_fen);
        assert_int_equal(turns,
                         by == BUS_POLICY_BY_ITEM || by == BUS_POLICY_BY_FUND
                             ? households * 64
                             : households);
    }
    bus_advice_rehearsal_groups(p->r, BUS_POLICY_BY_ITEM, &list, &n);
    for (size_t i = 0; i < n; i++) {
        int item = bus_policy_item_find(k.c, list[i]->key);
        assert_int_equal(list[i]->sum.before_fen, p->sum[0][item]);
        assert_int_equal(list[i]->sum.after_fen, p->sum[1][item]);
    }
}

static void begin(struct pair *p, const struct bus_policy_catalogue *proposed)
{
    uint64_t seed = seed_of(371425001);
    memset(p, 0, sizeof(*p));
    print_message("seed %llu, %d households\n", (unsigned long long)seed,
                  cases(CASES));
    bus_advice_sampler_init(&p->dice, k.c, rules_day(DAY), seed);
    p->r = bus_advice_rehearsal_new(k.c, proposed, rules_day(DAY));
    assert_non_null(p->r);
}

static void against_itself_nothing_turns(void **state)
{
    (void)state;
    struct pair p;
    begin(&p, k.c);
    p.fact = "household.status";
    p.word = "nobody";
    for (p.number = 0; p.number < cases(CASES); p.number++) {
        one(&p);
    }
    const struct bus_advice_verdict_change *all = bus_advice_rehearsal_all(p.r);
    assert_int_equal(p.rows, 0);
    assert_int_equal(all->turns[BUS_POLICY_TURN_SAME], cases(CASES));
    assert_int_equal(all->before_fen, all->after_fen);
    assert_true(all->before_fen > 0);
    bus_advice_rehearsal_free(p.r);
}

static void a_standard_turns_whom_it_is_read_for(void **state)
{
    (void)state;
    struct pair p;
    struct bus_policy_catalogue *c =
        changed("in: {urban: 90000, rural: 70000}",
                "in: {urban: 120000, rural: 70000}");
    begin(&p, c);
    p.fact = "household.area";
    p.word = "urban";
    for (p.number = 0; p.number < cases(CASES); p.number++) {
        one(&p);
        singles(&p, k.c, 0);
        singles(&p, c, 1);
    }
    sums_agree(&p, (size_t)cases(CASES));
    const struct bus_advice_verdict_change *all = bus_advice_rehearsal_all(p.r);
    size_t turned = (size_t)cases(CASES) - all->turns[BUS_POLICY_TURN_SAME];
    print_message("%zu households turn, %zu items; %lld fen a year become "
                  "%lld\n",
                  turned, p.rows, (long long)all->before_fen,
                  (long long)all->after_fen);
    assert_true(turned > (size_t)cases(CASES) / 50 && p.rows >= turned);
    bus_advice_rehearsal_free(p.r);
    bus_policy_catalogue_free(c);
}

/* A standard of few items: no other item turns. */
static void and_only_its_items(void **state)
{
    (void)state;
    struct pair p;
    struct bus_policy_catalogue *c = changed("from: 2020-01-01, value: 96000}",
                                             "from: 2020-01-01, value: 99000}");
    struct bus_advice_verdict_change_group *const *list;
    size_t n, turned = 0;
    begin(&p, c);
    p.fact = "household.status";
    p.word = "tekun"; /* care_unable_fen is read for them alone */
    for (p.number = 0; p.number < cases(CASES) / 4; p.number++) {
        one(&p);
    }
    bus_advice_rehearsal_groups(p.r, BUS_POLICY_BY_ITEM, &list, &n);
    for (size_t i = 0; i < n; i++) {
        const struct bus_advice_verdict_change *t = &list[i]->sum;
        bool mine = bus_strv_is(list[i]->key, "MZ04");
        size_t all = t->turns[BUS_POLICY_TURN_MORE];
        assert_int_equal(t->turns[BUS_POLICY_TURN_SAME] + all, p.number);
        assert_true(mine || all == 0);
        turned += all;
        assert_true(all == 0 ||
                    list[i]->examples[BUS_POLICY_TURN_MORE][0].n > 0);
    }
    assert_int_equal(turned, p.rows);
    assert_true(turned > 0);
    bus_advice_rehearsal_free(p.r);
    bus_policy_catalogue_free(c);
}

/* A day of the proposed rules, not today, is the one to look at. */
static void the_first_day_they_differ(void **state)
{
    (void)state;
    static const struct
    {
        const char *after, *day;
    } figures[] = {
        {"from: 2020-01-01, value: 99000}", DAY}, /* in force already */
        {"from: 2020-01-01, value: 96000}\n    - {from: 2027-01-01, value: "
         "99000}",
         "2027-01-01"},
        {"from: 2020-01-01, value: 96000}\n    - {from: 2026-01-01, value: "
         "96000}\n    - {from: 2026-12-01, value: 97000}",
         "2026-12-01"}, /* the figure of before, said again: nothing */
        {"from: 2020-01-01, value: 96000}", DAY}}; /* never */
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        struct bus_policy_catalogue *c =
            changed("from: 2020-01-01, value: 96000}", figures[i].after);
        assert_int_equal(bus_advice_first_day(k.c, c, rules_day(DAY)),
                         rules_day(figures[i].day));
        assert_int_equal(bus_advice_first_day(c, k.c, rules_day(DAY)),
                         rules_day(figures[i].day));
        bus_policy_catalogue_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_itself_nothing_turns),
        cmocka_unit_test(a_standard_turns_whom_it_is_read_for),
        cmocka_unit_test(and_only_its_items),
        cmocka_unit_test(the_first_day_they_differ),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
