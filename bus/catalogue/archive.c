/* Packing and unpacking; see archive.h. */
#include "bus/catalogue/archive.h"
#include "bus/base/heap.h"
#include "bus/catalogue/deflate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/conf/file.h"

#define BLOCK         512
#define LINE_MAX_     256
#define MANIFEST_NAME "MANIFEST"
#define SIGNATURE     "SIGNATURE"

#define REGISTER_PLACE "registers/" /* of a register's files in an archive */
static const char *const register_files[] = {
    REGISTER_PLACE "delegations.csv", REGISTER_PLACE "operators.csv",
    REGISTER_PLACE "organisations.csv", REGISTER_PLACE "partner_keys.csv",
    REGISTER_PLACE "seals.csv"};

const char *bus_catalogue_archive_word(enum bus_archive_kind kind)
{
    return kind == BUS_ARCHIVE_REGISTER ? "register" : "catalogue";
}

struct ustar /* POSIX.1-2017, pax, "ustar Interchange Format" */
{
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8];
    char typeflag, linkname[100], magic[6], version[2], uname[32], gname[32];
    char devmajor[8], devminor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a header is one block");

static unsigned checksum(const struct ustar *h)
{
    struct ustar copy = *h;
    unsigned sum = 0;
    memset(copy.chksum, ' ', sizeof(copy.chksum));
    for (size_t i = 0; i < BLOCK; i++) {
        sum += ((const unsigned char *)&copy)[i];
    }
    return sum;
}

/* --- a folder --- */

static int archive_by_path(const void *a, const void *b)
{
    return strcmp(((const struct bus_catalogue_archive_file *)a)->path,
                  ((const struct bus_catalogue_archive_file *)b)->path);
}

struct gathering
{
    const char *folder;
    struct bus_arena *mem;
    struct bus_catalogue_archive *to;
    struct bus_faults faults;
    size_t bytes;
};

/* name: in the folder; path: in the archive. */
static void
archive_take_as(struct gathering *g, const char *name, const char *path)
{
    struct bus_catalogue_archive *a = g->to;
    struct bus_strv text;
    char *whole = bus_conf_join(g->mem, g->folder, name);
    if (whole == NULL) {
        g->faults.out_of_memory = true;
    } else if (strlen(path) > BUS_ARCHIVE_PATH_MAX ||
               a->count == BUS_ARCHIVE_FILES_MAX) {
        bus_faults_add(&g->faults, (struct bus_place){whole, 0, 0}, NULL,
                       "a path of at most %d characters, at most %d files",
                       BUS_ARCHIVE_PATH_MAX, BUS_ARCHIVE_FILES_MAX);
    } else if (bus_conf_slurp(g->mem, whole, BUS_ARCHIVE_BYTES_MAX, &text,
                              &g->faults)) {
        a->files[a->count++] = (struct bus_catalogue_archive_file){path, text};
        g->bytes += text.n;
    }
}

static void archive_take(struct gathering *g, const char *path)
{
    archive_take_as(g, path, path);
}

static void take_all(struct gathering *g, const char *sub, const char *suffix)
{
    const char **names;
    size_t n = 0;
    char *folder = bus_conf_join(g->mem, g->folder, sub);
    if (folder == NULL ||
        !bus_conf_list(g->mem, folder, suffix, &names, &n, &g->faults)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char *path = bus_conf_join(g->mem, sub, names[i]);
        g->faults.out_of_memory |= path == NULL;
        if (path != NULL) {
            archive_take(g, path);
        }
    }
}

static void take_catalogue(struct gathering *g)
{
    const char **folders;
    size_t n = 0;
    char *policies = bus_conf_join(g->mem, g->folder, "policies");
    if (policies == NULL) {
        g->faults.out_of_memory = true;
        return;
    }
    archive_take(g, "facts.yaml");
    archive_take(g, "funds.yaml");
    archive_take(g, "standards.yaml");
    take_all(g, "policies", ".yaml");
    if (bus_conf_list(g->mem, policies, "", &folders, &n, &g->faults)) {
        for (size_t i = 0; i < n; i++) {
            char *sub = bus_conf_join(g->mem, "policies", folders[i]);
            g->faults.out_of_memory |= sub == NULL;
            if (sub != NULL) {
                take_all(g, sub, ".yaml");
                take_all(g, sub, ".dmn");
            }
        }
    }
}

static void take_register(struct gathering *g)
{
    for (size_t i = 0; i < sizeof(register_files) / sizeof(register_files[0]);
         i++) {
        archive_take_as(g, register_files[i] + strlen(REGISTER_PLACE),
                        register_files[i]);
    }
}

int bus_catalogue_archive_folder(const char *folder,
                                 enum bus_archive_kind kind,
                                 struct bus_arena *mem,
                                 struct bus_catalogue_archive *ret,
                                 struct bus_err *err)
{
    struct gathering g = {.folder = folder, .mem = mem, .to = ret};
    *ret = (struct bus_catalogue_archive){.kind = kind};
    bus_faults_init(&g.faults, mem);
    ret->files =
        bus_arena_calloc(mem, BUS_ARCHIVE_FILES_MAX, sizeof(*ret->files));
    if (ret->files == NULL) {
        return bus_fail(err, BUS_ENOMEM, "an archive's files");
    }
    if (kind == BUS_ARCHIVE_REGISTER) {
        take_register(&g);
    } else {
        take_catalogue(&g);
    }
    if (g.bytes > BUS_ARCHIVE_BYTES_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "%s: %zu bytes of files; at most %u",
                        folder, g.bytes, BUS_ARCHIVE_BYTES_MAX);
    }
    qsort(ret->files, ret->count, sizeof(*ret->files), archive_by_path);
    return bus_faults_fail(&g.faults, err);
}

/* --- packing --- */

static void
put_member(struct bus_buf *out, const char *path, struct bus_strv bytes)
{
    static const char zeros[BLOCK];
    struct ustar h = {.mode = "0000644",
                      .uid = "0000000",
                      .gid = "0000000",
                      .mtime = "00000000000",
                      .typeflag = '0',
                      .magic = "ustar",
                      .version = {'0', '0'}};
    memcpy(h.name, path, strlen(path)); /* BUS_ARCHIVE_PATH_MAX at most */
    (void)snprintf(h.size, sizeof(h.size), "%011zo", bytes.n);
    (void)snprintf(h.chksum, sizeof(h.chksum), "%06o", checksum(&h) & 0777777);
    h.chksum[7] = ' ';
    bus_buf_put(out, &h, sizeof(h));
    bus_buf_put(out, bytes.p, bytes.n);
    bus_buf_put(out, zeros, (BLOCK - bytes.n % BLOCK) % BLOCK);
}

static int put_manifest(const struct bus_catalogue_archive *a,
                        struct bus_buf *to,
                        struct bus_err *err)
{
    int rc = BUS_OK;
    const char *word = bus_catalogue_archive_word(a->kind);
    bus_buf_printf(to, "lianou %s 1\ncounty %.*s\n%s %.*s\n", word,
                   BUS_STRV_ARG(a->county), word, BUS_STRV_ARG(a->version));
    for (size_t i = 0; rc == BUS_OK && i < a->count; i++) {
        uint8_t sm3[BUS_WIRE_SM3_BYTES];
        rc = bus_wire_sm3(a->files[i].bytes, sm3, err);
        bus_buf_puts(to, "file ");
        for (size_t k = 0; k < sizeof(sm3); k++) {
            bus_buf_printf(to, "%02x", sm3[k]);
        }
        bus_buf_printf(to, " %zu %s\n", a->files[i].bytes.n, a->files[i].path);
    }
    return rc;
}

static int put_signature(struct bus_strv manifest,
                         const char *key_file,
                         struct bus_buf *out,
                         struct bus_err *err)
{
    struct bus_wire_signature s;
    struct bus_buf text = {0};
    int rc = bus_wire_sm2_sign(key_file, manifest, &s, err);
    if (rc == BUS_OK) {
        bus_buf_printf(&text, "sm2 %s ", s.signer);
        for (size_t i = 0; i < s.n; i++) {
            bus_buf_printf(&text, "%02x", s.der[i]);
        }
        bus_buf_putc(&text, '\n');
        put_member(out, SIGNATURE, bus_buf_view(&text));
        out->failed |= text.failed;
    }
    bus_buf_fini(&text);
    return rc;
}

int bus_catalogue_archive_pack(const struct bus_catalogue_archive *a,
                               const char *key_file,
                               struct bus_buf *out,
                               struct bus_err *err)
{
    static const char end[2 * BLOCK];
    struct bus_buf manifest = {0};
    int rc = put_manifest(a, &manifest, err);
    if (rc == BUS_OK) {
        put_member(out, MANIFEST_NAME, bus_buf_view(&manifest));
        rc = key_file
                 ? put_signature(bus_buf_view(&manifest), key_file, out, err)
                 : BUS_OK;
    }
    for (size_t i = 0; rc == BUS_OK && i < a->count; i++) {
        put_member(out, a->files[i].path, a->files[i].bytes);
    }
    bus_buf_put(out, end, sizeof(end));
    bool failed = out->failed || manifest.failed;
    bus_buf_fini(&manifest);
    return rc == BUS_OK && failed ? bus_fail(err, BUS_ENOMEM, "an archive")
                                  : rc;
}

/* --- unpacking --- */

struct unpacking
{
    struct bus_strv rest;
    size_t at; /* bytes gone by */
    struct bus_arena *mem;
    struct bus_catalogue_archive *to;
    struct bus_err *err;
};

/* Letters, digits, dot, dash, underscore; no part of it begins with a dot. */
static bool path_ok(const char *path)
{
    char before = '/';
    for (const char *p = path; *p != '\0'; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '-' || *p == '_';
        if (!(plain || ((*p == '.' || *p == '/') && before != '/'))) {
            return false;
        }
        before = *p;
    }
    return before != '/';
}

static bool archive_octal(const char *p, size_t n, size_t *ret)
{
    *ret = 0;
    size_t i = 0;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++) {
        *ret = *ret * 8 + (size_t)(p[i] - '0');
    }
    return i > 0 && (i == n || p[i] == '\0' || p[i] == ' ');
}

static bool all_zero(struct bus_strv s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\0') {
            return false;
        }
    }
    return true;
}

/* The next member; *ret_end at the end. */
static int next_member(struct unpacking *u,
                       struct bus_catalogue_archive_file *ret,
                       bool *ret_end)
{
    struct ustar h;
    size_t size = 0, sum = 0;
    *ret_end = false;
    if (u->rest.n < BLOCK) {
        return bus_fail(u->err, BUS_ETRUNCATED,
                        "the archive ends at byte %zu without its end mark",
                        u->at);
    }
    memcpy(&h, u->rest.p, BLOCK);
    if (all_zero((struct bus_strv){u->rest.p, BLOCK})) {
        *ret_end = true;
        return all_zero(u->rest)
                   ? BUS_OK
                   : bus_fail(u->err, BUS_EPARSE,
                              "bytes behind the archive's end mark");
    }
    char name[BUS_ARCHIVE_PATH_MAX + 2] = "";
    memcpy(name, h.name, sizeof(h.name));
    if (memcmp(h.magic, "ustar", 5) != 0 ||
        !archive_octal(h.chksum, sizeof(h.chksum), &sum) ||
        sum != checksum(&h)) {
        return bus_fail(u->err, BUS_EPARSE,
                        "byte %zu: no member of a tar archive (ustar) begins "
                        "here",
                        u->at);
    }
    bool plain = (h.typeflag == '0' || h.typeflag == '\0') &&
                 h.prefix[0] == '\0' && strlen(name) <= BUS_ARCHIVE_PATH_MAX;
    if (!plain || !path_ok(name)) {
        return bus_fail(u->err, BUS_EPARSE,
                        "byte %zu: a member that is no plain file below the "
                        "folder",
                        u->at);
    }
    size_t room = u->rest.n - BLOCK;
    if (!archive_octal(h.size, sizeof(h.size), &size) || size > room) {
        return bus_fail(u->err, BUS_ETRUNCATED, "%s: cut off", name);
    }
    size_t whole = (size + BLOCK - 1) / BLOCK * BLOCK;
    whole = whole > room ? room : whole;
    ret->path = bus_arena_strdup(u->mem, name);
    ret->bytes = (struct bus_strv){
        bus_arena_strndup(u->mem, u->rest.p + BLOCK, size), size};
    u->rest.p += BLOCK + whole;
    u->rest.n -= BLOCK + whole;
    u->at += BLOCK + whole;
    return ret->path && ret->bytes.p
               ? BUS_OK
               : bus_fail(u->err, BUS_ENOMEM, "a catalogue's files");
}

static int archive_hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static int read_signature(struct unpacking *u, struct bus_strv text)
{
    struct bus_wire_signature *s = &u->to->signature;
    size_t head = 4 + BUS_WIRE_SM2_NAME + 1;
    bool ok = text.n > head + 1 && memcmp(text.p, "sm2 ", 4) == 0 &&
              (text.n - head - 1) % 2 == 0 &&
              (text.n - head - 1) / 2 <= BUS_WIRE_SM2_MAX;
    for (size_t i = head; ok && i + 1 < text.n; i += 2) {
        int hi = archive_hex(text.p[i]), lo = archive_hex(text.p[i + 1]);
        ok = hi >= 0 && lo >= 0;
        s->der[s->n++] = (uint8_t)(hi << 4 | (lo & 15));
    }
    if (!ok) {
        return bus_fail(u->err, BUS_EPARSE,
                        SIGNATURE ": must be `sm2 <key> <hex>`");
    }
    memcpy(s->signer, text.p + 4, BUS_WIRE_SM2_NAME);
    u->to->is_signed = true;
    return BUS_OK;
}

static struct bus_strv archive_line_of(struct bus_strv *rest)
{
    if (rest->n == 0) {
        return BUS_STRV("");
    }
    const char *end = memchr(rest->p, '\n', rest->n);
    struct bus_strv l = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t gone = l.n + (end != NULL);
    rest->p += gone;
    rest->n -= gone;
    return l;
}

static bool
archive_after(struct bus_strv line, const char *word, struct bus_strv *ret)
{
    size_t n = strlen(word);
    if (line.n < n || memcmp(line.p, word, n) != 0) {
        return false;
    }
    *ret = (struct bus_strv){line.p + n, line.n - n};
    return true;
}

/* The manifest's line for a file, as the file is. */
static int check_file(struct unpacking *u,
                      struct bus_strv line,
                      const struct bus_catalogue_archive_file *f)
{
    char want[LINE_MAX_], have[LINE_MAX_];
    uint8_t sm3[BUS_WIRE_SM3_BYTES];
    int rc = bus_wire_sm3(f->bytes, sm3, u->err);
    if (rc != BUS_OK) {
        return rc;
    }
    int at = snprintf(want, sizeof(want), "file ");
    for (size_t i = 0; i < sizeof(sm3); i++) {
        at += snprintf(want + at, sizeof(want) - (size_t)at, "%02x", sm3[i]);
    }
    (void)snprintf(want + at, sizeof(want) - (size_t)at, " %zu %s", f->bytes.n,
                   f->path);
    (void)bus_strv_copy(have, sizeof(have), line);
    return strcmp(want, have) == 0
               ? BUS_OK
               : bus_fail(u->err, BUS_ECRYPT,
                          "%s: not the file that the manifest names (`%.80s`): "
                          "changed, added or left out since it was packed",
                          f->path, have);
}

static int check_manifest(struct unpacking *u)
{
    struct bus_catalogue_archive *a = u->to;
    struct bus_strv rest = a->manifest;
    const char *word = bus_catalogue_archive_word(a->kind);
    char first[LINE_MAX_], third[LINE_MAX_];
    (void)snprintf(first, sizeof(first), "lianou %s 1", word);
    (void)snprintf(third, sizeof(third), "%s ", word);
    if (!bus_strv_is(archive_line_of(&rest), first) ||
        !archive_after(archive_line_of(&rest), "county ", &a->county) ||
        !archive_after(archive_line_of(&rest), third, &a->version)) {
        return bus_fail(u->err, BUS_EPARSE,
                        MANIFEST_NAME ": must begin with `%s`, county, %s",
                        first, word);
    }
    for (size_t i = 0; i < a->count; i++) {
        int rc = check_file(u, archive_line_of(&rest), &a->files[i]);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    return rest.n == 0 ? BUS_OK
                       : bus_fail(u->err, BUS_ECRYPT,
                                  "the manifest names a file that is not "
                                  "there: `%.*s`",
                                  (int)(rest.n < 160 ? rest.n : 160), rest.p);
}

static int archive_unpack(struct bus_strv bytes,
                          enum bus_archive_kind kind,
                          struct bus_arena *mem,
                          struct bus_catalogue_archive *ret,
                          struct bus_err *err)
{
    struct unpacking u = {.rest = bytes, .mem = mem, .to = ret, .err = err};
    bool end = false;
    *ret = (struct bus_catalogue_archive){.kind = kind};
    ret->files =
        bus_arena_calloc(mem, BUS_ARCHIVE_FILES_MAX, sizeof(*ret->files));
    if (ret->files == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a catalogue's files");
    }
    if (bytes.n > 2 * BUS_ARCHIVE_BYTES_MAX) {
        return bus_fail(err, BUS_ETOOBIG, "an archive of %zu bytes", bytes.n);
    }
    for (size_t i = 0;; i++) {
        struct bus_catalogue_archive_file f;
        int rc = next_member(&u, &f, &end);
        if (rc != BUS_OK) {
            return rc;
        }
        if (end) {
            break;
        }
        if (i == 0 && strcmp(f.path, MANIFEST_NAME) == 0) {
            ret->manifest = f.bytes;
        } else if (i == 1 && strcmp(f.path, SIGNATURE) == 0) {
            rc = read_signature(&u, f.bytes);
        } else if (i == 0 || ret->count == BUS_ARCHIVE_FILES_MAX) {
            rc = bus_fail(err, BUS_EPARSE,
                          "must begin with " MANIFEST_NAME
                          " and hold at most %d files",
                          BUS_ARCHIVE_FILES_MAX);
        } else {
            ret->files[ret->count++] = f;
        }
        if (rc != BUS_OK) {
            return rc;
        }
    }
    return check_manifest(&u);
}

int bus_catalogue_archive_verify(const struct bus_catalogue_archive *a,
                                 const char *public_file,
                                 struct bus_err *err)
{
    return a->is_signed
               ? bus_wire_sm2_verify(public_file, a->manifest, &a->signature,
                                     err)
               : bus_fail(err, BUS_ECRYPT, "nobody has signed this archive");
}

int bus_catalogue_archive_unpack(struct bus_strv bytes,
                                 enum bus_archive_kind kind,
                                 struct bus_arena *mem,
                                 struct bus_catalogue_archive *ret,
                                 struct bus_err *err)
{
    struct bus_strv plain = {0};
    if (!bus_catalogue_is_gzip(bytes)) {
        return archive_unpack(bytes, kind, mem, ret, err);
    }
    if (bus_catalogue_inflate(bytes, false, 2 * (size_t)BUS_ARCHIVE_BYTES_MAX,
                              &plain, err) != BUS_OK) {
        return bus_wrap(err, "an archive");
    }
    int rc = archive_unpack(plain, kind, mem, ret, err);
    bus_free((char *)(uintptr_t)plain.p);
    return rc;
}

int bus_catalogue_archive_press(struct bus_buf *archive, struct bus_err *err)
{
    struct bus_buf pressed = {0};
    int rc = bus_catalogue_gzip(bus_buf_view(archive), &pressed, err);
    if (rc == BUS_OK) {
        bus_buf_fini(archive);
        *archive = pressed;
    } else {
        bus_buf_fini(&pressed);
    }
    return rc;
}
