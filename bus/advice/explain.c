/* The search for what would change a verdict. Every change it gives was
 * evaluated; a number's threshold is the value nearest to the present one on
 * that side of the first probe that reaches the goal. */
#include "bus/advice/explain.h"

#include <string.h>

#include "bus/advice/reach.h"
#include "bus/base/check.h"
#include "bus/policy/probe.h"
#include "bus/policy/source.h"

#define NUMBER_MAX   INT64_C(100000000000)
#define FALSE_CLAUSE 10000 /* farther than any number of open facts */
#define HELPFUL_MAX  48    /* moves that bring the goal nearer */
#define NEAR         8     /* steps of one before probes grow */

struct search
{
    const struct bus_policy_catalogue *c;
    struct bus_policy_household
        household; /* facts is a copy with room for more */
    struct bus_policy_fact *facts;
    size_t facts_max;
    struct bus_policy_probe *probe;
    int32_t today, day; /* day: what a try is of */
    int item;
    enum bus_policy_verdict goal;
    size_t limit, tries;
    size_t false_now; /* explain_distance() at the beginning */
    struct bus_arena *mem;
    struct bus_advice_changes *to;
    struct bus_err *err;
    int rc;
    struct advice_reach reach;
    uint32_t in_way, in_way_now; /* clauses: at the beginning; the last try's */
    struct advice_candidate *candidates;
    size_t candidate_count;
    struct bus_advice_move helpful[HELPFUL_MAX];
    uint32_t helpful_in_way[HELPFUL_MAX]; /* still, with that move */
    size_t helpful_count;
    bool collect; /* note what helps */
    bool family;  /* only what a family can do */
};

static const char *const fixed[] = {"member.birth_date", "member.sex",
                                    "member.relation"};

static bool explain_over(const struct search *s)
{
    return s->rc != BUS_OK || s->tries >= s->limit;
}

/* How far from a yes: what is open counts less than what is false. */
static size_t explain_distance(const struct bus_policy_verdict_of *v)
{
    return v->verdict == BUS_POLICY_ELIGIBLE ? 0
           : v->verdict == BUS_POLICY_UNDETERMINED
               ? 1 + v->missing_count
               : FALSE_CLAUSE + v->reason_count;
}

/* With the reasons: how far it is from the goal, and what is in the way. */
static bool explain_whole(struct search *s, size_t *ret_false)
{
    struct bus_policy_verdict_of v;
    struct bus_arena_mark mark = bus_arena_mark(s->mem);
    int rc = bus_policy_evaluate_item(s->c, &s->household, s->day, s->item,
                                      BUS_POLICY_REASONS, s->mem, &v, s->err);
    s->rc = rc == BUS_EUNKNOWN ? BUS_OK : rc; /* no version on that day */
    if (rc == BUS_OK) {
        *ret_false = explain_distance(&v);
        s->in_way_now = s->goal == BUS_POLICY_ELIGIBLE
                            ? advice_reach_in_way(&s->reach, &v)
                            : 0;
    }
    bus_arena_release(s->mem, mark);
    return rc == BUS_OK && v.verdict == s->goal;
}

/* Nothing but the verdict, unless the try could have come nearer to the goal.
 */
static bool reached(struct search *s, size_t *ret_false)
{
    struct bus_policy_verdict_of v;
    if (explain_over(s)) {
        return false;
    }
    s->tries++;
    if (s->day != s->today) {
        return explain_whole(s, ret_false);
    }
    s->rc = bus_policy_probe_try(s->probe, s->item, &v, s->err);
    if (s->rc != BUS_OK) {
        return false;
    }
    bool no = v.verdict == BUS_POLICY_NOT_ELIGIBLE;
    bool nearer = v.verdict == BUS_POLICY_UNDETERMINED ||
                  (no && s->false_now > FALSE_CLAUSE + 1);
    *ret_false = v.verdict == BUS_POLICY_ELIGIBLE ? 0 : SIZE_MAX;
    if (s->collect && nearer && v.verdict != s->goal) {
        return explain_whole(s, ret_false);
    }
    return v.verdict == s->goal;
}

/* One fact taken in hand: a cell of its own behind the household's, set, tried,
 * put back. */
struct hand
{
    struct search *s;
    struct bus_policy_fact *f;
    struct bus_policy_fact before; /* kind NULL: none */
};

static void explain_take(struct search *s, int fact, int member, struct hand *h)
{
    *h = (struct hand){.s = s, .before = {.fact = fact, .member = member}};
    for (size_t i = 0; i < s->household.fact_count; i++) {
        if (s->facts[i].fact == fact && s->facts[i].member == member) {
            h->before = s->facts[i];
        }
    }
    BUS_CHECK(s->household.fact_count < s->facts_max);
    h->f = &s->facts[s->household.fact_count++];
    *h->f = h->before;
}

static void put_back(struct hand *h)
{
    h->s->household.fact_count--;
}

static bool explain_known(const struct hand *h)
{
    return h->before.kind != BUS_POLICY_NULL;
}

static void
explain_note(struct hand *h, enum bus_advice_move_how how, size_t falses)
{
    struct search *s = h->s;
    if (s->collect && falses > 0 && falses < s->false_now &&
        s->helpful_count < HELPFUL_MAX) {
        s->helpful_in_way[s->helpful_count] = s->in_way_now;
        s->helpful[s->helpful_count++] = (struct bus_advice_move){
            .to = *h->f,
            .how = how,
            .known_before = explain_known(h),
            .before = h->before.number,
        };
    }
}

static bool set_number(struct hand *h, int64_t v, size_t *ret_false)
{
    h->f->kind = BUS_POLICY_LONG;
    h->f->number = v;
    h->f->text = (struct bus_strv){0};
    *ret_false = h->s->false_now;
    return reached(h->s, ret_false);
}

/* Between miss and hit: the hit nearest to miss. */
static int64_t bisect(struct hand *h, int64_t miss, int64_t hit)
{
    size_t falses;
    while (!explain_over(h->s) && (hit > miss ? hit - miss : miss - hit) > 1) {
        int64_t mid = miss + (hit - miss) / 2;
        if (set_number(h, mid, &falses)) {
            hit = mid;
        } else {
            miss = mid;
        }
    }
    return hit;
}

static int64_t farther(int64_t from, int64_t at, int dir, int step)
{
    if (step < NEAR) {
        return at + dir;
    }
    int64_t gone = at > from ? at - from : from - at;
    int64_t more = gone / 2 + 1; /* distance times 1.5 */
    int64_t of_size = at / 3;    /* or the value times 1.33 */
    more = more > of_size && of_size > 0 ? of_size : more;
    return at + dir * (more > 0 ? more : 1);
}

/* From the hit v on in that direction: how far does it hold? */
static void
explain_hold(struct hand *h, int dir, int64_t max, struct bus_advice_move *m)
{
    int64_t v = m->to.number, at = v, end = dir > 0 ? max : 0;
    size_t falses;
    if (set_number(h, end, &falses) || explain_over(h->s)) {
        return;
    }
    for (int step = 0; !explain_over(h->s); step++) {
        int64_t next = farther(v, at, dir, step);
        next = next < 0 ? 0 : next > max ? max : next;
        if (!set_number(h, next, &falses)) {
            m->end = bisect(h, next, at);
            m->ends = !explain_over(h->s);
            return;
        }
        at = next;
    }
}

static const struct bus_node *
explain_part(const struct search *s, int fact, const char *key)
{
    return bus_node_get(bus_policy_fact_node(s->c, fact), key);
}

static bool type_is(const struct search *s, int fact, const char *type)
{
    const struct bus_node *t = explain_part(s, fact, "type");
    return t != NULL && bus_strv_is(t->text, type);
}

/* What the dictionary lets a number be. */
static int64_t explain_most(const struct search *s, int fact)
{
    int64_t max = bus_policy_fact_bounds(s->c, fact)->max;
    return max < NUMBER_MAX ? max : NUMBER_MAX;
}

/* The first move of a pair was a coarse probe: as near as the second allows,
 * and how far it holds. */
static void tighten(struct search *s, struct bus_advice_move *first)
{
    struct hand h;
    explain_take(s, first->to.fact, first->to.member, &h);
    if (first->to.kind == BUS_POLICY_LONG && first->how != BUS_POLICY_SET_TO) {
        size_t falses;
        int64_t v = first->known_before
                        ? bisect(&h, first->before, first->to.number)
                        : first->to.number;
        if (set_number(&h, v, &falses)) {
            first->to.number = v;
            explain_hold(&h, first->how == BUS_POLICY_AT_LEAST ? 1 : -1,
                         explain_most(s, first->to.fact), first);
        }
    }
    put_back(&h);
}

static void
explain_found(struct search *s, const struct bus_advice_move *moves, size_t n)
{
    struct bus_advice_changes *to = s->to;
    if (to->count == BUS_POLICY_CHANGES_MAX) {
        to->end = BUS_POLICY_SEARCH_FULL;
        return;
    }
    struct bus_advice_change *one = &to->list[to->count++];
    one->count = n;
    memcpy(one->moves, moves, n * sizeof(*moves));
    if (n == 2) {
        tighten(s, &one->moves[0]);
    }
}

/* Walks from the present value in one direction until a probe hits. */
static bool
explain_walk(struct hand *h, int dir, int64_t max, struct bus_advice_move *ret)
{
    int64_t from = explain_known(h) ? h->before.number : dir > 0 ? -1 : max + 1;
    int64_t miss = from, at = from;
    size_t best = h->s->false_now;
    for (int step = 0; !explain_over(h->s); step++) {
        if ((dir < 0 && at <= 0) || (dir > 0 && at >= max)) {
            return false;
        }
        at = farther(from, at, dir, step);
        at = at < 0 ? 0 : at > max ? max : at;
        size_t falses;
        bool hit = set_number(h, at, &falses);
        enum bus_advice_move_how how =
            dir < 0 ? BUS_POLICY_AT_MOST : BUS_POLICY_AT_LEAST;
        if (!hit) {
            if (falses < best) {
                best = falses;
                explain_note(h, how, falses);
            }
            miss = at;
            continue;
        }
        int64_t v = miss < 0 || miss > max ? at : bisect(h, miss, at);
        if (!set_number(h, v, &falses)) {
            return false; /* the limit came first */
        }
        *ret = (struct bus_advice_move){.to = *h->f,
                                        .how = how,
                                        .known_before = explain_known(h),
                                        .before = h->before.number};
        explain_hold(h, dir, max, ret);
        return true;
    }
    return false;
}

static bool try_value(struct hand *h,
                      enum bus_policy_kind kind,
                      int64_t number,
                      struct bus_strv text,
                      struct bus_advice_move *ret)
{
    size_t falses = h->s->false_now;
    h->f->kind = kind;
    h->f->number = number;
    h->f->text = text;
    bool hit = reached(h->s, &falses);
    if (hit) {
        *ret = (struct bus_advice_move){.to = *h->f,
                                        .how = BUS_POLICY_SET_TO,
                                        .known_before = explain_known(h)};
    } else {
        explain_note(h, BUS_POLICY_SET_TO, falses);
    }
    return hit;
}

/* Every way in which this one fact, besides what is set already, reaches the
 * goal; each is kept behind `first`. */
static void one_fact(struct search *s,
                     int fact,
                     int member,
                     const struct bus_advice_move *first)
{
    struct hand h;
    struct bus_advice_move moves[BUS_POLICY_MOVES_MAX], *m = &moves[0];
    size_t n = 1;
    if (first != NULL) {
        moves[0] = *first;
        m = &moves[1];
        n = 2;
    }
    explain_take(s, fact, member, &h);
    const struct bus_node *words = explain_part(s, fact, "words");
    if (type_is(s, fact, "boolean")) {
        for (int v = s->family ? 1 : 0; v < 2; v++) {
            if ((!explain_known(&h) || h.before.number != v) &&
                try_value(&h, BUS_POLICY_BOOL, v, (struct bus_strv){0}, m)) {
                explain_found(s, moves, n);
            }
        }
    } else if (type_is(s, fact, "enum") && words != NULL) {
        for (uint32_t w = 0; w < words->count; w++) {
            struct bus_strv text = words->pairs[w].key->text;
            if (s->family && bus_strv_is(text, "none")) {
                continue;
            }
            if ((!explain_known(&h) || !bus_strv_eq(h.before.text, text)) &&
                try_value(&h, BUS_POLICY_TEXT, 0, text, m)) {
                explain_found(s, moves, n);
            }
        }
    } else if (type_is(s, fact, "money_fen") || type_is(s, fact, "count") ||
               type_is(s, fact, "number")) {
        int64_t max = explain_most(s, fact);
        for (int dir = s->family ? 1 : -1; dir <= 1; dir += 2) {
            /* An unknown number is walked up from nothing only. */
            if ((explain_known(&h) || dir > 0) &&
                explain_walk(&h, dir, max, m)) {
                explain_found(s, moves, n);
            }
        }
    }
    put_back(&h);
}

static bool changeable(const struct search *s, int fact)
{
    if (bus_policy_fact_derived(s->c, fact) ||
        !bus_policy_item_reads(s->c, (size_t)s->item, fact) ||
        bus_node_get(bus_policy_fact_node(s->c, fact), "pii") != NULL) {
        return false;
    }
    if (s->family) {
        bool can = false;
        (void)bus_node_to_bool(explain_part(s, fact, "actionable"), &can);
        return can;
    }
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (bus_strv_is(bus_policy_fact_name(s->c, fact), fixed[i])) {
            return false;
        }
    }
    return true;
}

/* first: set already, with what is in the way still. */
static void every_fact(struct search *s,
                       const struct bus_advice_move *first,
                       uint32_t in_way)
{
    for (size_t i = 0;
         i < s->candidate_count && s->to->end == BUS_POLICY_SEARCH_DONE; i++) {
        struct advice_candidate one = s->candidates[i];
        if (first != NULL ? (in_way & ~one.by) != 0
                          : !advice_reach_could(s->in_way, s->candidates,
                                                s->candidate_count, &one)) {
            continue;
        }
        int to = one.member ? (int)s->household.member_count : 0;
        for (int m = one.member ? 0 : -1; m < to && !explain_over(s); m++) {
            /* A pair is met once: the later fact behind the earlier. */
            bool later = first == NULL || one.fact > first->to.fact ||
                         (one.fact == first->to.fact && m > first->to.member);
            if (later) {
                one_fact(s, one.fact, m, first);
            }
        }
    }
}

/* Does time alone do it? The first such day within two years: hit, or after
 * the probe before it. */
static void time_alone(struct search *s, int32_t hit)
{
    int32_t now = s->day, miss = hit - ADVICE_DAYS_STEP;
    size_t falses;
    while (hit - miss > 1 && !explain_over(s)) {
        s->day = miss + (hit - miss) / 2;
        if (reached(s, &falses)) {
            hit = s->day;
        } else {
            miss = s->day;
        }
    }
    s->day = now;
    if (!explain_over(s)) {
        struct bus_advice_move m = {.to = {.fact = BUS_POLICY_DATE_MOVE,
                                           .member = -1,
                                           .kind = BUS_POLICY_DATE,
                                           .number = hit},
                                    .how = BUS_POLICY_AT_LEAST,
                                    .known_before = true,
                                    .before = now};
        explain_found(s, &m, 1);
    }
}

static bool explain_alone(const struct bus_advice_changes *r,
                          const struct bus_advice_move *m)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct bus_advice_move *o = &r->list[i].moves[0];
        if (r->list[i].count == 1 && o->to.fact == m->to.fact &&
            o->to.member == m->to.member) {
            return true;
        }
    }
    return false;
}

/* Two facts: the first set to what brings the goal nearer. */
static void explain_pairs(struct search *s)
{
    s->collect = false;
    for (size_t i = 0; i < s->helpful_count && !explain_over(s) &&
                       s->to->end == BUS_POLICY_SEARCH_DONE;
         i++) {
        struct bus_advice_move m = s->helpful[i];
        struct hand h;
        if (explain_alone(s->to, &m)) {
            continue;
        }
        explain_take(s, m.to.fact, m.to.member, &h);
        *h.f = m.to;
        every_fact(s, &m, s->helpful_in_way[i]);
        put_back(&h);
    }
}

static int explain_candidates(struct search *s)
{
    size_t n = bus_policy_fact_count(s->c);
    s->candidates = bus_arena_alloc(s->mem, (n + 1) * sizeof(*s->candidates));
    if (s->candidates == NULL) {
        return bus_fail(s->err, BUS_ETOOBIG, "no room for the search");
    }
    for (int f = 0; f < (int)n; f++) {
        if (changeable(s, f)) {
            s->candidates[s->candidate_count++] =
                (struct advice_candidate){.fact = f,
                                          .member = s->c->facts[f].member,
                                          .by = advice_reach_by(&s->reach, f)};
        }
    }
    return BUS_OK;
}

static int explain_begin(struct search *s, const struct bus_policy_household *h)
{
    struct bus_policy_verdict_of v;
    s->facts_max = h->fact_count + BUS_POLICY_MOVES_MAX + 1;
    s->facts = bus_arena_alloc(s->mem, s->facts_max * sizeof(*s->facts));
    if (s->facts == NULL) {
        return bus_fail(s->err, BUS_ETOOBIG, "no room for the search");
    }
    if (h->fact_count > 0) {
        memcpy(s->facts, h->facts, h->fact_count * sizeof(*s->facts));
    }
    s->household = *h;
    s->household.facts = s->facts;
    BUS_TRY(bus_policy_probe_open(s->c, &s->household, s->day, s->mem,
                                  &s->probe, s->err));
    int rc = bus_policy_evaluate_item(s->c, h, s->day, s->item,
                                      BUS_POLICY_REASONS, s->mem, &v, s->err);
    if (rc == BUS_OK) {
        s->to->from = v.verdict;
        s->goal = v.verdict == BUS_POLICY_ELIGIBLE ? BUS_POLICY_NOT_ELIGIBLE
                                                   : BUS_POLICY_ELIGIBLE;
        s->to->to = s->goal;
        s->false_now = explain_distance(&v);
        advice_reach_open(&s->reach, s->c, s->item, s->day);
        s->in_way = advice_reach_in_way(&s->reach, &v);
        rc = explain_candidates(s);
    }
    return rc;
}

/* Of the item alone, unless time cannot do it. */
static int explain_time(struct search *s, const struct bus_advice_question *q)
{
    struct bus_advice_days days = {0};
    size_t item = (size_t)s->item;
    if (explain_over(s) || !advice_reach_by_time(&s->reach, s->in_way, s->day,
                                                 ADVICE_DAYS_AHEAD)) {
        return s->rc;
    }
    if (q->days != NULL) {
        days = *q->days;
    } else {
        BUS_TRY(advice_reach_days(s->c, q->h, s->day, s->item, s->mem, &days,
                                  s->err));
    }
    int32_t hit =
        s->goal == BUS_POLICY_ELIGIBLE ? days.yes[item] : days.no[item];
    if (hit != 0) {
        time_alone(s, hit);
    }
    return s->rc;
}

static int explain_search(struct search *s, const struct bus_advice_question *q)
{
    BUS_TRY(explain_begin(s, q->h));
    if (s->family && s->goal == BUS_POLICY_NOT_ELIGIBLE) {
        return BUS_OK;
    }
    every_fact(s, NULL, s->in_way);
    BUS_TRY(explain_time(s, q));
    if (s->goal == BUS_POLICY_ELIGIBLE) {
        explain_pairs(s);
    }
    if (s->tries >= s->limit && s->to->end == BUS_POLICY_SEARCH_DONE) {
        s->to->end = BUS_POLICY_SEARCH_LIMIT;
    }
    s->to->tries = s->tries;
    return s->rc;
}

int bus_advice_changes(const struct bus_advice_question *q,
                       struct bus_arena *mem,
                       struct bus_advice_changes *ret,
                       struct bus_err *err)
{
    struct bus_arena_mark mark = bus_arena_mark(mem);
    struct bus_advice_changes result = {0};
    struct search s = {.c = q->c,
                       .today = q->rule_date,
                       .day = q->rule_date,
                       .item = q->item,
                       .limit = q->limit,
                       .mem = mem,
                       .to = &result,
                       .err = err,
                       .family = q->family,
                       .collect = true};
    int rc = explain_search(&s, q);
    bus_arena_release(mem, mark);
    if (rc == BUS_OK) {
        *ret = result;
    }
    return rc;
}
