/* Pages: what templates write (gen/page2c.c makes C of them), and how a page
 * goes out.
 *
 * A template names what it shows by the members of a struct: a wrong name, or a
 * type that is no text and no number, does not compile. Everything shown is
 * escaped for the place it stands in, which the generator knows from the HTML
 * around it:
 *
 *   text        & < > " ' as references
 *   attribute   likewise, always between double quotes
 *   url         a whole address: a path of this door ("/x", not "//x"), "#x" or
 *               "?x"; https: and tel: too; anything else becomes "#"
 *   url part    behind something of ours: percent-encoded
 *
 * Controls, bytes that are no UTF-8 and marks of direction come out as U+FFFD:
 * a name must not turn the line around it. What is HTML already has a type of
 * its own, and only {{markup ...}} takes it. */
#ifndef BUS_WEB_PAGE_H
#define BUS_WEB_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/buf.h"
#include "bus/base/strv.h"
#include "bus/run/http.h"

enum bus_web_lang { BUS_WEB_ZH, BUS_WEB_EN, BUS_WEB_LANGS };
enum bus_web_place {
    BUS_WEB_IN_TEXT,
    BUS_WEB_IN_ATTRIBUTE,
    BUS_WEB_IN_URL,
    BUS_WEB_IN_URL_PART
};
struct bus_web_page
{
    struct bus_buf *out;
    enum bus_web_lang lang;
    const char *csrf; /* what {{csrf}} puts into a form */
};
/* Whose author has escaped it: the one way around escaping. */
struct bus_web_markup
{
    struct bus_strv html;
};
struct bus_web_arg /* of a word: {0}, {1} */
{
    bool is_number;
    int64_t number;
    struct bus_strv text;
};

void bus_web_page_raw(struct bus_web_page *p, const char *html, size_t n);
void bus_web_page_text(struct bus_web_page *p,
                       enum bus_web_place place,
                       struct bus_strv text);
void bus_web_page_string(struct bus_web_page *p,
                         enum bus_web_place place,
                         const char *text); /* NULL: nothing */
void bus_web_page_number(struct bus_web_page *p,
                         enum bus_web_place place,
                         int64_t n);
/* 123456 -> "1,234.56" */
void bus_web_page_yuan(struct bus_web_page *p,
                       enum bus_web_place place,
                       int64_t fen);
/* A word with its {0} to {9} filled in; words and arguments are escaped. */
void bus_web_page_say(struct bus_web_page *p,
                      enum bus_web_place place,
                      const char *word,
                      const struct bus_web_arg *args,
                      size_t n);
void bus_web_page_markup(struct bus_web_page *p, struct bus_web_markup m);
/* The hidden field of a form that posts. */
void bus_web_page_csrf(struct bus_web_page *p);

/* For what is generated: the function of a value's type. */
#define BUS_WEB_PUT(p, place, x) \
    _Generic((x),                             \
        char *: bus_web_page_string,          \
        const char *: bus_web_page_string,    \
        struct bus_strv: bus_web_page_text,   \
        default: bus_web_page_number)(p, place, x)
bool bus_web_is_string(const char *s); /* there, and not "" */
bool bus_web_is_text(struct bus_strv s);
bool bus_web_is_number(int64_t n);
#define BUS_WEB_IS(x) \
    _Generic((x),                          \
        char *: bus_web_is_string,         \
        const char *: bus_web_is_string,   \
        struct bus_strv: bus_web_is_text,  \
        default: bus_web_is_number)(x)
struct bus_web_arg bus_web_arg_string(const char *s);
struct bus_web_arg bus_web_arg_text(struct bus_strv s);
struct bus_web_arg bus_web_arg_number(int64_t n);
#define BUS_WEB_ARG(x) \
    _Generic((x),                           \
        char *: bus_web_arg_string,         \
        const char *: bus_web_arg_string,   \
        struct bus_strv: bus_web_arg_text,  \
        default: bus_web_arg_number)(x)

/* --- going out --- */

/* A file that is part of the program. */
struct bus_web_file
{
    const char *path, *type, *etag; /* etag with its quotes */
    const char *bytes;
    size_t n;
};
/* What every page and file carries: no script and nothing of elsewhere (CSP),
 * no frame, no guess of types, no address told to others. */
void bus_web_page_headers(struct bus_run_http_request *rq);
/* Answers with the page; it is kept by nobody. Out of memory: 503. */
void bus_web_page_answer(struct bus_run_http_request *rq,
                         int status,
                         const struct bus_web_page *p);
/* 200, or 304 for who has it. */
void bus_web_file_answer(struct bus_run_http_request *rq,
                         const struct bus_web_file *file);
/* 303 to a path of this door. */
void bus_web_page_see(struct bus_run_http_request *rq, const char *path);

#endif
