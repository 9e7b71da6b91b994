/* Where a snapshot was changed: the first fact whose sum is not the recorded
 * one, and what it was, searched for among the values of its kind. The sums
 * only point; that the whole snapshot then has the recorded hash proves it.
 *
 * - a flag, a word of the dictionary, nothing
 * - a number to SMALL_MAX, then whole yuan to BIG_MAX fen
 * - a day of DAYS; the same value verified or not, as of another day
 */
#include <inttypes.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/source.h"
#include "bus/wire/crypt.h"
#include "consumers/matcher/replay.h"

#define SMALL_MAX  2000000
#define BIG_MAX    INT64_C(500000000)
#define DAYS_FROM  (-25567) /* 1900 */
#define DAYS_TO    47482    /* 2100 */
#define FACT_BYTES 4096     /* longer ones are not searched for */

struct search
{
    const struct bus_policy_catalogue *c;
    const struct sa_evaluation *e;
    size_t at;
    uint32_t sum;
    struct bus_strv hash;
    struct bus_arena *mem;
    struct bus_err *err;
    struct sa_fact was; /* candidate */
    bool found;
    uint8_t bytes[FACT_BYTES];
};

static uint32_t sum_at(struct bus_strv sums, size_t i)
{
    const uint8_t *p = (const uint8_t *)sums.p + i * EVALUATION_SUM_BYTES;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* With the candidate in its place, is it the snapshot that was hashed? */
static int replay_fact_prove(struct search *s)
{
    struct sa_evaluation e = *s->e;
    struct bus_strv hash;
    struct sa_fact *facts =
        bus_arena_dup(s->mem, e.facts.v, e.facts.n * sizeof(*facts));
    if (facts == NULL) {
        return bus_fail(s->err, BUS_ETOOBIG, "no room for the facts");
    }
    facts[s->at] = s->was;
    e.facts.v = facts;
    int rc = matcher_evaluation_inputs_hash(&e, s->mem, &hash, s->err);
    s->found = rc == BUS_OK && bus_strv_eq(hash, s->hash);
    return rc;
}

/* True when the search is over. */
static bool replay_fact_fits(struct search *s, int *rc)
{
    size_t n = bus_wire_size(&sa_fact_type, &s->was);
    if (n > FACT_BYTES) {
        return true;
    }
    (void)bus_wire_encode_at(&sa_fact_type, &s->was, s->bytes);
    if (matcher_evaluation_fact_sum((const char *)s->bytes, n) == s->sum) {
        *rc = replay_fact_prove(s);
    }
    return s->found || *rc != BUS_OK;
}

static int try_words(struct search *s, const struct bus_node *words)
{
    int rc = BUS_OK;
    s->was.value.branch = SA_FACT_VALUE_STRING;
    for (uint32_t i = 0; words != NULL && i < words->count; i++) {
        s->was.value.u.string_value = words->pairs[i].key->text;
        if (replay_fact_fits(s, &rc)) {
            break;
        }
    }
    return rc;
}

static int try_numbers(struct search *s)
{
    int rc = BUS_OK;
    s->was.value.branch = SA_FACT_VALUE_LONG;
    for (int64_t n = 0; n <= BIG_MAX; n += n < SMALL_MAX ? 1 : 100) {
        s->was.value.u.long_value = n;
        if (replay_fact_fits(s, &rc)) {
            break;
        }
    }
    return rc;
}

static int try_days(struct search *s, int32_t *day)
{
    int rc = BUS_OK;
    for (*day = DAYS_FROM; *day < DAYS_TO; ++*day) {
        if (replay_fact_fits(s, &rc)) {
            break;
        }
    }
    return rc;
}

static int try_values(struct search *s, const struct bus_node *entry)
{
    int rc = BUS_OK;
    s->was.value.branch = SA_FACT_VALUE_NULL;
    for (int flag = -1; rc == BUS_OK && !s->found && flag < 2; flag++) {
        if (flag >= 0) {
            s->was.value.branch = SA_FACT_VALUE_BOOLEAN;
            s->was.value.u.boolean_value = flag == 1;
        }
        (void)replay_fact_fits(s, &rc);
    }
    rc = rc || s->found ? rc : try_words(s, bus_node_get(entry, "words"));
    if (rc != BUS_OK || s->found) {
        return rc;
    }
    s->was.value.branch = SA_FACT_VALUE_INT;
    rc = try_days(s, &s->was.value.u.int_value);
    return rc || s->found ? rc : try_numbers(s);
}

static int search(struct search *s)
{
    const struct sa_fact *now = &s->e->facts.v[s->at];
    int fact = bus_policy_fact_find(s->c, now->name), rc = BUS_OK;
    s->was = *now;
    s->was.verified = !now->verified;
    if (replay_fact_fits(s, &rc)) {
        return rc;
    }
    s->was.verified = now->verified;
    rc = try_days(s, &s->was.as_of);
    if (rc != BUS_OK || s->found) {
        return rc;
    }
    s->was = *now;
    return try_values(s, fact < 0 ? NULL : bus_policy_fact_node(s->c, fact));
}

static struct bus_strv replay_fact_text(struct bus_arena *mem,
                                        const struct sa_fact *f)
{
    char day[BUS_DATE_TEXT + 1], of[BUS_DATE_TEXT + 1];
    const char *tail = f->verified ? "verified" : "declared";
    (void)bus_date_text(f->as_of, of);
    switch (f->value.branch) {
    case SA_FACT_VALUE_BOOLEAN:
        return bus_strv(bus_arena_printf(
            mem, "%s (%s, %s)", f->value.u.boolean_value ? "true" : "false",
            tail, of));
    case SA_FACT_VALUE_LONG:
        return bus_strv(bus_arena_printf(mem, "%" PRId64 " (%s, %s)",
                                         f->value.u.long_value, tail, of));
    case SA_FACT_VALUE_INT:
        return bus_strv(bus_arena_printf(
            mem, "%s (%s, %s)", bus_date_text(f->value.u.int_value, day), tail,
            of));
    case SA_FACT_VALUE_STRING:
        return bus_strv(bus_arena_printf(mem, "%.*s (%s, %s)",
                                         BUS_STRV_ARG(f->value.u.string_value),
                                         tail, of));
    default:
        return bus_strv(bus_arena_printf(mem, "none (%s, %s)", tail, of));
    }
}

int matcher_replay_find_fact(const struct sa_evaluation *recorded,
                             struct bus_arena *mem,
                             struct replay *r,
                             struct bus_err *err)
{
    struct bus_strv sums;
    size_t n = recorded->fact_sums.n / EVALUATION_SUM_BYTES, i = 0;
    size_t both = n < recorded->facts.n ? n : recorded->facts.n;
    int rc =
        n == 0 ? BUS_OK : matcher_evaluation_sums(recorded, mem, &sums, err);
    if (rc != BUS_OK || n == 0) {
        return rc;
    }
    while (i < both && sum_at(sums, i) == sum_at(recorded->fact_sums, i)) {
        i++;
    }
    if (n != recorded->facts.n) {
        r->place = bus_strv(bus_arena_printf(
            mem, "facts: how many; the first that differs is facts[%zu]", i));
        r->recorded = bus_strv(bus_arena_printf(mem, "%zu", n));
        r->again = bus_strv(bus_arena_printf(mem, "%zu", recorded->facts.n));
        return BUS_OK;
    }
    if (i == n) {
        return BUS_OK; /* the members, the rule date or the version */
    }
    const struct sa_fact *f = &recorded->facts.v[i];
    r->fact = f->name;
    r->fact_at = i;
    r->place = bus_strv(
        bus_arena_printf(mem, "facts[%zu] %.*s", i, BUS_STRV_ARG(f->name)));
    r->again = replay_fact_text(mem, f);
    r->recorded = BUS_STRV("?");
    return BUS_OK;
}

int matcher_replay_search_fact(const struct bus_policy_catalogue *c,
                               const struct sa_evaluation *recorded,
                               struct bus_arena *mem,
                               struct replay *r,
                               struct bus_err *err)
{
    struct search s = {.c = c,
                       .e = recorded,
                       .at = r->fact_at,
                       .hash = recorded->inputs_hash,
                       .mem = mem,
                       .err = err};
    if (r->fact.n == 0) {
        return BUS_OK;
    }
    s.sum = sum_at(recorded->fact_sums, s.at);
    int rc = bus_wire_type_ready(&sa_fact_type, err);
    rc = rc ? rc : search(&s);
    if (rc == BUS_OK && s.found) {
        r->recorded = replay_fact_text(mem, &s.was);
    }
    return rc;
}
