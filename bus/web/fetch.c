#include "bus/web/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "bus/run/work.h"

#define HEADER_BYTES 768

static size_t fetch_write(char *p, size_t size, size_t n, void *data)
{
    struct bus_buf *to = data;
    bus_buf_put(to, p, size * n);
    return to->failed ? 0 : size * n;
}

/* False: it does not fit, or there is no memory; it is not sent then. */
static bool
fetch_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HEADER_BYTES];
    if (value == NULL || value[0] == '\0') {
        return true;
    }
    int n = snprintf(line, sizeof(line), "%s: %s", name, value);
    struct curl_slist *longer =
        n > 0 && (size_t)n < sizeof(line) && strpbrk(value, "\r\n") == NULL
            ? curl_slist_append(*list, line)
            : NULL;
    *list = longer != NULL ? longer : *list;
    return longer != NULL;
}

static struct curl_slist *fetch_headers(const struct bus_web_fetch *f)
{
    char bearer[HEADER_BYTES] = "";
    struct curl_slist *list = NULL;
    if (f->bearer != NULL && f->bearer[0] != '\0') {
        (void)snprintf(bearer, sizeof(bearer), "Bearer %s", f->bearer);
    }
    bool well = fetch_header(&list, "Content-Type", "application/json") &&
                fetch_header(&list, "Authorization",
                             bearer[0] != '\0' ? bearer : f->authorization) &&
                fetch_header(&list, "Lianou-Date", f->date) &&
                fetch_header(&list, "Idempotency-Key", f->key);
    if (!well) {
        curl_slist_free_all(list);
        return NULL;
    }
    return list;
}

static void
fetch_aim(CURL *c, const char *url, int64_t limit_ms, struct bus_buf *answer)
{
    (void)curl_easy_setopt(c, CURLOPT_URL, url);
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)limit_ms);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, fetch_write);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
}

static CURLcode fetch_perform(struct bus_web_fetch *f, CURL *c)
{
    fetch_aim(c, f->url, BUS_WEB_FETCH_MS, &f->answer);
    if (!f->gets) {
        (void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body.p);
        (void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)f->body.n);
    }
    if (f->ca_file != NULL) {
        (void)curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file);
    }
    CURLcode rc = curl_easy_perform(c);
    (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &f->status);
    return rc;
}

static void fetch_run(void *data)
{
    struct bus_web_fetch *f = data;
    struct curl_slist *headers = fetch_headers(f);
    CURL *c = headers != NULL ? curl_easy_init() : NULL;
    bus_buf_init(&f->answer, BUS_WEB_FETCH_MAX);
    f->status = 0;
    if (c == NULL) {
        f->rc = bus_fail(&f->err, BUS_EAWAY, "%s: cannot be asked", f->url);
        curl_slist_free_all(headers);
        return;
    }
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    CURLcode rc = fetch_perform(f, c);
    f->rc = rc == CURLE_OK ? BUS_OK
                           : bus_fail(&f->err, BUS_EAWAY, "%s: %s", f->url,
                                      curl_easy_strerror(rc));
    curl_easy_cleanup(c);
    curl_slist_free_all(headers);
}

static void fetch_done(void *data)
{
    struct bus_web_fetch *f = data;
    f->done(f);
}

static int fetch_begin(struct bus_err *err)
{
    static bool begun; /* on the loop's thread, or a command's only one */
    if (!begun && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return bus_fail(err, BUS_EAWAY, "HTTP cannot be spoken");
    }
    begun = true;
    return BUS_OK;
}

static int fetch_start(struct bus_run_loop *loop,
                       struct bus_web_fetch *f,
                       struct bus_err *err)
{
    BUS_TRY(fetch_begin(err));
    return bus_run_work(loop, fetch_run, fetch_done, f, err);
}

int bus_web_fetch_get(struct bus_run_loop *loop,
                      struct bus_web_fetch *f,
                      struct bus_err *err)
{
    f->gets = true;
    return fetch_start(loop, f, err);
}

int bus_web_fetch_post(struct bus_run_loop *loop,
                       struct bus_web_fetch *f,
                       struct bus_err *err)
{
    f->gets = false;
    return fetch_start(loop, f, err);
}

int bus_web_get(const char *url,
                const char *cert_file,
                int64_t limit_ms,
                struct bus_buf *ret_answer,
                long *ret_status,
                struct bus_err *err)
{
    BUS_TRY(fetch_begin(err));
    CURL *c = curl_easy_init();
    if (c == NULL) {
        return bus_fail(err, BUS_ENOMEM, "%s: cannot be asked", url);
    }
    bus_buf_clear(ret_answer);
    *ret_status = 0;
    fetch_aim(c, url, limit_ms, ret_answer);
    if (cert_file != NULL) { /* that very one: its names do not matter */
        (void)curl_easy_setopt(c, CURLOPT_CAINFO, cert_file);
        (void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    CURLcode rc = curl_easy_perform(c);
    (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
    curl_easy_cleanup(c);
    return rc == CURLE_OK
               ? BUS_OK
               : bus_fail(err, BUS_EAWAY, "%s", curl_easy_strerror(rc));
}
