/* What the table of commands is written out as: the man page's COMMANDS and
 * a completion for bash. Both are made of name, usage and summary alone, so
 * that they cannot fall behind the program. */
#ifndef OPS_CLI_HELP_H
#define OPS_CLI_HELP_H

#include <stddef.h>
#include <stdio.h>

#include "ops/cli/lianou.h"

/* The section COMMANDS of lianou(1), in man macros. */
void cli_help_man(FILE *to,
                  const struct lianou_command *const *table,
                  size_t n);
/* `_lianou`: commands first, then the words and options of a command's usage
 * and further lines ("plan|apply" are words, "--config" an option), where they
 * name PARTNER the partners of LIANOU_CONFIG or else of config_dir, else files.
 */
void cli_help_bash(FILE *to,
                   const struct lianou_command *const *table,
                   size_t n,
                   const char *config_dir);

#endif
