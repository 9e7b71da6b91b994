/* Descriptor tables: what a file may say, walked into a typed struct.
 *
 * A table row names a key, its type, its limits, its place in the struct and
 * its meaning in English and Chinese. bus_conf_keys_load() checks everything
 * and goes on after each fault; bus_conf_keys_print() writes the same tables as
 * a page for people, so page and code cannot drift. */
#ifndef BUS_CONF_KEYS_H
#define BUS_CONF_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"

enum bus_key_type {
    BUS_KEY_STR,      /* const char * */
    BUS_KEY_INT,      /* int64_t, min..max */
    BUS_KEY_BOOL,     /* bool */
    BUS_KEY_ENUM,     /* int, of words */
    BUS_KEY_DURATION, /* int64_t ms: 20ms 5s 3m 2h 3d; min..max in ms */
    BUS_KEY_SIZE,     /* int64_t bytes: 512 64KiB 64MiB 2GiB; min..max */
    BUS_KEY_MONEY,    /* int64_t fen: "3000.00 yuan" or 300000 fen */
    BUS_KEY_DATE,     /* int32_t days since 1970: 2026-07-01 */
    BUS_KEY_PATH,     /* const char *, relative to the file's folder */
    BUS_KEY_SECRET,   /* const char *: ${ENV} here, or <name>_file: path */
    BUS_KEY_NODE,     /* const struct bus_node *: taken as it is */
    BUS_KEY_STRUCT,   /* a struct of `sub`, in place */
    BUS_KEY_LIST,     /* struct bus_list of `elem` */
    BUS_KEY_MAP       /* struct bus_list of `elem`; the element's name goes to
                         its first member, a const char * */
};

struct bus_word
{
    const char *word;
    int value;
};
struct bus_list
{
    void *items;
    size_t count;
};
struct bus_keys;
struct bus_key
{
    const char *name; /* NULL ends a table */
    enum bus_key_type type;
    size_t offset;
    bool required;
    const char *dflt; /* as it would be written; NULL = zero */
    int64_t min, max; /* both 0 = no limit; of LIST and MAP: of the count */
    const struct bus_word *words; /* ENUM; ends with word NULL */
    const struct bus_keys *sub;   /* STRUCT */
    const struct bus_key *elem;   /* LIST, MAP: type and offset in element */
    size_t elem_size;             /* LIST, MAP */
    const char *doc, *doc_zh;
};
struct bus_keys
{
    const char *name; /* "kafka", for the page */
    const struct bus_key *keys;
    size_t size;        /* of the struct */
    size_t node_offset; /* of a const struct bus_node *; BUS_KEYS_NO_NODE */
    const char *doc, *doc_zh;
};
#define BUS_KEYS_NO_NODE SIZE_MAX

/* How values are found that are not in the file. */
struct bus_keys_env
{
    const char *(*get)(void *data, const char *name); /* NULL if unset */
    void *data;
};
extern const struct bus_keys_env bus_conf_keys_env_system;

/* Fills *ret (keys->size bytes, zeroed first) from the map `node`. Every fault
 * goes to `faults`; what is at fault keeps its default. Any scalar may be
 * ${NAME} or ${NAME:-default}; a SECRET must be (or come from a file of mode
 * 0600 or stricter). Texts live in the arena of the faults. path (or NULL) is
 * put in front of key names. */
void bus_conf_keys_load(const struct bus_keys *keys,
                        const struct bus_node *node,
                        const char *path,
                        const struct bus_keys_env *env,
                        struct bus_faults *faults,
                        void *ret) __attribute__((nonnull(1, 4, 5, 6)));
/* The tables as Markdown: one section a struct, one row a key. */
void bus_conf_keys_print(const struct bus_keys *keys,
                         const char *title,
                         struct bus_buf *out);
/* Texts with a unit, for others that read such values. */
bool bus_conf_duration_parse(struct bus_strv s, int64_t *ret_ms);
bool bus_conf_size_parse(struct bus_strv s, int64_t *ret_bytes);
bool bus_conf_money_parse(struct bus_strv s, int64_t *ret_fen);

#endif
