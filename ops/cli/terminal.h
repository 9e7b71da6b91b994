/* What others wrote must not steer the terminal of who looks at it: names,
 * reasons, references come from outside. Where standard output or error is a
 * terminal, controls but the line end and the tab, and characters that reorder
 * or hide others, are written as U+FFFD. Files and pipes get what there is. */
#ifndef OPS_CLI_TERMINAL_H
#define OPS_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Before anything is printed; the streams stay as they are if it fails. */
void cli_terminal_guard(void);

/* The text as a terminal gets it. */
struct cli_terminal_text
{
    unsigned char held[4]; /* the beginning of a character that goes on */
    size_t n;
};
/* to: 3 * (n + 4) bytes; returns how many. Bytes that are no UTF-8 are U+FFFD,
 * too. */
size_t cli_terminal_clean(struct cli_terminal_text *t,
                          const char *from,
                          size_t n,
                          char *to);

#endif
