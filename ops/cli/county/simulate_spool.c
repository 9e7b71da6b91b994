/* out/ is read and emptied, in/ is filled. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "ops/cli/county/simulate_parts.h"

#define ENDING    ".json"
#define NAME_ROOM 80

struct simulate_spool
{
    int root, out, in;
};

static int simulate_spool_put(struct simulate_spool *s,
                              struct bus_strv text,
                              const char *id,
                              const char *suffix,
                              struct bus_err *err)
{
    char name[NAME_ROOM], part[NAME_ROOM + 1];
    (void)snprintf(name, sizeof(name), "%s%s" ENDING, id, suffix);
    (void)snprintf(part, sizeof(part), ".%s", name);
    BUS_TRY(bus_disk_write(s->in, part, text, err));
    BUS_TRY(bus_disk_rename(s->in, part, s->in, name, err));
    return bus_disk_sync(s->in, err);
}

static int simulate_spool_give(struct simulate_spool *s,
                               const struct simulate_said *said,
                               size_t nth,
                               struct bus_err *err)
{
    char name[BUS_ID_TEXT + 8];
    /* Taken by age, then by name: in the order they are given. */
    (void)snprintf(name, sizeof(name), "%02zu-%s", nth % 100, said->id);
    BUS_TRY(simulate_spool_put(s, said->text, name, "", err));
    return said->twice ? simulate_spool_put(s, said->text, name, "-again", err)
                       : BUS_OK;
}

/* A task of out/: answered, then taken away. */
static int simulate_spool_take(struct simulate_side *s,
                               const char *name,
                               struct bus_err *err)
{
    struct simulate_spool *own = s->own;
    struct simulate_said said[SIMULATE_ANSWERS_MAX];
    struct bus_strv text;
    size_t n = 0;
    bus_arena_reset(&s->mem);
    BUS_TRY(bus_disk_read(own->out, name, SIZE_MAX / 2, &s->mem, &text, err));
    if (cli_simulate_desk_ask(&s->desk, text, said, &n, err) != BUS_OK) {
        return bus_wrap(err, "%s", name);
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(simulate_spool_give(own, &said[i], i, err));
    }
    return bus_disk_unlink(own->out, name, err);
}

static bool task_name(const char *name)
{
    size_t n = strlen(name), tail = sizeof(ENDING) - 1;
    return name[0] != '.' && n > tail && strcmp(name + n - tail, ENDING) == 0;
}

static int simulate_spool_look(struct simulate_side *s, struct bus_err *err)
{
    const struct simulate_spool *own = s->own;
    int fd = openat(own->out, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    int rc = d == NULL ? bus_disk_fail(err, "out") : BUS_OK;
    for (struct dirent *e; rc == BUS_OK && (e = readdir(d)) != NULL;) {
        rc = task_name(e->d_name) ? simulate_spool_take(s, e->d_name, err)
                                  : BUS_OK;
    }
    if (d != NULL) {
        (void)closedir(d);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

static void simulate_spool_close(struct simulate_side *s)
{
    struct simulate_spool *own = s->own;
    const int fds[] = {own->in, own->out, own->root};
    for (size_t i = 0; i < 3; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    bus_free(own);
}

static int simulate_spool_open(struct simulate_side *s, struct bus_err *err)
{
    struct simulate_spool *own = bus_calloc(1, sizeof(*own));
    if (own == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a simulated spool");
    }
    *own = (struct simulate_spool){-1, -1, -1};
    s->own = own;
    BUS_TRY(
        bus_disk_folder(AT_FDCWD, s->conf.partner->spool_dir, &own->root, err));
    BUS_TRY(bus_disk_folder(own->root, "out", &own->out, err));
    return bus_disk_folder(own->root, "in", &own->in, err);
}

const struct simulate_way simulate_way_spool = {.open = simulate_spool_open,
                                                .look = simulate_spool_look,
                                                .close = simulate_spool_close};
