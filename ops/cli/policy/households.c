/* Where a rehearsal's households come from.
 *
 * - generated: made up one after the other, as `lianou generate households`
 * - ledger: the bus's own households, from the compacted topic of their states
 * - archive: the snapshots of evaluations in a file, each household's last */
#include <stdio.h>
#include <string.h>

#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/role/household.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"
#include "consumers/matcher/state_parts.h"
#include "ops/cli/county/generate_household.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/policy/events.h"
#include "ops/cli/policy/rehearse.h"

static const char *const turn_words[BUS_POLICY_TURNS] = {
    "same", "gains", "loses", "more", "less", "opens", "closes", "swaps"};
static const char *const verdict_words[] = {"eligible", "not eligible",
                                            "undetermined", "failed"};

/* A field in quotes where it needs them. */
static void put_field(FILE *f, struct bus_strv s)
{
    bool plain = memchr(s.p ? s.p : "", ',', s.n) == NULL &&
                 memchr(s.p ? s.p : "", '"', s.n) == NULL;
    if (plain) {
        (void)fwrite(s.p ? s.p : "", 1, s.n, f);
        return;
    }
    (void)fputc('"', f);
    for (size_t i = 0; i < s.n; i++) {
        (void)fputs(s.p[i] == '"' ? "\"" : "", f);
        (void)fputc(s.p[i], f);
    }
    (void)fputc('"', f);
}

static const char *households_word_of(const struct bus_policy_verdict_of *v)
{
    return v == NULL              ? "not in force"
           : v->left_out_by.n > 0 ? "left out"
                                  : verdict_words[v->verdict];
}

static int households_row(void *data,
                          const struct bus_advice_verdict_change_of *t,
                          struct bus_err *err)
{
    struct rehearse *q = data;
    if (q->out == NULL) {
        return BUS_OK;
    }
    const struct bus_strv fields[] = {t->household, t->village, t->kind,
                                      t->item};
    for (int i = 0; i < 4; i++) {
        put_field(q->out, fields[i]);
        (void)fputc(',', q->out);
    }
    (void)fprintf(q->out, "%s,%s,%s,%lld,%lld\n", turn_words[t->turn],
                  households_word_of(t->before), households_word_of(t->after),
                  (long long)t->before_fen, (long long)t->after_fen);
    return ferror(q->out)
               ? bus_fail(err, BUS_EIO, "%s: cannot be written", q->csv)
               : BUS_OK;
}

static int households_one(struct rehearse *q,
                          const struct bus_advice_rehearsed *who,
                          struct bus_err *err)
{
    return bus_advice_rehearse(q->r, who, households_row, q, &q->mem, err);
}

static int generated(struct rehearse *q, struct bus_err *err)
{
    static struct generate_household household;
    struct generate_maker maker;
    int rc = cli_generate_maker_init(&maker, &q->tool.config,
                                     q->rules[0].catalogue, q->day, err);
    for (uint64_t i = 0; rc == BUS_OK && i < q->count; i++) {
        char number[32], kind[64];
        bus_arena_reset(&q->mem);
        cli_generate_household_make(&maker, q->seed, i, &household);
        (void)snprintf(number, sizeof(number), "%llu",
                       (unsigned long long)household.number);
        (void)snprintf(kind, sizeof(kind), "%s / %s",
                       cli_generate_kind_zh[household.kind],
                       cli_generate_kind_en[household.kind]);
        struct bus_advice_rehearsed who = {
            .household = bus_strv(number),
            .village = bus_strv(household.village->code),
            .kind = bus_strv(kind),
            .present = &household.h};
        rc = households_one(q, &who, err);
    }
    return rc;
}

/* --- records of the bus --- */

struct record
{
    struct bus_id id;
    struct bus_strv village;
    struct bus_role_household_members members;
    const struct sa_fact *facts;
    size_t fact_count;
};

static int
of_record(struct rehearse *q, const struct record *s, struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1], kind[64];
    struct bus_policy_household h[2];
    int rc = BUS_OK;
    for (int i = 0; rc == BUS_OK && i < 2; i++) {
        rc = bus_role_household_of(q->rules[i].catalogue, &s->members, s->facts,
                                   NULL, s->fact_count, &q->mem, &h[i], err);
    }
    if (rc != BUS_OK) {
        return bus_wrap(err, "a household");
    }
    (void)snprintf(kind, sizeof(kind), "%zu 人 / of %zu", s->members.n,
                   s->members.n);
    struct bus_advice_rehearsed who = {.household =
                                           bus_strv(bus_id_text(&s->id, id)),
                                       .village = s->village,
                                       .kind = bus_strv(kind),
                                       .present = &h[0],
                                       .proposed = &h[1]};
    return households_one(q, &who, err);
}

struct states
{
    struct rehearse *q;
    struct bus_wire_registry *types;
    struct bus_map places; /* key -> its last offset, counted from 1 */
    struct bus_arena keys;
    struct matcher_names *names; /* of each partition */
    bool second;
};
#define PARTITIONS_MAX 1024

/* The first time through: the last place of each key, and the words. */
static int households_note(struct states *s,
                           const struct bus_kafka_msg *m,
                           struct bus_err *err)
{
    void *place = (void *)(uintptr_t)(m->offset + 1);
    if (m->partition >= PARTITIONS_MAX) {
        return bus_fail(err, BUS_ERANGE, "partition %d", m->partition);
    }
    if (bus_strv_is(m->key, MATCHER_NAMES_KEY)) {
        bus_arena_reset(&s->q->mem);
        return matcher_names_decode(&s->names[m->partition], m->value,
                                    &s->q->mem, err);
    }
    const char *key = bus_arena_strndup(&s->keys, m->key.p, m->key.n);
    return key != NULL &&
                   bus_map_put(&s->places, (struct bus_strv){key, m->key.n},
                               place) == BUS_OK
               ? BUS_OK
               : bus_fail(err, BUS_ENOMEM, "keys of households");
}

/* A household's facts: a part of their own, or within a state of the form
 * before; any other part is none (*ret_any). */
static int households_facts(struct states *s,
                            const struct bus_kafka_msg *m,
                            struct sa_household_state *ret,
                            bool *ret_any,
                            struct bus_err *err)
{
    struct matcher_parted h = {.schemas = s->types,
                               .names = &s->names[m->partition],
                               .mem = &s->q->mem};
    uint32_t part = 0;
    *ret = (struct sa_household_state){0};
    *ret_any = false;
    if (!matcher_part_of_key(m->key, &ret->household_id, &part)) {
        return BUS_OK;
    }
    bool before = matcher_part_sequence(m->value) < 0;
    if (part != (before ? MATCHER_PART_CASE : MATCHER_PART_FACTS)) {
        return BUS_OK;
    }
    *ret_any = true;
    BUS_TRY(matcher_parts_set(&h.parts, part, m->value, h.mem, err));
    if (before) {
        struct bus_id id = ret->household_id;
        return matcher_parted_open(&h, &id, ret, err);
    }
    return matcher_parted_facts(&h, ret, err);
}

/* A compacted topic may hold older states of a household, too: the second time
 * through reads only the last of each. */
static int
households_state(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct states *s = data;
    struct sa_household_state st;
    bool any = false;
    if (!s->second) {
        return households_note(s, m, err);
    }
    if (m->value.p == NULL ||
        bus_map_get(&s->places, m->key) != (void *)(uintptr_t)(m->offset + 1)) {
        return BUS_OK;
    }
    bus_arena_reset(&s->q->mem);
    if (households_facts(s, m, &st, &any, err) != BUS_OK) {
        return bus_wrap(err, "households/%d/%lld", m->partition,
                        (long long)m->offset);
    }
    struct record one_of = {.id = st.household_id,
                            .village = st.division_code,
                            .members = {st.members.v, st.members.n},
                            .facts = st.facts.v,
                            .fact_count = st.facts.n};
    return any ? of_record(s->q, &one_of, err) : BUS_OK;
}

static int ledger(struct rehearse *q, struct bus_err *err)
{
    struct states s = {.q = q, .types = bus_role_types_registry()};
    struct topic_read read = {.config = &q->tool.config,
                              .topic = "households",
                              .last = TOPIC_ALL,
                              .cb = households_state,
                              .data = &s};
    bus_arena_init(&s.keys, 0, 0);
    s.names = bus_calloc(PARTITIONS_MAX, sizeof(*s.names));
    int rc = s.types && s.names ? BUS_OK : bus_fail(err, BUS_ENOMEM, "schemas");
    for (size_t i = 0; s.names != NULL && i < PARTITIONS_MAX; i++) {
        matcher_names_init(&s.names[i]);
    }
    if (rc == BUS_OK) {
        rc = cli_topic_each(&read, err);
    }
    s.second = true;
    if (rc == BUS_OK) {
        rc = cli_topic_each(&read, err);
    }
    for (size_t i = 0; s.names != NULL && i < PARTITIONS_MAX; i++) {
        matcher_names_fini(&s.names[i]);
    }
    bus_free(s.names);
    bus_wire_registry_free(s.types);
    bus_map_fini(&s.places);
    bus_arena_fini(&s.keys);
    return rc;
}

struct snapshots
{
    struct rehearse *q;
    struct bus_map last; /* household -> its last evaluation, counted from 1 */
    struct bus_arena keys;
    size_t at;
    bool second;
};

static int snapshot(void *data,
                    const struct sa_evaluation *e,
                    const char *where,
                    struct bus_err *err)
{
    struct snapshots *s = data;
    struct bus_strv key = {(const char *)e->household_id.b,
                           sizeof(e->household_id.b)};
    void *place = (void *)(uintptr_t)++s->at;
    (void)where;
    if (!s->second) {
        key.p = bus_arena_dup(&s->keys, key.p, key.n);
        return key.p != NULL && bus_map_put(&s->last, key, place) == BUS_OK
                   ? BUS_OK
                   : bus_fail(err, BUS_ENOMEM, "households of the archive");
    }
    if (bus_map_get(&s->last, key) != place) {
        return BUS_OK;
    }
    struct record one_of = {.id = e->household_id,
                            .members = {e->members.v, e->members.n},
                            .facts = e->facts.v,
                            .fact_count = e->facts.n};
    bus_arena_reset(&s->q->mem);
    return of_record(s->q, &one_of, err);
}

static bool households_is_date(void *data, struct bus_strv fact)
{
    const struct rehearse *q = data;
    return cli_policy_fact_is_date(q->rules[0].catalogue, fact);
}

static int households_archive(struct rehearse *q, struct bus_err *err)
{
    struct snapshots s = {.q = q};
    bus_arena_init(&s.keys, 0, 0);
    struct policy_file file = {q->archive, households_is_date, q};
    int rc = cli_policy_evaluations_file(&file, snapshot, &s, err);
    s.second = true;
    s.at = 0;
    if (rc == BUS_OK) {
        rc = cli_policy_evaluations_file(&file, snapshot, &s, err);
    }
    bus_map_fini(&s.last);
    bus_arena_fini(&s.keys);
    return rc;
}

int cli_rehearse_all(struct rehearse *q, struct bus_err *err)
{
    if (q->out != NULL) {
        (void)fputs("household,village,kind,item,turn,before,after,"
                    "before_fen_a_year,after_fen_a_year\n",
                    q->out);
    }
    switch (q->on) {
    case REHEARSE_GENERATED:
        return generated(q, err);
    case REHEARSE_LEDGER:
        return ledger(q, err);
    case REHEARSE_ARCHIVE:
        break;
    }
    return households_archive(q, err);
}
