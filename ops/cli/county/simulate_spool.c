#include "ops/cli/county/simulate_spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "ops/cli/kinds.h"

#define LOOK_MS   200
#define ENDING    ".json"
#define NAME_ROOM 80

struct simulate_spool
{
    const struct simulate_rules *rules;
    const struct bus_conf_partner *partner;
    const struct bus_partner_kind *kind;
    int duplicates;
    int root, out, in;
    struct bus_timer *timer;
    struct bus_run_loop *loop;
    struct bus_arena mem;
};

static int simulate_spool_put(struct simulate_spool *s,
                              struct bus_strv text,
                              const char *id,
                              const char *suffix,
                              struct bus_err *err)
{
    char name[NAME_ROOM], part[NAME_ROOM + 1];
    (void)snprintf(name, sizeof(name), "%s%s" ENDING, id, suffix);
    (void)snprintf(part, sizeof(part), ".%s", name);
    BUS_TRY(bus_disk_write(s->in, part, text, err));
    BUS_TRY(bus_disk_rename(s->in, part, s->in, name, err));
    return bus_disk_sync(s->in, err);
}

static int simulate_spool_give(struct simulate_spool *s,
                               const struct cli_simulate_answer *a,
                               size_t nth,
                               struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1], name[BUS_ID_TEXT + 8];
    struct bus_strv text;
    struct bus_partner_kind_reply reply = {
        .question = a->cause_id,
        .has_reference = true,
        .reference = bus_strv(bus_id_text(&a->event_id, id)),
    };
    const struct bus_partner_kind_in *in =
        bus_partner_kind_in_of(s->kind->in, a->type);
    BUS_CHECK(in != NULL);
    BUS_TRY(
        bus_partner_kind_in_write(in, a->record, &reply, &s->mem, &text, err));
    /* Taken by age, then by name: in the order they are given. */
    (void)snprintf(name, sizeof(name), "%02zu-%s", nth % 100, id);
    BUS_TRY(simulate_spool_put(s, text, name, "", err));
    bool twice = (int)(a->event_id.b[3] % 100) < s->duplicates;
    return twice ? simulate_spool_put(s, text, name, "-again", err) : BUS_OK;
}

/* What asks nothing: a notice of a dead letter, what became of a claim. */
static bool simulate_spool_tells(const struct simulate_spool *s,
                                 struct bus_strv text)
{
    const struct bus_partner_kind_out *more = s->kind->out->more;
    return bus_partner_document_named(text, "notice") ||
           (more != NULL &&
            bus_partner_document_named(text, more->document->name));
}

/* *ret NULL: it asks nothing. */
static int simulate_spool_read(struct simulate_spool *s,
                               const char *name,
                               void **ret,
                               struct bus_err *err)
{
    struct bus_strv text;
    struct bus_partner_document_faults faults;
    BUS_TRY(bus_disk_read(s->out, name, SIZE_MAX / 2, &s->mem, &text, err));
    if (simulate_spool_tells(s, text)) {
        *ret = NULL;
        return BUS_OK;
    }
    return bus_partner_kind_out_read(s->kind->out, s->rules->config, text,
                                     &s->mem, ret, &faults, err);
}

/* A task of out/: answered, then taken away. */
static int simulate_spool_take(struct simulate_spool *s,
                               const char *name,
                               struct bus_err *err)
{
    struct simulate_answers answers;
    void *record = NULL;
    bus_arena_reset(&s->mem);
    if (simulate_spool_read(s, name, &record, err) != BUS_OK) {
        return bus_wrap(err, "%s", name);
    }
    if (record == NULL) {
        return bus_disk_unlink(s->out, name, err);
    }
    BUS_TRY(cli_simulate_answer(s->rules, s->partner, record,
                                bus_clock_system.wall_ms(NULL), &s->mem,
                                &answers, err));
    for (size_t i = 0; i < answers.n; i++) {
        BUS_TRY(simulate_spool_give(s, &answers.v[i], i, err));
    }
    return bus_disk_unlink(s->out, name, err);
}

static bool task_name(const char *name)
{
    size_t n = strlen(name), tail = sizeof(ENDING) - 1;
    return name[0] != '.' && n > tail && strcmp(name + n - tail, ENDING) == 0;
}

static void simulate_spool_probe(void *data)
{
    struct simulate_spool *s = data;
    struct bus_err err;
    int fd = openat(s->out, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    int rc = d == NULL ? bus_disk_fail(&err, "out") : BUS_OK;
    for (struct dirent *e; rc == BUS_OK && (e = readdir(d)) != NULL;) {
        rc = task_name(e->d_name) ? simulate_spool_take(s, e->d_name, &err)
                                  : BUS_OK;
    }
    if (d != NULL) {
        (void)closedir(d);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    if (rc != BUS_OK && bus_err_act((enum bus_errc)rc) != BUS_ACT_RETRY) {
        bus_run_loop_stop(s->loop,
                          &err); /* an adapter's document is at fault */
    }
}

void cli_simulate_spool_free(struct simulate_spool *s)
{
    if (s == NULL) {
        return;
    }
    bus_run_timer_free(s->timer);
    const int fds[] = {s->in, s->out, s->root};
    for (size_t i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    bus_arena_fini(&s->mem);
    bus_free(s);
}

static int simulate_spool_open(struct simulate_spool *s, struct bus_err *err)
{
    const char *word = bus_partner_kind_word(s->partner);
    s->kind = bus_partner_kind_find(cli_kinds, word);
    if (s->kind == NULL) {
        return bus_fail(err, BUS_ECONFIG, "no kind %s", word);
    }
    BUS_TRY(bus_disk_folder(AT_FDCWD, s->partner->spool_dir, &s->root, err));
    BUS_TRY(bus_disk_folder(s->root, "out", &s->out, err));
    BUS_TRY(bus_disk_folder(s->root, "in", &s->in, err));
    return bus_run_timer_new(s->loop, simulate_spool_probe, s, &s->timer, err);
}

int cli_simulate_spool_new(struct bus_run_loop *loop,
                           const struct simulate_rules *rules,
                           const struct bus_conf_partner *partner,
                           int duplicates,
                           struct simulate_spool **ret,
                           struct bus_err *err)
{
    struct simulate_spool *s = bus_calloc(1, sizeof(*s));
    if (s == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a simulated spool");
    }
    *s = (struct simulate_spool){.rules = rules,
                                 .partner = partner,
                                 .duplicates = duplicates,
                                 .loop = loop,
                                 .root = -1,
                                 .out = -1,
                                 .in = -1};
    bus_arena_init(&s->mem, 0, 0);
    int rc = simulate_spool_open(s, err);
    if (rc != BUS_OK) {
        cli_simulate_spool_free(s);
        return rc;
    }
    bus_run_timer_start(s->timer, 0, LOOK_MS);
    *ret = s;
    return BUS_OK;
}
