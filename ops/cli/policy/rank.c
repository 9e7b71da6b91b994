/* policy rank FILE: the households of a file by how poor they are (S76).
 *
 * - the index of each, from 0 to 100, as a range while facts are missing, with
 *   its parts; the poorest first, equal ones share a rank
 * - then the group: headcount, intensity and M0 (Alkire-Foster) over the
 *   index's parts, and the poverty gap against the dibao line (FGT)
 * - it proposes an order of visits (S78) and decides nothing */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/policy/poverty.h"
#include "bus/policy/source.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/household.h"

#define MILLION INT64_C(1000000)

struct ranking
{
    struct policy_tool t;
    struct cli_policy_households homes;
    struct bus_policy_index *index;
    struct bus_policy_ranked *list;
};

static void print_range(int64_t low, int64_t high)
{
    (void)printf("%3" PRId64 ".%03" PRId64, low / MILLION,
                 low % MILLION / 1000);
    if (low != high) {
        (void)printf(" - %" PRId64 ".%03" PRId64, high / MILLION,
                     high % MILLION / 1000);
    }
}

static int index_all(struct ranking *r, struct bus_err *err)
{
    size_t n = r->homes.count;
    r->index = bus_arena_calloc(&r->t.mem, n + 1, sizeof(*r->index));
    r->list = bus_arena_calloc(&r->t.mem, n + 1, sizeof(*r->list));
    if (r->index == NULL || r->list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "no room for the ranking");
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(bus_policy_index(r->t.catalogue, &r->homes.list[i].h,
                                 r->homes.day, &r->t.mem, &r->index[i], err));
        r->list[i] = (struct bus_policy_ranked){
            .low = r->index[i].low, .high = r->index[i].high, .who = i};
    }
    bus_policy_rank(r->list, n);
    return BUS_OK;
}

static void print_ranking(const struct ranking *r)
{
    (void)printf("%s\n", BUS_POLICY_INDEX_VERSION);
    for (size_t i = 0; i < r->homes.count; i++) {
        const struct bus_policy_ranked *x = &r->list[i];
        const struct bus_policy_index *index = &r->index[x->who];
        (void)printf("%3zu  ", x->rank);
        print_range(x->low, x->high);
        (void)printf("  %s / %s\n     ", r->homes.list[x->who].zh,
                     r->homes.list[x->who].en);
        for (int p = 0; p < BUS_POLICY_INDEX_PARTS; p++) {
            char text[32];
            (void)printf("%s%s %s", p > 0 ? ", " : "", bus_policy_index_zh[p],
                         bus_policy_ratio_text(index->parts[p].low, 2, text,
                                               sizeof(text)));
        }
        (void)printf("\n");
    }
}

/* Deprived in a part of the index: it is above zero for what is known. */
static int print_group(struct ranking *r, struct bus_err *err)
{
    size_t n = r->homes.count, d = BUS_POLICY_INDEX_PARTS;
    int64_t *values = bus_arena_calloc(&r->t.mem, n * d, sizeof(*values));
    int64_t cutoffs[BUS_POLICY_INDEX_PARTS];
    struct bus_policy_ratio weights[BUS_POLICY_INDEX_PARTS];
    struct bus_policy_alkire_foster af;
    char h[32], a[32], m[32];
    if (values == NULL) {
        return bus_fail(err, BUS_ENOMEM, "no room for the group");
    }
    for (size_t p = 0; p < d; p++) {
        cutoffs[p] = 1;
        weights[p] = bus_policy_ratio(bus_policy_index_weights[p], 100);
        for (size_t i = 0; i < n; i++) {
            values[i * d + p] = r->index[i].parts[p].low.n > 0 ? 0 : 1;
        }
    }
    struct bus_policy_deprivations in = {.rows = n,
                                         .dimensions = d,
                                         .values = values,
                                         .cutoffs = cutoffs,
                                         .weights = weights,
                                         .k = bus_policy_ratio(1, 3)};
    BUS_TRY(bus_policy_alkire_foster(&in, &af, err));
    (void)printf("多维贫困 (k = 1/3) / multidimensional: H %s, A %s, M0 %s\n",
                 bus_policy_ratio_text(af.H, 3, h, sizeof(h)),
                 bus_policy_ratio_text(af.A, 3, a, sizeof(a)),
                 bus_policy_ratio_text(af.M0, 3, m, sizeof(m)));
    return BUS_OK;
}

/* What a fact or the dibao line is for a household; false: not known. */
static bool take_whole(struct bus_strv text, int64_t *ret)
{
    const char *dot = text.n > 0 ? memchr(text.p, '.', text.n) : NULL;
    text.n = dot ? (size_t)(dot - text.p) : text.n;
    return bus_strv_to_i64(text, ret);
}

static int print_gap(struct ranking *r, struct bus_err *err)
{
    size_t n = 0;
    int64_t line = 0;
    int64_t *gap =
        bus_arena_calloc(&r->t.mem, r->homes.count + 1, sizeof(*gap));
    int income = bus_policy_fact_find(
        r->t.catalogue, BUS_STRV("household.income_per_head_fen"));
    int dibao = bus_policy_standard_find(r->t.catalogue, BUS_STRV("dibao_fen"));
    if (gap == NULL || income < 0 || dibao < 0) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "the catalogue has no income a head or dibao line");
    }
    for (size_t i = 0; i < r->homes.count; i++) {
        struct bus_strv y, z;
        int64_t per_head = 0;
        struct bus_policy_missing which = {income, -1};
        BUS_TRY(bus_policy_fact_text(r->t.catalogue, &r->homes.list[i].h,
                                     r->homes.day, which, &r->t.mem, &y, err));
        BUS_TRY(bus_policy_standard_text(r->t.catalogue, &r->homes.list[i].h,
                                         r->homes.day, dibao, &r->t.mem, &z,
                                         err));
        /* Against one line: of each its own, in thousandths of it. */
        if (take_whole(y, &per_head) && take_whole(z, &line) && line > 0) {
            gap[n++] = per_head * 1000 / line;
        }
    }
    if (n > 0) {
        char p0[32], p1[32], p2[32];
        struct bus_policy_ratio p[3] = {bus_policy_fgt(gap, n, 1000, 0),
                                        bus_policy_fgt(gap, n, 1000, 1),
                                        bus_policy_fgt(gap, n, 1000, 2)};
        (void)printf("低保线下 / below the dibao line, %zu 户: P0 %s, P1 %s, "
                     "P2 %s\n",
                     n, bus_policy_ratio_text(p[0], 3, p0, sizeof(p0)),
                     bus_policy_ratio_text(p[1], 3, p1, sizeof(p1)),
                     bus_policy_ratio_text(p[2], 3, p2, sizeof(p2)));
    }
    return BUS_OK;
}

static int rank_file(struct ranking *r,
                     const char *folder,
                     const char *path,
                     struct bus_err *err)
{
    BUS_TRY(cli_policy_open(&r->t, folder, err));
    BUS_TRY(cli_policy_households_read(&r->t, path, &r->homes, err));
    BUS_TRY(index_all(r, err));
    print_ranking(r);
    BUS_TRY(print_group(r, err));
    return print_gap(r, err);
}

static int run_rank(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    struct ranking r = {.index = NULL};
    struct bus_err err = {0};
    const char *folder = NULL;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        folder = optarg;
    }
    if (optind + 1 != argc) {
        return LIANOU_USAGE;
    }
    int rc = rank_file(&r, folder, argv[optind], &err);
    cli_policy_close(&r.t);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
        return LIANOU_FAILED;
    }
    return LIANOU_WELL;
}

const struct policy_command cli_policy_cmd_rank = {
    .name = "rank",
    .usage = "FILE [--config DIR]",
    .summary = "the households of a file by how poor they are",
    .summary_zh = "按贫困指数给文件中的家庭排序",
    .run = run_rank,
};
