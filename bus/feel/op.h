/* The operators of FEEL: comparisons, then arithmetic. */
#ifndef BUS_FEEL_OP_H
#define BUS_FEEL_OP_H

#include <stdbool.h>

enum feel_op {
    FEEL_OP_NONE,
    FEEL_OP_EQ,
    FEEL_OP_NE,
    FEEL_OP_LT,
    FEEL_OP_GT,
    FEEL_OP_LE,
    FEEL_OP_GE,
    FEEL_OP_ADD,
    FEEL_OP_SUB,
    FEEL_OP_MUL,
    FEEL_OP_DIV,
    FEEL_OP_POW,
    FEEL_OP_MODULO /* floored; no operator of the language */
};

/* Does a comparison hold of what strcmp() would say? */
bool feel_op_holds(enum feel_op op, int order);
const char *feel_op_text(enum feel_op op); /* as it is written */

#endif
