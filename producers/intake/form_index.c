#include <stdio.h>

#include "bus/base/heap.h"
#include "bus/catalogue/register_files.h"
#include "producers/intake/form.h"

#define NAME_BYTES 160

static int form_index_put_item(struct form_index *ix,
                               const struct bus_node *item)
{
    const char *code = bus_node_cstr(bus_node_get(item, "code"));
    return code == NULL ? BUS_OK
                        : bus_map_put(&ix->items, bus_strv(code),
                                      (void *)(uintptr_t)item);
}

static int form_index_register(struct form_index *ix,
                               const struct bus_config *config,
                               struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_faults faults;
    int rc = BUS_OK;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    ix->folder = bus_catalogue_register_folder(config, &faults);
    ix->registers = ix->folder;
    if (ix->folder == NULL) {
        rc = bus_faults_fail(&faults, err);
    }
    bus_arena_fini(&mem);
    return rc;
}

int intake_form_index_init(struct form_index *ix,
                           const struct bus_config *config,
                           struct bus_err *err)
{
    *ix = (struct form_index){0};
    BUS_TRY(form_index_register(ix, config, err));
    ix->list = bus_calloc(config->facts_count + 1, sizeof(*ix->list));
    int rc = ix->list == NULL ? BUS_ENOMEM : BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < config->facts_count; i++) {
        const struct bus_fact *f = &config->facts[i];
        char full[NAME_BYTES];
        int n = snprintf(full, sizeof(full), "%s.%s",
                         f->scope == BUS_FACT_MEMBER ? "member" : "household",
                         f->name);
        char *kept = bus_strndup(full, (size_t)n);
        ix->list[i] = (struct form_fact){f, {kept, (size_t)n}};
        rc = kept == NULL ? BUS_ENOMEM
                          : bus_map_put(&ix->facts[f->scope], bus_strv(f->name),
                                        &ix->list[i]);
    }
    for (size_t i = 0; rc == BUS_OK && i < config->policies_count; i++) {
        rc = form_index_put_item(ix, config->policies[i]);
    }
    if (rc != BUS_OK) {
        intake_form_index_fini(ix);
        return bus_fail(err, rc, "the names of the facts");
    }
    return BUS_OK;
}

void intake_form_index_fini(struct form_index *ix)
{
    if (ix == NULL) {
        return;
    }
    for (size_t i = 0; ix->list != NULL && ix->list[i].fact != NULL; i++) {
        bus_free((void *)(uintptr_t)ix->list[i].full.p);
    }
    bus_free(ix->list);
    bus_registers_free(ix->folder);
    bus_map_fini(&ix->facts[0]);
    bus_map_fini(&ix->facts[1]);
    bus_map_fini(&ix->items);
    *ix = (struct form_index){0};
}
