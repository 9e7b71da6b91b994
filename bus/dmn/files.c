/* The files of a model: the model itself and what it imports, and no other.
 * Entities and the network stay off, and a document with a DOCTYPE is refused.
 */
#include <stdio.h>
#include <string.h>

#include <libxml/parser.h>

#include "bus/dmn/parts.h"

static bool too_deep(const xmlNode *n, int depth)
{
    if (depth > DMN_DEPTH_MAX) {
        return true;
    }
    for (const xmlNode *c = dmn_first(n); c != NULL; c = dmn_next(c)) {
        if (too_deep(c, depth + 1)) {
            return true;
        }
    }
    return false;
}

static xmlDoc *read_document(const struct dmn_source *s)
{
    return xmlReadMemory(s->text.p, (int)s->text.n, NULL, NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR |
                             XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
}

static bool take_document(struct dmn_loading *l,
                          const struct dmn_source *s,
                          struct dmn_file *f)
{
    struct bus_place at = {s->file, 1, 1};
    f->path = s->file;
    f->loading = l;
    if (s->text.n > DMN_BYTES_MAX) {
        bus_faults_add(l->faults, at, NULL,
                       "a model of %zu bytes; at most %u / 模型过大", s->text.n,
                       DMN_BYTES_MAX);
        return false;
    }
    f->doc = read_document(s);
    if (f->doc == NULL) {
        const xmlError *e = xmlGetLastError();
        at.line = e && e->line > 0 ? (uint32_t)e->line : 1;
        bus_faults_add(l->faults, at, NULL,
                       "no well-formed XML: %.*s / 不是完好的 XML",
                       e && e->message ? (int)strcspn(e->message, "\n") : 0,
                       e && e->message ? e->message : "");
        return false;
    }
    xmlNode *root = xmlDocGetRootElement(f->doc);
    const char *bad = f->doc->intSubset != NULL ? "a model has no DOCTYPE"
                      : !dmn_is(root, "definitions")
                          ? "the root of a model is <definitions>"
                      : too_deep(root, 0) ? "elements nested too deep"
                                          : NULL;
    if (bad != NULL) {
        bus_faults_add(l->faults, dmn_place(f, root), NULL, "%s", bad);
        return false;
    }
    char *text = bus_arena_strndup(&l->m->mem, s->text.p, s->text.n);
    f->text = (struct bus_strv){text, text ? s->text.n : 0};
    f->space = dmn_attr(l, root, "namespace");
    dmn_find_places(f);
    return true;
}

/* Is the source a model of this namespace? What cannot be read is of none. */
static bool has_space(struct dmn_loading *l,
                      const struct dmn_source *s,
                      struct bus_strv space)
{
    if (s->text.n > DMN_BYTES_MAX ||
        memmem(s->text.p, s->text.n, space.p, space.n) == NULL) {
        return false;
    }
    xmlDoc *doc = read_document(s);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    bool has = dmn_is(root, "definitions") &&
               bus_strv_eq(dmn_attr(l, root, "namespace"), space);
    xmlFreeDoc(doc);
    return has;
}

static struct dmn_file *loaded_file(struct dmn_model *m, struct bus_strv space)
{
    for (size_t i = 0; i < m->file_count; i++) {
        if (bus_strv_eq(m->files[i].space, space)) {
            return &m->files[i];
        }
    }
    return NULL;
}

/* A file of the namespace, read if it was not. */
static struct dmn_file *file_of_space(struct dmn_loading *l,
                                      const struct dmn_source *sources,
                                      size_t n,
                                      struct bus_strv space,
                                      struct bus_place at)
{
    struct dmn_model *m = l->m;
    struct dmn_file *have = loaded_file(m, space);
    if (have != NULL) {
        return have;
    }
    const struct dmn_source *found = NULL;
    for (size_t i = 1; i < n; i++) {
        if (!has_space(l, &sources[i], space)) {
            continue;
        }
        if (found != NULL) {
            bus_faults_add(l->faults, at, NULL,
                           "two models have the namespace '%.*s': %s and %s / "
                           "两个模型的命名空间相同",
                           BUS_STRV_ARG(space), found->file, sources[i].file);
            return NULL;
        }
        found = &sources[i];
    }
    if (found == NULL) {
        bus_faults_add(l->faults, at, NULL,
                       "import of '%.*s': no such model is given / "
                       "导入的模型不存在",
                       BUS_STRV_ARG(space));
        return NULL;
    }
    struct dmn_file *f = &m->files[m->file_count++];
    return take_document(l, found, f) ? f : NULL;
}

static void follow_imports(struct dmn_loading *l,
                           struct dmn_file *f,
                           const struct dmn_source *sources,
                           size_t count)
{
    xmlNode *root = xmlDocGetRootElement(f->doc);
    size_t n = dmn_count(root, "import");
    f->imports = bus_arena_calloc(&l->m->mem, n + 1, sizeof(*f->imports));
    for (xmlNode *c = dmn_first(root); f->imports != NULL && c != NULL;
         c = dmn_next(c)) {
        struct bus_strv kind = dmn_attr(l, c, "importType");
        bool other = kind.n > 0 && memmem(kind.p, kind.n, "/DMN/", 5) == NULL;
        if (!dmn_is(c, "import") || other) {
            continue; /* PMML, XSD: read by nobody here */
        }
        struct dmn_import *i = &f->imports[f->import_count++];
        i->name = dmn_attr(l, c, "name");
        i->space = dmn_attr(l, c, "namespace");
        i->file = file_of_space(l, sources, count, i->space, dmn_place(f, c));
    }
}

bool dmn_load_files(struct dmn_loading *l,
                    const struct dmn_source *sources,
                    size_t n)
{
    struct dmn_model *m = l->m;
    m->file_count = 1;
    if (!take_document(l, &sources[0], &m->files[0])) {
        return false;
    }
    for (size_t i = 0; i < m->file_count; i++) {
        if (m->files[i].text.p == NULL) {
            return false; /* an import that is no model: said already */
        }
        follow_imports(l, &m->files[i], sources, n);
    }
    return true;
}
