/* The form of a request, and what it said. */
#include <string.h>

#include "producers/desk/requests/requests.h"

#define ROWS_MAX 80

/* Items that it names, each once, behind "the whole application". */
static void request_items(const struct desk_visit *v,
                          const json_t *a_case,
                          struct desk_requesting *page)
{
    static const char *const lists[] = {"doing", "got", "not", "assignments",
                                        "items"};
    struct desk_choice *to = bus_arena_calloc(v->mem, ROWS_MAX, sizeof(*to));
    size_t n = 0;
    if (to == NULL) {
        return;
    }
    to[n++] = (struct desk_choice){"", desk_word_of(v, DESK_WORD_REQUEST_WHOLE),
                                   false};
    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        const json_t *list = json_object_get(a_case, lists[k]);
        for (size_t i = 0; i < json_array_size(list) && n < ROWS_MAX; i++) {
            const json_t *item =
                json_object_get(json_array_get(list, i), "item");
            const char *code = json_string_value(json_object_get(item, "code"));
            size_t before = 0;
            while (code != NULL && before < n &&
                   strcmp(to[before].code, code) != 0) {
                before++;
            }
            if (code != NULL && before == n) {
                to[n++] = (struct desk_choice){
                    desk_printf(v, "%s", code),
                    desk_printf(v, "%s", desk_json_text(v, item)), false};
            }
        }
    }
    page->items = to;
    page->items_count = n;
}

/* What is wanted of the family, as questions. */
static void request_groups(struct desk_visit *v,
                           const json_t *wanted,
                           struct desk_requesting *page)
{
    size_t n = json_array_size(wanted);
    struct applying *a = bus_arena_calloc(v->mem, 1, sizeof(*a));
    struct desk_group *to = bus_arena_calloc(v->mem, n + 1, sizeof(*to));
    for (size_t i = 0; a != NULL && to != NULL && i < n; i++) {
        const json_t *row = json_array_get(wanted, i), *members;
        const char *code = json_string_value(
            json_object_get(json_object_get(row, "fact"), "code"));
        const char *dot = code != NULL ? strchr(code, '.') : NULL;
        struct desk_question q = {.members = 0};
        *a = (struct applying){.v = v, .members = APPLY_MEMBERS_MAX};
        members = json_object_get(row, "members");
        for (size_t m = 0; m < json_array_size(members); m++) {
            json_int_t no = json_integer_value(
                json_object_get(json_array_get(members, m), "no"));
            q.members |= no >= 1 && no <= 64 ? UINT64_C(1) << (no - 1) : 0;
        }
        if (dot != NULL) {
            bool of_member = code[0] == 'm';
            q.fact =
                bus_conf_fact(v->desk->config,
                              of_member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
                              bus_strv(dot + 1));
        }
        if (q.fact != NULL && desk_ask_may(q.fact)) {
            to[page->groups_count++] = desk_apply_question(a, &q);
        }
    }
    page->groups = to;
}

void desk_request_form(struct desk_visit *v,
                       const json_t *a_case,
                       struct desk_requesting *page)
{
    static const char *const kinds[] = {"SUPPLEMENT", "OBJECT", "WITHDRAW"};
    page->kinds =
        desk_choices(v, "household_request_kind", kinds, 3, "SUPPLEMENT");
    page->kinds_count = 3;
    request_items(v, a_case, page);
    request_groups(v, json_object_get(a_case, "wanted"), page);
}

void desk_request_said(const struct desk_visit *v, json_t *to)
{
    static const char *const texts[] = {"kind", "item", "reason"};
    bool adds = bus_strv_is(bus_web_field(&v->fields, "kind"), "SUPPLEMENT");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct bus_strv s = bus_web_field(&v->fields, texts[i]);
        if (s.n > 0 && !(adds && i == 1)) {
            (void)json_object_set_new(to, texts[i], json_stringn(s.p, s.n));
        }
    }
    if (adds) {
        desk_apply_facts(v, to);
    }
}

const struct desk_line *desk_request_faults(const struct desk_visit *v,
                                            const json_t *answer,
                                            size_t *ret_n)
{
    const json_t *list = json_object_get(answer, "faults");
    size_t n = json_array_size(list);
    struct desk_line *lines = bus_arena_calloc(v->mem, n + 1, sizeof(*lines));
    *ret_n = lines != NULL ? n : 0;
    for (size_t i = 0; i < *ret_n; i++) {
        lines[i].text =
            desk_printf(v, "%s", desk_json_text(v, json_array_get(list, i)));
    }
    return lines;
}
