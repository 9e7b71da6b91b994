/* Applications off and onto the wire: our plans, and Avro C's generic reader
 * and writer (values and schema made once and used again, which is how it is
 * fastest). bench_wire.py counts and compares.
 *
 *   bench_wire WAY ROUNDS    goes ROUNDS times through the applications
 *   bench_wire time ROUNDS   CPU nanoseconds of each way, an application
 */
#include <avro.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/wire/framing.h"
#include "schemas/application.h"
#include "tests/bench/forms.h"

#define FORMS     64
#define SEED      7
#define OUT_BYTES 1048576

static struct
{
    struct bus_strv bodies[FORMS];
    void *records[FORMS];
    avro_value_t values[FORMS];
    avro_value_t value; /* reused */
    struct bus_arena mem;
    uint8_t out[OUT_BYTES];
    size_t bytes;
} b;

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_wire: %s\n", what);
    exit(1);
}

static void ours_read(size_t i)
{
    void *record = NULL;
    struct bus_err err;
    bus_arena_reset(&b.mem);
    if (bus_wire_decode_own(&sa_application_type, b.bodies[i], &b.mem, &record,
                            &err) != BUS_OK) {
        die(err.msg);
    }
}

static void theirs_read(size_t i)
{
    avro_reader_t r = avro_reader_memory(b.bodies[i].p, (int64_t)b.bodies[i].n);
    if (avro_value_reset(&b.value) != 0 || avro_value_read(r, &b.value) != 0) {
        die(avro_strerror());
    }
    avro_reader_free(r);
}

static void ours_write(size_t i)
{
    if (bus_wire_size(&sa_application_type, b.records[i]) > OUT_BYTES) {
        die("an application over a megabyte");
    }
    (void)bus_wire_encode_at(&sa_application_type, b.records[i], b.out);
}

static void theirs_write(size_t i)
{
    avro_writer_t w = avro_writer_memory((char *)b.out, OUT_BYTES);
    if (avro_value_write(w, &b.values[i]) != 0) {
        die(avro_strerror());
    }
    avro_writer_free(w);
}

enum way { OURS_READ, THEIRS_READ, OURS_WRITE, THEIRS_WRITE, WAYS };
static const struct
{
    const char *name;
    void (*run)(size_t i);
} ways[WAYS] = {{"ours-read", ours_read},
                {"theirs-read", theirs_read},
                {"ours-write", ours_write},
                {"theirs-write", theirs_write}};

/* Keys for this run, in files that are gone at its end. */
static char ring[] = "/tmp/bench-ring-XXXXXX",
            person[] = "/tmp/bench-person-XXXXXX";

static void remove_keys(void)
{
    (void)unlink(ring);
    (void)unlink(person);
}

static void make_keys(void)
{
    int r = mkstemp(ring), p = mkstemp(person);
    if (r < 0 || p < 0 || dprintf(r, "1 bus %064d\n", 7) < 0 ||
        dprintf(p, "%064d\n", 7) < 0 || close(r) != 0 || close(p) != 0 ||
        setenv("LIANOU_KEYRING", ring, 1) != 0 ||
        setenv("LIANOU_PERSON_KEY", person, 1) != 0) {
        die(strerror(errno));
    }
    (void)atexit(remove_keys);
}

static void set_up(const char *config)
{
    static struct bus_arena keep;
    struct bus_buf json = {0};
    struct bus_err err;
    avro_schema_t schema = NULL;
    bus_arena_init(&keep, 1 << 20, 0);
    bus_arena_init(&b.mem, 0, 0);
    make_keys();
    forms_open(config, false);
    if (bus_wire_type_ready(&sa_application_type, &err) != BUS_OK ||
        bus_wire_schema_json(bus_wire_type_schema(&sa_application_type), &json,
                             &err) != BUS_OK) {
        die(err.msg);
    }
    if (avro_schema_from_json_length((const char *)json.data, json.len,
                                     &schema) != 0) {
        die(avro_strerror());
    }
    bus_buf_fini(&json);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    if (iface == NULL || avro_generic_value_new(iface, &b.value) != 0) {
        die("Avro C has no class for the schema");
    }
    for (size_t i = 0; i < FORMS; i++) {
        struct bus_strv key, value, body;
        uint32_t id = 0;
        forms_make(SEED, i, &key, &value);
        if (bus_wire_unframe(value, &id, &body, &err) != BUS_OK) {
            die(err.msg);
        }
        b.bodies[i] =
            (struct bus_strv){bus_arena_dup(&keep, body.p, body.n), body.n};
        b.bytes += body.n;
        if (bus_wire_decode_own(&sa_application_type, b.bodies[i], &keep,
                                &b.records[i], &err) != BUS_OK) {
            die(err.msg);
        }
        avro_reader_t r =
            avro_reader_memory(b.bodies[i].p, (int64_t)b.bodies[i].n);
        if (avro_generic_value_new(iface, &b.values[i]) != 0 ||
            avro_value_read(r, &b.values[i]) != 0) {
            die(avro_strerror());
        }
        avro_reader_free(r);
    }
}

static double cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double ns_of(enum way way, size_t rounds)
{
    double least = 1e18;
    for (int try = 0; try < 5; try++) {
        double from = cpu_ns();
        for (size_t r = 0; r < rounds; r++) {
            for (size_t i = 0; i < FORMS; i++) {
                ways[way].run(i);
            }
        }
        double took = (cpu_ns() - from) / (double)(rounds * FORMS);
        least = took < least ? took : least;
    }
    return least;
}

static int way_named(const char *name)
{
    for (int way = 0; way < WAYS; way++) {
        if (strcmp(ways[way].name, name) == 0) {
            return way;
        }
    }
    die("no such way");
    return -1;
}

int main(int argc, char **argv)
{
    char config[1024];
    const char *source = getenv("LIANOU_SOURCE");
    if (argc != 3) {
        die("bench_wire WAY ROUNDS, or bench_wire time ROUNDS; started by "
            "bench_wire.py");
    }
    bool timed = strcmp(argv[1], "time") == 0;
    int way = timed ? 0 : way_named(argv[1]);
    size_t rounds = strtoul(argv[2], NULL, 10);
    (void)snprintf(config, sizeof(config), "%s/bus-config",
                   source ? source : ".");
    set_up(config);
    (void)printf("bytes %zu\n", b.bytes / FORMS);
    for (int i = 0; timed && i < WAYS; i++) {
        (void)printf("%s %.1f\n", ways[i].name, ns_of((enum way)i, rounds));
    }
    for (size_t r = 0; !timed && r < rounds; r++) {
        for (size_t i = 0; i < FORMS; i++) {
            ways[way].run(i);
        }
    }
    return 0;
}
