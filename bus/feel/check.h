/* What can be told of an expression before it is evaluated: names that are not
 * in scope, properties nothing has, kinds that cannot fit, texts that are none
 * of an enumeration's words, calls that fit no function.
 *
 * In FEEL all of these are null, and null in a condition is a quiet no: whoever
 * takes rules from people asks here first. Where nothing can be told, nothing
 * is said. As deep as the parser allows. */
#ifndef BUS_FEEL_CHECK_H
#define BUS_FEEL_CHECK_H

#include "bus/feel/feel.h"

struct feel_shape;
struct feel_word /* of an enumeration, and what it is called */
{
    struct bus_strv word, zh, en;
};
/* Names by which something is asked: of a scope, or of a thing's properties. */
struct feel_shapes
{
    const void *data;
    /* false: there is none of that name. */
    bool (*find)(const void *data,
                 struct bus_strv name,
                 struct feel_shape *ret);
    /* Name i, for "did you mean"; false behind the last. */
    bool (*name_at)(const void *data, size_t i, struct bus_strv *ret);
};
struct feel_words
{
    const void *data;
    bool (*word_at)(const void *data, size_t i, struct feel_word *ret);
};
struct feel_shape /* what can be told of a value */
{
    enum feel_kind kind;             /* FEEL_UNKNOWN: nothing */
    const struct feel_shapes *parts; /* its properties; NULL: any */
    const struct feel_shape *item;   /* of a list; NULL: anything */
    const struct feel_words *words;  /* what a text may be; NULL: anything */
};

enum feel_finding_kind {
    FEEL_FOUND_NAME,     /* not in scope */
    FEEL_FOUND_PROPERTY, /* of something that has none of that name */
    FEEL_FOUND_WORD,     /* a text that is none of the words */
    FEEL_FOUND_KIND,     /* cannot fit */
    FEEL_FOUND_CALL      /* arguments that fit no function */
};
struct feel_finding
{
    enum feel_finding_kind kind;
    uint32_t source; /* which text (feel_node.source); 0: the caller's own */
    size_t offset;   /* byte of it */
    struct bus_strv name;
    const char *text; /* English / Chinese */
};

struct feel_check_bound;
struct feel_check
{
    void *data;
    struct bus_arena *mem;
    struct feel_shapes scope;
    const struct feel_shape *self; /* whose properties stand bare, or NULL */
    /* text lives only while it is called. */
    void (*found)(void *data, const struct feel_finding *f);
    /* What a boxed expression of the caller's own gives; may be NULL. */
    struct feel_shape (*external)(struct feel_check *k,
                                  const struct feel_node *n);
    /* inside: */
    const struct feel_check_bound *bound;
    uint32_t source;
};

/* A Chinese word of an enumeration becomes the word it stands for: the tree is
 * changed, so this comes before anything else is made of it. */
struct feel_shape feel_check(struct feel_check *k, const struct feel_node *n);
/* The same of what must be of a kind; FEEL_UNKNOWN: of any. where: "the whole".
 */
void feel_check_is(struct feel_check *k,
                   const struct feel_node *n,
                   const char *where,
                   enum feel_kind want);
/* Unary tests of a value. */
void feel_check_tests(struct feel_check *k,
                      const struct feel_shape *of,
                      const struct feel_node *tests);
/* A text where one of the words is wanted. */
void feel_check_words(struct feel_check *k,
                      const struct feel_words *words,
                      const struct feel_node *n);
/* What can be told of a value of this type; parts live in mem. */
struct feel_shape feel_shape_of(struct bus_arena *mem,
                                const struct feel_type *t);
/* "数字" for FEEL_NUMBER. */
const char *feel_kind_zh(enum feel_kind k);

#endif
