/* What the files about clauses share: names in a rule's text. */
#ifndef BUS_POLICY_CLAUSE_PARTS_H
#define BUS_POLICY_CLAUSE_PARTS_H

#include "bus/policy/clause.h"

struct clause_name
{
    size_t to;    /* behind it in the text */
    bool path;    /* `a.b`, else one word */
    int fact;     /* -1: none */
    int standard; /* -1: none */
    bool member;  /* the fact is a member's */
};
bool policy_clause_name_char(char ch);
struct bus_strv policy_clause_word(struct bus_strv rule, size_t i);
/* Behind the string literal that starts at i. */
size_t policy_clause_past_string(struct bus_strv rule, size_t i);
/* The word or path at i, and what it names. */
void advice_clause_name_at(const struct bus_policy_catalogue *c,
                           struct bus_strv rule,
                           size_t i,
                           struct clause_name *ret);
/* A fact's or standard's name in that language; "" if it has none. */
struct bus_strv advice_clause_label(const struct bus_node *body,
                                    enum bus_policy_lang lang);

#endif
