/* Server-sent events.
 *
 * - frames wait in a buffer; the connection is suspended while it is empty
 * - the client reads too slowly (buffer over its limit) or leaves: gone(), once
 */
#include <string.h>

#include "bus/run/http_parts.h"

static ssize_t on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
    (void)pos;
    struct bus_run_http_request *rq = cls;
    struct http_stream *s = &rq->stream;
    size_t left = s->waiting.len - s->sent;
    if (left == 0) {
        if (s->ended || s->cut) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        rq->suspended = true;
        MHD_suspend_connection(rq->conn);
        return 0;
    }
    size_t n = left < max ? left : max;
    memcpy(buf, s->waiting.data + s->sent, n);
    s->sent += n;
    if (s->sent == s->waiting.len) {
        bus_buf_clear(&s->waiting);
        s->sent = 0;
    }
    return (ssize_t)n;
}

void bus_run_http_stream(struct bus_run_http_request *rq,
                         void (*gone)(void *data),
                         void *data)
{
    struct http_stream *s = &rq->stream;
    *s = (struct http_stream){.open = true, .gone = gone, .data = data};
    bus_buf_init(&s->waiting, HTTP_STREAM_BYTES);
    bus_buf_puts(&s->waiting, ":\n\n"); /* the head leaves at once */
    rq->status = 200;
    struct MHD_Response *r = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, 4096, on_read, rq, NULL);
    if (r == NULL) {
        run_http_stream_gone(rq);
        bus_run_http_answer(rq, 503, NULL, NULL, 0);
        return;
    }
    (void)MHD_add_response_header(r, "Content-Type", "text/event-stream");
    (void)MHD_add_response_header(r, "Cache-Control", "no-store");
    run_http_finish(rq, r);
}

void bus_run_http_push(struct bus_run_http_request *rq,
                       const void *frame,
                       size_t n)
{
    struct http_stream *s = &rq->stream;
    if (!s->open || s->cut || s->ended) {
        return;
    }
    bus_buf_put(&s->waiting, frame, n);
    if (s->waiting.failed) {
        s->cut = true;
        bus_buf_clear(&s->waiting);
        s->sent = 0;
    }
    run_http_resume(rq);
}

void run_http_stream_gone(struct bus_run_http_request *rq)
{
    struct http_stream *s = &rq->stream;
    if (s->open) {
        s->open = false;
        bus_buf_fini(&s->waiting);
        if (s->gone != NULL) {
            s->gone(s->data);
        }
    }
}

void run_http_stream_end(struct bus_run_http_request *rq)
{
    if (rq->stream.open && !rq->stream.ended) {
        rq->stream.ended = true;
        run_http_resume(rq);
    }
}
