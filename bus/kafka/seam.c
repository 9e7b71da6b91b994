/* A library queue on the loop: the queue writes an eventfd when it goes from
 * empty to not empty, the loop polls it.
 *
 * The event comes once until the queue is served, so the callback must drain
 * the queue or kick the seam again. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/kafka/parts.h"

static const uint64_t one = 1; /* an eventfd takes 8 bytes */

static void on_readable(void *data)
{
    struct kafka_seam *s = data;
    BUS_CHECK(s->fd >= 0);
    uint64_t n;
    (void)!read(s->fd, &n, sizeof(n)); /* EAGAIN: somebody was faster */
    s->cb(s->data);
}

int kafka_seam_open(struct kafka_seam *s,
                    struct bus_run_loop *loop,
                    rd_kafka_queue_t *queue,
                    bus_run_loop_cb cb,
                    void *data,
                    struct bus_err *err)
{
    BUS_CHECK(queue != NULL && cb != NULL);
    *s = (struct kafka_seam){.fd = -1, .cb = cb, .data = data};
    s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->fd < 0) {
        return bus_fail(err, BUS_EIO, "eventfd: %s", strerror(errno));
    }
    int rc = bus_run_poll_new(loop, s->fd, on_readable, s, &s->poll, err);
    if (rc != 0) {
        (void)close(s->fd);
        s->fd = -1;
        return rc;
    }
    rd_kafka_queue_io_event_enable(queue, s->fd, &one, sizeof(one));
    kafka_seam_kick(s); /* what was queued before */
    return 0;
}

void kafka_seam_kick(struct kafka_seam *s)
{
    BUS_CHECK(s->fd >= 0);
    (void)!write(s->fd, &one, sizeof(one));
}

void kafka_seam_close(struct kafka_seam *s)
{
    if (s->poll != NULL) {
        bus_run_poll_free(s->poll);
        (void)close(s->fd);
        s->poll = NULL;
        s->fd = -1;
    }
}
