/* The document of bus/ledger on a terminal: Chinese, with en the same in
 * English behind it. */
#ifndef OPS_CLI_INSPECT_CASE_SCREEN_H
#define OPS_CLI_INSPECT_CASE_SCREEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "bus/base/err.h"

struct case_screen
{
    FILE *to;
    bool en;
    bool all; /* every reason and change of what is not eligible, too */
    /* Neither: one screen of 24 lines, 80 columns, in one language. */
    bool items, history;
};
/* document: JSON of bus_ledger_show(); BUS_EBUG if it is none. */
int cli_case_screen_show(const struct case_screen *s,
                         const char *document,
                         struct bus_err *err) BUS_MUSTCHECK;
/* case_brief.c: the one screen. */
int cli_case_brief_show(const struct case_screen *s,
                        const json_t *document,
                        struct bus_err *err) BUS_MUSTCHECK;
/* results_screen.c: of a document with "results". */
void cli_case_screen_results(const struct case_screen *s,
                             const json_t *document);
/* of bus_ledger_list() */
int cli_case_screen_list(const struct case_screen *s,
                         const char *document,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
