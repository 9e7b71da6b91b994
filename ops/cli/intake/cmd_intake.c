/* intake submit|import|columns|drafts: applications from files; leave: who has
 * left a household. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/cli/intake/feed.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"
#include "producers/intake/form_schema.h"

static const char usage[] =
    "lianou intake: submit FILE|-        a JSON application a line\n"
    "               import FILE.csv|-    a station's list\n"
    "               leave FILE|-         who no longer lives in a household, a "
    "line each\n"
    "               columns              the columns of such a list\n"
    "               template [--csv]     a blank one\n"
    "               openapi              the contract of POST "
    "/v1/applications\n"
    "               drafts [list] | show ID [--why TEXT] | drop ID |\n"
    "                      export ID FILE --why TEXT |\n"
    "                      resubmit ID|all [FILE]\n"
    "               [--json] [--config DIR]\n";

/* --- submit --- */

struct lines
{
    FILE *file;
    char *line;
    size_t cap, number;
};

/* Of a file; a pipe is not read to its end for this. */
static size_t lines_unread(struct feed *f)
{
    const struct lines *l = f->data;
    size_t n = 0;
    if (fseek(l->file, 0, SEEK_CUR) == 0) {
        for (int c, before = '\n'; (c = getc(l->file)) != EOF; before = c) {
            n += before == '\n';
        }
    }
    return n;
}

static int next_line(struct feed *f, struct bus_err *err)
{
    struct lines *l = f->data;
    ssize_t n = getline(&l->line, &l->cap, l->file);
    if (n < 0) {
        return ferror(l->file) ? bus_fail(err, BUS_EIO, "cannot be read")
                               : bus_fail(err, BUS_EAGAIN, "the end");
    }
    l->number++;
    while (n > 0 && (l->line[n - 1] == '\n' || l->line[n - 1] == '\r')) {
        n--;
    }
    if (n == 0) {
        return BUS_OK;
    }
    struct form_syntax wrong;
    struct feed_unit u = {.bytes = {l->line, (size_t)n},
                          .first_line = l->number,
                          .last_line = l->number};
    u.json = intake_form_parse(u.bytes, &wrong);
    if (u.json == NULL) {
        cli_feed_broken(f, l->number, &wrong);
        return BUS_OK;
    }
    u.reference =
        json_string_value(json_object_get(u.json, "channel_reference"));
    return cli_feed_collect(f, &u, err);
}

/* --- import --- */

struct list
{
    FILE *file;
    struct bus_buf text;
    struct csv_import sheet;
    struct csv_import_unit *unit;
    struct bus_arena mem; /* of one household's rows */
};

static void say_faults(const struct csv_import_faults *faults)
{
    for (size_t i = 0; i < faults->n && i < SHEET_FAULTS_MAX; i++) {
        const struct csv_import_fault *s = &faults->v[i];
        (void)fprintf(stderr, "line %zu", s->line);
        if (s->column > 0) {
            (void)fprintf(stderr, ", column %zu", s->column);
        }
        (void)fprintf(stderr, "%s%s: %s %s / %s\n",
                      s->header[0] != '\0' ? " " : "", s->header, s->code,
                      s->zh, s->en);
    }
}

static int open_list(struct feed *f, struct list *l, struct bus_err *err)
{
    struct csv_import_faults faults;
    const char *encoding = "";
    l->unit = bus_arena_alloc(&l->mem, sizeof(*l->unit));
    if (l->unit == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a list");
    }
    BUS_TRY(bus_workbook_csv_load(l->file, &l->text, &encoding, err));
    BUS_TRY(intake_csv_import_open(&l->sheet, bus_buf_view(&l->text),
                                   &f->frame.config, &f->in.index, &faults,
                                   err));
    if (faults.n > 0) {
        say_faults(&faults);
        return bus_fail(err, BUS_EPARSE,
                        "什么都没有发送: 列有问题 / nothing was sent: the "
                        "columns have faults");
    }
    f->sheet = &l->sheet;
    (void)fprintf(stderr, "reading %s, %zu columns\n", encoding, l->sheet.n);
    return BUS_OK;
}

/* All of it, before anything is sent. */
static int check_list(struct feed *f, struct bus_err *err)
{
    struct list *l = f->data;
    int rc = open_list(f, l, err);
    if (rc == BUS_OK) {
        rc = intake_csv_import_check_whole(
            bus_buf_view(&l->text), &f->frame.config, &f->in.index, NULL, err);
    }
    if (rc == BUS_EPARSE || rc == BUS_ETOOBIG) {
        (void)fprintf(stderr, "%s\n", err->msg);
        err->code = BUS_EPARSE; /* with its own text */
        return (int)err->code;
    }
    return rc;
}

static size_t rows_unread(struct feed *f)
{
    const struct list *l = f->data;
    struct bus_strv t = bus_buf_view(&l->text);
    size_t lines = t.n > 0 && t.p[t.n - 1] != '\n' ? 1 : 0;
    for (size_t i = 0; i < t.n; i++) {
        lines += t.p[i] == '\n';
    }
    return lines > f->last_line ? lines - f->last_line : 0;
}

static int next_household(struct feed *f, struct bus_err *err)
{
    struct list *l = f->data;
    struct bus_arena_mark clean = bus_arena_mark(&l->mem);
    int rc = intake_csv_import_next(&l->sheet, &l->mem, l->unit, err);
    if (rc == BUS_EPARSE || rc == BUS_ETOOBIG) {
        (void)fprintf(stderr, "%s\n", err->msg);
        err->code = BUS_EPARSE; /* with its own text */
        return (int)err->code;
    }
    if (rc != BUS_OK) {
        return rc;
    }
    struct feed_unit u = {.json = l->unit->json,
                          .first_line = l->unit->first_line,
                          .last_line = l->unit->last_line,
                          .reference = l->unit->reference,
                          .rows = l->unit};
    rc = l->unit->unreadable ? cli_feed_unreadable(f, &u, err)
                             : cli_feed_collect(f, &u, err);
    bus_arena_release(&l->mem, clean);
    return rc;
}

static int feed_file(const char *path,
                     bool sheet,
                     bool json,
                     const struct bus_run_role_args *args)
{
    static struct feed f;
    static struct lines lines;
    static struct list list;
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "lianou intake: %s cannot be read\n", path);
        return LIANOU_USAGE;
    }
    lines.file = list.file = file;
    bus_arena_init(&list.mem, 1u << 20, 0);
    f.name = sheet ? "import" : "submit";
    f.json = json;
    f.each = sheet;
    f.next = sheet ? next_household : next_line;
    f.check = sheet ? check_list : NULL;
    f.unread = sheet ? rows_unread : lines_unread;
    f.data = sheet ? (void *)&list : (void *)&lines;
    int rc = cli_feed_run(&f, args);
    intake_csv_import_close(&list.sheet);
    bus_buf_fini(&list.text);
    bus_arena_fini(&list.mem);
    free(lines.line);
    if (file != stdin) {
        (void)fclose(file);
    }
    return rc;
}

static int columns(void)
{
    for (size_t i = 0; intake_csv_import_columns()[i].en != NULL; i++) {
        const struct csv_import_column *c = &intake_csv_import_columns()[i];
        (void)printf("%s\t%s\t%s\n", c->zh, c->en, c->needed ? "needed" : "");
    }
    (void)printf("and any fact of bus-config/facts.yaml, by its name or its "
                 "Chinese label; money in fen, or in yuan with (元) behind the "
                 "label\n");
    return LIANOU_WELL;
}

/* The heads of a blank list, as a spreadsheet opens them. */
static int template_csv(void)
{
    (void)printf("\xef\xbb\xbf");
    for (const struct csv_import_column *c = intake_csv_import_columns();
         c->en != NULL; c++) {
        (void)printf("%s%s", c == intake_csv_import_columns() ? "" : ",",
                     c->zh);
    }
    (void)printf("\r\n");
    return LIANOU_WELL;
}

/* The contract that `lianou run intake` serves at /openapi.json. */
static int print_contract(const char *folder)
{
    struct tool t = {.folder = folder};
    struct bus_buf text;
    struct bus_err err;
    bus_buf_init(&text, 0);
    int rc = cli_tool_open(&t, &err);
    if (rc == BUS_OK) {
        rc = intake_form_openapi_write(&t.config, &text, &err);
    }
    if (rc == BUS_OK) {
        (void)fwrite(text.data, 1, text.len, stdout);
    }
    bus_buf_fini(&text);
    return cli_tool_close(&t, "intake", rc, &err);
}

static int intake_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"csv", no_argument, NULL, 'v'},
        {"why", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0}};
    struct bus_run_role_args args = {0};
    bool json = false;
    const char *why = NULL;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            args.config_dir = optarg;
        } else if (o == 'j') {
            json = true;
        } else if (o == 'w') {
            why = optarg;
        } else if (o == 'v') {
            continue; /* the only template there is */
        } else {
            return LIANOU_USAGE;
        }
    }
    args.config_dir = lianou_config_dir(args.config_dir);
    argc -= optind;
    argv += optind;
    const char *what = argc > 0 ? argv[0] : "";
    if (argc == 2 && strcmp(what, "submit") == 0) {
        return feed_file(argv[1], false, json, &args);
    }
    if (argc == 2 && strcmp(what, "import") == 0) {
        return feed_file(argv[1], true, json, &args);
    }
    if (argc == 2 && strcmp(what, "leave") == 0) {
        return cli_intake_leave(argv[1], args.config_dir);
    }
    if (argc == 1 && strcmp(what, "openapi") == 0) {
        return print_contract(args.config_dir);
    }
    if (argc >= 1 && strcmp(what, "template") == 0) {
        return template_csv();
    }
    if (argc == 1 && strcmp(what, "columns") == 0) {
        return columns();
    }
    if (argc >= 1 && strcmp(what, "drafts") == 0) {
        int rc =
            cli_intake_drafts(argc - 1, argv + 1, args.config_dir, why, json);
        if (rc >= 0) {
            return rc;
        }
    }
    (void)fprintf(stderr, "%s", usage);
    return LIANOU_USAGE;
}

const struct lianou_command lianou_cmd_intake = {
    .name = "intake",
    .usage = "submit FILE|- | import FILE.csv|- | leave FILE|- | columns | "
             "template | openapi | "
             "drafts ...",
    .summary = "apply from a file or a station's list; who left; mend drafts",
    .summary_zh = "从文件或服务站清单提交申请; 成员变动; 更正草稿",
    .group = 1,
    .run = intake_run,
};
