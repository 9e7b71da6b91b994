/* All items that the households of a file expect something of, together. */
#ifndef OPS_POLICY_WHOLE_H
#define OPS_POLICY_WHOLE_H

#include <stdint.h>

/* Prints a line an expectation; an exit code. day: NULL for the file's own. */
int cli_policy_test_whole(const char *folder,
                          const char *path,
                          const int32_t *day);

#endif
