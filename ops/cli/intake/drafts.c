/* Drafts, as a clerk meets them: what is wrong, mended, sent again. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops/cli/intake/feed.h"
#include "ops/cli/lianou.h"

/* An error as the command's end. */
static int drafts_told(int rc, const struct bus_err *err)
{
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou intake drafts: %s\n", err->msg);
    }
    return rc == BUS_OK                             ? LIANOU_WELL
           : rc == BUS_ECONFIG                      ? LIANOU_USAGE
           : rc == BUS_EUNKNOWN || rc == BUS_EPARSE ? LIANOU_FAILED
                                                    : LIANOU_BUG;
}

static int
open_drafts(struct drafts *d, const char *folder, struct bus_err *err)
{
    struct bus_config c;
    struct bus_faults faults;
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    int rc = bus_conf_open(&c, folder, &faults, err);
    if (rc == BUS_OK) {
        const char *household = bus_conf_state(&c, &mem, "intake", NULL);
        const char *dir = bus_arena_printf(&mem, "%s/drafts", household);
        *d = (struct drafts){0};
        if (dir != NULL && access(dir, F_OK) != 0) {
            rc = bus_fail(err, BUS_EUNKNOWN, "no drafts: there is no %s", dir);
        } else {
            rc = intake_drafts_open(d, dir, (uint64_t)c.intake.draft_bytes_max,
                                    err);
        }
    }
    bus_conf_close(&c);
    bus_arena_fini(&mem);
    return rc;
}

static const char *drafts_text_of(const json_t *map, const char *key)
{
    const char *s = json_string_value(json_object_get(map, key));
    return s == NULL ? "" : s;
}

static void drafts_line_of(const struct draft *d)
{
    if (d->json == NULL) {
        (void)printf("%s  torn 文件不完整\n", d->id);
        return;
    }
    const json_t *a = json_object_get(d->json, "application");
    const json_t *faults = json_object_get(d->json, "faults");
    const json_t *first = json_array_get(faults, 0);
    (void)printf("%s  %.19s  %-11s  %s  %zu: %s %s %s\n", d->id,
                 drafts_text_of(d->json, "kept_at"),
                 drafts_text_of(a, "channel"),
                 drafts_text_of(a, "channel_reference"),
                 json_array_size(faults), drafts_text_of(first, "pointer"),
                 drafts_text_of(first, "code"), drafts_text_of(first, "zh"));
}

static void drafts_print_json(const json_t *j, size_t flags)
{
    char *text = json_dumps(j, flags);
    (void)printf("%s\n", text ? text : "null");
    free(text);
}

static int drafts_list(const struct drafts *d, bool json, struct bus_err *err)
{
    struct draft *all = NULL;
    size_t n = 0;
    int rc = intake_drafts_list(d, &all, &n, err);
    for (size_t i = 0; i < n; i++) {
        if (!json) {
            drafts_line_of(&all[i]);
        } else if (all[i].json != NULL) {
            intake_drafts_mask(all[i].json);
            (void)json_object_set_new(all[i].json, "id",
                                      json_string(all[i].id));
            drafts_print_json(all[i].json, JSON_COMPACT);
        }
    }
    if (rc == BUS_OK && !json) {
        (void)printf("%zu drafts 草稿\n", n);
    }
    intake_drafts_free(all, n);
    return rc;
}

static int drafts_show(const struct drafts *d,
                       const char *id,
                       bool json,
                       struct bus_err *err)
{
    json_t *j = NULL;
    int rc = intake_drafts_read(d, id, &j, err);
    if (rc != BUS_OK) {
        return rc;
    }
    intake_drafts_mask(j);
    if (json) {
        drafts_print_json(j, JSON_COMPACT);
    } else {
        size_t i;
        const json_t *f;
        json_array_foreach(json_object_get(j, "faults"), i, f)
        {
            (void)printf("%s  %s\n    %s\n    %s\n",
                         drafts_text_of(f, "pointer"),
                         drafts_text_of(f, "code"), drafts_text_of(f, "zh"),
                         drafts_text_of(f, "en"));
        }
        drafts_print_json(json_object_get(j, "application"),
                          JSON_INDENT(2) | JSON_ENCODE_ANY);
    }
    json_decref(j);
    return rc;
}

/* In clear, for mending: into a new file that only its owner reads. */
static int drafts_export(const struct drafts *d,
                         const char *id,
                         const char *path,
                         struct bus_err *err)
{
    json_t *j = NULL;
    int rc = intake_drafts_read(d, id, &j, err);
    if (rc != BUS_OK) {
        return rc;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    struct bus_buf text = {0};
    bool ok = f != NULL && intake_drafts_text(j, &text, err) == BUS_OK &&
              fwrite(text.data, 1, text.len, f) == text.len;
    ok = f != NULL && fclose(f) == 0 && ok;
    bus_buf_fini(&text);
    json_decref(j);
    if (ok) {
        (void)printf("%s: mend it, then: lianou intake drafts resubmit %s %s\n",
                     path, id, path);
    }
    return ok ? BUS_OK
              : bus_fail(err, BUS_EUNKNOWN,
                         "%s cannot be written (it must not be there yet)",
                         path);
}

/* --- resubmit --- */

struct again
{
    const char *id;   /* one; NULL: all */
    const char *file; /* its mended text; NULL: as it stands */
    struct draft *all;
    size_t n, at;
    bool read;
};

static int read_mended(struct again *a, struct bus_err *err)
{
    json_error_t where;
    json_t *mended = json_load_file(a->file, JSON_REJECT_DUPLICATES, &where);
    if (mended == NULL) {
        return bus_fail(err, BUS_EPARSE, "%s: line %d, column %d: no JSON",
                        a->file, where.line, where.column);
    }
    (void)json_object_set_new(a->all[0].json, "application", mended);
    return BUS_OK;
}

static int read_again(struct feed *f, struct again *a, struct bus_err *err)
{
    a->read = true;
    if (a->id == NULL) {
        return intake_drafts_list(&f->in.drafts, &a->all, &a->n, err);
    }
    static struct draft one;
    int rc = intake_drafts_read(&f->in.drafts, a->id, &one.json, err);
    (void)bus_strv_copy(one.id, sizeof(one.id), bus_strv(a->id));
    a->all = &one;
    a->n = rc == BUS_OK ? 1 : 0;
    return rc == BUS_OK && a->file != NULL ? read_mended(a, err) : rc;
}

static int next_draft(struct feed *f, struct bus_err *err)
{
    struct again *a = f->data;
    int rc = a->read ? BUS_OK : read_again(f, a, err);
    if (rc == BUS_EPARSE || rc == BUS_EUNKNOWN) {
        (void)fprintf(stderr, "lianou intake drafts: %s\n", err->msg);
        err->code = BUS_EPARSE; /* with its own text */
        return (int)err->code;
    }
    if (rc != BUS_OK) {
        return rc;
    }
    while (a->at < a->n && a->all[a->at].json == NULL) {
        a->at++; /* a torn one stays for people */
    }
    if (a->at >= a->n) {
        return bus_fail(err, BUS_EAGAIN, "the end");
    }
    const struct draft *d = &a->all[a->at++];
    json_t *application = json_object_get(d->json, "application");
    struct feed_unit u = {.json = json_incref(application),
                          .first_line = a->at,
                          .last_line = a->at,
                          .reference =
                              drafts_text_of(application, "channel_reference"),
                          .draft = d->id};
    return cli_feed_collect(f, &u, err);
}

static int
resubmit(const char *id, const char *file, const char *folder, bool json)
{
    static struct feed f;
    static struct again a;
    struct bus_run_role_args args = {.config_dir = folder};
    bool all = strcmp(id, "all") == 0;
    a.id = all ? NULL : id;
    a.file = file;
    f.name = "drafts resubmit";
    f.json = json;
    f.each = true;
    f.next = next_draft;
    f.data = &a;
    int rc = cli_feed_run(&f, &args);
    if (all) {
        intake_drafts_free(a.all, a.n);
    } else if (a.n > 0) {
        json_decref(a.all[0].json);
    }
    return rc;
}

int cli_intake_drafts(int argc, char **argv, const char *config_dir, bool json)
{
    static struct drafts d;
    struct bus_err err = {0};
    const char *what = argc > 0 ? argv[0] : "list";
    bool resubmits = strcmp(what, "resubmit") == 0;
    if (resubmits &&
        (argc == 2 || (argc == 3 && strcmp(argv[1], "all") != 0))) {
        return resubmit(argv[1], argc == 3 ? argv[2] : NULL, config_dir, json);
    }
    bool lists = argc <= 1 && strcmp(what, "list") == 0;
    bool shows = argc == 2 && strcmp(what, "show") == 0;
    bool drops = argc == 2 && strcmp(what, "drop") == 0;
    bool exports = argc == 3 && strcmp(what, "export") == 0;
    if (!lists && !shows && !drops && !exports) {
        return -1;
    }
    int rc = open_drafts(&d, config_dir, &err);
    if (rc == BUS_OK) {
        rc = lists   ? drafts_list(&d, json, &err)
             : shows ? drafts_show(&d, argv[1], json, &err)
             : drops ? intake_drafts_drop(&d, argv[1], &err)
                     : drafts_export(&d, argv[1], argv[2], &err);
    }
    return drafts_told(rc, &err);
}
