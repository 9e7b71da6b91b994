/* lianou init DIR: a county's folder, from flags, and on a terminal from
 * questions for what no flag said.
 *
 * - each value is looked at before anything is made
 * - the folder is made as a whole or not at all (ops/cli/county/make.h)
 * - then what must be filled in, and the commands that come next
 * - 0 made, 1 it could not be written, 2 wrong use, or something is there */
#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/strv.h"
#include "bus/registers/registers.h"
#include "ops/cli/county/init_told.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

extern const struct lianou_command lianou_cmd_init;

#define ANSWER_BYTES 512
#define NAME_BYTES   60
#define ASKED_TIMES  3
#define PORT_MAX     65535
#define FLAGS        6 /* beside those of the fields */

enum init_field {
    INIT_CODE,
    INIT_ZH,
    INIT_EN,
    INIT_KAFKA,
    INIT_DB,
    INIT_ID,
    INIT_NAME,
    INIT_ORG,
    INIT_ROLE,
    INIT_FIELDS
};
struct initing
{
    const char *dir, *from, *prefix;
    const char *divisions, *stations, *operators;
    const char *given[INIT_FIELDS];
    char answers[INIT_FIELDS][ANSWER_BYTES];
    char made_prefix[40], copies[24], in_sync[24];
    bool training;
};

/* --- what a value must be: NULL, or what instead --- */

static const char *code_fault(const char *v)
{
    bool good = strlen(v) == 6;
    for (size_t i = 0; good && i < 6; i++) {
        good = isdigit((unsigned char)v[i]) != 0;
    }
    return good ? NULL
                : "must be the county's 6 digits of GB/T 2260 / "
                  "须为6位县级行政区划代码";
}

static bool one_line(const char *v, size_t max)
{
    size_t n = strlen(v);
    bool good = n > 0 && n <= max && bus_utf8_valid(v, n);
    for (size_t i = 0; good && i < n; i++) {
        good = (unsigned char)v[i] >= 0x20 && v[i] != 0x7f;
    }
    return good;
}

static const char *title_fault(const char *v)
{
    return one_line(v, NAME_BYTES)
               ? NULL
               : "must be a name of at most 60 bytes / 须为不超过60字节的名称";
}

static bool is_port(const char *p, size_t n)
{
    int64_t port = 0;
    return bus_strv_to_i64((struct bus_strv){p, n}, &port) && port >= 1 &&
           port <= PORT_MAX;
}

static const char *kafka_fault(const char *v)
{
    bool good = one_line(v, ANSWER_BYTES - 1);
    for (const char *p = v; good; p++) {
        size_t n = strcspn(p, ",");
        const char *colon = memrchr(p, ':', n);
        good = colon != NULL && colon > p &&
               is_port(colon + 1, n - (size_t)(colon + 1 - p));
        p += n;
        if (*p == '\0') {
            break;
        }
    }
    return good ? NULL
                : "must be HOST:PORT, several with commas / "
                  "须为 主机:端口, 多个用逗号分隔";
}

static const char *db_fault(const char *v)
{
    return one_line(v, ANSWER_BYTES - 1)
               ? NULL
               : "must be a connection string of libpq, such as "
                 "'host=db dbname=lianou' / 须为数据库连接串";
}

static const char *id_fault(const char *v)
{
    size_t n = strlen(v);
    bool good = n >= 2 && n <= BUS_REGISTER_CODE_MAX;
    for (size_t i = 0; good && i < n; i++) {
        good = isalnum((unsigned char)v[i]) != 0 ||
               (i > 0 && strchr("-._", v[i]) != NULL);
    }
    return good ? NULL
                : "must be 2 to 32 letters, digits and -._ / "
                  "须为2至32个字母、数字及-._";
}

static const char *name_fault(const char *v)
{
    return strpbrk(v, ",\"\n\r") != NULL
               ? "must be a person's name / 须为人的姓名"
               : bus_registers_name_fault(bus_strv(v));
}

static const char *role_fault(const char *v)
{
    bool good = one_line(v, NAME_BYTES);
    for (const char *p = v; good && *p != '\0'; p++) {
        good = islower((unsigned char)*p) != 0 || *p == ' ';
    }
    return good ? NULL
                : "must be roles of registers.md with a space between / "
                  "须为 registers.md 中的角色, 空格分隔";
}

static const struct
{
    const char *flag, *zh, *en;
    const char *usual; /* NULL: there is none */
    const char *(*fault)(const char *v);
} fields[INIT_FIELDS] = {
    [INIT_CODE] = {"code", "县级行政区划代码", "division code of the county",
                   NULL, code_fault},
    [INIT_ZH] = {"zh", "县的中文名称", "its name in Chinese", NULL,
                 title_fault},
    [INIT_EN] = {"en", "县的英文名称", "its name in English", NULL,
                 title_fault},
    [INIT_KAFKA] = {"kafka", "消息服务器 主机:端口", "brokers, HOST:PORT,...",
                    NULL, kafka_fault},
    [INIT_DB] = {"db", "数据库连接串", "connection to PostgreSQL", NULL,
                 db_fault},
    [INIT_ID] = {"admin-id", "首位管理员编号", "first administrator's id", NULL,
                 id_fault},
    [INIT_NAME] = {"admin-name", "首位管理员姓名", "his or her name", NULL,
                   name_fault},
    [INIT_ORG] = {"admin-org", "所属机构代码", "code of the organisation", NULL,
                  id_fault},
    [INIT_ROLE] = {"admin-role", "角色", "roles", "director", role_fault},
};

/* --- flags and questions --- */

static int init_usage(void)
{
    (void)fprintf(stderr, "usage: lianou init %s\n", lianou_cmd_init.usage);
    return LIANOU_USAGE;
}

/* Chosen by the place in the table; the others by their letter. */
static bool init_options(struct initing *x, int argc, char **argv)
{
    struct option options[INIT_FIELDS + FLAGS + 1] = {
        {"from", required_argument, NULL, 'f'},
        {"prefix", required_argument, NULL, 'p'},
        {"divisions", required_argument, NULL, 'd'},
        {"operators", required_argument, NULL, 'o'},
        {"stations", required_argument, NULL, 's'},
        {"training", no_argument, NULL, 't'}};
    for (int i = 0; i < INIT_FIELDS; i++) {
        options[FLAGS + i] =
            (struct option){fields[i].flag, required_argument, NULL, 256 + i};
    }
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o >= 256) {
            x->given[o - 256] = optarg;
        } else if (o == 'f') {
            x->from = optarg;
        } else if (o == 'p') {
            x->prefix = optarg;
        } else if (o == 'd') {
            x->divisions = optarg;
        } else if (o == 'o') {
            x->operators = optarg;
        } else if (o == 's') {
            x->stations = optarg;
        } else if (o == 't') {
            x->training = true;
        } else {
            return false;
        }
    }
    x->dir = optind < argc ? argv[optind++] : NULL;
    return x->dir != NULL && optind == argc;
}

/* Whoever begins is the county's own. */
static const char *init_usual(const struct initing *x, int i)
{
    return i == INIT_ORG ? x->given[INIT_CODE] : fields[i].usual;
}

/* One line of the terminal; an empty one takes what is usual. */
static bool init_ask(struct initing *x, int i)
{
    char *answer = x->answers[i];
    const char *usual = init_usual(x, i);
    (void)fprintf(stderr, "%s / %s%s%s%s: ", fields[i].zh, fields[i].en,
                  usual ? " [" : "", usual ? usual : "", usual ? "]" : "");
    (void)fflush(stderr);
    if (fgets(answer, ANSWER_BYTES, stdin) == NULL) {
        return false;
    }
    answer[strcspn(answer, "\r\n")] = '\0';
    if (answer[0] == '\0' && usual != NULL) {
        (void)snprintf(answer, ANSWER_BYTES, "%s", usual);
    }
    x->given[i] = answer;
    return true;
}

static void init_tell(int i, const char *found, const char *must)
{
    (void)fprintf(stderr, "lianou init: --%s: found '%.60s'; %s\n",
                  fields[i].flag, found, must);
}

/* From a flag, or asked for; false: it was told why not. */
static bool init_field(struct initing *x, int i, bool terminal)
{
    bool flag = x->given[i] != NULL;
    if (!flag && !terminal) {
        x->given[i] = init_usual(x, i);
    }
    for (int n = 0; n < ASKED_TIMES; n++) {
        if (x->given[i] == NULL && (!terminal || !init_ask(x, i))) {
            break;
        }
        const char *must = fields[i].fault(x->given[i]);
        if (must == NULL) {
            return true;
        }
        init_tell(i, x->given[i], must);
        if (flag) {
            return false;
        }
        x->given[i] = NULL;
    }
    if (x->given[i] == NULL) {
        (void)fprintf(stderr, "lianou init: --%s is missing: %s / 缺少: %s\n",
                      fields[i].flag, fields[i].en, fields[i].zh);
    }
    return false;
}

static bool init_fields(struct initing *x)
{
    bool terminal = isatty(STDIN_FILENO) != 0, good = true;
    for (int i = 0; i < INIT_FIELDS && (good || !terminal); i++) {
        good = init_field(x, i, terminal) && good;
    }
    return good;
}

/* --- what follows from it --- */

/* "Qihe County" -> "qihe."; a name without letters: its code. */
static void init_prefix(struct initing *x)
{
    const char *en = x->given[INIT_EN];
    size_t n = 0;
    while (isalpha((unsigned char)en[n]) != 0 &&
           n + 2 < sizeof(x->made_prefix)) {
        x->made_prefix[n] = (char)tolower((unsigned char)en[n]);
        n++;
    }
    (void)snprintf(x->made_prefix + n, sizeof(x->made_prefix) - n, "%s.",
                   n == 0 ? x->given[INIT_CODE] : "");
    x->prefix = x->prefix != NULL ? x->prefix : x->made_prefix;
}

/* A copy for each broker that was named, three at most; all but one of them
 * must have a message. */
static void init_copies(struct initing *x)
{
    int n = 1;
    for (const char *p = x->given[INIT_KAFKA]; *p != '\0'; p++) {
        n += *p == ',' && n < 3 ? 1 : 0;
    }
    (void)snprintf(x->copies, sizeof(x->copies), "%d", n);
    (void)snprintf(x->in_sync, sizeof(x->in_sync), "%d", n > 1 ? n - 1 : 1);
}

/* The sample: what stands beside the sources, else what was installed. */
static const char *init_sample(const struct initing *x)
{
    (void)unsetenv("LIANOU_CONFIG"); /* it names a county */
    return lianou_config_dir(x->from);
}

static void init_shadows(char *ret, size_t cap)
{
    ret[0] = '\0';
    for (size_t i = 0; cli_county_names[i] != NULL; i++) {
        size_t n = strlen(ret);
        if (getenv(cli_county_names[i]) != NULL) {
            (void)snprintf(ret + n, cap - n, " %s", cli_county_names[i]);
        }
    }
}

static int init_make(struct initing *x, struct bus_err *err)
{
    char folder[PATH_MAX], shadowed[256];
    init_prefix(x);
    init_copies(x);
    init_shadows(shadowed, sizeof(shadowed));
    const struct cli_county_wants wants = {
        .from = init_sample(x),
        .code = x->given[INIT_CODE],
        .zh = x->given[INIT_ZH],
        .en = x->given[INIT_EN],
        .prefix = x->prefix,
        .kafka = x->given[INIT_KAFKA],
        .db = x->given[INIT_DB],
        .replication = x->copies,
        .min_insync = x->in_sync,
        .divisions = x->divisions,
        .stations = x->stations,
        .operators = x->operators,
        .first = {x->given[INIT_ID], x->given[INIT_NAME], x->given[INIT_ORG],
                  x->given[INIT_ROLE]},
        .training = x->training};
    BUS_TRY(cli_county_make(&wants, x->dir, err));
    return realpath(x->dir, folder) != NULL
               ? cli_init_told(&wants, folder, shadowed, err)
               : bus_fail(err, BUS_EIO,
                          "%s: cannot be found again / 文件夹不见", x->dir);
}

static int init_run(int argc, char **argv)
{
    static struct initing x;
    struct tool t = {0};
    struct bus_err err = {0};
    if (!init_options(&x, argc, argv)) {
        return init_usage();
    }
    if (!init_fields(&x)) {
        return LIANOU_USAGE;
    }
    return cli_tool_close(&t, "init", init_make(&x, &err), &err);
}

const struct lianou_command lianou_cmd_init = {
    .name = "init",
    .usage =
        "DIR --code DIGITS --zh NAME --en NAME --kafka HOST:PORT,... "
        "--db CONNINFO\n    --admin-id ID --admin-name NAME [--admin-org "
        "CODE] [--admin-role ROLE]\n    [--divisions CSV] [--stations "
        "CSV] [--operators CSV] [--prefix TEXT] [--from SAMPLE] [--training]",
    .summary = "a county's folder: configuration, keys, register; asks for "
               "what no flag says",
    .summary_zh = "建立本县的配置、密钥和登记簿; 未给的逐项询问",
    .group = 0,
    .run = init_run,
};
