/* The ledger's document of a case as the template shows it. */
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/policy/award_days.h"
#include "bus/policy/process.h"
#include "bus/role/process.h"
#include "producers/desk/case_page.h"
#include "producers/desk/found/found.h"

#define LINES_MAX 24

static const char *
text_at(const struct desk_visit *v, const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    const char *s = json_is_object(value) ? desk_json_text(v, value)
                                          : json_string_value(value);
    return s != NULL ? desk_printf(v, "%s", s) : "";
}

const char *desk_case_code(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    const char *s = json_string_value(
        json_is_object(value) ? json_object_get(value, "code") : value);
    return s != NULL ? s : "";
}

/* "2026-07-01T09:10:11+08:00" -> "2026-07-01 09:10" */
static const char *
time_at(const struct desk_visit *v, const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s == NULL || strlen(s) < 16
               ? (s ? desk_printf(v, "%s", s) : "")
               : desk_printf(v, "%.10s %.5s", s, s + 11);
}

static int64_t fen_at(const json_t *row, const char *key, bool *ret_has)
{
    const json_t *value = json_object_get(row, key);
    *ret_has = json_is_integer(value);
    return json_integer_value(value);
}

static void *rows_for(const struct desk_visit *v,
                      const json_t *list,
                      size_t bytes,
                      size_t *ret_n)
{
    size_t n = json_array_size(list);
    void *rows = bus_arena_calloc(v->mem, n + 1, bytes);
    *ret_n = rows != NULL ? n : 0;
    return rows;
}

/* --- what the rules found --- */

/* A text each; of objects the one in "text", "fact" or themselves. */
static const struct desk_line *
lines_of(const struct desk_visit *v, const json_t *list, size_t *ret_n)
{
    struct desk_line *lines =
        bus_arena_calloc(v->mem, LINES_MAX, sizeof(*lines));
    size_t n = json_array_size(list);
    *ret_n = 0;
    for (size_t i = 0; lines != NULL && i < n && *ret_n < LINES_MAX; i++) {
        const json_t *row = json_array_get(list, i);
        const char *text = desk_json_text(v, row);
        text = text[0] != '\0' ? desk_printf(v, "%s", text)
                               : text_at(v, row, "fact");
        if (text[0] != '\0') {
            lines[(*ret_n)++].text = text;
        }
    }
    return lines;
}

const struct desk_judged *desk_case_judged(const struct desk_visit *v,
                                           const json_t *document,
                                           const char *item,
                                           size_t *ret_n)
{
    const json_t *list = json_object_get(document, "items");
    size_t n = 0, kept = 0;
    struct desk_judged *rows = rows_for(v, list, sizeof(*rows), &n);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(list, i);
        if (item[0] != '\0' && strcmp(desk_case_code(row, "item"), item) != 0) {
            continue;
        }
        struct desk_judged *to = &rows[kept++];
        to->item = text_at(v, row, "item");
        to->verdict = text_at(v, row, "verdict");
        to->amount_fen = fen_at(row, "amount_fen", &to->has_amount);
        to->reasons =
            lines_of(v, json_object_get(row, "reasons"), &to->reasons_count);
        to->missing =
            lines_of(v, json_object_get(row, "missing"), &to->missing_count);
    }
    *ret_n = kept;
    return rows;
}

/* --- what is in hand --- */

bool desk_award_stands(const struct desk_visit *v,
                       const char *item,
                       bool granted)
{
    const struct bus_policy_catalogue *c = v->desk->catalogue;
    struct bus_policy_item it;
    int at = granted ? bus_policy_item_find(c, bus_strv(item)) : -1;
    return at >= 0 && bus_policy_item_at(c, (size_t)at, desk_today(), &it) &&
           bus_policy_award_lasts(&it);
}

/* Of what was granted: dispatch has it, and it was not stopped. */
static bool assigned_stands(const struct desk_visit *v, const json_t *row)
{
    const char *status = desk_case_code(row, "status");
    bool granted = strcmp(status, "DISPATCHED") == 0 ||
                   strcmp(status, "ENDED_DELIVERED") == 0 ||
                   strcmp(status, "ENDED_SERVICE") == 0;
    return desk_award_stands(v, desk_case_code(row, "item"),
                             granted &&
                                 desk_case_code(row, "stopped_on")[0] == '\0');
}

/* Before what stands is cut or stopped its people are told and heard. */
static void hearing_kinds(const struct desk_visit *v, struct desk_assigned *to)
{
    static const char *const codes[] = {"NOTICE_POSTED", "HEARD",
                                        "NOTICE_EXPIRED"};
    to->kinds_count = sizeof(codes) / sizeof(codes[0]);
    to->kinds = desk_choices(v, "step_kind", codes, to->kinds_count, "");
}

/* The kinds that the item's process asks for. */
static void assigned_kinds(const struct desk_visit *v,
                           const char *item,
                           struct desk_assigned *to)
{
    const struct bus_policy_catalogue *c = v->desk->catalogue;
    const char *codes[SA_STEP_KIND_UNKNOWN];
    struct bus_policy_process asked = {0};
    int at = bus_policy_item_find(c, bus_strv(item));
    if (at >= 0) {
        bus_policy_process_at(c, (size_t)at, desk_today(), &asked);
    }
    for (int k = 0; k < SA_STEP_KIND_UNKNOWN; k++) {
        enum bus_policy_step step = bus_role_process_step((enum sa_step_kind)k);
        if (step < BUS_POLICY_STEPS &&
            (asked.steps & BUS_POLICY_STEP_BIT(step)) != 0) {
            codes[to->kinds_count++] = sa_step_kind_word((enum sa_step_kind)k);
        }
    }
    to->kinds = desk_choices(v, "step_kind", codes, to->kinds_count, "");
}

static bool assigned_surveys(const struct desk_assigned *of)
{
    for (size_t i = 0; i < of->kinds_count; i++) {
        if (strcmp(of->kinds[i].code, "SURVEYED") == 0) {
            return true;
        }
    }
    return false;
}

static const char *once_of(const struct desk_visit *v)
{
    struct bus_id id = bus_id_fresh(bus_clock_system.wall_ms(NULL));
    char text[BUS_ID_TEXT + 1];
    return desk_printf(v, "%s", bus_id_text(&id, text));
}

static void fill_assigned(struct desk_visit *v,
                          const json_t *document,
                          struct desk_case *page)
{
    const json_t *list = json_object_get(document, "assignments");
    size_t n = 0, found_count = 0;
    const struct desk_group *found =
        desk_found_groups(v, document, &found_count);
    struct desk_assigned *rows = rows_for(v, list, sizeof(*rows), &n);
    for (size_t i = 0; i < n; i++) {
        const json_t *row = json_array_get(list, i);
        const char *item = desk_case_code(row, "item");
        bool open = strcmp(desk_case_code(row, "status"), "ASSIGNED") == 0;
        bool own = v->decides && strcmp(desk_case_code(row, "department"),
                                        v->department) == 0;
        bool stands = assigned_stands(v, row);
        struct desk_assigned *to = &rows[i];
        *to = (struct desk_assigned){.case_id = page->case_id,
                                     .assignment_id =
                                         text_at(v, row, "assignment_id"),
                                     .item = text_at(v, row, "item"),
                                     .status = text_at(v, row, "status"),
                                     .verdict = text_at(v, row, "verdict"),
                                     .due = text_at(v, row, "due"),
                                     .reason = text_at(v, row, "reason"),
                                     .stopped = text_at(v, row, "stopped_on"),
                                     .once = once_of(v)};
        to->amount_fen = fen_at(row, "amount_fen", &to->has_amount);
        if (stands) {
            hearing_kinds(v, to);
        } else {
            assigned_kinds(v, item, to);
        }
        to->may_step =
            (open || stands) && to->kinds_count > 0 && (own || v->assists);
        if (to->may_step && assigned_surveys(to)) {
            to->found = found;
            to->found_count = found_count;
        }
        to->may_decide = open && own;
        to->may_end = stands && own;
        to->may_payee = (open || stands) && own;
    }
    page->assigned = rows;
    page->assigned_count = n;
}

/* --- what was done --- */

static void fill_decided(const struct desk_visit *v,
                         const json_t *document,
                         struct desk_case *page)
{
    const json_t *list = json_object_get(document, "decisions");
    struct desk_decided *rows =
        rows_for(v, list, sizeof(*rows), &page->decided_count);
    for (size_t i = 0; i < page->decided_count; i++) {
        const json_t *row = json_array_get(list, i);
        rows[i] = (struct desk_decided){
            .at = time_at(v, row, "at"),
            .item = text_at(v, row, "item"),
            .outcome = text_at(v, row, "outcome"),
            .by = text_at(v, row, "decided_by"),
            .reason = text_at(v, row, "reason_text"),
            .delivery = text_at(v, row, "delivery"),
            .is_accepted = json_is_true(json_object_get(row, "accepted"))};
        rows[i].amount_fen = fen_at(row, "amount_fen", &rows[i].has_amount);
    }
    page->decided = rows;
}

static void fill_paid(const struct desk_visit *v,
                      const json_t *document,
                      struct desk_case *page)
{
    const json_t *list = json_object_get(document, "payments");
    struct desk_paid *rows =
        rows_for(v, list, sizeof(*rows), &page->paid_count);
    for (size_t i = 0; i < page->paid_count; i++) {
        const json_t *row = json_array_get(list, i);
        bool has = false;
        rows[i] = (struct desk_paid){.at = time_at(v, row, "at"),
                                     .item = text_at(v, row, "item"),
                                     .partner = text_at(v, row, "partner"),
                                     .outcome = text_at(v, row, "outcome")};
        rows[i].amount_fen = fen_at(row, "amount_fen", &has);
    }
    page->paid = rows;
}

static void fill_happened(const struct desk_visit *v,
                          const json_t *document,
                          struct desk_case *page)
{
    const json_t *list = json_object_get(document, "timeline");
    struct desk_happened *rows =
        rows_for(v, list, sizeof(*rows), &page->happened_count);
    for (size_t i = 0; i < page->happened_count; i++) {
        const json_t *row = json_array_get(list, i);
        const char *record = desk_case_code(row, "record");
        rows[i] = (struct desk_happened){
            .at = time_at(v, row, "at"),
            .record = desk_printf(v, "%s", desk_code_text(v, "record", record)),
            .word = text_at(v, row, "word"),
            .item = text_at(v, row, "item"),
            .partner = text_at(v, row, "partner"),
            .note = text_at(v, row, "note")};
    }
    page->happened = rows;
}

void desk_case_fill(struct desk_visit *v,
                    const json_t *document,
                    struct desk_case *page)
{
    page->case_id = text_at(v, document, "case_id");
    page->case_no =
        desk_say_with(v, DESK_WORD_CASE_NO,
                      desk_printf(v, "%d",
                                  (int)json_integer_value(
                                      json_object_get(document, "case_no"))));
    page->village = text_at(v, document, "division");
    page->state = text_at(v, document, "state");
    page->opened_at = time_at(v, document, "opened_at");
    page->closed_at = time_at(v, document, "closed_at");
    page->judged = desk_case_judged(v, document, "", &page->judged_count);
    fill_assigned(v, document, page);
    fill_decided(v, document, page);
    fill_paid(v, document, page);
    fill_happened(v, document, page);
}
