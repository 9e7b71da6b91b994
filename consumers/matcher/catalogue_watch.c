#include "consumers/matcher/catalogue_watch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/base/log.h"
#include "bus/catalogue/rules.h"
#include "bus/role/types.h"
#include "bus/run/work.h"
#include "bus/wire/crypt.h"
#include "schemas/catalogue.h"
#include "schemas/review.h"

#define LOOK_MS     1000
#define CLOSE_MS    2000
#define WAIT_MS     1000
#define LOOKS_BYTES (256u << 20) /* archives read at one look */
#define WHY_MAX     200
#define OWN_TRIES   5 /* to keep the folder's catalogue in the topic */

struct kept /* a catalogue, or a list that a lane may still see */
{
    struct kept *next;
    struct bus_catalogue_rules rules;
    struct matcher_catalogue_versions versions;
};
struct incoming
{
    struct bus_catalogue_publication p;
    bool kept;         /* another matcher's own */
    struct kept *made; /* NULL: refused, why says so */
    char why[WHY_MAX];
};
struct catalogue_watch
{
    struct matcher_shell *s;
    const char *topic, *reviews;
    struct bus_timer *timer;
    struct bus_kafka_producer *producer;
    struct bus_wire_registry *schemas;
    struct bus_kafka_reader *reader;
    bool busy, stopping;
    int condition;
    struct bus_series *taken, *refused;
    struct bus_catalogue_bureau bureau;
    /* One look; of the pool thread while busy. */
    struct bus_arena mem;
    int64_t next;
    struct incoming *list; /* those that the bureau has signed, and kept ones */
    size_t count, unsigned_count;
    char unsigned_why[WHY_MAX]; /* of the last one that does not count */
    int rc;
    struct bus_err err;
    /* Of the loop's thread. */
    struct kept *all;
    char announced[17];
    int32_t announced_from, announced_on; /* its last turn; the day */
    bool own; /* the folder's stands in the topic, or is on its way */
    int own_tries;
    int acks_left;
    bool ack_failed;
    /* Lanes wait for the first look. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool loaded;
};

/* --- one look, on a pool thread --- */

/* Only what the bureau has signed comes on the list: what anybody else sends
 * takes no place there. */
static int catalogue_watch_read(struct catalogue_watch *t,
                                const struct bus_kafka_msg *m,
                                struct incoming *ret,
                                struct bus_err *err)
{
    *ret = (struct incoming){0};
    BUS_TRY(bus_catalogue_publication_read(t->schemas, BUS_ARCHIVE_CATALOGUE,
                                           t->s->frame.config.county.code,
                                           m->value, &t->mem, &ret->p, err));
    ret->kept = bus_catalogue_publication_kept(&ret->p);
    return ret->kept
               ? BUS_OK
               : bus_catalogue_publication_verify(&ret->p, &t->bureau, err);
}

static int64_t incoming_at(const struct incoming *in)
{
    return in->kept ? MATCHER_KEPT : in->p.published_ms;
}

/* One a version, the latest; of too many the earliest are left out, however
 * often they are sent. False: this one is. */
static bool catalogue_watch_list(struct catalogue_watch *t,
                                 const struct incoming *in)
{
    BUS_CHECK(t->list != NULL && t->count < MATCHER_EDITIONS_MAX);
    struct incoming *earliest = t->list;
    for (size_t i = 0; i < t->count; i++) {
        struct incoming *was = &t->list[i];
        if (bus_strv_eq(was->p.version, in->p.version)) {
            bool later = incoming_at(was) < incoming_at(in);
            *was = later ? *in : *was;
            return later;
        }
        earliest = incoming_at(was) < incoming_at(earliest) ? was : earliest;
    }
    if (t->count < MATCHER_EDITIONS_MAX - 1) {
        t->list[t->count++] = *in;
        return true;
    }
    bool later = incoming_at(earliest) < incoming_at(in);
    *earliest = later ? *in : *earliest;
    return later;
}

static int catalogue_watch_take(void *data,
                                const struct bus_kafka_msg *m,
                                struct bus_err *err)
{
    struct catalogue_watch *t = data;
    struct incoming in;
    struct bus_err why;
    (void)err;
    if (m->value.p == NULL) {
        return BUS_OK; /* withdrawn before it took effect, and compacted */
    }
    struct bus_arena_mark mark = bus_arena_mark(&t->mem);
    if (catalogue_watch_read(t, m, &in, &why) != BUS_OK) {
        t->unsigned_count++;
        (void)snprintf(t->unsigned_why, sizeof(t->unsigned_why),
                       "offset %lld: %.*s", (long long)m->offset, WHY_MAX - 40,
                       why.msg);
        bus_arena_release(&t->mem, mark); /* many of them fill nothing */
    } else if (!catalogue_watch_list(t, &in)) {
        bus_arena_release(&t->mem, mark);
    }
    return BUS_OK;
}

/* Every owner must be a department this bus has a channel to. */
static int check_owners(const struct catalogue_watch *t,
                        struct bus_catalogue_rules *r,
                        struct bus_err *err)
{
    for (size_t i = 0; i < r->sources.item_count; i++) {
        const struct bus_node *d =
            bus_node_get(r->sources.items[i], "department");
        const struct bus_conf_partner *p =
            d ? bus_conf_partner(&t->s->frame.config, d->text.p) : NULL;
        if (p == NULL || p->kind != BUS_PARTNER_DEPARTMENT) {
            const struct bus_place *at = &r->sources.items[i]->at;
            return bus_fail(err, BUS_ECONFIG,
                            "%s:%u:%u: department: no department '%s' has a "
                            "channel on this bus",
                            at->file, at->line, at->col, d ? d->text.p : "");
        }
    }
    return BUS_OK;
}

static int kept_fill(const struct catalogue_watch *t,
                     const struct incoming *in,
                     struct kept *k,
                     struct bus_err *err)
{
    BUS_TRY(bus_catalogue_archive_unpack(in->p.archive, BUS_ARCHIVE_CATALOGUE,
                                         &k->rules.mem, &k->rules.archive,
                                         err));
    BUS_TRY(bus_catalogue_rules_compile(&k->rules, err));
    BUS_TRY(check_owners(t, &k->rules, err));
    const char *version = bus_policy_catalogue_version(k->rules.catalogue);
    return bus_strv_is(in->p.version, version)
               ? BUS_OK
               : bus_fail(err, BUS_ERANGE, "it is version %s", version);
}

static void catalogue_watch_make(struct catalogue_watch *t, struct incoming *in)
{
    struct bus_err err = {0};
    struct kept *k = bus_calloc(1, sizeof(*k));
    if (k == NULL) {
        (void)snprintf(in->why, sizeof(in->why), "out of memory");
        return;
    }
    bus_catalogue_rules_init(&k->rules);
    if (kept_fill(t, in, k, &err) == BUS_OK) {
        in->made = k;
        return;
    }
    (void)snprintf(in->why, sizeof(in->why), "%.199s", err.msg);
    bus_catalogue_rules_close(&k->rules);
    bus_free(k);
}

static int catalogue_watch_look(struct catalogue_watch *t, struct bus_err *err)
{
    BUS_CHECK(t->next >= -1);
    int64_t ends[2] = {0, 0};
    t->count = 0;
    t->unsigned_count = 0;
    bus_arena_reset(&t->mem);
    t->list = bus_arena_calloc(&t->mem, MATCHER_EDITIONS_MAX, sizeof(*t->list));
    if (t->list == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a catalogue");
    }
    if (t->reader == NULL) {
        BUS_TRY(bus_kafka_reader_open(&t->s->frame.kafka, &t->reader, err));
    }
    BUS_TRY(bus_kafka_ends(t->reader, t->topic, 0, false, ends, err));
    if (ends[1] <= t->next) {
        return BUS_OK;
    }
    struct bus_kafka_range range = {
        .topic = t->topic, .from = t->next, .compacted = true};
    BUS_TRY(bus_kafka_read(t->reader, &range, catalogue_watch_take, t, &t->next,
                           err));
    for (size_t i = 0; i < t->count; i++) {
        catalogue_watch_make(t, &t->list[i]);
    }
    return BUS_OK;
}

static void catalogue_watch_probe(void *data)
{
    struct catalogue_watch *t = data;
    t->rc = catalogue_watch_look(t, &t->err);
}

/* --- its outcome, on the loop's thread --- */

static const struct matcher_catalogue_versions *
current(const struct catalogue_watch *t)
{
    return atomic_load(&t->s->versions);
}

static void catalogue_watch_refused(struct catalogue_watch *t,
                                    const char *version,
                                    const char *why)
{
    bus_run_health_bad(&t->s->frame.health, t->condition,
                       "catalogue %.16s refused, what was in force stays: %s",
                       version, why);
    bus_log(BUS_LOG_WARN, "catalogue refused", "version=%.16s why=\"%s\"",
            version, why);
}

static void catalogue_watch_report(struct catalogue_watch *t,
                                   const struct incoming *in)
{
    char day[BUS_DATE_TEXT + 1];
    if (in->made == NULL) {
        bus_run_series_add(t->refused, 1);
        catalogue_watch_refused(t, in->p.version.p, in->why);
    } else if (!in->kept) {
        bus_run_series_add(t->taken, 1);
        bus_log(BUS_LOG_INFO, "catalogue taken up",
                "version=%s effective=%s items=%zu signer=%s", in->p.version.p,
                bus_date_text(in->p.effective, day),
                bus_policy_item_count(in->made->rules.catalogue),
                in->p.signer.p);
    }
    if (in->made != NULL && (!in->kept || !t->loaded)) {
        bus_run_health_good(&t->s->frame.health, t->condition);
    }
}

static void take_up(struct catalogue_watch *t)
{
    BUS_CHECK(t->count > 0);
    struct kept *list = bus_calloc(1, sizeof(*list));
    if (list == NULL) {
        struct bus_err err;
        (void)bus_fail(&err, BUS_ENOMEM, "a list of catalogues");
        bus_run_loop_stop(t->s->frame.loop, &err);
        return;
    }
    list->versions = *current(t);
    for (size_t i = 0; i < t->count; i++) {
        struct kept *made = t->list[i].made;
        catalogue_watch_report(t, &t->list[i]);
        if (made != NULL) {
            made->next = t->all;
            t->all = made;
            (void)matcher_catalogue_version_join(
                &list->versions,
                &(struct matcher_catalogue_version){made->rules.catalogue,
                                                    t->list[i].p.effective,
                                                    incoming_at(&t->list[i])});
        }
    }
    list->next = t->all;
    t->all = list;
    atomic_store(&t->s->versions, &list->versions);
}

static void catalogue_watch_acked(void *data,
                                  void *token,
                                  int32_t partition,
                                  int64_t offset,
                                  const struct bus_err *err)
{
    struct catalogue_watch *t = data;
    (void)partition;
    (void)offset;
    if (token == &t->own) {
        t->own = err == NULL;
        return;
    }
    t->ack_failed |= err != NULL;
    BUS_CHECK(t->acks_left > 0);
    if (--t->acks_left == 0 && t->ack_failed) {
        t->announced[0] = '\0'; /* again at the next look */
    }
}

static int send_notice(struct catalogue_watch *t,
                       const struct matcher_catalogue_version *e,
                       int32_t day,
                       int32_t partition,
                       struct bus_err *err)
{
    struct bus_strv version =
        bus_strv(bus_policy_catalogue_version(e->catalogue));
    struct sa_review r = {
        .event_id = bus_wire_notice_id(version, day, partition),
        .occurred_at = bus_clock_system.wall_ms(NULL),
        .reason = SA_REVIEW_REASON_CATALOGUE,
        .catalogue_version = version,
    };
    struct bus_role_emit emit = {.type = &sa_review_type,
                                 .record = &r,
                                 .ce_type = "sa.review.v1",
                                 .source = t->s->frame.source,
                                 .event_id = r.event_id,
                                 .occurred_at = r.occurred_at};
    struct bus_role_rendered v;
    BUS_TRY(bus_role_emit_render(&emit, &t->mem, &v, err));
    struct bus_kafka_out_msg m = {.topic = t->reviews,
                                  .partition = partition,
                                  .key = v.key,
                                  .value = v.value,
                                  .headers = v.headers,
                                  .headers_count = v.headers_count};
    return bus_kafka_producer_send(t->producer, &m, NULL, err);
}

static int send_own(struct catalogue_watch *t,
                    struct bus_strv version,
                    const struct bus_buf *archive,
                    struct bus_err *err)
{
    struct sa_catalogue c = {.version = version,
                             .effective_from = MATCHER_NEVER,
                             .published_at = bus_clock_system.wall_ms(NULL),
                             .archive = bus_buf_view(archive)};
    struct bus_role_emit e = {.type = &sa_catalogue_type,
                              .record = &c,
                              .ce_type = "sa.catalogue.v1",
                              .source = t->s->frame.source,
                              .event_id = bus_wire_catalogue_id(version),
                              .occurred_at = c.published_at};
    struct bus_role_rendered v;
    BUS_TRY(bus_role_emit_render(&e, &t->mem, &v, err));
    char key[32]; /* a key of its own: it replaces no signed one */
    (void)snprintf(key, sizeof(key), "folder/%.*s", BUS_STRV_ARG(version));
    struct bus_kafka_out_msg m = {.topic = t->topic,
                                  .key = bus_strv(key),
                                  .value = v.value,
                                  .headers = v.headers,
                                  .headers_count = v.headers_count};
    return bus_kafka_producer_send(t->producer, &m, &t->own, err);
}

static int own_archive(const struct bus_config *c,
                       const char *version,
                       struct bus_catalogue_rules *r,
                       struct bus_buf *ret,
                       struct bus_err *err)
{
    BUS_TRY(bus_catalogue_archive_folder(c->folder, BUS_ARCHIVE_CATALOGUE,
                                         &r->mem, &r->archive, err));
    BUS_TRY(bus_catalogue_rules_compile(r, err));
    if (strcmp(bus_policy_catalogue_version(r->catalogue), version) != 0) {
        return bus_fail(err, BUS_ESTATE, "%s has changed since the start",
                        c->folder);
    }
    r->archive.county = bus_strv(c->county.code);
    r->archive.version = bus_strv(version);
    BUS_TRY(bus_catalogue_archive_pack(&r->archive, NULL, ret, err));
    return bus_catalogue_archive_press(ret, err);
}

/* The folder's own catalogue, for matchers after this one, which compare with
 * what a household was judged by. */
static int keep_own(struct catalogue_watch *t, struct bus_err *err)
{
    struct bus_catalogue_rules r;
    struct bus_buf archive = {0};
    const char *version = bus_policy_catalogue_version(t->s->catalogue);
    bus_catalogue_rules_init(&r);
    int rc = own_archive(&t->s->frame.config, version, &r, &archive, err);
    if (rc == BUS_OK) {
        rc = send_own(t, r.archive.version, &archive, err);
    }
    bus_buf_fini(&archive);
    bus_catalogue_rules_close(&r);
    return rc;
}

static bool own_is_kept(const struct catalogue_watch *t)
{
    const struct matcher_catalogue_versions *all = current(t);
    const struct matcher_catalogue_version *e = matcher_catalogue_version_find(
        all, bus_strv(bus_policy_catalogue_version(t->s->catalogue)));
    return e != all->list;
}

/* Once for the edition in force and on each day on which anything begins; and
 * once a day, when it is that day by the broker's clock too (review.c). */
static void announce(struct catalogue_watch *t)
{
    const struct matcher_catalogue_versions *all = current(t);
    int64_t now = bus_clock_system.wall_ms(NULL);
    int32_t today = bus_china_day(now);
    const struct matcher_catalogue_version *e =
        matcher_catalogue_version_for(all, (struct bus_strv){0}, today);
    const char *version = bus_policy_catalogue_version(e->catalogue);
    int32_t day = bus_china_day(now - t->s->rules.seal_skew_ms);
    int32_t turn = matcher_catalogue_version_turn(e, today);
    bool told = strcmp(t->announced, version) == 0 &&
                t->announced_from == turn && t->announced_on == day;
    if (told || t->acks_left > 0) {
        return;
    }
    struct bus_err err;
    t->ack_failed = false;
    (void)snprintf(t->announced, sizeof(t->announced), "%s", version);
    t->announced_from = turn;
    t->announced_on = day;
    t->acks_left = 1; /* ours, until all are sent */
    for (int32_t p = 0; p < (int32_t)t->s->frame.config.kafka.partitions; p++) {
        bool sent = send_notice(t, e, today, p, &err) == BUS_OK;
        t->acks_left += sent;
        t->ack_failed |= !sent;
    }
    catalogue_watch_acked(t, NULL, 0, 0, NULL);
}

static void catalogue_watch_looked(void *data)
{
    struct catalogue_watch *t = data;
    BUS_CHECK(t->busy);
    t->busy = false;
    if (t->rc != BUS_OK) {
        if (!t->loaded) {
            bus_run_health_bad(&t->s->frame.health, t->condition,
                               "not read yet: %s", t->err.msg);
        }
        return;
    }
    if (t->count > 0) {
        take_up(t);
    } else if (!t->loaded) {
        bus_run_health_good(&t->s->frame.health, t->condition);
    }
    if (t->unsigned_count > 0) {
        bus_run_series_add(t->refused, t->unsigned_count);
        catalogue_watch_refused(t, "", t->unsigned_why);
    }
    pthread_mutex_lock(&t->lock);
    t->loaded = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
    if (t->stopping) {
        return;
    }
    announce(t);
    struct bus_err err;
    if (t->own || own_is_kept(t) || t->own_tries == OWN_TRIES) {
        return;
    }
    t->own = true; /* until an acknowledgement says otherwise */
    t->own_tries++;
    if (keep_own(t, &err) != BUS_OK) {
        bus_log(BUS_LOG_WARN, "the folder's catalogue is not kept",
                "err=\"%s\"", err.msg);
    }
}

static void catalogue_watch_tick(void *data)
{
    struct catalogue_watch *t = data;
    struct bus_err err;
    if (!t->busy && !t->stopping) {
        t->busy = bus_run_work(t->s->frame.loop, catalogue_watch_probe,
                               catalogue_watch_looked, t, &err) == BUS_OK;
    }
}

/* --- its life --- */

int matcher_catalogue_watch_wait(struct catalogue_watch *t, struct bus_err *err)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    pthread_mutex_lock(&t->lock);
    int rc = 0;
    while (!t->loaded && rc == 0) {
        rc = pthread_cond_timedwait(&t->changed, &t->lock, &until);
    }
    bool loaded = t->loaded;
    pthread_mutex_unlock(&t->lock);
    return loaded ? BUS_OK
                  : bus_fail(err, BUS_EAGAIN,
                             "the topic %s has not been read yet", t->topic);
}

int matcher_catalogue_watch_start(struct matcher_shell *s,
                                  struct catalogue_watch **ret,
                                  struct bus_err *err)
{
    BUS_CHECK(s->catalogue != NULL);
    struct catalogue_watch *t = bus_calloc(1, sizeof(*t));
    struct kept *first = bus_calloc(1, sizeof(*first));
    struct bus_wire_registry *schemas = bus_role_types_registry();
    if (t == NULL || first == NULL || schemas == NULL) {
        bus_free(t);
        bus_free(first);
        bus_wire_registry_free(schemas);
        return bus_fail(err, BUS_ENOMEM, "catalogues");
    }
    const char *const taken[] = {"taken"}, *const refused[] = {"refused"};
    struct bus_role_frame *f = &s->frame;
    *ret = t;
    *t = (struct catalogue_watch){
        .s = s,
        .schemas = schemas,
        .all = first,
        .next = -1,
        .topic = bus_role_frame_topic(f, "catalogue", NULL),
        .reviews = bus_role_frame_topic(f, "reviews", NULL),
        .condition =
            bus_run_health_add(&f->health, "catalogue", "not read yet"),
        .taken = bus_run_metrics_series(f->metrics, BUS_M_CATALOGUES, taken),
        .refused =
            bus_run_metrics_series(f->metrics, BUS_M_CATALOGUES, refused),
    };
    bus_arena_init(&t->mem, 0, LOOKS_BYTES);
    first->versions.list[0] =
        (struct matcher_catalogue_version){s->catalogue, INT32_MIN, 0};
    first->versions.count = 1;
    atomic_store(&s->versions, &first->versions);
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
    if (t->topic == NULL || t->reviews == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a topic");
    }
    BUS_TRY(bus_catalogue_bureau_read(&f->config, &t->bureau, err));
    BUS_TRY(bus_kafka_producer_open(&f->kafka, catalogue_watch_acked, t,
                                    &t->producer, err));
    BUS_TRY(
        bus_run_timer_new(f->loop, catalogue_watch_tick, t, &t->timer, err));
    bus_run_timer_start(t->timer, 1, LOOK_MS);
    return BUS_OK;
}

void matcher_catalogue_watch_drain(struct catalogue_watch *t)
{
    t->stopping = true;
    bus_run_timer_stop(t->timer);
    bus_kafka_producer_close(t->producer, CLOSE_MS, NULL, NULL);
    t->producer = NULL;
}

void matcher_catalogue_watch_free(struct catalogue_watch *t)
{
    if (t == NULL) {
        return;
    }
    bus_run_timer_free(t->timer);
    bus_kafka_reader_close(t->reader);
    bus_wire_registry_free(t->schemas);
    for (struct kept *k = t->all; k != NULL;) {
        struct kept *next = k->next;
        bus_catalogue_rules_close(&k->rules); /* of a list: nothing */
        bus_free(k);
        k = next;
    }
    bus_arena_fini(&t->mem);
    (void)pthread_cond_destroy(&t->changed);
    (void)pthread_mutex_destroy(&t->lock);
    bus_free(t);
}
