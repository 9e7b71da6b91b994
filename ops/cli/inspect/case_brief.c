/* A case on one screen, 24 lines of 80 columns: what came, who is at work and
 * until when, what is still to be said, what is not given and why. */
#include <inttypes.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/ledger/cases.h"
#include "ops/cli/inspect/case_screen.h"

#define BRIEF_COLUMNS 80
#define BRIEF_ROWS    17 /* of the four lists; with heads and lines 24 */
#define BRIEF_LISTS   4

struct brief
{
    const struct case_screen *s;
    const json_t *d;
    struct bus_buf line;
    size_t rows[BRIEF_LISTS];
};

static const char *brief_str(const json_t *object, const char *key)
{
    const char *v = json_string_value(json_object_get(object, key));
    return v != NULL ? v : "";
}

/* In the language of the screen. */
static const char *brief_say(const struct brief *b, const json_t *text)
{
    return brief_str(text, b->s->en ? "en" : "zh");
}

static const char *
brief_pick(const struct brief *b, const char *zh, const char *en)
{
    return b->s->en ? en : zh;
}

/* The line, cut at the screen's width (a Chinese character is two wide). */
static void brief_end_line(struct brief *b)
{
    const char *t = bus_buf_cstr(&b->line);
    size_t n = b->line.len, at = 0, wide = 0;
    while (at < n) {
        unsigned char c = (unsigned char)t[at];
        size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        size_t columns = c < 0xe0 ? 1 : 2;
        if (wide + columns > BRIEF_COLUMNS || at + bytes > n) {
            break;
        }
        wide += columns;
        at += bytes;
    }
    (void)fwrite(t, 1, at, b->s->to);
    (void)fputc('\n', b->s->to);
    bus_buf_clear(&b->line);
}

static void brief_fen(struct brief *b, json_int_t fen)
{
    bus_buf_printf(&b->line, "%" PRId64 ".%02d", (int64_t)(fen / 100),
                   (int)(fen % 100));
    bus_buf_puts(&b->line, brief_pick(b, "元", " yuan"));
}

static void brief_item(struct brief *b, const json_t *row)
{
    const json_t *item = json_object_get(row, "item");
    bus_buf_printf(&b->line, "  %s %s", brief_str(item, "code"),
                   brief_say(b, item));
}

static void brief_got(struct brief *b, const json_t *row)
{
    json_int_t paid = json_integer_value(json_object_get(row, "paid_fen"));
    brief_item(b, row);
    bus_buf_printf(&b->line, "  %s",
                   brief_say(b, json_object_get(row, "status")));
    if (paid > 0) {
        bus_buf_puts(&b->line, "  ");
        brief_fen(b, paid);
    }
    brief_end_line(b);
}

static void brief_doing(struct brief *b, const json_t *row)
{
    brief_item(b, row);
    bus_buf_printf(&b->line, "  %s, %s",
                   brief_say(b, json_object_get(row, "department")),
                   brief_say(b, json_object_get(row, "status")));
    if (json_is_string(json_object_get(row, "due"))) {
        bus_buf_printf(&b->line, "%s %s", brief_pick(b, ", 期限", ", until"),
                       brief_str(row, "due"));
    }
    brief_end_line(b);
}

static void brief_wanted(struct brief *b, const json_t *row)
{
    size_t i;
    json_t *m;
    json_int_t fen = json_integer_value(json_object_get(row, "amount_fen"));
    bus_buf_printf(&b->line, "  %s",
                   brief_say(b, json_object_get(row, "fact")));
    json_array_foreach(json_object_get(row, "members"), i, m)
    {
        bus_buf_printf(&b->line, "%s%s%" JSON_INTEGER_FORMAT,
                       i ? brief_pick(b, "、", ", ") : ": ", brief_say(b, m),
                       json_integer_value(json_object_get(m, "no")));
    }
    bus_buf_printf(&b->line, " ← %s",
                   brief_say(b, json_object_get(row, "supplier")));
    bus_buf_printf(&b->line, "%s%d%s", brief_pick(b, "  (关系 ", "  (for "),
                   (int)json_integer_value(json_object_get(row, "items")),
                   brief_pick(b, " 项", " items"));
    if (fen > 0) {
        bus_buf_puts(&b->line, brief_pick(b, ", 每年至多 ", ", a year up to "));
        brief_fen(b, fen);
    }
    bus_buf_putc(&b->line, ')');
    brief_end_line(b);
}

static void brief_not(struct brief *b, const json_t *row)
{
    const char *why = brief_say(b, json_object_get(row, "why"));
    brief_item(b, row);
    bus_buf_printf(&b->line, "%s%s",
                   why[0] ? brief_pick(b, ": 需 ", ": needs ") : "", why);
    brief_end_line(b);
}

static const struct
{
    const char *key, *zh, *en;
    void (*show)(struct brief *, const json_t *);
    size_t least; /* rows it keeps while others are longer */
} brief_lists[BRIEF_LISTS] = {
    {"got", "已得到", "came in", brief_got, 3},
    {"doing", "正在办", "being worked on", brief_doing, 4},
    {"wanted", "还需提供", "still to be said", brief_wanted, 5},
    {"not", "没有的及为什么", "not given, and why", brief_not, 2},
};

static size_t brief_size(const struct brief *b, size_t list)
{
    return json_array_size(json_object_get(b->d, brief_lists[list].key));
}

/* Rows for each list: what is not given yields first, then the longest. */
static void brief_share(struct brief *b)
{
    size_t sum = 0;
    for (size_t i = 0; i < BRIEF_LISTS; i++) {
        sum += b->rows[i] = brief_size(b, i);
    }
    while (sum > BRIEF_ROWS) {
        size_t from = BRIEF_LISTS - 1;
        for (size_t i = 0;
             i < BRIEF_LISTS &&
             b->rows[BRIEF_LISTS - 1] <= brief_lists[BRIEF_LISTS - 1].least;
             i++) {
            bool more = b->rows[i] > brief_lists[i].least;
            if (more && (b->rows[i] > b->rows[from] ||
                         b->rows[from] <= brief_lists[from].least)) {
                from = i;
            }
        }
        b->rows[from]--;
        sum--;
    }
}

static void brief_head(struct brief *b)
{
    const json_t *d = b->d;
    bus_buf_printf(&b->line, "%s %s  %s  %s", brief_pick(b, "个案", "case"),
                   brief_str(d, "case_id"),
                   brief_say(b, json_object_get(d, "state")),
                   brief_say(b, json_object_get(d, "division")));
    brief_end_line(b);
    bus_buf_printf(&b->line, "%s %.10s", brief_pick(b, "立案", "opened"),
                   brief_str(d, "opened_at"));
    if (json_is_string(json_object_get(d, "closed_at"))) {
        bus_buf_printf(&b->line, "  %s %.10s", brief_pick(b, "结案", "closed"),
                       brief_str(d, "closed_at"));
    }
    bus_buf_puts(&b->line, brief_pick(b, "  已到账合计 ", "  came in so far "));
    brief_fen(b, json_integer_value(json_object_get(d, "paid_fen")));
    brief_end_line(b);
}

static void brief_list(struct brief *b, size_t list)
{
    const json_t *rows = json_object_get(b->d, brief_lists[list].key);
    size_t n = json_array_size(rows);
    json_int_t more = json_integer_value(
        json_object_get(json_object_get(b->d, "more"), brief_lists[list].key));
    bus_buf_printf(&b->line, "%s (%zu",
                   brief_pick(b, brief_lists[list].zh, brief_lists[list].en),
                   n + (size_t)more);
    if (b->rows[list] < n + (size_t)more) {
        bus_buf_printf(&b->line, "%s%zu", brief_pick(b, ", 列出 ", ", shown "),
                       b->rows[list]);
    }
    bus_buf_putc(&b->line, ')');
    brief_end_line(b);
    for (size_t i = 0; i < b->rows[list]; i++) {
        brief_lists[list].show(b, json_array_get(rows, i));
    }
}

int cli_case_brief_show(const struct case_screen *s,
                        const json_t *document,
                        struct bus_err *err)
{
    json_t *d = NULL;
    BUS_TRY(bus_ledger_progress(document, SIZE_MAX, &d, err));
    struct brief b = {.s = s, .d = d};
    brief_share(&b);
    brief_head(&b);
    for (size_t i = 0; i < BRIEF_LISTS; i++) {
        brief_list(&b, i);
    }
    bus_buf_printf(&b.line, "%s%d%s", brief_pick(&b, "另有 ", "to learn of: "),
                   (int)json_integer_value(json_object_get(d, "to_learn_of")),
                   brief_pick(&b, " 项可了解; 详见 --items, --history",
                              " more; see --items, --history"));
    brief_end_line(&b);
    int rc = b.line.failed ? bus_fail(err, BUS_ENOMEM, "a case") : BUS_OK;
    bus_buf_fini(&b.line);
    json_decref(d);
    return rc;
}
