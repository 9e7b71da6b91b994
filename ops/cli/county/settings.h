/* A sample's bus.yaml with a county's own values in it, line by line: comments,
 * order and the names of the environment stay. */
#ifndef OPS_CLI_COUNTY_SETTINGS_H
#define OPS_CLI_COUNTY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bus/base/err.h"

struct cli_setting
{
    const char *section, *key; /* section "": the key stands by itself */
    const char *value;         /* one line; NULL: as in the sample */
    bool placed;
};
struct cli_settings
{
    struct cli_setting *list;
    size_t count;
    char section[64]; /* that the line before stood in */
};
/* Writes the line with its value; `${NAME:-sample}` becomes `${NAME:-value}`.
 * False: it could not be written. */
bool cli_settings_line(struct cli_settings *s, const char *line, FILE *to);
/* BUS_ECONFIG: the sample has no place for one of them. */
int cli_settings_end(const struct cli_settings *s,
                     const char *file,
                     struct bus_err *err) BUS_MUSTCHECK;

#endif
