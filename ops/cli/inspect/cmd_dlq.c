/* dlq: dead letters, listed, shown, sent through the front door again, closed.
 *
 * redrive writes the original bytes, key and headers to the original topic, on
 * the partition the key belongs to, waits for the acknowledgement, and then
 * writes a mark: a dead letter of the same place with reason REDRIVEN. A letter
 * with a mark is left out of `ls` and refused by `redrive`, so doing it twice
 * does nothing. If the mark is lost between the two writes the bytes may be
 * sent again; the consumers are idempotent by business id, so that changes
 * nothing either.
 *
 * close writes a mark with reason CLOSED: a person of the owner's office, or of
 * the lead department, said by his account that nothing is to be done and why
 * (dlq_close.c). */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/role/emit.h"
#include "bus/role/types.h"
#include "bus/web/readlog.h"
#include "bus/wire/crypt.h"
#include "ops/cli/inspect/dlq.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"
#include "schemas/dead_letter.h"

#define LETTERS_BYTES (1u << 30)
#define DAY_MS        86400000

static void dlq_name_of(const struct sa_dead_letter *d, char *to, size_t cap)
{
    (void)snprintf(to, cap, "%.*s/%d/%lld", BUS_STRV_ARG(d->topic),
                   d->partition, (long long)d->offset);
}

/* Letters and marks may stand in any order over the partitions. */
static int
dlq_take(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct dlq *q = data;
    struct sa_dead_letter *d = NULL;
    struct bus_strv value = {bus_arena_dup(&q->mem, m->value.p, m->value.n),
                             m->value.n};
    if (m->value.p == NULL || value.p == NULL) {
        return m->value.p == NULL ? BUS_OK
                                  : bus_fail(err, BUS_ENOMEM, "dead letters");
    }
    if (bus_wire_decode(q->schemas, &sa_dead_letter_type, value, &q->mem,
                        (void **)&d, err) != BUS_OK) {
        (void)fprintf(stderr, "lianou dlq: %d/%lld is no dead letter: %s\n",
                      m->partition, (long long)m->offset, err->msg);
        return BUS_OK;
    }
    char name[sizeof(((struct dlq_letter *)0)->name)];
    dlq_name_of(d, name, sizeof(name));
    struct dlq_letter *l = bus_map_get(&q->places, bus_strv(name));
    if (l == NULL) {
        l = bus_arena_calloc(&q->mem, 1, sizeof(*l));
        if (l == NULL) {
            return bus_fail(err, BUS_ENOMEM, "dead letters");
        }
        memcpy(l->name, name, sizeof(name));
        if (bus_map_put(&q->places, bus_strv(l->name), l) != BUS_OK) {
            return bus_fail(err, BUS_ENOMEM, "dead letters");
        }
        *q->last = l;
        q->last = &l->next;
    }
    if (bus_strv_is(d->reason_code, DLQ_REDRIVEN) ||
        bus_strv_is(d->reason_code, DLQ_CLOSED)) {
        l->mark = d;
    } else {
        l->d = d;
    }
    return BUS_OK;
}

static bool dlq_wanted(const struct dlq *q, const struct dlq_letter *l)
{
    char id[BUS_ID_TEXT + 1];
    return l->d != NULL &&
           (q->what == NULL || strcmp(q->what, "all") == 0 ||
            strcmp(q->what, l->name) == 0 ||
            strcmp(q->what, bus_id_text(&l->d->event_id, id)) == 0);
}

/* What became of it, behind its line; "" while it is open. */
static const char *dlq_end_of(const struct dlq_letter *l)
{
    return l->mark == NULL                                 ? ""
           : bus_strv_is(l->mark->reason_code, DLQ_CLOSED) ? "  closed"
                                                           : "  redriven";
}

static int dlq_list(struct dlq *q, struct bus_err *err)
{
    int64_t now = bus_clock_system.wall_ms(NULL);
    size_t open = 0, closed = 0, redriven = 0;
    (void)err;
    for (const struct dlq_letter *l = q->first; l != NULL; l = l->next) {
        char when[BUS_TIME_TEXT + 1];
        if (l->d == NULL ||
            (q->owner != NULL && !bus_strv_is(l->d->owner, q->owner))) {
            continue;
        }
        bool shut = l->mark != NULL && dlq_end_of(l)[2] == 'c';
        open += l->mark == NULL;
        closed += shut;
        redriven += l->mark != NULL && !shut;
        if (l->mark == NULL || q->all) {
            (void)printf(
                "%s  %.*s  owner %.*s  %s  %lld d%s\n", l->name,
                BUS_STRV_ARG(l->d->reason_code), BUS_STRV_ARG(l->d->owner),
                bus_time_text(l->d->occurred_at, when),
                (long long)((now - l->d->occurred_at) / DAY_MS), dlq_end_of(l));
        }
    }
    (void)printf("%zu open, %zu redriven, %zu closed / 待办%zu, 已重投%zu, "
                 "已办结%zu\n",
                 open, redriven, closed, open, redriven, closed);
    return BUS_OK;
}

/* --- headers as they may be shown ---
 *
 * Whoever wrote the message chose them: only ours are shown, and only what has
 * the shape of ours. Of the rest the length. */

static bool dlq_is_id(struct bus_strv v)
{
    struct bus_id id;
    return bus_id_parse(v, &id);
}

static bool is_subject(struct bus_strv v)
{
    const char *slash = v.n > 0 ? memchr(v.p, '/', v.n) : NULL;
    size_t n = slash != NULL ? (size_t)(slash - v.p) + 1 : 0;
    return n > 0 && cli_topic_is_word((struct bus_strv){v.p, n}) &&
           dlq_is_id((struct bus_strv){v.p + n, v.n - n});
}

static bool dlq_is_trace(struct bus_strv v)
{
    static const char like[] =
        "hh-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-hhhhhhhhhhhhhhhh-hh";
    bool ok = v.n == sizeof(like) - 1;
    for (size_t i = 0; ok && i < v.n; i++) {
        ok = like[i] == 'h' ? isxdigit((unsigned char)v.p[i]) != 0
                            : v.p[i] == '-';
    }
    return ok;
}

static void show_header(struct bus_strv name, struct bus_strv value)
{
    static const struct
    {
        const char *name;
        bool (*fits)(struct bus_strv v);
    } known[] = {
        {"ce_specversion", cli_topic_is_word}, {"ce_type", cli_topic_is_word},
        {"ce_source", cli_topic_is_word},      {"ce_time", cli_topic_is_word},
        {"content-type", cli_topic_is_word},   {"ce_id", dlq_is_id},
        {"ce_partitionkey", dlq_is_id},        {"ce_correlationid", dlq_is_id},
        {"ce_causationid", dlq_is_id},         {"ce_subject", is_subject},
        {"traceparent", dlq_is_trace},
    };
    bool plain = false;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        plain =
            plain || (bus_strv_is(name, known[i].name) && known[i].fits(value));
    }
    (void)printf("  header  %.*s = ", cli_topic_is_word(name) ? (int)name.n : 1,
                 cli_topic_is_word(name) ? name.p : "?");
    if (plain) {
        (void)printf("%.*s\n", BUS_STRV_ARG(value));
    } else {
        (void)printf("(%zu bytes)\n", value.n);
    }
}

/* Whose it is, where that is known. */
static int
dlq_note(struct dlq *q, const struct dlq_letter *l, struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    const struct bus_web_read read = {
        .via = "lianou dlq show",
        .purpose = q->why,
        .record = l->d->has_household_id ? bus_id_text(&l->d->household_id, id)
                                         : l->name,
        .fields = l->name};
    return q->why != NULL ? cli_tool_note_why(&q->tool, &read, err) : BUS_OK;
}

static int
dlq_show_one(struct dlq *q, const struct dlq_letter *l, struct bus_err *err)
{
    const struct sa_dead_letter *d = l->d;
    char id[BUS_ID_TEXT + 1], first[BUS_TIME_TEXT + 1], last[BUS_TIME_TEXT + 1];
    struct bus_buf text = {0};
    BUS_TRY(dlq_note(q, l, err));
    cli_topic_show(d->has_value ? d->value : (struct bus_strv){0},
                   q->why != NULL, &text);
    (void)printf("%s%s\n  id      %s\n  reason  %.*s: %.*s\n  owner   "
                 "%.*s\n  tries   %d, %s to %s\n",
                 l->name, dlq_end_of(l), bus_id_text(&d->event_id, id),
                 BUS_STRV_ARG(d->reason_code), BUS_STRV_ARG(d->reason),
                 BUS_STRV_ARG(d->owner), d->tries,
                 bus_time_text(d->first_at, first),
                 bus_time_text(d->last_at, last));
    if (l->mark != NULL) {
        (void)printf("  end     %s %.*s\n",
                     bus_time_text(l->mark->occurred_at, last),
                     BUS_STRV_ARG(l->mark->reason));
    }
    for (size_t i = 0; i < d->headers.n; i++) {
        show_header(d->headers.v[i].key, d->headers.v[i].value);
    }
    (void)printf("  value   %s\n", bus_buf_cstr(&text));
    bus_buf_fini(&text);
    return BUS_OK;
}

static int dlq_show(struct dlq *q, struct bus_err *err)
{
    size_t n = 0;
    for (const struct dlq_letter *l = q->first; l != NULL; l = l->next) {
        if (dlq_wanted(q, l)) {
            BUS_TRY(dlq_show_one(q, l, err));
            n++;
        }
    }
    return n > 0 ? BUS_OK
                 : bus_fail(err, BUS_EUNKNOWN, "no dead letter '%s'", q->what);
}

static int
send_original(struct dlq *q, const struct dlq_letter *l, struct bus_err *err)
{
    const struct sa_dead_letter *d = l->d;
    struct bus_kafka_header headers[BUS_KAFKA_HEADERS_MAX];
    size_t n = 0;
    if (d->headers.n == 1 &&
        bus_strv_is(d->headers.v[0].key, BUS_LETTER_LEFT)) {
        return bus_fail(err, BUS_ETOOBIG,
                        "the letter is without its bytes: they were too many; "
                        "write them again from their place");
    }
    for (; n < d->headers.n && n < BUS_KAFKA_HEADERS_MAX; n++) {
        const char *name = bus_arena_strndup(&q->mem, d->headers.v[n].key.p,
                                             d->headers.v[n].key.n);
        if (name == NULL) {
            return bus_fail(err, BUS_ENOMEM, "a header");
        }
        headers[n] = (struct bus_kafka_header){name, d->headers.v[n].value};
    }
    const char *topic = bus_arena_strndup(&q->mem, d->topic.p, d->topic.n);
    struct bus_kafka_out_msg m = {
        .topic = topic,
        .partition = -1,
        .key = d->has_key ? d->key : (struct bus_strv){0},
        .value = d->has_value ? d->value : (struct bus_strv){0},
        .headers = headers,
        .headers_count = n,
    };
    return topic == NULL
               ? bus_fail(err, BUS_ENOMEM, "a name")
               : cli_topic_send(&q->tool.config.kafka, "lianou-dlq", &m, err);
}

/* One of many whose bytes are gone stays where it is; the others go on. */
static int redrive_one(struct dlq *q, struct dlq_letter *l, struct bus_err *err)
{
    if (q->dry) {
        (void)printf("%s would be sent: %zu bytes to %.*s\n", l->name,
                     l->d->value.n, BUS_STRV_ARG(l->d->topic));
        return BUS_OK;
    }
    int rc = send_original(q, l, err);
    if (rc == BUS_ETOOBIG && strcmp(q->what, "all") == 0) {
        (void)printf("%s stays: %s\n", l->name, err->msg);
        return BUS_OK;
    }
    if (rc != BUS_OK ||
        cli_dlq_mark(q, l, DLQ_REDRIVEN, "sent through the front door again",
                     err) != BUS_OK) {
        return bus_wrap(err, "%s", l->name);
    }
    (void)printf("%s redriven\n", l->name);
    return BUS_OK;
}

static int redrive(struct dlq *q, struct bus_err *err)
{
    size_t n = 0, before = 0;
    int rc = BUS_OK;
    for (struct dlq_letter *l = q->first; rc == BUS_OK && l != NULL;
         l = l->next) {
        if (!dlq_wanted(q, l)) {
            continue;
        }
        if (l->mark != NULL) {
            before++;
            continue;
        }
        rc = redrive_one(q, l, err);
        n += l->mark != NULL;
    }
    if (!q->dry) {
        (void)printf("%zu redriven, %zu had been before\n", n, before);
    }
    if (rc == BUS_OK && n + before == 0 && !q->dry &&
        strcmp(q->what, "all") != 0) {
        rc = bus_fail(err, BUS_EUNKNOWN, "no dead letter '%s'", q->what);
    }
    return rc;
}

static int dlq_read_all(struct dlq *q, struct bus_err *err)
{
    q->last = &q->first;
    q->schemas = bus_role_types_registry();
    if (q->schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "schemas");
    }
    struct topic_read read = {.config = &q->tool.config,
                              .topic = "dead-letters",
                              .last = TOPIC_ALL,
                              .cb = dlq_take,
                              .data = q};
    return cli_topic_each(&read, err);
}

static const struct
{
    const char *word;
    int (*run)(struct dlq *q, struct bus_err *err);
    bool of_one; /* which letter has to be said */
} dlq_verbs[] = {{"ls", dlq_list, false},
                 {"show", dlq_show, true},
                 {"redrive", redrive, true},
                 {"close", cli_dlq_close, true}};
#define DLQ_VERBS (sizeof(dlq_verbs) / sizeof(dlq_verbs[0]))

static int dlq_work(struct dlq *q, size_t verb, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(&q->tool, err));
    BUS_TRY(dlq_read_all(q, err));
    return dlq_verbs[verb].run(q, err);
}

static bool dlq_option(struct dlq *q, int option, char *value)
{
    const char **texts[] = {['c'] = &q->tool.folder, ['w'] = &q->why,
                            ['o'] = &q->owner,       ['r'] = &q->reason,
                            ['A'] = &q->account,     ['d'] = &q->tool.conninfo};
    bool *flags[] = {['a'] = &q->all, ['n'] = &q->dry};
    size_t o = option > 0 ? (size_t)option : 0;
    if (o < sizeof(texts) / sizeof(texts[0]) && texts[o] != NULL) {
        *texts[o] = value;
        return true;
    }
    if (o < sizeof(flags) / sizeof(flags[0]) && flags[o] != NULL) {
        *flags[o] = true;
        return true;
    }
    return false;
}

static int dlq_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"all", no_argument, NULL, 'a'},
        {"why", required_argument, NULL, 'w'},
        {"owner", required_argument, NULL, 'o'},
        {"dry-run", no_argument, NULL, 'n'},
        {"reason", required_argument, NULL, 'r'},
        {"account", required_argument, NULL, 'A'},
        {NULL, 0, NULL, 0},
    };
    struct dlq q = {0};
    struct bus_err err;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (!dlq_option(&q, o, optarg)) {
            return LIANOU_USAGE;
        }
    }
    size_t verb = 0;
    while (verb < DLQ_VERBS && strcmp(optind < argc ? argv[optind] : "",
                                      dlq_verbs[verb].word) != 0) {
        verb++;
    }
    q.what = optind + 1 < argc ? argv[optind + 1] : NULL;
    if (verb == DLQ_VERBS || dlq_verbs[verb].of_one != (q.what != NULL)) {
        (void)fprintf(stderr,
                      "lianou dlq: ls, show LETTER, redrive LETTER|all or "
                      "close LETTER?\n");
        return LIANOU_USAGE;
    }
    bus_arena_init(&q.mem, 1u << 20, LETTERS_BYTES);
    int rc = dlq_work(&q, verb, &err);
    bus_wire_registry_free(q.schemas);
    bus_map_fini(&q.places);
    bus_arena_fini(&q.mem);
    return cli_tool_close(&q.tool, "dlq", rc, &err);
}

const struct lianou_command lianou_cmd_dlq = {
    .name = "dlq",
    .usage = "ls [--all] [--owner CODE] | show LETTER [--why TEXT] | redrive "
             "LETTER|all [--dry-run] | close LETTER --reason TEXT --account "
             "NAME [--config DIR]",
    .summary = "dead letters: list, look at, send again, close",
    .summary_zh = "死信:列出、查看、重投、办结",
    .group = 3,
    .run = dlq_run,
};
