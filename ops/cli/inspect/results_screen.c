#include <inttypes.h>

#include "ops/cli/inspect/case_screen.h"

static const char *results_text(const json_t *row, const char *key, bool en)
{
    const json_t *v = json_object_get(row, key);
    const char *s = json_string_value(
        json_is_object(v) ? json_object_get(v, en ? "en" : "zh") : v);
    return s != NULL ? s : "";
}

void cli_case_screen_results(const struct case_screen *s,
                             const json_t *document)
{
    const json_t *list = json_object_get(document, "results");
    json_int_t sum = 0;
    size_t i;
    json_t *row;
    (void)fprintf(s->to, "\n已获救助%s (%zu)\n", s->en ? " received" : "",
                  json_array_size(list));
    json_array_foreach(list, i, row)
    {
        const json_t *amount = json_object_get(row, "amount_fen");
        json_int_t fen = json_integer_value(amount);
        sum += fen;
        (void)fprintf(s->to, "  %s  %s", results_text(row, "on", false),
                      results_text(row, "item", s->en));
        if (json_is_integer(amount) && fen != 0) {
            (void)fprintf(s->to, "  %" PRId64 ".%02d元", (int64_t)(fen / 100),
                          (int)(fen % 100));
        }
        (void)fprintf(s->to, "  %s  %s  %s %s %s\n",
                      results_text(row, "record", s->en),
                      results_text(row, "partner", s->en),
                      results_text(row, "department", s->en),
                      results_text(row, "decided_on", false),
                      results_text(row, "decided_by", false));
    }
    (void)fprintf(s->to, "  %s %" PRId64 ".%02d元\n", s->en ? "total" : "合计",
                  (int64_t)(sum / 100), (int)(sum % 100));
}
