#include "bus/web/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REPLACED "\xef\xbf\xbd" /* U+FFFD */

void bus_web_page_raw(struct bus_web_page *p, const char *html, size_t n)
{
    bus_buf_put(p->out, html, n);
}

/* --- one character --- */

/* Bytes of the UTF-8 character that begins here; 0: none does. */
static size_t page_character(const char *p, size_t n, uint32_t *ret)
{
    uint8_t first = (uint8_t)p[0];
    size_t len = first < 0x80                     ? 1
                 : first >= 0xc2 && first <= 0xdf ? 2
                 : (first & 0xf0) == 0xe0         ? 3
                 : first >= 0xf0 && first <= 0xf4 ? 4
                                                  : 0;
    if (len == 0 || len > n || !bus_utf8_valid(p, len)) {
        return 0;
    }
    uint32_t c = len == 1 ? first : first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | ((uint8_t)p[i] & 0x3f);
    }
    *ret = c;
    return len;
}

/* Turns the line around, or is seen by nobody. */
static bool page_hidden(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t' && c != '\r') ||
           (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e ||
           c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static const char *page_reference(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static void page_escape(struct bus_web_page *p, struct bus_strv s)
{
    uint32_t c = 0;
    for (size_t i = 0, n; i < s.n; i += n) {
        const char *reference = page_reference(s.p[i]);
        n = page_character(s.p + i, s.n - i, &c);
        if (reference != NULL) {
            bus_buf_puts(p->out, reference);
        } else if (n == 0 || page_hidden(c)) {
            bus_buf_puts(p->out, REPLACED);
        } else {
            bus_buf_put(p->out, s.p + i, n);
        }
        n = n == 0 ? 1 : n;
    }
}

/* --- addresses --- */

static void page_percent(struct bus_web_page *p, struct bus_strv s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                     c == '.' || c == '~';
        if (plain) {
            bus_buf_putc(p->out, c);
        } else {
            bus_buf_putc(p->out, '%');
            bus_buf_putc(p->out, (uint8_t)hex[c >> 4]);
            bus_buf_putc(p->out, (uint8_t)hex[c & 15]);
        }
    }
}

static bool page_begins(struct bus_strv s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && strncasecmp(s.p, with, n) == 0;
}

/* No other scheme, no other host by way of "//" or "/\", and nothing that a
 * browser leaves out before it looks: blanks and controls. */
static bool page_url_well(struct bus_strv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((uint8_t)s.p[i] <= 0x20 || s.p[i] == 0x7f || s.p[i] == '\\') {
            return false;
        }
    }
    if (s.n > 0 && s.p[0] == '/') {
        return s.n == 1 || s.p[1] != '/';
    }
    return s.n > 0 && (s.p[0] == '#' || s.p[0] == '?' ||
                       page_begins(s, "https://") || page_begins(s, "tel:"));
}

void bus_web_page_text(struct bus_web_page *p,
                       enum bus_web_place place,
                       struct bus_strv text)
{
    switch (place) {
    case BUS_WEB_IN_URL:
        page_escape(p, page_url_well(text) ? text : BUS_STRV("#"));
        return;
    case BUS_WEB_IN_URL_PART:
        page_percent(p, text);
        return;
    case BUS_WEB_IN_TEXT:
    case BUS_WEB_IN_ATTRIBUTE:
        break;
    }
    page_escape(p, text);
}

void bus_web_page_string(struct bus_web_page *p,
                         enum bus_web_place place,
                         const char *text)
{
    bus_web_page_text(p, place, bus_strv(text));
}

void bus_web_page_number(struct bus_web_page *p,
                         enum bus_web_place place,
                         int64_t n)
{
    (void)place; /* digits and a sign are safe anywhere */
    bus_buf_printf(p->out, "%" PRId64, n);
}

void bus_web_page_yuan(struct bus_web_page *p,
                       enum bus_web_place place,
                       int64_t fen)
{
    char digits[24], text[40];
    uint64_t v = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    size_t to = 0;
    (void)snprintf(digits, sizeof(digits), "%" PRIu64, v / 100);
    size_t n = strlen(digits);
    for (size_t i = 0; i < n; i++) {
        text[to++] = digits[i];
        if ((n - i - 1) % 3 == 0 && i + 1 < n) {
            text[to++] = ',';
        }
    }
    text[to] = '\0';
    (void)place;
    bus_buf_printf(p->out, "%s%s.%02u", fen < 0 ? "-" : "", text,
                   (unsigned)(v % 100));
}

/* --- words --- */

void bus_web_page_say(struct bus_web_page *p,
                      enum bus_web_place place,
                      const char *word,
                      const struct bus_web_arg *args,
                      size_t n)
{
    const char *from = word;
    for (const char *c = word; *c != '\0'; c++) {
        size_t at = (size_t)(c[1] - '0');
        if (c[0] != '{' || c[1] < '0' || at >= n || c[2] != '}') {
            continue;
        }
        bus_web_page_text(p, place,
                          (struct bus_strv){from, (size_t)(c - from)});
        if (args[at].is_number) {
            bus_web_page_number(p, place, args[at].number);
        } else {
            bus_web_page_text(p, place, args[at].text);
        }
        from = c + 3;
        c += 2;
    }
    bus_web_page_text(p, place, bus_strv(from));
}

void bus_web_page_markup(struct bus_web_page *p, struct bus_web_markup m)
{
    bus_buf_put(p->out, m.html.p, m.html.n);
}

void bus_web_page_csrf(struct bus_web_page *p)
{
    bus_buf_puts(p->out, "<input type=\"hidden\" name=\"csrf\" value=\"");
    bus_web_page_string(p, BUS_WEB_IN_ATTRIBUTE, p->csrf);
    bus_buf_puts(p->out, "\">");
}

bool bus_web_is_string(const char *s)
{
    return s != NULL && s[0] != '\0';
}

bool bus_web_is_text(struct bus_strv s)
{
    return s.n > 0;
}

bool bus_web_is_number(int64_t n)
{
    return n != 0;
}

struct bus_web_arg bus_web_arg_string(const char *s)
{
    return (struct bus_web_arg){.text = bus_strv(s)};
}

struct bus_web_arg bus_web_arg_text(struct bus_strv s)
{
    return (struct bus_web_arg){.text = s};
}

struct bus_web_arg bus_web_arg_number(int64_t n)
{
    return (struct bus_web_arg){.is_number = true, .number = n};
}

/* --- going out --- */

void bus_web_page_headers(struct bus_run_http_request *rq)
{
    static const char *const headers[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; img-src 'self'; "
         "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"}};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        bus_run_http_set(rq, headers[i][0], headers[i][1]);
    }
}

void bus_web_page_answer(struct bus_run_http_request *rq,
                         int status,
                         const struct bus_web_page *p)
{
    bus_web_page_headers(rq);
    bus_run_http_set(rq, "Cache-Control", "no-store");
    bus_run_http_set(rq, "Content-Language",
                     p->lang == BUS_WEB_EN ? "en" : "zh-CN");
    if (p->out->failed) {
        bus_run_http_problem(rq, 503, "no memory at the moment; again later",
                             "内存不足, 请稍后再试");
        return;
    }
    bus_run_http_answer(rq, status, "text/html; charset=utf-8", p->out->data,
                        p->out->len);
}

void bus_web_file_answer(struct bus_run_http_request *rq,
                         const struct bus_web_file *file)
{
    struct bus_strv has = bus_run_http_header(rq, "If-None-Match");
    bus_web_page_headers(rq);
    bus_run_http_set(rq, "ETag", file->etag);
    bus_run_http_set(rq, "Cache-Control", "no-cache");
    if (has.n > 0 &&
        memmem(has.p, has.n, file->etag, strlen(file->etag)) != NULL) {
        bus_run_http_answer(rq, 304, NULL, NULL, 0);
        return;
    }
    bus_run_http_answer(rq, 200, file->type, file->bytes, file->n);
}

void bus_web_page_see(struct bus_run_http_request *rq, const char *path)
{
    bus_web_page_headers(rq);
    bus_run_http_set(rq, "Cache-Control", "no-store");
    bus_run_http_set(rq, "Location",
                     page_url_well(bus_strv(path)) && path[0] == '/' ? path
                                                                     : "/");
    bus_run_http_answer(rq, 303, NULL, NULL, 0);
}
