/* A document of a stranger, one element at a time: no network, no document
 * type, no entities but XML's own five, so deep and so long and no more.
 * libxml2's own messages repeat what stands in the file: none is passed on. */
#include "bus/bank/bank_parts.h"

#include <libxml/xmlreader.h>
#include <stdio.h>

#include "bus/base/check.h"

struct xml_place
{
    char path[BANK_XML_PATH];
    size_t ends[BANK_XML_DEPTH + 1]; /* of the path, by depth */
    int depth;
    char text[BANK_TEXT_BYTES];
    size_t n;
    bool over; /* the text is longer */
    char currency[BANK_XML_DEPTH + 1][4];
};

int bank_xml_fault(const struct bank_xml *x,
                   enum bus_errc code,
                   struct bus_err *err,
                   const char *what)
{
    const char *path = x->path != NULL ? x->path : "";
    size_t n = strlen(path), from = n;
    for (int names = 0; from > 0 && names < 3; from--) {
        names += path[from - 1] == '/';
        if (names == 3) {
            break;
        }
    }
    return bus_fail(err, code, "line %d, %s: %s", x->line, path + from, what);
}

static int xml_bytes(void *data, char *to, int n)
{
    struct bank_input *in = data;
    ptrdiff_t got = bank_input_read(in, to, n > 0 ? (size_t)n : 0);
    return (int)got;
}

static void xml_silent(void *data, xmlError *error)
{
    (void)data;
    (void)error;
}

static int xml_push(struct bank_xml *x,
                    struct xml_place *at,
                    xmlTextReader *r,
                    struct bus_err *err)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(r);
    size_t from = at->ends[at->depth];
    size_t n = name != NULL ? strlen(name) : 0;
    if (at->depth == BANK_XML_DEPTH || from + n + 2 > sizeof(at->path)) {
        return bank_xml_fault(x, BUS_ETOOBIG, err,
                              "elements too deep in one another / 嵌套过深");
    }
    if (from > 0) {
        at->path[from++] = '/';
    }
    memcpy(at->path + from, name != NULL ? name : "", n);
    at->path[from + n] = '\0';
    at->ends[++at->depth] = from + n;
    at->n = 0;
    at->over = false;
    char *currency = at->currency[at->depth];
    currency[0] = '\0';
    xmlChar *ccy = xmlTextReaderGetAttribute(r, (const xmlChar *)"Ccy");
    if (ccy != NULL) {
        bool three = strlen((const char *)ccy) == 3;
        memcpy(currency, three ? (const char *)ccy : "???", 4);
        xmlFree(ccy);
    }
    x->space = (const char *)xmlTextReaderConstNamespaceUri(r);
    return x->opened(x, err);
}

static int
xml_pop(struct bank_xml *x, struct xml_place *at, struct bus_err *err)
{
    BUS_CHECK(at->depth > 0);
    struct bus_strv text = bank_trim((struct bus_strv){at->text, at->n});
    if (at->over) {
        return bank_xml_fault(x, BUS_ETOOBIG, err, "text too long / 内容过长");
    }
    x->currency = at->currency[at->depth];
    BUS_TRY(x->closed(x, text, err));
    at->depth--;
    at->path[at->ends[at->depth]] = '\0';
    at->n = 0;
    return BUS_OK;
}

static void xml_text(struct xml_place *at, xmlTextReader *r)
{
    const char *text = (const char *)xmlTextReaderConstValue(r);
    size_t n = text != NULL ? strlen(text) : 0;
    if (n > sizeof(at->text) - at->n) {
        at->over = true;
        return;
    }
    memcpy(at->text + at->n, text != NULL ? text : "", n);
    at->n += n;
}

static int xml_node(struct bank_xml *x,
                    struct xml_place *at,
                    xmlTextReader *r,
                    struct bus_err *err)
{
    long line = xmlGetLineNo(xmlTextReaderCurrentNode(r));
    x->line = line > 0 ? (int)line : xmlTextReaderGetParserLineNumber(r);
    switch (xmlTextReaderNodeType(r)) {
    case XML_READER_TYPE_ELEMENT: {
        bool empty = xmlTextReaderIsEmptyElement(r) == 1;
        BUS_TRY(xml_push(x, at, r, err));
        return empty ? xml_pop(x, at, err) : BUS_OK;
    }
    case XML_READER_TYPE_END_ELEMENT:
        return xml_pop(x, at, err);
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        xml_text(at, r);
        return BUS_OK;
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY:
    case XML_READER_TYPE_ENTITY_REFERENCE:
    case XML_READER_TYPE_NOTATION:
        return bank_xml_fault(x, BUS_EPARSE, err,
                              "document types and entities are not read / "
                              "不接受文档类型与实体");
    default:
        return BUS_OK; /* notes, blanks */
    }
}

static int xml_broken(const struct bank_xml *x, struct bus_err *err)
{
    BUS_TRY(bank_input_fault(x->in, err));
    return bank_xml_fault(
        x, BUS_EPARSE, err,
        "not well-formed, or cut off / 不是合格的 XML, 或不完整");
}

int bank_xml_read(struct bank_xml *x, struct bus_err *err)
{
    struct xml_place at = {0};
    x->path = at.path;
    x->currency = "";
    xmlTextReader *r =
        xmlReaderForIO(xml_bytes, NULL, x->in, NULL, NULL,
                       XML_PARSE_NONET | XML_PARSE_NOERROR |
                           XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    if (r == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a reader of XML");
    }
    xmlTextReaderSetStructuredErrorHandler(r, xml_silent, NULL);
    int rc = BUS_OK, more = 1;
    while (rc == BUS_OK && (more = xmlTextReaderRead(r)) == 1) {
        rc = xml_node(x, &at, r, err);
    }
    if (rc == BUS_OK && more != 0) {
        x->line = xmlTextReaderGetParserLineNumber(r);
        rc = xml_broken(x, err);
    }
    xmlFreeTextReader(r);
    x->path = NULL;
    return rc;
}
