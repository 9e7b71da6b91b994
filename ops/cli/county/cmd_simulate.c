/* simulate: partners that answer through their own topics, or behind a
 * transport of their own (simulate_side.h; their adapter is `run partner
 * NAME`).
 *
 * At least once: a batch's offsets are committed when all of its answers are
 * acknowledged; answers have derived ids, so a repeated one changes nothing.
 * What no broker took is answered again, the whole batch, until one does. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/heap.h"
#include "bus/role/emit.h"
#include "bus/role/types.h"
#include "bus/run/exit.h"
#include "ops/cli/county/simulate.h"
#include "ops/cli/county/simulate_side.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

#define PARTNERS_MAX  64
#define MESSAGE_BYTES (8u << 20)
#define RETRY_MS      1000
#define LINGER_MS     50

struct in_flight /* a batch and its unacknowledged answers */
{
    struct bus_kafka_batch *batch;
    size_t waiting;
    bool sent;
    bool again;             /* an answer is not known to be written */
    bool due;               /* is answered again now */
    struct in_flight *next; /* batches are done in their order */
};
struct simulate
{
    struct bus_role_frame frame;
    struct simulate_rules rules;
    struct bus_policy_catalogue *catalogue;
    const struct bus_conf_partner *partners[PARTNERS_MAX];
    const char *topics[PARTNERS_MAX];
    size_t count;
    const struct bus_conf_partner *behind[PARTNERS_MAX]; /* a transport */
    struct simulate_side *sides[PARTNERS_MAX];
    size_t behind_count;
    const char *theirs; /* simulate_side.h */
    int duplicates;     /* percent of answers given twice */
    const char *folder; /* --config */
    bool lines;         /* one of them, as a program */
    struct bus_arena mem;
    struct bus_wire_registry *schemas;
    struct bus_kafka_consumer *consumer;
    struct bus_kafka_producer *producer;
    struct in_flight *first, **last;
    struct bus_timer *retry;
    bool closing; /* what is acknowledged now is of batches let go */
    uint64_t questions, answers, unreadable;
};

static void simulate_settle(struct simulate *s)
{
    while (s->first != NULL && s->first->sent && s->first->waiting == 0 &&
           !s->first->again) {
        struct in_flight *f = s->first;
        bus_kafka_consumer_done(s->consumer, f->batch);
        bus_kafka_batch_free(s->consumer, f->batch);
        s->first = f->next;
        if (s->first == NULL) {
            s->last = &s->first;
        }
        bus_free(f);
    }
}

/* With err an answer was not taken, or perhaps not: waits like a role. */
static void simulate_answered(struct simulate *s,
                              struct in_flight *f,
                              const struct bus_err *err)
{
    if (err != NULL && bus_err_act(err->code) != BUS_ACT_RETRY) {
        bus_run_loop_stop(s->frame.loop, err);
        return;
    }
    f->again = f->again || err != NULL;
    if (f->again) {
        bus_run_timer_start(s->retry, RETRY_MS, 0);
    } else {
        simulate_settle(s);
    }
}

static void simulate_acked(void *data,
                           void *token,
                           int32_t partition,
                           int64_t offset,
                           const struct bus_err *err)
{
    struct simulate *s = data;
    struct in_flight *f = token;
    (void)partition;
    (void)offset;
    if (!s->closing) {
        f->waiting--;
        simulate_answered(s, f, err);
    }
}

static int simulate_send(struct simulate *s,
                         const struct bus_conf_partner *p,
                         const struct cli_simulate_answer *a,
                         struct in_flight *f,
                         struct bus_err *err)
{
    struct bus_role_rendered r;
    struct bus_role_emit e = {
        .type = a->type,
        .record = a->record,
        .ce_type = a->ce_type,
        .source = s->frame.source,
        .event_id = a->event_id,
        .household_id = a->household_id,
        .case_id = a->case_id,
        .cause_id = a->cause_id,
        .occurred_at = a->occurred_at,
    };
    BUS_TRY(bus_role_emit_render(&e, &s->mem, &r, err));
    struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(&s->frame.config, &s->mem, a->what, p->code),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    int times = (int)(a->event_id.b[3] % 100) < s->duplicates ? 2 : 1;
    while (times-- > 0) {
        BUS_TRY(bus_kafka_producer_send(s->producer, &m, f, err));
        f->waiting++;
        s->answers++;
    }
    return BUS_OK;
}

static int answer_one(struct simulate *s,
                      const struct bus_kafka_msg *m,
                      struct in_flight *f,
                      struct bus_err *err)
{
    const struct bus_conf_partner *p = s->partners[m->topic_index];
    const char *what;
    void *question = NULL;
    struct simulate_answers out;
    bus_arena_reset(&s->mem);
    s->questions++;
    int rc = bus_wire_decode(
        s->schemas,
        cli_simulate_question((enum bus_conf_partner_kind)p->kind, &what),
        m->value, &s->mem, &question, err);
    if (rc != BUS_OK) {
        s->unreadable++;
        return BUS_OK; /* a simulated partner passes over what it cannot read */
    }
    BUS_TRY(cli_simulate_answer(&s->rules, p, question,
                                bus_clock_system.wall_ms(NULL), &s->mem, &out,
                                err));
    for (size_t i = 0; i < out.n; i++) {
        BUS_TRY(simulate_send(s, p, &out.v[i], f, err));
    }
    return BUS_OK;
}

static void answer_batch(struct simulate *s, struct in_flight *f)
{
    struct bus_err err;
    int rc = BUS_OK;
    f->again = false;
    for (size_t i = 0; rc == BUS_OK && i < f->batch->n; i++) {
        rc = answer_one(s, &f->batch->msgs[i], f, &err);
    }
    f->sent = true;
    simulate_answered(s, f, rc == BUS_OK ? NULL : &err);
}

static struct in_flight *first_due(struct simulate *s)
{
    struct in_flight *f = s->first;
    while (f != NULL && !f->due) {
        f = f->next;
    }
    return f;
}

/* What still waits comes here once it is acknowledged, or not. */
static void on_simulate_retry(void *data)
{
    struct simulate *s = data;
    for (struct in_flight *f = s->first; f != NULL; f = f->next) {
        f->due = f->again && f->waiting == 0;
    }
    for (struct in_flight *f; (f = first_due(s)) != NULL;) {
        f->due = false;
        answer_batch(s, f); /* f, and what follows, may be gone by then */
    }
}

static void on_simulate_batch(void *data, struct bus_kafka_batch *batch)
{
    struct simulate *s = data;
    struct bus_err err;
    struct in_flight *f = bus_calloc(1, sizeof(*f));
    if (f == NULL) {
        (void)bus_fail(&err, BUS_ENOMEM, "a batch");
        bus_kafka_batch_free(s->consumer, batch);
        bus_run_loop_stop(s->frame.loop, &err);
        return;
    }
    f->batch = batch;
    *s->last = f;
    s->last = &f->next;
    answer_batch(s, f);
}

static void simulate_failed(void *data, const struct bus_err *err)
{
    struct simulate *s = data;
    bus_run_loop_stop(s->frame.loop, err);
}

static void drop_in_flight(struct simulate *s)
{
    while (s->first != NULL) {
        struct in_flight *f = s->first;
        s->first = f->next;
        bus_kafka_batch_free(s->consumer, f->batch);
        bus_free(f);
    }
    s->last = &s->first;
}

static void simulate_drain(void *data)
{
    struct simulate *s = data;
    for (size_t i = 0; i < s->behind_count; i++) {
        cli_simulate_side_stop(s->sides[i]);
    }
    s->closing = true;
    bus_run_timer_free(s->retry);
    if (s->consumer != NULL) {
        drop_in_flight(s);
        bus_kafka_consumer_close(s->consumer, NULL, NULL);
        bus_kafka_producer_close(s->producer, 2000, NULL, NULL);
    }
}

static int simulate_choose(struct simulate *s,
                           int argc,
                           char **argv,
                           const char *silent,
                           struct bus_err *err)
{
    const struct bus_config *c = &s->frame.config;
    bool all = argc == 1 && strcmp(argv[0], "all") == 0;
    for (int i = 0; !all && i < argc; i++) {
        if (bus_conf_partner(c, argv[i]) == NULL) {
            return bus_fail(err, BUS_EUSAGE, "no partner '%s'", argv[i]);
        }
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        bool want = all;
        for (int k = 0; k < argc; k++) {
            want |= strcmp(argv[k], p->code) == 0;
        }
        bool kafka = p->kind != BUS_PARTNER_SOURCE &&
                     p->transport == BUS_TRANSPORT_KAFKA;
        if (!want || !(kafka || cli_simulate_side_there(p, s->theirs)) ||
            (silent != NULL && strcmp(silent, p->code) == 0)) {
            continue;
        }
        if (s->count == PARTNERS_MAX || s->behind_count == PARTNERS_MAX) {
            return bus_fail(err, BUS_EUSAGE, "more than %d partners",
                            PARTNERS_MAX);
        }
        if (!kafka) {
            s->behind[s->behind_count++] = p;
            continue;
        }
        const char *what;
        (void)cli_simulate_question((enum bus_conf_partner_kind)p->kind, &what);
        s->partners[s->count] = p;
        s->topics[s->count++] = bus_role_frame_topic(&s->frame, what, p->code);
    }
    return s->count + s->behind_count > 0
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE, "no partner is left");
}

static int
simulate_start(struct simulate *s, const char *group, struct bus_err *err)
{
    struct bus_kafka_consumer_conf conf = {
        .group = bus_arena_printf(&s->frame.mem, "%ssimulate-%s",
                                  s->frame.config.prefix, group),
        .instance = "1",
        .topics = s->topics,
        .topics_count = s->count,
        .offsets = BUS_KAFKA_OFFSETS_GROUP,
        .batches_max = 4,
        .data = s,
        .batch = on_simulate_batch,
        .failed = simulate_failed,
    };
    s->last = &s->first;
    s->catalogue = bus_role_frame_catalogue(&s->frame.config);
    s->rules.config = &s->frame.config;
    s->rules.catalogue = s->catalogue;
    s->schemas = bus_role_types_registry();
    BUS_TRY(cli_simulate_officers(&s->rules, s->frame.config.desk.seals, err));
    bus_arena_init(&s->mem, 64u << 10, MESSAGE_BYTES);
    if (s->catalogue == NULL || s->schemas == NULL) {
        return bus_fail(err, BUS_ECONFIG, "the catalogue has faults");
    }
    for (size_t i = 0; i < s->behind_count; i++) {
        const struct simulate_side_conf side = {.loop = s->frame.loop,
                                                .rules = &s->rules,
                                                .partner = s->behind[i],
                                                .duplicates = s->duplicates,
                                                .theirs = s->theirs};
        BUS_TRY(cli_simulate_side_new(&side, &s->sides[i], err));
    }
    if (s->count > 0) {
        BUS_TRY(bus_run_timer_new(s->frame.loop, on_simulate_retry, s,
                                  &s->retry, err));
        s->frame.kafka.linger_ms = LINGER_MS;
        BUS_TRY(bus_kafka_producer_open(&s->frame.kafka, simulate_acked, s,
                                        &s->producer, err));
        BUS_TRY(
            bus_kafka_consumer_open(&s->frame.kafka, &conf, &s->consumer, err));
    }
    return bus_run_loop_on_drain(s->frame.loop, simulate_drain, s, err);
}

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"seed", required_argument, NULL, 's'},
    {"errors", required_argument, NULL, 'e'},
    {"duplicates", required_argument, NULL, 'd'},
    {"silent", required_argument, NULL, 'q'},
    {"group", required_argument, NULL, 'g'},
    {"theirs", required_argument, NULL, 't'},
    {"lines", no_argument, NULL, 'l'},
    {NULL, 0, NULL, 0},
};

/* As a program that an adapter runs: no broker, no port; the adapter seals. */
static int simulate_program(struct simulate *s,
                            const struct bus_config *c,
                            const char *name,
                            struct bus_err *err)
{
    const struct bus_conf_partner *p = bus_conf_partner(c, name);
    if (p == NULL) {
        return bus_fail(err, BUS_EUSAGE, "no partner '%s'", name);
    }
    s->catalogue = bus_role_frame_catalogue(c);
    s->rules.config = c;
    s->rules.catalogue = s->catalogue;
    if (s->catalogue == NULL) {
        return bus_fail(err, BUS_ECONFIG, "the catalogue has faults");
    }
    BUS_TRY(cli_simulate_officers(&s->rules, NULL, err));
    return cli_simulate_lines(&s->rules, p, s->duplicates, err);
}

static int simulate_lines_run(struct simulate *s, const char *name)
{
    struct tool t = {.folder = s->folder};
    struct bus_err err;
    int rc = cli_tool_open(&t, &err);
    if (rc == BUS_OK) {
        rc = simulate_program(s, &t.config, name, &err);
    }
    cli_simulate_officers_free(&s->rules);
    bus_policy_catalogue_free(s->catalogue);
    return cli_tool_close(&t, "simulate", rc, &err);
}

static int simulate_partners_run(struct simulate *s,
                                 int argc,
                                 char **argv,
                                 const char *silent,
                                 const char *group)
{
    struct bus_err err;
    struct bus_run_role_args args = {.config_dir = s->folder};
    int rc = bus_role_frame_open(&s->frame, &args, "simulate");
    if (rc == BUS_EXIT_OK) {
        rc = simulate_choose(s, argc, argv, silent, &err) == BUS_OK &&
                     simulate_start(s, group, &err) == BUS_OK
                 ? bus_role_frame_run(&s->frame)
                 : bus_role_frame_fail(&err);
        for (size_t i = 0; i < s->behind_count; i++) {
            cli_simulate_side_free(s->sides[i]);
        }
        cli_simulate_officers_free(&s->rules);
        bus_policy_catalogue_free(s->catalogue);
        bus_wire_registry_free(s->schemas);
        bus_arena_fini(&s->mem);
        bus_role_frame_close(&s->frame);
    }
    return rc;
}

/* False: it is used otherwise. */
static bool simulate_option(struct simulate *s,
                            int option,
                            const char **silent,
                            const char **group)
{
    switch (option) {
    case 'c':
        s->folder = optarg;
        return true;
    case 's':
        s->rules.seed = strtoull(optarg, NULL, 10);
        return true;
    case 'e':
        s->rules.errors = (int)strtol(optarg, NULL, 10);
        return true;
    case 'd':
        s->duplicates = (int)strtol(optarg, NULL, 10);
        return true;
    case 'q':
        *silent = optarg;
        return true;
    case 'g':
        *group = optarg;
        return true;
    case 't':
        s->theirs = optarg;
        return true;
    case 'l':
        s->lines = true;
        return true;
    default:
        return false;
    }
}

static int simulate_run(int argc, char **argv)
{
    struct simulate *s = bus_calloc(1, sizeof(*s));
    const char *silent = NULL, *group = "all";
    bool well = true;
    if (s == NULL) {
        return LIANOU_BUG;
    }
    s->rules.errors = 10;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        well = well && simulate_option(s, o, &silent, &group);
    }
    s->folder = lianou_config_dir(s->folder);
    int rc = !well || (s->lines && optind + 1 != argc) ? LIANOU_USAGE
             : s->lines ? simulate_lines_run(s, argv[optind])
                        : simulate_partners_run(s, argc - optind, argv + optind,
                                                silent, group);
    bus_free(s);
    return rc;
}

const struct lianou_command lianou_cmd_simulate = {
    .name = "simulate",
    .usage = "all|PARTNER... [--seed N] [--errors P] [--duplicates P] "
             "[--silent PARTNER] [--theirs DIR] [--lines] [--config DIR]",
    .summary = "partners that answer",
    .summary_zh = "模拟伙伴单位应答",
    .group = 3,
    .run = simulate_run,
};
