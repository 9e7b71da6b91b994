/* intake submit FILE|-: a file of applications, one JSON object a line.
 *
 * Safe to repeat: the same line is the same application. Each line is answered
 * with its number and what became of it; faults name their place. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/run/exit.h"
#include "ops/lianou.h"
#include "producers/intake/intake.h"

#define FLIGHT_MAX 20000 /* lines not yet answered */

struct submit
{
    struct bus_frame frame;
    struct intake in;
    FILE *file;
    struct bus_timer *more;
    char *line;
    size_t line_cap;
    uint64_t number, taken, known, faulty, failed, waiting;
    bool ended, quiet;
};

struct line
{
    struct submit *s;
    uint64_t number;
};

static void
answered(void *token, enum intake_outcome outcome, const struct bus_err *err)
{
    struct line *l = token;
    struct submit *s = l->s;
    s->waiting--;
    if (outcome == INTAKE_ACCEPTED || outcome == INTAKE_JOURNALED) {
        s->taken++;
    } else {
        s->failed++;
        (void)fprintf(stderr, "line %llu: not taken: %s\n",
                      (unsigned long long)l->number, err ? err->msg : "?");
    }
    bus_free(l);
    if (s->ended && s->waiting == 0) {
        bus_loop_stop(s->frame.loop, NULL);
    }
}

static void show_faults(const struct submit *s, const struct form *f)
{
    size_t n =
        f->fault_count < FORM_FAULTS_MAX ? f->fault_count : FORM_FAULTS_MAX;
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(stderr, "line %llu: %s: %s %s / %s\n",
                      (unsigned long long)s->number, f->faults[i].pointer,
                      f->faults[i].code, f->faults[i].en, f->faults[i].zh);
    }
}

static int take_line(struct submit *s, size_t n, struct bus_err *err)
{
    struct form_syntax wrong;
    json_t *json = form_parse((struct bus_strv){s->line, n}, &wrong);
    if (json == NULL) {
        s->faulty++;
        (void)fprintf(stderr, "line %llu: column %d: %s %s / %s\n",
                      (unsigned long long)s->number, wrong.column, wrong.code,
                      wrong.en, wrong.zh);
        return BUS_OK;
    }
    struct intake_sent sent = {.bytes = {s->line, n}};
    struct form *form = bus_arena_alloc(&s->in.mem, sizeof(*form));
    struct line *l = bus_malloc(sizeof(*l));
    struct form_rules rules = intake_rules(&s->in);
    enum intake_outcome before = INTAKE_NEW;
    int rc = form == NULL || l == NULL
                 ? bus_fail(err, BUS_ENOMEM, "a line")
                 : form_read(&rules, json, &s->in.mem, form, err);
    if (rc == BUS_OK && form->fault_count == 0) {
        before = intake_before(&s->in, form, &sent);
    }
    if (rc == BUS_OK && form->fault_count > 0) {
        s->faulty++;
        show_faults(s, form);
    } else if (rc == BUS_OK && before != INTAKE_NEW) {
        s->known++;
    } else if (rc == BUS_OK) {
        *l = (struct line){s, s->number};
        s->waiting++;
        rc = intake_take(&s->in, form, &sent, answered, l, err);
        l = NULL;
    }
    bus_free(l);
    json_decref(json);
    bus_arena_reset(&s->in.mem);
    return rc;
}

static void on_more(void *data)
{
    struct submit *s = data;
    struct bus_err err;
    if (!bus_kafka_producer_connected(s->in.producer)) {
        return; /* wait: a command has no journal */
    }
    for (int i = 0; i < 500 && s->waiting < FLIGHT_MAX && !s->ended; i++) {
        ssize_t n = getline(&s->line, &s->line_cap, s->file);
        if (n < 0) {
            s->ended = true;
            break;
        }
        s->number++;
        if (take_line(s, (size_t)n, &err) != BUS_OK) {
            bus_loop_stop(s->frame.loop, &err);
            return;
        }
    }
    if (s->ended && s->waiting == 0) {
        bus_loop_stop(s->frame.loop, NULL);
    }
}

static void drain(void *data)
{
    struct submit *s = data;
    bus_timer_free(s->more);
    intake_drain(&s->in);
}

static int submit(struct submit *s, const struct bus_role_args *args)
{
    struct bus_err err;
    int rc = bus_frame_open(&s->frame, args, "submit");
    if (rc != BUS_EXIT_OK) {
        return rc;
    }
    int e = intake_open(&s->in, &s->frame, false, &err);
    e = e ? e : bus_timer_new(s->frame.loop, on_more, s, &s->more, &err);
    e = e ? e : bus_loop_on_drain(s->frame.loop, drain, s, &err);
    if (e != BUS_OK) {
        rc = bus_frame_fail(&err);
    } else {
        bus_timer_start(s->more, 5, 5);
        rc = bus_frame_run(&s->frame);
    }
    intake_fini(&s->in);
    bus_frame_close(&s->frame);
    (void)printf("%llu lines: %llu taken, %llu taken before, %llu with "
                 "faults, %llu not taken\n",
                 (unsigned long long)s->number, (unsigned long long)s->taken,
                 (unsigned long long)s->known, (unsigned long long)s->faulty,
                 (unsigned long long)s->failed);
    return rc == BUS_EXIT_OK && s->faulty + s->failed > 0 ? LIANOU_FAILED : rc;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
    struct bus_role_args args = {0};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o != 'c') {
            return LIANOU_USAGE;
        }
        args.config_dir = optarg;
    }
    if (optind + 2 != argc || strcmp(argv[optind], "submit") != 0) {
        (void)fprintf(stderr, "lianou intake: submit FILE, or - for standard "
                              "input\n");
        return LIANOU_USAGE;
    }
    static struct submit s;
    args.config_dir = lianou_config_dir(args.config_dir);
    bool std = strcmp(argv[optind + 1], "-") == 0;
    s.file = std ? stdin : fopen(argv[optind + 1], "r");
    if (s.file == NULL) {
        (void)fprintf(stderr, "lianou intake: %s cannot be read\n",
                      argv[optind + 1]);
        return LIANOU_USAGE;
    }
    int rc = submit(&s, &args);
    free(s.line);
    if (!std) {
        (void)fclose(s.file);
    }
    return rc;
}

const struct lianou_command lianou_cmd_intake = {
    .name = "intake",
    .usage = "submit FILE|- [--config DIR]",
    .summary = "apply from a file, a line of JSON each",
    .summary_zh = "从文件提交申请",
    .group = 1,
    .run = run,
};
