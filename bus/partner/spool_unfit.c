/* What stands in in/ and is no document: a link, a pipe, a folder, a device, a
 * name that is too long. It is not opened and not moved; its owner is told by a
 * reason file in rejected/, once, and the file is his to take away. And what a
 * folder holds. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/partner/document.h"
#include "bus/partner/spool_parts.h"

/* A stream over a folder of its own position; NULL: errno. */
DIR *partner_spool_list(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (d == NULL && fd >= 0) {
        (void)close(fd);
    }
    return d;
}

size_t partner_spool_ending(const struct bus_partner_transport *t,
                            const char *name)
{
    size_t n = strlen(name);
    BUS_CHECK(t->endings != NULL);
    for (size_t i = 0; t->endings[i] != NULL; i++) {
        size_t tail = strlen(t->endings[i]);
        if (n > tail && strcasecmp(name + n - tail, t->endings[i]) == 0) {
            return tail;
        }
    }
    return 0;
}

/* "~$..." is what an office suite keeps beside an open file. */
enum spool_fit partner_spool_fit(const struct bus_partner_transport *t,
                                 int folder,
                                 const char *name,
                                 struct stat *st)
{
    if (name[0] == '.' || strncmp(name, "~$", 2) == 0 ||
        partner_spool_ending(t, name) == 0 ||
        fstatat(folder, name, st, AT_SYMLINK_NOFOLLOW) != 0) {
        return SPOOL_FIT_NOT_MEANT;
    }
    return strlen(name) > SPOOL_NAME_MAX ? SPOOL_FIT_LONG
           : !S_ISREG(st->st_mode)       ? SPOOL_FIT_NO_FILE
                                         : SPOOL_FIT_WELL;
}

static int unfit_text(enum spool_fit fit,
                      struct bus_arena *mem,
                      struct bus_buf *text,
                      struct bus_err *err)
{
    struct bus_partner_document_faults faults = {.mem = mem};
    if (fit == SPOOL_FIT_LONG) {
        bus_partner_document_fault_add(&faults, "", "NAME_TOO_LONG",
                                       "文件名不得超过 200 个字节",
                                       "a file's name has at most 200 bytes");
    } else {
        bus_partner_document_fault_add(
            &faults, "", "NOT_A_FILE", "须为普通文件, 不接受链接、管道、目录",
            "must be a regular file: no link, pipe or folder is taken");
    }
    return bus_partner_document_faults_write(&faults, text, err);
}

int partner_spool_unfit(struct bus_partner_transport *t,
                        const char *name,
                        enum spool_fit fit,
                        struct bus_arena *mem,
                        struct bus_err *err)
{
    BUS_CHECK(fit == SPOOL_FIT_LONG || fit == SPOOL_FIT_NO_FILE);
    char part[SPOOL_NAME_MAX + 33], full[SPOOL_NAME_MAX + 32];
    size_t n = strlen(name) - partner_spool_ending(t, name);
    int keep = (int)(n > SPOOL_NAME_MAX - 32 ? SPOOL_NAME_MAX - 32 : n);
    (void)snprintf(full, sizeof(full), "%.*s.reason" SPOOL_ENDING, keep, name);
    (void)snprintf(part, sizeof(part), ".%s", full);
    if (faccessat(t->rejected, full, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return BUS_OK; /* told before */
    }
    struct bus_buf text;
    bus_buf_init(&text, 0);
    int rc;
    BUS_TRY_GOTO(rc, unfit_text(fit, mem, &text, err), done);
    BUS_TRY_GOTO(
        rc, bus_disk_write(t->rejected, part, bus_buf_view(&text), err), done);
    BUS_TRY_GOTO(
        rc, partner_spool_share(t->rejected, part, SPOOL_FILE_MODE, err), done);
    BUS_TRY_GOTO(rc, bus_disk_rename(t->rejected, part, t->rejected, full, err),
                 done);
done:
    bus_buf_fini(&text);
    return rc;
}

int partner_spool_share(int folder,
                        const char *name,
                        mode_t mode,
                        struct bus_err *err)
{
    return fchmodat(folder, name, mode, 0) == 0 ? BUS_OK
                                                : bus_disk_fail(err, name);
}

/* One that another account made keeps what he gave it. */
int partner_spool_share_folder(int fd, mode_t mode, struct bus_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return bus_disk_fail(err, "a spool's folder");
    }
    mode_t wanted = mode | (st.st_mode & S_ISGID);
    if (st.st_uid != geteuid() || (st.st_mode & 07777) == wanted) {
        return BUS_OK;
    }
    return fchmod(fd, wanted) == 0 ? BUS_OK
                                   : bus_disk_fail(err, "a spool's folder");
}
