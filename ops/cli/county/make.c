/* A county's folder, made beside its place and moved there when it is whole.
 *
 * - the sample's texts, with this county's values, villages and people
 * - the bureau's key, seals for training, the keyrings
 * - looked at as the roles will: configuration and register
 * - renamed; after a failure nothing stays */
#include "ops/cli/county/make.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/catalogue/register_files.h"
#include "bus/wire/sign.h"
#include "ops/cli/county/folder.h"
#include "ops/cli/county/seal_demo.h"
#include "ops/cli/county/settings.h"
#include "ops/cli/operate/keys_files.h"

#define NOTICE "  notice_days: "
#define NAMED  5 /* of what stands in the way */

const char *const cli_county_names[] = {
    "LIANOU_STATE",         "LIANOU_REGISTERS",
    "LIANOU_KEYRING",       "LIANOU_PERSON_KEY",
    "LIANOU_CALLERS",       "LIANOU_BUREAU_KEY",
    "LIANOU_BUREAU_PUBLIC", "LIANOU_SEALS",
    "LIANOU_ACCOUNTS",      NULL};

struct making
{
    const struct cli_county_wants *w;
    struct bus_config sample;
    struct cli_settings settings;
    char dir[CLI_FOLDER_PATH];       /* until it is whole */
    char divisions[CLI_FOLDER_PATH]; /* "divisions/371425.csv" of the sample */
    const char *code;
    bool body; /* of a CSV: behind its first line */
};

void cli_county_alone(void)
{
    for (size_t i = 0; cli_county_names[i] != NULL; i++) {
        (void)unsetenv(cli_county_names[i]);
    }
}

static int make_path(const struct making *m,
                     const char *name,
                     char ret[CLI_FOLDER_PATH],
                     struct bus_err *err)
{
    int n = snprintf(ret, CLI_FOLDER_PATH, "%s/%s", m->dir, name);
    return n < CLI_FOLDER_PATH
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "%s: too long / 路径过长", m->dir);
}

/* --- the texts --- */

/* Villages, stations and people of another county are none of this one's. */
static bool is_other(const struct making *m, const char *path)
{
    bool villages =
        m->w->divisions != NULL || strcmp(m->code, m->sample.county.code) != 0;
    return villages && strncmp(path, "divisions/", 10) == 0;
}

static bool on_file(void *data, const char *path)
{
    struct making *m = data;
    m->body = false; /* of the next one */
    return strncmp(path, "registers/", 10) != 0 &&
           strcmp(path, "KEYS.md") != 0 && strcmp(path, "README.md") != 0 &&
           !(is_other(m, path) && strcmp(path, m->divisions) == 0);
}

/* Comments and the first line of a table, without its rows. */
static bool put_head(struct making *m, const char *line, FILE *to)
{
    bool row = line[0] != '#' && m->body;
    m->body = m->body || line[0] != '#';
    return row || fputs(line, to) >= 0;
}

static bool on_line(void *data, const char *path, const char *line, FILE *to)
{
    struct making *m = data;
    bool notice =
        m->w->training && strncmp(line, NOTICE, sizeof(NOTICE) - 1) == 0;
    if (strcmp(path, "bus.yaml") == 0) {
        return cli_settings_line(&m->settings, line, to);
    }
    return is_other(m, path) ? put_head(m, line, to)
           : notice          ? fputs(NOTICE "0\n", to) >= 0
                             : fputs(line, to) >= 0;
}

static int make_file(struct making *m,
                     const char *name,
                     const char *text,
                     const char *how,
                     struct bus_err *err)
{
    char path[CLI_FOLDER_PATH];
    BUS_TRY(make_path(m, name, path, err));
    FILE *f = fopen(path, how);
    bool fine = f != NULL && fputs(text, f) >= 0;
    fine = f != NULL && fclose(f) == 0 && fine;
    return fine ? BUS_OK
                : bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
}

/* A table that the county brings. */
static int make_copy(struct making *m,
                     const char *name,
                     const char *from,
                     struct bus_err *err)
{
    char path[CLI_FOLDER_PATH], piece[4096];
    BUS_TRY(make_path(m, name, path, err));
    FILE *in = fopen(from, "re"), *out = in != NULL ? fopen(path, "we") : NULL;
    bool fine = out != NULL;
    for (size_t n; fine && (n = fread(piece, 1, sizeof(piece), in)) > 0;) {
        fine = fwrite(piece, 1, n, out) == n;
    }
    fine = fine && ferror(in) == 0;
    int rc = fine ? BUS_OK
                  : bus_fail(err, BUS_EUSAGE, "%s: %s / 文件读不出", from,
                             strerror(errno));
    if (in != NULL) {
        (void)fclose(in);
    }
    if (out != NULL && fclose(out) != 0 && rc == BUS_OK) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
    }
    return rc;
}

static int make_villages(struct making *m, struct bus_err *err)
{
    char name[64];
    const struct cli_county_wants *w = m->w;
    (void)snprintf(name, sizeof(name), "divisions/%.6s.csv", m->code);
    if (w->divisions != NULL) {
        BUS_TRY(make_copy(m, name, w->divisions, err));
    } else if (strcmp(m->code, m->sample.county.code) != 0) {
        BUS_TRY(
            make_file(m, name, "code,name,town_code,town,kind\n", "wxe", err));
    }
    return w->stations != NULL
               ? make_copy(m, "divisions/stations.csv", w->stations, err)
               : BUS_OK;
}

static int make_texts(struct making *m, const char *bureau, struct bus_err *err)
{
    const struct cli_county_wants *w = m->w;
    struct cli_setting list[] = {
        {"", "prefix", w->prefix, false},
        {"", "state_dir", "state", false},
        {"", "registers", "registers", false},
        {"county", "code", w->code, false},
        {"county", "zh", w->zh, false},
        {"county", "en", w->en, false},
        {"kafka", "bootstrap", w->kafka, false},
        {"kafka", "replication", w->replication, false},
        {"kafka", "min_insync", w->min_insync, false},
        {"ledger", "conninfo", w->db, false},
        {"desk", "seals", "seals", false},
        {"keys", "ring", "keys", false},
        {"keys", "person_key", "person.key", false},
        {"keys", "callers", "callers", false},
        {"keys", "accounts", "accounts", false},
        {"bureau", "public_key", bureau, false},
        {"bureau", "key", "bureau.pem", false},
    };
    const struct cli_folder_edit edit = {
        .takes = on_file, .line = on_line, .data = m};
    m->settings = (struct cli_settings){
        .list = list, .count = sizeof(list) / sizeof(list[0])};
    BUS_TRY(cli_folder_copy(w->from, m->dir, &edit, err));
    BUS_TRY(cli_settings_end(&m->settings, "bus.yaml", err));
    return make_villages(m, err);
}

/* --- the register --- */

static bool on_table(void *data, const char *path, const char *line, FILE *to)
{
    return strcmp(path, "organisations.csv") == 0 ? fputs(line, to) >= 0
                                                  : put_head(data, line, to);
}

static bool on_tables(void *data, const char *path)
{
    struct making *m = data;
    m->body = false; /* of the next one */
    return strchr(path, '/') == NULL;
}

/* Organisations stay; what else is said of whom is the county's own. */
static int make_empty(struct making *m, const char *to, struct bus_err *err)
{
    const struct cli_folder_edit edit = {
        .takes = on_tables, .line = on_table, .data = m};
    BUS_TRY(cli_folder_copy(m->sample.registers, to, &edit, err));
    return m->w->operators != NULL
               ? make_copy(m, "registers/operators.csv", m->w->operators, err)
               : BUS_OK;
}

static int make_tables(struct making *m, struct bus_err *err)
{
    const struct cli_county_person *p = &m->w->first;
    char to[CLI_FOLDER_PATH], keys[CLI_FOLDER_PATH], row[512];
    char today[BUS_DATE_TEXT + 1];
    BUS_TRY(make_path(m, "registers", to, err));
    BUS_TRY(make_path(m, "seals", keys, err));
    if (m->w->training) {
        BUS_TRY(cli_seal_demo(&m->sample, to, keys, true, err));
    } else {
        BUS_TRY(make_empty(m, to, err));
    }
    if (!m->w->training && mkdir(keys, 0700) != 0) {
        return bus_fail(err, BUS_EIO, "%s: %s", keys, strerror(errno));
    }
    if (p->id == NULL) {
        return BUS_OK;
    }
    int32_t day = bus_china_day(bus_clock_system.wall_ms(NULL));
    int n = snprintf(row, sizeof(row), "%s,%s,%s,%s,,%s,\n", p->id, p->name,
                     p->org, p->role, bus_date_text(day, today));
    return n < (int)sizeof(row)
               ? make_file(m, "registers/operators.csv", row, "ae", err)
               : bus_fail(err, BUS_ETOOBIG, "%s: a row too long / 行过长",
                          p->id);
}

/* As roles read it. Where the county has not said its people yet, that every
 * village wants an assistant is not held against its first person. */
static int
check_people(struct making *m, struct bus_config *c, struct bus_err *err)
{
    struct bus_faults faults;
    bus_faults_init(&faults, &c->mem);
    size_t villages = c->villages_count;
    bool said = m->w->training || m->w->operators != NULL;
    c->villages_count = said ? villages : 0;
    bus_registers_free(bus_catalogue_register_folder(c, &faults));
    c->villages_count = villages;
    return bus_faults_fail(&faults, err);
}

/* --- keys --- */

static int make_bureau(struct making *m,
                       char ret[BUS_WIRE_SM2_HEX + 1],
                       struct bus_err *err)
{
    char path[CLI_FOLDER_PATH];
    uint8_t point[BUS_WIRE_SM2_POINT];
    BUS_TRY(make_path(m, "bureau.pem", path, err));
    BUS_TRY(bus_wire_sm2_keygen(path, point, err));
    bus_wire_sm2_point_hex(point, ret);
    return BUS_OK;
}

static int make_keys(struct making *m, struct bus_err *err)
{
    struct bus_config c;
    struct bus_faults faults;
    char ring[CLI_FOLDER_PATH], state[CLI_FOLDER_PATH];
    BUS_TRY(make_path(m, "keys", ring, err));
    BUS_TRY(make_path(m, "state", state, err));
    int rc = bus_conf_open(&c, m->dir, &faults, err);
    if (rc == BUS_OK) {
        rc = check_people(m, &c, err);
    }
    if (rc == BUS_OK) {
        rc = cli_keys_init(&c, ring, NULL, err);
    }
    bus_conf_close(&c);
    BUS_TRY(rc);
    return mkdir(state, 0700) == 0
               ? BUS_OK
               : bus_fail(err, BUS_EIO, "%s: %s", state, strerror(errno));
}

/* --- the place --- */

/* What stands there, so that people see whose it is. */
static int place_free(const char *to, struct bus_err *err)
{
    struct dirent **names = NULL;
    char list[160] = "";
    int n = scandir(to, &names, NULL, alphasort), shown = 0;
    if (n < 0) {
        return errno == ENOENT
                   ? BUS_OK
                   : bus_fail(err, BUS_EUSAGE,
                              "%s: %s; must be a new folder / 须为新文件夹", to,
                              strerror(errno));
    }
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        bool real = strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        size_t at = strlen(list);
        if (real && shown++ < NAMED) {
            (void)snprintf(list + at, sizeof(list) - at, " %.24s", name);
        }
        free(names[i]);
    }
    free(names);
    return shown == 0
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "%s: has%s%s already and stays as it is; name a new "
                          "folder / 文件夹里已有内容,未作改动,请另指定",
                          to, list, shown > NAMED ? " ..." : "");
}

/* Beside where it will stand, so that it moves there in one step. */
static int place_open(struct making *m, const char *to, struct bus_err *err)
{
    char plain[CLI_FOLDER_PATH];
    int n = snprintf(plain, sizeof(plain), "%s", to);
    while (n > 1 && n < (int)sizeof(plain) && plain[n - 1] == '/') {
        plain[--n] = '\0';
    }
    n = snprintf(m->dir, sizeof(m->dir), "%s.XXXXXX", plain);
    if (n >= (int)sizeof(m->dir)) {
        return bus_fail(err, BUS_ETOOBIG, "%s: too long / 路径过长", to);
    }
    if (mkdtemp(m->dir) == NULL) {
        return bus_fail(err, BUS_EUSAGE,
                        "%s: cannot be made: %s / 文件夹无法建立", to,
                        strerror(errno));
    }
    return BUS_OK;
}

static int wants_fit(struct making *m, struct bus_err *err)
{
    const struct cli_county_wants *w = m->w;
    const char *sample = m->sample.county.code;
    m->code = w->code != NULL ? w->code : sample;
    (void)snprintf(m->divisions, sizeof(m->divisions), "divisions/%.6s.csv",
                   sample);
    bool own = w->divisions != NULL || w->stations != NULL ||
               w->operators != NULL || strcmp(m->code, sample) != 0;
    return w->training && own
               ? bus_fail(err, BUS_EUSAGE,
                          "--training takes the sample's villages and people: "
                          "it goes with --code %s and no tables of the "
                          "county's own / --training 用样例的村居和人员, 只能配"
                          "样例的区划代码",
                          sample)
               : BUS_OK;
}

static int county_fill(struct making *m, struct bus_err *err)
{
    char bureau[BUS_WIRE_SM2_HEX + 1];
    BUS_TRY(make_bureau(m, bureau, err));
    BUS_TRY(make_texts(m, bureau, err));
    BUS_TRY(make_tables(m, err));
    return make_keys(m, err);
}

/* Ctrl-C waits until the folder stands or is gone: it is made in a moment. */
static int county_place(struct making *m, const char *to, struct bus_err *err)
{
    sigset_t held, was;
    (void)sigemptyset(&held);
    (void)sigaddset(&held, SIGINT);
    (void)sigaddset(&held, SIGTERM);
    (void)sigaddset(&held, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &held, &was);
    int rc = place_open(m, to, err);
    if (rc == BUS_OK) {
        rc = county_fill(m, err);
        if (rc == BUS_OK && rename(m->dir, to) != 0) {
            rc = bus_fail(err, BUS_EIO, "%s: %s", to, strerror(errno));
        }
        if (rc != BUS_OK) {
            (void)cli_folder_remove(m->dir);
        }
    }
    (void)sigprocmask(SIG_SETMASK, &was, NULL);
    return rc;
}

int cli_county_make(const struct cli_county_wants *w,
                    const char *to,
                    struct bus_err *err)
{
    struct making m = {.w = w};
    struct bus_faults faults;
    int rc;
    (void)umask(077);
    cli_county_alone();
    BUS_TRY(place_free(to, err));
    BUS_TRY_GOTO(rc, bus_conf_open(&m.sample, w->from, &faults, err), done);
    BUS_TRY_GOTO(rc, wants_fit(&m, err), done);
    rc = county_place(&m, to, err);
done:
    bus_conf_close(&m.sample);
    return rc;
}
