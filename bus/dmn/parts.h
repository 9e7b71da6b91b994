/* A model as its files share it. */
#ifndef BUS_DMN_PARTS_H
#define BUS_DMN_PARTS_H

#include <libxml/tree.h>

#include "bus/base/hash.h"
#include "bus/dmn/dmn.h"
#include "bus/feel/check.h"
#include "bus/feel/tree.h"

#define DMN_NAMES_MAX    20000
#define DMN_ELEMENTS_MAX 10000

struct dmn_file;
struct dmn_element;
struct dmn_requirement
{
    const struct dmn_element *to;
    struct bus_strv import; /* the prefix it stands behind, or "" */
};
struct dmn_element
{
    enum dmn_kind kind;
    size_t index; /* in the model */
    struct bus_strv id, name;
    struct dmn_file *file;
    xmlNode *xml; /* while loading */
    struct bus_place at;
    const struct feel_type *type;
    const struct feel_node *logic;   /* decision; body of a knowledge model */
    const struct feel_field *params; /* knowledge model, service */
    size_t param_count;
    const struct dmn_requirement *requires;
    size_t require_count;
    const struct dmn_element *const *outputs; /* service */
    const struct dmn_element *const *inputs;  /* service: as its params */
    size_t output_count;
    bool closing, closed; /* looking for cycles */
    bool cyclic;
};
struct dmn_import
{
    struct bus_strv name, space;
    struct dmn_file *file;
};
struct dmn_item /* an item definition */
{
    struct bus_strv name;
    xmlNode *xml;
    struct feel_type *type;
    bool busy, done;
};
struct dmn_file
{
    const char *path;
    struct bus_strv space;
    struct bus_strv text; /* as it came: places are counted in it */
    xmlDoc *doc;
    struct dmn_import *imports;
    size_t import_count;
    struct dmn_item *items;
    size_t item_count;
    struct dmn_loading *loading;
};
struct dmn_text /* one expression's, for places */
{
    const struct dmn_file *file;
    size_t tag; /* byte of its <text>; SIZE_MAX: only the line is known */
    uint32_t line;
};
struct dmn_model
{
    struct bus_arena mem;
    struct dmn_file *files;
    size_t file_count;
    struct dmn_element *elements;
    size_t element_count;
    struct dmn_text *texts; /* feel_node.source counts them from 1 */
    size_t text_count, text_cap;
};
struct dmn_loading
{
    struct dmn_model *m;
    struct bus_faults *faults;
    struct bus_strv *names; /* every name of every file, each once */
    size_t name_count;
    struct bus_map seen;
};

/* XML by local names. */
bool dmn_is(const xmlNode *n, const char *local);
xmlNode *dmn_child(const xmlNode *n, const char *local);
xmlNode *dmn_first(const xmlNode *n); /* first child element */
xmlNode *dmn_next(const xmlNode *n);  /* next sibling element */
size_t dmn_count(const xmlNode *n, const char *local);
/* Copied into the model; "" for none. */
struct bus_strv
dmn_attr(struct dmn_loading *l, const xmlNode *n, const char *name);
struct bus_strv dmn_content(struct dmn_loading *l, const xmlNode *n);
struct bus_place dmn_place(const struct dmn_file *f, const xmlNode *n);
/* Finds each element's start tag in f->text. */
void dmn_find_places(struct dmn_file *f);
/* A byte of an element's content. */
struct dmn_text dmn_text_of(const struct dmn_file *f, const xmlNode *n);
struct bus_place dmn_place_of_text(const struct dmn_text *t, size_t offset);

/* files.c: sources[0] and what it imports, and what those import. Nothing else
 * is looked into. */
bool dmn_load_files(struct dmn_loading *l,
                    const struct dmn_source *sources,
                    size_t n);
/* check.c: a file without input data reads its inputs by their names. */
void dmn_imply_inputs(struct dmn_loading *l, const struct dmn_file *f);
/* table.c: the cells of a decision table; nothing can be told of another. */
struct feel_shape dmn_table_check(struct feel_check *k,
                                  const struct feel_node *n);

/* The type a typeRef names (attribute or child); NULL for none or unknown. */
const struct feel_type *
dmn_type_ref(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n);
const struct feel_type *
dmn_type_named(struct dmn_loading *l, struct dmn_file *f, struct bus_strv name);
void dmn_load_types(struct dmn_loading *l, struct dmn_file *f);

/* FEEL text of <text> inside n; unary: tests. Never NULL but for no memory: a
 * fault becomes null with its reason. */
const struct feel_node *dmn_feel(struct dmn_loading *l,
                                 struct dmn_file *f,
                                 const xmlNode *n,
                                 bool unary);
/* A boxed expression; NULL if n is none. */
const struct feel_node *
dmn_boxed(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n);
/* The first boxed expression among the children of n. */
const struct feel_node *
dmn_boxed_in(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n);
const struct feel_node *
dmn_table(struct dmn_loading *l, struct dmn_file *f, const xmlNode *n);
struct feel_node *dmn_node(struct dmn_loading *l,
                           enum node_kind kind,
                           const struct feel_node *const *kids,
                           size_t n);
const struct feel_node *dmn_broken(struct dmn_loading *l, const char *why);
const struct feel_node *dmn_typed(struct dmn_loading *l,
                                  const struct feel_node *n,
                                  const struct feel_type *t);
/* Parameters of a function; ret_n: how many. */
const struct feel_field *dmn_parameters(struct dmn_loading *l,
                                        struct dmn_file *f,
                                        const xmlNode *n,
                                        size_t *ret_n);

#endif
