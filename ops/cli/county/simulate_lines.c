/* A program that its adapter runs: an event a line, answers, its word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ops/cli/county/simulate_desk.h"
#include "ops/cli/county/simulate_side.h"

/* A document stands on lines, and goes out on one. */
static int simulate_line_say(struct bus_strv document, struct bus_err *err)
{
    json_t *doc = json_loadb(document.p, document.n, 0, NULL);
    char *line = doc != NULL ? json_dumps(doc, JSON_COMPACT) : NULL;
    bool well = line != NULL && puts(line) >= 0;
    free(line);
    json_decref(doc);
    return well ? BUS_OK : bus_fail(err, BUS_EIO, "an answer");
}

static int simulate_line_answer(struct simulate_desk *d,
                                const char *event,
                                struct bus_strv document,
                                struct bus_err *err)
{
    struct simulate_said said[SIMULATE_ANSWERS_MAX];
    size_t n = 0;
    int rc = cli_simulate_desk_ask(d, document, said, &n, err);
    bool refused = rc != BUS_OK && bus_err_act(err->code) == BUS_ACT_REJECT;
    if (rc != BUS_OK && !refused) {
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(simulate_line_say(said[i].text, err));
        if (said[i].twice) {
            BUS_TRY(simulate_line_say(said[i].text, err));
        }
    }
    return printf("{\"%s\": \"%s\"}\n", refused ? "refused" : "taken", event) >
                       0 &&
                   fflush(stdout) == 0
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "an answer");
}

/* What became of an answer is a line, too: a real one looks at it. */
static int simulate_line_take(struct simulate_desk *d,
                              const char *line,
                              struct bus_err *err)
{
    json_t *told = json_loads(line, 0, NULL);
    const char *event = json_string_value(json_object_get(told, "event_id"));
    char *text =
        event != NULL ? json_dumps(json_object_get(told, "document"), 0) : NULL;
    int rc = event == NULL ? BUS_OK
             : text == NULL
                 ? bus_fail(err, BUS_EPARSE, "a line without a document")
                 : simulate_line_answer(d, event, bus_strv(text), err);
    free(text);
    json_decref(told);
    return rc;
}

int cli_simulate_lines(const struct simulate_rules *rules,
                       const struct bus_conf_partner *partner,
                       int duplicates,
                       struct bus_err *err)
{
    struct simulate_desk d;
    char *line = NULL;
    size_t room = 0;
    int rc = cli_simulate_desk_open(&d, rules, partner, duplicates, err);
    while (rc == BUS_OK && getline(&line, &room, stdin) >= 0) {
        rc = simulate_line_take(&d, line, err);
    }
    free(line);
    cli_simulate_desk_close(&d);
    return rc;
}
