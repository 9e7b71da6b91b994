/* A generator of load for bench_intake.py: posts each line of a file once, over
 * so many connections, each with one request at a time.
 *
 *   bench_intake PORT FILE CONNECTIONS
 *
 * Prints one JSON object: requests, accepted (202), seconds, p50_us, p99_us,
 * cpu_us (its own, for a request). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/bench/posts.h"

#define HIST_US 200000

static uint64_t requests, accepted, histogram[HIST_US + 1];

static void answered(const struct posts_answer *a)
{
    uint64_t us = (a->answer_ns - a->sent_ns) / 1000;
    histogram[us < HIST_US ? us : HIST_US]++;
    requests++;
    accepted += a->accepted;
    (void)posts_send(0);
}

static uint64_t percentile(double share)
{
    uint64_t sum = 0;
    for (size_t i = 0; i <= HIST_US; i++) {
        sum += histogram[i];
        if ((double)sum >= share * (double)requests) {
            return i;
        }
    }
    return HIST_US;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "bench_intake PORT FILE CONNECTIONS\n");
        return 2;
    }
    posts_load(argv[2], 0);
    posts_open((int)strtol(argv[1], NULL, 10), (int)strtol(argv[3], NULL, 10),
               answered);
    uint64_t began = posts_now_ns();
    while (posts_free() && posts_send(0)) {
    }
    while (posts_busy() > 0) {
        posts_wait(0);
    }
    double seconds = (double)(posts_now_ns() - began) / 1e9;
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
                 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    (void)printf("{\"requests\":%llu,\"accepted\":%llu,\"seconds\":%.3f,"
                 "\"p50_us\":%llu,\"p99_us\":%llu,\"cpu_us\":%.2f}\n",
                 (unsigned long long)requests, (unsigned long long)accepted,
                 seconds, (unsigned long long)percentile(0.5),
                 (unsigned long long)percentile(0.99),
                 cpu / (double)(requests ? requests : 1));
    return 0;
}
