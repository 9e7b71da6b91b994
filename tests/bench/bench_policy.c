/* The policy room measured, CPU time of this process, one core: verdicts,
 * reasons, 100 times the items, the tree walk, the whole county, allocations.
 * Households are a plausible county's. Rows as tests/bench/run reads them.
 * bench-needs: */
#include <time.h>

#include "bus/base/clock.h"
#include "bus/conf/yaml.h"
#include "bus/policy/verdicts.h"
#include "ops/cli/county/generate_household.h"
#include "tests/lib/county.h"

#define HOMES      256
#define COUNTY     208000
#define VARIANTS   100
#define SEED       UINT64_C(7)
#define LEAST_GAIN 5.0 /* of the programs over the tree walk */

static struct county county;
static struct generate_household households[HOMES];
static struct generate_maker maker;
static struct bus_arena mem;
static int32_t day;
static uint64_t allocations;

/* Every allocation of the process, also those of the libraries inside: glibc
 * lets a program put its own in front. */
#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t n);
void *malloc(size_t n)
{
    allocations++;
    return __libc_malloc(n);
}
void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}
void *realloc(void *p, size_t n)
{
    allocations++;
    return __libc_realloc(p, n);
}
#endif

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

enum how { VERDICTS, AMOUNTS, REASONS, TREE };

static void once(const struct bus_policy_catalogue *c,
                 const struct bus_policy_household *h,
                 enum how how)
{
    struct bus_policy_result r;
    const uint8_t *v;
    struct bus_err err;
    bus_arena_reset(&mem);
    int rc = how == VERDICTS ? bus_policy_verdicts(c, h, day, &mem, &v, &err)
             : how == TREE
                 ? bus_policy_evaluate_by_tree(c, h, day, BUS_POLICY_VERDICTS,
                                               &mem, &r, &err)
                 : bus_policy_evaluate(c, h, day,
                                       how == REASONS ? BUS_POLICY_REASONS
                                                      : BUS_POLICY_VERDICTS,
                                       &mem, &r, &err);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "bench_policy: %s\n", err.msg);
        exit(1);
    }
}

/* Microseconds a household: the least of several rounds. */
static double
timed(const struct bus_policy_catalogue *c, enum how how, int rounds)
{
    double best = 1e18;
    for (int k = 0; k < 5; k++) {
        double from = cpu_us();
        for (int i = 0; i < rounds; i++) {
            once(c, &households[i % HOMES].h, how);
        }
        double us = (cpu_us() - from) / rounds;
        best = us < best ? us : best;
    }
    return best;
}

static void row(const char *name, double value, const char *unit, double target)
{
    bool more = strcmp(unit, "times") == 0 && target == LEAST_GAIN;
    (void)printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",", name,
                 value, unit);
    (void)(target < 0 ? printf("\"target\":null,")
                      : printf("\"target\":%g,", target));
    (void)printf("\"better\":\"%s\"}\n", more ? "more" : "less");
    (void)fflush(stdout);
}

/* Each item once for each of 100 villages; a household lives in one. */
static struct bus_policy_catalogue *variants(struct bus_arena *keep)
{
    size_t n = county.config.policies_count;
    const struct bus_node **items =
        bus_arena_calloc(keep, n * VARIANTS, sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        struct bus_strv code =
            bus_node_get(county.config.policies[i], "code")->text;
        const struct bus_node *version = bus_policy_version_node(
            county.c, (size_t)bus_policy_item_find(county.c, code), day);
        const struct bus_node *feel =
            bus_node_get(bus_node_get(version, "condition"), "feel");
        for (int k = 0; feel != NULL && k < VARIANTS; k++) {
            char *text = bus_arena_printf(
                keep,
                "code: %.*sV%03d\ndepartment: MZ\nname: {zh: v, en: v}\n"
                "versions:\n  - version: \"1\"\n    effective: {from: "
                "2020-01-01}\n    condition:\n      feel: 'household.address "
                "= \"village %d\" and (",
                BUS_STRV_ARG(code), k, k);
            char *flat = bus_arena_strndup(keep, feel->text.p, feel->text.n);
            for (char *p = flat; *p != '\0'; p++) {
                *p = *p == '\n' ? ' ' : *p;
            }
            char *whole = bus_arena_printf(keep, "%s%s)'\n", text, flat);
            items[count++] = bus_conf_yaml_parse(
                keep, "variant", bus_strv(whole), &county.faults);
        }
    }
    struct bus_policy_sources s = {
        .facts = county.config.facts_node,
        .standards = county.config.standards_node,
        .interactions = county.config.interactions_node,
        .items = items,
        .item_count = count,
    };
    return bus_policy_catalogue_new(&s, &county.faults);
}

static void settle_in_villages(void)
{
    static char names[HOMES][32];
    int address = bus_policy_fact_find(county.c, BUS_STRV("household.address"));
    for (size_t i = 0; i < HOMES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "village %zu", i % VARIANTS);
        size_t k = 0;
        while (k < households[i].h.fact_count &&
               households[i].facts[k].fact != address) {
            k++;
        }
        households[i].facts[k] =
            (struct bus_policy_fact){.fact = address,
                                     .member = -1,
                                     .kind = BUS_POLICY_TEXT,
                                     .text = bus_strv(names[i])};
        households[i].h.fact_count += k == households[i].h.fact_count;
    }
}

static void print_faults(void)
{
    for (size_t i = 0; i < county.faults.count && i < 5; i++) {
        (void)fprintf(stderr, "%s:%u: %s\n", county.faults.list[i].at.file,
                      county.faults.list[i].at.line,
                      county.faults.list[i].text);
    }
}

/* Households made a stretch at a time, each once: what is timed is judging. */
static double whole_county(int count)
{
    double us = 0;
    for (int i = 0; i < count; i += HOMES) {
        for (int k = 0; k < HOMES; k++) {
            cli_generate_household_make(&maker, SEED + 1, (uint64_t)(i + k),
                                        &households[k]);
        }
        double from = cpu_us();
        for (int k = 0; k < HOMES && i + k < count; k++) {
            once(county.c, &households[k].h, VERDICTS);
        }
        us += cpu_us() - from;
    }
    return us / 1e6;
}

/* One fact in four is not known any more. */
static void forget_some(void)
{
    for (size_t i = 0; i < HOMES; i++) {
        size_t n = 0;
        for (size_t k = 0; k < households[i].h.fact_count; k++) {
            if ((k * 7 + i) % 4 != 0) {
                households[i].facts[n++] = households[i].facts[k];
            }
        }
        households[i].h.fact_count = n;
    }
}

static void measure(int scale)
{
    double v = timed(county.c, VERDICTS, 20000 / scale);
    double a = timed(county.c, AMOUNTS, 10000 / scale);
    double r = timed(county.c, REASONS, 5000 / scale);
    double t = timed(county.c, TREE, 2000 / scale);
    row("64 items, one household, verdicts only", v, "us", 6);
    row("the same with amounts", a, "us", -1);
    row("64 items, full reasons, every fact known", r, "us", 40);
    row("compiled rules over the tree walk of the same", t / a, "times",
        LEAST_GAIN);
    uint64_t before = allocations;
    for (int i = 0; i < 10000 / scale; i++) {
        once(county.c, &households[i % HOMES].h, REASONS);
    }
    row("heap allocations an evaluation, libraries included",
        (double)(allocations - before) / (10000 / scale), "", 0);
    struct bus_arena keep;
    bus_arena_init(&keep, 1 << 20, 0);
    struct bus_policy_catalogue *many = variants(&keep);
    if (many == NULL) {
        print_faults();
        exit(1);
    }
    double w = timed(many, VERDICTS, 5000 / scale);
    forget_some();
    row("64 items, full reasons, one fact in four missing",
        timed(county.c, REASONS, 5000 / scale), "us", 40);
    row("6400 items, most not touching the household, over 64", w / v, "times",
        8);
    bus_policy_catalogue_free(many);
    bus_arena_fini(&keep);
    row(scale == 1 ? "whole county, 208 000 households x 64 items"
                   : "whole county x 64 items, ten times a tenth of it",
        whole_county(COUNTY / scale) * scale, "s", 5);
}

int main(int argc, char **argv)
{
    const char *project = getenv("LIANOU_SOURCE");
    int scale = 1;
    for (int i = 1; i < argc; i++) {
        scale = strcmp(argv[i], "--quick") == 0 ? 10 : scale;
    }
    (void)bus_date_parse(BUS_STRV("2026-11-24"), &day);
    struct bus_err err;
    bool ok = county_open(&county, project ? project : ".");
    if (!ok || cli_generate_maker_init(&maker, &county.config, county.c, day,
                                       &err) != BUS_OK) {
        print_faults();
        return 1;
    }
    for (size_t i = 0; i < HOMES; i++) {
        cli_generate_household_make(&maker, SEED, i, &households[i]);
    }
    settle_in_villages();
    bus_arena_init(&mem, 1 << 20, 0);
    measure(scale);
    bus_arena_fini(&mem);
    county_close(&county);
    return 0;
}
