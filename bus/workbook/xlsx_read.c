/* An XLSX workbook: parts in a zip, XML in each.
 *
 * - xl/workbook.xml names the first sheet, its .rels where that lies
 * - xl/sharedStrings.xml has the texts that cells refer to by number
 * - the sheet's cells: a value, a reference, or a text of their own
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlreader.h>
#include <zip.h>

#include "bus/base/check.h"
#include "bus/workbook/workbook_parts.h"

#define STRINGS_MAX 200000
#define PLACE_MAX   256

struct xlsx
{
    zip_t *zip;
    size_t left; /* bytes that may still be unpacked */
    bool over;
    zip_file_t *part;
    xmlTextReaderPtr xml;
    struct bus_arena *mem;
    struct bus_workbook_rows *ret;
    size_t room;
    struct bus_strv *strings;
    size_t strings_n, strings_room;
    struct bus_buf text;
    struct bus_err *err;
};

static int xlsx_wrong(struct xlsx *x,
                      enum bus_errc code,
                      const char *word,
                      const char *zh,
                      const char *en)
{
    return workbook_wrong(
        x->ret, code,
        &(struct bus_workbook_wrong){.code = word, .zh = zh, .en = en}, x->err);
}

static int xlsx_broken(struct xlsx *x)
{
    return x->over ? xlsx_wrong(x, BUS_ETOOBIG, "TOO_BIG",
                                "解压后超过32 MiB, 请拆分",
                                "more than 32 MiB unpacked; divide it")
                   : xlsx_wrong(x, BUS_EPARSE, "NO_WORKBOOK",
                                "工作簿已损坏, 请重新保存为 XLSX",
                                "a broken workbook; save it again as XLSX");
}

static int no_memory(struct xlsx *x)
{
    return bus_fail(x->err, BUS_ENOMEM, "a workbook");
}

/* --- parts --- */

static int part_pull(void *data, char *to, int n)
{
    struct xlsx *x = data;
    zip_int64_t got = zip_fread(x->part, to, (zip_uint64_t)n);
    if (got > 0 && (size_t)got > x->left) {
        x->over = true;
        return -1;
    }
    x->left -= got > 0 ? (size_t)got : 0;
    return (int)got;
}

/* libxml prints what it finds wrong, with the text around it. */
static void say_nothing(void *data, xmlErrorPtr e)
{
    (void)data;
    (void)e;
}

static void part_close(struct xlsx *x)
{
    if (x->xml != NULL) {
        xmlFreeTextReader(x->xml);
    }
    if (x->part != NULL) {
        (void)zip_fclose(x->part);
    }
    x->xml = NULL;
    x->part = NULL;
}

/* False: there is none of this name, or it cannot be opened. */
static bool part_open(struct xlsx *x, const char *name)
{
    BUS_CHECK(x->part == NULL && x->xml == NULL);
    x->part = zip_fopen(x->zip, name, ZIP_FL_NOCASE);
    if (x->part == NULL) {
        return false;
    }
    x->xml = xmlReaderForIO(part_pull, NULL, x, NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR |
                                XML_PARSE_NOWARNING);
    if (x->xml == NULL) {
        part_close(x);
        return false;
    }
    xmlTextReaderSetStructuredErrorHandler(x->xml, say_nothing, NULL);
    return true;
}

/* 1: a node, 0: the end, -1: broken. No document type: entities come by it. */
static int part_next(struct xlsx *x)
{
    int rc = xmlTextReaderRead(x->xml);
    if (rc == 1) {
        int type = xmlTextReaderNodeType(x->xml);
        bool bad = type == XML_READER_TYPE_DOCUMENT_TYPE ||
                   type == XML_READER_TYPE_ENTITY_REFERENCE;
        return bad ? -1 : 1;
    }
    return rc == 0 ? 0 : -1;
}

static const char *node_name(const struct xlsx *x)
{
    const xmlChar *name = xmlTextReaderConstLocalName(x->xml);
    return name != NULL ? (const char *)name : "";
}

static bool node_begins(const struct xlsx *x, const char *name)
{
    return xmlTextReaderNodeType(x->xml) == XML_READER_TYPE_ELEMENT &&
           strcmp(node_name(x), name) == 0;
}

static bool node_ends(const struct xlsx *x, const char *name)
{
    return xmlTextReaderNodeType(x->xml) == XML_READER_TYPE_END_ELEMENT &&
           strcmp(node_name(x), name) == 0;
}

/* "" where there is none; cut at its room. */
static void
node_attribute(const struct xlsx *x, const char *name, char *to, size_t n)
{
    xmlChar *v = xmlTextReaderGetAttribute(x->xml, (const xmlChar *)name);
    (void)bus_strv_copy(to, n, bus_strv((const char *)v));
    xmlFree(v);
}

/* --- where the sheet lies --- */

static int first_sheet(struct xlsx *x, char id[PLACE_MAX])
{
    int rc = part_open(x, "xl/workbook.xml") ? 1 : -1;
    id[0] = '\0';
    while (rc == 1 && id[0] == '\0' && (rc = part_next(x)) == 1) {
        if (node_begins(x, "sheet")) {
            node_attribute(x, "r:id", id, PLACE_MAX);
        }
    }
    part_close(x);
    return rc == 1 && id[0] != '\0' ? BUS_OK : xlsx_broken(x);
}

static int sheet_place(struct xlsx *x, const char *id, char to[PLACE_MAX])
{
    char one[PLACE_MAX], target[PLACE_MAX] = "";
    int rc = part_open(x, "xl/_rels/workbook.xml.rels") ? 1 : -1;
    while (rc == 1 && target[0] == '\0' && (rc = part_next(x)) == 1) {
        if (node_begins(x, "Relationship")) {
            node_attribute(x, "Id", one, sizeof(one));
            if (strcmp(one, id) == 0) {
                node_attribute(x, "Target", target, sizeof(target) - 8);
            }
        }
    }
    part_close(x);
    if (rc != 1 || target[0] == '\0') {
        return xlsx_broken(x);
    }
    bool whole = target[0] == '/';
    (void)bus_strv_copy(to, PLACE_MAX, bus_strv(whole ? "" : "xl/"));
    (void)strncat(to, target + whole, PLACE_MAX - 4);
    return BUS_OK;
}

/* --- texts --- */

static int text_keep(struct xlsx *x, struct bus_strv *ret)
{
    if (x->text.failed || x->text.len > BUS_WORKBOOK_CELL_MAX) {
        return xlsx_wrong(x, BUS_ETOOBIG, "CELL_TOO_LONG", "单元格最多4096字节",
                          "a cell has at most 4096 bytes");
    }
    const char *p =
        bus_arena_strndup(x->mem, (const char *)x->text.data, x->text.len);
    *ret = (struct bus_strv){p, x->text.len};
    return p == NULL ? no_memory(x) : BUS_OK;
}

static void text_append(struct xlsx *x)
{
    int type = xmlTextReaderNodeType(x->xml);
    if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA ||
        type == XML_READER_TYPE_SIGNIFICANT_WHITESPACE ||
        type == XML_READER_TYPE_WHITESPACE) {
        bus_buf_puts(&x->text, (const char *)xmlTextReaderConstValue(x->xml));
    }
}

static int string_add(struct xlsx *x)
{
    if (x->strings_n == STRINGS_MAX) {
        return xlsx_wrong(x, BUS_ETOOBIG, "TOO_BIG", "文字过多, 请拆分",
                          "too many texts; divide it");
    }
    if (x->strings_n == x->strings_room) {
        size_t more = x->strings_room > 0 ? x->strings_room * 2 : 256;
        struct bus_strv *v = bus_arena_calloc(x->mem, more, sizeof(*v));
        if (v == NULL) {
            return no_memory(x);
        }
        if (x->strings_n > 0) {
            memcpy(v, x->strings, x->strings_n * sizeof(*v));
        }
        x->strings = v;
        x->strings_room = more;
    }
    int rc = text_keep(x, &x->strings[x->strings_n]);
    x->strings_n += rc == BUS_OK;
    bus_buf_clear(&x->text);
    return rc;
}

/* <si><t>..</t></si>, or runs <r><t>; <rPh> is how it is spoken. */
static int strings_read(struct xlsx *x)
{
    int rc = 1, got = BUS_OK;
    bool in = false, spoken = false;
    if (!part_open(x, "xl/sharedStrings.xml")) {
        return BUS_OK; /* a workbook of numbers has none */
    }
    while (got == BUS_OK && (rc = part_next(x)) == 1) {
        bool empty = xmlTextReaderIsEmptyElement(x->xml) == 1;
        if (node_begins(x, "rPh") || node_ends(x, "rPh")) {
            spoken = node_begins(x, "rPh") && !empty;
        } else if (node_begins(x, "t") || node_ends(x, "t")) {
            in = node_begins(x, "t") && !empty && !spoken;
        } else if (node_ends(x, "si") || (node_begins(x, "si") && empty)) {
            got = string_add(x);
        } else if (in) {
            text_append(x);
        }
    }
    part_close(x);
    return got == BUS_OK && rc != 0 ? xlsx_broken(x) : got;
}

/* --- cells --- */

struct cell_at
{
    struct bus_workbook_row *row;
    size_t line, column; /* column from 0 */
    char type[16];
    bool open, in_value, formula;
};

/* "AB12" is column 27; what says nothing is the next one. */
static size_t column_named(const char *ref, size_t next)
{
    size_t n = 0, i = 0;
    for (; ref[i] >= 'A' && ref[i] <= 'Z' && i < 4; i++) {
        n = n * 26 + (size_t)(ref[i] - 'A') + 1;
    }
    return i > 0 ? n - 1 : next;
}

static int row_begin(struct xlsx *x, struct cell_at *at)
{
    char r[24];
    node_attribute(x, "r", r, sizeof(r));
    unsigned long line = strtoul(r, NULL, 10);
    at->line = line > 0 ? line : at->line + 1;
    at->column = SIZE_MAX;
    if (at->row != NULL && at->row->n == 0) {
        x->ret->n--; /* the one before was empty */
    }
    at->row = workbook_rows_add(x->ret, &x->room, x->mem, x->err);
    if (at->row == NULL) {
        return bus_wrap(x->err, "a workbook");
    }
    at->row->line = at->line;
    return BUS_OK;
}

static void cell_begin(struct xlsx *x, struct cell_at *at)
{
    char ref[24];
    node_attribute(x, "r", ref, sizeof(ref));
    node_attribute(x, "t", at->type, sizeof(at->type));
    at->column = column_named(ref, at->column + 1);
    at->formula = strcmp(at->type, "e") == 0;
    at->open = xmlTextReaderIsEmptyElement(x->xml) != 1;
    bus_buf_clear(&x->text);
}

static int
cell_keep(struct xlsx *x, const struct cell_at *at, struct bus_strv *ret)
{
    if (strcmp(at->type, "s") != 0) {
        return text_keep(x, ret);
    }
    char *end = NULL;
    const char *text = bus_buf_cstr(&x->text);
    unsigned long i = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || i >= x->strings_n) {
        return xlsx_broken(x);
    }
    *ret = x->strings[i];
    return BUS_OK;
}

static int cell_end(struct xlsx *x, struct cell_at *at)
{
    at->open = at->in_value = false;
    if (at->row == NULL || at->column >= BUS_WORKBOOK_COLUMNS_MAX ||
        (x->text.len == 0 && !at->formula)) {
        return BUS_OK;
    }
    if (at->formula) {
        at->row->formulas |= UINT64_C(1) << at->column;
    } else {
        int rc = cell_keep(x, at, &at->row->cell[at->column]);
        if (rc != BUS_OK) {
            x->ret->wrong.line = at->line;
            x->ret->wrong.column = at->column + 1;
            return rc;
        }
    }
    at->row->n = at->row->n > at->column + 1 ? at->row->n : at->column + 1;
    return BUS_OK;
}

static int sheet_node(struct xlsx *x, struct cell_at *at)
{
    bool empty = xmlTextReaderIsEmptyElement(x->xml) == 1;
    if (node_begins(x, "row")) {
        return row_begin(x, at);
    }
    if (node_begins(x, "c")) {
        cell_begin(x, at);
    } else if (at->open && node_begins(x, "f")) {
        at->formula = true;
    } else if (at->open && (node_begins(x, "v") || node_begins(x, "t"))) {
        at->in_value = !empty;
    } else if (node_ends(x, "v") || node_ends(x, "t")) {
        at->in_value = false;
    } else if (at->open && node_ends(x, "c")) {
        return cell_end(x, at);
    } else if (at->in_value) {
        text_append(x);
    }
    return BUS_OK;
}

static int sheet_read(struct xlsx *x, const char *place)
{
    struct cell_at at = {.column = SIZE_MAX};
    int rc = part_open(x, place) ? 1 : -1, got = BUS_OK;
    while (rc == 1 && got == BUS_OK && (rc = part_next(x)) == 1) {
        got = sheet_node(x, &at);
    }
    part_close(x);
    if (at.row != NULL && at.row->n == 0 && x->ret->n > 0) {
        x->ret->n--;
    }
    return got == BUS_OK && rc != 0 ? xlsx_broken(x) : got;
}

static int xlsx_open(struct xlsx *x, struct bus_strv bytes)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *src = zip_source_buffer_create(bytes.p, bytes.n, 0, &why);
    x->zip = src != NULL ? zip_open_from_source(src, ZIP_RDONLY, &why) : NULL;
    if (x->zip == NULL && src != NULL) {
        zip_source_free(src);
    }
    int code = zip_error_code_zip(&why);
    zip_error_fini(&why);
    if (x->zip == NULL) {
        return code == ZIP_ER_MEMORY
                   ? no_memory(x)
                   : xlsx_wrong(x, BUS_ETRUNCATED, "NO_WORKBOOK",
                                "工作簿不完整或已损坏, 请重新保存为 XLSX",
                                "an incomplete or broken workbook; save it "
                                "again as XLSX");
    }
    return zip_get_num_entries(x->zip, 0) > BUS_WORKBOOK_PARTS_MAX
               ? xlsx_wrong(x, BUS_ETOOBIG, "TOO_BIG", "工作簿部件过多",
                            "too many parts")
               : BUS_OK;
}

int workbook_xlsx_read(struct bus_strv bytes,
                       struct bus_arena *mem,
                       struct bus_workbook_rows *ret,
                       struct bus_err *err)
{
    char id[PLACE_MAX], place[PLACE_MAX];
    struct xlsx x = {
        .mem = mem, .ret = ret, .err = err, .left = BUS_WORKBOOK_BYTES_MAX};
    int rc;
    bus_buf_init(&x.text, 4 * BUS_WORKBOOK_CELL_MAX);
    BUS_TRY_GOTO(rc, xlsx_open(&x, bytes), done);
    BUS_TRY_GOTO(rc, first_sheet(&x, id), done);
    BUS_TRY_GOTO(rc, sheet_place(&x, id, place), done);
    BUS_TRY_GOTO(rc, strings_read(&x), done);
    rc = sheet_read(&x, place);
done:
    part_close(&x);
    if (x.zip != NULL) {
        zip_discard(x.zip);
    }
    bus_buf_fini(&x.text);
    return rc;
}
