/* The fact dictionary (facts.yaml): part of bus_config.h, never changed
 * after loading. */
#ifndef BUS_CONF_FACTS_H
#define BUS_CONF_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/bounds.h"
#include "bus/base/node.h"
#include "bus/conf/keys.h"

enum bus_fact_scope { BUS_FACT_HOUSEHOLD, BUS_FACT_MEMBER };
enum bus_fact_type {
    BUS_FACT_MONEY_FEN,
    BUS_FACT_COUNT,
    BUS_FACT_NUMBER,
    BUS_FACT_BOOLEAN,
    BUS_FACT_DATE,
    BUS_FACT_ENUM,
    BUS_FACT_TEXT
};
enum bus_fact_sign {
    BUS_FACT_SIGN_TELLS,
    BUS_FACT_SIGN_WHO,
    BUS_FACT_SIGN_NONE
};
struct bus_fact_word
{
    const char *word, *en, *zh;
};
struct bus_fact
{
    const char *
        name; /* first: the map's key; "income_total_fen", "disability_grade" */
    int scope;        /* enum bus_fact_scope */
    int type;         /* enum bus_fact_type */
    const char *unit; /* "fen", "month", ...; NULL */
    const char *en, *zh;
    const char *zh_name;      /* usable as a FEEL name */
    struct bus_list words;    /* struct bus_fact_word, of ENUM */
    struct bus_list sources;  /* const char *; empty for a derived one */
    bool pii;                 /* personal: masked, encrypted */
    bool sensitive;           /* health, accounts, minors (PIPL 28) */
    bool confirmed;           /* a status that counts when it is verified */
    int sign;                 /* enum bus_fact_sign */
    bool actionable;          /* a family can do it or wait for it */
    bool claim;               /* 0, or no, while nobody has said it */
    const char *derived;      /* FEEL expression, NULL if supplied */
    const char *confidence;   /* F K I A, NULL */
    struct bus_bounds bounds; /* what a value of it may be */
    /* As they are written; read into bounds. */
    int64_t min, max;
    const char *earliest, *latest, *pattern;
    const struct bus_node *node;
};
/* The source whose facts come with the step SURVEYED. */
#define BUS_CONF_SURVEY "survey"
struct bus_fact_source
{
    const char *code; /* "hospital": facts.<code> */
    const char *en, *zh;
    bool topic;       /* has a topic of its own */
    bool sharing;     /* supplies without asking the family */
    int64_t fresh_ms; /* older values are to be asked again; 0 = never */
};

#endif
