#include "ops/cli/county/folder.h"

#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 16384

static bool is_text(const char *name)
{
    static const char *const ends[] = {".yaml", ".csv", ".dmn", ".md"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strcmp(dot, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The folders that lead to the file. */
static bool lead_to(char *path)
{
    for (char *p = path + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        bool there = mkdir(path, 0755) == 0 || errno == EEXIST;
        *p = '/';
        if (!there) {
            return false;
        }
    }
    return true;
}

static int copy_lines(const struct cli_folder_edit *edit,
                      const char *name,
                      FILE *in,
                      FILE *out,
                      struct bus_err *err)
{
    char line[LINE_BYTES];
    bool fine = true;
    while (fine && fgets(line, sizeof(line), in) != NULL) {
        size_t n = strlen(line);
        if (n + 1 == sizeof(line) && line[n - 1] != '\n') {
            return bus_fail(err, BUS_ETOOBIG,
                            "%s: a line has more than %d bytes / 行过长", name,
                            LINE_BYTES - 2);
        }
        fine = edit->line != NULL ? edit->line(edit->data, name, line, out)
                                  : fputs(line, out) >= 0;
    }
    return fine && ferror(in) == 0
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "%s: %s", name, strerror(errno));
}

static int copy_file(const char *from,
                     const char *name,
                     char to[CLI_FOLDER_PATH],
                     const struct cli_folder_edit *edit,
                     struct bus_err *err)
{
    FILE *in = fopen(from, "re");
    if (in == NULL) {
        return bus_fail(err, BUS_EIO, "%s: %s", from, strerror(errno));
    }
    FILE *out = lead_to(to) ? fopen(to, "we") : NULL;
    int rc = out == NULL ? bus_fail(err, BUS_EIO, "%s: %s", to, strerror(errno))
                         : copy_lines(edit, name, in, out, err);
    (void)fclose(in);
    if (out != NULL && fclose(out) != 0 && rc == BUS_OK) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", to, strerror(errno));
    }
    return rc;
}

/* What the walk has come to. */
static int copy_entry(const FTSENT *e,
                      size_t skip,
                      const char *to,
                      const struct cli_folder_edit *edit,
                      struct bus_err *err)
{
    char path[CLI_FOLDER_PATH];
    if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR ||
        e->fts_info == FTS_NS) {
        return bus_fail(err, BUS_EIO, "%s: %s", e->fts_path,
                        strerror(e->fts_errno));
    }
    if (e->fts_info != FTS_F || !is_text(e->fts_name)) {
        return BUS_OK;
    }
    const char *name = e->fts_path + skip;
    if (edit->takes != NULL && !edit->takes(edit->data, name)) {
        return BUS_OK;
    }
    if (snprintf(path, sizeof(path), "%s/%s", to, name) >= (int)sizeof(path)) {
        return bus_fail(err, BUS_ETOOBIG, "%s/%s: too long / 路径过长", to,
                        name);
    }
    return copy_file(e->fts_path, name, path, edit, err);
}

/* Another county's folder, or the one that is written: below `from` they are no
 * part of it. */
static bool is_others(const FTSENT *e, const char *to)
{
    char path[CLI_FOLDER_PATH];
    struct stat there;
    if (e->fts_info != FTS_D || e->fts_level == 0) {
        return false;
    }
    return (snprintf(path, sizeof(path), "%s/bus.yaml", e->fts_path) <
                (int)sizeof(path) &&
            access(path, F_OK) == 0) ||
           (stat(to, &there) == 0 && there.st_ino == e->fts_statp->st_ino &&
            there.st_dev == e->fts_statp->st_dev);
}

int cli_folder_copy(const char *from,
                    const char *to,
                    const struct cli_folder_edit *edit,
                    struct bus_err *err)
{
    char root[CLI_FOLDER_PATH];
    if (snprintf(root, sizeof(root), "%s", from) >= (int)sizeof(root)) {
        return bus_fail(err, BUS_ETOOBIG, "%s: too long / 路径过长", from);
    }
    for (size_t n = strlen(root); n > 1 && root[n - 1] == '/'; n--) {
        root[n - 1] = '\0';
    }
    char *const roots[] = {root, NULL};
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL) {
        return bus_fail(err, BUS_EIO, "%s: %s", from, strerror(errno));
    }
    int rc = BUS_OK;
    for (FTSENT *e; rc == BUS_OK && (e = fts_read(walk)) != NULL;) {
        if (is_others(e, to)) {
            (void)fts_set(walk, e, FTS_SKIP);
        }
        rc = copy_entry(e, strlen(root) + 1, to, edit, err);
    }
    (void)fts_close(walk);
    return rc;
}

bool cli_folder_remove(const char *path)
{
    char *const roots[] = {(char *)(uintptr_t)path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    bool gone = walk != NULL;
    for (const FTSENT *e; walk != NULL && (e = fts_read(walk)) != NULL;) {
        if (e->fts_info != FTS_D) {
            gone = remove(e->fts_accpath) == 0 && gone;
        }
    }
    if (walk != NULL) {
        (void)fts_close(walk);
    }
    return gone;
}
