/* dmn: decision models.
 *
 * eval MODEL DECISION --input FILE.json: one decision, service or knowledge
 * model test DIR [--json]: every folder of the DMN TCK below DIR; per
 * compliance level how many cases pass, and the first difference of each that
 * does not */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/dmn/tck.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/dmn_eval.h"
#include "ops/cli/policy/dmn_files.h"
#include "ops/cli/policy/feel_json.h"

#define LEVELS    4
#define BYTES_MAX (1024u << 20)
#define PATHS_MAX 4096

struct testing
{
    struct bus_arena mem; /* of one folder */
    struct feel_value now;
    size_t passed[LEVELS], failed[LEVELS];
    int level;
    const char *file;
    bool quiet;
};

static void report(void *data, const struct dmn_tck_result *r)
{
    struct testing *t = data;
    if (r->passed) {
        t->passed[t->level]++;
        return;
    }
    t->failed[t->level]++;
    if (!t->quiet) {
        (void)printf("FAILED %s case %.*s, %.*s: expected %s, got %s\n",
                     t->file, BUS_STRV_ARG(r->id), BUS_STRV_ARG(r->node),
                     r->want ? r->want : "?", r->got ? r->got : "?");
    }
}

static void dmn_print_faults(const struct bus_faults *f)
{
    struct bus_buf out = {0};
    bus_faults_print(f, true, &out);
    (void)fputs(bus_buf_cstr(&out), stderr);
    bus_buf_fini(&out);
}

/* "x/0085-decision-services-test-01.xml" tests "x/0085-decision-services.dmn"
 */
static const char *dmn_model_of(struct testing *t, const char *test)
{
    const char *slash = strrchr(test, '/');
    const char *cut = NULL;
    for (const char *p = slash ? slash : test; (p = strstr(p, "-test-")); p++) {
        cut = p;
    }
    return cut ? bus_arena_printf(&t->mem, "%.*s.dmn", (int)(cut - test), test)
               : NULL;
}

static bool test_file(struct testing *t, const char *path)
{
    struct bus_faults faults;
    struct dmn_source s = {.file = path};
    bus_arena_reset(&t->mem);
    bus_faults_init(&faults, &t->mem);
    const char *model = dmn_model_of(t, path);
    struct dmn_model *m = model ? cli_dmn_open(&t->mem, model, &faults) : NULL;
    t->file = path;
    const char *level = strstr(path, "compliance-level-");
    t->level = level ? level[17] - '0' : 0;
    t->level = t->level < 0 || t->level >= LEVELS ? 0 : t->level;
    bool ok = m != NULL && cli_dmn_slurp(&t->mem, path, &s.text) &&
              dmn_tck_run(m, &s, &t->now, report, t, &faults);
    if (!ok) {
        t->failed[t->level]++;
        (void)fprintf(stderr, "%s: cannot be run\n", path);
        dmn_print_faults(&faults);
    }
    dmn_model_free(m);
    return ok;
}

struct paths
{
    char *v[PATHS_MAX];
    size_t n;
};

static bool dmn_is_test(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".xml") == 0 &&
           strstr(name, "-test-") != NULL;
}

static void find_tests(struct paths *to, const char *dir, int depth)
{
    DIR *d = depth < 8 ? opendir(dir) : NULL;
    const struct dirent *e;
    while (d != NULL && (e = readdir(d)) != NULL) {
        char path[4096];
        if (e->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (dmn_is_test(e->d_name) && to->n < PATHS_MAX) {
            to->v[to->n++] = strdup(path);
        } else if (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) {
            find_tests(to, path, depth + 1);
        }
    }
    if (d != NULL) {
        (void)closedir(d);
    }
}

static int dmn_by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dmn_print_totals(const struct testing *t, bool json)
{
    if (!json) {
        for (int i = 0; i < LEVELS; i++) {
            if (t->passed[i] + t->failed[i] > 0) {
                (void)printf("level %d: %zu passed, %zu failed\n", i,
                             t->passed[i], t->failed[i]);
            }
        }
        return;
    }
    (void)printf("{\"level2\":{\"passed\":%zu,\"failed\":%zu},"
                 "\"level3\":{\"passed\":%zu,\"failed\":%zu}}\n",
                 t->passed[2], t->failed[2], t->passed[3], t->failed[3]);
}

static int dmn_test(const char *dir, bool json)
{
    struct testing t = {.now = cli_feel_now()};
    static struct paths paths;
    size_t failed = 0;
    find_tests(&paths, dir, 0);
    if (paths.n == 0) {
        (void)fprintf(stderr, "lianou dmn test: no *-test-*.xml below %s\n",
                      dir);
        return LIANOU_USAGE;
    }
    qsort(paths.v, paths.n, sizeof(paths.v[0]), dmn_by_path);
    bus_arena_init(&t.mem, 1 << 20, BYTES_MAX);
    for (size_t i = 0; i < paths.n; i++) {
        (void)test_file(&t, paths.v[i]);
        free(paths.v[i]);
    }
    bus_arena_fini(&t.mem);
    dmn_print_totals(&t, json);
    for (int i = 0; i < LEVELS; i++) {
        failed += t.failed[i];
    }
    return failed ? LIANOU_FAILED : LIANOU_WELL;
}

static int dmn_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"input", required_argument, NULL, 'i'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    const char *input = NULL;
    bool json = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'i') {
            input = optarg;
        } else if (o == 'j') {
            json = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    char **a = argv + optind;
    int n = argc - optind;
    if (n == 2 && strcmp(a[0], "test") == 0) {
        return dmn_test(a[1], json);
    }
    if (n == 3 && strcmp(a[0], "eval") == 0) {
        return cli_dmn_evaluate(a[1], a[2], input);
    }
    (void)fprintf(stderr, "lianou dmn: test DIR, or eval MODEL DECISION\n");
    return LIANOU_USAGE;
}

extern const struct lianou_command lianou_cmd_dmn;
const struct lianou_command lianou_cmd_dmn = {
    .name = "dmn",
    .usage = "eval MODEL DECISION [--input FILE.json] | test DIR [--json]",
    .summary = "evaluate a decision model, or run the DMN test suite",
    .summary_zh = "计算决策模型，或运行 DMN 测试集",
    .group = 2,
    .run = dmn_run,
};
