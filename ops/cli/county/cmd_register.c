/* lianou register check|show|publish: who may say what.
 *
 * - check: reads registers/ of the configuration, prints each fault as
 * file:line:col with what to write instead, and a line of totals
 * - show CODE: what stands in the register of an organisation, an operator or
 *   a village on a day
 * - show: the registers that were published: which counts, which is refused
 * - publish: the configuration's register to every running role, signed with
 *   the bureau's key; one with a fault never leaves
 * - 0 without a fault, 1 with one or nothing found, 2 for wrong use */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/register_files.h"
#include "ops/cli/county/published.h"
#include "ops/cli/lianou.h"

#define ENVELOPE_BYTES 4096 /* of a message, besides the archive */

extern const struct lianou_command lianou_cmd_register;

struct register_tool
{
    struct bus_config config;
    struct bus_faults faults;
    struct bus_register *r;
    int32_t day;
    const char *act, *code, *key;
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

static int pack_register(const struct register_tool *t,
                         struct bus_arena *mem,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    struct bus_catalogue_archive a;
    BUS_TRY(bus_catalogue_archive_folder(t->config.registers,
                                         BUS_ARCHIVE_REGISTER, mem, &a, err));
    a.county = bus_strv(t->config.county.code);
    a.version = bus_strv(bus_registers_version(t->r));
    BUS_TRY(bus_catalogue_archive_pack(&a, NULL, out, err));
    BUS_TRY(bus_catalogue_archive_press(out, err));
    int64_t room = t->config.kafka.message_bytes_max - ENVELOPE_BYTES;
    return (int64_t)out->len <= room
               ? BUS_OK
               : bus_fail(
                     err, BUS_ETOOBIG,
                     "the register has %zu bytes, kafka.message_max is "
                     "%lld: raise it / 登记簿过大,请调高 kafka.message_max",
                     out->len, (long long)t->config.kafka.message_bytes_max);
}

static int publish_register(const struct register_tool *t, struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_buf out = {0};
    struct bus_wire_signature room;
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    struct bus_catalogue_publication p = {
        .kind = BUS_ARCHIVE_REGISTER,
        .county = bus_strv(t->config.county.code),
        .version = bus_strv(bus_registers_version(t->r)),
        .effective = bus_china_day(now_ms),
        .published_ms = now_ms,
    };
    int rc;
    bus_arena_init(&mem, 0, 0);
    BUS_TRY_GOTO(rc, pack_register(t, &mem, &out, err), done);
    p.archive = bus_buf_view(&out);
    BUS_TRY_GOTO(rc, cli_published_sign(&t->config, t->key, &p, &room, err),
                 done);
    BUS_TRY_GOTO(rc, cli_published_send(&t->config, &p, &mem, err), done);
    (void)printf(
        "published / 已发布: %.*s, %zu bytes, signed by key / 签名密钥 "
        "%s\n",
        BUS_STRV_ARG(p.version), out.len, room.signer);
done:
    bus_buf_fini(&out);
    bus_arena_fini(&mem);
    return rc;
}

static bool read_arguments(int argc,
                           char **argv,
                           struct register_tool *t,
                           const char **ret_folder)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"date", required_argument, NULL, 'd'},
        {"key", required_argument, NULL, 'k'},
        {NULL, 0, NULL, 0}};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            *ret_folder = optarg;
        } else if (o == 'k') {
            t->key = optarg;
        } else if (o != 'd' || !bus_date_parse(bus_strv(optarg), &t->day)) {
            return false;
        }
    }
    t->act = optind < argc ? argv[optind] : "";
    t->code = optind + 1 < argc ? argv[optind + 1] : NULL;
    bool show = strcmp(t->act, "show") == 0;
    bool publish = strcmp(t->act, "publish") == 0;
    return (show || publish || strcmp(t->act, "check") == 0) &&
           argc - optind <= (show ? 2 : 1) && (t->key == NULL || publish);
}

static int register_end(const char *act, int rc, const struct bus_err *err)
{
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou register %s: %s\n", act, err->msg);
    }
    return rc == BUS_OK                                      ? LIANOU_WELL
           : rc == BUS_ECONFIG                               ? LIANOU_USAGE
           : bus_err_act((enum bus_errc)rc) == BUS_ACT_RETRY ? LIANOU_AWAY
                                                             : LIANOU_FAILED;
}

static int register_act(const struct register_tool *t)
{
    struct bus_err err = {0};
    if (strcmp(t->act, "check") == 0) {
        return check_register(t);
    }
    if (t->r == NULL) {
        return LIANOU_FAILED;
    }
    if (t->code != NULL) {
        return show_code(t, t->code);
    }
    int rc = strcmp(t->act, "publish") == 0
                 ? publish_register(t, &err)
                 : cli_published_show(&t->config, BUS_ARCHIVE_REGISTER, &err);
    return register_end(t->act, rc, &err);
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
    int rc = register_act(&t);
    bus_registers_free(t.r);
    bus_conf_close(&t.config);
    return rc;
}

const struct lianou_command lianou_cmd_register = {
    .name = "register",
    .usage = "check | show [CODE] [--date YYYY-MM-DD] | publish [--key "
             "KEY.pem] [--config DIR]",
    .summary = "who may say what: organisations, operators, seals",
    .summary_zh = "登记簿:机构、经办人、授权、签章",
    .group = 3,
    .run = register_run,
};
