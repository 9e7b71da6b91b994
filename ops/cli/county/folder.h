/* Folders of texts, as a county's configuration is one. */
#ifndef OPS_CLI_COUNTY_FOLDER_H
#define OPS_CLI_COUNTY_FOLDER_H

#include <stdbool.h>
#include <stdio.h>

#include "bus/base/err.h"

#define CLI_FOLDER_PATH 1024 /* bytes of a path, with its end */

/* What becomes of a copy; path is relative to the folder. */
struct cli_folder_edit
{
    /* False: this file stays behind. NULL: all of them come. */
    bool (*takes)(void *data, const char *path);
    /* One line with its end; writes what stands in its place. False: it could
     * not. NULL: each as it is. */
    bool (*line)(void *data, const char *path, const char *line, FILE *to);
    void *data;
};
/* Copies the texts of `from` (.yaml, .csv, .dmn, .md) into `to`, which is made
 * if it is not there; folders without one are not. A folder below `from` with a
 * bus.yaml of its own is another county's and stays out, and so does `to`.
 * Never anything else: keys and state of a county may stand beside them. Modes
 * are 0700 and 0600 where the umask says so. BUS_EIO with what could not be
 * copied, BUS_ETOOBIG for a path or a line that is too long. */
int cli_folder_copy(const char *from,
                    const char *to,
                    const struct cli_folder_edit *edit,
                    struct bus_err *err) BUS_MUSTCHECK;
/* The folder and all in it; false if something stays. */
bool cli_folder_remove(const char *path);

#endif
