#include "ops/cli/inspect/case_letter.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/clock.h"
#include "bus/ledger/cases.h"
#include "bus/policy/calendar.h"
#include "ops/cli/sheets/print.h"

#define PROGRESS_BYTES 65536
#define TEXT_BYTES     400

bool cli_case_letter_word(const char *word, enum cli_letter *ret)
{
    static const char *const words[] = {"text", "pdf", "sms"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret = (enum cli_letter)i;
            return true;
        }
    }
    return false;
}

struct letter
{
    const json_t *document;
    json_t *progress;
    json_t *parts;      /* of ops/printer/page.h: headings and texts */
    struct bus_buf sms; /* the same, short */
    char until[BUS_DATE_TEXT + 1];
    size_t headings;
};

static const char *letter_str(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

/* In Chinese; "" where there is none. */
static const char *letter_zh(const json_t *o, const char *key)
{
    return letter_str(json_object_get(o, key), "zh");
}

static void letter_add(struct letter *l, const char *key, const char *text)
{
    (void)json_array_append_new(l->parts, json_pack("{s:s}", key, text));
}

static void letter_heading(struct letter *l, const char *text)
{
    static const char *const numbers[] = {"一", "二", "三", "四"};
    char whole[TEXT_BYTES];
    (void)snprintf(whole, sizeof(whole), "%s、%.200s",
                   numbers[l->headings++ % 4], text);
    letter_add(l, "heading", whole);
}

static void letter_yuan(json_int_t fen, char *ret, size_t n)
{
    (void)snprintf(ret, n, "%" PRId64 ".%02d元", (int64_t)(fen / 100),
                   (int)(fen % 100));
}

/* ", 自2026-12-01起停发", or "". */
static void
letter_stopped(const struct letter *l, const json_t *decision, char ret[48])
{
    size_t i;
    json_t *a;
    const char *id = letter_str(decision, "assignment_id");
    ret[0] = '\0';
    json_array_foreach(json_object_get(l->document, "assignments"), i, a)
    {
        const char *day = letter_str(a, "stopped_on");
        if (day[0] != '\0' && strcmp(letter_str(a, "assignment_id"), id) == 0) {
            (void)snprintf(ret, 48, ", 自%.10s起停发", day);
        }
    }
}

/* What was accepted and said yes, newest first; each item once. */
static void letter_granted(struct letter *l)
{
    const json_t *list = json_object_get(l->document, "decisions");
    size_t told = 0;
    letter_heading(l, "您家得到的救助");
    for (size_t i = json_array_size(list); i > 0; i--) {
        char text[TEXT_BYTES], yuan[40], stopped[48];
        const json_t *d = json_array_get(list, i - 1);
        const json_t *fen = json_object_get(d, "amount_fen");
        const char *from = letter_str(d, "from_month");
        if (strcmp(letter_str(json_object_get(d, "outcome"), "code"),
                   "CONFIRMED") != 0 ||
            !json_is_true(json_object_get(d, "accepted"))) {
            continue;
        }
        yuan[0] = '\0';
        if (json_is_integer(fen)) {
            letter_yuan(json_integer_value(fen), yuan, sizeof(yuan));
        }
        letter_stopped(l, d, stopped);
        (void)snprintf(text, sizeof(text),
                       "%zu. %.120s: %s %.40s, 由%.80s办理%s%.7s%s%s", ++told,
                       letter_zh(d, "item"), letter_zh(d, "period"), yuan,
                       letter_zh(d, "department"), from[0] ? ", 自" : "", from,
                       from[0] ? "起" : "", stopped);
        letter_add(l, "text", text);
        bus_buf_printf(&l->sms, "%s%.60s%s%s",
                       told > 1 ? "、" : "您家得到: ", letter_zh(d, "item"),
                       yuan, stopped);
    }
    if (told == 0) {
        letter_add(l, "text", "目前没有。");
        bus_buf_puts(&l->sms, "目前没有得到救助");
    }
    bus_buf_puts(&l->sms, "。");
}

static void letter_doing(struct letter *l)
{
    size_t i;
    json_t *row;
    const json_t *list = json_object_get(l->progress, "doing");
    if (json_array_size(list) == 0) {
        return;
    }
    letter_heading(l, "还在办理的");
    json_array_foreach(list, i, row)
    {
        char text[TEXT_BYTES];
        (void)snprintf(text, sizeof(text), "%zu. %.120s: %.80s, 最迟%.10s答复",
                       i + 1, letter_zh(row, "item"),
                       letter_zh(row, "department"), letter_str(row, "due"));
        letter_add(l, "text", text);
    }
    bus_buf_printf(&l->sms, "还有%zu项在办。", json_array_size(list));
}

static void letter_refused(struct letter *l)
{
    size_t i;
    json_t *row;
    const json_t *list = json_object_get(l->progress, "not");
    letter_heading(l, "没有得到的, 以及为什么");
    json_array_foreach(list, i, row)
    {
        char text[TEXT_BYTES];
        const char *why = letter_zh(row, "why");
        (void)snprintf(text, sizeof(text), "%zu. %.120s: %.240s", i + 1,
                       letter_zh(row, "item"), why[0] ? why : "不符合条件");
        letter_add(l, "text", text);
    }
    if (json_array_size(list) == 0) {
        letter_add(l, "text", "没有。");
    }
}

/* The last day to appeal; "" while nothing is decided. */
static int letter_until(struct letter *l,
                        const struct bus_config *config,
                        struct bus_err *err)
{
    struct bus_policy_calendar *calendar = NULL;
    const json_t *list = json_object_get(l->document, "decisions");
    int32_t newest = INT32_MIN, day = 0;
    size_t i;
    json_t *d;
    json_array_foreach(list, i, d)
    {
        const char *at = letter_str(d, "at");
        if (json_is_true(json_object_get(d, "accepted")) && strlen(at) >= 10 &&
            bus_date_parse((struct bus_strv){at, 10}, &day)) {
            newest = day > newest ? day : newest;
        }
    }
    if (newest == INT32_MIN) {
        return BUS_OK;
    }
    BUS_TRY(bus_policy_calendar_new(config->calendars, config->calendars_count,
                                    &calendar, err));
    (void)bus_date_text(
        bus_policy_deadline(calendar, newest, CLI_LETTER_DAYS, false),
        l->until);
    bus_policy_calendar_free(calendar);
    return BUS_OK;
}

static void letter_appeal(struct letter *l)
{
    char text[TEXT_BYTES];
    if (l->until[0] == '\0') {
        return;
    }
    (void)snprintf(text, sizeof(text),
                   "可以在%s前(含当日)向县人民政府申请行政复议, "
                   "也可以在六个月内向人民法院提起行政诉讼。"
                   "需要帮助可找村(居)民政助理员或乡镇社会大救助工作站。",
                   l->until);
    letter_heading(l, "不同意怎么办");
    letter_add(l, "text", text);
    bus_buf_printf(&l->sms, "不同意可在%s前向县政府申请复议。", l->until);
}

/* --- the three forms --- */

static void letter_print(const struct letter *l, const char *title)
{
    size_t i;
    json_t *part;
    (void)printf("%s\n", title);
    json_array_foreach(l->parts, i, part)
    {
        const char *heading = letter_str(part, "heading");
        (void)printf("%s%s%s\n", heading[0] ? "\n" : "  ", heading,
                     letter_str(part, "text"));
    }
}

/* Parts of CLI_LETTER_SMS_PART characters, one a line. */
static void letter_send(struct letter *l)
{
    const char *p = bus_buf_cstr(&l->sms);
    size_t characters = 0;
    for (; *p != '\0'; p++) {
        bool begins = ((unsigned char)*p & 0xc0) != 0x80;
        if (begins && characters == CLI_LETTER_SMS_PART) {
            (void)putchar('\n');
            characters = 0;
        }
        characters += begins;
        (void)putchar(*p);
    }
    (void)putchar('\n');
}

static int
letter_paper(struct letter *l, const char *title, struct bus_err *err)
{
    struct cli_print print;
    json_t *page = json_pack("{s:s, s:[s], s:s, s:s, s:s, s:O}", "to", "-",
                             "formats", "pdf", "title", title, "under",
                             letter_zh(l->document, "division"), "made_at",
                             "2020-01-01T00:00:00Z", "parts", l->parts);
    int rc = cli_print_start(&print, err);
    if (rc == BUS_OK) {
        struct bus_err put;
        int fed = cli_print_put(&print, page, &put);
        rc = cli_print_end(&print, err);
        if (rc == BUS_OK) {
            rc = fed;
        }
    }
    json_decref(page);
    return rc;
}

static int letter_write(struct letter *l,
                        const struct bus_config *config,
                        enum cli_letter form,
                        struct bus_err *err)
{
    char title[200];
    BUS_TRY(letter_until(l, config, err));
    bus_buf_printf(&l->sms, "【社会救助】");
    letter_granted(l);
    letter_doing(l);
    letter_refused(l);
    letter_appeal(l);
    (void)snprintf(
        title, sizeof(title), "社会救助结果告知书 (第%d次申请)",
        (int)json_integer_value(json_object_get(l->document, "case_no")));
    if (form == CLI_LETTER_PDF) {
        return letter_paper(l, title, err);
    }
    if (form == CLI_LETTER_SMS) {
        letter_send(l);
    } else {
        letter_print(l, title);
    }
    return l->sms.failed ? bus_fail(err, BUS_ENOMEM, "a letter") : BUS_OK;
}

int cli_case_letter(const struct bus_config *config,
                    const char *document,
                    enum cli_letter form,
                    struct bus_err *err)
{
    json_error_t where;
    json_t *d = json_loads(document, 0, &where);
    struct letter l = {.document = d};
    int rc = d == NULL ? bus_fail(err, BUS_EBUG, "%s", where.text) : BUS_OK;
    if (rc == BUS_OK && json_object_get(d, "case_id") == NULL) {
        rc = bus_fail(err, BUS_EUNKNOWN,
                      "there is no case of this application yet / 尚未立案");
    }
    if (rc == BUS_OK) {
        rc = bus_ledger_progress(d, PROGRESS_BYTES, &l.progress, err);
    }
    if (rc == BUS_OK) {
        l.parts = json_array();
        rc = letter_write(&l, config, form, err);
    }
    bus_buf_fini(&l.sms);
    json_decref(l.parts);
    json_decref(l.progress);
    json_decref(d);
    return rc;
}
