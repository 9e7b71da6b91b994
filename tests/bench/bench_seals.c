/* One seal of a decision verified: by the tables of the keys' multiples that
 * the matcher keeps, and as OpenSSL does it each time. In blocks a b b a, CPU
 * time; every answer is looked at, right ones and wrong ones.
 *
 *   bench_seals [--json] [--quick] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/wire/sm2_tables.h"

#define KEYS   5
#define TEXT   512 /* bytes of a decision */
#define BLOCKS 8

static struct
{
    struct bus_wire_sm2_tables *tables;
    uint8_t points[KEYS][BUS_WIRE_SM2_POINT];
    struct bus_wire_signature signatures[KEYS];
    char text[TEXT];
} b;

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_seals: %s\n", what);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void set_up(void)
{
    char file[] = "/tmp/bench-seal-XXXXXX";
    struct bus_err err;
    int fd = mkstemp(file);
    if (fd < 0 || close(fd) != 0) {
        die("no file for keys");
    }
    memset(b.text, 's', sizeof(b.text));
    for (int i = 0; i < KEYS; i++) {
        (void)unlink(file);
        if (bus_wire_sm2_keygen(file, b.points[i], &err) != BUS_OK ||
            bus_wire_sm2_sign(file, (struct bus_strv){b.text, TEXT},
                              &b.signatures[i], &err) != BUS_OK) {
            die(err.msg);
        }
        b.signatures[i].signer[0] = '\0';
    }
    (void)unlink(file);
}

static bool plain(int key, int signature)
{
    struct bus_err err;
    return bus_wire_sm2_point_verify(b.points[key],
                                     (struct bus_strv){b.text, TEXT},
                                     &b.signatures[signature], &err) == BUS_OK;
}

static bool tables(int key, int signature)
{
    struct bus_err err;
    const struct bus_wire_signature *s = &b.signatures[signature];
    return bus_wire_sm2_tables_verify(
               b.tables, b.points[key], (struct bus_strv){b.text, TEXT},
               (struct bus_strv){(const char *)s->der, s->n}, &err) == BUS_OK;
}

/* Microseconds of one; each eighth is another's seal. */
static double block(bool (*verify)(int, int), int n)
{
    double from = cpu_us();
    for (int i = 0; i < n; i++) {
        int key = i % KEYS, of = i % 8 == 7 ? (key + 1) % KEYS : key;
        if (verify(key, of) != (key == of)) {
            die("a wrong answer");
        }
    }
    return (cpu_us() - from) / n;
}

static int by_size(const void *a, const void *c)
{
    double x = *(const double *)a, y = *(const double *)c;
    return (x > y) - (x < y);
}

static void row(const char *name, double *v, const char *unit, double target)
{
    qsort(v, BLOCKS, sizeof(*v), by_size);
    char aim[32] = "null";
    if (target > 0) {
        (void)snprintf(aim, sizeof(aim), "%g", target);
    }
    (void)printf(
        "{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"target\":%s,"
        "\"better\":\"less\",\"note\":\"%.3g to %.3g\"}\n",
        name, (v[BLOCKS / 2] + v[BLOCKS / 2 - 1]) / 2, unit, aim, v[0],
        v[BLOCKS - 1]);
}

int main(int argc, char **argv)
{
    int n = 2000;
    for (int i = 1; i < argc; i++) {
        n = strcmp(argv[i], "--quick") == 0 ? 200 : n;
    }
    struct bus_err err;
    double ours[BLOCKS], theirs[BLOCKS], ratio[BLOCKS];
    set_up();
    double from = cpu_us();
    if (bus_wire_sm2_tables_new(&b.tables, &err) != BUS_OK) {
        die(err.msg);
    }
    double made = cpu_us() - from;
    (void)block(tables, 8 * KEYS);
    (void)printf("the generator's table %.0f us, then %d keys and %d seals "
                 "%.0f us\n",
                 made, KEYS, 8 * KEYS, cpu_us() - from - made);
    for (int i = 0; i < BLOCKS; i++) {
        if (i % 2 == 0) {
            ours[i] = block(tables, n);
        }
        theirs[i] = block(plain, n);
        if (i % 2 != 0) {
            ours[i] = block(tables, n);
        }
        ratio[i] = ours[i] / theirs[i];
    }
    row("a seal verified, against OpenSSL each time", ratio, "x", 0.333);
    row("a seal verified", ours, "us", 0);
    row("a seal verified by OpenSSL each time", theirs, "us", 0);
    bus_wire_sm2_tables_free(b.tables);
    return 0;
}
