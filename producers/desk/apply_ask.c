/* One question a page. The catalogue is tried on a worker; its arena is the
 * question's own. */
#include <string.h>

#include "bus/base/heap.h"
#include "bus/run/work.h"
#include "producers/desk/apply.h"

#define ASK_BYTES (64u << 20) /* of an evaluation, at most */

struct apply_asking
{
    struct applying *a;
    struct desk_asking asking;
    struct bus_arena mem; /* the worker's */
    struct desk_question q;
    int rc;
    struct bus_err err;
};

/* "member.labour": is it the fact of this field? */
static bool asks_field(struct bus_strv fact, struct bus_strv field)
{
    const char *dot = memchr(fact.p, '.', fact.n);
    size_t n = dot != NULL ? fact.n - (size_t)(dot + 1 - fact.p) : 0;
    return n > 0 && field.n > n &&
           memcmp(field.p + field.n - n, dot + 1, n) == 0 &&
           field.p[field.n - n - 1] == '/' &&
           (fact.p[0] == 'm') ==
               (field.n > 9 && memcmp(field.p, "/members/", 9) == 0);
}

/* The question he looked at and the one before it were not asked. */
static void ask_forget(struct applying *a)
{
    struct bus_web_fields *f = &a->v->fields;
    for (int last = 0; last < 2; last++) {
        size_t at = f->count, kept = 0;
        while (at > 0 && !bus_strv_is(f->list[at - 1].name, DESK_ASKED)) {
            at--;
        }
        struct bus_strv fact = at > 0 ? f->list[at - 1].value : BUS_STRV("");
        for (size_t i = 0; i < f->count; i++) {
            if (i + 1 != at && !asks_field(fact, f->list[i].name)) {
                f->list[kept++] = f->list[i];
            }
        }
        f->count = kept;
    }
}

static void ask_run(void *data)
{
    struct apply_asking *s = data;
    s->rc = desk_ask_next(&s->asking, &s->mem, &s->q, &s->err);
}

static void ask_show(struct apply_asking *s)
{
    struct applying *a = s->a;
    const struct desk_visit *v = a->v;
    struct desk_group group = desk_apply_question(a, &s->q);
    struct desk_ask page = {
        .head = desk_head_of(v, DESK_WORD_APPLY, DESK_AT_APPLY),
        .reference = a->reference,
        .draft = a->draft,
        .fact = desk_printf(v, "%s.%s",
                            s->q.fact->scope == BUS_FACT_MEMBER ? "member"
                                                                : "household",
                            s->q.fact->name),
        .title = group.title,
        .items = s->q.items,
        .has_before = bus_web_field(&v->fields, DESK_ASKED).n > 0,
        .inputs = group.inputs,
        .inputs_count = group.inputs_count};
    struct bus_buf out;
    page.head.here =
        v->lang == BUS_WEB_EN ? "/apply?lang=zh" : "/apply?lang=en";
    page.hidden = desk_apply_hidden(a, &group, 1, &page.hidden_count);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_ask(&p, &page);
    desk_page_end(v, 200, &p);
}

static void ask_done(void *data)
{
    struct apply_asking *s = data;
    bus_arena_fini(&s->mem);
    if (s->rc != BUS_OK) {
        desk_away(s->a->v);
    } else if (s->q.fact == NULL) {
        s->a->step = APPLY_CHECK;
        desk_apply_show(s->a, 200);
    } else {
        ask_show(s);
    }
}

void desk_apply_ask(struct applying *a, bool back)
{
    const struct desk_visit *v = a->v;
    struct apply_asking *s = bus_arena_calloc(v->mem, 1, sizeof(*s));
    if (s == NULL) {
        desk_away(v);
        return;
    }
    if (back) {
        ask_forget(a);
    }
    s->a = a;
    s->asking = (struct desk_asking){.config = v->desk->config,
                                     .catalogue = v->desk->catalogue,
                                     .fields = &v->fields,
                                     .members = a->members,
                                     .day = desk_today()};
    bus_arena_init(&s->mem, 0, ASK_BYTES);
    if (bus_run_work(v->desk->frame->loop, ask_run, ask_done, s, &s->err) !=
        BUS_OK) {
        bus_arena_fini(&s->mem);
        desk_away(v);
    }
}
