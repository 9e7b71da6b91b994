#include "bus/web/limits.h"

#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/base/heap.h"

#define LIMITS_PROBES 8
#define DOUBLED_MAX   40

struct web_limit
{
    uint64_t who; /* 0: nobody */
    uint64_t met_ms, until_ms, since_ms;
    uint32_t failures;
    int64_t count; /* since since_ms */
};
struct bus_web_limits
{
    struct bus_web_limits_conf conf;
    uint64_t seed;
    struct web_limit slots[BUS_WEB_LIMITS_SLOTS];
};

int bus_web_limits_new(const struct bus_web_limits_conf *conf,
                       struct bus_web_limits **ret,
                       struct bus_err *err)
{
    BUS_CHECK(conf->first_ms > 0 && conf->most_ms >= conf->first_ms);
    struct bus_web_limits *l = bus_calloc(1, sizeof(*l));
    if (l == NULL) {
        return bus_fail(err, BUS_ENOMEM, "limits");
    }
    l->conf = *conf;
    l->seed = (uint64_t)(uintptr_t)l;
    *ret = l;
    return BUS_OK;
}

void bus_web_limits_free(struct bus_web_limits *l)
{
    bus_free(l);
}

/* His place, or that of who was met longest ago of those it could be. */
static struct web_limit *
limit_slot(struct bus_web_limits *l, struct bus_strv key, uint64_t now_ms)
{
    uint64_t who = bus_hash64(key.p, key.n, l->seed) | 1;
    struct web_limit *oldest = NULL;
    for (size_t i = 0; i < LIMITS_PROBES; i++) {
        struct web_limit *s = &l->slots[(who + i) % BUS_WEB_LIMITS_SLOTS];
        if (s->who == who) {
            s->met_ms = now_ms > s->met_ms ? now_ms : s->met_ms;
            return s;
        }
        if (oldest == NULL || s->met_ms < oldest->met_ms) {
            oldest = s;
        }
    }
    *oldest =
        (struct web_limit){.who = who, .met_ms = now_ms, .since_ms = now_ms};
    return oldest;
}

bool bus_web_limits_try(struct bus_web_limits *l,
                        struct bus_strv key,
                        uint64_t now_ms,
                        int64_t *ret_wait_ms)
{
    struct web_limit *s = limit_slot(l, key, now_ms);
    if (now_ms < s->until_ms) {
        *ret_wait_ms = (int64_t)(s->until_ms - now_ms);
        return false;
    }
    s->failures++;
    if (s->failures >= l->conf.free_tries) {
        uint32_t doubled = s->failures - l->conf.free_tries;
        int64_t wait = l->conf.first_ms;
        for (uint32_t i = 0; i < doubled && i < DOUBLED_MAX; i++) {
            wait = wait < l->conf.most_ms / 2 ? wait * 2 : l->conf.most_ms;
        }
        s->until_ms = now_ms + (uint64_t)wait;
    }
    *ret_wait_ms = 0;
    return true;
}

void bus_web_limits_well(struct bus_web_limits *l, struct bus_strv key)
{
    struct web_limit *s = limit_slot(l, key, 0);
    s->failures = 0;
    s->until_ms = 0;
}

void bus_web_limits_untry(struct bus_web_limits *l, struct bus_strv key)
{
    struct web_limit *s = limit_slot(l, key, 0);
    s->failures -= s->failures > 0;
    s->until_ms = 0; /* he was let try: an earlier wait was over */
}

bool bus_web_limits_count(struct bus_web_limits *l,
                          struct bus_strv key,
                          int64_t most,
                          int64_t window_ms,
                          uint64_t now_ms,
                          int64_t *ret_wait_ms)
{
    BUS_CHECK(window_ms > 0);
    struct web_limit *s = limit_slot(l, key, now_ms);
    if (now_ms - s->since_ms >= (uint64_t)window_ms) {
        s->since_ms = now_ms;
        s->count = 0;
    }
    *ret_wait_ms = 0;
    if (s->count >= most) {
        *ret_wait_ms = window_ms - (int64_t)(now_ms - s->since_ms);
        return false;
    }
    s->count++;
    return true;
}

void bus_web_limits_uncount(struct bus_web_limits *l, struct bus_strv key)
{
    struct web_limit *s = limit_slot(l, key, 0);
    s->count -= s->count > 0;
}

void bus_web_limits_refuse(struct bus_run_http_request *rq,
                           int64_t wait_ms,
                           const char *en,
                           const char *zh)
{
    char after[24];
    (void)snprintf(after, sizeof(after), "%lld",
                   (long long)(wait_ms / 1000 + 1));
    bus_run_http_set(rq, "Retry-After", after);
    bus_run_http_problem(rq, 429, en, zh);
}
