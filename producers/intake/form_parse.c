/* The text of an application as JSON, or where and why it is none.
 *
 * - bytes: UTF-8, and not deeper than an application can be (RFC 8259 leaves
 *   both limits to the reader); the place is counted here
 * - grammar: jansson; its own texts quote the input, so they are replaced
 */
#include <stdlib.h>
#include <string.h>

#include "bus/base/buf.h"
#include "producers/intake/form.h"

static _Thread_local struct bus_arena *values_in;

static void *make_value(size_t n)
{
    return values_in != NULL ? bus_arena_alloc(values_in, n) : malloc(n);
}

static void free_value(void *p)
{
    if (values_in == NULL) {
        free(p); /* as json_dumps() and others expect */
    }
}

void form_json_arena(struct bus_arena *mem)
{
    static _Thread_local bool set;
    if (!set) {
        json_set_alloc_funcs(make_value, free_value);
        set = true;
    }
    values_in = mem;
}

void form_json_heap(void)
{
    values_in = NULL;
}

static int put_text(const char *p, size_t n, void *out)
{
    bus_buf_put(out, p, n);
    return ((struct bus_buf *)out)->failed ? -1 : 0;
}

const char *form_json_text(const json_t *json, struct bus_arena *mem)
{
    struct bus_buf b = {0};
    const char *kept = NULL;
    if (json != NULL &&
        json_dump_callback(json, put_text, &b,
                           JSON_COMPACT | JSON_ENCODE_ANY) == 0) {
        kept = bus_arena_strndup(mem, (const char *)b.data, b.len);
    }
    bus_buf_fini(&b);
    return kept;
}

static bool fail_at(struct bus_strv text,
                    size_t at,
                    const char *code,
                    struct form_syntax *ret)
{
    ret->line = 1;
    ret->column = 1;
    ret->code = code;
    for (size_t i = 0; i < at && i < text.n; i++) {
        if (text.p[i] == '\n') {
            ret->line++;
            ret->column = 1;
        } else {
            ret->column += ((unsigned char)text.p[i] & 0xc0) != 0x80;
        }
    }
    return false;
}

static bool utf8_well(struct bus_strv text, struct form_syntax *ret)
{
    if (bus_utf8_valid(text.p, text.n)) {
        return true;
    }
    size_t good = 0;
    for (size_t n = 1; n <= 4 && good + n <= text.n;) {
        if (bus_utf8_valid(text.p + good, n)) {
            good += n;
            n = 1;
        } else {
            n++;
        }
    }
    (void)fail_at(text, good, "JSON_UTF8", ret);
    ret->zh = "不是合法的UTF-8";
    ret->en = "is not valid UTF-8";
    return false;
}

/* Where the string that begins at i ends: its quote, or the end. */
static size_t string_end(struct bus_strv text, size_t i)
{
    while (i < text.n) {
        const char *quote = memchr(text.p + i, '"', text.n - i);
        size_t end = quote ? (size_t)(quote - text.p) : text.n;
        size_t slashes = 0;
        while (end - slashes > i && text.p[end - slashes - 1] == '\\') {
            slashes++;
        }
        if (quote == NULL || slashes % 2 == 0) {
            return end;
        }
        i = end + 1;
    }
    return i;
}

static bool
depth_well(struct bus_strv text, size_t *ret_colons, struct form_syntax *ret)
{
    int depth = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"') {
            i = string_end(text, i + 1);
        } else if (c == ':') {
            ++*ret_colons;
        } else if (c == '{' || c == '[') {
            if (++depth > FORM_DEPTH_MAX) {
                (void)fail_at(text, i, "JSON_DEPTH", ret);
                ret->zh = "嵌套超过16层";
                ret->en = "is nested deeper than 16";
                return false;
            }
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

/* jansson's reasons as ours. */
static void explain(const json_error_t *e, struct form_syntax *ret)
{
    static const struct
    {
        enum json_error_code is;
        const char *code, *zh, *en;
    } texts[] = {
        {json_error_premature_end_of_input, "JSON_END", "内容不完整",
         "ends too early"},
        {json_error_end_of_input_expected, "JSON_MORE", "JSON之后还有内容",
         "has something behind its end"},
        {json_error_duplicate_key, "JSON_DUPLICATE", "同一对象中字段重复",
         "has the same key twice in one object"},
        {json_error_numeric_overflow, "JSON_NUMBER", "数字超出范围",
         "has a number out of range"},
        {json_error_null_character, "JSON_NUL", "文字中有空字符",
         "has a NUL character in a text"},
        {json_error_null_byte_in_key, "JSON_NUL", "文字中有空字符",
         "has a NUL character in a key"},
    };
    ret->line = e->line > 0 ? e->line : 1;
    ret->column = e->column > 0 ? e->column : 1;
    ret->code = "JSON_SYNTAX";
    ret->zh = "不是合法的JSON";
    ret->en = "is no valid JSON";
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json_error_code(e) == texts[i].is) {
            ret->code = texts[i].code;
            ret->zh = texts[i].zh;
            ret->en = texts[i].en;
        }
    }
}

/* Members of all objects below. */
static size_t members_of(const json_t *j, int depth)
{
    size_t n = json_object_size(j), i;
    const char *key;
    json_t *v;
    if (depth > FORM_DEPTH_MAX) {
        return 0;
    }
    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        n += json_is_object(v) || json_is_array(v) ? members_of(v, depth + 1)
                                                   : 0;
    }
    json_array_foreach(j, i, v)
    {
        n += members_of(v, depth + 1);
    }
    return n;
}

json_t *form_parse(struct bus_strv text, struct form_syntax *ret)
{
    json_error_t e;
    size_t colons = 0;
    if (text.n == 0) {
        text = BUS_STRV(" ");
    }
    if (!utf8_well(text, ret) || !depth_well(text, &colons, ret)) {
        return NULL;
    }
    json_t *json = json_loadb(text.p, text.n, 0, &e);
    if (json != NULL && members_of(json, 0) != colons) {
        /* A key given twice leaves one member for two colons; only then the
         * library is asked to look for it (it costs a look-up for each). */
        json_decref(json);
        json = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &e);
    }
    if (json == NULL) {
        explain(&e, ret);
    }
    return json;
}

json_t *form_fault_list(const struct form *form)
{
    json_t *list = json_array();
    size_t n = form->fault_count < FORM_FAULTS_MAX ? form->fault_count
                                                   : FORM_FAULTS_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct form_fault *f = &form->faults[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s}", "pointer", f->pointer,
                            "code", f->code, "zh", f->zh, "en", f->en));
    }
    return list;
}
