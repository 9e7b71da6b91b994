/* Values as text: what string() says, and as FEEL literals. */
#include <stdio.h>
#include <string.h>

#include "bus/feel/number.h"
#include "bus/feel/temporal.h"
#include "bus/feel/value.h"

#define SHOWN_DEPTH 32
#define SHOWN_MAX   (1u << 20) /* bytes */

struct shown
{
    struct bus_arena *mem;
    char *p;
    size_t n, cap;
    bool literal; /* dates as @"..." */
    bool failed;
};

static void add(struct shown *s, const char *p, size_t n)
{
    if (s->n + n + 1 > s->cap) {
        size_t cap = (s->n + n + 1) * 2;
        char *more = cap <= SHOWN_MAX ? bus_arena_alloc(s->mem, cap) : NULL;
        if (more == NULL) {
            s->failed = true;
            return;
        }
        if (s->n > 0) {
            memcpy(more, s->p, s->n);
        }
        s->p = more;
        s->cap = cap;
    }
    memcpy(s->p + s->n, p, n);
    s->n += n;
}

static void adds(struct shown *s, const char *text)
{
    add(s, text, strlen(text));
}

static void show(struct shown *s, const struct feel_value *v, int depth);

static void quoted(struct shown *s, struct bus_strv t)
{
    adds(s, "\"");
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (c == '"' || c == '\\') {
            add(s, "\\", 1);
        }
        add(s,
            c == '\n'   ? "\\n"
            : c == '\t' ? "\\t"
            : c == '\r' ? "\\r"
                        : &c,
            c == '\n' || c == '\t' || c == '\r' ? 2 : 1);
    }
    adds(s, "\"");
}

static bool plain_key(struct bus_strv k)
{
    for (size_t i = 0; i < k.n; i++) {
        unsigned char c = (unsigned char)k.p[i];
        bool letter = c >= 0x80 || (c >= 'a' && c <= 'z') ||
                      (c >= 'A' && c <= 'Z') || c == '_' || c == ' ';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return k.n > 0;
}

static void key(struct shown *s, struct bus_strv k)
{
    if (plain_key(k)) {
        add(s, k.p, k.n);
    } else {
        quoted(s, k);
    }
}

static void show_many(struct shown *s, const struct feel_value *v, int depth)
{
    bool list = v->kind == FEEL_LIST;
    size_t n = list ? v->list.n : v->context.n;
    adds(s, list ? "[" : "{");
    for (size_t i = 0; i < n && !s->failed; i++) {
        adds(s, i > 0 ? ", " : "");
        if (!list) {
            key(s, v->context.v[i].key);
            adds(s, ": ");
        }
        show(s, list ? &v->list.v[i] : v->context.v[i].value, depth + 1);
    }
    adds(s, list ? "]" : "}");
}

static void show_range(struct shown *s, const struct feel_range *r, int depth)
{
    if (r->low == NULL || r->high == NULL) {
        bool low = r->low != NULL;
        bool closed = low ? r->low_closed : r->high_closed;
        const struct feel_value *end = low ? r->low : r->high;
        adds(s, low ? ">" : "<");
        adds(s, closed ? "=" : "");
        if (end != NULL) {
            show(s, end, depth + 1);
        }
        return;
    }
    adds(s, r->low_closed ? "[" : "(");
    show(s, r->low, depth + 1);
    adds(s, "..");
    show(s, r->high, depth + 1);
    adds(s, r->high_closed ? "]" : ")");
}

static void show(struct shown *s, const struct feel_value *v, int depth)
{
    char small[FEEL_WHEN_TEXT_MAX], *big;
    if (depth > SHOWN_DEPTH || s->failed) {
        s->failed = true;
        return;
    }
    switch (v->kind) {
    case FEEL_NULL:
        adds(s, "null");
        break;
    case FEEL_BOOLEAN:
        adds(s, v->boolean ? "true" : "false");
        break;
    case FEEL_NUMBER:
        big = bus_arena_alloc(s->mem, FEEL_NUMBER_TEXT_MAX);
        s->failed |= big == NULL;
        adds(s, big ? feel_number_text(v, big, FEEL_NUMBER_TEXT_MAX) : "");
        break;
    case FEEL_STRING:
        quoted(s, v->string);
        break;
    case FEEL_DATE:
    case FEEL_TIME:
    case FEEL_DATE_TIME:
    case FEEL_MONTHS:
    case FEEL_DAYS:
        adds(s, s->literal ? "@\"" : "");
        adds(s, feel_temporal_text(v, small));
        adds(s, s->literal ? "\"" : "");
        break;
    case FEEL_LIST:
    case FEEL_CONTEXT:
        show_many(s, v, depth);
        break;
    case FEEL_RANGE:
        show_range(s, &v->range, depth);
        break;
    case FEEL_FUNCTION:
    case FEEL_THING:
    case FEEL_UNKNOWN:
        adds(s, v->kind == FEEL_FUNCTION ? "function"
                : v->kind == FEEL_THING  ? "{...}"
                                         : "unknown");
        break;
    }
}

static const char *finish(struct shown *s)
{
    add(s, "", 1);
    return s->failed ? NULL : s->p;
}

const char *feel_literal(struct bus_arena *mem, const struct feel_value *v)
{
    struct shown s = {.mem = mem, .literal = true};
    show(&s, v, 0);
    return finish(&s);
}

const char *feel_text(struct bus_arena *mem, const struct feel_value *v)
{
    struct shown s = {.mem = mem};
    if (v->kind == FEEL_STRING) {
        add(&s, v->string.p, v->string.n);
    } else {
        show(&s, v, 0);
    }
    return finish(&s);
}
