#include "tests/bench/offices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/catalogue/register_files.h"
#include "tests/bench/forms.h"

#define DEPARTMENTS_MAX 32

static struct
{
    char folder[64];
    struct bus_arena mem;
    struct
    {
        char code[8];
        struct bus_wire_sealer *sealer;
    } open[DEPARTMENTS_MAX];
} o;

static void die(const char *what)
{
    (void)fprintf(stderr, "offices: %s\n", what);
    exit(1);
}

static void run(const char *command)
{
    if (system(command) != 0) {
        die(command);
    }
}

void offices_make(const char *config)
{
    const char *program = getenv("LIANOU_PROGRAM");
    char command[2048];
    (void)snprintf(o.folder, sizeof(o.folder), "/tmp/bench-offices-XXXXXX");
    if (program == NULL || mkdtemp(o.folder) == NULL) {
        die("LIANOU_PROGRAM: the program that makes registers and seals");
    }
    (void)snprintf(command, sizeof(command),
                   "LIANOU_CONFIG='%.400s' '%.400s' seal demo --registers "
                   "%s/registers --keys %s/seals "
                   ">/dev/null",
                   config, program, o.folder, o.folder);
    run(command);
    (void)snprintf(command, sizeof(command), "%s/registers", o.folder);
    (void)setenv("LIANOU_REGISTERS", command, 1);
}

struct offices offices_open(void)
{
    struct offices ret = {NULL, NULL};
    struct bus_faults faults;
    struct bus_err err;
    bus_arena_init(&o.mem, 1u << 20, 0);
    bus_faults_init(&faults, &o.mem);
    ret.registers = bus_catalogue_register_folder(forms_config(), &faults);
    if (ret.registers == NULL) {
        die(faults.errors > 0 ? faults.list[0].text : "the registers");
    }
    if (bus_wire_sm2_tables_new(&ret.seals, &err) != BUS_OK) {
        die(err.msg);
    }
    return ret;
}

void offices_close(struct offices *offices)
{
    char command[128];
    bus_wire_sm2_tables_free(offices->seals);
    bus_registers_free(offices->registers);
    for (size_t i = 0; i < DEPARTMENTS_MAX; i++) {
        bus_wire_sealer_free(o.open[i].sealer);
    }
    bus_arena_fini(&o.mem);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", o.folder);
    run(command);
}

static const struct bus_operator *officer(struct bus_strv org, const char *role)
{
    const struct bus_config *c = forms_config();
    for (size_t i = 0; i < c->operators_count; i++) {
        const struct bus_operator *p = &c->operators[i];
        if (bus_strv_is(org, p->org) && strstr(p->role, role) != NULL &&
            p->to_day == INT32_MAX) {
            return p;
        }
    }
    die("a department without an officer");
    return NULL;
}

const struct bus_wire_sealer *offices_sealer(struct bus_strv department)
{
    char path[128];
    struct bus_err err;
    size_t i = 0;
    while (i + 1 < DEPARTMENTS_MAX && o.open[i].sealer != NULL &&
           !bus_strv_is(department, o.open[i].code)) {
        i++;
    }
    if (o.open[i].sealer == NULL) {
        (void)bus_strv_copy(o.open[i].code, sizeof(o.open[i].code), department);
        (void)snprintf(path, sizeof(path), "%s/seals/seal-%s.key", o.folder,
                       o.open[i].code);
        if (bus_wire_sealer_open(path, &o.open[i].sealer, &err) != BUS_OK) {
            die(err.msg);
        }
    }
    return o.open[i].sealer;
}

struct sa_actor offices_actor(struct bus_strv org, const char *role)
{
    return (struct sa_actor){.operator_id = bus_strv(officer(org, role)->id),
                             .org_code = org,
                             .role = bus_strv(role)};
}
