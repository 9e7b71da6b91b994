/* The page of each step of applying, and what came with one. */
#include <stdio.h>
#include <string.h>

#include "bus/base/hex.h"
#include "bus/wire/crypt.h"
#include "producers/desk/apply.h"

#define REFERENCE_HEX 32

static const struct
{
    const char *name;
    enum desk_word title;
} steps[] = {{"members", DESK_WORD_STEP_MEMBERS},
             {"household", DESK_WORD_STEP_HOUSEHOLD},
             {"people", DESK_WORD_STEP_PEOPLE},
             {"check", DESK_WORD_STEP_CHECK}};

static bool is_answer(const struct bus_web_field *f)
{
    return f->name.n > 0 && f->name.p[0] == '/';
}

bool desk_apply_kept(const struct bus_web_field *f)
{
    return f->value.n > 0 && (is_answer(f) || bus_strv_is(f->name, DESK_ASKED));
}

static bool
in_groups(const struct desk_group *groups, size_t n, struct bus_strv name)
{
    for (size_t g = 0; g < n; g++) {
        for (size_t i = 0; i < groups[g].inputs_count; i++) {
            if (bus_strv_is(name, groups[g].inputs[i].name)) {
                return true;
            }
        }
    }
    return false;
}

/* --- the page --- */

const struct desk_hidden *desk_apply_hidden(const struct applying *a,
                                            const struct desk_group *groups,
                                            size_t groups_count,
                                            size_t *ret_n)
{
    const struct bus_web_fields *f = &a->v->fields;
    struct bus_arena *mem = a->v->mem;
    struct desk_hidden *list =
        bus_arena_calloc(mem, f->count + 1, sizeof(*list));
    *ret_n = 0;
    for (size_t i = 0; list != NULL && i < f->count; i++) {
        if (desk_apply_kept(&f->list[i]) &&
            !in_groups(groups, groups_count, f->list[i].name)) {
            list[(*ret_n)++] = (struct desk_hidden){
                bus_arena_strndup(mem, f->list[i].name.p, f->list[i].name.n),
                bus_arena_strndup(mem, f->list[i].value.p, f->list[i].value.n)};
        }
    }
    return list;
}

static const char *answer_text(const struct desk_input *i)
{
    for (size_t c = 0; i->chooses && c < i->choices_count; c++) {
        if (i->choices[c].chosen) {
            return i->choices[c].name;
        }
    }
    return i->value;
}

/* What was said in each group; what is not known is left out. */
static void apply_answers(struct applying *a, struct desk_apply *page)
{
    static const enum apply_step told[] = {APPLY_MEMBERS, APPLY_HOUSEHOLD,
                                           APPLY_PEOPLE};
    struct desk_answers *all =
        bus_arena_calloc(a->v->mem, 2 * APPLY_MEMBERS_MAX + 2, sizeof(*all));
    for (size_t s = 0; all != NULL && s < 3; s++) {
        size_t n = 0;
        const struct desk_group *groups = desk_apply_groups(a, told[s], &n);
        for (size_t g = 0; g < n; g++) {
            struct desk_answers *to = &all[page->answers_count++];
            struct desk_answer *list = bus_arena_calloc(
                a->v->mem, groups[g].inputs_count + 1, sizeof(*list));
            to->title = groups[g].title;
            to->go = steps[told[s]].name;
            to->list = list;
            for (size_t i = 0; list != NULL && i < groups[g].inputs_count;
                 i++) {
                const struct desk_input *input = &groups[g].inputs[i];
                if (input->value[0] != '\0') {
                    list[to->list_count++] =
                        (struct desk_answer){input->label, answer_text(input)};
                }
            }
        }
    }
    page->answers = all;
}

/* The groups of every step: made once, for many faults look into them. */
struct apply_labels
{
    const struct desk_group *groups[APPLY_CHECK + 1];
    size_t count[APPLY_CHECK + 1];
};

static const char *fault_label(struct applying *a,
                               const struct apply_labels *of,
                               const char *pointer)
{
    for (int s = APPLY_MEMBERS; s <= APPLY_CHECK; s++) {
        for (size_t g = 0; g < of->count[s]; g++) {
            const struct desk_group *group = &of->groups[s][g];
            for (size_t i = 0; i < group->inputs_count; i++) {
                if (strcmp(group->inputs[i].name, pointer) == 0) {
                    return desk_printf(a->v, "%s · %s", group->title,
                                       group->inputs[i].label);
                }
            }
        }
    }
    return pointer[0] != '\0' ? pointer : "-";
}

static void apply_faults(struct applying *a, struct desk_apply *page)
{
    struct desk_answer *list =
        bus_arena_calloc(a->v->mem, a->faults_count + 1, sizeof(*list));
    struct apply_labels labels = {{NULL}, {0}};
    for (int s = APPLY_MEMBERS; a->faults_count > 0 && s <= APPLY_CHECK; s++) {
        labels.groups[s] =
            desk_apply_groups(a, (enum apply_step)s, &labels.count[s]);
    }
    for (size_t i = 0; list != NULL && i < a->faults_count; i++) {
        list[page->faults_count++] = (struct desk_answer){
            fault_label(a, &labels, a->faults[i].pointer), a->faults[i].text};
    }
    page->faults = list;
}

void desk_apply_show(struct applying *a, int status)
{
    const struct desk_visit *v = a->v;
    bool check = a->step == APPLY_CHECK;
    struct desk_apply page = {
        .head = desk_head_of(v, DESK_WORD_APPLY, DESK_AT_APPLY),
        .at = steps[a->step].name,
        .step = desk_word_of(v, steps[a->step].title),
        .reference = a->reference,
        .draft = a->draft,
        .problem = a->problem,
        .is_first = a->step == APPLY_MEMBERS,
        .is_members =
            a->step == APPLY_MEMBERS && a->members < APPLY_MEMBERS_MAX,
        .is_check = check,
        .next = check                      ? ""
                : a->step == APPLY_MEMBERS ? "questions"
                                           : steps[a->step + 1].name,
        .back = a->step > 0 ? steps[a->step - 1].name : ""};
    struct bus_buf out;
    page.head.here =
        v->lang == BUS_WEB_EN ? "/apply?lang=zh" : "/apply?lang=en";
    page.groups = desk_apply_groups(a, a->step, &page.groups_count);
    if (check) {
        apply_answers(a, &page);
    }
    apply_faults(a, &page);
    page.hidden = desk_apply_hidden(a, page.groups, page.groups_count,
                                    &page.hidden_count);
    struct bus_web_page p = desk_page_begin(v, &out);
    desk_page_apply(&p, &page);
    desk_page_end(v, status, &p);
}

/* --- reading what came --- */

static size_t members_said(const struct bus_web_fields *f)
{
    size_t most = 1;
    for (size_t i = 0; i < f->count; i++) {
        char name[64];
        unsigned long m = 0;
        if (f->list[i].name.n < sizeof(name) && is_answer(&f->list[i]) &&
            sscanf(bus_strv_copy(name, sizeof(name), f->list[i].name),
                   "/members/%2lu/", &m) == 1 &&
            m < APPLY_MEMBERS_MAX && m + 1 > most) {
            most = m + 1;
        }
    }
    return most;
}

static const char *reference_of(const struct desk_visit *v)
{
    struct bus_strv given = bus_web_field(&v->fields, "reference");
    uint8_t bytes[REFERENCE_HEX / 2];
    char hex[REFERENCE_HEX + 1];
    struct bus_err err;
    if (given.n == REFERENCE_HEX && bus_hex_read(given, bytes, sizeof(bytes))) {
        return desk_printf(v, "%.*s", BUS_STRV_ARG(given));
    }
    if (bus_wire_random(bytes, sizeof(bytes), &err) != BUS_OK) {
        return "";
    }
    bus_hex_write(bytes, sizeof(bytes), hex);
    return desk_printf(v, "%s", hex);
}

struct applying *desk_applying(struct desk_visit *v)
{
    struct applying *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    if (a != NULL) {
        *a = (struct applying){.v = v,
                               .members = members_said(&v->fields),
                               .reference = reference_of(v),
                               .problem = "",
                               .draft = "",
                               .until = "",
                               .go = ""};
    }
    return a;
}

const char *desk_apply_step_name(enum apply_step step)
{
    return steps[step].name;
}
