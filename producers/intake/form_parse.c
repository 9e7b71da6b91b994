/* The text of an application as JSON (RFC 8259), or where and why it is none.
 *
 * A reader of our own over jansson's values, because theirs looks at each byte
 * through a callback and again in a buffer: it was a third of a request
 * (ops/decisions/0012). It takes what jansson takes, and is held against it; it
 * is stricter where an application can never be right: depth, a key given
 * twice, NUL, numbers out of range, more than 64 characters of a number.
 *
 * Recursive, to FORM_DEPTH_MAX. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bus/base/buf.h"
#include "producers/intake/form.h"

#define NUMBER_MAX 64 /* characters */

struct reader
{
    struct bus_strv text;
    size_t at;
    int depth;
    struct bus_buf scratch; /* of a text with escapes */
    struct form_syntax *ret;
};

enum wrong {
    SYNTAX,
    END,
    MORE,
    DUPLICATE,
    NUMBER,
    NUL,
    UTF8,
    DEPTH,
    ROOT,
    LARGE
};

/* Notes the first fault; NULL, so that callers can return it. */
static json_t *form_parse_fail(struct reader *r, size_t at, enum wrong wrong)
{
    static const struct
    {
        const char *code, *zh, *en;
    } texts[] = {
        [SYNTAX] = {"JSON_SYNTAX", "不是合法的JSON", "is no valid JSON"},
        [END] = {"JSON_END", "内容不完整", "ends too early"},
        [MORE] = {"JSON_MORE", "JSON之后还有内容",
                  "has something behind its end"},
        [DUPLICATE] = {"JSON_DUPLICATE", "同一对象中字段重复",
                       "has the same key twice in one object"},
        [NUMBER] = {"JSON_NUMBER", "数字超出范围", "has a number out of range"},
        [NUL] = {"JSON_NUL", "文字中有空字符", "has a NUL character in a text"},
        [UTF8] = {"JSON_UTF8", "不是合法的UTF-8", "is not valid UTF-8"},
        [DEPTH] = {"JSON_DEPTH", "嵌套超过16层", "is nested deeper than 16"},
        [LARGE] = {"JSON_LARGE", "申请过大", "is too large"},
        [ROOT] = {"JSON_ROOT", "应为JSON对象", "must be a JSON object"},
    };
    struct form_syntax *f = r->ret;
    if (f->code != NULL) {
        return NULL;
    }
    *f = (struct form_syntax){.line = 1,
                              .column = 1,
                              .no_memory = r->scratch.failed,
                              .code = texts[wrong].code,
                              .zh = texts[wrong].zh,
                              .en = texts[wrong].en};
    for (size_t i = 0; i < at && i < r->text.n; i++) {
        if (r->text.p[i] == '\n') {
            f->line++;
            f->column = 1;
        } else {
            f->column += ((unsigned char)r->text.p[i] & 0xc0) != 0x80;
        }
    }
    return NULL;
}

/* The next byte that is no blank; '\0' at the end. */
static char form_parse_probe(struct reader *r)
{
    while (r->at < r->text.n) {
        char c = r->text.p[r->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return c;
        }
        r->at++;
    }
    return '\0';
}

/* What is wrong at the place in hand, where something else was due. */
static json_t *unexpected(struct reader *r)
{
    return form_parse_fail(r, r->at, r->at < r->text.n ? SYNTAX : END);
}

/* --- texts --- */

static int form_parse_hex4(const struct reader *r, size_t at)
{
    int v = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = i < r->text.n ? r->text.p[i] : '\0';
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0) {
            return -1;
        }
        v = v * 16 + d;
    }
    return v;
}

static void put_utf8(struct bus_buf *b, uint32_t c)
{
    if (c < 0x80) {
        bus_buf_putc(b, (uint8_t)c);
    } else if (c < 0x800) {
        bus_buf_putc(b, (uint8_t)(0xc0 | c >> 6));
        bus_buf_putc(b, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        bus_buf_putc(b, (uint8_t)(0xe0 | c >> 12));
        bus_buf_putc(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        bus_buf_putc(b, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        bus_buf_putc(b, (uint8_t)(0xf0 | c >> 18));
        bus_buf_putc(b, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        bus_buf_putc(b, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        bus_buf_putc(b, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/* r->at is behind "\u". */
static bool unicode(struct reader *r)
{
    size_t from = r->at;
    int c = form_parse_hex4(r, r->at);
    r->at += 4;
    if (c >= 0xd800 && c < 0xdc00) {
        int low = r->at + 1 < r->text.n && r->text.p[r->at] == '\\' &&
                          r->text.p[r->at + 1] == 'u'
                      ? form_parse_hex4(r, r->at + 2)
                      : -1;
        c = low >= 0xdc00 && low < 0xe000
                ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
                : -1;
        r->at += 6;
    } else if (c >= 0xdc00 && c < 0xe000) {
        c = -1;
    }
    if (c <= 0) {
        (void)form_parse_fail(r, from, c == 0 ? NUL : SYNTAX);
        return false;
    }
    put_utf8(&r->scratch, (uint32_t)c);
    return true;
}

/* r->at is behind the backslash. */
static bool escape(struct reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->text.n ? r->text.p[r->at] : '\0';
    const char *known = c != '\0' ? strchr(from, c) : NULL;
    if (known != NULL) {
        r->at++;
        bus_buf_putc(&r->scratch, (uint8_t)to[known - from]);
        return true;
    }
    if (c == 'u') {
        r->at++;
        return unicode(r);
    }
    (void)unexpected(r);
    return false;
}

/* How many bytes of a text stand as they are. */
static size_t run_of(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n && p[i] != '"' && p[i] != '\\' &&
           (unsigned char)p[i] >= 0x20) {
        i++;
    }
    return i;
}

/* r->at is at the quote. A view of the text, or of scratch. */
static bool form_parse_text(struct reader *r, struct bus_strv *ret)
{
    const char *p = r->text.p;
    size_t from = ++r->at;
    r->at += run_of(p + r->at, r->text.n - r->at);
    *ret = (struct bus_strv){p + from, r->at - from};
    bool plain = r->at < r->text.n && p[r->at] == '"';
    if (!plain) {
        bus_buf_clear(&r->scratch);
        bus_buf_put(&r->scratch, ret->p, ret->n);
    }
    while (r->at < r->text.n && p[r->at] == '\\') {
        r->at++;
        if (!escape(r)) {
            return false;
        }
        size_t n = run_of(p + r->at, r->text.n - r->at);
        bus_buf_put(&r->scratch, p + r->at, n);
        r->at += n;
    }
    if (r->at >= r->text.n || p[r->at] != '"' || r->scratch.failed) {
        (void)unexpected(r);
        return false;
    }
    r->at++;
    if (!plain) {
        *ret = bus_buf_view(&r->scratch);
    }
    return true;
}

/* --- numbers and words --- */

static size_t form_parse_digits(const struct reader *r, size_t at)
{
    size_t n = 0;
    while (at + n < r->text.n && r->text.p[at + n] >= '0' &&
           r->text.p[at + n] <= '9') {
        n++;
    }
    return n;
}

/* The grammar's number from r->at; 0: none. *ret_real: it has a point or an
 * exponent. On 0, *ret_bad is where it stops being one. */
static size_t
number_length(const struct reader *r, bool *ret_real, size_t *ret_bad)
{
    const char *p = r->text.p;
    size_t at = r->at, n;
    at += p[at] == '-';
    n = form_parse_digits(r, at);
    *ret_real = false;
    *ret_bad = at;
    if (n == 0 || (n > 1 && p[at] == '0')) {
        *ret_bad = n > 1 ? at + 1 : at;
        return 0;
    }
    at += n;
    if (at < r->text.n && p[at] == '.') {
        *ret_real = true;
        n = form_parse_digits(r, ++at);
        *ret_bad = at;
        at += n;
    }
    if (n > 0 && at < r->text.n && (p[at] == 'e' || p[at] == 'E')) {
        *ret_real = true;
        at++;
        at += at < r->text.n && (p[at] == '+' || p[at] == '-');
        n = form_parse_digits(r, at);
        *ret_bad = at;
        at += n;
    }
    return n == 0 ? 0 : at - r->at;
}

static json_t *form_parse_number(struct reader *r)
{
    char copy[NUMBER_MAX + 1];
    bool real;
    size_t bad, n = number_length(r, &real, &bad);
    if (n == 0) {
        r->at = bad;
        return unexpected(r);
    }
    if (n > NUMBER_MAX) {
        return form_parse_fail(r, r->at, NUMBER);
    }
    memcpy(copy, r->text.p + r->at, n);
    copy[n] = '\0';
    errno = 0;
    double d = real ? strtod(copy, NULL) : 0;
    long long v = real ? 0 : strtoll(copy, NULL, 10);
    if (real ? isinf(d) : errno == ERANGE) {
        return form_parse_fail(r, r->at, NUMBER);
    }
    r->at += n;
    return real ? json_real(d) : json_integer(v);
}

static json_t *
form_parse_word(struct reader *r, const char *name, json_t *value)
{
    size_t n = strlen(name), same = 0;
    while (same < n && r->at + same < r->text.n &&
           r->text.p[r->at + same] == name[same]) {
        same++;
    }
    if (same < n) {
        r->at += same;
        return unexpected(r);
    }
    r->at += n;
    return value; /* true, false and null are not counted */
}

/* --- values --- */

static json_t *form_parse_value(struct reader *r);

/* One `"key": value` into o. */
static bool form_parse_member(struct reader *r, json_t *o)
{
    char kept[256];
    struct bus_strv key;
    size_t from = r->at, before = json_object_size(o);
    if (form_parse_probe(r) != '"') {
        (void)unexpected(r);
        return false;
    }
    from = r->at;
    if (!form_parse_text(r, &key)) {
        return false;
    }
    if (key.p == (const char *)r->scratch.data) { /* the value may use it */
        if (key.n > sizeof(kept)) {
            (void)form_parse_fail(r, from, LARGE);
            return false;
        }
        memcpy(kept, key.p, key.n);
        key.p = kept;
    }
    if (form_parse_probe(r) != ':') {
        (void)unexpected(r);
        return false;
    }
    r->at++;
    json_t *v = form_parse_value(r);
    if (v == NULL || json_object_setn_new_nocheck(o, key.p, key.n, v) != 0) {
        return false;
    }
    if (json_object_size(o) == before) {
        (void)form_parse_fail(r, from, DUPLICATE);
        return false;
    }
    return true;
}

/* r->at is at '{' or '['. */
static json_t *form_parse_group(struct reader *r, bool object)
{
    json_t *g = object ? json_object() : json_array();
    char end = object ? '}' : ']';
    r->at++;
    bool well = g != NULL;
    if (well && form_parse_probe(r) == end) {
        r->at++;
        return g;
    }
    while (well) {
        json_t *v;
        well = object ? form_parse_member(r, g)
                      : (v = form_parse_value(r)) != NULL &&
                            json_array_append_new(g, v) == 0;
        char c = well ? form_parse_probe(r) : '\0';
        if (c == end) {
            r->at++;
            return g;
        }
        if (well && c != ',') {
            (void)unexpected(r);
            well = false;
        }
        r->at++;
    }
    json_decref(g);
    return NULL;
}

static json_t *form_parse_value(struct reader *r)
{
    struct bus_strv s;
    char c = form_parse_probe(r);
    switch (c) {
    case '{':
    case '[': {
        if (r->depth == FORM_DEPTH_MAX) {
            return form_parse_fail(r, r->at, DEPTH);
        }
        r->depth++;
        json_t *g = form_parse_group(r, c == '{');
        r->depth--;
        return g;
    }
    case '"':
        return form_parse_text(r, &s) ? json_stringn_nocheck(s.p, s.n) : NULL;
    case 't':
        return form_parse_word(r, "true", json_true());
    case 'f':
        return form_parse_word(r, "false", json_false());
    case 'n':
        return form_parse_word(r, "null", json_null());
    default:
        return c == '-' || (c >= '0' && c <= '9') ? form_parse_number(r)
                                                  : unexpected(r);
    }
}

/* The first byte that begins no character. */
static size_t bad_utf8(struct bus_strv t)
{
    size_t good = 0;
    for (size_t n = 1; n <= 4 && good + n <= t.n;) {
        if (bus_utf8_valid(t.p + good, n)) {
            good += n;
            n = 1;
        } else {
            n++;
        }
    }
    return good;
}

json_t *intake_form_parse(struct bus_strv t, struct form_syntax *ret)
{
    struct reader r = {.text = t, .ret = ret};
    *ret = (struct form_syntax){0};
    if (t.n == 0) {
        return form_parse_fail(&r, 0, END);
    }
    if (!bus_utf8_valid(r.text.p, r.text.n)) {
        return form_parse_fail(&r, bad_utf8(r.text), UTF8);
    }
    char c = form_parse_probe(&r);
    json_t *json = c == '{' || c == '[' ? form_parse_value(&r)
                   : r.at < r.text.n    ? form_parse_fail(&r, r.at, ROOT)
                                        : unexpected(&r);
    if (json != NULL && (form_parse_probe(&r) != '\0' || r.at < r.text.n)) {
        (void)form_parse_fail(&r, r.at, MORE);
        json_decref(json);
        json = NULL;
    }
    bus_buf_fini(&r.scratch);
    if (json == NULL && ret->code == NULL) {
        (void)form_parse_fail(&r, r.at, LARGE); /* no memory */
    }
    return json;
}
