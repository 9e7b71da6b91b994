#include "tests/bench/offices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/catalogue/register_files.h"
#include "tests/bench/forms.h"

static struct
{
    char folder[64];
    struct bus_arena mem;
    struct simulate_rules rules;
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
    cli_simulate_officers_free(&o.rules);
    bus_arena_fini(&o.mem);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", o.folder);
    run(command);
}

const struct simulate_officer *offices_officer(struct bus_strv department)
{
    const struct bus_config *c = forms_config();
    char seals[80];
    struct bus_err err;
    if (o.rules.config == NULL) {
        o.rules.config = c;
        (void)snprintf(seals, sizeof(seals), "%s/seals", o.folder);
        if (cli_simulate_officers(&o.rules, o.folder[0] != '\0' ? seals : NULL,
                                  &err) != BUS_OK) {
            die(err.msg);
        }
    }
    for (size_t i = 0; i < c->partners_count; i++) {
        if (bus_strv_is(department, c->partners[i].code)) {
            return cli_simulate_officer(&o.rules, &c->partners[i]);
        }
    }
    die("a department without an officer");
    return NULL;
}
