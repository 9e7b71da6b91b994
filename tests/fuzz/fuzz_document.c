/* A partner's answer, read as every kind's: an event, or faults each with its
 * pointer; an event can be written as a record. */
#include "ops/cli/kinds.h"
#include "tests/fuzz/fuzz.h"

static struct bus_config config;

static const struct bus_conf_partner *partner_of(const char *kind)
{
    for (size_t i = 0; i < config.partners_count; i++) {
        if (strcmp(bus_partner_kind_word(&config.partners[i]), kind) == 0) {
            return &config.partners[i];
        }
    }
    return &config.partners[0];
}

static void one(const struct bus_partner_kind *kind, struct bus_strv text)
{
    static struct bus_partner_document_faults faults;
    struct bus_partner_kind_env env = {
        .config = &config,
        .partner = partner_of(kind->name),
        .person_key = BUS_STRV("a county's key of its people....")};
    struct bus_partner_kind_answer answer;
    struct bus_arena mem;
    struct bus_err err;
    struct bus_strv bytes;
    bus_arena_init(&mem, 0, 32u << 20);
    int rc = bus_partner_kind_in_map(kind->in, &env, text, &mem, &answer,
                                     &faults, &err);
    if (rc == BUS_OK) {
        rc = bus_wire_encode_arena(answer.in->type, answer.record, &mem, &bytes,
                                   &err);
        fuzz_true(rc == BUS_OK || rc == BUS_ETOOBIG);
    } else {
        fuzz_true(rc == BUS_ENOMEM ||
                  (bus_err_act((enum bus_errc)rc) == BUS_ACT_REJECT &&
                   (faults.n > 0 || rc == BUS_ETOOBIG)));
    }
    bus_arena_fini(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_err err;
    if (config.folder == NULL) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/bus-config", fuzz_source());
        fuzz_true(bus_conf_open(&config, path, NULL, &err) == BUS_OK);
    }
    for (const struct bus_partner_kind *k = cli_kinds; k->name != NULL; k++) {
        one(k, fuzz_view(data, size));
    }
    return 0;
}
