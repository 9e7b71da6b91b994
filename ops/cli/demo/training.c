#include "ops/cli/demo/training.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATH   1024
#define NOTICE "  notice_days: "

/* nftw() takes no data of its own; the demo makes one copy and has one thread.
 */
static const char *training_from, *training_to;
static struct bus_err *training_err;

static int training_line(const char *line, FILE *out)
{
    bool notice = strncmp(line, NOTICE, sizeof(NOTICE) - 1) == 0;
    return fputs(notice ? NOTICE "0\n" : line, out);
}

static int training_file(const char *path, const char *to)
{
    char line[16384];
    FILE *in = fopen(path, "re"), *out = fopen(to, "we");
    bool fine = in != NULL && out != NULL;
    while (fine && fgets(line, sizeof(line), in) != NULL) {
        fine = training_line(line, out) >= 0;
    }
    fine = fine && ferror(in) == 0;
    if (in != NULL) {
        (void)fclose(in);
    }
    return out != NULL && fclose(out) == 0 && fine ? 0 : -1;
}

static int
training_copy(const char *path, const struct stat *st, int type, struct FTW *at)
{
    char to[PATH];
    (void)st;
    (void)at;
    int n = snprintf(to, sizeof(to), "%s%s", training_to,
                     path + strlen(training_from));
    int rc = n >= (int)sizeof(to) ? -1
             : type == FTW_D      ? mkdir(to, 0755)
             : type == FTW_F      ? training_file(path, to)
                                  : -1;
    return rc == 0 ? 0
                   : bus_fail(training_err, BUS_EIO, "%s to %s: %s", path, to,
                              strerror(errno));
}

int cli_demo_training(const char *from, const char *to, struct bus_err *err)
{
    training_from = from;
    training_to = to;
    training_err = err;
    int rc = nftw(from, training_copy, 16, 0);
    return rc == -1 ? bus_fail(err, BUS_EIO, "%s: %s", from, strerror(errno))
                    : rc;
}
