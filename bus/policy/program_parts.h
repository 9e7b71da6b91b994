/* The operations of a program. */
#ifndef BUS_POLICY_PROGRAM_PARTS_H
#define BUS_POLICY_PROGRAM_PARTS_H

#include "bus/feel/tree.h"
#include "bus/policy/program.h"
#include "bus/policy/view.h"

#define PROGRAM_STACK 24

#define PROGRAM_LOW_CLOSED  1
#define PROGRAM_HIGH_CLOSED 2

enum op_code {
    OP_CONST,     /* push cell */
    OP_FACT,      /* push household fact */
    OP_MEMBER,    /* push fact of the member at hand */
    OP_STANDARD,  /* push */
    OP_RULE_DATE, /* push */
    OP_MEMBERS,   /* push how many members */
    OP_ARITH,     /* op: ADD to DIV; 2 -> 1 */
    OP_COMPARE,   /* op: EQ to GE; 2 -> 1 */
    OP_AND,       /* 2 -> 1 */
    OP_OR,
    OP_NOT,
    OP_NEGATE,
    OP_JUMP,
    OP_JUMP_IF_FALSE, /* keeps it */
    OP_JUMP_IF_TRUE,
    OP_BRANCH,  /* takes a condition: true falls through, false or null jumps;
                   unknown: the tree of the whole `if`, then its end */
    OP_IN_TEXT, /* is the text one of `count` */
    OP_IN_INT,  /* low <= x <= high; count: closed ends */
    OP_YEARS,   /* whole years between two days; 2 -> 1 */
    OP_FLOOR,   /* of what may be a fraction */
    OP_CEILING,
    OP_LEAST, /* min of two */
    OP_MOST,
    OP_SOME,  /* over members, until `to` */
    OP_EVERY, /* the same */
    OP_COUNT, /* how many members */
    OP_TREE   /* push the tree's value */
};
struct op
{
    uint8_t code; /* enum op_code */
    uint8_t op;   /* enum feel_op */
    uint16_t count;
    uint32_t to;
    union {
        struct cell cell;
        struct
        {
            const struct fact_def *def;
            size_t index; /* in the catalogue */
        } fact;
        const struct standard_def *standard;
        struct
        {
            const struct feel_node *node;
            const struct bus_strv *var; /* the member's name; n 0: bare */
        } tree;
        struct
        {
            int64_t low, high;
        } range;
        const struct bus_strv *texts;
    };
};

#endif
