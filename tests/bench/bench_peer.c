/* Ours of bench_peer.py: the same model and rows as the peer's half
 * (peer/Peer.java). bench_peer MODEL ROWS OUT SECONDS writes the decisions of
 * each row, then prints the process's CPU nanoseconds a row. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/base/arena.h"
#include "bus/base/faults.h"
#include "bus/dmn/dmn.h"
#include "bus/feel/number.h"

#define ROWS_MAX    4096
#define COLUMNS_MAX 16
#define FILE_MAX    (1 << 20)

static struct bus_arena keep, mem;
static struct dmn_given rows[ROWS_MAX][COLUMNS_MAX];
static size_t row_count, columns;

static struct bus_strv slurp(const char *path)
{
    FILE *f = fopen(path, "re");
    char *p = bus_arena_alloc(&keep, FILE_MAX);
    size_t n = f != NULL && p != NULL ? fread(p, 1, FILE_MAX, f) : 0;
    if (f == NULL || n == 0 || n == FILE_MAX) {
        (void)fprintf(stderr, "bench_peer: %s cannot be read\n", path);
        exit(1);
    }
    (void)fclose(f);
    return (struct bus_strv){p, n};
}

static struct feel_value value_of(struct bus_strv s)
{
    struct feel_value v = {0};
    if (bus_strv_is(s, "true") || bus_strv_is(s, "false")) {
        v.kind = FEEL_BOOLEAN;
        v.boolean = s.n == 4;
    } else if (!feel_number_parse(s, &v)) {
        v.kind = FEEL_STRING;
        v.string = s;
    }
    return v;
}

static bool next(struct bus_strv *rest, char by, struct bus_strv *ret)
{
    if (rest->n == 0) {
        return false;
    }
    const char *end = memchr(rest->p, by, rest->n);
    *ret = (struct bus_strv){rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t gone = ret->n + (end != NULL);
    rest->p += gone;
    rest->n -= gone;
    return true;
}

static void read_rows(struct bus_strv text)
{
    struct bus_strv line = {0}, cell, names[COLUMNS_MAX];
    (void)next(&text, '\n', &line);
    while (columns < COLUMNS_MAX && next(&line, ',', &names[columns])) {
        columns++;
    }
    while (row_count < ROWS_MAX && next(&text, '\n', &line)) {
        for (size_t i = 0; i < columns && next(&line, ',', &cell); i++) {
            rows[row_count][i] = (struct dmn_given){.space = BUS_STRV(""),
                                                    .name = names[i],
                                                    .value = value_of(cell)};
        }
        row_count++;
    }
}

static void write_decisions(const struct dmn_model *m, const char *path)
{
    static const char *const decisions[] = {"Class", "Care", "Aid", "Total"};
    FILE *out = fopen(path, "we");
    for (size_t i = 0; out != NULL && i < row_count; i++) {
        bus_arena_reset(&mem);
        for (int d = 0; d < 4; d++) {
            struct feel_value v = dmn_evaluate(m, bus_strv(decisions[d]),
                                               rows[i], columns, NULL, &mem);
            bool text = v.kind == FEEL_STRING; /* as it is, without quotes */
            (void)fprintf(out, "%.*s,", text ? (int)v.string.n : INT_MAX,
                          text ? v.string.p : feel_text(&mem, &v));
        }
        (void)fputc('\n', out);
    }
    if (out == NULL || fclose(out) != 0) {
        exit(1);
    }
}

static int64_t now(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv)
{
    struct bus_faults faults;
    bus_arena_init(&keep, 0, 0);
    bus_arena_init(&mem, 1 << 20, 0);
    bus_faults_init(&faults, &keep);
    if (argc != 5) {
        return 2;
    }
    struct dmn_source source = {argv[1], slurp(argv[1])};
    struct dmn_model *m = dmn_model_new(&source, 1, &faults);
    read_rows(slurp(argv[2]));
    if (m == NULL || faults.errors > 0) {
        (void)fprintf(stderr, "bench_peer: %s\n", faults.list[0].text);
        return 1;
    }
    write_decisions(m, argv[3]);
    int64_t until =
        now(CLOCK_MONOTONIC) + strtoll(argv[4], NULL, 10) * 1000000000;
    int64_t from = now(CLOCK_PROCESS_CPUTIME_ID), n = 0;
    while (now(CLOCK_MONOTONIC) < until) {
        for (size_t i = 0; i < row_count; i++, n++) {
            bus_arena_reset(&mem);
            (void)dmn_evaluate(m, BUS_STRV("Total"), rows[i], columns, NULL,
                               &mem);
        }
    }
    (void)printf("%lld\n",
                 (long long)((now(CLOCK_PROCESS_CPUTIME_ID) - from) / n));
    dmn_model_free(m);
    return 0;
}
