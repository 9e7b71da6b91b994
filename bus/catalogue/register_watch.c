#include "bus/catalogue/register_watch.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/catalogue/publication.h"
#include "bus/catalogue/register_files.h"
#include "bus/kafka/read.h"
#include "bus/run/work.h"

#define LOOK_MS    1000
#define WAIT_MS    1000
#define LOOK_BYTES (64u << 20)

struct kept_register
{
    struct kept_register *next;
    struct bus_register *r;
    int holders; /* lanes, and one while it is in force */
};
struct register_found /* of one look */
{
    struct bus_register *best; /* NULL: nothing that counts */
    size_t refused;
    bool refused_last; /* after the best one */
    char why[BUS_HEALTH_WHY_MAX + 1];
};
struct bus_register_watch
{
    struct bus_register_watch_conf conf;
    struct bus_catalogue_bureau bureau;
    struct bus_timer *timer;
    bool busy, stopping;
    int condition;
    struct bus_series *taken, *refused;
    /* Of the pool thread while busy. */
    struct bus_kafka_reader *reader;
    struct bus_arena mem;
    int64_t next, newest_ms;
    struct register_found found;
    int rc;
    struct bus_err err;
    /* Of all threads. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool loaded;
    struct kept_register *all, *now;
};

/* --- which one is in force --- */

static void let_go(struct bus_register_watch *w, const struct bus_register *r)
{
    for (struct kept_register **at = &w->all; *at != NULL; at = &(*at)->next) {
        struct kept_register *k = *at;
        if (k->r == r) {
            BUS_CHECK(k->holders > 0);
            if (--k->holders == 0) {
                *at = k->next;
                bus_registers_free(k->r);
                bus_free(k);
            }
            return;
        }
    }
    BUS_CHECK(r == NULL); /* nobody holds what was never in force */
}

void bus_catalogue_register_watch_hold(struct bus_register_watch *w,
                                       const struct bus_register **held)
{
    (void)pthread_mutex_lock(&w->lock);
    if (*held != w->now->r) {
        w->now->holders++;
        let_go(w, *held);
        *held = w->now->r;
    }
    (void)pthread_mutex_unlock(&w->lock);
}

void bus_catalogue_register_watch_release(struct bus_register_watch *w,
                                          const struct bus_register **held)
{
    (void)pthread_mutex_lock(&w->lock);
    let_go(w, *held);
    *held = NULL;
    (void)pthread_mutex_unlock(&w->lock);
}

/* Takes r. */
static int put_in_force(struct bus_register_watch *w,
                        struct bus_register *r,
                        struct bus_err *err)
{
    struct kept_register *k = bus_calloc(1, sizeof(*k));
    if (k == NULL) {
        bus_registers_free(r);
        return bus_fail(err, BUS_ENOMEM, "a register");
    }
    (void)pthread_mutex_lock(&w->lock);
    *k = (struct kept_register){.next = w->all, .r = r, .holders = 1};
    const struct bus_register *before = w->now != NULL ? w->now->r : NULL;
    w->all = k;
    w->now = k;
    let_go(w, before);
    (void)pthread_mutex_unlock(&w->lock);
    return BUS_OK;
}

/* --- one look, on a pool thread --- */

static int make_register(struct bus_register_watch *w,
                         const struct bus_catalogue_publication *p,
                         struct bus_register **ret,
                         struct bus_err *err)
{
    struct bus_catalogue_archive a;
    struct bus_faults faults;
    BUS_TRY(bus_catalogue_publication_verify(p, &w->bureau, err));
    if (p->published_ms == w->newest_ms) {
        return bus_fail(err, BUS_EDUPLICATE, "the one in force once more");
    }
    if (p->published_ms < w->newest_ms) {
        return bus_fail(err, BUS_ERANGE,
                        "older than the one in force / 早于现行版本");
    }
    BUS_TRY(
        bus_catalogue_archive_unpack(p->archive, p->kind, &w->mem, &a, err));
    bus_faults_init(&faults, &w->mem);
    *ret = bus_catalogue_register_new(&a, w->conf.config, NULL, &faults);
    if (*ret == NULL) {
        return bus_faults_fail(&faults, err);
    }
    if (bus_strv_is(p->version, bus_registers_version(*ret))) {
        return BUS_OK;
    }
    int rc = bus_fail(err, BUS_ERANGE, "it is version %s / 实为版本 %s",
                      bus_registers_version(*ret), bus_registers_version(*ret));
    bus_registers_free(*ret);
    *ret = NULL;
    return rc;
}

static int register_watch_take(void *data,
                               const struct bus_kafka_msg *m,
                               struct bus_err *err)
{
    struct bus_register_watch *w = data;
    struct bus_catalogue_publication p = {0};
    struct bus_register *made = NULL;
    struct bus_err why;
    (void)err;
    if (m->value.p == NULL) {
        return BUS_OK;
    }
    bus_arena_reset(&w->mem);
    int rc = bus_catalogue_publication_read(
        w->conf.schemas, BUS_ARCHIVE_REGISTER, w->conf.config->county.code,
        m->value, &w->mem, &p, &why);
    if (rc == BUS_OK) {
        rc = make_register(w, &p, &made, &why);
    }
    if (rc == BUS_OK) {
        bus_registers_free(w->found.best);
        w->found.best = made;
        w->found.refused_last = false;
        w->newest_ms = p.published_ms;
    } else if (rc != BUS_EDUPLICATE) {
        w->found.refused++;
        w->found.refused_last = true;
        (void)snprintf(w->found.why, sizeof(w->found.why), "offset %lld: %.*s",
                       (long long)m->offset, (int)sizeof(w->found.why) - 32,
                       why.msg);
    }
    return BUS_OK;
}

static void register_watch_probe(void *data)
{
    struct bus_register_watch *w = data;
    int64_t ends[2] = {0, 0};
    w->found = (struct register_found){0};
    w->rc = BUS_OK;
    if (w->reader == NULL) {
        w->rc = bus_kafka_reader_open(w->conf.kafka, &w->reader, &w->err);
    }
    if (w->rc == BUS_OK) {
        w->rc =
            bus_kafka_ends(w->reader, w->conf.topic, 0, false, ends, &w->err);
    }
    if (w->rc != BUS_OK || ends[1] <= w->next) {
        return;
    }
    struct bus_kafka_range range = {
        .topic = w->conf.topic, .from = w->next, .compacted = true};
    w->rc = bus_kafka_read(w->reader, &range, register_watch_take, w, &w->next,
                           &w->err);
}

/* --- its outcome, on the loop's thread --- */

/* A command has no metrics. */
static void register_count(struct bus_series *s, size_t n)
{
    if (s != NULL) {
        bus_run_series_add(s, n);
    }
}

static void register_good(struct bus_register_watch *w)
{
    if (!w->conf.no_condition) {
        bus_run_health_good(w->conf.kafka->health, w->condition);
    }
}

static void
register_bad(struct bus_register_watch *w, const char *what, const char *why)
{
    if (!w->conf.no_condition) {
        bus_run_health_bad(w->conf.kafka->health, w->condition, "%s: %s", what,
                           why);
    }
}

static void
register_tell(struct bus_register_watch *w, bool taken, const char *text)
{
    if (w->conf.told != NULL) {
        w->conf.told(w->conf.data, taken, text);
    }
}

static void register_refuse(struct bus_register_watch *w)
{
    register_count(w->refused, w->found.refused);
    register_tell(w, false, w->found.why);
    if (w->found.refused_last) {
        register_bad(w, "register refused, what was in force stays",
                     w->found.why);
    }
}

static void register_take_up(struct bus_register_watch *w)
{
    struct bus_err err;
    char text[64];
    struct bus_register_counts n = bus_registers_counts(w->found.best);
    (void)snprintf(text, sizeof(text), "%s, %zu operators, %zu seals",
                   bus_registers_version(w->found.best), n.operators, n.seals);
    if (put_in_force(w, w->found.best, &err) != BUS_OK) {
        bus_run_loop_stop(w->conf.kafka->loop, &err);
        return;
    }
    register_count(w->taken, 1);
    register_tell(w, true, text);
    register_good(w);
}

static void register_watch_looked(void *data)
{
    struct bus_register_watch *w = data;
    w->busy = false;
    if (w->found.best != NULL) {
        register_take_up(w);
    } else if (w->rc == BUS_OK && !w->loaded) {
        register_good(w);
    }
    if (w->found.refused > 0) {
        register_refuse(w);
    }
    w->found = (struct register_found){0};
    if (w->rc != BUS_OK) {
        if (!w->loaded) {
            register_bad(w, "not read yet", w->err.msg);
        }
        return;
    }
    (void)pthread_mutex_lock(&w->lock);
    w->loaded = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static void register_watch_tick(void *data)
{
    struct bus_register_watch *w = data;
    struct bus_err err;
    if (!w->busy && !w->stopping) {
        w->busy = bus_run_work(w->conf.kafka->loop, register_watch_probe,
                               register_watch_looked, w, &err) == BUS_OK;
    }
}

/* --- its life --- */

int bus_catalogue_register_watch_wait(struct bus_register_watch *w,
                                      struct bus_err *err)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    (void)pthread_mutex_lock(&w->lock);
    int rc = 0;
    while (!w->loaded && rc == 0) {
        rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    }
    bool loaded = w->loaded;
    (void)pthread_mutex_unlock(&w->lock);
    return loaded
               ? BUS_OK
               : bus_fail(err, BUS_EAGAIN, "the topic %s has not been read yet",
                          w->conf.topic);
}

bool bus_catalogue_register_watch_read(struct bus_register_watch *w)
{
    (void)pthread_mutex_lock(&w->lock);
    bool loaded = w->loaded;
    (void)pthread_mutex_unlock(&w->lock);
    return loaded;
}

static int register_watch_own(struct bus_register_watch *w, struct bus_err *err)
{
    struct bus_faults faults;
    bus_faults_init(&faults, &w->mem);
    struct bus_register *own =
        bus_catalogue_register_folder(w->conf.config, &faults);
    BUS_TRY(own != NULL ? BUS_OK : bus_faults_fail(&faults, err));
    return put_in_force(w, own, err);
}

int bus_catalogue_register_watch_start(
    const struct bus_register_watch_conf *conf,
    struct bus_register_watch **ret,
    struct bus_err *err)
{
    static const char *const taken[] = {"taken"}, *const refused[] = {
                                                      "refused"};
    const struct bus_kafka_env *env = conf->kafka;
    struct bus_register_watch *w = bus_calloc(1, sizeof(*w));
    if (w == NULL || conf->schemas == NULL) {
        bus_free(w);
        bus_wire_registry_free(conf->schemas);
        return bus_fail(err, BUS_ENOMEM, "registers");
    }
    *w = (struct bus_register_watch){
        .conf = *conf,
        .next = -1,
        .newest_ms = -1,
    };
    *ret = w;
    if (!conf->no_condition) {
        w->condition =
            bus_run_health_add(env->health, "register", "not read yet");
    }
    if (env->metrics != NULL) {
        w->taken = bus_run_metrics_series(env->metrics, BUS_M_REGISTERS, taken);
        w->refused =
            bus_run_metrics_series(env->metrics, BUS_M_REGISTERS, refused);
    }
    bus_arena_init(&w->mem, 0, LOOK_BYTES);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    BUS_TRY(bus_catalogue_bureau_read(conf->config, &w->bureau, err));
    BUS_TRY(register_watch_own(w, err));
    BUS_TRY(
        bus_run_timer_new(env->loop, register_watch_tick, w, &w->timer, err));
    bus_run_timer_start(w->timer, 1, LOOK_MS);
    return BUS_OK;
}

void bus_catalogue_register_watch_drain(struct bus_register_watch *w)
{
    w->stopping = true;
    bus_run_timer_stop(w->timer);
}

void bus_catalogue_register_watch_free(struct bus_register_watch *w)
{
    if (w == NULL) {
        return;
    }
    bus_run_timer_free(w->timer);
    bus_kafka_reader_close(w->reader);
    bus_wire_registry_free(w->conf.schemas);
    bus_registers_free(w->found.best);
    while (w->all != NULL) {
        struct kept_register *k = w->all;
        w->all = k->next;
        bus_registers_free(k->r);
        bus_free(k);
    }
    bus_arena_fini(&w->mem);
    (void)pthread_cond_destroy(&w->changed);
    (void)pthread_mutex_destroy(&w->lock);
    bus_free(w);
}
