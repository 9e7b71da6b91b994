#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

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
