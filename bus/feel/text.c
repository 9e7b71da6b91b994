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

static void text_add(struct shown *s, const char *p, size_t n)
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

static void text_adds(struct shown *s, const char *text)
{
    text_add(s, text, strlen(text));
}

static void text_show(struct shown *s, const struct feel_value *v, int depth);

static void text_quoted(struct shown *s, struct bus_strv t)
{
    text_adds(s, "\"");
    for (size_t i = 0; i < t.n; i++) {
        char c = t.p[i];
        if (c == '"' || c == '\\') {
            text_add(s, "\\", 1);
        }
        text_add(s,
                 c == '\n'   ? "\\n"
                 : c == '\t' ? "\\t"
                 : c == '\r' ? "\\r"
                             : &c,
                 c == '\n' || c == '\t' || c == '\r' ? 2 : 1);
    }
    text_adds(s, "\"");
}

static bool plain_key(struct bus_strv k)
{
    for (size_t i = 0; i < k.n; i++) {
        unsigned char c = (unsigned char)k.p[i];
        bool message = c >= 0x80 || (c >= 'a' && c <= 'z') ||
                       (c >= 'A' && c <= 'Z') || c == '_' || c == ' ';
        if (!message && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return k.n > 0;
}

static void text_key(struct shown *s, struct bus_strv k)
{
    if (plain_key(k)) {
        text_add(s, k.p, k.n);
    } else {
        text_quoted(s, k);
    }
}

static void show_many(struct shown *s, const struct feel_value *v, int depth)
{
    bool list = v->kind == FEEL_LIST;
    size_t n = list ? v->list.n : v->context.n;
    text_adds(s, list ? "[" : "{");
    for (size_t i = 0; i < n && !s->failed; i++) {
        text_adds(s, i > 0 ? ", " : "");
        if (!list) {
            text_key(s, v->context.v[i].key);
            text_adds(s, ": ");
        }
        text_show(s, list ? &v->list.v[i] : v->context.v[i].value, depth + 1);
    }
    text_adds(s, list ? "]" : "}");
}

static void show_range(struct shown *s, const struct feel_range *r, int depth)
{
    if (r->low == NULL || r->high == NULL) {
        bool low = r->low != NULL;
        bool closed = low ? r->low_closed : r->high_closed;
        const struct feel_value *end = low ? r->low : r->high;
        text_adds(s, low ? ">" : "<");
        text_adds(s, closed ? "=" : "");
        if (end != NULL) {
            text_show(s, end, depth + 1);
        }
        return;
    }
    text_adds(s, r->low_closed ? "[" : "(");
    text_show(s, r->low, depth + 1);
    text_adds(s, "..");
    text_show(s, r->high, depth + 1);
    text_adds(s, r->high_closed ? "]" : ")");
}

static void text_show(struct shown *s, const struct feel_value *v, int depth)
{
    char small[FEEL_WHEN_TEXT_MAX], *big;
    if (depth > SHOWN_DEPTH || s->failed) {
        s->failed = true;
        return;
    }
    switch (v->kind) {
    case FEEL_NULL:
        text_adds(s, "null");
        break;
    case FEEL_BOOLEAN:
        text_adds(s, v->boolean ? "true" : "false");
        break;
    case FEEL_NUMBER:
        big = bus_arena_alloc(s->mem, FEEL_NUMBER_TEXT_MAX);
        s->failed |= big == NULL;
        text_adds(s, big ? feel_number_text(v, big, FEEL_NUMBER_TEXT_MAX) : "");
        break;
    case FEEL_STRING:
        text_quoted(s, v->string);
        break;
    case FEEL_DATE:
    case FEEL_TIME:
    case FEEL_DATE_TIME:
    case FEEL_MONTHS:
    case FEEL_DAYS:
        text_adds(s, s->literal ? "@\"" : "");
        text_adds(s, feel_temporal_text(v, small));
        text_adds(s, s->literal ? "\"" : "");
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
        text_adds(s, v->kind == FEEL_FUNCTION ? "function"
                     : v->kind == FEEL_THING  ? "{...}"
                                              : "unknown");
        break;
    }
}

static const char *text_finish(struct shown *s)
{
    text_add(s, "", 1);
    return s->failed ? NULL : s->p;
}

const char *feel_literal(struct bus_arena *mem, const struct feel_value *v)
{
    struct shown s = {.mem = mem, .literal = true};
    text_show(&s, v, 0);
    return text_finish(&s);
}

const char *feel_text(struct bus_arena *mem, const struct feel_value *v)
{
    struct shown s = {.mem = mem};
    if (v->kind == FEEL_STRING) {
        text_add(&s, v->string.p, v->string.n);
    } else {
        text_show(&s, v, 0);
    }
    return text_finish(&s);
}
