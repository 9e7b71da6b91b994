/* The tokens of FEEL, for its parser. */
#ifndef BUS_POLICY_FEEL_LEX_H
#define BUS_POLICY_FEEL_LEX_H

#include "bus/policy/feel_parts.h"

enum token { T_END, T_NUMBER, T_STRING, T_NAME, T_MARK, T_AT };

struct parser
{
    struct bus_strv text;
    struct bus_arena *mem;
    struct feel_error *err;
    size_t at;    /* behind the token */
    size_t start; /* of the token */
    enum token token;
    struct bus_strv word; /* the token's text */
    int depth;
    bool failed;
};

/* The first fault is kept; always NULL. */
const struct feel_node *feel_fault(struct parser *p, const char *expected);
void feel_next(struct parser *p);
bool feel_mark(const struct parser *p, const char *m);
bool feel_key(const struct parser *p, const char *k);
/* Quotes off, escapes resolved; false is a fault. */
bool feel_unquote(struct parser *p, struct bus_strv w, struct bus_strv *ret);

#endif
