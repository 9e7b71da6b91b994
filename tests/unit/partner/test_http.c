/* What is given stands in order until the partner says that it is safe with
 * him, also after a kill; answers under keys. */
#include "tests/unit/partner/spool_bench.h"

#include <jansson.h>

#include "bus/partner/door.h"

static const struct bus_partner_transport_ops *const via =
    &bus_partner_transport_http;
static struct bus_err err;

struct http_bench
{
    struct bench *b;
    struct partner_door door;
    struct bus_partner_transport *t;
    struct bus_arena mem;
};

static void http_opens(struct http_bench *h)
{
    const struct bus_partner_transport_env env = {.partner = &h->b->partner,
                                                  .door = &h->door};
    assert_int_equal(via->open(&env, &h->t, &err), 0);
    assert_true(h->door.ready && h->door.transport == h->t);
}

static struct http_bench *http_bench_new(void)
{
    struct http_bench *h = calloc(1, sizeof(*h));
    assert_non_null(h);
    h->b = bench_new();
    h->b->partner.transport = BUS_TRANSPORT_HTTP;
    (void)pthread_mutex_init(&h->door.lock, NULL);
    (void)pthread_mutex_init(&h->door.use, NULL);
    bus_arena_init(&h->mem, 0, 0);
    http_opens(h);
    return h;
}

static void http_bench_free(struct http_bench *h)
{
    via->close(h->t);
    assert_false(h->door.ready);
    bus_arena_fini(&h->mem);
    bench_free(h->b);
    free(h);
}

static void publish(struct http_bench *h, int n)
{
    struct bus_id id = id_of(n);
    char text[32];
    (void)snprintf(text, sizeof(text), "{\"n\": %d}\n", n);
    assert_int_equal(via->stage(h->t, &id, bus_strv(text), &err), 0);
    assert_int_equal(via->publish(h->t, &id, &err), 0);
    assert_int_equal(via->published_sync(h->t, &err), 0);
}

/* The numbers of what is read, "1 2 3 next 3". */
static const char *reads(struct http_bench *h, int64_t after, size_t max)
{
    static char said[200];
    struct bus_buf out = {0};
    size_t n = 0, k = 0;
    uint64_t at = (uint64_t)after;
    int rc =
        partner_http_read(h->t, after >= 0 ? &at : NULL, max, &out, &n, &err);
    said[0] = '\0';
    if (rc == BUS_ESTATE) {
        bus_buf_fini(&out);
        return "no such cursor";
    }
    assert_int_equal(rc, BUS_OK);
    json_t *doc = json_loadb((const char *)out.data, out.len, 0, NULL);
    assert_non_null(doc);
    json_t *events = json_object_get(doc, "events"), *one;
    assert_int_equal(json_array_size(events), n);
    size_t i;
    json_array_foreach(events, i, one)
    {
        k +=
            (size_t)snprintf(said + k, sizeof(said) - k, "%d:%s ",
                             (int)json_integer_value(json_object_get(
                                 json_object_get(one, "document"), "n")),
                             json_string_value(json_object_get(one, "cursor")));
    }
    (void)snprintf(said + k, sizeof(said) - k, "next %s",
                   json_string_value(json_object_get(doc, "next")));
    json_decref(doc);
    bus_buf_fini(&out);
    return said;
}

static void in_order_until_safe(void **state)
{
    (void)state;
    struct http_bench *h = http_bench_new();
    assert_string_equal(reads(h, -1, 64), "next 0");
    publish(h, 9);
    publish(h, 3);
    publish(h, 5);
    assert_int_equal(h->door.published, 3);
    assert_string_equal(reads(h, -1, 64), "9:1 3:2 5:3 next 3");
    assert_string_equal(reads(h, -1, 2), "9:1 3:2 next 2"); /* once more */
    assert_string_equal(reads(h, 4, 64), "no such cursor");
    assert_string_equal(reads(h, 2, 64), "5:3 next 3");
    assert_int_equal(files_in(h->b->spool, "/out", ".json"), 1);
    via->close(h->t);
    http_opens(h);
    assert_string_equal(reads(h, -1, 64), "5:3 next 3");
    assert_string_equal(reads(h, 1, 64), "5:3 next 3"); /* it goes not back */
    assert_string_equal(reads(h, 3, 64), "next 3");
    via->close(h->t);
    http_opens(h);
    publish(h, 7);
    assert_string_equal(reads(h, -1, 64), "7:4 next 4");
    http_bench_free(h);
}

/* The cursor is on the disk, what is before it is not gone yet. */
static void killed_behind_the_cursor(void **state)
{
    (void)state;
    struct http_bench *h = http_bench_new();
    publish(h, 1);
    publish(h, 2);
    pid_t pid = fork();
    if (pid == 0) {
        bus_disk_io_set(&io);
        strike(5, 0, 0); /* write, fsync, rename, fsync; the unlink kills */
        (void)reads(h, 1, 64);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), ENDS);
    assert_int_equal(files_in(h->b->spool, "/out", ".json"), 2);
    via->close(h->t);
    http_opens(h);
    assert_string_equal(reads(h, -1, 64), "2:2 next 2");
    assert_int_equal(files_in(h->b->spool, "/out", ".json"), 1);
    http_bench_free(h);
}

/* --- answers --- */

static struct door_post *
post(struct http_bench *h, const char *body, const char *key)
{
    struct door_post *p = bus_calloc(1, sizeof(*p)), **end = &h->door.posts;
    assert_non_null(p);
    *p = (struct door_post){.number = ++h->door.numbers,
                            .body = bus_strv(body),
                            .key = bus_strv(key)};
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = p;
    return p;
}

static size_t takes(struct http_bench *h,
                    struct bus_partner_transport_taken *got)
{
    size_t n = 0;
    bus_arena_reset(&h->mem);
    assert_int_equal(via->take(h->t, &h->mem, got, PARTNER_CHUNK, &n, &err), 0);
    return n;
}

static void settles(struct http_bench *h,
                    const struct bus_partner_transport_taken *a,
                    enum bus_partner_transport_verdict verdict)
{
    assert_int_equal(via->settle(h->t, a->name, verdict, BUS_STRV("{}"), &err),
                     0);
}

static void drop(struct http_bench *h)
{
    while (h->door.posts != NULL) {
        struct door_post *p = h->door.posts;
        h->door.posts = p->next;
        bus_buf_fini(&p->note);
        bus_free(p);
    }
}

static void keys(void **state)
{
    (void)state;
    struct http_bench *h = http_bench_new();
    struct bus_partner_transport_taken got[PARTNER_CHUNK];
    struct door_post *a = post(h, "{1}", "k"), *b = post(h, "{2}", "k"),
                     *c = post(h, "{3}", NULL);
    assert_int_equal(takes(h, got), 2); /* not two of one key at once */
    assert_true(bus_strv_is(got[0].bytes, "{1}"));
    assert_true(bus_strv_is(got[1].bytes, "{3}"));
    assert_int_equal(takes(h, got), 0);
    assert_int_equal(b->state, DOOR_POST_NEW);
    got[0].name = "post-1";
    got[1].name = "post-3";
    settles(h, &got[0], BUS_TRANSPORT_ACCEPTED);
    settles(h, &got[1], BUS_TRANSPORT_REJECTED);
    assert_int_equal(a->status, 200);
    assert_int_equal(c->status, 422);
    assert_int_equal(takes(h, got), 0);
    assert_int_equal(b->status, 422);
    assert_non_null(strstr(bus_buf_cstr(&b->note), "KEY_REUSED"));
    drop(h);
    via->close(h->t);
    http_opens(h);
    (void)post(h, "{1}", "k"); /* the same again: the runner knows it */
    b = post(h, "{2}", "k");
    assert_int_equal(takes(h, got), 1);
    settles(h, &got[0], BUS_TRANSPORT_ACCEPTED);
    assert_int_equal(takes(h, got), 0);
    assert_int_equal(b->status, 422);
    /* Its client was told to come again, or has gone: nobody is there. */
    drop(h);
    settles(h, &(struct bus_partner_transport_taken){.name = "post-99"},
            BUS_TRANSPORT_ACCEPTED);
    http_bench_free(h);
}

/* What another transport has left to be fetched would never leave again. */
static void what_waits_to_be_fetched_is_not_left_behind(void **state)
{
    (void)state;
    static const struct bus_partner_transport_ops *const others[] = {
        &bus_partner_transport_push, &bus_partner_transport_exec,
        &bus_partner_transport_postgres};
    struct http_bench *h = http_bench_new();
    const struct bus_partner_transport_env env = {.partner = &h->b->partner,
                                                  .door = &h->door};
    publish(h, 1);
    via->close(h->t);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct bus_partner_transport *t = NULL;
        assert_int_equal(others[i]->open(&env, &t, &err), BUS_ECONFIG);
        assert_non_null(strstr(err.msg, "1 events wait in the folder out"));
        assert_null(t);
    }
    http_opens(h);
    assert_string_equal(reads(h, -1, 64), "1:1 next 1");
    assert_string_equal(reads(h, 1, 64), "next 1");
    via->close(h->t);
    assert_int_equal(others[1]->open(&env, &h->t, &err), BUS_OK);
    http_bench_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order_until_safe),
        cmocka_unit_test(killed_behind_the_cursor),
        cmocka_unit_test(keys),
        cmocka_unit_test(what_waits_to_be_fetched_is_not_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
