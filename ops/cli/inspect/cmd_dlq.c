/* dlq: dead letters, listed, shown, and sent through the front door again.
 *
 * redrive writes the original bytes, key and headers to the original topic, on
 * the partition the key belongs to, waits for the acknowledgement, and then
 * writes a mark: a dead letter of the same place with reason REDRIVEN. A letter
 * with a mark is left out of `ls` and refused by `redrive`, so doing it twice
 * does nothing. If the mark is lost between the two writes the bytes may be
 * sent again; the consumers are idempotent by business id, so that changes
 * nothing either. */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/role/emit.h"
#include "bus/role/types.h"
#include "bus/web/readlog.h"
#include "bus/wire/crypt.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"
#include "schemas/dead_letter.h"

#define MARK          "REDRIVEN"
#define LETTERS_BYTES (1u << 30)

struct partner_dead_letter
{
    const struct sa_dead_letter *d;
    char name[320]; /* topic/partition/offset */
    bool marked;
    struct partner_dead_letter *next;
};
struct dlq
{
    struct tool tool;
    bool all;              /* ls: with those redriven */
    const char *what;      /* NULL: every one */
    const char *why;       /* show: facts in clear, written down; NULL: not */
    struct bus_arena mem;  /* letters */
    struct bus_map places; /* name -> letter */
    struct partner_dead_letter *first, **last;
    struct bus_wire_registry *schemas;
};

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
    char name[sizeof(((struct partner_dead_letter *)0)->name)];
    dlq_name_of(d, name, sizeof(name));
    struct partner_dead_letter *l = bus_map_get(&q->places, bus_strv(name));
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
    if (bus_strv_is(d->reason_code, MARK)) {
        l->marked = true;
    } else {
        l->d = d;
    }
    return BUS_OK;
}

static bool dlq_wanted(const struct dlq *q, const struct partner_dead_letter *l)
{
    char id[BUS_ID_TEXT + 1];
    return l->d != NULL &&
           (q->what == NULL || strcmp(q->what, "all") == 0 ||
            strcmp(q->what, l->name) == 0 ||
            strcmp(q->what, bus_id_text(&l->d->event_id, id)) == 0);
}

static int dlq_list(struct dlq *q, struct bus_err *err)
{
    size_t open = 0, marked = 0;
    (void)err;
    for (const struct partner_dead_letter *l = q->first; l != NULL;
         l = l->next) {
        char when[BUS_TIME_TEXT + 1];
        if (l->d == NULL) {
            continue;
        }
        open += !l->marked;
        marked += l->marked;
        if (!l->marked || q->all) {
            (void)printf("%s  %.*s  owner %.*s  %s%s\n", l->name,
                         BUS_STRV_ARG(l->d->reason_code),
                         BUS_STRV_ARG(l->d->owner),
                         bus_time_text(l->d->occurred_at, when),
                         l->marked ? "  redriven" : "");
        }
    }
    (void)printf("%zu open, %zu redriven\n", open, marked);
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
static int dlq_note(struct dlq *q,
                    const struct partner_dead_letter *l,
                    struct bus_err *err)
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

static int dlq_show_one(struct dlq *q,
                        const struct partner_dead_letter *l,
                        struct bus_err *err)
{
    const struct sa_dead_letter *d = l->d;
    char id[BUS_ID_TEXT + 1], first[BUS_TIME_TEXT + 1], last[BUS_TIME_TEXT + 1];
    struct bus_buf text = {0};
    BUS_TRY(dlq_note(q, l, err));
    cli_topic_show(d->has_value ? d->value : (struct bus_strv){0},
                   q->why != NULL, &text);
    (void)printf("%s%s\n  id      %s\n  reason  %.*s: %.*s\n  owner   "
                 "%.*s\n  tries   %d, %s to %s\n",
                 l->name, l->marked ? "  redriven" : "",
                 bus_id_text(&d->event_id, id), BUS_STRV_ARG(d->reason_code),
                 BUS_STRV_ARG(d->reason), BUS_STRV_ARG(d->owner), d->tries,
                 bus_time_text(d->first_at, first),
                 bus_time_text(d->last_at, last));
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
    for (const struct partner_dead_letter *l = q->first; l != NULL;
         l = l->next) {
        if (dlq_wanted(q, l)) {
            BUS_TRY(dlq_show_one(q, l, err));
            n++;
        }
    }
    return n > 0 ? BUS_OK
                 : bus_fail(err, BUS_EUNKNOWN, "no dead letter '%s'", q->what);
}

static int dlq_send_one(struct dlq *q,
                        const struct bus_kafka_out_msg *m,
                        struct bus_err *err)
{
    return cli_topic_send(&q->tool.config.kafka, "lianou-dlq", m, err);
}

static int send_original(struct dlq *q,
                         const struct partner_dead_letter *l,
                         struct bus_err *err)
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
    return topic == NULL ? bus_fail(err, BUS_ENOMEM, "a name")
                         : dlq_send_one(q, &m, err);
}

static int dlq_mark(struct dlq *q,
                    const struct partner_dead_letter *l,
                    struct bus_err *err)
{
    const struct bus_config *c = &q->tool.config;
    struct sa_dead_letter d = {
        .event_id = bus_wire_redriven_id(bus_strv(l->name)),
        .has_household_id = l->d->has_household_id,
        .household_id = l->d->household_id,
        .occurred_at = bus_clock_system.wall_ms(NULL),
        .topic = l->d->topic,
        .partition = l->d->partition,
        .offset = l->d->offset,
        .reason_code = BUS_STRV(MARK),
        .reason = BUS_STRV("sent through the front door again"),
        .owner = l->d->owner,
        .first_at = l->d->first_at,
        .last_at = bus_clock_system.wall_ms(NULL),
        .tries = l->d->tries + 1,
    };
    struct bus_role_emit e = {
        .type = &sa_dead_letter_type,
        .record = &d,
        .ce_type = "sa.dead_letter.v1",
        .source = bus_strv(
            bus_arena_printf(&q->mem, "/county/%s/dlq", c->county.code)),
        .event_id = d.event_id,
        .household_id = d.household_id,
        .cause_id = l->d->event_id,
        .occurred_at = d.occurred_at,
    };
    struct bus_role_rendered r;
    BUS_TRY(bus_role_emit_render(&e, &q->mem, &r, err));
    struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(c, &q->mem, "dead-letters", NULL),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return dlq_send_one(q, &m, err);
}

/* One of many whose bytes are gone stays where it is; the others go on. */
static int
redrive_one(struct dlq *q, struct partner_dead_letter *l, struct bus_err *err)
{
    int rc = send_original(q, l, err);
    if (rc == BUS_ETOOBIG && strcmp(q->what, "all") == 0) {
        (void)printf("%s stays: %s\n", l->name, err->msg);
        return BUS_OK;
    }
    if (rc != BUS_OK || dlq_mark(q, l, err) != BUS_OK) {
        return bus_wrap(err, "%s", l->name);
    }
    (void)printf("%s redriven\n", l->name);
    l->marked = true;
    return BUS_OK;
}

static int redrive(struct dlq *q, struct bus_err *err)
{
    size_t n = 0, before = 0;
    int rc = BUS_OK;
    for (struct partner_dead_letter *l = q->first; rc == BUS_OK && l != NULL;
         l = l->next) {
        if (!dlq_wanted(q, l)) {
            continue;
        }
        if (l->marked) {
            before++;
            continue;
        }
        rc = redrive_one(q, l, err);
        n += l->marked;
    }
    (void)printf("%zu redriven, %zu had been before\n", n, before);
    if (rc == BUS_OK && n + before == 0 && strcmp(q->what, "all") != 0) {
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

static int dlq_work(struct dlq *q, const char *verb, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(&q->tool, err));
    BUS_TRY(dlq_read_all(q, err));
    return strcmp(verb, "ls") == 0     ? dlq_list(q, err)
           : strcmp(verb, "show") == 0 ? dlq_show(q, err)
                                       : redrive(q, err);
}

static int dlq_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"all", no_argument, NULL, 'a'},
        {"why", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    struct dlq q = {0};
    struct bus_err err;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            q.tool.folder = optarg;
        } else if (o == 'a') {
            q.all = true;
        } else if (o == 'w') {
            q.why = optarg;
        } else {
            return LIANOU_USAGE;
        }
    }
    const char *verb = optind < argc ? argv[optind] : "";
    bool ls = strcmp(verb, "ls") == 0, sh = strcmp(verb, "show") == 0,
         re = strcmp(verb, "redrive") == 0;
    q.what = optind + 1 < argc ? argv[optind + 1] : NULL;
    if ((!ls && !sh && !re) || (ls != (q.what == NULL))) {
        (void)fprintf(stderr, "lianou dlq: ls, show LETTER or redrive "
                              "LETTER|all?\n");
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
    .usage = "ls [--all] | show LETTER [--why TEXT] | redrive LETTER|all "
             "[--config DIR]",
    .summary = "dead letters: list, look at, send again",
    .summary_zh = "死信:列出、查看、重投",
    .group = 3,
    .run = dlq_run,
};
