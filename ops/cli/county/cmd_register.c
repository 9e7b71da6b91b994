/* lianou register check|show: who may say what.
 *
 * - check: reads registers/ of the configuration, prints each fault as
 * file:line:col with what to write instead, and a line of totals
 * - show CODE: what stands in the register of an organisation, an operator or
 *   a village on a day
 * - 0 without a fault, 1 with one or nothing found, 2 for wrong use */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/register_files.h"
#include "ops/cli/lianou.h"

extern const struct lianou_command lianou_cmd_register;

struct register_tool
{
    struct bus_config config;
    struct bus_faults faults;
    struct bus_register *r;
    int32_t day;
};

static void open_register(struct register_tool *t, const char *folder)
{
    struct bus_err err;
    if (bus_conf_open(&t->config, lianou_config_dir(folder), &t->faults,
                      &err) == BUS_OK) {
        t->r = bus_catalogue_register_folder(&t->config, &t->faults);
    }
}

static void print_faults(struct register_tool *t)
{
    struct bus_buf out = {0};
    bus_faults_sort(&t->faults);
    bus_faults_print(&t->faults, false, &out);
    (void)fputs(bus_buf_cstr(&out), stdout);
    bus_buf_fini(&out);
}

static void print_days(int32_t from, int32_t to)
{
    char a[BUS_DATE_TEXT + 1], b[BUS_DATE_TEXT + 1];
    (void)printf("  %s - %s\n", bus_date_text(from, a),
                 to == INT32_MAX ? "" : bus_date_text(to, b));
}

static void print_operator(const struct bus_register_operator *o)
{
    (void)printf("%s  %s  %s  %s", o->id, o->name, o->org, o->role);
    print_days(o->from_day, o->to_day);
}

static int check_register(const struct register_tool *t)
{
    if (t->r != NULL) {
        struct bus_register_counts n = bus_registers_counts(t->r);
        (void)printf("register %s: %zu organisations, %zu operators, %zu "
                     "delegations, %zu seals, %zu partner keys\n",
                     bus_registers_version(t->r), n.organisations, n.operators,
                     n.delegations, n.seals, n.partner_keys);
    }
    (void)printf("%zu faults\n", t->faults.errors);
    return t->r != NULL ? LIANOU_WELL : LIANOU_FAILED;
}

static int show_code(const struct register_tool *t, const char *code)
{
    struct bus_strv c = bus_strv(code);
    const struct bus_register_organisation *org =
        bus_registers_organisation(t->r, c, t->day);
    const struct bus_register_operator *o =
        bus_registers_operator(t->r, c, t->day);
    const struct bus_register_operator *assistant =
        bus_registers_assistant(t->r, c, t->day);
    if (org != NULL) {
        (void)printf("%s  %s  %s  %s  %s", org->code, org->name_zh, org->kind,
                     org->parent, org->uscc);
        print_days(org->from_day, org->to_day);
    }
    if (o != NULL) {
        print_operator(o);
    }
    if (assistant != NULL) {
        print_operator(assistant);
    }
    if (org == NULL && o == NULL && assistant == NULL) {
        char day[BUS_DATE_TEXT + 1];
        (void)fprintf(stderr, "lianou register: nothing of '%s' on %s\n", code,
                      bus_date_text(t->day, day));
        return LIANOU_FAILED;
    }
    return LIANOU_WELL;
}

static bool read_arguments(int argc,
                           char **argv,
                           struct register_tool *t,
                           const char **ret_folder)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"date", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0}};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            *ret_folder = optarg;
        } else if (o != 'd' || !bus_date_parse(bus_strv(optarg), &t->day)) {
            return false;
        }
    }
    bool check = argc - optind == 1 && strcmp(argv[optind], "check") == 0;
    bool show = argc - optind == 2 && strcmp(argv[optind], "show") == 0;
    return check || show;
}

static int register_run(int argc, char **argv)
{
    struct register_tool t = {
        .day = bus_china_day(bus_clock_system.wall_ms(NULL))};
    const char *folder = NULL;
    if (!read_arguments(argc, argv, &t, &folder)) {
        (void)fprintf(stderr, "usage: lianou register %s\n",
                      lianou_cmd_register.usage);
        return LIANOU_USAGE;
    }
    open_register(&t, folder);
    print_faults(&t);
    const char *code = argc - optind == 2 ? argv[optind + 1] : NULL;
    int rc = code == NULL  ? check_register(&t)
             : t.r != NULL ? show_code(&t, code)
                           : LIANOU_FAILED;
    bus_registers_free(t.r);
    bus_conf_close(&t.config);
    return rc;
}

const struct lianou_command lianou_cmd_register = {
    .name = "register",
    .usage = "check | show CODE [--date YYYY-MM-DD] [--config DIR]",
    .summary = "who may say what: organisations, operators, seals",
    .summary_zh = "登记簿:机构、经办人、授权、签章",
    .group = 3,
    .run = register_run,
};
