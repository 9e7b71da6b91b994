/* What became of a case, in short: out of its whole document, so that what was
 * taken from that for somebody is not in here either. */
#include <stdlib.h>
#include <string.h>

#include "bus/ledger/parts.h"

/* Of a text, or a code that stands alone. */
static const char *progress_code(const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);
    const char *s =
        json_string_value(json_is_string(v) ? v : json_object_get(v, "code"));
    return s != NULL ? s : "";
}

/* {zh, en} of a text, without its code. */
static json_t *progress_text(const json_t *text)
{
    json_t *zh = json_object_get(text, "zh"), *en = json_object_get(text, "en");
    return zh != NULL && en != NULL
               ? json_pack("{s:O, s:O}", "zh", zh, "en", en)
               : json_null();
}

static json_t *progress_row(const json_t *row)
{
    json_t *item = json_object_get(row, "item");
    return json_pack("{s:O}", "item", item ? item : json_null());
}

static json_int_t progress_paid(const json_t *document, const char *assignment)
{
    size_t i;
    json_t *p;
    json_int_t sum = 0;
    json_array_foreach(json_object_get(document, "payments"), i, p)
    {
        const char *of = json_string_value(json_object_get(p, "assignment_id"));
        bool his =
            assignment == NULL || (of != NULL && strcmp(of, assignment) == 0);
        if (his && strcmp(progress_code(p, "outcome"), "SETTLED") == 0) {
            sum += json_integer_value(json_object_get(p, "amount_fen"));
        }
    }
    return sum;
}

/* The newest decision about an assignment, of those that grant where that is
 * asked; NULL for none. */
static const json_t *
progress_decision(const json_t *document, const char *assignment, bool grants)
{
    const json_t *list = json_object_get(document, "decisions");
    for (size_t i = json_array_size(list); i > 0; i--) {
        const json_t *d = json_array_get(list, i - 1);
        const char *of = json_string_value(json_object_get(d, "assignment_id"));
        bool no = strcmp(progress_code(d, "outcome"), "REFUSED") == 0;
        if (of != NULL && assignment != NULL && strcmp(of, assignment) == 0 &&
            !(grants && no)) {
            return d;
        }
    }
    return NULL;
}

/* What has been stopped was received until then. */
static json_t *progress_status(const json_t *a)
{
    const char *day = json_string_value(json_object_get(a, "stopped_on"));
    return day == NULL
               ? progress_text(json_object_get(a, "status"))
               : json_pack(
                     "{s:o, s:o}", "zh",
                     json_sprintf("已终止, 自 %s 起停发", day), "en",
                     json_sprintf("ended: from %s on nothing is paid", day));
}

static json_t *progress_got(const json_t *document, const json_t *a)
{
    json_t *row = progress_row(a);
    const char *id = json_string_value(json_object_get(a, "assignment_id"));
    json_int_t paid = progress_paid(document, id);
    json_t *fen =
        json_object_get(progress_decision(document, id, true), "amount_fen");
    (void)json_object_set_new(row, "status", progress_status(a));
    (void)json_object_set(row, "amount_fen", fen != NULL ? fen : json_null());
    (void)json_object_set_new(row, "paid_fen", json_integer(paid));
    return row;
}

static json_t *progress_doing(const json_t *a)
{
    json_t *row = progress_row(a);
    (void)json_object_set_new(row, "department",
                              progress_text(json_object_get(a, "department")));
    (void)json_object_set_new(row, "status",
                              progress_text(json_object_get(a, "status")));
    (void)json_object_set(row, "due", json_object_get(a, "due"));
    return row;
}

/* What an officer writes in his own words stands masked in the ledger; the
 * household has it from his office. */
static json_t *progress_words(json_t *words)
{
    return strcmp(json_string_value(words), "***") == 0
               ? json_pack("{s:s, s:s}", "zh", "理由见部门告知书", "en",
                           "the office's letter says why")
               : json_pack("{s:O, s:O}", "zh", words, "en", words);
}

static json_t *progress_not(const json_t *document, const json_t *a)
{
    json_t *row = progress_row(a);
    const json_t *decision = progress_decision(
        document, json_string_value(json_object_get(a, "assignment_id")),
        false);
    json_t *words = json_object_get(decision, "reason_text");
    json_t *why = json_object_get(a, "reason");
    (void)json_object_set_new(
        row, "why",
        json_is_string(words)
            ? progress_words(words)
            : progress_text(
                  json_is_object(why) ? why : json_object_get(a, "status")));
    return row;
}

static void progress_assignments(const json_t *document, json_t *to)
{
    size_t i;
    json_t *a;
    json_array_foreach(json_object_get(document, "assignments"), i, a)
    {
        const char *id = json_string_value(json_object_get(a, "assignment_id"));
        const char *status = progress_code(a, "status");
        bool ended = strncmp(status, "ENDED_", 6) == 0;
        bool well = strcmp(status, "ENDED_DELIVERED") == 0 ||
                    strcmp(status, "ENDED_SERVICE") == 0;
        bool stopped = json_is_string(json_object_get(a, "stopped_on"));
        if (well || (!ended && (stopped || progress_paid(document, id) > 0))) {
            (void)json_array_append_new(json_object_get(to, "got"),
                                        progress_got(document, a));
        } else if (!ended) {
            (void)json_array_append_new(json_object_get(to, "doing"),
                                        progress_doing(a));
        } else if (strcmp(status, "ENDED_WITHDRAWN") != 0) {
            (void)json_array_append_new(json_object_get(to, "not"),
                                        progress_not(document, a));
        }
    }
}

static bool progress_assigned(const json_t *document, const json_t *item)
{
    size_t i;
    json_t *a;
    json_array_foreach(json_object_get(document, "assignments"), i, a)
    {
        if (strcmp(progress_code(a, "item"), progress_code(item, "item")) ==
            0) {
            return true;
        }
    }
    return false;
}

/* What nobody was set to work on: no by the facts, with the first reason;
 * open, to be told of. */
static void progress_items(const json_t *document, json_t *to)
{
    size_t i;
    json_t *item;
    json_int_t open = 0;
    json_array_foreach(json_object_get(document, "items"), i, item)
    {
        const char *verdict = progress_code(item, "verdict");
        const json_t *reason =
            json_array_get(json_object_get(item, "reasons"), 0);
        if (progress_assigned(document, item)) {
            continue;
        }
        if (strcmp(verdict, "NOT_ELIGIBLE") == 0 && reason != NULL) {
            json_t *row = progress_row(item);
            (void)json_object_set_new(row, "why", progress_text(reason));
            (void)json_array_append_new(json_object_get(to, "not"), row);
        }
        open += strcmp(verdict, "UNDETERMINED") == 0;
    }
    (void)json_object_set_new(to, "to_learn_of", json_integer(open));
}

static size_t progress_bytes(const json_t *j)
{
    return json_dumpb(j, NULL, 0, JSON_COMPACT);
}

static const char *const progress_lists[] = {"not", "got", "doing", "wanted"};

/* The longest list, NULL if all are empty; what is not given goes first, down
 * to two. */
static const char *progress_longest(const json_t *to)
{
    size_t longest = 0;
    const char *from = NULL;
    for (size_t i = 0; i < sizeof(progress_lists) / sizeof(*progress_lists);
         i++) {
        size_t rows = json_array_size(json_object_get(to, progress_lists[i]));
        size_t weight = i == 0 && rows > 2 ? rows + 1000 : rows;
        if (weight > longest) {
            longest = weight;
            from = progress_lists[i];
        }
    }
    return from;
}

/* Short enough: rows go from the longest list, counted in "more". What is left
 * is reckoned, not written out anew for each. */
static int progress_shorten(json_t *to, size_t bytes_max, struct bus_err *err)
{
    json_t *more = json_object();
    (void)json_object_set_new(to, "more", more);
    size_t n = progress_bytes(to);
    if (n == 0) {
        return bus_fail(err, BUS_ENOMEM, "the progress of a case");
    }
    for (const char *from; n > bytes_max && (from = progress_longest(to));) {
        json_t *rows = json_object_get(to, from);
        size_t last = json_array_size(rows) - 1;
        n -= progress_bytes(json_array_get(rows, last)) + (last > 0) +
             progress_bytes(more);
        (void)json_array_remove(rows, last);
        json_int_t cut = json_integer_value(json_object_get(more, from));
        (void)json_object_set_new(more, from, json_integer(cut + 1));
        n += progress_bytes(more);
    }
    return BUS_OK;
}

int bus_ledger_progress(const json_t *document,
                        size_t bytes_max,
                        json_t **ret,
                        struct bus_err *err)
{
    static const char *const kept[] = {"case_id",     "case_no",   "division",
                                       "opened_at",   "closed_at", "wanted",
                                       "household_id"};
    json_t *to =
        json_pack("{s:o, s:[], s:[], s:[], s:I}", "state",
                  progress_text(json_object_get(document, "state")), "got",
                  "doing", "not", "paid_fen", progress_paid(document, NULL));
    if (to == NULL) {
        return bus_fail(err, BUS_ENOMEM, "the progress of a case");
    }
    (void)json_object_set(
        json_object_get(to, "state"), "code",
        json_object_get(json_object_get(document, "state"), "code"));
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        json_t *v = json_object_get(document, kept[i]);
        if (v != NULL) {
            (void)json_object_set_new(to, kept[i], json_deep_copy(v));
        }
    }
    progress_assignments(document, to);
    progress_items(document, to);
    int rc = progress_shorten(to, bytes_max, err);
    if (rc != BUS_OK) {
        json_decref(to);
        return rc;
    }
    *ret = to;
    return BUS_OK;
}
