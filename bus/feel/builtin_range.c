/* Points and ranges: before, meets, overlaps ... (10.3.4.9, table 78), and
 * range(). An end that is open is infinitely far. */
#include <string.h>

#include "bus/feel/tree.h"

#define ARGS struct feel_env *env, const struct feel_value *a

struct edge
{
    const struct feel_value *v; /* NULL: infinite */
    int side;                   /* -1 start, 1 end */
    bool in;
};
struct pair /* two ranges as edges; a point is a closed range */
{
    struct edge s1, e1, s2, e2;
    struct feel_env *env;
    bool odd; /* two that have no order */
};

static struct edge start_of(const struct feel_value *v)
{
    return v->kind == FEEL_RANGE
               ? (struct edge){v->range.low, -1, v->range.low_closed}
               : (struct edge){v, -1, true};
}

static struct edge end_of(const struct feel_value *v)
{
    return v->kind == FEEL_RANGE
               ? (struct edge){v->range.high, 1, v->range.high_closed}
               : (struct edge){v, 1, true};
}

static struct pair pair_of(struct feel_env *env,
                           const struct feel_value *x,
                           const struct feel_value *y)
{
    return (struct pair){start_of(x), end_of(x), start_of(y),
                         end_of(y),   env,       false};
}

static int builtin_range_order(struct pair *p, struct edge x, struct edge y)
{
    if (x.v == NULL || y.v == NULL) {
        int a = x.v ? 0 : x.side, b = y.v ? 0 : y.side;
        return (a > b) - (a < b);
    }
    struct feel_value less = feel_order(p->env->mem, FEEL_OP_LT, x.v, y.v);
    struct feel_value same = feel_equal(p->env->mem, x.v, y.v);
    if (less.kind != FEEL_BOOLEAN || same.kind != FEEL_BOOLEAN) {
        p->odd = true;
        return 0;
    }
    return less.boolean ? -1 : same.boolean ? 0 : 1;
}

static struct feel_value builtin_range_answer(const struct pair *p, bool yes)
{
    return p->odd ? feel_wrong("ranges of two kinds") : feel_bool(yes);
}

/* x ends before y starts. */
static struct feel_value ends_before(struct feel_env *env,
                                     const struct feel_value *x,
                                     const struct feel_value *y)
{
    struct pair p = pair_of(env, x, y);
    int c = builtin_range_order(&p, p.e1, p.s2);
    return builtin_range_answer(&p, c < 0 || (c == 0 && !(p.e1.in && p.s2.in)));
}

static struct feel_value builtin_range_before(ARGS)
{
    return ends_before(env, &a[0], &a[1]);
}

static struct feel_value builtin_range_after(ARGS)
{
    return ends_before(env, &a[1], &a[0]);
}

static struct feel_value touching(struct feel_env *env,
                                  const struct feel_value *x,
                                  const struct feel_value *y)
{
    struct pair p = pair_of(env, x, y);
    bool yes = builtin_range_order(&p, p.e1, p.s2) == 0 && p.e1.in && p.s2.in;
    return builtin_range_answer(&p, yes);
}

static struct feel_value builtin_range_meets(ARGS)
{
    return touching(env, &a[0], &a[1]);
}

static struct feel_value met_by(ARGS)
{
    return touching(env, &a[1], &a[0]);
}

static bool reaches(struct pair *p, struct edge end, struct edge start)
{
    int c = builtin_range_order(p, end, start);
    return c > 0 || (c == 0 && end.in && start.in);
}

static struct feel_value overlaps(ARGS)
{
    struct pair p = pair_of(env, &a[0], &a[1]);
    bool yes = reaches(&p, p.e1, p.s2) && reaches(&p, p.e2, p.s1);
    return builtin_range_answer(&p, yes);
}

static struct feel_value overlapping(struct feel_env *env,
                                     const struct feel_value *x,
                                     const struct feel_value *y)
{
    struct pair p = pair_of(env, x, y);
    int s = builtin_range_order(&p, p.s1, p.s2),
        e = builtin_range_order(&p, p.e1, p.e2);
    bool first = s < 0 || (s == 0 && p.s1.in && !p.s2.in);
    bool inside = e < 0 || (e == 0 && (!p.e1.in || p.e2.in));
    bool yes = first && inside && reaches(&p, p.e1, p.s2);
    return builtin_range_answer(&p, yes);
}

static struct feel_value overlaps_before(ARGS)
{
    return overlapping(env, &a[0], &a[1]);
}

static struct feel_value overlaps_after(ARGS)
{
    return overlapping(env, &a[1], &a[0]);
}

static struct feel_value finishing(struct feel_env *env,
                                   const struct feel_value *x,
                                   const struct feel_value *y)
{
    struct pair p = pair_of(env, x, y);
    int s = builtin_range_order(&p, p.s1, p.s2),
        e = builtin_range_order(&p, p.e1, p.e2);
    bool later = s > 0 || (s == 0 && (!p.s1.in || p.s2.in));
    bool point = x->kind != FEEL_RANGE;
    bool yes = e == 0 && p.e1.in == p.e2.in && (point || later);
    return builtin_range_answer(&p, yes);
}

static struct feel_value finishes(ARGS)
{
    return finishing(env, &a[0], &a[1]);
}

static struct feel_value finished_by(ARGS)
{
    return finishing(env, &a[1], &a[0]);
}

static struct feel_value starting(struct feel_env *env,
                                  const struct feel_value *x,
                                  const struct feel_value *y)
{
    struct pair p = pair_of(env, x, y);
    int s = builtin_range_order(&p, p.s1, p.s2),
        e = builtin_range_order(&p, p.e1, p.e2);
    bool shorter = e < 0 || (e == 0 && (!p.e1.in || p.e2.in));
    bool point = x->kind != FEEL_RANGE;
    bool yes = s == 0 && p.s1.in == p.s2.in && (point || shorter);
    return builtin_range_answer(&p, yes);
}

static struct feel_value builtin_range_starts(ARGS)
{
    return starting(env, &a[0], &a[1]);
}

static struct feel_value started_by(ARGS)
{
    return starting(env, &a[1], &a[0]);
}

static struct feel_value including(struct feel_env *env,
                                   const struct feel_value *x,
                                   const struct feel_value *y)
{
    struct pair p = pair_of(env, x, y);
    int s = builtin_range_order(&p, p.s1, p.s2),
        e = builtin_range_order(&p, p.e1, p.e2);
    bool yes = (s < 0 || (s == 0 && (p.s1.in || !p.s2.in))) &&
               (e > 0 || (e == 0 && (p.e1.in || !p.e2.in)));
    return builtin_range_answer(&p, yes);
}

static struct feel_value includes(ARGS)
{
    return including(env, &a[0], &a[1]);
}

static struct feel_value during(ARGS)
{
    return including(env, &a[1], &a[0]);
}

static struct feel_value coincides(ARGS)
{
    struct pair p = pair_of(env, &a[0], &a[1]);
    bool yes = builtin_range_order(&p, p.s1, p.s2) == 0 &&
               builtin_range_order(&p, p.e1, p.e2) == 0 && p.s1.in == p.s2.in &&
               p.e1.in == p.e2.in;
    return builtin_range_answer(&p, yes);
}

/* --- range("[1..3)") --- */

static bool literal_end(const struct feel_node *n)
{
    static const char *const allowed[] = {"date", "time", "date and time",
                                          "duration",
                                          "years and months duration"};
    if (n->kind == NODE_CONSTANT) {
        return n->constant.kind != FEEL_BOOLEAN;
    }
    if (n->kind == NODE_NEGATE) {
        return literal_end(n->kids[0]);
    }
    bool known = false;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        known |= n->builtin != NULL && bus_strv_is(n->name, allowed[i]);
    }
    for (uint32_t i = 0; known && i < n->count; i++) {
        known = literal_end(n->kids[i]);
    }
    return n->kind == NODE_CALL && known;
}

static bool builtin_range_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }
    return p == end;
}

/* "[2..)" leaves an end out: null stands for it. */
static struct bus_strv with_ends(struct feel_env *env, struct bus_strv s)
{
    while (s.n > 0 && builtin_range_blank(s.p, s.p + 1)) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && builtin_range_blank(s.p + s.n - 1, s.p + s.n)) {
        s.n--;
    }
    const char *dots = s.n > 3 ? memmem(s.p, s.n, "..", 2) : NULL;
    const char *last = s.p + s.n - 1;
    if (dots == NULL || dots == s.p || dots + 2 > last) {
        return s;
    }
    char *text =
        bus_arena_printf(env->mem, "%.*s%s..%s%.*s", (int)(dots - s.p), s.p,
                         builtin_range_blank(s.p + 1, dots) ? "null" : "",
                         builtin_range_blank(dots + 2, last) ? "null" : "",
                         (int)(last + 1 - dots - 2), dots + 2);
    return text ? bus_strv(text) : s;
}

static struct feel_value range_of(ARGS)
{
    struct feel_error e;
    const struct feel_node *n =
        feel_parse(with_ends(env, a[0].string), env->mem, &e);
    bool two = n != NULL && n->kind == NODE_RANGE && literal_end(n->kids[0]) &&
               literal_end(n->kids[1]);
    bool one = n != NULL && n->kind == NODE_TEST && n->op != FEEL_OP_NE &&
               literal_end(n->kids[0]);
    if (!two && !one) {
        return feel_wrong("range() of something that is no range");
    }
    struct feel_value r = feel_eval(n, env);
    if (r.kind != FEEL_RANGE) {
        return r.why ? r : feel_wrong("range() of something that is no range");
    }
    if (two) { /* an end left out is open, and the ends are in order */
        struct feel_value order = feel_true;
        bool low = r.range.low->kind != FEEL_NULL;
        bool high = r.range.high->kind != FEEL_NULL;
        if ((!low && r.range.low_closed) || (!high && r.range.high_closed) ||
            (!low && !high)) {
            return feel_wrong("an end left out is open");
        }
        if (low && high) {
            order = feel_order(env->mem, FEEL_OP_LE, r.range.low, r.range.high);
        }
        if (!feel_is_true(&order)) {
            return feel_wrong("the ends of a range stand in their order");
        }
        r.range.low = low ? r.range.low : NULL;
        r.range.high = high ? r.range.high : NULL;
    }
    return r;
}

#define RANGES "range1:r,range2:r"

const struct feel_builtin feel_builtins_range[] = {
    {"before", "point1:p,point2:p", builtin_range_before, false},
    {"before", "point:p,range:r", builtin_range_before, false},
    {"before", "range:r,point:p", builtin_range_before, false},
    {"before", RANGES, builtin_range_before, false},
    {"after", "point1:p,point2:p", builtin_range_after, false},
    {"after", "point:p,range:r", builtin_range_after, false},
    {"after", "range:r,point:p", builtin_range_after, false},
    {"after", RANGES, builtin_range_after, false},
    {"meets", RANGES, builtin_range_meets, false},
    {"met by", RANGES, met_by, false},
    {"overlaps", RANGES, overlaps, false},
    {"overlaps before", RANGES, overlaps_before, false},
    {"overlaps after", RANGES, overlaps_after, false},
    {"finishes", "point:p,range:r", finishes, false},
    {"finishes", RANGES, finishes, false},
    {"finished by", "range:r,point:p", finished_by, false},
    {"finished by", RANGES, finished_by, false},
    {"includes", "range:r,point:p", includes, false},
    {"includes", RANGES, includes, false},
    {"during", "point:p,range:r", during, false},
    {"during", RANGES, during, false},
    {"starts", "point:p,range:r", builtin_range_starts, false},
    {"starts", RANGES, builtin_range_starts, false},
    {"started by", "range:r,point:p", started_by, false},
    {"started by", RANGES, started_by, false},
    {"coincides", "point1:p,point2:p", coincides, false},
    {"coincides", RANGES, coincides, false},
    {"range", "from:s", range_of, false},
    {NULL, NULL, NULL, false},
};
