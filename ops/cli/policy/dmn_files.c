#include "ops/cli/policy/dmn_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

bool cli_dmn_slurp(struct bus_arena *mem,
                   const char *path,
                   struct bus_strv *ret)
{
    FILE *f = fopen(path, "re");
    size_t n = 0, cap = (size_t)DMN_BYTES_MAX + 2;
    struct bus_arena_mark mark = bus_arena_mark(mem);
    char *p = f ? bus_arena_alloc(mem, cap) : NULL;
    if (p != NULL) {
        n = fread(p, 1, cap - 1, f);
    }
    bool ok = p != NULL && !ferror(f);
    if (f != NULL) {
        (void)fclose(f);
    }
    if (!ok) {
        return false;
    }
    if (n < cap / 2) { /* small: keep no more than it needs */
        bus_arena_release(mem, mark);
        p = bus_arena_strndup(mem, p, n);
    } else {
        p[n] = '\0';
    }
    *ret = (struct bus_strv){p, n};
    return p != NULL;
}

static bool is_model(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".dmn") == 0;
}

struct dmn_model *
cli_dmn_open(struct bus_arena *mem, const char *path, struct bus_faults *faults)
{
    struct dmn_source s[DMN_FILES_MAX] = {{.file = path}};
    size_t n = 1;
    if (!cli_dmn_slurp(mem, path, &s[0].text)) {
        bus_faults_add(faults, (struct bus_place){path, 0, 0}, NULL, "%s",
                       strerror(errno));
        return NULL;
    }
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash ? bus_arena_strndup(mem, path, (size_t)(slash - path)) : ".";
    DIR *d = folder ? opendir(folder) : NULL;
    const struct dirent *e;
    while (d != NULL && n < DMN_FILES_MAX && (e = readdir(d)) != NULL) {
        const char *own = slash ? slash + 1 : path;
        if (!is_model(e->d_name) || strcmp(e->d_name, own) == 0) {
            continue;
        }
        s[n].file = bus_arena_printf(mem, "%s/%s", folder, e->d_name);
        if (s[n].file != NULL && cli_dmn_slurp(mem, s[n].file, &s[n].text) &&
            s[n].text.n <= DMN_BYTES_MAX) {
            n++;
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
    return dmn_model_new(s, n, faults);
}
