/* What a read of a case works out of its newest evaluation, beside one
 * evaluation of the same household: CPU time of this process, no database.
 * Households are a plausible county's, as they apply. Rows as tests/bench/run
 * reads them. bench-needs: */
#include <time.h>

#include "bus/base/clock.h"
#include "bus/ledger/parts.h"
#include "bus/wire/framing.h"
#include "ops/cli/county/generate_household.h"
#include "tests/lib/county.h"

#define HOMES 64
#define SEED  UINT64_C(7)

static struct county county;
static struct generate_household households[HOMES];
static struct generate_maker maker;
static struct bus_strv framed[HOMES];
static struct bus_arena mem, keep;
static int32_t day;

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int rc, const struct bus_err *err)
{
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "bench_case: %s\n", err->msg);
        exit(1);
    }
}

static struct bus_id person_of(int member)
{
    return (struct bus_id){{0xee, (uint8_t)(member + 1)}};
}

static struct sa_fact fact_of(const struct bus_policy_fact *f)
{
    struct sa_fact to = {.name = bus_policy_fact_name(county.c, f->fact),
                         .source = BUS_STRV("declared"),
                         .has_member = f->member >= 0,
                         .member = person_of(f->member),
                         .as_of = day};
    switch (f->kind) {
    case BUS_POLICY_BOOL:
        to.value.branch = SA_FACT_VALUE_BOOLEAN;
        to.value.u.boolean_value = f->number != 0;
        break;
    case BUS_POLICY_LONG:
        to.value.branch = SA_FACT_VALUE_LONG;
        to.value.u.long_value = f->number;
        break;
    case BUS_POLICY_DATE:
        to.value.branch = SA_FACT_VALUE_INT;
        to.value.u.int_value = (int32_t)f->number;
        break;
    case BUS_POLICY_TEXT:
        to.value.branch = SA_FACT_VALUE_STRING;
        to.value.u.string_value = f->text;
        break;
    case BUS_POLICY_NULL:
        to.value.branch = SA_FACT_VALUE_NULL;
        break;
    }
    return to;
}

static struct sa_item_verdict verdict_of(const struct bus_policy_verdict_of *v)
{
    static const int of[] = {SA_VERDICT_ELIGIBLE, SA_VERDICT_NOT_ELIGIBLE,
                             SA_VERDICT_UNDETERMINED, SA_VERDICT_FAILED};
    struct bus_policy_item item;
    (void)bus_policy_item_at(county.c, (size_t)v->item, day, &item);
    struct sa_item_verdict to = {.item = item.code,
                                 .version = item.version,
                                 .department = item.department,
                                 .verdict = of[v->verdict],
                                 .has_amount_fen = v->has_amount,
                                 .amount_fen = v->amount_fen};
    to.reasons.v = (struct bus_strv *)v->reasons;
    to.reasons.n = v->reason_count;
    to.missing.v =
        bus_arena_calloc(&keep, v->missing_count + 1, sizeof(*to.missing.v));
    to.missing.n = v->missing_count;
    for (size_t i = 0; i < v->missing_count; i++) {
        to.missing.v[i].name =
            bus_policy_fact_name(county.c, v->missing[i].fact);
        to.missing.v[i].has_member = v->missing[i].member >= 0;
        to.missing.v[i].member = person_of(v->missing[i].member);
    }
    return to;
}

/* The record of a household's evaluation, as the ledger has it. */
static struct bus_strv record_of(const struct bus_policy_household *h)
{
    struct bus_err err;
    struct bus_policy_result r;
    struct sa_evaluation e = {.rule_date = day};
    struct bus_strv ret;
    must(bus_policy_evaluate(county.c, h, day, BUS_POLICY_REASONS, &keep, &r,
                             &err),
         &err);
    e.members.n = h->member_count;
    e.members.v =
        bus_arena_calloc(&keep, h->member_count, sizeof(*e.members.v));
    for (size_t m = 0; m < h->member_count; m++) {
        e.members.v[m] = (struct sa_member){.person_id = person_of((int)m),
                                            .relation = {m ? "2" : "0", 1},
                                            .head = m == 0};
    }
    e.facts.n = h->fact_count;
    e.facts.v = bus_arena_calloc(&keep, h->fact_count, sizeof(*e.facts.v));
    for (size_t i = 0; i < h->fact_count; i++) {
        e.facts.v[i] = fact_of(&h->facts[i]);
    }
    e.items.n = r.count;
    e.items.v = bus_arena_calloc(&keep, r.count, sizeof(*e.items.v));
    for (size_t i = 0; i < r.count; i++) {
        e.items.v[i] = verdict_of(&r.items[i]);
    }
    must(bus_wire_encode_framed(&sa_evaluation_type, &e, &keep, &ret, &err),
         &err);
    return ret;
}

static void items_of(int i, enum bus_ledger_depth depth, size_t *ret_bytes)
{
    struct bus_err err;
    const struct bus_ledger_cases c = {&county.config, county.c, depth};
    json_t *document = json_object();
    must(bus_ledger_items(&c, framed[i], day, document, &err), &err);
    *ret_bytes += json_dumpb(document, NULL, 0, JSON_COMPACT);
    json_decref(document);
}

static void evaluate(int i)
{
    struct bus_err err;
    struct bus_policy_result r;
    bus_arena_reset(&mem);
    must(bus_policy_evaluate(county.c, &households[i].h, day,
                             BUS_POLICY_REASONS, &mem, &r, &err),
         &err);
}

/* depth -1: an evaluation. */
static double timed(int depth, int rounds, size_t *ret_bytes)
{
    double best = 1e18;
    for (int k = 0; k < rounds; k++) {
        double from = cpu_us();
        *ret_bytes = 0;
        for (int i = 0; i < HOMES; i++) {
            if (depth < 0) {
                evaluate(i);
            } else {
                items_of(i, (enum bus_ledger_depth)depth, ret_bytes);
            }
        }
        double us = (cpu_us() - from) / HOMES;
        best = us < best ? us : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    static const char *const depths[] = {
        [BUS_LEDGER_FAMILY] = "items for a family",
        [BUS_LEDGER_OFFICER] = "items for an officer",
        [BUS_LEDGER_BRIEF] = "items in brief",
        [BUS_LEDGER_PROGRESS] = "items of a progress"};
    const char *project = getenv("LIANOU_SOURCE");
    bool quick = argc > 1 && strcmp(argv[argc - 1], "--quick") == 0;
    struct bus_err err;
    (void)bus_date_parse(BUS_STRV("2026-11-24"), &day);
    if (!county_open(&county, project ? project : ".")) {
        return 1;
    }
    must(cli_generate_maker_init(&maker, &county.config, county.c, day, &err),
         &err);
    bus_arena_init(&mem, 1 << 20, 0);
    bus_arena_init(&keep, 1 << 20, 0);
    size_t facts = 0;
    for (size_t i = 0; i < HOMES; i++) {
        cli_generate_household_make(&maker, SEED, i, &households[i]);
        size_t n = 0;
        for (size_t k = 0; k < households[i].h.fact_count; k++) {
            if ((k * 7 + i) % 4 != 0) {
                households[i].facts[n++] = households[i].facts[k];
            }
        }
        households[i].h.fact_count = n;
        facts += n;
        framed[i] = record_of(&households[i].h);
    }
    size_t bytes = 0;
    double one = timed(-1, 20, &bytes);
    (void)printf(
        "{\"name\":\"an evaluation\",\"value\":%.1f,\"unit\":\"us\","
        "\"target\":null,\"better\":\"less\",\"note\":\"%.1f facts\"}\n",
        one, (double)facts / HOMES);
    for (int d = 0; d <= BUS_LEDGER_PROGRESS; d++) {
        double us = timed(d, quick ? 1 : 5, &bytes);
        (void)printf("{\"name\":\"%s, over an evaluation\",\"value\":%.1f,"
                     "\"unit\":\"times\",\"target\":null,\"better\":\"less\","
                     "\"note\":\"%.0f us, %zu bytes\"}\n",
                     depths[d], us / one, us, bytes / HOMES);
    }
    bus_arena_fini(&mem);
    bus_arena_fini(&keep);
    county_close(&county);
    return 0;
}
