/* What a lane's files share: what it tells the shell, how it waits. */
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/kafka/eos_parts.h"

int64_t kafka_eos_now_ms(void)
{
    return (int64_t)(bus_clock_system.monotonic_ns(bus_clock_system.data) /
                     1000000u);
}

void kafka_eos_lane_trouble(struct eos_lane *lane, const char *text)
{
    BUS_CHECK(text != NULL);
    struct bus_kafka_eos *eos = lane->eos;
    pthread_mutex_lock(&eos->lock);
    if (strncmp(eos->trouble, text, sizeof(eos->trouble) - 1) != 0) {
        (void)snprintf(eos->trouble, sizeof(eos->trouble), "%.190s", text);
        eos->trouble_new = true;
        bus_run_wake_send(eos->wake);
    }
    pthread_mutex_unlock(&eos->lock);
}

void kafka_eos_lane_fail(struct eos_lane *lane, const struct bus_err *err)
{
    BUS_CHECK(err->code != BUS_OK);
    struct bus_kafka_eos *eos = lane->eos;
    kafka_eos_lane_move(lane, LANE_ON_FAILURE);
    pthread_mutex_lock(&eos->lock);
    if (!eos->failed) {
        eos->failed = true;
        eos->err = *err;
    }
    pthread_mutex_unlock(&eos->lock);
    bus_run_wake_send(eos->wake);
}

bool kafka_eos_lane_pause(struct eos_lane *lane, const struct bus_err *why)
{
    kafka_eos_lane_trouble(lane, why->msg);
    int64_t until =
        kafka_eos_now_ms() + bus_run_backoff_next_ms(&lane->backoff);
    int64_t now;
    while (!atomic_load(&lane->interrupt) &&
           (now = kafka_eos_now_ms()) < until) {
        /* The eventfd also tells of messages: sleep in small steps. */
        struct timespec t = {0,
                             (until - now > 50 ? 50 : until - now) * 1000000L};
        (void)nanosleep(&t, NULL);
    }
    return !atomic_load(&lane->interrupt);
}

struct eos_place *
kafka_eos_lane_place(struct eos_lane *lane, int32_t topic, int32_t partition)
{
    size_t slot = (size_t)partition / (size_t)lane->eos->conf.lanes;
    BUS_CHECK(topic >= 0 && partition >= 0 && slot < lane->slots &&
              (size_t)topic < lane->eos->conf.topics_count);
    return &lane->places[(size_t)topic * lane->slots + slot];
}
