/* The tools of bench_matcher.py; each prints one line of JSON.
 *
 *   prepare CONFIG N SEED FILE        N generated applications as records
 *   feed FILE TOPIC FROM COUNT        those records to a topic; beyond the
 *                                     last, again as other households
 *   capture PREFIX FILE TOPIC...      what a matcher wrote, by household
 *   raw FILE G TOPIC PREFIX N         consume N, produce the same messages
 *
 * raw is what the matcher is held against: librdkafka alone, at least once,
 * idempotent, offsets committed behind what was delivered. What a matcher wrote
 * for G applications it writes again and again, as many messages for each that
 * it reads: same topics, keys, values, headers, compression. It reads the
 * memberships too, as the matcher does. */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bus/base/hash.h"
#include "bus/kafka/client.h"
#include "bus/wire/framing.h"
#include "schemas/application.h"
#include "tests/bench/clients.h"
#include "tests/bench/forms.h"

#define RAW_BATCH   10000
#define TOPICS_MAX  64
#define HEADERS_MAX 16
#define SOURCE      "/county/371425/intake"

static void *take(size_t n)
{
    void *p = calloc(1, n);
    if (p == NULL) {
        die("no memory");
    }
    return p;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* -- records of a file: u32 key bytes, u32 value bytes, key, value */

struct record
{
    struct bus_strv key, value;
};

static void write_strv(FILE *f, struct bus_strv s)
{
    uint32_t n = (uint32_t)s.n;
    if (fwrite(&n, sizeof(n), 1, f) != 1 ||
        (n > 0 && fwrite(s.p, n, 1, f) != 1)) {
        die("cannot write");
    }
}

static struct bus_strv read_strv(FILE *f)
{
    uint32_t n;
    if (fread(&n, sizeof(n), 1, f) != 1) {
        return (struct bus_strv){NULL, 0};
    }
    char *p = take(n + 1u);
    if (n > 0 && fread(p, n, 1, f) != 1) {
        die("a torn record");
    }
    return (struct bus_strv){p, n};
}

/* -- prepare */

static void prepare(char **a)
{
    FILE *f = fopen(a[3], "wb");
    uint64_t n = strtoull(a[1], NULL, 10), seed = strtoull(a[2], NULL, 10);
    size_t bytes = 0;
    forms_open(a[0], false);
    for (uint64_t i = 0; f != NULL && i < n; i++) {
        struct bus_strv key, value;
        forms_make(seed, i, &key, &value);
        write_strv(f, key);
        write_strv(f, value);
        bytes += value.n;
    }
    if (f == NULL || fclose(f) != 0) {
        die("cannot write");
    }
    (void)printf("{\"applications\":%" PRIu64 ",\"value_bytes\":%.1f}\n", n,
                 (double)bytes / (double)n);
}

/* -- feed */

struct records
{
    struct bus_strv *keys, *values;
    uint64_t n;
};

static struct records read_records(const char *path)
{
    struct records r = {0};
    FILE *f = fopen(path, "rb");
    for (uint64_t cap = 0; f != NULL; r.n++) {
        if (r.n == cap) {
            cap = cap ? cap * 2 : 4096;
            r.keys = realloc(r.keys, cap * sizeof(*r.keys));
            r.values = realloc(r.values, cap * sizeof(*r.values));
        }
        if (r.keys == NULL || r.values == NULL) {
            die("no memory");
        }
        r.keys[r.n] = read_strv(f);
        r.values[r.n] = read_strv(f);
        if (r.values[r.n].p == NULL) {
            break;
        }
    }
    if (r.n == 0) {
        die(path);
    }
    (void)fclose(f);
    return r;
}

static void other_id(struct bus_id *id, uint64_t round)
{
    static const struct bus_id none;
    if (memcmp(id, &none, sizeof(none)) != 0) {
        id->b[0] = (uint8_t)(id->b[0] + round);
        id->b[1] = (uint8_t)(id->b[1] + (round >> 8));
    }
}

/* The same application of another household, whose members are at home there
 * and nowhere else; the event's id stays, what is sealed is bound to it. */
static struct bus_strv other_household(struct bus_strv value,
                                       uint64_t round,
                                       struct bus_arena *mem,
                                       char *key)
{
    struct bus_err err;
    void *record;
    value.p += BUS_WIRE_FRAME_BYTES;
    value.n -= BUS_WIRE_FRAME_BYTES;
    if (bus_wire_decode_own(&sa_application_type, value, mem, &record, &err) !=
        BUS_OK) {
        die(err.msg);
    }
    struct sa_application *a = record;
    other_id(&a->household_id, round);
    for (size_t i = 0; i < a->homes.n; i++) {
        other_id(&a->homes.v[i], round);
    }
    (void)bus_id_text(&a->household_id, key);
    if (bus_wire_encode_framed(&sa_application_type, a, mem, &value, &err) !=
        BUS_OK) {
        die(err.msg);
    }
    return value;
}

static void feed_one(rd_kafka_t *p,
                     rd_kafka_topic_t *t,
                     int32_t to,
                     struct bus_strv key,
                     struct bus_strv value)
{
    while (rd_kafka_producev(
               p, RD_KAFKA_V_RKT(t), RD_KAFKA_V_PARTITION(to),
               RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_KEY(key.p, key.n),
               RD_KAFKA_V_VALUE((void *)(uintptr_t)value.p, value.n),
               RD_KAFKA_V_HEADER("ce_specversion", "1.0", 3),
               RD_KAFKA_V_HEADER("ce_type", "sa.application.v1", 17),
               RD_KAFKA_V_HEADER("content-type", "application/avro", 16),
               RD_KAFKA_V_HEADER("ce_source", SOURCE, sizeof(SOURCE) - 1),
               RD_KAFKA_V_HEADER("ce_partitionkey", key.p, key.n),
               RD_KAFKA_V_END) != 0) {
        (void)rd_kafka_poll(p, 20);
    }
}

static void feed(char **a)
{
    uint64_t from = strtoull(a[2], NULL, 10), n = strtoull(a[3], NULL, 10);
    struct records r = read_records(a[0]);
    rd_kafka_t *p = producer();
    int partitions = partitions_of(p, a[1]);
    rd_kafka_topic_t *t = rd_kafka_topic_new(p, a[1], NULL);
    struct bus_arena mem;
    bus_arena_init(&mem, 1 << 20, 0);
    for (uint64_t i = from; i < from + n; i++) {
        struct bus_strv key = r.keys[i % r.n], value = r.values[i % r.n];
        char text[BUS_ID_TEXT + 1];
        if (i >= r.n) {
            bus_arena_reset(&mem);
            value = other_household(value, i / r.n, &mem, text);
            key = bus_strv(text);
        }
        feed_one(p, t, bus_kafka_partition_of(key, partitions), key, value);
    }
    if (rd_kafka_flush(p, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die("feeding");
    }
    rd_kafka_topic_destroy(t);
    rd_kafka_destroy(p);
    (void)printf("{\"fed\":%" PRIu64 "}\n", n);
}

/* -- capture and its file */

struct written
{
    struct bus_strv topic, key, value; /* topic: without the prefix */
    struct
    {
        struct bus_strv name, value;
    } headers[HEADERS_MAX];
    size_t headers_count, house, at;
    rd_kafka_topic_t *to; /* of raw */
};

static struct bus_strv keep(const void *p, size_t n)
{
    char *q = take(n + 1);
    if (n > 0) {
        memcpy(q, p, n);
    }
    return (struct bus_strv){q, n};
}

static void keep_message(struct written *w, rd_kafka_message_t *m, size_t skip)
{
    const char *topic = rd_kafka_topic_name(m->rkt) + skip;
    rd_kafka_headers_t *list = NULL;
    w->topic = keep(topic, strlen(topic));
    w->key = keep(m->key, m->key_len);
    w->value = keep(m->payload, m->len);
    if (rd_kafka_message_headers(m, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    for (size_t i = 0; i < rd_kafka_header_cnt(list); i++) {
        const char *name;
        const void *value;
        size_t n;
        if (i == HEADERS_MAX ||
            rd_kafka_header_get_all(list, i, &name, &value, &n) != 0) {
            die("headers");
        }
        w->headers[i].name = keep(name, strlen(name));
        w->headers[i].value = keep(value, n);
        w->headers_count++;
    }
}

static int by_house(const void *p, const void *q)
{
    const struct written *x = p, *y = q;
    return x->house != y->house ? (x->house > y->house) - (x->house < y->house)
                                : (x->at > y->at) - (x->at < y->at);
}

static size_t
read_all(rd_kafka_t *c, const char *prefix, char **topics, struct written **ret)
{
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(64);
    size_t waiting = 0, n = 0, cap = 0;
    for (; *topics != NULL; topics++) {
        char name[256];
        (void)snprintf(name, sizeof(name), "%s%s", prefix, *topics);
        int count = partitions_of(c, name);
        for (int p = 0; p < count; p++, waiting++) {
            rd_kafka_topic_partition_list_add(l, name, p)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
        }
    }
    (void)rd_kafka_assign(c, l);
    rd_kafka_topic_partition_list_destroy(l);
    struct written *list = NULL;
    while (waiting > 0) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, 10000);
        if (m == NULL) {
            die("capture: nothing comes");
        }
        if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            waiting--;
        } else if (m->err == 0) {
            if (n == cap) {
                cap = cap ? cap * 2 : 4096;
                list = realloc(list, cap * sizeof(*list));
                if (list == NULL) {
                    die("no memory");
                }
            }
            list[n] = (struct written){.at = n};
            keep_message(&list[n++], m, strlen(prefix));
        }
        rd_kafka_message_destroy(m);
    }
    *ret = list;
    return n;
}

static void capture(char **a)
{
    rd_kafka_t *c = consumer("bench-capture");
    struct written *list;
    struct bus_map houses = {0};
    size_t n = read_all(c, a[0], a + 2, &list), bytes = 0, dead = 0;
    for (size_t i = 0; i < n; i++) {
        void *known = bus_map_get(&houses, list[i].key);
        if (known == NULL) {
            known = (void *)(uintptr_t)(houses.count + 1);
            if (bus_map_put(&houses, list[i].key, known) != BUS_OK) {
                die("no memory");
            }
        }
        list[i].house = (size_t)(uintptr_t)known;
    }
    qsort(list, n, sizeof(*list), by_house);
    FILE *f = fopen(a[1], "wb");
    for (size_t i = 0; f != NULL && i < n; i++) {
        const struct written *w = &list[i];
        write_strv(f, w->topic);
        write_strv(f, w->key);
        write_strv(f, w->value);
        write_strv(f, (struct bus_strv){"................", w->headers_count});
        bytes += w->key.n + w->value.n;
        dead += bus_strv_is(w->topic, "dead-letters");
        for (size_t k = 0; k < w->headers_count; k++) {
            write_strv(f, w->headers[k].name);
            write_strv(f, w->headers[k].value);
            bytes += w->headers[k].name.n + w->headers[k].value.n;
        }
    }
    if (f == NULL || fclose(f) != 0) {
        die("cannot write");
    }
    (void)printf("{\"messages\":%zu,\"bytes\":%zu,\"households\":%zu,"
                 "\"dead_letters\":%zu}\n",
                 n, bytes, houses.count, dead);
    (void)rd_kafka_consumer_close(c);
    rd_kafka_destroy(c);
}

/* -- raw */

struct raw
{
    rd_kafka_t *c, *p;
    struct written *list;
    size_t count;
    uint64_t captured; /* applications that made them */
    uint64_t messages, bytes, done, again_written, again_read;
    int64_t next[1024];
    int partitions;
    const char *topic;
};

static void load(struct raw *r, const char *path, const char *prefix)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0, cap = 0;
    while (f != NULL) {
        struct written w = {.topic = read_strv(f)};
        if (w.topic.p == NULL) {
            break;
        }
        w.key = read_strv(f);
        w.value = read_strv(f);
        w.headers_count = read_strv(f).n;
        for (size_t k = 0; k < w.headers_count; k++) {
            w.headers[k].name = read_strv(f);
            w.headers[k].value = read_strv(f);
        }
        if (n == cap) {
            cap = cap ? cap * 2 : 4096;
            r->list = realloc(r->list, cap * sizeof(w));
        }
        if (r->list == NULL) {
            die("no memory");
        }
        char name[256];
        (void)snprintf(name, sizeof(name), "%s%s", prefix, w.topic.p);
        w.to = rd_kafka_topic_new(r->p, name, NULL);
        r->list[n++] = w;
    }
    r->count = n;
    if (n == 0) {
        die(path);
    }
    (void)fclose(f);
}

static void produce(struct raw *r, const struct written *w, int32_t partition)
{
    rd_kafka_vu_t v[4 + HEADERS_MAX];
    size_t n = 0;
    v[n].vtype = RD_KAFKA_VTYPE_RKT;
    v[n++].u.rkt = w->to;
    v[n].vtype = RD_KAFKA_VTYPE_PARTITION;
    v[n++].u.i32 = partition;
    v[n].vtype = RD_KAFKA_VTYPE_VALUE;
    v[n].u.mem.ptr = (void *)(uintptr_t)w->value.p;
    v[n++].u.mem.size = w->value.n;
    v[n].vtype = RD_KAFKA_VTYPE_KEY;
    v[n].u.mem.ptr = (void *)(uintptr_t)w->key.p;
    v[n++].u.mem.size = w->key.n;
    r->bytes += w->key.n + w->value.n;
    r->messages++;
    r->again_written += bus_strv_is(w->topic, "memberships");
    for (size_t k = 0; k < w->headers_count; k++) {
        v[n].vtype = RD_KAFKA_VTYPE_HEADER;
        v[n].u.header.name = w->headers[k].name.p;
        v[n].u.header.val = w->headers[k].value.p;
        v[n++].u.header.size = (ssize_t)w->headers[k].value.n;
        r->bytes += w->headers[k].name.n + w->headers[k].value.n;
    }
    rd_kafka_error_t *e;
    while ((e = rd_kafka_produceva(r->p, v, n)) != NULL) {
        if (rd_kafka_error_code(e) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            die(rd_kafka_error_string(e));
        }
        rd_kafka_error_destroy(e);
        (void)rd_kafka_poll(r->p, 10);
    }
}

static void commit(struct raw *r)
{
    if (rd_kafka_flush(r->p, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        die("raw: flush");
    }
    rd_kafka_topic_partition_list_t *l =
        rd_kafka_topic_partition_list_new(r->partitions);
    for (int i = 0; i < r->partitions; i++) {
        if (r->next[i] > 0) {
            rd_kafka_topic_partition_list_add(l, r->topic, i)->offset =
                r->next[i];
        }
    }
    (void)rd_kafka_commit(r->c, l, 0);
    rd_kafka_topic_partition_list_destroy(l);
}

static void take_in(struct raw *r, const rd_kafka_message_t *m)
{
    if (m->err != 0) {
        return;
    }
    if (strcmp(rd_kafka_topic_name(m->rkt), r->topic) != 0) {
        r->again_read++;
        return;
    }
    r->done++;
    while (r->messages < r->done * r->count / r->captured) {
        produce(r, &r->list[r->messages % r->count], m->partition);
    }
    r->next[m->partition] = m->offset + 1;
}

static void pass(struct raw *r, uint64_t count)
{
    static rd_kafka_message_t *list[RAW_BATCH];
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(r->c);
    uint64_t committed = 0;
    while (r->done < count || r->again_read < r->again_written) {
        ssize_t n = rd_kafka_consume_batch_queue(q, 20, list, RAW_BATCH);
        for (ssize_t i = 0; i < n; i++) {
            take_in(r, list[i]);
            rd_kafka_message_destroy(list[i]);
        }
        (void)rd_kafka_poll(r->p, 0);
        if (r->done >= committed + RAW_BATCH) {
            commit(r);
            committed = r->done;
        }
    }
    commit(r);
    rd_kafka_queue_destroy(q);
}

static void from_beginning(rd_kafka_topic_partition_list_t *l,
                           const char *topic,
                           int partitions)
{
    for (int i = 0; i < partitions; i++) {
        rd_kafka_topic_partition_list_add(l, topic, i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    }
}

static void raw(char **a)
{
    static struct raw r;
    uint64_t n = strtoull(a[4], NULL, 10);
    char again[256];
    (void)snprintf(again, sizeof(again), "%smemberships", a[3]);
    r.p = producer();
    r.captured = strtoull(a[1], NULL, 10);
    r.topic = a[2];
    load(&r, a[0], a[3]);
    (void)partitions_of(r.p, a[2]);
    const rd_kafka_metadata_t *md = NULL;
    (void)rd_kafka_metadata(r.p, 0, NULL, &md, 10000);
    double cpu0 = cpu(), from = now();
    r.c = consumer("bench-raw");
    r.partitions = partitions_of(r.c, a[2]);
    rd_kafka_topic_partition_list_t *l =
        rd_kafka_topic_partition_list_new(2 * r.partitions);
    from_beginning(l, a[2], r.partitions);
    from_beginning(l, again, r.partitions);
    (void)rd_kafka_assign(r.c, l);
    rd_kafka_topic_partition_list_destroy(l);
    pass(&r, n);
    (void)printf("{\"applications\":%" PRIu64 ",\"messages\":%" PRIu64
                 ",\"bytes\":%" PRIu64 ",\"read\":%" PRIu64
                 ",\"cpu\":%.4f,\"wall\":%.4f}\n",
                 n, r.messages, r.bytes, r.done + r.again_read, cpu() - cpu0,
                 now() - from);
}

int main(int argc, char **argv)
{
    static const struct
    {
        const char *name;
        int args;
        void (*run)(char **args);
    } all[] = {{"prepare", 4, prepare},
               {"feed", 4, feed},
               {"capture", 3, capture},
               {"raw", 5, raw}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (argc > 1 && strcmp(argv[1], all[i].name) == 0 &&
            argc - 2 >= all[i].args) {
            all[i].run(argv + 2);
            (void)fflush(stdout);
            _exit(0); /* nothing of it is worth tidying up */
        }
    }
    die("see the head of bench_matcher.c");
}
