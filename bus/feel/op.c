/* The operators of FEEL. */
#include "bus/feel/op.h"

#include "bus/base/check.h"

bool feel_op_holds(enum feel_op op, int order)
{
    switch (op) {
    case FEEL_OP_EQ:
        return order == 0;
    case FEEL_OP_NE:
        return order != 0;
    case FEEL_OP_LT:
        return order < 0;
    case FEEL_OP_GT:
        return order > 0;
    case FEEL_OP_LE:
        return order <= 0;
    case FEEL_OP_GE:
        return order >= 0;
    case FEEL_OP_NONE:
    case FEEL_OP_ADD:
    case FEEL_OP_SUB:
    case FEEL_OP_MUL:
    case FEEL_OP_DIV:
    case FEEL_OP_POW:
    case FEEL_OP_MODULO:
        break;
    }
    BUS_CHECK(!"a comparison is by one of its operators");
    return false;
}

const char *feel_op_text(enum feel_op op)
{
    switch (op) {
    case FEEL_OP_EQ:
        return "=";
    case FEEL_OP_NE:
        return "!=";
    case FEEL_OP_LT:
        return "<";
    case FEEL_OP_GT:
        return ">";
    case FEEL_OP_LE:
        return "<=";
    case FEEL_OP_GE:
        return ">=";
    case FEEL_OP_ADD:
        return "+";
    case FEEL_OP_SUB:
        return "-";
    case FEEL_OP_MUL:
        return "*";
    case FEEL_OP_DIV:
        return "/";
    case FEEL_OP_POW:
        return "**";
    case FEEL_OP_MODULO:
        return "modulo";
    case FEEL_OP_NONE:
        break;
    }
    return "in";
}
