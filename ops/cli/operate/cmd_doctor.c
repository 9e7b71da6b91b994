/* lianou doctor: what keeps this county's roles from working, and what to do.
 *
 * - configuration, bureau's key, keyrings, the county's key, state folder and
 *   its disk, certificates, ports, clock; Kafka, topics, access rules;
 *   PostgreSQL, its tables
 * - reads only; a line each, then what to do; the verdict last
 * - 0 without a fault (warnings are counted), 1 with one, 3 if a service does
 *   not answer and nothing else is at fault */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ops/cli/lianou.h"
#include "ops/cli/operate/doctor.h"

extern const struct lianou_command lianou_cmd_doctor;

static void doctor_configuration(struct doctor *d,
                                 const char *folder,
                                 int rc,
                                 const struct bus_faults *faults)
{
    static const struct doctor_about about = {"配置", "configuration"};
    if (rc == BUS_OK && bus_faults_none(faults)) {
        cli_doctor_tell(d, DOCTOR_WELL, &about, "%s", folder);
        return;
    }
    cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s: %zu faults", folder,
                    faults->errors);
    cli_doctor_advise("运行 `lianou check` 看每一处",
                      "each with its place: `lianou check`");
}

static enum lianou_exit doctor_verdict(const struct doctor *d)
{
    const size_t *n = d->count;
    (void)printf("%zu 好, %zu 注意, %zu 错误, %zu 无应答 / "
                 "%zu ok, %zu warnings, %zu faults, %zu away\n",
                 n[DOCTOR_WELL], n[DOCTOR_WARNING], n[DOCTOR_FAULT],
                 n[DOCTOR_AWAY], n[DOCTOR_WELL], n[DOCTOR_WARNING],
                 n[DOCTOR_FAULT], n[DOCTOR_AWAY]);
    return n[DOCTOR_FAULT] > 0  ? LIANOU_FAILED
           : n[DOCTOR_AWAY] > 0 ? LIANOU_AWAY
                                : LIANOU_WELL;
}

static bool doctor_options(struct tool *t, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0}};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            t->folder = optarg;
        } else if (o == 'd') {
            t->conninfo = optarg;
        } else {
            return false;
        }
    }
    return optind == argc;
}

static int doctor_run(int argc, char **argv)
{
    struct tool t = {0};
    struct doctor d = {.t = &t};
    struct bus_faults faults;
    struct bus_err err = {0};
    if (!doctor_options(&t, argc, argv)) {
        (void)fprintf(stderr, "usage: lianou doctor %s\n",
                      lianou_cmd_doctor.usage);
        return LIANOU_USAGE;
    }
    const char *folder = lianou_config_dir(t.folder);
    bus_arena_init(&t.mem, 0, 0);
    bus_faults_init(&faults, &t.mem);
    int rc = bus_conf_open(&t.config, folder, &faults, &err);
    if (rc == BUS_OK) {
        bus_conf_check(&t.config, &faults);
    }
    doctor_configuration(&d, folder, rc, &faults);
    if (rc == BUS_OK) { /* without one there is nothing to look for */
        cli_doctor_machine(&d);
        cli_doctor_services(&d);
    }
    enum lianou_exit end = doctor_verdict(&d);
    (void)cli_tool_close(&t, "doctor", BUS_OK, &err);
    return end;
}

const struct lianou_command lianou_cmd_doctor = {
    .name = "doctor",
    .usage = "[--config DIR] [--db CONNINFO]",
    .summary = "what keeps the roles from working, and what to do about it",
    .summary_zh = "检查各角色能否工作, 逐条说明怎么办",
    .group = 3,
    .run = doctor_run,
};
