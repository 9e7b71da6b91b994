/* XML by local names, and where an element stands in its file.
 *
 * libxml2 keeps an element's line and nothing more, and a modeller writes a
 * whole table into one line. So the raw text is scanned once for start tags;
 * the n-th of them is the n-th element of the document. Where the two do not
 * agree (another encoding) the line is all there is. */
#include <stdlib.h>
#include <string.h>

#include "bus/dmn/parts.h"

bool dmn_is(const xmlNode *n, const char *local)
{
    return n != NULL && n->type == XML_ELEMENT_NODE &&
           strcmp((const char *)n->name, local) == 0;
}

xmlNode *dmn_first(const xmlNode *n)
{
    xmlNode *c = n ? n->children : NULL;
    while (c != NULL && c->type != XML_ELEMENT_NODE) {
        c = c->next;
    }
    return c;
}

xmlNode *dmn_next(const xmlNode *n)
{
    xmlNode *c = n->next;
    while (c != NULL && c->type != XML_ELEMENT_NODE) {
        c = c->next;
    }
    return c;
}

xmlNode *dmn_child(const xmlNode *n, const char *local)
{
    xmlNode *c = dmn_first(n);
    while (c != NULL && !dmn_is(c, local)) {
        c = dmn_next(c);
    }
    return c;
}

size_t dmn_count(const xmlNode *n, const char *local)
{
    size_t k = 0;
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        k += dmn_is(c, local);
    }
    return k;
}

static struct bus_strv copied(struct dmn_loading *l, xmlChar *s)
{
    struct bus_strv v = {0};
    if (s != NULL) {
        size_t n = strlen((const char *)s);
        char *c = bus_arena_strndup(&l->m->mem, (const char *)s, n);
        v = (struct bus_strv){c, c ? n : 0};
        xmlFree(s);
    }
    return v;
}

struct bus_strv
dmn_attr(struct dmn_loading *l, const xmlNode *n, const char *name)
{
    return copied(
        l, xmlGetNoNsProp((xmlNode *)(uintptr_t)n, (const xmlChar *)name));
}

struct bus_strv dmn_content(struct dmn_loading *l, const xmlNode *n)
{
    return n ? copied(l, xmlNodeGetContent((xmlNode *)(uintptr_t)n))
             : (struct bus_strv){0};
}

/* --- places --- */

/* Behind `end`, or at the end of the text. */
static size_t xml_behind(struct bus_strv t, size_t at, const char *end)
{
    const char *p = memmem(t.p + at, t.n - at, end, strlen(end));
    return p ? (size_t)(p - t.p) + strlen(end) : t.n;
}

static bool stands(struct bus_strv t, size_t at, const char *what)
{
    size_t n = strlen(what);
    return t.n - at >= n && memcmp(t.p + at, what, n) == 0;
}

static size_t behind_tag(struct bus_strv t, size_t at)
{
    char quote = '\0';
    for (; at < t.n; at++) {
        char c = t.p[at];
        if (quote == '\0' && c == '>') {
            return at + 1;
        }
        quote = quote == '\0' && (c == '"' || c == '\'') ? c
                : c == quote                             ? '\0'
                                                         : quote;
    }
    return at;
}

/* The next start tag from *at on, which goes xml_behind it; SIZE_MAX: none. */
static size_t next_tag(struct bus_strv t, size_t *at)
{
    while (*at < t.n) {
        size_t from = *at;
        if (t.p[from] != '<') {
            ++*at;
        } else if (stands(t, from, "<!--")) {
            *at = xml_behind(t, from, "-->");
        } else if (stands(t, from, "<![CDATA[")) {
            *at = xml_behind(t, from, "]]>");
        } else if (stands(t, from, "<?")) {
            *at = xml_behind(t, from, "?>");
        } else if (stands(t, from, "</") || stands(t, from, "<!")) {
            *at = xml_behind(t, from, ">");
        } else {
            *at = behind_tag(t, from);
            return from;
        }
    }
    return SIZE_MAX;
}

static xmlNode *next_in_document(xmlNode *n)
{
    xmlNode *down = dmn_first(n);
    while (down == NULL && n != NULL) {
        down = dmn_next(n);
        n = n->parent != NULL && n->parent->type == XML_ELEMENT_NODE ? n->parent
                                                                     : NULL;
    }
    return down;
}

void dmn_find_places(struct dmn_file *f)
{
    size_t at = 0;
    xmlNode *root = xmlDocGetRootElement(f->doc);
    for (xmlNode *n = root; n != NULL; n = next_in_document(n)) {
        size_t tag = next_tag(f->text, &at);
        const char *name = (const char *)n->name;
        bool same = tag != SIZE_MAX &&
                    memmem(f->text.p + tag, at - tag, name, strlen(name));
        n->_private = same ? (void *)(uintptr_t)(tag + 1) : NULL;
    }
}

static struct bus_place at_byte(const struct dmn_file *f, size_t offset)
{
    struct bus_place at = {f->path, 1, 1};
    for (size_t i = 0; i < offset && i < f->text.n; i++) {
        bool start = ((unsigned char)f->text.p[i] & 0xC0) != 0x80;
        at.col = f->text.p[i] == '\n' ? 1 : at.col + start;
        at.line += f->text.p[i] == '\n';
    }
    return at;
}

struct bus_place dmn_place(const struct dmn_file *f, const xmlNode *n)
{
    if (n != NULL && n->_private != NULL) {
        return at_byte(f, (size_t)(uintptr_t)n->_private - 1);
    }
    long line = n ? xmlGetLineNo((xmlNode *)(uintptr_t)n) : 0;
    return (struct bus_place){f->path, line > 0 ? (uint32_t)line : 0, 1};
}

static size_t utf8_bytes(unsigned long c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* Raw bytes of one piece of content, and how many they are read as. */
static size_t raw_piece(struct bus_strv t, size_t at, size_t *ret_read)
{
    *ret_read = 1;
    if (stands(t, at, "<!--")) {
        *ret_read = 0;
        return xml_behind(t, at, "-->") - at;
    }
    if (stands(t, at, "<![CDATA[") || stands(t, at, "]]>")) {
        *ret_read = 0;
        return stands(t, at, "]]>") ? 3 : 9;
    }
    if (stands(t, at, "\r\n")) {
        return 2;
    }
    if (t.p[at] != '&') {
        return 1;
    }
    if (stands(t, at, "&#")) {
        bool hex = at + 2 < t.n && t.p[at + 2] == 'x';
        *ret_read =
            utf8_bytes(strtoul(t.p + at + (hex ? 3 : 2), NULL, hex ? 16 : 10));
    }
    return xml_behind(t, at, ";") - at;
}

struct dmn_text dmn_text_of(const struct dmn_file *f, const xmlNode *n)
{
    bool found = n != NULL && n->_private != NULL;
    long line = n ? xmlGetLineNo((xmlNode *)(uintptr_t)n) : 0;
    return (struct dmn_text){
        f, found ? (size_t)(uintptr_t)n->_private - 1 : SIZE_MAX,
        line > 0 ? (uint32_t)line : 0};
}

struct bus_place dmn_place_of_text(const struct dmn_text *t, size_t offset)
{
    struct bus_strv raw = t->file->text;
    if (t->tag >= raw.n) {
        return (struct bus_place){t->file->path, t->line, 1};
    }
    size_t at = behind_tag(raw, t->tag);
    for (size_t read = 0, step = 0; at < raw.n; read += step) {
        size_t bytes = raw_piece(raw, at, &step);
        if (read >= offset && step > 0) {
            break;
        }
        at += bytes;
    }
    return at_byte(t->file, at);
}
