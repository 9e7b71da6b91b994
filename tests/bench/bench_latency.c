/* The tools of bench_latency.py; each prints one line of JSON.
 *
 *   load PORT FILE FROM COUNT RATE SEED CONNECTIONS PREFIX IDS
 *     posts COUNT lines of FILE; RATE a second at times planned beforehand (the
 *     gaps are exponential), 0: each connection as soon as it is answered.
 *     IDS: the events' ids of what was accepted are added to it.
 *   count PREFIX IDS
 *     what became of them, by a reader of the whole topics
 *
 * Time is counted from the planned time, however long a request waited for a
 * free connection, to the moment at which a read_committed consumer in this
 * process has the application's last assignment. An application without any
 * has no such time and is counted apart. */
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bus/wire/ids.h"
#include "tests/bench/clients.h"
#include "tests/bench/posts.h"

#define QUIET_NS      UINT64_C(3000000000)
#define PATIENCE_NS   UINT64_C(120000000000)
#define PARTITIONS    1024
#define METADATA_MS   20000
#define OFFSETS_MS    10000
#define ASSIGNMENTS_A "assignments."

/* A message of a topic, by its headers. */
struct seen
{
    struct bus_id cause, own;
    uint64_t made_ns, at_ns; /* by who wrote it (whole ms), and read here */
    char topic;              /* 'a'pplications, 'c'ases, assignments: 's' */
};
static struct seen *list;
static size_t list_n, list_cap;

struct asked
{
    struct bus_id event;
    uint64_t planned_ns, sent_ns, answer_ns, made_ns, last_ns;
    bool accepted;
};
static struct asked *asked;
static size_t asked_n;
static uint64_t wall_ahead_ns; /* of the clock that time is counted by */
static atomic_bool over;
static _Atomic uint64_t last_seen_ns;

static int by_cause(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    int d = x->topic - y->topic;
    d = d ? d : bus_id_cmp(&x->cause, &y->cause);
    return d ? d : bus_id_cmp(&x->own, &y->own);
}

static int by_event(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    return bus_id_cmp(&x->event, &y->event);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* -- reading */

static bool
header_id(rd_kafka_headers_t *h, const char *name, struct bus_id *to)
{
    const void *p;
    size_t n;
    return rd_kafka_header_get_last(h, name, &p, &n) == 0 &&
           bus_id_parse((struct bus_strv){p, n}, to);
}

static void note(const rd_kafka_message_t *m, size_t prefix)
{
    rd_kafka_headers_t *h;
    struct seen s = {.at_ns = posts_now_ns()};
    rd_kafka_timestamp_type_t kind;
    int64_t made_ms = rd_kafka_message_timestamp(m, &kind);
    s.made_ns = (uint64_t)made_ms * 1000000u - wall_ahead_ns;
    const char *topic = rd_kafka_topic_name(m->rkt) + prefix;
    s.topic = strcmp(topic, "applications") == 0 ? 'a'
              : strcmp(topic, "cases") == 0      ? 'c'
                                                 : 's';
    if (rd_kafka_message_headers(m, &h) != 0 ||
        !header_id(h, "ce_id", &s.own)) {
        die("a message without an id");
    }
    if (!header_id(h, "ce_causationid", &s.cause)) {
        s.cause = s.own;
    }
    if (list_n == list_cap) {
        list_cap = list_cap ? list_cap * 2 : 65536;
        list = realloc(list, list_cap * sizeof(*list));
        if (list == NULL) {
            die("no memory");
        }
    }
    list[list_n++] = s;
    atomic_store(&last_seen_ns, s.at_ns);
}

/* Assigns every partition of the topics; returns how many. */
static int assign(rd_kafka_t *rk, const char *prefix, bool all)
{
    const rd_kafka_metadata_t *md = NULL;
    size_t n = strlen(prefix);
    rd_kafka_topic_partition_list_t *to =
        rd_kafka_topic_partition_list_new(PARTITIONS);
    if (rd_kafka_metadata(rk, 1, NULL, &md, METADATA_MS) != 0) {
        die("no metadata");
    }
    for (int i = 0; i < md->topic_cnt; i++) {
        const char *name = md->topics[i].topic, *word = name + n;
        bool wanted =
            strncmp(name, prefix, n) == 0 &&
            (strncmp(word, ASSIGNMENTS_A, strlen(ASSIGNMENTS_A)) == 0 ||
             (all && (strcmp(word, "applications") == 0 ||
                      strcmp(word, "cases") == 0)));
        for (int p = 0; wanted && p < md->topics[i].partition_cnt; p++) {
            int64_t low, high;
            if (rd_kafka_query_watermark_offsets(rk, name, p, &low, &high,
                                                 OFFSETS_MS) != 0) {
                die("no offsets");
            }
            rd_kafka_topic_partition_list_add(to, name, p)->offset =
                all ? low : high;
        }
    }
    int count = to->cnt;
    if (count == 0 || rd_kafka_assign(rk, to) != 0) {
        die("no topics");
    }
    rd_kafka_metadata_destroy(md);
    rd_kafka_topic_partition_list_destroy(to);
    return count;
}

struct reader
{
    rd_kafka_t *rk;
    size_t prefix;
    int left; /* partitions not read to their end */
};

static void *read_on(void *data)
{
    struct reader *r = data;
    while (!atomic_load(&over)) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(r->rk, 50);
        if (m == NULL) {
            continue;
        }
        if (m->err == 0) {
            note(m, r->prefix);
        } else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            r->left--;
        } else if (m->err != RD_KAFKA_RESP_ERR__TRANSPORT) {
            die(rd_kafka_message_errstr(m));
        }
        rd_kafka_message_destroy(m);
    }
    return NULL;
}

/* -- load */

static bool closed; /* the next one when one is answered */
static size_t next_n;

static void send_next(void)
{
    struct asked *a = &asked[next_n];
    if (next_n == asked_n || !posts_send(next_n)) {
        return;
    }
    a->sent_ns = posts_now_ns();
    a->planned_ns = closed ? a->sent_ns : a->planned_ns;
    next_n++;
}

static void answered(const struct posts_answer *p)
{
    struct asked *a = &asked[p->tag];
    struct bus_id id;
    a->answer_ns = p->answer_ns;
    a->accepted = p->accepted &&
                  bus_id_parse((struct bus_strv){p->id, POSTS_ID_TEXT}, &id);
    if (a->accepted) {
        a->event = bus_wire_application_event_id(&id);
    }
    if (closed) {
        send_next();
    }
}

/* Exponential gaps: what many people who know nothing of each other make. */
static void plan(double rate, uint64_t seed)
{
    double at = (double)posts_now_ns() + 1e8;
    uint64_t s = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (size_t i = 0; i < asked_n; i++) {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        double u = ((double)(s >> 11) + 1) / 9007199254740993.0;
        at += -log(u) / rate * 1e9;
        asked[i].planned_ns = (uint64_t)at;
    }
}

static void post_all(double rate, uint64_t seed)
{
    closed = rate <= 0;
    if (closed) {
        while (posts_free() && next_n < asked_n) {
            send_next();
        }
    } else {
        plan(rate, seed);
    }
    while (next_n < asked_n || posts_busy() > 0) {
        uint64_t now = posts_now_ns();
        while (!closed && next_n < asked_n && posts_free() &&
               asked[next_n].planned_ns <= now) {
            send_next();
        }
        bool wait = closed || next_n == asked_n || !posts_free();
        posts_wait(wait ? 0 : asked[next_n].planned_ns);
    }
}

/* Until nothing more comes. */
static void settle(void)
{
    uint64_t began = posts_now_ns(), now = began;
    do {
        (void)usleep(20000);
        now = posts_now_ns();
        uint64_t seen = atomic_load(&last_seen_ns);
        if (now - (seen > began ? seen : began) > QUIET_NS) {
            return;
        }
    } while (now - began < PATIENCE_NS);
}

static double percentile(const double *sorted, size_t n, double share)
{
    size_t i = (size_t)ceil(share * (double)n);
    return n == 0 ? 0 : sorted[i > 0 ? i - 1 : 0];
}

static void print_times(const char *name, double *ms, size_t n)
{
    qsort(ms, n, sizeof(*ms), by_number);
    (void)printf("\"%s\":{\"n\":%zu,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,"
                 "\"p999\":%.2f,\"max\":%.2f},",
                 name, n, percentile(ms, n, 0.5), percentile(ms, n, 0.9),
                 percentile(ms, n, 0.99), percentile(ms, n, 0.999),
                 percentile(ms, n, 1));
}

static void join(void)
{
    qsort(asked, asked_n, sizeof(*asked), by_event);
    for (size_t i = 0; i < list_n; i++) {
        struct asked key = {.event = list[i].cause};
        struct asked *a =
            bsearch(&key, asked, asked_n, sizeof(*asked), by_event);
        if (a != NULL && list[i].at_ns > a->last_ns) {
            a->last_ns = list[i].at_ns;
            a->made_ns = list[i].made_ns;
        }
    }
}

/* Applications a second between a tenth and nine tenths of them. */
static double steady(double *at_s, size_t n)
{
    qsort(at_s, n, sizeof(*at_s), by_number);
    size_t from = n / 10, to = n - 1 - n / 10;
    return n < 20 ? 0 : (double)(to - from) / (at_s[to] - at_s[from]);
}

static void print_load(double seconds)
{
    double *visible = calloc(asked_n * 5, sizeof(*visible));
    double *answer = visible + asked_n, *late = answer + asked_n,
           *made = late + asked_n, *at = made + asked_n;
    size_t n = 0, accepted = 0;
    if (visible == NULL) {
        die("no memory");
    }
    join();
    for (size_t i = 0; i < asked_n; i++) {
        const struct asked *a = &asked[i];
        answer[i] = (double)(a->answer_ns - a->planned_ns) / 1e6;
        late[i] = (double)(a->sent_ns - a->planned_ns) / 1e6;
        accepted += a->accepted;
        if (a->accepted && a->last_ns > 0) {
            at[n] = (double)a->last_ns / 1e9;
            made[n] = ((double)a->made_ns - (double)a->planned_ns) / 1e6;
            visible[n++] = (double)(a->last_ns - a->planned_ns) / 1e6;
        }
    }
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    (void)printf("{\"requests\":%zu,\"accepted\":%zu,\"seconds\":%.3f,"
                 "\"steady\":%.1f,\"without\":%zu,\"assignments\":%zu,",
                 asked_n, accepted, seconds, steady(at, n), accepted - n,
                 list_n);
    print_times("visible_ms", visible, n);
    print_times("made_ms", made, n);
    print_times("answer_ms", answer, asked_n);
    print_times("late_ms", late, asked_n);
    (void)printf("\"cpu_s\":%.3f}\n",
                 (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                     (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
    free(visible);
}

static void load(char **a)
{
    pthread_t thread;
    struct reader r = {.rk = consumer("bench-latency"), .prefix = strlen(a[7])};
    FILE *ids = fopen(a[8], "ab");
    asked_n = strtoull(a[3], NULL, 10);
    asked = calloc(asked_n, sizeof(*asked));
    if (asked == NULL || asked_n == 0 || ids == NULL) {
        die("no memory, or no file of ids");
    }
    posts_load(a[1], strtoull(a[2], NULL, 10));
    (void)assign(r.rk, a[7], false);
    if (pthread_create(&thread, NULL, read_on, &r) != 0) {
        die("no thread");
    }
    (void)usleep(500000); /* its first fetches */
    posts_open((int)strtol(a[0], NULL, 10), (int)strtol(a[6], NULL, 10),
               answered);
    uint64_t began = posts_now_ns();
    post_all(strtod(a[4], NULL), strtoull(a[5], NULL, 10));
    double seconds = (double)(posts_now_ns() - began) / 1e9;
    settle();
    atomic_store(&over, true);
    (void)pthread_join(thread, NULL);
    for (size_t i = 0; i < asked_n; i++) {
        if (asked[i].accepted &&
            fwrite(&asked[i].event, sizeof(asked[i].event), 1, ids) != 1) {
            die("cannot write");
        }
    }
    if (fclose(ids) != 0) {
        die("cannot write");
    }
    print_load(seconds);
    (void)rd_kafka_consumer_close(r.rk);
    rd_kafka_destroy(r.rk);
}

/* -- count */

static void read_ids(const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t cap = 0;
    for (;; asked_n++) {
        if (asked_n == cap) {
            cap = cap ? cap * 2 : 65536;
            asked = realloc(asked, cap * sizeof(*asked));
        }
        if (f == NULL || asked == NULL) {
            die(path);
        }
        asked[asked_n] = (struct asked){.accepted = true};
        if (fread(&asked[asked_n].event, sizeof(struct bus_id), 1, f) != 1) {
            break;
        }
    }
    (void)fclose(f);
    qsort(asked, asked_n, sizeof(*asked), by_event);
}

/* How many accepted ones have a message on the topic; ret_twice: messages whose
 * id stands there before. */
static size_t followed(char topic, size_t *ret_n, size_t *ret_twice)
{
    size_t well = 0;
    *ret_n = *ret_twice = 0;
    for (size_t i = 0; i < list_n; i++) {
        if (list[i].topic != topic) {
            continue;
        }
        const struct seen *before = i > 0 ? &list[i - 1] : NULL;
        bool same = before != NULL && before->topic == topic &&
                    bus_id_eq(&before->cause, &list[i].cause);
        struct asked key = {.event = list[i].cause};
        ++*ret_n;
        *ret_twice += same && bus_id_eq(&before->own, &list[i].own);
        well += !same &&
                bsearch(&key, asked, asked_n, sizeof(*asked), by_event) != NULL;
    }
    return well;
}

static void count(char **a)
{
    static const struct
    {
        char topic;
        const char *name;
    } kinds[] = {{'a', "applications"}, {'c', "cases"}, {'s', "assignments"}};
    struct reader r = {.rk = consumer("bench-latency"), .prefix = strlen(a[0])};
    pthread_t thread;
    read_ids(a[1]);
    r.left = assign(r.rk, a[0], true);
    if (pthread_create(&thread, NULL, read_on, &r) != 0) {
        die("no thread");
    }
    settle();
    atomic_store(&over, true);
    (void)pthread_join(thread, NULL);
    if (r.left > 0) {
        die("a partition was not read to its end");
    }
    qsort(list, list_n, sizeof(*list), by_cause);
    (void)printf("{\"accepted\":%zu", asked_n);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t n, twice, well = followed(kinds[i].topic, &n, &twice);
        (void)printf(",\"%s\":{\"n\":%zu,\"of\":%zu,\"twice\":%zu}",
                     kinds[i].name, n, well, twice);
    }
    (void)printf("}\n");
    (void)rd_kafka_consumer_close(r.rk);
    rd_kafka_destroy(r.rk);
}

int main(int argc, char **argv)
{
    struct timespec wall;
    (void)clock_gettime(CLOCK_REALTIME, &wall);
    wall_ahead_ns = (uint64_t)wall.tv_sec * 1000000000u +
                    (uint64_t)wall.tv_nsec - posts_now_ns();
    if (argc == 11 && strcmp(argv[1], "load") == 0) {
        load(argv + 2);
    } else if (argc == 4 && strcmp(argv[1], "count") == 0) {
        count(argv + 2);
    } else {
        (void)fprintf(stderr, "bench_latency load|count ...\n");
        return 2;
    }
    free(list);
    free(asked);
    return 0;
}
