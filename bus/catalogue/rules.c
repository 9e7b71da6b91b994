#include "bus/catalogue/rules.h"

#include <string.h>

#include "bus/conf/yaml.h"

void bus_catalogue_rules_init(struct bus_catalogue_rules *r)
{
    *r = (struct bus_catalogue_rules){0};
    bus_arena_init(&r->mem, 0, 0);
    bus_faults_init(&r->faults, &r->mem);
}

void bus_catalogue_rules_close(struct bus_catalogue_rules *r)
{
    bus_policy_catalogue_free(r->catalogue);
    r->catalogue = NULL;
    bus_arena_fini(&r->mem);
}

/* policies/<folder>/<code>.yaml, but no sample */
static bool is_item(const char *path)
{
    size_t n = strlen(path);
    const char *rest = path + strlen("policies/");
    return strncmp(path, "policies/", strlen("policies/")) == 0 &&
           strncmp(rest, "samples/", strlen("samples/")) != 0 &&
           strchr(rest, '/') != NULL && n > 5 &&
           strcmp(path + n - 5, ".yaml") == 0;
}

int bus_catalogue_rules_read(struct bus_catalogue_rules *r, struct bus_err *err)
{
    struct bus_policy_sources *s = &r->sources;
    const struct
    {
        const char *path;
        const struct bus_node **to;
    } named[] = {
        {"facts.yaml", &s->facts},
        {"standards.yaml", &s->standards},
        {"policies/interactions.yaml", &s->interactions},
    };
    const struct bus_node **items =
        bus_arena_calloc(&r->mem, r->archive.count + 1, sizeof(*items));
    struct bus_source *models =
        bus_arena_calloc(&r->mem, r->archive.count + 1, sizeof(*models));
    if (items == NULL || models == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a catalogue's items");
    }
    for (size_t i = 0; i < r->archive.count; i++) {
        const struct bus_catalogue_archive_file *f = &r->archive.files[i];
        const struct bus_node **to =
            is_item(f->path) ? &items[s->item_count] : NULL;
        for (size_t k = 0; k < sizeof(named) / sizeof(named[0]); k++) {
            to = strcmp(f->path, named[k].path) == 0 ? named[k].to : to;
        }
        size_t n = strlen(f->path);
        if (n > 4 && strcmp(f->path + n - 4, ".dmn") == 0) {
            models[s->model_count++] = (struct bus_source){f->path, f->bytes};
        }
        if (to != NULL) {
            *to = bus_conf_yaml_parse(&r->mem, f->path, f->bytes, &r->faults);
            s->item_count += to == &items[s->item_count] && *to != NULL;
        }
    }
    s->items = items;
    s->models = models;
    for (size_t k = 0; k < sizeof(named) / sizeof(named[0]); k++) {
        if (*named[k].to == NULL && r->faults.errors == 0) {
            bus_faults_add(&r->faults, (struct bus_place){named[k].path, 0, 0},
                           NULL, "is missing");
        }
    }
    return bus_faults_fail(&r->faults, err);
}

int bus_catalogue_rules_compile(struct bus_catalogue_rules *r,
                                struct bus_err *err)
{
    int rc = bus_catalogue_rules_read(r, err);
    if (rc != BUS_OK) {
        return rc;
    }
    r->catalogue = bus_policy_catalogue_new(&r->sources, &r->faults);
    return bus_faults_fail(&r->faults, err);
}
