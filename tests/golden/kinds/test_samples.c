/* Every kind's samples, found by their names:
 *
 *   consumers/<kind>/samples/X.event.json    -> X.document.json
 *   producers/<kind>/samples/X.document.json -> X.event.json or
 * X.rejection.json
 *
 * LIANOU_GOLDEN_WRITE=1 writes what is expected instead of comparing it. Every
 * document is also cut at every byte: a clean error each time. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/check.h"

#include "bus/base/heap.h"
#include "bus/wire/framing.h"
#include "ops/cli/kinds.h"
#include "schemas/payee_change.h"
#include "tests/lib/avro_json.h"

#define PATH_BYTES 512

struct bench
{
    struct bus_config config;
    struct bus_faults faults;
    struct bus_wire_keyring *keys;
    struct bus_arena mem;
    bool write;
};

static const char *source(void)
{
    const char *s = getenv("LIANOU_SOURCE");
    assert_non_null(s);
    return s;
}

static char *slurp(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }
    char *p = calloc(1, 1 << 20);
    *ret_n = fread(p, 1, (1 << 20) - 1, f);
    (void)fclose(f);
    return p;
}

static void spill(const char *path, struct bus_strv s)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(s.p, 1, s.n, f), s.n);
    (void)fclose(f);
}

static int open_bench(void **state)
{
    static struct bench b;
    char path[PATH_BYTES], ring[] = "/tmp/lianou-ring-XXXXXX";
    struct bus_err err;
    (void)snprintf(path, sizeof(path), "%s/bus-config", source());
    assert_int_equal(bus_conf_open(&b.config, path, &b.faults, &err), 0);
    int fd = mkstemp(ring);
    assert_true(fd >= 0 && fchmod(fd, 0600) == 0);
    for (size_t i = 0; i < b.config.partners_count; i++) {
        (void)dprintf(fd, "%zu %s ", i + 1, b.config.partners[i].code);
        (void)dprintf(fd, "%064x\n", (unsigned)i + 77);
    }
    (void)dprintf(fd, "%zu bus %064x\n", b.config.partners_count + 1, 76u);
    (void)close(fd);
    assert_int_equal(bus_wire_keyring_open(ring, &b.keys, &err), 0);
    (void)unlink(ring);
    bus_arena_init(&b.mem, 0, 0);
    b.write = getenv("LIANOU_GOLDEN_WRITE") != NULL;
    *state = &b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    bus_wire_keyring_free(b->keys);
    bus_arena_fini(&b->mem);
    bus_conf_close(&b->config);
    return 0;
}

static struct bus_partner_kind_env env_of(const struct bench *b,
                                          const struct bus_partner_kind *kind)
{
    for (size_t i = 0; i < b->config.partners_count; i++) {
        const struct bus_conf_partner *p = &b->config.partners[i];
        if (strcmp(bus_partner_kind_word(p), kind->name) == 0) {
            return (struct bus_partner_kind_env){
                .config = &b->config,
                .partner = p,
                .keys = b->keys,
                .person_key = BUS_STRV("a county's key of its people....")};
        }
    }
    fail_msg("no partner of kind %s", kind->name);
    return (struct bus_partner_kind_env){0};
}

static void same(const struct bench *b, const char *path, struct bus_strv got)
{
    size_t n = 0;
    if (b->write) {
        spill(path, got);
        return;
    }
    char *want = slurp(path, &n);
    if (want == NULL || n != got.n || memcmp(want, got.p, n) != 0) {
        fail_msg("%s: expected\n%s\ngot\n%.*s", path, want ? want : "nothing",
                 BUS_STRV_ARG(got));
    }
    free(want);
}

/* Calls back with the stem of every file of that ending. */
static size_t each(struct bench *b,
                   const struct bus_partner_kind *kind,
                   const char *side,
                   const char *ending,
                   void (*one)(struct bench *b,
                               const struct bus_partner_kind *kind,
                               const char *stem))
{
    char dir[PATH_BYTES], stem[2 * PATH_BYTES];
    struct dirent **list;
    size_t found = 0;
    (void)snprintf(dir, sizeof(dir), "%s/%s/%s/samples", source(), side,
                   kind->name);
    int n = scandir(dir, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(list[i]->d_name), tail = strlen(ending);
        if (len > tail && strcmp(list[i]->d_name + len - tail, ending) == 0) {
            (void)snprintf(stem, sizeof(stem), "%s/%.*s", dir,
                           (int)(len - tail), list[i]->d_name);
            one(b, kind, stem);
            bus_arena_reset(&b->mem);
            found++;
        }
        free(list[i]);
    }
    if (n >= 0) {
        free(list);
    }
    return found;
}

/* --- bus -> partner --- */

static void seal_into(struct bench *b,
                      const struct bus_partner_kind_out *out,
                      const struct bus_partner_kind_env *env,
                      const json_t *personal,
                      char *record)
{
    struct bus_err err;
    struct bus_buf plain = {0};
    uint8_t frame[BUS_WIRE_FRAME_BYTES];
    assert_int_equal(bus_wire_type_ready(&sa_personal_type, &err), 0);
    (void)bus_wire_frame_at(sa_personal_type.id, frame);
    bus_buf_put(&plain, frame, sizeof(frame));
    assert_true(
        avro_json(bus_wire_type_schema(&sa_personal_type), personal, &plain));
    struct bus_id event_id;
    memcpy(&event_id, record, sizeof(event_id));
    struct bus_wire_binding bind = {out->record, "personal", &event_id};
    struct bus_strv sealed;
    assert_int_equal(bus_wire_seal(b->keys, bus_strv(env->partner->code), &bind,
                                   bus_buf_view(&plain), &b->mem, &sealed,
                                   &err),
                     0);
    memcpy(record + out->sealed_offset, &sealed, sizeof(sealed));
    *(bool *)(record + out->has_sealed_offset) = true;
    bus_buf_fini(&plain);
}

/* Cut at every byte, each cut in memory of its own: a clean error. */
static void cut_out(struct bench *b,
                    const struct bus_partner_kind_out *out,
                    struct bus_strv document)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    for (size_t n = 0; n + 1 < document.n; n++) {
        char *part = malloc(n ? n : 1);
        void *record;
        struct bus_partner_document_faults faults;
        struct bus_err err = {0};
        memcpy(part, document.p, n);
        assert_int_equal(bus_partner_kind_out_read(
                             out, &b->config, (struct bus_strv){part, n}, &mem,
                             &record, &faults, &err),
                         BUS_ETRUNCATED);
        assert_true(faults.n == 1 && err.msg[0] != '\0');
        free(part);
        bus_arena_reset(&mem);
    }
    bus_arena_fini(&mem);
}

static void
one_out(struct bench *b, const struct bus_partner_kind *kind, const char *stem)
{
    char path[2 * PATH_BYTES + 32];
    struct bus_err err = {0};
    struct bus_buf bytes = {0};
    struct bus_partner_kind_env env = env_of(b, kind);
    struct bus_partner_kind_task task;
    json_error_t where;
    void *record;
    (void)snprintf(path, sizeof(path), "%s.event.json", stem);
    json_t *j = json_load_file(path, 0, &where);
    assert_non_null(j);
    json_t *personal = json_incref(json_object_get(j, "personal"));
    (void)json_object_del(j, "personal");
    assert_int_equal(bus_wire_type_ready(kind->out->type, &err), 0);
    if (!avro_json(bus_wire_type_schema(kind->out->type), j, &bytes) ||
        bus_wire_decode_own(kind->out->type, bus_buf_view(&bytes), &b->mem,
                            &record, &err) != 0) {
        fail_msg("%s: is no %s: %s", path, kind->out->record, err.msg);
    }
    if (personal != NULL) {
        seal_into(b, kind->out, &env, personal, record);
    }
    if (bus_partner_kind_out_map(kind->out, &env, record, &b->mem, &task,
                                 &err) != 0) {
        fail_msg("%s: %s", path, err.msg);
    }
    (void)snprintf(path, sizeof(path), "%s.document.json", stem);
    same(b, path, task.document);
    /* Read back and written again it is the same. */
    struct bus_partner_document_faults faults;
    struct bus_buf again = {0};
    void *view;
    assert_int_equal(bus_partner_kind_out_read(kind->out, &b->config,
                                               task.document, &b->mem, &view,
                                               &faults, &err),
                     0);
    assert_int_equal(
        bus_partner_document_write(kind->out->document, view, &again, &err), 0);
    assert_true(bus_strv_eq(bus_buf_view(&again), task.document));
    cut_out(b, kind->out, task.document);
    bus_buf_fini(&again);
    bus_buf_fini(&bytes);
    json_decref(personal);
    json_decref(j);
}

/* Every kind of the configuration has both halves, on the topics that the
 * configuration makes. */
static void kinds_and_topics(void **state)
{
    (void)state;
    for (int i = 0; i < BUS_PARTNER_KINDS; i++) {
        const struct bus_conf_partner_kind_names *n =
            &bus_conf_partner_kind_names[i];
        const struct bus_partner_kind *k =
            bus_partner_kind_find(cli_kinds, n->word);
        assert_non_null(k);
        assert_string_equal(k->out->kind, n->word);
        assert_string_equal(k->in->kind, n->word);
        assert_string_equal(k->out->topic, n->out);
        assert_string_equal(k->in->topic, n->in);
    }
}

static void consumers(void **state)
{
    for (const struct bus_partner_kind *k = cli_kinds; k->name != NULL; k++) {
        size_t n = each(*state, k, "consumers", ".event.json", one_out);
        print_message("consumers/%s: %zu samples\n", k->name, n);
        assert_true(n > 0);
    }
}

/* A partner that has no key of its own reads nothing. */
static void other_key(void **state)
{
    struct bench *b = *state;
    const struct bus_partner_kind *post =
        bus_partner_kind_find(cli_kinds, "post");
    struct bus_partner_kind_env env = env_of(b, post);
    struct bus_err err = {0};
    struct bus_partner_kind_task task;
    char *record = bus_arena_calloc(&b->mem, 1, post->out->type->size);
    json_t *person = json_pack("{s:s, s:s}", "name", "甲", "id_no", "0");
    record[0] = 1;
    seal_into(b, post->out, &env, person, record);
    assert_int_equal(
        bus_partner_kind_out_map(post->out, &env, record, &b->mem, &task, &err),
        0);
    record[0] = 2; /* another event */
    assert_int_equal(
        bus_partner_kind_out_map(post->out, &env, record, &b->mem, &task, &err),
        BUS_ECRYPT);
    json_decref(person);
    bus_arena_reset(&b->mem);
}

/* --- partner -> bus --- */

static void cut_in(struct bench *b,
                   const struct bus_partner_kind_in *in,
                   const struct bus_partner_kind_env *env,
                   struct bus_strv document)
{
    struct bus_arena mem;
    (void)b;
    bus_arena_init(&mem, 0, 0);
    while (document.n > 0 && document.p[document.n - 1] != '}') {
        document.n--;
    }
    for (size_t n = 0; n < document.n; n++) {
        char *part = malloc(n ? n : 1);
        struct bus_partner_kind_answer answer;
        struct bus_partner_document_faults faults;
        struct bus_err err = {0};
        memcpy(part, document.p, n);
        int rc = bus_partner_kind_in_map(in, env, (struct bus_strv){part, n},
                                         &mem, &answer, &faults, &err);
        assert_true(rc == BUS_ETRUNCATED || rc == BUS_EPARSE);
        assert_true(faults.n >= 1 && err.msg[0] != '\0');
        free(part);
        bus_arena_reset(&mem);
    }
    bus_arena_fini(&mem);
}

/* What a document said in clear is the bus's to open, bound to its event. */
static void sealed_well(struct bench *b,
                        const struct bus_partner_kind_in *in,
                        const void *record)
{
    const struct sa_payee_change *p = record;
    struct bus_wire_binding binding = {in->record, "personal", &p->event_id};
    struct bus_strv plain;
    struct bus_err err = {0};
    assert_ptr_equal(in->type, &sa_payee_change_type);
    assert_int_equal(
        bus_wire_open(b->keys, &binding, p->personal, &b->mem, &plain, &err),
        0);
    assert_non_null(memmem(plain.p, plain.n, "6200000000000007", 16));
    assert_null(memmem(p->personal.p, p->personal.n, "6200000000000007", 16));
}

static void event_same(struct bench *b,
                       const char *path,
                       const struct bus_partner_kind_in *in,
                       const void *record)
{
    struct bus_err err = {0};
    struct bus_strv bytes;
    struct bus_buf text = {0};
    assert_int_equal(
        bus_wire_encode_arena(in->type, record, &b->mem, &bytes, &err), 0);
    assert_int_equal(bus_wire_print(bus_wire_type_schema(in->type), bytes,
                                    false, &text, &err),
                     0);
    json_t *j = json_loadb((char *)text.data, text.len, 0, NULL);
    assert_non_null(j);
    if (json_is_string(json_object_get(j, "personal"))) {
        sealed_well(b, in, record); /* other bytes each time */
        json_object_set_new(j, "personal", json_string("sealed"));
    }
    char *pretty = json_dumps(j, JSON_INDENT(2));
    bus_buf_clear(&text);
    bus_buf_puts(&text, pretty);
    bus_buf_putc(&text, '\n');
    same(b, path, bus_buf_view(&text));
    free(pretty);
    json_decref(j);
    bus_buf_fini(&text);
}

static void
one_in(struct bench *b, const struct bus_partner_kind *kind, const char *stem)
{
    char path[2 * PATH_BYTES + 32];
    struct bus_partner_kind_env env = env_of(b, kind);
    struct bus_partner_kind_answer answer, again;
    struct bus_partner_document_faults faults;
    struct bus_err err = {0};
    size_t n = 0;
    (void)snprintf(path, sizeof(path), "%s.document.json", stem);
    char *text = slurp(path, &n);
    struct bus_strv document = {text, n};
    int rc = bus_partner_kind_in_map(kind->in, &env, document, &b->mem, &answer,
                                     &faults, &err);
    bool bad = strstr(stem, "/bad-") != NULL;
    if (bad != (rc != 0)) {
        fail_msg("%s: %d %s", path, rc, err.msg);
    }
    if (bad) {
        struct bus_buf why = {0};
        assert_true(faults.n > 0);
        assert_int_equal(bus_partner_document_faults_write(&faults, &why, &err),
                         0);
        (void)snprintf(path, sizeof(path), "%s.rejection.json", stem);
        same(b, path, bus_buf_view(&why));
        bus_buf_fini(&why);
    } else {
        (void)snprintf(path, sizeof(path), "%s.event.json", stem);
        event_same(b, path, answer.in, answer.record);
        assert_int_equal(bus_partner_kind_in_map(kind->in, &env, document,
                                                 &b->mem, &again, &faults,
                                                 &err),
                         0);
        assert_true(bus_id_eq(&answer.event_id, &again.event_id));
        assert_int_equal(answer.event_id.b[6] >> 4, 8); /* derived */
        cut_in(b, kind->in, &env, document);
    }
    free(text);
}

static void producers(void **state)
{
    for (const struct bus_partner_kind *k = cli_kinds; k->name != NULL; k++) {
        size_t n = each(*state, k, "producers", ".document.json", one_in);
        print_message("producers/%s: %zu samples\n", k->name, n);
        assert_true(n > 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_topics),
        cmocka_unit_test(consumers),
        cmocka_unit_test(other_key),
        cmocka_unit_test(producers),
    };
    return cmocka_run_group_tests(tests, open_bench, close_bench);
}
