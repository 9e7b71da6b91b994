/* Reads a document by its table.
 *
 * - is the text one whole object? (a JSON object says itself where it ends)
 * - jansson reads it; its own messages quote the text, so only the place is
 *   passed on
 * - every member by the table; what is wrong is noted and reading goes on
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/id.h"
#include "bus/partner/document.h"
#include "bus/partner/document_parts.h"

#define OWN_PREFIX "x_"

/* --- scalars --- */

static bool document_read_text_of(const json_t *j,
                                  const struct bus_partner_document_field *f,
                                  struct bus_strv *ret)
{
    int64_t max = f->max > 0 ? f->max : BUS_DOC_TEXT_MAX;
    *ret = (struct bus_strv){json_string_value(j), json_string_length(j)};
    return json_is_string(j) && ret->n >= 1 && (int64_t)ret->n <= max;
}

static struct bus_strv document_read_kept(struct document_reading *r,
                                          struct bus_strv s)
{
    const char *p = bus_arena_strndup(r->mem, s.p, s.n);
    r->no_memory |= p == NULL;
    return (struct bus_strv){p, p ? s.n : 0};
}

static void read_text(struct document_reading *r,
                      const struct bus_partner_document_field *f,
                      const json_t *j,
                      char *at)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    int32_t day;
    if (f->type == BUS_DOC_MONTH) {
        char first[] = "yyyy-mm-01";
        bool fits = json_is_string(j) && s.n == 7;
        if (fits) {
            memcpy(first, s.p, 7);
        }
        if (!fits || !bus_date_parse(bus_strv(first), &day)) {
            partner_document_wrong(r, "MONTH", j, "月份 yyyy-mm",
                                   "a month yyyy-mm");
            return;
        }
    } else if (!document_read_text_of(j, f, &s)) {
        int64_t max = f->max > 0 ? f->max : BUS_DOC_TEXT_MAX;
        partner_document_wrong(
            r, "TEXT", j,
            bus_arena_printf(r->mem, "1至%" PRId64 "字节的文字", max),
            bus_arena_printf(r->mem, "a text of 1 to %" PRId64 " bytes", max));
        return;
    }
    s = document_read_kept(r, s);
    memcpy(at, &s, sizeof(s));
}

static int document_read_nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static void read_hex(struct document_reading *r,
                     const struct bus_partner_document_field *f,
                     const json_t *j,
                     char *at)
{
    size_t max = f->max > 0 ? (size_t)f->max : BUS_DOC_BYTES_MAX;
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    bool fits = json_is_string(j) && s.n > 0 && s.n % 2 == 0 && s.n / 2 <= max;
    char *to = fits ? bus_arena_alloc(r->mem, s.n / 2) : NULL;
    r->no_memory |= fits && to == NULL;
    for (size_t i = 0; to != NULL && i < s.n; i += 2) {
        int hi = document_read_nibble(s.p[i]),
            lo = document_read_nibble(s.p[i + 1]);
        fits &= hi >= 0 && lo >= 0;
        to[i / 2] = (char)(fits ? hi << 4 | lo : 0);
    }
    if (!fits) {
        partner_document_wrong(
            r, "HEX", j,
            bus_arena_printf(r->mem, "十六进制字节(1至%zu字节)", max),
            bus_arena_printf(r->mem, "1 to %zu bytes as hex", max));
        return;
    }
    s = (struct bus_strv){to, to ? s.n / 2 : 0};
    memcpy(at, &s, sizeof(s));
}

static void read_number(struct document_reading *r,
                        const struct bus_partner_document_field *f,
                        const json_t *j,
                        char *at)
{
    bool wide = f->type == BUS_DOC_LONG, free = f->min == 0 && f->max == 0;
    int64_t min = !free ? f->min : wide ? INT64_MIN : INT32_MIN;
    int64_t max = !free ? f->max : wide ? INT64_MAX : INT32_MAX;
    int64_t n = json_integer_value(j);
    int32_t small = (int32_t)n;
    BUS_CHECK(min <= max);
    if (!json_is_integer(j) || n < min || n > max) {
        partner_document_wrong(
            r, "NUMBER", j,
            bus_arena_printf(r->mem, "整数, %" PRId64 "至%" PRId64, min, max),
            bus_arena_printf(r->mem, "a whole number, %" PRId64 " to %" PRId64,
                             min, max));
        return;
    }
    memcpy(at, wide ? (const void *)&n : (const void *)&small, wide ? 8 : 4);
}

static void document_read_word(struct document_reading *r,
                               const struct bus_partner_document_field *f,
                               const json_t *j,
                               char *at)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    int value = 0;
    if (!json_is_string(j) || !partner_document_word_find(f, s, &value)) {
        char all[256];
        partner_document_word_list(f, all, sizeof(all));
        partner_document_wrong(r, "WORD", j, bus_arena_strdup(r->mem, all),
                               bus_arena_strdup(r->mem, all));
        return;
    }
    memcpy(at, &value, sizeof(value));
}

static void read_stamp(struct document_reading *r,
                       const struct bus_partner_document_field *f,
                       const json_t *j,
                       char *at)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    int64_t ms = 0;
    int32_t day = 0;
    struct bus_id id;
    if (f->type == BUS_DOC_ID) {
        if (json_is_string(j) && bus_id_parse(s, &id)) {
            memcpy(at, &id, sizeof(id));
        } else {
            partner_document_wrong(
                r, "ID", j, "编号(36个字符, 小写), 原样抄回",
                "an id of 36 characters in lower case, copied as it "
                "was given");
        }
    } else if (f->type == BUS_DOC_DATE) {
        if (json_is_string(j) && bus_date_parse(s, &day)) {
            memcpy(at, &day, sizeof(day));
        } else {
            partner_document_wrong(r, "DATE", j, "日期 yyyy-mm-dd",
                                   "a date yyyy-mm-dd");
        }
    } else if (json_is_string(j) && bus_time_parse(s, &ms)) {
        memcpy(at, &ms, sizeof(ms));
    } else {
        partner_document_wrong(r, "TIME", j,
                               "时间, 如 2026-07-01T09:30:00+08:00",
                               "an instant such as 2026-07-01T09:30:00+08:00");
    }
}

/* --- members --- */

static void read_list(struct document_reading *r,
                      const struct bus_partner_document_field *f,
                      const json_t *j,
                      char *at)
{
    BUS_CHECK(f->sub != NULL && f->sub_size > 0);
    struct
    {
        char *v;
        size_t n;
    } items = {.n = json_array_size(j)};
    if (!json_is_array(j) || items.n > BUS_DOC_ITEMS_MAX) {
        partner_document_wrong(r, "LIST", j, "列表(不超过1000项)",
                               "a list of at most 1000 items");
        return;
    }
    items.v = bus_arena_calloc(r->mem, items.n + 1, f->sub_size);
    if (items.v == NULL) {
        r->no_memory = true;
        return;
    }
    for (size_t i = 0; i < items.n; i++) {
        char name[24];
        (void)snprintf(name, sizeof(name), "%zu", i);
        size_t was = partner_document_enter(r, name);
        partner_document_members(r, f->sub, json_array_get(j, i),
                                 items.v + i * f->sub_size);
        partner_document_leave(r, was);
    }
    memcpy(at, &items, sizeof(items));
}

static void read_one(struct document_reading *r,
                     const struct bus_partner_document_field *f,
                     const json_t *j,
                     char *base)
{
    BUS_CHECK(f->type <= BUS_DOC_FACT);
    char *at = base + f->offset;
    switch (f->type) {
    case BUS_DOC_TEXT:
    case BUS_DOC_MONTH:
        read_text(r, f, j, at);
        break;
    case BUS_DOC_HEX:
        read_hex(r, f, j, at);
        break;
    case BUS_DOC_LONG:
    case BUS_DOC_INT:
        read_number(r, f, j, at);
        break;
    case BUS_DOC_BOOL:
        if (json_is_boolean(j)) {
            *(bool *)at = json_is_true(j);
        } else {
            partner_document_wrong(r, "BOOL", j, "true 或 false",
                                   "true or false");
        }
        break;
    case BUS_DOC_WORD:
        document_read_word(r, f, j, at);
        break;
    case BUS_DOC_PART:
        partner_document_members(r, f->sub, j, at);
        break;
    case BUS_DOC_LIST:
        read_list(r, f, j, at);
        break;
    case BUS_DOC_FACT:
        partner_document_fact(r, j, base);
        break;
    default:
        read_stamp(r, f, j, at);
        break;
    }
}

static void absent(struct document_reading *r,
                   const struct bus_partner_document_field *f,
                   char *base)
{
    int32_t small = (int32_t)f->dflt;
    if (f->required) {
        partner_document_fault(r, "MISSING", "缺少此项",
                               "this is needed and is not there");
    } else if (f->type == BUS_DOC_LONG) {
        memcpy(base + f->offset, &f->dflt, sizeof(f->dflt));
    } else if (f->type == BUS_DOC_INT || f->type == BUS_DOC_WORD) {
        memcpy(base + f->offset, &small, sizeof(small));
    }
}

static void stranger(struct document_reading *r,
                     const struct bus_partner_document_field *fields,
                     const char *name)
{
    const char *near = NULL;
    size_t best = 4; /* further away is no misspelling */
    for (const struct bus_partner_document_field *f = fields; f->name != NULL;
         f++) {
        size_t d = bus_edit_distance(f->name, name);
        near = d < best ? f->name : near;
        best = d < best ? d : best;
    }
    size_t was = partner_document_enter(r, name);
    partner_document_fault(
        r, "UNKNOWN",
        near ? bus_arena_printf(r->mem, "没有此项; 是否为 %s", near)
             : "没有此项; 自用项请以 x_ 开头",
        near
            ? bus_arena_printf(r->mem, "no such member; did you mean %s?", near)
            : "no such member; one of your own begins with x_");
    partner_document_leave(r, was);
}

static bool document_read_known(const struct bus_partner_document_field *fields,
                                const char *name)
{
    for (const struct bus_partner_document_field *f = fields; f->name != NULL;
         f++) {
        if (strcmp(f->name, name) == 0) {
            return true;
        }
    }
    return strncmp(name, OWN_PREFIX, sizeof(OWN_PREFIX) - 1) == 0;
}

void partner_document_members(struct document_reading *r,
                              const struct bus_partner_document_field *fields,
                              const json_t *object,
                              char *base)
{
    BUS_CHECK(r->depth >= 0 && r->depth <= BUS_DOC_DEPTH_MAX);
    if (!json_is_object(object)) {
        partner_document_wrong(r, "OBJECT", object, "对象 {…}",
                               "an object {...}");
        return;
    }
    r->depth++;
    for (const struct bus_partner_document_field *f = fields;
         f->name != NULL && r->depth <= BUS_DOC_DEPTH_MAX; f++) {
        const json_t *j = json_object_get(object, f->name);
        bool null = json_is_null(j) && f->type != BUS_DOC_FACT;
        size_t was = partner_document_enter(r, f->name);
        if (j == NULL || null) {
            absent(r, f, base);
        } else {
            size_t before = r->faults->total;
            read_one(r, f, j, base);
            if (f->has_offset != BUS_DOC_NO_HAS) {
                *(bool *)(base + f->has_offset) = before == r->faults->total;
            }
        }
        partner_document_leave(r, was);
    }
    r->depth--;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        bool head = r->depth == 0 && (strcmp(name, "document") == 0 ||
                                      strcmp(name, "version") == 0);
        if (!head && !document_read_known(fields, name)) {
            stranger(r, fields, name);
        }
    }
}

/* --- the whole --- */

/* Is this an object from its first brace to its last? What is in between is
 * the parser's matter. */
static enum bus_errc document_read_whole(struct bus_strv s)
{
    size_t i = 0;
    while (i < s.n && strchr(" \t\r\n", s.p[i]) != NULL && s.p[i] != '\0') {
        i++;
    }
    if (i == s.n) {
        return BUS_ETRUNCATED;
    }
    if (s.p[i] != '{') {
        return BUS_EPARSE;
    }
    size_t depth = 0;
    bool in_text = false;
    for (; i < s.n; i++) {
        char c = s.p[i];
        if (in_text) {
            i += c == '\\';
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return BUS_OK;
        }
    }
    return BUS_ETRUNCATED;
}

static void not_json(struct document_reading *r, const json_error_t *at)
{
    if (json_error_code(at) == json_error_invalid_utf8) {
        partner_document_fault(r, "ENCODING",
                               "不是UTF-8编码; 请另存为UTF-8(可能是GBK)",
                               "not UTF-8; save it as UTF-8 (it may be GBK)");
        return;
    }
    partner_document_fault(
        r, "JSON",
        bus_arena_printf(r->mem, "第%d行第%d列起不是JSON", at->line,
                         at->column),
        bus_arena_printf(r->mem, "no JSON from line %d, column %d on", at->line,
                         at->column));
}

static void document_read_head(struct document_reading *r,
                               const struct bus_partner_document *doc,
                               const json_t *j)
{
    const json_t *name = json_object_get(j, "document");
    const json_t *version = json_object_get(j, "version");
    size_t was = partner_document_enter(r, "document");
    if (!json_is_string(name) ||
        strcmp(json_string_value(name), doc->name) != 0) {
        partner_document_wrong(r, "DOCUMENT", name,
                               bus_arena_printf(r->mem, "“%s”", doc->name),
                               bus_arena_printf(r->mem, "\"%s\"", doc->name));
    }
    partner_document_leave(r, was);
    was = partner_document_enter(r, "version");
    if (!json_is_integer(version) ||
        json_integer_value(version) != doc->version) {
        const char *v = bus_arena_printf(r->mem, "%d", doc->version);
        partner_document_wrong(r, "VERSION", version, v, v);
    }
    partner_document_leave(r, was);
}

static int document_read_ended(const struct document_reading *r,
                               const struct bus_partner_document *doc,
                               struct bus_err *err)
{
    BUS_CHECK(r->depth == 0 && r->path[0] == '\0');
    if (r->no_memory) {
        return bus_fail(err, BUS_ENOMEM, "a %s", doc->name);
    }
    if (r->faults->total == 0) {
        return BUS_OK;
    }
    const struct bus_partner_document_fault *first = &r->faults->v[0];
    return bus_fail(err, BUS_ESCHEMA, "%s: %zu faults, the first at '%s': %s",
                    doc->name, r->faults->total, first->pointer, first->code);
}

int bus_partner_document_read(const struct bus_partner_document *doc,
                              const struct bus_config *config,
                              struct bus_strv bytes,
                              struct bus_arena *mem,
                              void *record,
                              struct bus_partner_document_faults *faults,
                              struct bus_err *err)
{
    BUS_CHECK(doc->fields != NULL && doc->size > 0);
    struct document_reading r = {
        .config = config, .mem = mem, .faults = faults};
    static const char bom[] = "\xef\xbb\xbf"; /* what some editors put first */
    json_error_t where;
    *faults = (struct bus_partner_document_faults){.mem = mem};
    memset(record, 0, doc->size);
    if (bytes.n >= 3 && memcmp(bytes.p, bom, 3) == 0) {
        bytes = (struct bus_strv){bytes.p + 3, bytes.n - 3};
    }
    enum bus_errc rc = document_read_whole(bytes);
    if (rc == BUS_ETRUNCATED) {
        partner_document_fault(&r, "TRUNCATED", "文件不完整, 在结尾前中断",
                               "the file ends before its last brace");
        return bus_fail(err, rc, "%s: ends after %zu bytes", doc->name,
                        bytes.n);
    }
    unsigned refused = bus_heap_refused();
    json_t *j = rc == BUS_OK ? json_loadb(bytes.p, bytes.n,
                                          JSON_REJECT_DUPLICATES, &where)
                             : NULL;
    if (bus_heap_refused() != refused) {
        json_decref(j);
        return bus_fail(err, BUS_ENOMEM, "%s", doc->name);
    }
    if (j == NULL) {
        if (rc == BUS_OK) {
            not_json(&r, &where);
        } else {
            partner_document_fault(&r, "JSON", "不是JSON对象; 应以 { 开头",
                                   "no JSON object; it begins with {");
        }
        return bus_fail(err, BUS_EPARSE, "%s: no JSON", doc->name);
    }
    document_read_head(&r, doc, j);
    partner_document_members(&r, doc->fields, j, record);
    json_decref(j);
    return document_read_ended(&r, doc, err);
}

bool bus_partner_document_named(struct bus_strv bytes, const char *name)
{
    json_error_t ignored;
    json_t *j =
        document_read_whole(bytes) == BUS_OK
            ? json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, &ignored)
            : NULL;
    const char *is = json_string_value(json_object_get(j, "document"));
    bool named = is != NULL && strcmp(is, name) == 0;
    json_decref(j);
    return named;
}
