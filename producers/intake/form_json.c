/* Where JSON values live, and their text. */
#include "bus/base/buf.h"
#include "bus/wire/json_memory.h"
#include "producers/intake/form.h"

void intake_form_json_arena(struct bus_arena *mem)
{
    bus_wire_json_arena(mem);
}

void intake_form_json_heap(void)
{
    bus_wire_json_arena(NULL);
}

static int form_json_put_text(const char *p, size_t n, void *out)
{
    bus_buf_put(out, p, n);
    return ((struct bus_buf *)out)->failed ? -1 : 0;
}

const char *intake_form_json_text(const json_t *json, struct bus_arena *mem)
{
    struct bus_buf b = {0};
    const char *kept = NULL;
    if (json != NULL &&
        json_dump_callback(json, form_json_put_text, &b,
                           JSON_COMPACT | JSON_ENCODE_ANY) == 0) {
        kept = bus_arena_strndup(mem, (const char *)b.data, b.len);
    }
    bus_buf_fini(&b);
    return kept;
}

json_t *intake_form_fault_list(const struct form *form)
{
    json_t *list = json_array();
    size_t n = form->fault_count < FORM_FAULTS_MAX ? form->fault_count
                                                   : FORM_FAULTS_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct intake_form_fault *f = &form->faults[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s}", "pointer", f->pointer,
                            "code", f->code, "zh", f->zh, "en", f->en));
    }
    return list;
}
