/* The steps of a plan: what plan_compile.c makes and plan_run.c runs. */
#ifndef BUS_WIRE_PLAN_PARTS_H
#define BUS_WIRE_PLAN_PARTS_H

#include "bus/wire/codec.h"

enum step_code {
    STEP_END, /* of every plan and sub-plan but a union's branches */
    STEP_BOOLEAN,
    STEP_INT,  /* -> int32_t */
    STEP_LONG, /* int or long -> int64_t */
    STEP_LONG_TO_FLOAT,
    STEP_LONG_TO_DOUBLE,
    STEP_FLOAT,
    STEP_FLOAT_TO_DOUBLE,
    STEP_DOUBLE,
    STEP_STRING, /* checked to be UTF-8 */
    STEP_BYTES,
    STEP_FIXED,
    STEP_ENUM,
    STEP_ARRAY,      /* a map, too: its key is the first of an item's steps */
    STEP_UNION,      /* the writer's union: one sub-plan a branch */
    STEP_SET_HAS,    /* a nullable value is there */
    STEP_SET_BRANCH, /* the reader's branch */
    STEP_DEFAULT,    /* the reader's default through a sub-plan */
    STEP_PART,       /* a sub-plan on the same struct */
    STEP_SKIP_VARINT,
    STEP_SKIP_FIXED,
    STEP_SKIP_BYTES,
    STEP_SKIP_ARRAY,
    STEP_NULL,
    STEP_NO /* this writer's branch fits nothing of the reader */
};

struct prog;
struct step
{
    const struct step *next; /* a union's branches go on behind the union */
    uint8_t code;
    uint32_t at;    /* where in the struct */
    uint32_t size;  /* of an item or pair, a fixed; the branch; has's offset */
    uint32_t min;   /* the fewest bytes an item takes */
    uint32_t count; /* branches, symbols */
    struct prog *sub;             /* item; count of them for a union */
    const struct step **branches; /* where each of a union's begins */
    const int32_t *symbols;       /* writer's -> reader's, -1: none */
    struct bus_strv bytes;        /* the default */
};
struct prog
{
    struct step *v;
    size_t n, cap;
};

struct bus_wire_plan
{
    const struct bus_wire_type *type; /* NULL: only checked */
    struct bus_arena mem;
    struct prog top;
};

int wire_plan_compile(struct bus_wire_plan *plan,
                      const struct bus_wire_schema *writer,
                      const struct bus_wire_schema *reader,
                      const struct bus_wire_slot *slots,
                      struct bus_err *err);

/* What the compiling files share. */
#define WIRE_SKIPS_MAX 256
#define WIRE_PAIRS_MAX 256
struct skip_of
{
    const struct bus_wire_schema *schema;
    struct prog *prog;
};
struct compiling
{
    struct bus_arena *mem;
    struct bus_err *err;
    struct skip_of skips[WIRE_SKIPS_MAX];
    size_t skip_count;
    struct
    {
        const struct bus_wire_schema *w, *r;
    } pairs[WIRE_PAIRS_MAX]; /* records in work: a pair met again is taken as
                                well */
    size_t pair_count;
    size_t work;
    bool check_only;
    int depth;
};

/* NULL: no room. */
struct step *wire_plan_add(struct compiling *c, struct prog *p, uint8_t code);
/* When all steps are there: links them, and the branches of its unions; passes
 * a failure rc on. A union's branches themselves are not ended. */
int wire_plan_end(struct compiling *c, struct prog *p, int rc);
int wire_plan_no_room(struct compiling *c); /* BUS_ETOOBIG */
int wire_plan_skip(struct compiling *c,
                   const struct bus_wire_schema *w,
                   struct prog *p);

/* encode.c */
struct coder;
int wire_coder_new(const struct bus_wire_schema *schema,
                   const struct bus_wire_slot *slots,
                   struct bus_arena *mem,
                   struct coder **ret,
                   struct bus_err *err);
size_t wire_coder_size(const struct coder *c, const void *record);
uint8_t *
wire_coder_write(const struct coder *c, const void *record, uint8_t *to);
/* Behind `head` bytes that are left to the caller; NULL: no room. Written into
 * what is left of the arena's block; only what does not fit is counted first.
 */
uint8_t *wire_coder_put(const struct coder *c,
                        const void *record,
                        size_t head,
                        struct bus_arena *mem,
                        size_t *ret_bytes);
bool wire_coder_field(const struct coder *c,
                      const void *record,
                      size_t field,
                      struct bus_arena *mem,
                      uint32_t *ends,
                      struct bus_strv *ret);

#endif
