/* A person in two households: the matcher's pure core over a small bus whose
 * streams are delivered in any order between each other. Whoever comes first,
 * both cases are told, each event once, and the same events again tell nobody.
 */
#include "tests/lib/check.h"

#include "bus/wire/crypt.h"
#include "consumers/matcher/parts.h"
#include "tests/lib/county.h"

#define HOMES  4
#define QUEUE  64
#define DAY    INT32_C(20706) /* of the events: 2026-09-10 */
#define ROUNDS 300

static struct county county;
static struct bus_arena mem;

struct waiting
{
    enum matcher_event_kind kind;
    const void *record;
    struct bus_id stream;
    bool handed_on;
};
struct bus
{
    struct sa_household_state state[HOMES];
    struct waiting queue[QUEUE];
    size_t queued;
    const struct sa_case_event *told[QUEUE];
    size_t told_count;
    const char *refused; /* why the last event that was */
};

static struct bus_id id(uint8_t kind, uint8_t n)
{
    return (struct bus_id){{kind, n}};
}

static int32_t end_of(void *data, int32_t start, int32_t n, bool working)
{
    (void)data;
    (void)working;
    return start + n;
}

/* Household n is headed by person n; the others are its members. */
static const struct sa_application *
application(uint8_t n, const uint8_t *others, size_t count)
{
    struct sa_application *a = bus_arena_calloc(&mem, 1, sizeof(*a));
    *a = (struct sa_application){
        .event_id = id('e', n),
        .household_id = id('h', n),
        .application_id = id('a', n),
        .occurred_at = INT64_C(1789000000000) + n,
        .division_code = BUS_STRV("371425001001"),
        .applicant_id = id('p', n),
    };
    a->members.n = a->homes.n = count + 1;
    a->members.v = bus_arena_calloc(&mem, count + 1, sizeof(*a->members.v));
    a->homes.v = bus_arena_calloc(&mem, count + 1, sizeof(*a->homes.v));
    for (size_t i = 0; i <= count; i++) {
        uint8_t p = i == 0 ? n : others[i - 1];
        a->members.v[i] = (struct sa_member){
            id('p', p), i == 0 ? BUS_STRV("0") : BUS_STRV("8"), i == 0};
        a->homes.v[i] = p == 99 ? (struct bus_id){{0}} : id('h', p);
    }
    return a;
}

static void push(struct bus *b,
                 enum matcher_event_kind kind,
                 const void *record,
                 struct bus_id stream)
{
    assert_true(b->queued < QUEUE);
    b->queue[b->queued++] = (struct waiting){kind, record, stream, false};
}

static void deliver(struct bus *b, const struct waiting *w)
{
    struct matcher_rules rules = {.catalogue = county.c, .deadline = end_of};
    struct matcher_event e = {
        .kind = w->kind, .record = w->record, .handed_on = w->handed_on};
    struct matcher_outputs out;
    struct bus_err err;
    struct sa_household_state *st = &b->state[w->stream.b[1]];
    if (w->kind == MATCHER_FACTS && !w->handed_on) {
        e.partner = ((const struct sa_facts_reported *)w->record)->source;
    }
    int rc = matcher_decide(&rules, st, &e, &mem, &out, &err);
    if (rc != BUS_OK && w->kind != MATCHER_FACTS) {
        fail_msg("%s", err.msg);
    }
    b->refused = rc != BUS_OK ? out.reason_code : b->refused;
    out.n = rc != BUS_OK ? 0 : out.n;
    for (size_t i = 0; i < out.n; i++) {
        const struct matcher_output *o = &out.v[i];
        if (o->topic == MATCHER_OUT_MEMBERSHIPS) {
            push(b, MATCHER_MEMBERSHIP, o->record, o->household_id);
        } else if (o->topic == MATCHER_OUT_FACTS) {
            push(b, MATCHER_FACTS, o->record, o->household_id);
            b->queue[b->queued - 1].handed_on = true;
        }
        const struct sa_case_event *c = o->record;
        if (o->topic == MATCHER_OUT_CASES &&
            c->kind == SA_CASE_EVENT_KIND_CONFLICT) {
            assert_true(bus_id_eq(&o->household_id, &c->household_id));
            assert_true(b->told_count < QUEUE);
            b->told[b->told_count++] = c;
        }
    }
}

static size_t
told(const struct bus *b, uint8_t of, uint8_t other, uint8_t person)
{
    size_t n = 0;
    struct bus_id h = id('h', of), o = id('h', other), p = id('p', person);
    for (size_t i = 0; i < b->told_count; i++) {
        const struct sa_case_event *c = b->told[i];
        n += bus_id_eq(&c->household_id, &h) && c->has_other_household &&
             bus_id_eq(&c->other_household, &o) &&
             bus_id_eq(&c->refers_to, &p) && c->case_no == 1;
    }
    return n;
}

/* Streams in any order between each other, each in its own order. */
static void run(struct bus *b, uint64_t *seed)
{
    while (b->queued > 0) {
        size_t at = (size_t)(county_random(seed) % b->queued);
        for (size_t i = 0; i < at; i++) {
            if (bus_id_eq(&b->queue[i].stream, &b->queue[at].stream) &&
                b->queue[i].kind == b->queue[at].kind) {
                at = i; /* the first of that topic and stream */
            }
        }
        struct waiting w = b->queue[at];
        memmove(&b->queue[at], &b->queue[at + 1],
                (b->queued - at - 1) * sizeof(w));
        b->queued--;
        deliver(b, &w);
    }
}

static void any_order(void **state)
{
    (void)state;
    static struct bus b;
    uint64_t seed = 20261125;
    size_t most = 0;
    for (int round = 0; round < ROUNDS; round++) {
        memset(&b, 0, sizeof(b));
        /* 1 names 2; 2 names 1 and 99 (no number); 3 names 1. */
        push(&b, MATCHER_APPLICATION, application(1, (uint8_t[]){2}, 1),
             id('h', 1));
        push(&b, MATCHER_APPLICATION, application(2, (uint8_t[]){1, 99}, 2),
             id('h', 2));
        push(&b, MATCHER_APPLICATION, application(3, (uint8_t[]){1}, 1),
             id('h', 3));
        run(&b, &seed);
        /* Person 1 heads 1 and is named by 2 and 3; person 2 heads 2 and is
         * named by 1. */
        assert_int_equal(told(&b, 1, 2, 1), 1);
        assert_int_equal(told(&b, 2, 1, 1), 1);
        assert_int_equal(told(&b, 1, 3, 1), 1);
        assert_int_equal(told(&b, 3, 1, 1), 1);
        assert_int_equal(told(&b, 1, 2, 2), 1);
        assert_int_equal(told(&b, 2, 1, 2), 1);
        /* 2 and 3 hear of each other only if 1 had no case then. */
        assert_int_equal(told(&b, 2, 3, 1), told(&b, 3, 2, 1));
        assert_int_equal(b.told_count, 6 + 2 * told(&b, 2, 3, 1));
        most = b.told_count > most ? b.told_count : most;
        for (size_t i = 0; i < b.told_count; i++) {
            for (size_t k = 0; k < i; k++) {
                assert_false(
                    bus_id_eq(&b.told[i]->event_id, &b.told[k]->event_id));
            }
        }
        /* All of it again: nothing new. */
        size_t before = b.told_count;
        push(&b, MATCHER_APPLICATION, application(1, (uint8_t[]){2}, 1),
             id('h', 1));
        push(&b, MATCHER_APPLICATION, application(3, (uint8_t[]){1}, 1),
             id('h', 3));
        run(&b, &seed);
        assert_int_equal(b.told_count, before);
        bus_arena_reset(&mem);
    }
    assert_int_equal(most, 8); /* both orders were met */
}

/* One family, one household: no conflict; nor for a person without a number. */
static void no_conflict(void **state)
{
    (void)state;
    static struct bus b;
    uint64_t seed = 7;
    push(&b, MATCHER_APPLICATION, application(1, (uint8_t[]){2, 99}, 2),
         id('h', 1));
    push(&b, MATCHER_APPLICATION, application(3, (uint8_t[]){99}, 1),
         id('h', 3));
    run(&b, &seed);
    assert_int_equal(b.told_count, 0);
    assert_int_equal(b.state[2].case_no, 0);
    assert_int_equal(b.state[2].memberships.n, 1);
}

/* What a source says of person n, whom it named by number. */
static void said(struct bus *b,
                 uint8_t n,
                 const char *source,
                 const char *name,
                 int64_t fen)
{
    struct sa_facts_reported *r = bus_arena_calloc(&mem, 1, sizeof(*r));
    struct sa_fact *f = bus_arena_calloc(&mem, 1, sizeof(*f));
    bool member = strncmp(name, "member.", 7) == 0;
    uint64_t seed = 3;
    *f = (struct sa_fact){.name = bus_strv(name),
                          .has_member = member,
                          .as_of = DAY - 9,
                          .source = bus_strv(source),
                          .verified = true};
    f->member = member ? id('p', n) : f->member;
    f->value.branch = member ? SA_FACT_VALUE_BOOLEAN : SA_FACT_VALUE_LONG;
    if (member) {
        f->value.u.boolean_value = fen != 0;
    } else {
        f->value.u.long_value = fen;
    }
    *r = (struct sa_facts_reported){.event_id = id('f', n),
                                    .household_id = id('h', n),
                                    .occurred_at = INT64_C(1789000001000),
                                    .source = bus_strv(source),
                                    .has_person = true,
                                    .person = id('p', n)};
    r->facts.v = f;
    r->facts.n = 1;
    b->refused = NULL;
    push(b, MATCHER_FACTS, r, id('h', n));
    run(b, &seed);
}

static bool
knows(const struct bus *b, uint8_t home, const char *name, uint8_t n)
{
    const struct sa_household_state *st = &b->state[home];
    struct bus_id of = id('p', n);
    for (size_t i = 0; i < st->facts.n; i++) {
        const struct sa_fact *f = &st->facts.v[i];
        if (bus_strv_is(f->name, name) && f->verified &&
            (!f->has_member || bus_id_eq(&f->member, &of))) {
            return true;
        }
    }
    return false;
}

/* A source knows people by number, and no household: what it says of one comes
 * home wherever he lives, and nowhere else. */
static void said_by_number(void **state)
{
    static const char ill[] = "member.serious_illness";
    static const char income[] = "household.income_total_fen";
    (void)state;
    static struct bus b;
    uint64_t seed = 5;
    memset(&b, 0, sizeof(b));
    push(&b, MATCHER_APPLICATION, application(1, (uint8_t[]){2, 0}, 2),
         id('h', 1));
    push(&b, MATCHER_APPLICATION, application(3, (uint8_t[]){0}, 1),
         id('h', 3));
    run(&b, &seed);
    said(&b, 1, "check", income, 500); /* the head of 1 */
    assert_null(b.refused);
    assert_true(knows(&b, 1, income, 1));
    said(&b, 2, "hospital", ill, 1); /* a member of 1, who heads none */
    assert_null(b.refused);
    assert_true(knows(&b, 1, ill, 2));
    assert_int_equal(b.state[2].case_no, 0);
    assert_int_equal(b.state[2].facts.n, 0);
    said(&b, 0, "hospital", ill, 1); /* a member of 1 and of 3 */
    assert_null(b.refused);
    assert_true(knows(&b, 1, ill, 0) && knows(&b, 3, ill, 0));
    said(&b, 0, "check", income, 1); /* of which household? */
    assert_non_null(b.refused);
    assert_string_equal(b.refused, "PERSON_IN_TWO_HOUSEHOLDS");
    assert_false(knows(&b, 3, income, 0));
    said(&b, 2, "hospital", income, 1); /* not the hospital's to say */
    assert_string_equal(b.refused, "FACT_NOT_YOURS");
    memset(&b, 0, sizeof(b));
    said(&b, 1, "check", income, 500); /* nobody has applied */
    assert_non_null(b.refused);
    assert_string_equal(b.refused, "PERSON_UNKNOWN");
    assert_int_equal(b.state[1].facts.n, 0);
}

/* An application under the key of a household of which nothing is known yet:
 * the shell has put the key's id into the empty state. */
static void another_households_key(void **state)
{
    (void)state;
    struct matcher_rules rules = {.catalogue = county.c, .deadline = end_of};
    struct sa_household_state st = {.household_id = id('h', 2)};
    struct matcher_event e = {.kind = MATCHER_APPLICATION,
                              .record = application(1, NULL, 0)};
    struct matcher_outputs out;
    struct bus_err err;
    assert_int_not_equal(matcher_decide(&rules, &st, &e, &mem, &out, &err),
                         BUS_OK);
    assert_non_null(out.reason_code);
    assert_string_equal(out.reason_code, "KEY_MISMATCH");
    assert_int_equal(st.sequence, 0);
}

static int opened(void **state)
{
    (void)state;
    (void)setenv("LIANOU_KEYRING", "/dev/null", 0);
    (void)setenv("LIANOU_PERSON_KEY", "/dev/null", 0);
    bus_arena_init(&mem, 1 << 20, 0);
    return county_open(&county, getenv("LIANOU_SOURCE")) ? 0 : -1;
}

static int closed(void **state)
{
    (void)state;
    county_close(&county);
    bus_arena_fini(&mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order),
        cmocka_unit_test(no_conflict),
        cmocka_unit_test(said_by_number),
        cmocka_unit_test(another_households_key),
    };
    return cmocka_run_group_tests(tests, opened, closed);
}
