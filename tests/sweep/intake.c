/* The intake without memory: its start, and one POST of an application that is
 * well, one with faults and one that is no JSON, with every request to the heap
 * refused in turn, and all after it. The role starts or says BUS_ENOMEM; a POST
 * is answered as it should be or 503, or its connection is closed: never is the
 * application blamed. What was answered 202 is in the journal. No Kafka. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "bus/base/heap.h"
#include "bus/role/frame.h"
#include "producers/intake/intake.h"
#include "tests/lib/check.h"
#include "tests/sweep/budget.h"

#define REQUESTS   20000 /* of one stage; more is a loop */
#define PATIENCE_S 20
#define SPOT       "########" /* where its reference stands */

static char household[] = "/tmp/lianou-sweep-XXXXXX";
static struct bus_role_frame frame;
static struct intake in;
static char application[65536];

static void write_file(const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", household, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 &&
                write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
    (void)setenv(strcmp(name, "ring") == 0 ? "LIANOU_KEYRING"
                                           : "LIANOU_PERSON_KEY",
                 path, 1);
}

static void turn(void)
{
    (void)uv_run(bus_run_loop_uv(frame.loop), UV_RUN_NOWAIT);
}

/* --- start --- */

static void start_up(void **state)
{
    (void)state;
    size_t most = 0;
    for (int after = 0; after < 2; after++) {
        int rc = BUS_ENOMEM;
        for (size_t k = 0; rc != BUS_OK || budget.refused; k++) {
            struct bus_err err = {0};
            limit(k, after);
            rc = intake_open(&in, &frame, true, &err);
            budget.on = false;
            if (rc != BUS_OK && rc != BUS_ENOMEM) {
                fail_msg("request %zu: %s: %s", k, bus_errc_name(err.code),
                         err.msg);
            }
            if (rc == BUS_OK) {
                intake_drain(&in);
            }
            for (int i = 0; i < 20; i++) { /* the producer is closed there */
                turn();
            }
            intake_fini(&in);
            assert_true(k < REQUESTS);
            most = k;
        }
    }
    print_message("start: %zu requests\n", most);
}

/* --- one POST --- */

static int dial(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port =
                                 htons((uint16_t)bus_run_http_port(frame.http)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0 &&
                connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* The status answered; 0: the connection was closed. */
static int post(const char *body)
{
    static char text[70000], got[16384];
    int n = snprintf(text, sizeof(text),
                     "POST /v1/applications HTTP/1.1\r\nHost: x\r\n"
                     "Content-Type: application/json\r\nConnection: close\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     strlen(body), body);
    int fd = dial();
    assert_true(n > 0 && write(fd, text, (size_t)n) == n);
    time_t until = time(NULL) + PATIENCE_S;
    size_t have = 0;
    for (ssize_t r = -1; r != 0 && time(NULL) < until;) {
        turn();
        r = read(fd, got + have, sizeof(got) - 1 - have);
        have += r > 0 ? (size_t)r : 0;
        if (r < 0 && errno != EAGAIN) {
            break;
        }
        if (r < 0) {
            (void)usleep(50);
        }
    }
    (void)close(fd);
    assert_true(time(NULL) < until);
    got[have] = '\0';
    int status = have > 12 ? atoi(got + 9) : 0;
    if ((status == 400 || status == 422) && strstr(got, "draft") == NULL) {
        fail_msg("refused and not kept: %s", got);
    }
    return status;
}

static size_t records_in_journal(void)
{
    struct bus_arena mem;
    struct bus_strv key, value;
    uint64_t at = in.journal.drained;
    size_t n = 0;
    bus_arena_init(&mem, 0, 0);
    while (intake_journal_read(&in.journal, &at, &mem, &key, &value, NULL) ==
           BUS_OK) {
        n++;
    }
    bus_arena_fini(&mem);
    return n;
}

/* Another reference each time: another application, of the same length. */
static const char *numbered(const char *text, unsigned number)
{
    static char out[65536];
    char digits[16];
    (void)snprintf(out, sizeof(out), "%s", text);
    char *at = strstr(out, SPOT);
    assert_non_null(at);
    (void)snprintf(digits, sizeof(digits), "%08u", number);
    memcpy(at, digits, 8);
    return out;
}

static size_t sweep(const char *text, int well)
{
    static unsigned number;
    size_t taken = 0, k = 0;
    for (int after = 0; after < 2; after++) {
        int status = 0;
        bool refused = true;
        for (k = 0; refused; k++) {
            const char *body = numbered(text, number++);
            /* Cold, and growing in small steps, so that each can be refused. */
            bus_arena_fini(&in.mem);
            bus_arena_init(&in.mem, 2048, 16u << 20);
            limit(k, after);
            status = post(body);
            budget.on = false;
            refused = budget.refused;
            if (status != well &&
                (!refused || (status != 503 && status != 0))) {
                fail_msg("request %zu refused: %d", k, status);
            }
            taken += status == 202;
            assert_true(k < REQUESTS);
        }
    }
    print_message("%d: %zu requests\n", well, k);
    return taken;
}

static void one_post(void **state)
{
    struct bus_err err = {0};
    char wrong[65536];
    (void)state;
    assert_int_equal(intake_open(&in, &frame, true, &err), BUS_OK);
    assert_int_equal(intake_watch_registers(&in, &err), BUS_OK);
    bus_catalogue_register_watch_drain(in.registers); /* nobody looks */
    assert_int_equal(intake_routes(&in, &err), BUS_OK);
    assert_int_equal(bus_run_http_start(frame.http, &err), BUS_OK);
    size_t taken = sweep(application, 202);
    assert_true(records_in_journal() >= taken && taken > 0);
    (void)snprintf(wrong, sizeof(wrong), "%s", application);
    memcpy(strstr(wrong, "consent"), "konsent", 7);
    (void)sweep(wrong, 422);
    wrong[strlen(wrong) - 3] = '\0';
    (void)sweep(wrong, 400);
    intake_drain(&in);
    for (int i = 0; i < 100; i++) {
        turn();
        (void)usleep(1000);
    }
    intake_fini(&in);
}

static int set_up(void **state)
{
    char path[600], config[512];
    const char *source = getenv("LIANOU_SOURCE");
    struct bus_run_role_args args = {.config_dir = config};
    (void)state;
    (void)snprintf(config, sizeof(config), "%s/bus-config", source);
    (void)snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/form/telephone",
                   source);
    FILE *f = fopen(path, "rb");
    static char text[32768];
    if (f == NULL || mkdtemp(household) == NULL ||
        fread(text, 1, sizeof(text) - 1, f) == 0) {
        return -1;
    }
    (void)fclose(f);
    const char *reference = strstr(text, "\"T-1\"");
    assert_non_null(reference);
    (void)snprintf(application, sizeof(application), "%.*s\"" SPOT "\"%s",
                   (int)(reference - text), text, reference + 5);
    char ring[128], key[80];
    (void)snprintf(ring, sizeof(ring), "7 bus %064d\n", 7);
    (void)snprintf(key, sizeof(key), "%064d\n", 7);
    write_file("ring", ring);
    write_file("person", key);
    (void)setenv("LIANOU_STATE", household, 1);
    (void)setenv("LIANOU_KAFKA", "127.0.0.1:1", 1);
    (void)setenv("LIANOU_ANY_PORTS", "true", 1);
    bus_heap_set(&heap);
    return bus_role_frame_open(&frame, &args, "intake") == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    char text[128];
    (void)state;
    bus_role_frame_close(&frame);
    bus_heap_set(NULL);
    (void)snprintf(text, sizeof(text), "rm -rf %s", household);
    return system(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_up),
        cmocka_unit_test(one_post),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
