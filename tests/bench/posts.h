/* Applications posted over HTTP, for benches: each line of a file once, over so
 * many connections, each with one request at a time. Ends the program when
 * something is wrong. */
#ifndef TESTS_BENCH_POSTS_H
#define TESTS_BENCH_POSTS_H

#include <stdbool.h>
#include <stdint.h>

#define POSTS_ID_TEXT 36

struct posts_answer
{
    uint64_t tag;
    bool accepted;               /* 202 */
    char id[POSTS_ID_TEXT + 1];  /* the application's, "" for none */
    uint64_t sent_ns, answer_ns; /* posts_now_ns() */
};
typedef void posts_on_answer(const struct posts_answer *a);

uint64_t posts_now_ns(void); /* CLOCK_MONOTONIC */
void posts_open(int port, int connections, posts_on_answer *then);
/* Lines from the so-maniest on. */
void posts_load(const char *path, uint64_t from);
bool posts_free(void); /* is there a connection without a request? */
/* The next line on a free connection; false: there are no more. */
bool posts_send(uint64_t tag);
/* Waits for answers until that time; 0: 20 s, and then it has failed. */
void posts_wait(uint64_t until_ns);
int posts_busy(void); /* requests without an answer */

#endif
