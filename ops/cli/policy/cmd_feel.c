/* feel: one expression, evaluated. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/feel/feel.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/feel_json.h"

#define BYTES_MAX (256u << 20)

struct world
{
    struct feel_value context;
    struct bus_strv names[1024];
    size_t count;
};

static bool
feel_global(void *data, struct bus_strv name, struct feel_value *ret)
{
    const struct world *w = data;
    const struct feel_value *v = feel_entry_get(&w->context.context, name);
    if (v != NULL) {
        *ret = *v;
    }
    return v != NULL;
}

/* Keys with blanks are names, too. */
static void feel_collect(struct world *w, const struct feel_value *v)
{
    for (size_t i = 0; v->kind == FEEL_LIST && i < v->list.n; i++) {
        feel_collect(w, &v->list.v[i]);
    }
    for (size_t i = 0; v->kind == FEEL_CONTEXT && i < v->context.n; i++) {
        if (w->count < sizeof(w->names) / sizeof(w->names[0])) {
            w->names[w->count++] = v->context.v[i].key;
        }
        feel_collect(w, v->context.v[i].value);
    }
}

static void show_fault(const char *text, const struct feel_error *e)
{
    unsigned line = 1, col = 1;
    for (size_t i = 0; i < e->offset && text[i] != '\0'; i++) {
        bool start = ((unsigned char)text[i] & 0xC0) != 0x80;
        col = text[i] == '\n' ? 1 : col + start;
        line += text[i] == '\n';
    }
    (void)fprintf(stderr, "lianou feel: %u:%u: %s\n", line, col, e->text);
}

static int feel_evaluate(const char *text,
                         bool json,
                         struct world *w,
                         struct bus_arena *mem)
{
    struct feel_error e;
    struct feel_names names = {NULL, w->names, w->count, NULL};
    const struct feel_node *n = feel_parse_in(bus_strv(text), &names, mem, &e);
    if (n == NULL) {
        show_fault(text, &e);
        return LIANOU_USAGE;
    }
    struct feel_value now = cli_feel_now();
    struct feel_env env = {
        .mem = mem, .data = w, .global = feel_global, .now = &now};
    struct feel_value v = feel_eval(n, &env);
    if (json) {
        json_t *j = cli_feel_to_json(mem, &v);
        (void)json_dumpf(j, stdout, JSON_ENCODE_ANY);
        (void)putchar('\n');
        json_decref(j);
    } else {
        const char *s = feel_literal(mem, &v);
        (void)puts(s ? s : "null");
    }
    if (v.kind == FEEL_NULL && v.why != NULL) {
        (void)fprintf(stderr, "lianou feel: null: %s\n", v.why);
        return LIANOU_FAILED;
    }
    return LIANOU_WELL;
}

static int feel_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"context", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    static struct world w;
    const char *context = NULL;
    bool json = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            context = optarg;
        } else if (o == 'j') {
            json = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc) {
        (void)fprintf(stderr, "lianou feel: one expression, in quotes\n");
        return LIANOU_USAGE;
    }
    struct bus_arena mem;
    struct bus_err err;
    int rc = BUS_OK;
    bus_arena_init(&mem, 1 << 16, BYTES_MAX);
    w.context.kind = FEEL_CONTEXT;
    if (context != NULL) {
        rc = cli_feel_json_file(&mem, context, &w.context, &err);
        feel_collect(&w, &w.context);
    }
    int code = LIANOU_USAGE;
    if (rc == BUS_OK) {
        code = feel_evaluate(argv[optind], json, &w, &mem);
    } else {
        (void)fprintf(stderr, "lianou feel: %s\n", err.msg);
    }
    bus_arena_fini(&mem);
    return code;
}

extern const struct lianou_command lianou_cmd_feel;
const struct lianou_command lianou_cmd_feel = {
    .name = "feel",
    .usage = "'EXPR' [--context FILE.json] [--json]",
    .summary = "evaluate one FEEL expression",
    .summary_zh = "计算一个 FEEL 表达式",
    .group = 2,
    .run = feel_run,
};
