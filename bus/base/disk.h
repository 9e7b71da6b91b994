/* Files that must still be there after the power has gone: write, fsync,
 * rename, fsync of the folder. Names are relative to an open folder.
 *
 * A full disk is BUS_EFULL, everything else that went wrong BUS_EIO: both are
 * to be tried again. The system calls can be replaced, so that a test can make
 * any one of them fail or be the last. */
#ifndef BUS_BASE_DISK_H
#define BUS_BASE_DISK_H

#include <sys/types.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"

struct bus_disk_io
{
    ssize_t (*write)(int fd, const void *p, size_t n);
    int (*fsync)(int fd);
    int (*rename)(int from, const char *old, int to, const char *name);
    int (*unlink)(int folder, const char *name);
};
/* NULL puts the system's back. Not while other threads run. */
void bus_disk_io_set(const struct bus_disk_io *io);

/* Makes the folder (its parents too where `at` is AT_FDCWD) and opens it. */
int bus_disk_folder(int at, const char *path, int *ret_fd, struct bus_err *err)
    BUS_MUSTCHECK;
/* The file with exactly these bytes, on the disk; its name is not yet. A file
 * that could not be written whole is removed. Mode 0640. */
int bus_disk_write(int folder,
                   const char *name,
                   struct bus_strv bytes,
                   struct bus_err *err) BUS_MUSTCHECK;
/* Appends; on the disk when it returns. After a failure the file ends where it
 * ended before: size is what it was and becomes what it is. */
int bus_disk_append(int fd,
                    off_t *size,
                    struct bus_strv bytes,
                    struct bus_err *err) BUS_MUSTCHECK;
/* Replaces a file of that name. BUS_EAGAIN: this name alone is in the way (it
 * is a folder's). */
int bus_disk_rename(int from,
                    const char *old,
                    int to,
                    const char *name,
                    struct bus_err *err) BUS_MUSTCHECK;
int bus_disk_unlink(int folder, const char *name, struct bus_err *err)
    BUS_MUSTCHECK; /* one that is not there is fine */
int bus_disk_sync(int folder, struct bus_err *err) BUS_MUSTCHECK;
/* A regular file of at most max bytes, in mem; no link is followed.
 * BUS_ETOOBIG: larger; BUS_EUNKNOWN: not there; BUS_EDENIED. */
int bus_disk_read(int folder,
                  const char *name,
                  size_t max,
                  struct bus_arena *mem,
                  struct bus_strv *ret,
                  struct bus_err *err) BUS_MUSTCHECK;
/* By errno. */
int bus_disk_fail(struct bus_err *err, const char *what);

#endif
