#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/id.h"
#include "bus/partner/document_parts.h"
#include "schemas/fact.h"

struct writing
{
    struct bus_buf *out;
    int indent;
};

static void
document_write_members(struct writing *w,
                       const struct bus_partner_document_field *fields,
                       const char *at);

static void document_write_line(struct writing *w)
{
    bus_buf_putc(w->out, '\n');
    for (int i = 0; i < w->indent; i++) {
        bus_buf_puts(w->out, "  ");
    }
}

static void document_write_quoted(struct bus_buf *out, struct bus_strv s)
{
    bool utf8 = bus_utf8_valid(s.p, s.n);
    bus_buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\') {
            bus_buf_putc(out, '\\');
            bus_buf_putc(out, c);
        } else if (c < 0x20 || c == 0x7f || (c > 0x7f && !utf8)) {
            bus_buf_printf(out, "\\u%04x", c);
        } else {
            bus_buf_putc(out, c);
        }
    }
    bus_buf_putc(out, '"');
}

static void document_write_hex(struct bus_buf *out, struct bus_strv s)
{
    bus_buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        bus_buf_printf(out, "%02x", (unsigned char)s.p[i]);
    }
    bus_buf_putc(out, '"');
}

static void document_write_date(struct bus_buf *out, int32_t days)
{
    char text[BUS_DATE_TEXT + 1];
    bus_buf_printf(out, "\"%s\"", bus_date_text(days, text));
}

static void document_write_fact(struct bus_buf *out, const struct sa_fact *f)
{
    switch (f->value.branch) {
    case SA_FACT_VALUE_BOOLEAN:
        bus_buf_puts(out, f->value.u.boolean_value ? "true" : "false");
        break;
    case SA_FACT_VALUE_LONG:
        bus_buf_printf(out, "%" PRId64, f->value.u.long_value);
        break;
    case SA_FACT_VALUE_INT: /* the schema's day */
        document_write_date(out, f->value.u.int_value);
        break;
    case SA_FACT_VALUE_STRING:
        document_write_quoted(out, f->value.u.string_value);
        break;
    default:
        bus_buf_puts(out, "null");
        break;
    }
}

static void document_write_list(struct writing *w,
                                const struct bus_partner_document_field *f,
                                const char *at)
{
    BUS_CHECK(f->sub != NULL && f->sub_size > 0);
    struct
    {
        const char *v;
        size_t n;
    } items;
    memcpy(&items, at, sizeof(items));
    bus_buf_putc(w->out, '[');
    w->indent++;
    for (size_t i = 0; i < items.n; i++) {
        bus_buf_puts(w->out, i > 0 ? "," : "");
        document_write_line(w);
        document_write_members(w, f->sub, items.v + i * f->sub_size);
    }
    w->indent--;
    if (items.n > 0) {
        document_write_line(w);
    }
    bus_buf_putc(w->out, ']');
}

static void document_write_text(struct bus_buf *out,
                                enum bus_partner_document_type type,
                                const char *at)
{
    BUS_CHECK(type == BUS_DOC_TEXT || type == BUS_DOC_MONTH ||
              type == BUS_DOC_HEX);
    struct bus_strv s;
    memcpy(&s, at, sizeof(s));
    (type == BUS_DOC_HEX ? document_write_hex : document_write_quoted)(out, s);
}

static void document_write_scalar(struct bus_buf *out,
                                  const struct bus_partner_document_field *f,
                                  const char *at)
{
    int64_t n = 0;
    int32_t i = 0;
    struct bus_id id;
    char shown[BUS_ID_TEXT + 1];
    switch (f->type) {
    case BUS_DOC_ID:
        memcpy(&id, at, sizeof(id));
        bus_buf_printf(out, "\"%s\"", bus_id_text(&id, shown));
        break;
    case BUS_DOC_LONG:
        memcpy(&n, at, sizeof(n));
        bus_buf_printf(out, "%" PRId64, n);
        break;
    case BUS_DOC_TIME:
        memcpy(&n, at, sizeof(n));
        bus_buf_printf(out, "\"%s\"", bus_time_text(n, shown));
        break;
    case BUS_DOC_INT:
        memcpy(&i, at, sizeof(i));
        bus_buf_printf(out, "%" PRId32, i);
        break;
    case BUS_DOC_DATE:
        memcpy(&i, at, sizeof(i));
        document_write_date(out, i);
        break;
    case BUS_DOC_BOOL:
        bus_buf_puts(out, *(const bool *)at ? "true" : "false");
        break;
    case BUS_DOC_WORD:
        memcpy(&i, at, sizeof(i));
        bus_buf_printf(out, "\"%s\"", partner_document_word(f, i));
        break;
    default:
        document_write_text(out, f->type, at);
        break;
    }
}
_Static_assert(BUS_TIME_TEXT <= BUS_ID_TEXT, "one buffer for both");

/* Absent: its has_ says so, or it need not be there and is empty. */
static bool left_out(const struct bus_partner_document_field *f, const char *at)
{
    struct bus_strv s;
    struct bus_id id;
    if (f->has_offset != BUS_DOC_NO_HAS) {
        return !*(const bool *)(at + f->has_offset);
    }
    if (f->required) {
        return false;
    }
    if (f->type == BUS_DOC_ID) {
        memcpy(&id, at + f->offset, sizeof(id));
        return bus_id_is_nil(&id);
    }
    if (f->type == BUS_DOC_TEXT || f->type == BUS_DOC_HEX) {
        memcpy(&s, at + f->offset, sizeof(s));
        return s.n == 0;
    }
    return false;
}

/* With the braces around them. Tables are not deep: BUS_DOC_DEPTH_MAX. */
static void
document_write_members(struct writing *w,
                       const struct bus_partner_document_field *fields,
                       const char *at)
{
    BUS_CHECK(w->indent <= 2 * BUS_DOC_DEPTH_MAX);
    bool first = true;
    bus_buf_putc(w->out, '{');
    w->indent++;
    for (const struct bus_partner_document_field *f = fields; f->name != NULL;
         f++) {
        if (left_out(f, at)) {
            continue;
        }
        bus_buf_puts(w->out, first ? "" : ",");
        first = false;
        document_write_line(w);
        bus_buf_printf(w->out, "\"%s\": ", f->name);
        if (f->type == BUS_DOC_PART) {
            document_write_members(w, f->sub, at + f->offset);
        } else if (f->type == BUS_DOC_LIST) {
            document_write_list(w, f, at + f->offset);
        } else if (f->type == BUS_DOC_FACT) {
            document_write_fact(w->out,
                                (const struct sa_fact *)(const void *)at);
        } else {
            document_write_scalar(w->out, f, at + f->offset);
        }
    }
    w->indent--;
    if (!first) {
        document_write_line(w);
    }
    bus_buf_putc(w->out, '}');
}

int bus_partner_document_write(const struct bus_partner_document *doc,
                               const void *record,
                               struct bus_buf *out,
                               struct bus_err *err)
{
    BUS_CHECK(doc->fields != NULL && doc->version > 0);
    struct writing w = {.out = out};
    size_t start = out->len;
    bus_buf_printf(out, "{\n  \"document\": \"%s\",\n  \"version\": %d,",
                   doc->name, doc->version);
    size_t brace = out->len;
    document_write_members(&w, doc->fields, record);
    if (out->failed) {
        out->len = start;
        return bus_fail(err, BUS_ETOOBIG, "a %s over the limit of %zu bytes",
                        doc->name, out->max_bytes);
    }
    BUS_CHECK(out->len > brace);
    /* The document's own brace is open already. */
    memmove(out->data + brace, out->data + brace + 1, out->len - brace - 1);
    out->data[out->len - 1] = '\n';
    return BUS_OK;
}

int bus_partner_document_faults_write(
    const struct bus_partner_document_faults *f,
    struct bus_buf *out,
    struct bus_err *err)
{
    BUS_CHECK(f->n <= BUS_DOC_FAULTS_MAX && f->n <= f->total);
    bus_buf_printf(out,
                   "{\n  \"document\": \"rejection\",\n  \"version\": 1,"
                   "\n  \"fault_count\": %zu,\n  \"faults\": [",
                   f->total);
    for (size_t i = 0; i < f->n; i++) {
        const struct bus_partner_document_fault *v = &f->v[i];
        const char *const parts[][2] = {{"pointer", v->pointer},
                                        {"code", v->code},
                                        {"zh", v->zh},
                                        {"en", v->en}};
        bus_buf_puts(out, i > 0 ? ",\n    {" : "\n    {");
        for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++) {
            bus_buf_printf(out, "%s\n      \"%s\": ", k > 0 ? "," : "",
                           parts[k][0]);
            document_write_quoted(out, bus_strv(parts[k][1]));
        }
        bus_buf_puts(out, "\n    }");
    }
    bus_buf_puts(out, f->n > 0 ? "\n  ]\n}\n" : "]\n}\n");
    return out->failed ? bus_fail(err, BUS_ENOMEM, "a reason") : BUS_OK;
}
