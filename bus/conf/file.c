/* Whole files, folder listings and CSV.
 *
 * - everything is read into the arena and stays there
 * - a file or folder that cannot be read is a fault with its name */
#include "bus/conf/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LIST_MAX 4096

static void
fault_of(struct bus_faults *faults, const char *path, const char *text)
{
    struct bus_place whole = {bus_arena_strdup(faults->mem, path), 0, 0};
    faults->out_of_memory = faults->out_of_memory || !whole.file;
    bus_faults_add(faults, whole, NULL, "%s", text);
}

static bool
read_into(struct bus_arena *mem, FILE *f, size_t n, struct bus_strv *ret)
{
    char *text = bus_arena_alloc(mem, n + 1);
    if (!text) {
        errno = ENOMEM;
        return false;
    }
    size_t got = fread(text, 1, n, f);
    if (got != n && ferror(f)) {
        return false;
    }
    text[got] = 0;
    *ret = (struct bus_strv){text, got};
    return true;
}

bool bus_conf_slurp(struct bus_arena *mem,
                    const char *path,
                    size_t max_bytes,
                    struct bus_strv *ret,
                    struct bus_faults *faults)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    bool ok = false;
    if (!f || fstat(fileno(f), &st) != 0) {
        fault_of(faults, path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        fault_of(faults, path, "not a file");
    } else if (st.st_size < 0 || (size_t)st.st_size > max_bytes) {
        fault_of(faults, path, "the file is too big");
    } else {
        ok = read_into(mem, f, (size_t)st.st_size, ret);
        if (!ok) {
            faults->out_of_memory = faults->out_of_memory || errno == ENOMEM;
            fault_of(faults, path, strerror(errno));
        }
    }
    if (f) {
        fclose(f);
    }
    return ok;
}

char *bus_conf_join(struct bus_arena *mem, const char *folder, const char *name)
{
    if (name[0] == '/') {
        return bus_arena_strdup(mem, name);
    }
    return bus_arena_printf(mem, "%s/%s", folder, name);
}

static bool
file_wanted(const char *folder, const struct dirent *d, const char *suffix)
{
    if (d->d_name[0] == '.') {
        return false;
    }
    char path[4096];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
    if (n < 0 || (size_t)n >= sizeof path || stat(path, &st) != 0) {
        return false;
    }
    if (!suffix[0]) {
        return S_ISDIR(st.st_mode);
    }
    size_t len = strlen(d->d_name);
    size_t s = strlen(suffix);
    return S_ISREG(st.st_mode) && len > s &&
           strcmp(d->d_name + len - s, suffix) == 0;
}

static int name_cmp(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool bus_conf_list(struct bus_arena *mem,
                   const char *folder,
                   const char *suffix,
                   const char ***ret,
                   size_t *ret_count,
                   struct bus_faults *faults)
{
    DIR *dir = opendir(folder);
    const char **names = bus_arena_calloc(mem, LIST_MAX, sizeof *names);
    size_t count = 0;
    if (!dir || !names) {
        faults->out_of_memory = faults->out_of_memory || dir;
        fault_of(faults, folder, dir ? "out of memory" : strerror(errno));
        if (dir) {
            closedir(dir);
        }
        return false;
    }
    struct dirent *d;
    while ((d = readdir(dir)) && count < LIST_MAX) {
        if (file_wanted(folder, d, suffix)) {
            names[count] = bus_arena_strdup(mem, d->d_name);
            count += names[count] != NULL;
        }
    }
    closedir(dir);
    qsort(names, count, sizeof *names, name_cmp);
    *ret = names;
    *ret_count = count;
    return true;
}

bool bus_conf_csv_read(struct bus_arena *mem,
                       const char *path,
                       const char *head,
                       void (*row)(void *data, const struct bus_csv_row *row),
                       void *data,
                       struct bus_faults *faults)
{
    struct bus_strv text;
    struct bus_source source = {.file = bus_arena_strdup(mem, path)};
    if (!bus_conf_slurp(mem, path, 64u << 20, &text, faults)) {
        return false;
    }
    source.text = text;
    return bus_conf_csv_parse(mem, &source, head, row, data, faults);
}
