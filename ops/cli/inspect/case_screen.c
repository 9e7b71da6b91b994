#include "ops/cli/inspect/case_screen.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define ID_SHOWN      13 /* characters of an id that is only for recognising */
#define CHANGES_SHOWN 2  /* of an item, unless all are asked for */

static const char *case_screen_str(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

static bool case_screen_there(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    return v != NULL && !json_is_null(v);
}

/* A text's Chinese, and its English. */
static void case_screen_report(const struct case_screen *s, const json_t *text)
{
    (void)fputs(case_screen_str(text, "zh"), s->to);
    if (s->en &&
        strcmp(case_screen_str(text, "zh"), case_screen_str(text, "en")) != 0) {
        (void)fprintf(s->to, " [%s]", case_screen_str(text, "en"));
    }
}

static void
report_at(const struct case_screen *s, const json_t *object, const char *key)
{
    case_screen_report(s, json_object_get(object, key));
}

static void
case_screen_label(const struct case_screen *s, const char *zh, const char *en)
{
    (void)fputs(zh, s->to);
    if (s->en) {
        (void)fprintf(s->to, " [%s]", en);
    }
    (void)fputc(' ', s->to);
}

static void
heading(const struct case_screen *s, const char *zh, const char *en, size_t n)
{
    (void)fprintf(s->to, "\n%s%s%s", zh, s->en ? " " : "", s->en ? en : "");
    (void)fprintf(s->to, n == 0 ? ": -\n" : " (%zu)\n", n);
}

static void case_screen_money(const struct case_screen *s, const json_t *object)
{
    if (case_screen_there(object, "amount_fen")) {
        json_int_t fen =
            json_integer_value(json_object_get(object, "amount_fen"));
        (void)fprintf(s->to, " %" JSON_INTEGER_FORMAT ".%02d元", fen / 100,
                      (int)(fen % 100));
    }
}

/* "2026-10-09T08:10:11+08:00" as "2026-10-09 08:10:11". */
static void case_screen_when(const struct case_screen *s, const char *at)
{
    const char *t = strchr(at, 'T');
    if (t == NULL) {
        (void)fputs(at, s->to);
    } else {
        (void)fprintf(s->to, "%.*s %.8s", (int)(t - at), at, t + 1);
    }
}

static void case_screen_coded(const struct case_screen *s,
                              const json_t *row,
                              const char *key)
{
    const json_t *text = json_object_get(row, key);
    (void)fprintf(s->to, "%s ", case_screen_str(text, "code"));
    case_screen_report(s, text);
}

static void case_screen_answer(const struct case_screen *s,
                               const json_t *row,
                               const char *key)
{
    (void)fputs(" → ", s->to);
    if (!case_screen_there(row, key)) {
        case_screen_label(s, "未回", "no answer yet");
        return;
    }
    report_at(s, row, key);
    (void)fputc(' ', s->to);
    case_screen_when(s, case_screen_str(row, "answered_at"));
}

static void case_screen_head(const struct case_screen *s, const json_t *d)
{
    size_t i;
    json_t *row;
    case_screen_label(s, "个案", "case");
    (void)fprintf(s->to, "%s  第%" JSON_INTEGER_FORMAT "次  ",
                  case_screen_str(d, "case_id"),
                  json_integer_value(json_object_get(d, "case_no")));
    report_at(s, d, "state");
    if (case_screen_there(d, "note")) {
        (void)fputs(": ", s->to);
        report_at(s, d, "note");
    }
    (void)fputs("\n", s->to);
    case_screen_label(s, "家庭", "household");
    (void)fprintf(s->to, "%s  ", case_screen_str(d, "household_id"));
    report_at(s, d, "division");
    (void)fputs("\n", s->to);
    case_screen_label(s, "立案", "opened");
    case_screen_when(s, case_screen_str(d, "opened_at"));
    if (case_screen_there(d, "closed_at")) {
        (void)fputs("  ", s->to);
        case_screen_label(s, "结案", "closed");
        case_screen_when(s, case_screen_str(d, "closed_at"));
    }
    json_array_foreach(json_object_get(d, "applications"), i, row)
    {
        (void)fputs("\n", s->to);
        case_screen_label(s, "申请", "application");
        (void)fprintf(s->to, "%s ", case_screen_str(row, "application_id"));
        report_at(s, row, "channel");
        (void)fputc(' ', s->to);
        case_screen_when(s, case_screen_str(row, "at"));
        if (case_screen_there(row, "helper")) {
            (void)fputs("  ", s->to);
            case_screen_label(s, "协助人", "helper");
            (void)fputs(case_screen_str(row, "helper"), s->to);
        }
    }
    (void)fputs("\n", s->to);
    case_screen_label(s, "成员", "members");
    json_array_foreach(json_object_get(d, "members"), i, row)
    {
        (void)fprintf(s->to, "%s%" JSON_INTEGER_FORMAT " ", i ? ", " : "",
                      json_integer_value(json_object_get(row, "no")));
        if (json_is_true(json_object_get(row, "head"))) {
            case_screen_label(s, "户主", "head");
        } else {
            report_at(s, row, "relation");
            (void)fputc(' ', s->to);
        }
        (void)fprintf(s->to, "%s…", case_screen_str(row, "person"));
    }
    (void)fputs("\n", s->to);
}

static void case_screen_evaluation(const struct case_screen *s, const json_t *d)
{
    const json_t *e = json_object_get(d, "evaluation");
    if (e == NULL) {
        case_screen_label(s, "尚未研判", "not evaluated yet");
        (void)fputs("\n", s->to);
        return;
    }
    case_screen_label(s, "研判", "evaluation");
    (void)fprintf(s->to,
                  "事实第%" JSON_INTEGER_FORMAT "版, 适用日期 %s, 政策库 %s\n",
                  json_integer_value(json_object_get(e, "facts_version")),
                  case_screen_str(e, "rule_date"),
                  case_screen_str(e, "catalogue_version"));
    if (!json_is_true(json_object_get(e, "same_catalogue"))) {
        (void)fprintf(s->to,
                      "     政策库已更新为 %s: 结论是当时的, 理由的文字与\""
                      "怎样改变\"按现行政策库\n",
                      case_screen_str(e, "catalogue_now"));
        if (s->en) {
            (void)fprintf(s->to,
                          "     the catalogue is now %s: verdicts are those of "
                          "then, reasons' texts and changes are the present "
                          "one's\n",
                          case_screen_str(e, "catalogue_now"));
        }
    }
}

static void case_screen_missing(const struct case_screen *s, const json_t *item)
{
    size_t i, k;
    json_t *fact, *who;
    json_array_foreach(json_object_get(item, "missing"), i, fact)
    {
        (void)fputs("         ", s->to);
        case_screen_label(s, "缺少", "missing");
        if (case_screen_there(fact, "member")) {
            (void)fprintf(s->to, "成员%" JSON_INTEGER_FORMAT " ",
                          json_integer_value(json_object_get(fact, "member")));
        }
        case_screen_report(s, fact);
        (void)fputs(" ← ", s->to);
        json_array_foreach(json_object_get(fact, "suppliers"), k, who)
        {
            (void)fputs(k ? ", " : "", s->to);
            case_screen_report(s, who);
        }
        (void)fputs("\n", s->to);
    }
}

static void changes(const struct case_screen *s, const json_t *item)
{
    size_t i;
    json_t *row;
    const json_t *list = json_object_get(item, "changes");
    json_array_foreach(list, i, row)
    {
        if (i == CHANGES_SHOWN && !s->all) {
            break;
        }
        (void)fputs("         ", s->to);
        case_screen_label(s, "改变", "would change it");
        case_screen_report(s, row);
        (void)fputs(" → ", s->to);
        report_at(s, item, "changes_to");
        (void)fputs("\n", s->to);
    }
    if (json_array_size(list) == 0) {
        (void)fputs("         ", s->to);
        case_screen_label(s, "改变", "would change it");
        case_screen_label(s, "一两项事实的改变不足以改变结论",
                          "no change of one or two facts does");
        (void)fputs("\n", s->to);
    }
    if (s->all && !json_is_true(json_object_get(item, "changes_complete"))) {
        (void)fputs("         ", s->to);
        case_screen_label(s, "(未试尽, 可能还有其他途径)",
                          "not all ways were tried; there may be others");
        (void)fputs("\n", s->to);
    }
}

static void case_screen_reasons(const struct case_screen *s, const json_t *item)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(item, "reasons"), i, row)
    {
        (void)fputs("         ", s->to);
        case_screen_label(s, "理由", "because");
        case_screen_report(s, row);
        if (case_screen_str(json_object_get(row, "values"), "zh")[0] != '\0') {
            (void)fputs(" (", s->to);
            report_at(s, row, "values");
            (void)fputs(")", s->to);
        }
        (void)fputs("\n", s->to);
    }
}

/* What is not eligible is one line: the first reason, the nearest change. */
static void show_short(const struct case_screen *s, const json_t *item)
{
    const json_t *reason = json_array_get(json_object_get(item, "reasons"), 0);
    const json_t *change = json_array_get(json_object_get(item, "changes"), 0);
    if (reason != NULL) {
        (void)fputs(": ", s->to);
        case_screen_report(s, reason);
    }
    (void)fputs("; ", s->to);
    case_screen_label(s, "改变", "would change it");
    if (change != NULL) {
        case_screen_report(s, change);
    } else {
        case_screen_label(s, "一两项事实不足", "not by one or two facts");
    }
    (void)fputs("\n", s->to);
}

static void show_item(const struct case_screen *s, const json_t *item)
{
    const char *verdict =
        case_screen_str(json_object_get(item, "verdict"), "code");
    (void)fputs("  ", s->to);
    report_at(s, item, "verdict");
    (void)fputc(' ', s->to);
    case_screen_coded(s, item, "item");
    (void)fputs(", ", s->to);
    report_at(s, item, "department");
    case_screen_money(s, item);
    if (case_screen_there(item, "left_out_by")) {
        (void)fputs("  ", s->to);
        case_screen_label(s, "未选, 因", "left out by");
        case_screen_coded(s, item, "left_out_by");
    }
    if (!s->all && strcmp(verdict, "NOT_ELIGIBLE") == 0) {
        show_short(s, item);
        return;
    }
    (void)fputs("\n", s->to);
    if (case_screen_there(item, "working")) {
        (void)fputs("         ", s->to);
        case_screen_label(s, "金额", "amount");
        report_at(s, item, "working");
        (void)fputs("\n", s->to);
    }
    case_screen_reasons(s, item);
    case_screen_missing(s, item);
    changes(s, item);
}

static void case_screen_items(const struct case_screen *s, const json_t *d)
{
    static const char *const order[] = {"ELIGIBLE", "UNDETERMINED", "FAILED",
                                        "NOT_ELIGIBLE"};
    const json_t *list = json_object_get(d, "items");
    size_t i;
    json_t *row;
    heading(s, "事项", "items", json_array_size(list));
    for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
        json_array_foreach(list, i, row)
        {
            if (strcmp(case_screen_str(json_object_get(row, "verdict"), "code"),
                       order[k]) == 0) {
                show_item(s, row);
            }
        }
    }
}

static void show_assignment(const struct case_screen *s, const json_t *row)
{
    report_at(s, row, "status");
    (void)fprintf(s->to, "  %.*s  ", ID_SHOWN,
                  case_screen_str(row, "assignment_id"));
    case_screen_label(s, "期限", "due");
    (void)fputs(case_screen_str(row, "due"), s->to);
    if (case_screen_there(row, "reason")) {
        (void)fputs("  ", s->to);
        report_at(s, row, "reason");
    }
}

static void show_decision(const struct case_screen *s, const json_t *row)
{
    report_at(s, row, "outcome");
    (void)fputs("  ", s->to);
    report_at(s, row, "delivery");
    (void)fputc(' ', s->to);
    report_at(s, row, "period");
    (void)fprintf(s->to, "  %s ", case_screen_str(row, "decided_by"));
    case_screen_when(s, case_screen_str(row, "at"));
    if (case_screen_there(row, "reason_text")) {
        (void)fprintf(s->to, "  \"%s\"", case_screen_str(row, "reason_text"));
    }
    if (!json_is_true(json_object_get(row, "accepted"))) {
        (void)fputs("  ", s->to);
        case_screen_label(s, "未被受理", "not accepted");
    }
}

static void show_verification(const struct case_screen *s, const json_t *row)
{
    size_t i;
    json_t *fact;
    report_at(s, row, "verification");
    (void)fputs(": ", s->to);
    json_array_foreach(json_object_get(row, "facts"), i, fact)
    {
        (void)fputs(i ? ", " : "", s->to);
        report_at(s, fact, "name");
    }
    case_screen_answer(s, row, "outcome");
}

static void show_payment(const struct case_screen *s, const json_t *row)
{
    report_at(s, row, "period");
    (void)fprintf(s->to, "  %s", case_screen_str(row, "fund"));
    case_screen_answer(s, row, "outcome");
    if (case_screen_there(row, "reason")) {
        (void)fputs("  ", s->to);
        case_screen_coded(s, row, "reason");
    }
}

static void show_delivery(const struct case_screen *s, const json_t *row)
{
    report_at(s, row, "kind");
    case_screen_answer(s, row, "outcome");
}

static void show_need(const struct case_screen *s, const json_t *row)
{
    case_screen_label(s, "认领期限", "to be claimed until");
    (void)fputs(case_screen_str(row, "expires"), s->to);
    case_screen_answer(s, row, "outcome");
}

static void show_proposal(const struct case_screen *s, const json_t *row)
{
    size_t i;
    const json_t *m;
    report_at(s, row, "what");
    if (case_screen_there(row, "then")) {
        (void)fputs(": ", s->to);
        report_at(s, row, "now");
        (void)fputs(" -> ", s->to);
        report_at(s, row, "then");
    }
    if (case_screen_there(row, "until")) {
        (void)fprintf(s->to, "  <= %s", case_screen_str(row, "until"));
    }
    json_array_foreach(json_object_get(row, "members"), i, m)
    {
        (void)fputs(i ? ", " : "  ", s->to);
        case_screen_label(s, "成员", "member");
        (void)fprintf(s->to, "%" JSON_INTEGER_FORMAT, json_integer_value(m));
    }
}

static void show_deadline(const struct case_screen *s, const json_t *row)
{
    (void)fprintf(s->to, "%s  ", case_screen_str(row, "due"));
    report_at(s, row, "what");
}

static void show_event(const struct case_screen *s, const json_t *row)
{
    case_screen_when(s, case_screen_str(row, "at"));
    (void)fputs("  ", s->to);
    report_at(s, row, "record");
    (void)fputc(' ', s->to);
    report_at(s, row, "word");
    if (case_screen_there(row, "facts_version")) {
        (void)fprintf(
            s->to, "事实第%" JSON_INTEGER_FORMAT "版",
            json_integer_value(json_object_get(row, "facts_version")));
    }
    if (case_screen_there(row, "note")) {
        (void)fputs(": ", s->to);
        report_at(s, row, "note");
    }
}

/* Events that only say that the bus has taken another one in. */
static bool bookkeeping(const json_t *row)
{
    const char *record =
        case_screen_str(json_object_get(row, "record"), "code");
    const char *word = case_screen_str(json_object_get(row, "word"), "code");
    return strcmp(record, "dispatch_result") == 0 ||
           strcmp(record, "parked_note") == 0 || strcmp(record, "step") == 0 ||
           strcmp(word, "DECISION_ACCEPTED") == 0 ||
           strcmp(word, "RESULT_FOLDED") == 0;
}

/* One line a row: item, whose, how much, and the rest by its kind. */
static const struct part
{
    const char *key, *zh, *en, *who;
    void (*show)(const struct case_screen *, const json_t *);
    bool rest_first; /* the kind's own text stands in front */
} parts[] = {
    {"assignments", "派单", "assignments", "department", show_assignment,
     false},
    {"proposals", "复核建议", "proposed by the rules", "rule", show_proposal,
     false},
    {"decisions", "决定", "decisions", "department", show_decision, false},
    {"verifications", "核查", "verifications", "partner", show_verification,
     false},
    {"payments", "代发", "payments", "partner", show_payment, false},
    {"deliveries", "投递", "deliveries", "partner", show_delivery, false},
    {"needs", "慈善", "needs", "partner", show_need, false},
    {"deadlines", "未到期事项", "open deadlines", "partner", show_deadline,
     true},
    {"timeline", "经过", "timeline", "partner", show_event, true},
};

static void
show_part(const struct case_screen *s, const struct part *p, const json_t *d)
{
    const json_t *list = json_object_get(d, p->key);
    size_t i;
    json_t *row;
    heading(s, p->zh, p->en, json_array_size(list));
    json_array_foreach(list, i, row)
    {
        if (!s->all && bookkeeping(row)) {
            continue;
        }
        (void)fputs("  ", s->to);
        if (p->rest_first) {
            p->show(s, row);
            (void)fputs("  ", s->to);
        }
        if (case_screen_there(row, "item") &&
            case_screen_str(json_object_get(row, "item"), "code")[0] != '\0') {
            case_screen_coded(s, row, "item");
            (void)fputs(case_screen_there(row, p->who) ? ", " : "", s->to);
        }
        report_at(s, row, p->who);
        case_screen_money(s, row);
        if (!p->rest_first) {
            (void)fputs("  ", s->to);
            p->show(s, row);
        }
        (void)fputs("\n", s->to);
    }
}

static int
case_screen_parse(const char *document, json_t **ret, struct bus_err *err)
{
    json_error_t where;
    *ret = json_loads(document, 0, &where);
    return *ret ? BUS_OK : bus_fail(err, BUS_EBUG, "%s", where.text);
}

int cli_case_screen_show(const struct case_screen *s,
                         const char *document,
                         struct bus_err *err)
{
    json_t *d = NULL;
    int rc = case_screen_parse(document, &d, err);
    if (rc == BUS_OK && !case_screen_there(d, "case_id")) {
        case_screen_label(s, "申请", "application");
        (void)fprintf(s->to, "%s  ", case_screen_str(d, "application_id"));
        report_at(s, d, "state");
        (void)fputs("\n", s->to);
    } else if (rc == BUS_OK && !s->items && !s->history) {
        rc = cli_case_brief_show(s, d, err);
    } else if (rc == BUS_OK) {
        case_screen_head(s, d);
        case_screen_evaluation(s, d);
        if (s->items) {
            case_screen_items(s, d);
        }
        for (size_t i = 0; s->history && i < sizeof(parts) / sizeof(parts[0]);
             i++) {
            show_part(s, &parts[i], d);
        }
        if (s->history) {
            cli_case_screen_results(s, d);
        }
    }
    json_decref(d);
    return rc;
}

static void conflicts(const struct case_screen *s, const json_t *households)
{
    size_t i;
    const json_t *h;
    (void)fputs(s->en ? "  also named by" : "  另见于家庭", s->to);
    json_array_foreach(households, i, h)
    {
        (void)fprintf(s->to, " %s", json_string_value(h));
    }
}

int cli_case_screen_list(const struct case_screen *s,
                         const char *document,
                         struct bus_err *err)
{
    json_t *d = NULL, *row;
    size_t i;
    int rc = case_screen_parse(document, &d, err);
    json_array_foreach(json_object_get(d, "cases"), i, row)
    {
        (void)fprintf(s->to, "%s ", case_screen_str(row, "case_id"));
        case_screen_when(s, case_screen_str(row, "opened_at"));
        (void)fputc(' ', s->to);
        report_at(s, row, "state");
        (void)fputs("  ", s->to);
        report_at(s, row, "division");
        (void)fputc(' ', s->to);
        report_at(s, row, "channel");
        if (case_screen_there(row, "outcomes")) {
            (void)fprintf(s->to, "  %" JSON_INTEGER_FORMAT "项",
                          json_integer_value(json_object_get(row, "outcomes")));
        }
        if (case_screen_there(row, "conflicts")) {
            conflicts(s, json_object_get(row, "conflicts"));
        }
        (void)fputs("\n", s->to);
    }
    json_decref(d);
    return rc;
}
