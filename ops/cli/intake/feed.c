#include "ops/cli/intake/feed.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/run/exit.h"
#include "ops/cli/lianou.h"

#define FLIGHT_MAX   20000 /* units not yet answered */
#define TURN_UNITS   500   /* read in one turn of the loop */
#define AWAY_SAID_MS 3000

/* One unit on its way; what is to be said of it is made at once, as nothing of
 * the file is there any more when the answer comes. */
struct in_flight
{
    struct feed *feed;
    json_t *report;
    char draft[BUS_ID_TEXT + 1]; /* where it came from; "" */
};

/* --- the report --- */

static void report_fault(const json_t *f)
{
    json_int_t column = json_integer_value(json_object_get(f, "column"));
    const char *pointer = json_string_value(json_object_get(f, "pointer"));
    const char *found = json_string_value(json_object_get(f, "found"));
    (void)printf("    ");
    if (pointer != NULL) {
        (void)printf("%s", pointer);
    } else {
        (void)printf("line %lld",
                     (long long)json_integer_value(json_object_get(f, "line")));
        if (column > 0) {
            (void)printf(", column %lld", (long long)column);
        }
        (void)printf(" %s", json_string_value(json_object_get(f, "header")));
    }
    if (found != NULL && found[0] != '\0') {
        (void)printf(": found '%s'", found);
    }
    (void)printf(": %s %s / %s\n",
                 json_string_value(json_object_get(f, "code")),
                 json_string_value(json_object_get(f, "zh")),
                 json_string_value(json_object_get(f, "en")));
}

static void
feed_report(struct in_flight *l, const char *outcome, const char *id)
{
    struct feed *f = l->feed;
    json_t *r = l->report;
    bool bad = strcmp(outcome, "draft") == 0 || strcmp(outcome, "failed") == 0;
    if (f->json) {
        (void)json_object_set_new(r, "outcome", json_string(outcome));
        char *text = json_dumps(r, JSON_COMPACT);
        (void)printf("%s\n", text ? text : "{}");
        free(text);
    } else if (f->each || bad) {
        json_int_t first = json_integer_value(json_object_get(r, "first_line"));
        json_int_t last = json_integer_value(json_object_get(r, "last_line"));
        const char *reference =
            json_string_value(json_object_get(r, "reference"));
        if (first == last) {
            (void)printf("line %lld  ", (long long)first);
        } else {
            (void)printf("lines %lld-%lld  ", (long long)first,
                         (long long)last);
        }
        (void)printf("%s  %s  %s\n", reference ? reference : "", outcome,
                     id ? id : "");
        size_t i;
        const json_t *one;
        json_array_foreach(json_object_get(r, "faults"), i, one)
        {
            report_fault(one);
        }
        const char *why = json_string_value(json_object_get(r, "why"));
        if (why != NULL) {
            (void)printf("    %s\n", why);
        }
    }
    json_decref(l->report);
    bus_free(l);
}

/* --- answers --- */

static void end_if_done(struct feed *f)
{
    if (f->ended && f->waiting == 0) {
        bus_run_loop_stop(f->frame.loop, NULL);
    }
}

static void drop_draft(struct in_flight *l)
{
    if (l->draft[0] != '\0') {
        (void)!intake_drafts_drop(&l->feed->in.drafts, l->draft, NULL);
    }
}

static void
answered(void *token, enum intake_outcome outcome, const struct bus_err *err)
{
    struct in_flight *l = token;
    struct feed *f = l->feed;
    f->waiting--;
    if (outcome == INTAKE_ACCEPTED || outcome == INTAKE_JOURNALED) {
        f->accepted++;
        drop_draft(l);
        feed_report(
            l, "accepted",
            json_string_value(json_object_get(l->report, "application_id")));
    } else {
        f->failed++;
        (void)json_object_set_new(l->report, "why",
                                  json_string(err ? err->msg : "?"));
        feed_report(l, "failed", NULL);
    }
    end_if_done(f);
}

static void feed_kept(void *token, const char *id, const struct bus_err *err)
{
    struct in_flight *l = token;
    struct feed *f = l->feed;
    f->waiting--;
    f->drafts++;
    if (id != NULL) {
        (void)json_object_set_new(l->report, "draft", json_string(id));
        if (strcmp(id, l->draft) != 0) {
            drop_draft(l); /* the mended one takes its place */
        }
    } else {
        (void)json_object_set_new(l->report, "why", json_string(err->msg));
    }
    feed_report(l, "draft", id ? id : "(not kept)");
    end_if_done(f);
}

/* --- one unit --- */

static json_t *csv_import_faults(struct feed *f,
                                 const struct csv_import_unit *rows,
                                 const struct form *form,
                                 struct bus_arena *mem)
{
    json_t *list = json_array();
    size_t own =
        rows->faults.n < SHEET_FAULTS_MAX ? rows->faults.n : SHEET_FAULTS_MAX;
    size_t n = form->fault_count < FORM_FAULTS_MAX ? form->fault_count
                                                   : FORM_FAULTS_MAX;
    for (size_t i = 0; i < own + n; i++) {
        struct csv_import_fault s;
        if (i < own) {
            s = rows->faults.v[i];
        } else {
            intake_csv_import_place(f->sheet, rows, &form->faults[i - own], mem,
                                    &s);
        }
        (void)json_array_append_new(
            list, json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "line",
                            (json_int_t)s.line, "column", (json_int_t)s.column,
                            "header", s.header, "found", s.found, "code",
                            s.code, "zh", s.zh, "en", s.en));
    }
    return list;
}

static int feed_keep(struct feed *f,
                     struct in_flight *l,
                     const struct feed_unit *u,
                     struct form *form,
                     struct bus_err *err)
{
    json_t *faults = u->rows != NULL
                         ? csv_import_faults(f, u->rows, form, &f->in.mem)
                         : intake_form_fault_list(form);
    (void)json_object_set_new(l->report, "faults", faults);
    if (u->rows != NULL) { /* the draft shows the rows' own faults too */
        for (size_t i = 0; i < u->rows->faults.n && i < SHEET_FAULTS_MAX; i++) {
            const struct csv_import_fault *s = &u->rows->faults.v[i];
            struct intake_form_fault more = {"", s->code, s->zh, s->en};
            intake_form_add_fault(form, &more);
        }
    }
    return intake_drafts_keep(&f->in.drafts, f->frame.loop, u->json, form,
                              feed_kept, l, err);
}

static struct in_flight *in_flight_of(struct feed *f, const struct feed_unit *u)
{
    struct in_flight *l = bus_calloc(1, sizeof(*l));
    if (l != NULL) {
        l->feed = f;
        l->report = json_pack("{s:I, s:I, s:s}", "first_line",
                              (json_int_t)u->first_line, "last_line",
                              (json_int_t)u->last_line, "reference",
                              u->reference ? u->reference : "");
        (void)bus_strv_copy(l->draft, sizeof(l->draft), bus_strv(u->draft));
    }
    return l;
}

static int feed_decide(struct feed *f,
                       struct in_flight *l,
                       struct feed_unit *u,
                       struct bus_err *err)
{
    struct form *form = bus_arena_alloc(&f->in.mem, sizeof(*form));
    struct form_rules rules = intake_rules(&f->in);
    struct intake_sent sent = {.bytes = u->bytes};
    if (sent.bytes.p == NULL) {
        sent.bytes = bus_strv(intake_form_json_text(u->json, &f->in.mem));
    }
    if (form == NULL || sent.bytes.p == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an application");
    }
    int rc = intake_form_read(&rules, u->json, &f->in.mem, form, err);
    if (rc != BUS_OK) {
        return rc;
    }
    char id[BUS_ID_TEXT + 1];
    (void)json_object_set_new(
        l->report, "application_id",
        json_string(bus_id_text(&form->application.application_id, id)));
    bool rows_bad = u->rows != NULL && u->rows->faults.n > 0;
    enum intake_outcome before = INTAKE_NEW;
    if (form->fault_count == 0 && !rows_bad) {
        before = intake_before(&f->in, form, &sent);
    }
    if (before != INTAKE_NEW) {
        f->known++;
        drop_draft(l);
        feed_report(l, "known", id);
        return BUS_OK;
    }
    f->waiting++;
    return form->fault_count > 0 || rows_bad
               ? feed_keep(f, l, u, form, err)
               : intake_accept(&f->in, form, &sent, answered, l, err);
}

int cli_feed_collect(struct feed *f, struct feed_unit *u, struct bus_err *err)
{
    struct in_flight *l = in_flight_of(f, u);
    int rc = l == NULL || l->report == NULL
                 ? bus_fail(err, BUS_ENOMEM, "an application")
                 : feed_decide(f, l, u, err);
    f->units++;
    f->last_line = u->last_line;
    json_decref(u->json);
    bus_arena_reset(&f->in.mem);
    return rc;
}

int cli_feed_unreadable(struct feed *f,
                        const struct feed_unit *u,
                        struct bus_err *err)
{
    static const struct form nothing; /* its faults are the rows' own */
    struct in_flight *l = in_flight_of(f, u);
    f->units++;
    f->failed++;
    f->last_line = u->last_line;
    if (l == NULL || l->report == NULL) {
        json_decref(u->json);
        return bus_fail(err, BUS_ENOMEM, "a row");
    }
    (void)json_object_set_new(
        l->report, "faults",
        csv_import_faults(f, u->rows, &nothing, &f->in.mem));
    feed_report(l, "failed", NULL);
    json_decref(u->json);
    bus_arena_reset(&f->in.mem);
    return BUS_OK;
}

void cli_feed_broken(struct feed *f,
                     size_t line,
                     const struct form_syntax *wrong)
{
    f->units++;
    f->failed++;
    if (f->json) {
        (void)printf("{\"first_line\":%zu,\"last_line\":%zu,\"column\":%d,"
                     "\"code\":\"%s\",\"outcome\":\"failed\"}\n",
                     line, line, wrong->column, wrong->code);
    } else {
        (void)printf("line %zu, column %d: %s %s / %s\n", line, wrong->column,
                     wrong->code, wrong->zh, wrong->en);
    }
}

/* --- all of them --- */

/* A command has no journal: it waits, and says so. */
static bool is_away(struct feed *f)
{
    uint64_t now = bus_run_loop_now_ms(f->frame.loop);
    if (bus_kafka_producer_connected(f->in.producer)) {
        f->away_since_ms = 0;
        f->away_said = false;
        return false;
    }
    f->away_since_ms = f->away_since_ms == 0 ? now : f->away_since_ms;
    if (!f->away_said && now - f->away_since_ms >= AWAY_SAID_MS) {
        f->away_said = true;
        (void)fprintf(
            stderr,
            "Kafka (%s) 暂不可用, 等待中; Ctrl-C 结束 / Kafka (%s) is "
            "away: waiting for it; Ctrl-C ends\n",
            f->frame.config.kafka.bootstrap, f->frame.config.kafka.bootstrap);
    }
    return true;
}

/* Who is in office is asked of the published register: it is read first. */
static bool is_unregistered(struct feed *f)
{
    if (bus_catalogue_register_watch_read(f->in.registers)) {
        return false;
    }
    uint64_t now = bus_run_loop_now_ms(f->frame.loop);
    f->unread_since_ms = f->unread_since_ms == 0 ? now : f->unread_since_ms;
    if (!f->unread_said && now - f->unread_since_ms >= AWAY_SAID_MS) {
        f->unread_said = true;
        (void)fprintf(stderr,
                      "登记簿主题尚未读到, 等待中(可能无读取权限: lianou acl "
                      "plan); Ctrl-C 结束 / the topic register has not been "
                      "read: waiting for it (may this program read it? lianou "
                      "acl plan); Ctrl-C ends\n");
    }
    return true;
}

static void on_more(void *data)
{
    struct feed *f = data;
    struct bus_err err;
    if (!f->checked && f->check != NULL) {
        int rc = f->check(f, &err);
        if (rc != BUS_OK && rc != BUS_EPARSE) {
            bus_run_loop_stop(f->frame.loop, &err);
            return;
        }
        f->ended = f->broken = rc == BUS_EPARSE;
    }
    f->checked = true;
    if (f->ended) {
        end_if_done(f);
        return;
    }
    if (is_away(f) || is_unregistered(f)) {
        return;
    }
    for (int i = 0; i < TURN_UNITS && f->waiting < FLIGHT_MAX && !f->ended;
         i++) {
        int rc = f->next(f, &err);
        if (rc == BUS_EAGAIN || rc == BUS_EPARSE) {
            f->ended = true;
            f->broken = rc == BUS_EPARSE;
        } else if (rc != BUS_OK) {
            bus_run_loop_stop(f->frame.loop, &err);
            return;
        }
    }
    end_if_done(f);
}

static void feed_drain(void *data)
{
    struct feed *f = data;
    f->stopped = !f->ended;
    bus_run_timer_free(f->more);
    intake_drain(&f->in);
}

static int feed_open(struct feed *f, struct bus_err *err)
{
    BUS_TRY(intake_open(&f->in, &f->frame, false, err));
    BUS_TRY(intake_watch_registers(&f->in, err));
    BUS_TRY(bus_run_timer_new(f->frame.loop, on_more, f, &f->more, err));
    return bus_run_loop_on_drain(f->frame.loop, feed_drain, f, err);
}

int cli_feed_run(struct feed *f, const struct bus_run_role_args *args)
{
    struct bus_err err;
    int rc = bus_role_frame_open(&f->frame, args, "submit");
    if (rc != BUS_EXIT_OK) {
        return rc;
    }
    if (feed_open(f, &err) != BUS_OK) {
        rc = bus_role_frame_fail(&err);
    } else {
        bus_run_timer_start(f->more, 5, 5);
        rc = bus_role_frame_run(&f->frame);
    }
    intake_fini(&f->in);
    bus_role_frame_close(&f->frame);
    if (f->json) {
        (void)printf(
            "{\"applications\":%llu,\"accepted\":%llu,\"known\":%llu,"
            "\"drafts\":%llu,\"failed\":%llu}\n",
            (unsigned long long)f->units, (unsigned long long)f->accepted,
            (unsigned long long)f->known, (unsigned long long)f->drafts,
            (unsigned long long)f->failed);
    } else {
        (void)printf(
            "%llu applications: %llu accepted, %llu already known, "
            "%llu drafts with faults, %llu not taken\n",
            (unsigned long long)f->units, (unsigned long long)f->accepted,
            (unsigned long long)f->known, (unsigned long long)f->drafts,
            (unsigned long long)f->failed);
    }
    if (f->stopped) {
        size_t left = f->unread != NULL ? f->unread(f) : 0;
        (void)fprintf(stderr,
                      "停在第%zu行, 未读%zu行; 可重新执行, 已受理的不会重复 / "
                      "stopped at line %zu, %zu lines not read; run it again: "
                      "what was taken is not taken twice\n",
                      f->last_line, left, f->last_line, left);
    }
    bool clean = f->drafts + f->failed == 0 && !f->broken && !f->stopped;
    return rc == BUS_EXIT_OK && !clean ? LIANOU_FAILED : rc;
}
