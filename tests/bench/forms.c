#include "tests/bench/forms.h"

#include <stdio.h>
#include <stdlib.h>

#include "bus/base/clock.h"
#include "bus/role/keys.h"
#include "bus/wire/framing.h"
#include "bus/wire/keyring.h"
#include "ops/cli/county/generate.h"
#include "producers/intake/form.h"

static struct
{
    struct bus_config config;
    struct bus_arena keep, mem;
    struct bus_wire_keyring *keys;
    struct form_index index;
    struct form_rules rules;
    uint8_t person_key[BUS_WIRE_KEY_BYTES];
    char key[BUS_ID_TEXT + 1];
    bool plain;
} m;

#define PLAIN_MS INT64_C(1795600000000)

static void die(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

void forms_open(const char *config, bool plain)
{
    struct bus_faults faults;
    struct bus_err err;
    char ring[BUS_ROLE_RING_PATH];
    bus_arena_init(&m.keep, 0, 0);
    bus_arena_init(&m.mem, 1 << 20, 0);
    bus_faults_init(&faults, &m.keep);
    if (bus_conf_open(&m.config, config, &faults, &err) != BUS_OK ||
        bus_wire_key_file(m.config.keys.person_key, m.person_key, &err) !=
            BUS_OK ||
        bus_role_keyring_path(&m.config, "intake", ring, &err) != BUS_OK ||
        bus_wire_keyring_open(ring, &m.keys, &err) != BUS_OK ||
        intake_form_index_init(&m.index, &m.config, &err) != BUS_OK) {
        die(err.msg);
    }
    m.rules = (struct form_rules){
        .config = &m.config,
        .index = &m.index,
        .person_key = {(const char *)m.person_key, sizeof(m.person_key)},
        .now_ms = plain ? PLAIN_MS : bus_clock_system.wall_ms(NULL)};
    m.plain = plain;
}

const struct bus_config *forms_config(void)
{
    return &m.config;
}

/* What intake makes of a form (producers/intake). */
static int seal(struct form *form, struct bus_err *err)
{
    struct sa_application *a = &form->application;
    struct bus_wire_binding b = {"application", "personal", &a->event_id};
    struct bus_strv plain;
    int rc = bus_wire_encode_framed(&sa_personal_type, &form->personal, &m.mem,
                                    &plain, err);
    if (rc != BUS_OK) {
        return rc;
    }
    a->has_personal = true;
    return bus_wire_seal(m.keys, BUS_STRV("bus"), &b, plain, &m.mem,
                         &a->personal, err);
}

void forms_make(uint64_t seed,
                uint64_t i,
                struct bus_strv *ret_key,
                struct bus_strv *ret_value)
{
    struct bus_err err;
    bus_arena_reset(&m.mem);
    struct form *form = bus_arena_calloc(&m.mem, 1, sizeof(*form));
    json_t *json = cli_generate_application(&m.config, seed, i, (int)(i % 5));
    if (form == NULL ||
        intake_form_read(&m.rules, json, &m.mem, form, &err) != BUS_OK ||
        form->fault_count > 0) {
        die("a generated application has faults");
    }
    if ((form->has_personal && !m.plain && seal(form, &err) != BUS_OK) ||
        bus_wire_encode_framed(&sa_application_type, &form->application, &m.mem,
                               ret_value, &err) != BUS_OK) {
        die(err.msg);
    }
    *ret_key = (struct bus_strv){
        bus_id_text(&form->application.household_id, m.key), BUS_ID_TEXT};
    json_decref(json);
}
