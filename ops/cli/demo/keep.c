#include "ops/cli/demo/keep.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/base/hex.h"
#include "bus/web/accounts.h"
#include "bus/web/factor.h"
#include "bus/wire/crypt.h"
#include "ops/cli/lianou.h"

/* The one with most to look at. */
#define A_CASE                                                         \
    "SELECT case_id FROM event WHERE case_id IN (SELECT case_id FROM " \
    "event WHERE kind = 'case_event' AND word = 'CLOSED') GROUP BY "   \
    "case_id ORDER BY count(*) DESC, case_id LIMIT 1"

extern char **environ;

/* For a shell: every setting of ours, and `lianou` as this program. */
static void write_env(const struct demo_kept *k)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/env", k->dir);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        return;
    }
    for (char **e = environ; *e != NULL; e++) {
        const char *eq = strchr(*e, '=');
        if (strncmp(*e, "LIANOU_", 7) == 0 && eq != NULL) {
            (void)fprintf(f, "export %.*s='%s'\n", (int)(eq - *e), *e, eq + 1);
        }
    }
    (void)fprintf(f, "lianou() { '%s' \"$@\"; }\n", lianou_program());
    (void)fclose(f);
}

static const struct
{
    const char *account, *org, *role; /* org NULL: a village's */
    const char *zh, *en;
    bool seals;
} people[] = {
    {"cunzhuli", NULL, "assistant", "村民政助理员", "assistant", false},
    {"jingban", DEMO_DESK_DEPARTMENT, "clerk", "人社局经办", "clerk", false},
    {"shenpi", DEMO_DESK_DEPARTMENT, "approver", "人社局审批", "approver",
     true}};

static const struct bus_operator *
person_of(const struct bus_config *c, const char *org, const char *role)
{
    for (size_t i = 0; i < c->operators_count; i++) {
        const struct bus_operator *o = &c->operators[i];
        bool there = org != NULL
                         ? strcmp(o->org, org) == 0
                         : bus_conf_village(c, bus_strv(o->org)) != NULL;
        if (there && strcmp(o->role, role) == 0 && o->to_day == INT32_MAX) {
            return o;
        }
    }
    return NULL;
}

/* A file of one line that nobody else reads. */
static int keep_line(const char *path, const char *line, struct bus_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return bus_fail(err, BUS_EIO, "%s cannot be written", path);
    }
    bool well = write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    return close(fd) == 0 && well
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "%s cannot be written", path);
}

/* As on the page of his account, and with its first code. */
static int
keep_factor(const struct demo_kept *k, const char *account, struct bus_err *err)
{
    const char *keys = k->config->keys.accounts;
    char secret[BUS_WEB_TOTP_TEXT], code[BUS_WEB_TOTP_DIGITS + 1], path[256];
    char line[BUS_WEB_TOTP_TEXT + 1];
    char recovery[BUS_WEB_RECOVERIES][BUS_WEB_RECOVERY_TEXT];
    uint8_t bytes[BUS_WEB_TOTP_BYTES];
    BUS_TRY(bus_web_factor_begin(k->pg, keys, account, secret, err));
    if (!bus_web_totp_read(bus_strv(secret), bytes)) {
        return bus_fail(err, BUS_EBUG, "a secret that was made is none");
    }
    /* The step before: the newest is left for who tries it at once. */
    bus_web_totp_code(bytes,
                      bus_web_totp_step(bus_clock_system.wall_ms(NULL)) - 1,
                      BUS_WEB_TOTP_DIGITS, code);
    BUS_TRY(bus_web_factor_confirm(k->pg, keys, account, bus_strv(code),
                                   recovery, err));
    (void)snprintf(path, sizeof(path), "%s/%s.totp", k->dir, account);
    (void)snprintf(line, sizeof(line), "%s\n", secret);
    return keep_line(path, line, err);
}

int cli_demo_keep_accounts(const struct demo_kept *k,
                           char ret[DEMO_PASSWORD],
                           struct bus_err *err)
{
    uint8_t bytes[5];
    BUS_TRY(bus_wire_random(bytes, sizeof(bytes), err));
    (void)snprintf(ret, DEMO_PASSWORD, "yanshi-");
    bus_hex_write(bytes, sizeof(bytes), ret + strlen(ret));
    for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
        const struct bus_operator *o =
            person_of(k->config, people[i].org, people[i].role);
        if (o != NULL) {
            BUS_TRY(bus_web_account_add(k->pg, people[i].account, o->id,
                                        bus_strv(ret), err));
        }
        if (o != NULL && people[i].seals) {
            BUS_TRY(keep_factor(k, people[i].account, err));
        }
    }
    return BUS_OK;
}

static void
keep_pages(FILE *to, const struct demo_kept *k, const char *password)
{
    (void)fprintf(to, "  网页 pages: http://127.0.0.1:%d/\n", k->desk_port);
    for (size_t i = 0;
         password[0] != '\0' && i < sizeof(people) / sizeof(people[0]); i++) {
        (void)fprintf(to, "    %s %s: %s / %s\n", people[i].zh, people[i].en,
                      people[i].account, password);
        if (people[i].seals) {
            (void)fprintf(to,
                          "      动态码 code, each once: lianou account code < "
                          "%s/%s.totp\n",
                          k->dir, people[i].account);
        }
    }
    if (password[0] != '\0') {
        (void)fprintf(to,
                      "    人社局的新派单由您办理, 其余部门仍由模拟伙伴应答\n"
                      "    new assignments of that office are yours; the "
                      "others are answered as before\n");
    }
}

void cli_demo_keep_report(FILE *to,
                          const struct demo_kept *k,
                          const char *password)
{
    struct bus_pg_rows *r = NULL;
    struct bus_err err;
    int rc = bus_pg_query(k->pg, A_CASE, NULL, 0, &r, &err);
    bool any = rc == BUS_OK && bus_pg_count(r) > 0;
    const char *id = any ? bus_pg_value(r, 0, 0) : "ID";
    const char *kafka = getenv("LIANOU_KAFKA");
    write_env(k);
    (void)fprintf(
        to,
        "\n仍在运行, 按 Ctrl-C 结束; 可在另一终端试试\n"
        "still running, Ctrl-C ends it; to try in another terminal\n"
        "  . %s/env\n"
        "  lianou case list --limit 5\n"
        "  lianou case show %s\n"
        "  lianou tap assignments.MZ -n 1\n"
        "  lianou audit\n"
        "  kcat -b %s -C -t %scases -p 0 -o beginning -c 3 -f '%%k %%h\\n'\n"
        "  curl http://127.0.0.1:%d/v1/cases/%s\n"
        "  http://127.0.0.1:%d/openapi.json  /metrics  /readyz\n"
        "  日志 logs: %s/*.log\n",
        k->dir, id, kafka ? kafka : "", k->prefix, k->intake_port, id,
        k->intake_port, k->dir);
    keep_pages(to, k, password);
    (void)fflush(to);
    bus_pg_rows_free(r);
}
