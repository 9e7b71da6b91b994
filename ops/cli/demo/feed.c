#include "ops/cli/demo/feed.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/cli/county/generate.h"
#include "producers/intake/csv_import.h"

#define CHANNELS 5 /* web, mobile, telephone, spoken, station list */

/* --- a station's list: a row a person, the household's columns in its first */

static void feed_put_text(FILE *to, const char *text)
{
    (void)fputc('"', to);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') {
            (void)fputc('"', to);
        }
        (void)fputc(*p, to);
    }
    (void)fputc('"', to);
}

static void feed_put_value(FILE *to, const json_t *v, bool last)
{
    if (json_is_string(v)) {
        feed_put_text(to, json_string_value(v));
    } else if (json_is_boolean(v)) {
        (void)fputs(json_is_true(v) ? "是" : "否", to);
    } else if (json_is_integer(v)) {
        (void)fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    } else if (json_is_real(v)) {
        (void)fprintf(to, "%g", json_real_value(v));
    }
    (void)fputs(last ? "\r\n" : ",", to);
}

static bool is_column(const struct bus_fact *f)
{
    return f->derived == NULL && !f->pii;
}

static void put_header(FILE *to, const struct bus_config *c)
{
    (void)fputs("\xEF\xBB\xBF", to); /* as spreadsheets write it */
    for (size_t i = 0; intake_csv_import_columns()[i].en != NULL; i++) {
        (void)fprintf(to, "%s%s", i > 0 ? "," : "",
                      intake_csv_import_columns()[i].zh);
    }
    for (size_t i = 0; i < c->facts_count; i++) {
        const struct bus_fact *f = &c->facts[i];
        if (is_column(f)) {
            (void)fprintf(to, ",%s.%s",
                          f->scope == BUS_FACT_MEMBER ? "member" : "household",
                          f->name);
        }
    }
    (void)fputs("\r\n", to);
}

/* base is "", "/operator" or, of the member, ".". */
static const json_t *column_of(const json_t *household,
                               const json_t *member,
                               bool first,
                               const struct csv_import_column *c)
{
    if (c->base[0] == '.') {
        return json_object_get(member, c->key);
    }
    const json_t *o =
        c->base[0] == '/' ? json_object_get(household, c->base + 1) : household;
    bool again = strcmp(c->key, "channel_reference") == 0;
    return first || again ? json_object_get(o, c->key) : NULL;
}

static void put_household(FILE *to, const struct bus_config *c, const json_t *o)
{
    const json_t *members = json_object_get(o, "members");
    const json_t *facts = json_object_get(o, "facts");
    for (size_t m = 0; m < json_array_size(members); m++) {
        const json_t *member = json_array_get(members, m);
        const json_t *own = json_object_get(member, "facts");
        size_t left = 0;
        for (size_t i = 0; i < c->facts_count; i++) {
            left += is_column(&c->facts[i]);
        }
        for (size_t i = 0; intake_csv_import_columns()[i].en != NULL; i++) {
            feed_put_value(
                to,
                column_of(o, member, m == 0, &intake_csv_import_columns()[i]),
                false);
        }
        for (size_t i = 0; i < c->facts_count; i++) {
            const struct bus_fact *f = &c->facts[i];
            const json_t *of = f->scope == BUS_FACT_MEMBER ? own
                               : m == 0                    ? facts
                                                           : NULL;
            if (is_column(f)) {
                feed_put_value(to, json_object_get(of, f->name), --left == 0);
            }
        }
    }
}

/* --- the three ways */

struct ways
{
    int http; /* kept connection; -1 */
    FILE *clerk, *list;
    char list_path[200];
};

static int send_http(const struct cli_demo_feed *f,
                     struct ways *w,
                     const json_t *o,
                     struct bus_err *err)
{
    char *text = json_dumps(o, JSON_COMPACT);
    int status =
        text ? cli_demo_post(&w->http, f->intake_port, "/v1/applications", text)
             : -1;
    free(text);
    return status == 202
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "intake answered %d to an application",
                          status);
}

static int feed_send_one(const struct cli_demo_feed *f,
                         struct ways *w,
                         uint64_t i,
                         struct bus_err *err)
{
    int channel = (int)(i % CHANNELS);
    json_t *o = cli_generate_application(f->config, f->seed, i, channel);
    int rc = o ? BUS_OK : bus_fail(err, BUS_ENOMEM, "an application");
    if (rc == BUS_OK && channel < 2) {
        rc = send_http(f, w, o, err);
    } else if (rc == BUS_OK && channel < 4) {
        (void)json_dumpf(o, w->clerk, JSON_COMPACT);
        (void)fputc('\n', w->clerk);
    } else if (rc == BUS_OK) {
        put_household(w->list, f->config, o);
    }
    if (rc == BUS_OK) {
        rc = cli_demo_source_note(f->source, i, o, err);
    }
    json_decref(o);
    return rc;
}

static int
feed_join(const struct cli_demo_feed *f, const char *name, struct bus_err *err)
{
    int ended = cli_demo_join(f->stage, name);
    return ended == 0 ? BUS_OK
                      : bus_fail(err, BUS_EIO,
                                 "intake %s ended with %d; see %s/%s.log", name,
                                 ended, f->stage->dir, name);
}

static int
open_ways(const struct cli_demo_feed *f, struct ways *w, struct bus_err *err)
{
    static const char *const submit[] = {"intake", "submit", "-", NULL};
    int fd = -1;
    *w = (struct ways){.http = -1};
    (void)snprintf(w->list_path, sizeof(w->list_path), "%s/list.csv",
                   f->stage->dir);
    int rc = cli_demo_spawn_piped(f->stage, "submit", submit, &fd, err);
    w->clerk = rc == BUS_OK ? fdopen(fd, "w") : NULL;
    w->list = rc == BUS_OK ? fopen(w->list_path, "w") : NULL;
    if (rc == BUS_OK && (w->clerk == NULL || w->list == NULL)) {
        rc = bus_fail(err, BUS_EIO, "%s cannot be written", w->list_path);
    }
    if (rc == BUS_OK) {
        put_header(w->list, f->config);
    }
    return rc;
}

int cli_demo_feed(const struct cli_demo_feed *f, struct bus_err *err)
{
    struct ways w;
    int rc = open_ways(f, &w, err);
    bool on = rc == BUS_OK;
    for (int64_t i = 0; on && rc == BUS_OK && i < f->applications; i++) {
        rc = feed_send_one(f, &w, (uint64_t)i, err);
        on = rc == BUS_OK && f->tick(f->data, &rc, err);
    }
    if (w.clerk != NULL) {
        (void)fclose(w.clerk);
    }
    if (w.list != NULL && fclose(w.list) != 0 && rc == BUS_OK) {
        rc = bus_fail(err, BUS_EIO, "%s cannot be written", w.list_path);
    }
    if (w.http >= 0) {
        (void)close(w.http);
    }
    /* One after the other: both remember in one place what they have sent. */
    const char *const import[] = {"intake", "import", w.list_path, NULL};
    if (rc != BUS_OK || !on) {
        return rc;
    }
    BUS_TRY(feed_join(f, "submit", err));
    BUS_TRY(cli_demo_spawn(f->stage, "import", import, err));
    return feed_join(f, "import", err);
}
