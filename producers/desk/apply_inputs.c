/* What each step asks: people's own data, and the facts of the dictionary. A
 * field is named by its place in the form's JSON, so that a fault that intake
 * finds stands beside it. */
#include <string.h>

#include "producers/desk/apply.h"

struct inputs
{
    struct applying *a;
    struct desk_group group;
    struct desk_input *list;
};

static const char *apply_value(const struct applying *a, const char *name)
{
    struct bus_strv s = bus_web_field(&a->v->fields, name);
    const char *kept = s.n > 0 ? bus_arena_strndup(a->v->mem, s.p, s.n) : NULL;
    return kept != NULL ? kept : "";
}

static const char *apply_fault(const struct applying *a, const char *name)
{
    for (size_t i = 0; i < a->faults_count; i++) {
        if (strcmp(a->faults[i].pointer, name) == 0) {
            return a->faults[i].text;
        }
    }
    return "";
}

static struct desk_input *
input_add(struct inputs *in, const char *name, const char *label)
{
    static struct desk_input none;
    if (in->list == NULL || in->group.inputs_count == APPLY_INPUTS_MAX) {
        return &none;
    }
    struct desk_input *i = &in->list[in->group.inputs_count++];
    *i = (struct desk_input){.name = name,
                             .label = label,
                             .value = apply_value(in->a, name),
                             .type = "text",
                             .hint = "",
                             .fault = apply_fault(in->a, name)};
    in->group.inputs = in->list;
    return i;
}

static void input_choose(struct inputs *in,
                         struct desk_input *i,
                         const struct desk_choice *choices,
                         size_t n)
{
    struct desk_choice *list =
        bus_arena_dup(in->a->v->mem, choices, n * sizeof(*list));
    for (size_t k = 0; list != NULL && k < n; k++) {
        list[k].chosen = strcmp(list[k].code, i->value) == 0;
    }
    i->chooses = true;
    i->choices = list;
    i->choices_count = list != NULL ? n : 0;
}

static struct inputs inputs_begin(struct applying *a, const char *title)
{
    return (struct inputs){.a = a,
                           .group = {.title = title},
                           .list = bus_arena_calloc(a->v->mem, APPLY_INPUTS_MAX,
                                                    sizeof(struct desk_input))};
}

/* --- people --- */

static void choose_relation(struct inputs *in, struct desk_input *i)
{
    static const char *const codes[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    static const char *const words[] = {"spouse",     "son",    "daughter",
                                        "grandchild", "parent", "grandparent",
                                        "sibling",    "other"};
    const struct bus_fact *f = bus_conf_fact(
        in->a->v->desk->config, BUS_FACT_MEMBER, BUS_STRV("relation"));
    struct desk_choice choices[8];
    for (size_t k = 0; k < 8; k++) {
        choices[k] = (struct desk_choice){.code = codes[k], .name = words[k]};
        const struct bus_fact_word *w = f != NULL ? f->words.items : NULL;
        for (size_t n = 0; w != NULL && n < f->words.count; n++) {
            if (strcmp(w[n].word, words[k]) == 0) {
                choices[k].name =
                    in->a->v->lang == BUS_WEB_EN ? w[n].en : w[n].zh;
            }
        }
    }
    input_choose(in, i, choices, 8);
}

static void choose_bank(struct inputs *in, struct desk_input *i)
{
    const struct desk_visit *v = in->a->v;
    struct desk_choice choices[17] = {
        {.code = "", .name = desk_word_of(v, DESK_WORD_NOT_KNOWN)}};
    size_t n = 1;
    for (size_t k = 0; k < v->desk->config->partners_count && n < 17; k++) {
        const struct bus_conf_partner *p = &v->desk->config->partners[k];
        if (p->kind == BUS_PARTNER_BANK) {
            choices[n++] = (struct desk_choice){
                p->code, v->lang == BUS_WEB_EN ? p->name : p->name_zh, false};
        }
    }
    input_choose(in, i, choices, n);
}

static struct desk_group member_group(struct applying *a, size_t m)
{
    const struct desk_visit *v = a->v;
    static const struct
    {
        const char *key;
        enum desk_word label;
        const char *type;
    } rows[] = {{"name", DESK_WORD_FIELD_NAME, "text"},
                {"id_no", DESK_WORD_FIELD_ID_NO, "text"},
                {"relation", DESK_WORD_FIELD_RELATION, "text"},
                {"phone", DESK_WORD_FIELD_PHONE, "tel"},
                {"address", DESK_WORD_FIELD_ADDRESS, "text"},
                {"bank_code", DESK_WORD_FIELD_BANK, "text"},
                {"account", DESK_WORD_FIELD_ACCOUNT, "numeric"},
                {"account_holder", DESK_WORD_FIELD_HOLDER, "text"}};
    struct inputs in =
        inputs_begin(a, m == 0 ? desk_word_of(v, DESK_WORD_HEAD_MEMBER)
                               : desk_say_with(v, DESK_WORD_MEMBER,
                                               desk_printf(v, "%zu", m + 1)));
    size_t n = m == 0 ? sizeof(rows) / sizeof(rows[0]) : 3;
    for (size_t i = 0; i < n; i++) {
        if (m == 0 && i == 2) {
            continue; /* he is the head */
        }
        struct desk_input *input =
            input_add(&in, desk_printf(v, "/members/%zu/%s", m, rows[i].key),
                      desk_word_of(v, rows[i].label));
        input->type = rows[i].type;
        if (i == 2) {
            choose_relation(&in, input);
        } else if (strcmp(rows[i].key, "bank_code") == 0) {
            choose_bank(&in, input);
        }
    }
    return in.group;
}

/* --- facts --- */

static void
fact_choices(struct inputs *in, struct desk_input *i, const struct bus_fact *f)
{
    const struct desk_visit *v = in->a->v;
    const struct bus_fact_word *w = f->words.items;
    struct desk_choice choices[65] = {
        {.code = "", .name = desk_word_of(v, DESK_WORD_NOT_KNOWN)}};
    size_t n = 1;
    if (f->type == BUS_FACT_BOOLEAN) {
        choices[n++] =
            (struct desk_choice){"true", desk_word_of(v, DESK_WORD_YES), false};
        choices[n++] =
            (struct desk_choice){"false", desk_word_of(v, DESK_WORD_NO), false};
    }
    for (size_t k = 0; f->type == BUS_FACT_ENUM && k < f->words.count && n < 65;
         k++) {
        choices[n++] = (struct desk_choice){
            w[k].word, v->lang == BUS_WEB_EN ? w[k].en : w[k].zh, false};
    }
    input_choose(in, i, choices, n);
}

static struct desk_input *
fact_add(struct inputs *in, const struct bus_fact *f, const char *base)
{
    const struct desk_visit *v = in->a->v;
    struct desk_input *i = input_add(in, desk_printf(v, "%s/%s", base, f->name),
                                     v->lang == BUS_WEB_EN ? f->en : f->zh);
    if (f->type == BUS_FACT_BOOLEAN || f->type == BUS_FACT_ENUM) {
        fact_choices(in, i, f);
    } else if (f->type == BUS_FACT_MONEY_FEN) {
        i->type = "decimal";
        i->hint = desk_word_of(v, DESK_WORD_HINT_YUAN);
    } else if (f->type == BUS_FACT_DATE) {
        i->hint = desk_word_of(v, DESK_WORD_HINT_DAY);
    } else if (f->type != BUS_FACT_TEXT) {
        i->type = "numeric";
        i->hint = desk_word_of(v, DESK_WORD_HINT_NONE);
    }
    return i;
}

static void facts_add(struct inputs *in, int scope, const char *base)
{
    const struct bus_config *c = in->a->v->desk->config;
    for (size_t k = 0; k < c->facts_count; k++) {
        if (c->facts[k].scope == scope && desk_ask_may(&c->facts[k])) {
            (void)fact_add(in, &c->facts[k], base);
        }
    }
}

/* "Not clear" stands last there, and nothing is chosen before he chooses. */
static void question_choices(const struct desk_visit *v, struct desk_input *i)
{
    struct desk_choice *list =
        bus_arena_calloc(v->mem, i->choices_count + 1, sizeof(*list));
    for (size_t k = 0; list != NULL && k < i->choices_count; k++) {
        list[k] = i->choices[(k + 1) % i->choices_count];
        list[k].chosen = list[k].chosen && list[k].code[0] != '\0';
    }
    i->choices = list;
    i->choices_count = list != NULL ? i->choices_count : 0;
}

struct desk_group desk_apply_question(struct applying *a,
                                      const struct desk_question *q)
{
    const struct desk_visit *v = a->v;
    bool of_members = q->fact->scope == BUS_FACT_MEMBER;
    struct inputs in =
        inputs_begin(a, v->lang == BUS_WEB_EN ? q->fact->en : q->fact->zh);
    for (size_t m = 0; m < (of_members ? a->members : 1); m++) {
        if (of_members && (q->members >> m & 1) == 0) {
            continue;
        }
        struct desk_input *i = fact_add(
            &in, q->fact,
            of_members ? desk_printf(v, "/members/%zu/facts", m) : "/facts");
        i->label = of_members
                       ? apply_value(a, desk_printf(v, "/members/%zu/name", m))
                       : desk_word_of(v, DESK_WORD_HOUSEHOLD_ANSWERS);
        if (i->label[0] == '\0') {
            i->label = desk_say_with(v, DESK_WORD_MEMBER,
                                     desk_printf(v, "%zu", m + 1));
        }
        if (i->chooses) {
            question_choices(v, i);
        }
    }
    return in.group;
}

/* --- what stands before sending --- */

static void choose_village(struct inputs *in, struct desk_input *i)
{
    struct desk_visit *v = in->a->v;
    const struct bus_config *c = v->desk->config;
    const struct bus_register *held = NULL;
    bus_catalogue_register_watch_hold(v->desk->registers, &held);
    struct bus_web_scope scope =
        bus_web_scope_of(&v->caller, c, held, desk_today());
    bus_catalogue_register_watch_release(v->desk->registers, &held);
    struct desk_choice *list =
        bus_arena_calloc(v->mem, c->villages_count + 1, sizeof(*list));
    size_t n = 0;
    for (size_t k = 0; list != NULL && k < c->villages_count; k++) {
        const struct bus_village *village = &c->villages[k];
        if (bus_web_may_place(&scope, c, village->code)) {
            list[n++] = (struct desk_choice){
                village->code,
                desk_printf(v, "%s%s", village->town, village->name), false};
        }
    }
    input_choose(in, i, list, n);
}

static struct desk_group check_group(struct applying *a)
{
    const struct desk_visit *v = a->v;
    struct desk_choice channels[] = {
        {"WEB", desk_word_of(v, DESK_WORD_CHANNEL_WEB), false},
        {"SPOKEN", desk_word_of(v, DESK_WORD_CHANNEL_SPOKEN), false},
        {"TELEPHONE", desk_word_of(v, DESK_WORD_CHANNEL_TELEPHONE), false}};
    struct desk_choice consent[] = {
        {"", desk_word_of(v, DESK_WORD_NO), false},
        {"true", desk_word_of(v, DESK_WORD_CONSENT_YES), false}};
    struct inputs in = inputs_begin(a, desk_word_of(v, DESK_WORD_STEP_CHECK));
    choose_village(&in, input_add(&in, "/division_code",
                                  desk_word_of(v, DESK_WORD_FIELD_VILLAGE)));
    input_choose(
        &in,
        input_add(&in, "/channel", desk_word_of(v, DESK_WORD_FIELD_CHANNEL)),
        channels, 3);
    (void)input_add(&in, "/evidence/read_back",
                    desk_word_of(v, DESK_WORD_FIELD_READ_BACK));
    (void)input_add(&in, "/evidence/call_reference",
                    desk_word_of(v, DESK_WORD_FIELD_CALL));
    input_choose(
        &in,
        input_add(&in, "/consent", desk_word_of(v, DESK_WORD_FIELD_CONSENT)),
        consent, 2);
    return in.group;
}

const struct desk_group *
desk_apply_groups(struct applying *a, enum apply_step step, size_t *ret_n)
{
    const struct desk_visit *v = a->v;
    struct desk_group *groups =
        bus_arena_calloc(v->mem, APPLY_MEMBERS_MAX + 1, sizeof(*groups));
    bool each = step == APPLY_MEMBERS || step == APPLY_PEOPLE;
    size_t n = each ? a->members : 1;
    *ret_n = groups != NULL ? n : 0;
    for (size_t m = 0; groups != NULL && m < n; m++) {
        const char *name =
            apply_value(a, desk_printf(v, "/members/%zu/name", m));
        if (step == APPLY_MEMBERS) {
            groups[m] = member_group(a, m);
        } else if (step == APPLY_CHECK) {
            groups[m] = check_group(a);
        } else {
            bool people = step == APPLY_PEOPLE;
            struct inputs in = inputs_begin(
                a,
                people ? name : desk_word_of(v, DESK_WORD_HOUSEHOLD_ANSWERS));
            facts_add(&in, people ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
                      people ? desk_printf(v, "/members/%zu/facts", m)
                             : "/facts");
            groups[m] = in.group;
        }
    }
    return groups;
}
