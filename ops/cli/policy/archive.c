/* policy export, policy import: a whole catalogue as one signed file, from one
 * county to another (S19).
 *
 * - export: only what compiles and passes the city's template leaves
 * - import: the signature and every file's digest first; then what it holds;
 *   with --into the files, into a folder that does not have them yet
 * - 0 done, 1 refused, 2 wrong use */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/advice/check.h"
#include "ops/cli/lianou.h"
#include "ops/cli/policy/archive.h"
#include "ops/cli/policy/policy.h"

static int count_departments(const struct bus_catalogue_rules *r)
{
    const struct bus_policy_sources *s = &r->sources;
    int n = 0;
    for (size_t i = 0; i < s->item_count; i++) {
        const struct bus_node *d = bus_node_get(s->items[i], "department");
        bool seen = d == NULL;
        for (size_t k = 0; k < i && !seen; k++) {
            const struct bus_node *e = bus_node_get(s->items[k], "department");
            seen = e != NULL && bus_strv_eq(d->text, e->text);
        }
        n += !seen;
    }
    return n;
}

static void archive_show(const struct bus_catalogue_rules *r, const char *path)
{
    const struct bus_catalogue_archive *a = &r->archive;
    (void)printf("%s: %zu items of %d departments, catalogue %s, %zu files\n",
                 path, r->sources.item_count, count_departments(r),
                 bus_policy_catalogue_version(r->catalogue), a->count);
}

int cli_policy_rules_open(struct bus_catalogue_rules *r,
                          const char *path,
                          struct bus_err *err)
{
    struct stat st;
    bus_catalogue_rules_init(r);
    if (stat(path, &st) != 0) {
        return bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return bus_catalogue_archive_folder(path, BUS_ARCHIVE_CATALOGUE,
                                            &r->mem, &r->archive, err);
    }
    if (st.st_size > 2 * (off_t)BUS_ARCHIVE_BYTES_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "%s: larger than a catalogue is",
                        path);
    }
    FILE *f = fopen(path, "re");
    char *bytes = bus_arena_alloc(&r->mem, (size_t)st.st_size + 1);
    size_t n = f && bytes ? fread(bytes, 1, (size_t)st.st_size, f) : 0;
    if (f != NULL) {
        (void)fclose(f);
    }
    if (f == NULL || bytes == NULL || n != (size_t)st.st_size) {
        return bus_fail(err, BUS_ECONFIG, "%s: cannot be read", path);
    }
    int rc = bus_catalogue_archive_unpack((struct bus_strv){bytes, n},
                                          BUS_ARCHIVE_CATALOGUE, &r->mem,
                                          &r->archive, err);
    return rc == BUS_OK ? rc : bus_wrap(err, "%s", path);
}

int cli_policy_pack(const struct bus_config *c,
                    const char *key_file,
                    struct bus_catalogue_rules *r,
                    struct bus_buf *out,
                    struct bus_err *err)
{
    int rc = cli_policy_rules_open(r, c->folder, err);
    if (rc == BUS_OK) {
        rc = bus_catalogue_rules_compile(r, err);
    }
    if (rc == BUS_OK) {
        bus_advice_check_template(r->sources.items, r->sources.item_count,
                                  &r->faults);
        rc = bus_faults_fail(&r->faults, err);
    }
    if (rc != BUS_OK) {
        cli_policy_print_faults(&r->faults, false);
        return rc;
    }
    r->archive.county = bus_strv(
        bus_arena_printf(&r->mem, "%s %s", c->county.code, c->county.name_zh));
    r->archive.version = bus_strv(bus_policy_catalogue_version(r->catalogue));
    return bus_catalogue_archive_pack(&r->archive, key_file, out, err);
}

int cli_policy_message_fits(const struct bus_config *c,
                            size_t archive_bytes,
                            struct bus_err *err)
{
    int64_t room = c->kafka.message_bytes_max - POLICY_ENVELOPE_BYTES;
    return (int64_t)archive_bytes <= room
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG,
                          "the catalogue has %zu bytes, kafka.message_max is "
                          "%lld: raise it",
                          archive_bytes, (long long)c->kafka.message_bytes_max);
}

/* --- export --- */

static int
archive_write_file(const char *path, struct bus_strv bytes, struct bus_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    size_t done = 0;
    while (fd >= 0 && done < bytes.n) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        if (n <= 0) {
            break;
        }
        done += (size_t)n;
    }
    bool ok = fd >= 0 && done == bytes.n;
    int e = errno;
    ok = fd >= 0 && close(fd) == 0 && ok;
    return ok ? BUS_OK
              : bus_fail(err, BUS_ECONFIG, "%s: %s", path, strerror(e));
}

struct wish
{
    const char *folder, *key, *into, *file;
    bool anyone; /* --unsigned */
};

static int export_to(const struct wish *w, struct bus_err *err)
{
    struct bus_config config;
    struct bus_faults faults;
    struct bus_catalogue_rules r;
    struct bus_buf out = {0};
    bus_catalogue_rules_init(&r);
    int rc = bus_conf_open(&config, lianou_config_dir(w->folder), &faults, err);
    if (rc != BUS_OK) {
        cli_policy_print_faults(&faults, false);
    }
    if (rc == BUS_OK) {
        rc = cli_policy_pack(&config, w->key, &r, &out, err);
    }
    if (rc == BUS_OK) {
        rc = archive_write_file(w->file, bus_buf_view(&out), err);
    }
    if (rc == BUS_OK) {
        archive_show(&r, w->file);
        (void)printf(w->key ? "signed / 已签名: %s\n" : "unsigned / 未签名\n",
                     w->key);
    }
    bus_buf_fini(&out);
    bus_catalogue_rules_close(&r);
    bus_conf_close(&config);
    return rc;
}

/* --- import --- */

static int make_folders(const char *path, struct bus_err *err)
{
    char part[1024];
    for (size_t i = 1; path[i] != '\0' && i < sizeof(part) - 1; i++) {
        if (path[i] == '/') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0755) != 0 && errno != EEXIST) {
                return bus_fail(err, BUS_ECONFIG, "%s: %s", part,
                                strerror(errno));
            }
        }
    }
    return BUS_OK;
}

static int archive_write_all(struct bus_catalogue_rules *r,
                             const char *into,
                             struct bus_err *err)
{
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < r->archive.count; i++) {
        struct bus_catalogue_archive_file *f = &r->archive.files[i];
        char *path = bus_arena_printf(&r->mem, "%s/%s", into, f->path);
        rc = path == NULL ? bus_fail(err, BUS_ENOMEM, "a path")
                          : make_folders(path, err);
        if (rc == BUS_OK) {
            rc = archive_write_file(path, f->bytes, err);
        }
    }
    return rc;
}

static int import_from(const struct wish *w, struct bus_err *err)
{
    struct bus_catalogue_rules r;
    int rc = cli_policy_rules_open(&r, w->file, err);
    if (rc == BUS_OK && r.archive.manifest.n == 0) {
        rc = bus_fail(err, BUS_EUSAGE, "%s: a folder, not an archive", w->file);
    }
    if (rc == BUS_OK && w->key != NULL) {
        rc = bus_catalogue_archive_verify(&r.archive, w->key, err);
        rc = rc ? bus_wrap(err, "%s", w->file) : rc;
    }
    if (rc == BUS_OK) {
        rc = bus_catalogue_rules_compile(&r, err);
    }
    if (rc == BUS_OK) {
        archive_show(&r, w->file);
        (void)printf("from / 来自: %.*s; %s %s\n",
                     BUS_STRV_ARG(r.archive.county),
                     w->key ? "signed by / 签名:"
                            : "signature not looked at / 未核对签名",
                     w->key ? r.archive.signature.signer : "");
        rc = w->into ? archive_write_all(&r, w->into, err) : rc;
    } else {
        cli_policy_print_faults(&r.faults, false);
    }
    if (rc == BUS_OK) {
        (void)printf(w->into ? "written into / 写入: %s\n"
                             : "nothing written; --into DIR does / 未写入,加 "
                               "--into DIR 即写入\n",
                     w->into);
    }
    bus_catalogue_rules_close(&r);
    return rc;
}

/* --- the commands --- */

static int archive_run(int argc,
                       char **argv,
                       const char *key_option,
                       int (*act)(const struct wish *w, struct bus_err *err))
{
    const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                     {"into", required_argument, NULL, 'i'},
                                     {"unsigned", no_argument, NULL, 'u'},
                                     {key_option, required_argument, NULL, 'k'},
                                     {NULL, 0, NULL, 0}};
    struct wish w = {0};
    struct bus_err err;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'c') {
            w.folder = optarg;
        } else if (o == 'i' && act == import_from) {
            w.into = optarg;
        } else if (o == 'k') {
            w.key = optarg;
        } else if (o == 'u') {
            w.anyone = true;
        } else {
            return LIANOU_USAGE;
        }
    }
    if (optind + 1 != argc || (w.key == NULL) != w.anyone) {
        return LIANOU_USAGE;
    }
    w.file = argv[optind];
    int rc = act(&w, &err);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou policy: %s\n", err.msg);
    }
    return rc == BUS_OK ? LIANOU_WELL : LIANOU_FAILED;
}

static int run_export(int argc, char **argv)
{
    return archive_run(argc, argv, "key", export_to);
}

static int run_import(int argc, char **argv)
{
    return archive_run(argc, argv, "signer", import_from);
}

const struct policy_command cli_policy_cmd_export = {
    .name = "export",
    .usage = "FILE --key KEY.pem | --unsigned [--config DIR]",
    .summary = "the whole catalogue as one signed archive (tar)",
    .summary_zh = "将全部政策导出为一个签名归档",
    .run = run_export,
};
const struct policy_command cli_policy_cmd_import = {
    .name = "import",
    .usage = "FILE --signer KEY.pub | --unsigned [--into DIR]",
    .summary = "checks an archive and writes its files into a new folder",
    .summary_zh = "核对归档并写入新文件夹",
    .run = run_import,
};
