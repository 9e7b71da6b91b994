/* policy new CODE --from ITEM: a new item's file out of one that is like it.
 *
 * - policies/<department>/<CODE>.yaml, the department being the code's first
 *   two letters; every other line as the one it is made from
 * - refuses a code that is there, or is no code */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "ops/cli/lianou.h"
#include "ops/cli/policy/policy.h"

#define LINE_LENGTH_MAX 8192

static bool is_item_code(const char *s)
{
    return strlen(s) == 4 && isupper((unsigned char)s[0]) &&
           isupper((unsigned char)s[1]) && isdigit((unsigned char)s[2]) &&
           isdigit((unsigned char)s[3]);
}

static int path_of(char *to,
                   size_t cap,
                   const char *folder,
                   const char *code,
                   struct bus_err *err)
{
    int n = snprintf(to, cap, "%s/policies/%.2s/%s.yaml", folder, code, code);
    return n > 0 && (size_t)n < cap
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "%s: too long a path", folder);
}

static bool copy_item(FILE *from, FILE *to, const char *code)
{
    char line[LINE_LENGTH_MAX];
    while (fgets(line, sizeof(line), from) != NULL) {
        int n = strncmp(line, "code:", 5) == 0 ? fprintf(to, "code: %s\n", code)
                : strncmp(line, "department:", 11) == 0
                    ? fprintf(to, "department: %.2s\n", code)
                    : fputs(line, to);
        if (n < 0) {
            return false;
        }
    }
    return !ferror(from);
}

static int make_item(const char *folder,
                     const char *code,
                     const char *like,
                     struct bus_err *err)
{
    char from_path[1024], to_path[1024], dir[1024];
    BUS_TRY(path_of(from_path, sizeof(from_path), folder, like, err));
    BUS_TRY(path_of(to_path, sizeof(to_path), folder, code, err));
    FILE *from = fopen(from_path, "r");
    if (from == NULL) {
        return bus_fail(err, BUS_EUNKNOWN, "没有事项 %s / no item %s: %s", like,
                        like, from_path);
    }
    (void)snprintf(dir, sizeof(dir), "%s/policies/%.2s", folder, code);
    (void)mkdir(dir, 0755); /* one that is there is well */
    FILE *to = fopen(to_path, "wx");
    if (to == NULL) {
        int why = errno;
        (void)fclose(from);
        return bus_fail(err, BUS_EDUPLICATE,
                        why == EEXIST ? "%s: 已有此事项 / is there already"
                                      : "%s: 不能写入 / cannot be written",
                        to_path);
    }
    bool copied = copy_item(from, to, code);
    (void)fclose(from);
    if (fclose(to) != 0 || !copied) {
        return bus_fail(err, BUS_EIO, "%s: 不能写入 / cannot be written",
                        to_path);
    }
    (void)printf("%s\n"
                 "  请改 name(名称)、versions(依据、条件、标准),然后 lianou "
                 "policy check\n"
                 "  now change name and versions, then lianou policy check\n",
                 to_path);
    return BUS_OK;
}

static int run_new(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"from", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0}};
    const char *folder = NULL, *like = NULL;
    struct bus_err err = {0};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            folder = optarg;
        } else if (o == 'f') {
            like = optarg;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc || like == NULL) {
        return LIANOU_USAGE;
    }
    const char *code = argv[optind];
    if (!is_item_code(code) || !is_item_code(like)) {
        (void)fprintf(stderr,
                      "lianou policy: 代码由两个大写字母和两个数字组成 "
                      "/ a code is two capitals and two digits: MZ01\n");
        return LIANOU_USAGE;
    }
    if (make_item(lianou_config_dir(folder), code, like, &err) != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
        return LIANOU_FAILED;
    }
    return LIANOU_WELL;
}

const struct policy_command cli_policy_cmd_new = {
    .name = "new",
    .usage = "CODE --from ITEM [--config DIR]",
    .summary = "a new item's file out of one that is like it",
    .summary_zh = "由一个相近的事项新建事项文件",
    .run = run_new,
};
