/* Drafts, as a clerk meets them: what is wrong, mended, sent again. They are
 * opened with the keys of `drafts`; what is shown is masked, facts and the
 * whole of it (export) only with --why, which is written down first. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/role/keys.h"
#include "bus/web/readlog.h"
#include "ops/cli/intake/feed.h"
#include "ops/cli/lianou.h"
#include "ops/cli/tool.h"

struct clerk
{
    struct tool tool;
    struct drafts drafts;
    struct bus_wire_keyring *keys;
    const char *why; /* --why; NULL: none */
    bool json;
};

/* The ring of who mends; where a county has none of it yet, the matcher's. No
 * ring: NULL, and what is sealed stays closed. */
static int clerk_keys(const struct bus_config *c,
                      struct bus_wire_keyring **ret,
                      struct bus_err *err)
{
    static const char *const holders[] = {DRAFTS_OWNER, "matcher"};
    *ret = NULL;
    for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++) {
        char path[BUS_ROLE_RING_PATH];
        BUS_TRY(bus_role_keyring_path(c, holders[i], path, err));
        if (access(path, R_OK) == 0) {
            return bus_role_keyring_open(c, holders[i], NULL, 0, ret, err);
        }
    }
    return BUS_OK;
}

static int clerk_open(struct clerk *k, struct bus_err *err)
{
    BUS_TRY(cli_tool_open(&k->tool, err));
    const struct bus_config *c = &k->tool.config;
    const char *home = bus_conf_state(c, &k->tool.mem, "intake", NULL);
    const char *dir = bus_arena_printf(&k->tool.mem, "%s/drafts", home);
    if (dir == NULL || access(dir, F_OK) != 0) {
        return bus_fail(err, BUS_EUNKNOWN, "no drafts: there is no %s",
                        dir ? dir : "");
    }
    BUS_TRY(clerk_keys(c, &k->keys, err));
    const struct drafts_conf conf = {.dir = dir,
                                     .max_bytes =
                                         (uint64_t)c->intake.draft_bytes_max,
                                     .keep_ms = c->intake.draft_keep_ms,
                                     .opens = k->keys};
    return intake_drafts_open(&k->drafts, &conf, err);
}

/* Before anything of it is shown in clear. */
static int clerk_note(struct clerk *k,
                      const char *via,
                      const char *id,
                      const char *fields,
                      struct bus_err *err)
{
    const struct bus_web_read read = {
        .via = via, .purpose = k->why, .record = id, .fields = fields};
    return cli_tool_note_why(&k->tool, &read, err);
}

static const char *drafts_text_of(const json_t *map, const char *key)
{
    const char *s = json_string_value(json_object_get(map, key));
    return s == NULL ? "" : s;
}

static void drafts_line_of(const struct draft *d)
{
    if (d->json == NULL) {
        (void)printf("%s  %s\n", d->id,
                     d->closed ? "closed 此处无密钥, 打不开"
                               : "torn 文件不完整");
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

static int drafts_list(struct clerk *k, struct bus_err *err)
{
    struct draft *all = NULL;
    size_t n = 0;
    int rc = intake_drafts_list(&k->drafts, &all, &n, err);
    for (size_t i = 0; i < n; i++) {
        if (!k->json) {
            drafts_line_of(&all[i]);
        } else if (all[i].json != NULL) {
            intake_drafts_mask(all[i].json, false);
            (void)json_object_set_new(all[i].json, "id",
                                      json_string(all[i].id));
            drafts_print_json(all[i].json, JSON_COMPACT);
        }
    }
    if (rc == BUS_OK && !k->json) {
        (void)printf("%zu drafts 草稿\n", n);
    }
    intake_drafts_free(all, n);
    return rc;
}

static int drafts_show(struct clerk *k, const char *id, struct bus_err *err)
{
    json_t *j = NULL;
    BUS_TRY(intake_drafts_read(&k->drafts, id, &j, err));
    int rc = k->why == NULL
                 ? BUS_OK
                 : clerk_note(k, "lianou intake drafts show", id, "facts", err);
    if (rc != BUS_OK) {
        json_decref(j);
        return rc;
    }
    intake_drafts_mask(j, k->why != NULL);
    if (k->json) {
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

static int drafts_write(const json_t *draft,
                        const char *id,
                        const char *path,
                        struct bus_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    struct bus_buf text = {0};
    bool ok = f != NULL && intake_drafts_text(draft, &text, err) == BUS_OK &&
              fwrite(text.data, 1, text.len, f) == text.len;
    ok = f != NULL && fclose(f) == 0 && ok;
    bus_buf_fini(&text);
    if (ok) {
        (void)printf("%s: mend it, then: lianou intake drafts resubmit %s %s\n",
                     path, id, path);
    }
    return ok ? BUS_OK
              : bus_fail(err, BUS_EUNKNOWN,
                         "%s cannot be written (it must not be there yet)",
                         path);
}

/* In clear, for mending: into a new file that only its owner reads. */
static int drafts_export(struct clerk *k,
                         const char *id,
                         const char *path,
                         struct bus_err *err)
{
    json_t *j = NULL;
    BUS_TRY(intake_drafts_read(&k->drafts, id, &j, err));
    int rc = clerk_note(k, "lianou intake drafts export", id, "all", err);
    if (rc == BUS_OK) {
        rc = drafts_write(j, id, path, err);
    }
    json_decref(j);
    return rc;
}

/* --- resubmit --- */

struct again
{
    const char *id; /* one; NULL: all */
    struct bus_wire_keyring *keys;
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
    BUS_TRY(clerk_keys(&f->frame.config, &a->keys, err));
    f->in.drafts.opens = a->keys;
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
    if (rc == BUS_EPARSE || rc == BUS_EUNKNOWN || rc == BUS_ECRYPT) {
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
    bus_wire_keyring_free(a.keys);
    return rc;
}

int cli_intake_drafts(int argc,
                      char **argv,
                      const char *config_dir,
                      const char *why,
                      bool json)
{
    struct clerk k = {.tool = {.folder = config_dir}, .why = why, .json = json};
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
    int rc = clerk_open(&k, &err);
    if (rc == BUS_OK) {
        rc = lists   ? drafts_list(&k, &err)
             : shows ? drafts_show(&k, argv[1], &err)
             : drops ? intake_drafts_drop(&k.drafts, argv[1], &err)
                     : drafts_export(&k, argv[1], argv[2], &err);
    }
    bus_wire_keyring_free(k.keys);
    return cli_tool_close(&k.tool, "intake drafts", rc, &err);
}
