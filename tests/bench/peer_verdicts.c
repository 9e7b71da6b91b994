/* Ours of the rules held against peers (bench_peer.py), and the households that
 * all of them judge.
 *
 *   peer_verdicts households DAY COUNT      one line a household: a FEEL
 * context of what is known, every fact and the day's standards, none worked out
 *   peer_verdicts judge DAY COUNT SECONDS OUT
 *     OUT: the items' codes, then a line a household with a letter an item: 1
 *     yes, 0 no, ? open, f failed. Prints the CPU nanoseconds a household, of
 *     verdicts alone and of verdicts with amounts. */
#include <inttypes.h>
#include <time.h>

#include "bus/base/clock.h"
#include "bus/policy/verdicts.h"
#include "ops/cli/county/generate_household.h"
#include "tests/lib/county.h"

#define HOMES 1024
#define SEED  UINT64_C(7)

static struct county county;
static struct generate_household households[HOMES];
static struct generate_maker maker;
static struct bus_arena mem;
static int32_t day;
static size_t count;

static void fail(const char *why)
{
    (void)fprintf(stderr, "peer_verdicts: %s\n", why);
    exit(1);
}

static void print_fact(const struct bus_policy_fact *f, const char *name)
{
    char text[BUS_DATE_TEXT + 1];
    (void)printf("%s: ", name);
    switch (f->kind) {
    case BUS_POLICY_BOOL:
        (void)printf("%s", f->number ? "true" : "false");
        return;
    case BUS_POLICY_LONG:
        (void)printf("%" PRId64, f->number);
        return;
    case BUS_POLICY_DATE:
        (void)printf("date(\"%s\")", bus_date_text((int32_t)f->number, text));
        return;
    case BUS_POLICY_TEXT:
        (void)printf("\"%.*s\"", BUS_STRV_ARG(f->text));
        return;
    case BUS_POLICY_NULL:
        break;
    }
    (void)printf("null");
}

static void print_facts(const struct bus_policy_household *h, int member)
{
    const char *before = "{";
    for (size_t i = 0; i < h->fact_count; i++) {
        const struct bus_policy_fact *f = &h->facts[i];
        if (f->member != member ||
            bus_policy_fact_personal(county.c, f->fact)) {
            continue;
        }
        const char *name = bus_policy_fact_name(county.c, f->fact).p;
        (void)printf("%s", before);
        print_fact(f, strchr(name, '.') + 1);
        before = ", ";
    }
    (void)printf("%s}", strcmp(before, "{") == 0 ? "{" : "");
}

static void print_standards(const struct bus_policy_household *h)
{
    const struct bus_node *all = county.config.standards_node;
    struct bus_err err;
    for (uint32_t i = 0; i < all->count; i++) {
        struct bus_strv name = all->pairs[i].key->text, text;
        bus_arena_reset(&mem);
        if (bus_policy_standard_text(county.c, h, day,
                                     bus_policy_standard_find(county.c, name),
                                     &mem, &text, &err) != BUS_OK) {
            fail(err.msg);
        }
        (void)printf("%s%.*s: %.*s", i ? ", " : "{", BUS_STRV_ARG(name),
                     BUS_STRV_ARG(text));
    }
    (void)printf("}");
}

static void print_households(void)
{
    char text[BUS_DATE_TEXT + 1];
    for (size_t i = 0; i < count; i++) {
        const struct bus_policy_household *h = &households[i].h;
        (void)printf("{rule_date: date(\"%s\"), household: ",
                     bus_date_text(day, text));
        print_facts(h, -1);
        (void)printf(", members: [");
        for (size_t m = 0; m < h->member_count; m++) {
            (void)printf("%s", m ? ", " : "");
            print_facts(h, (int)m);
        }
        (void)printf("], standard: ");
        print_standards(h);
        (void)printf("}\n");
    }
}

static const uint8_t *verdicts_of(size_t i)
{
    const uint8_t *v = NULL;
    struct bus_err err;
    bus_arena_reset(&mem);
    if (bus_policy_verdicts(county.c, &households[i].h, day, &mem, &v, &err) !=
        BUS_OK) {
        fail(err.msg);
    }
    return v;
}

/* Those of the county whom something is for: households of which nothing is
 * true are quickly judged. */
static void make_households(void)
{
    size_t kept = 0;
    for (uint64_t i = 0; kept < count; i++) {
        cli_generate_household_make(&maker, SEED, i, &households[kept]);
        const uint8_t *v = verdicts_of(kept);
        kept += memchr(v, BUS_POLICY_ELIGIBLE,
                       bus_policy_item_count(county.c)) != NULL;
    }
}

static void write_verdicts(const char *path)
{
    static const char letters[] = {[BUS_POLICY_ELIGIBLE] = '1',
                                   [BUS_POLICY_NOT_ELIGIBLE] = '0',
                                   [BUS_POLICY_UNDETERMINED] = '?',
                                   [BUS_POLICY_FAILED] = 'f'};
    FILE *out = fopen(path, "we");
    size_t n = bus_policy_item_count(county.c);
    struct bus_policy_item it;
    for (size_t k = 0; out != NULL && k < n; k++) {
        if (bus_policy_item_at(county.c, k, day, &it)) {
            (void)fprintf(out, "%s%.*s", k ? " " : "", BUS_STRV_ARG(it.code));
        }
    }
    for (size_t i = 0; out != NULL && i < count; i++) {
        const uint8_t *v = verdicts_of(i);
        (void)fputc('\n', out);
        for (size_t k = 0; k < n; k++) {
            if (v[k] != BUS_POLICY_NOT_IN_FORCE) {
                (void)fputc(letters[v[k]], out);
            }
        }
    }
    if (out == NULL || fputc('\n', out) == EOF || fclose(out) != 0) {
        fail("cannot write");
    }
}

static int64_t now(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double timed(int64_t seconds, bool amounts)
{
    int64_t until = now(CLOCK_MONOTONIC) + seconds * 1000000000;
    int64_t from = now(CLOCK_PROCESS_CPUTIME_ID), n = 0;
    struct bus_policy_result r;
    struct bus_err err;
    while (now(CLOCK_MONOTONIC) < until) {
        for (size_t i = 0; i < count; i++, n++) {
            if (!amounts) {
                (void)verdicts_of(i);
                continue;
            }
            bus_arena_reset(&mem);
            if (bus_policy_evaluate(county.c, &households[i].h, day,
                                    BUS_POLICY_VERDICTS, &mem, &r,
                                    &err) != BUS_OK) {
                fail(err.msg);
            }
        }
    }
    return (double)(now(CLOCK_PROCESS_CPUTIME_ID) - from) / (double)n;
}

int main(int argc, char **argv)
{
    const char *project = getenv("LIANOU_SOURCE");
    struct bus_err err;
    bool judge = argc == 6 && strcmp(argv[1], "judge") == 0;
    if ((!judge && (argc != 4 || strcmp(argv[1], "households") != 0)) ||
        !bus_date_parse(bus_strv(argv[2]), &day)) {
        fail("households DAY COUNT | judge DAY COUNT SECONDS OUT");
    }
    count = strtoull(argv[3], NULL, 10);
    if (count < 1 || count > HOMES ||
        !county_open(&county, project ? project : ".")) {
        fail("no such county, or too many households");
    }
    if (cli_generate_maker_init(&maker, &county.config, county.c, day, &err) !=
        BUS_OK) {
        fail(err.msg);
    }
    bus_arena_init(&mem, 1 << 20, 0);
    make_households();
    if (judge) {
        int64_t seconds = strtoll(argv[4], NULL, 10);
        write_verdicts(argv[5]);
        (void)timed(1, false);
        double alone = timed(seconds, false);
        (void)printf("%.1f %.1f\n", alone, timed(seconds, true));
    } else {
        print_households();
    }
    bus_arena_fini(&mem);
    county_close(&county);
    return 0;
}
