#include "producers/intake/drafts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/base/heap.h"
#include "bus/base/hex.h"
#include "bus/run/work.h"
#include "bus/wire/crypt.h"

#define DRAFT_BYTES_MAX (32u << 20)

struct keeping
{
    struct drafts *drafts;
    drafts_done done;
    void *token;
    struct bus_err err; /* code BUS_OK: kept */
    char id[BUS_ID_TEXT + 1];
    char path[600], beside[608];
    size_t bytes;
    char text[];
};

/* Of what is in the folder, in bytes; what is too old is taken away. */
static int drafts_count(struct drafts *d, size_t *ret_gone, struct bus_err *err)
{
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    struct stat st;
    DIR *folder = opendir(d->dir);
    if (folder == NULL) {
        return bus_fail(err, BUS_EIO, "%s: %s", d->dir, strerror(errno));
    }
    d->bytes = 0;
    *ret_gone = 0;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        if (fstatat(dirfd(folder), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode)) {
            continue;
        }
        bool old = d->keep_ms > 0 &&
                   (int64_t)st.st_mtim.tv_sec * 1000 + d->keep_ms < now_ms;
        if (old && unlinkat(dirfd(folder), e->d_name, 0) == 0) {
            ++*ret_gone;
        } else {
            d->bytes += (uint64_t)st.st_size;
        }
    }
    (void)closedir(folder);
    return BUS_OK;
}

int intake_drafts_open(struct drafts *d,
                       const struct drafts_conf *conf,
                       struct bus_err *err)
{
    size_t gone = 0;
    *d = (struct drafts){.max_bytes = conf->max_bytes,
                         .keep_ms = conf->keep_ms,
                         .seals = conf->seals,
                         .opens = conf->opens};
    (void)snprintf(d->dir, sizeof(d->dir), "%s", conf->dir);
    if (mkdir(d->dir, 0700) != 0 && errno != EEXIST) {
        return bus_fail(err, BUS_EIO, "%s: %s", d->dir, strerror(errno));
    }
    return drafts_count(d, &gone, err);
}

size_t intake_drafts_expire(struct drafts *d)
{
    struct bus_err ignored; /* a folder that is away is told when one is kept */
    size_t gone = 0;
    uint64_t before = d->bytes;
    if (drafts_count(d, &gone, &ignored) != BUS_OK) {
        d->bytes = before;
    }
    return gone;
}

/* --- sealed --- */

static struct bus_wire_binding drafts_binding(const struct bus_id *id)
{
    return (struct bus_wire_binding){"draft", "application", id};
}

/* {"kept_at", "sealed"} around a draft's text. NULL: no key, or no memory. */
static json_t *drafts_sealed(const struct drafts *d,
                             const struct bus_id *id,
                             const char *text,
                             struct bus_arena *mem,
                             struct bus_err *err)
{
    char when[BUS_TIME_TEXT + 1];
    struct bus_wire_binding binding = drafts_binding(id);
    struct bus_strv owner = BUS_STRV(DRAFTS_OWNER), sealed;
    if (d->seals == NULL || text == NULL) {
        return NULL;
    }
    if (!bus_wire_keyring_seals(d->seals, owner)) {
        owner = BUS_STRV("bus");
    }
    if (bus_wire_seal(d->seals, owner, &binding, bus_strv(text), mem, &sealed,
                      err) != BUS_OK) {
        return NULL;
    }
    char *hex = bus_arena_alloc(mem, 2 * sealed.n + 1);
    if (hex == NULL) {
        return NULL;
    }
    bus_hex_write((const uint8_t *)sealed.p, sealed.n, hex);
    return json_pack("{s:s, s:s}", "kept_at",
                     bus_time_text(bus_clock_system.wall_ms(NULL), when),
                     "sealed", hex);
}

/* What is in it beside kept_at, put there. BUS_EPARSE: torn. */
static int drafts_unseal(const struct drafts *d,
                         const char *name,
                         json_t *outer,
                         struct bus_arena *mem,
                         struct bus_err *err)
{
    const char *hex = json_string_value(json_object_get(outer, "sealed"));
    struct bus_strv sealed = {NULL, hex ? strlen(hex) / 2 : 0}, plain;
    struct bus_id id;
    uint8_t *bytes = bus_arena_alloc(mem, sealed.n + 1);
    if (hex == NULL || bytes == NULL || !bus_id_parse(bus_strv(name), &id) ||
        !bus_hex_read(bus_strv(hex), bytes, sealed.n)) {
        return bus_fail(err, BUS_EPARSE, "the draft %s is torn", name);
    }
    if (d->opens == NULL) {
        return bus_fail(err, BUS_ECRYPT,
                        "no key of `" DRAFTS_OWNER "` is here");
    }
    struct bus_wire_binding binding = drafts_binding(&id);
    sealed.p = (const char *)bytes;
    BUS_TRY(bus_wire_open(d->opens, &binding, sealed, mem, &plain, err));
    json_t *inner = json_loadb(plain.p, plain.n, 0, NULL);
    bool well = inner != NULL && json_object_update(outer, inner) == 0;
    json_decref(inner);
    (void)json_object_del(outer, "sealed");
    return well ? BUS_OK
                : bus_fail(err, BUS_EPARSE, "the draft %s is torn", name);
}

/* --- keeping one --- */

static void keep_run(void *data)
{
    struct keeping *k = data;
    int fd = open(k->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    errno = fd >= 0 ? ENOSPC : errno; /* what a short write means */
    bool ok = fd >= 0 && write(fd, k->text, k->bytes) == (ssize_t)k->bytes &&
              fsync(fd) == 0;
    int e = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (ok && rename(k->beside, k->path) != 0) {
        ok = false;
        e = errno;
    }
    if (!ok) {
        (void)unlink(k->beside);
        enum bus_errc code =
            e == ENOSPC || e == EDQUOT || e == EFBIG ? BUS_EFULL : BUS_EIO;
        (void)bus_fail(&k->err, code, "the draft cannot be kept: %s",
                       strerror(e));
    }
}

static void keep_done(void *data)
{
    struct keeping *k = data;
    bool kept = k->err.code == BUS_OK;
    k->drafts->bytes += kept ? k->bytes : 0;
    k->done(k->token, kept ? k->id : NULL, kept ? NULL : &k->err);
    bus_free(k);
}

static struct keeping *keeping_of(struct drafts *d,
                                  const json_t *application,
                                  const struct form *form,
                                  struct bus_arena *mem,
                                  struct bus_err *err)
{
    const char *body = intake_form_json_text(application, mem);
    struct bus_id id = bus_wire_draft_id(bus_strv(body ? body : ""));
    json_t *inner = json_pack("{s:O, s:o}", "application", application,
                              "faults", intake_form_fault_list(form));
    json_t *whole =
        drafts_sealed(d, &id, intake_form_json_text(inner, mem), mem, err);
    const char *text = intake_form_json_text(whole, mem);
    json_decref(inner);
    json_decref(whole);
    size_t n = text == NULL ? 0 : strlen(text);
    struct keeping *k =
        text == NULL || body == NULL ? NULL : bus_malloc(sizeof(*k) + n);
    if (k == NULL) {
        return NULL;
    }
    *k = (struct keeping){.drafts = d, .bytes = n};
    memcpy(k->text, text, n);
    (void)bus_id_text(&id, k->id);
    (void)snprintf(k->path, sizeof(k->path), "%s/%s.json", d->dir, k->id);
    (void)snprintf(k->beside, sizeof(k->beside), "%s.new", k->path);
    return k;
}

int intake_drafts_keep(struct drafts *d,
                       struct bus_run_loop *loop,
                       const json_t *application,
                       const struct form *form,
                       drafts_done done,
                       void *token,
                       struct bus_err *err)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, DRAFT_BYTES_MAX);
    (void)bus_fail(err, BUS_ENOMEM, "a draft");
    struct keeping *k = keeping_of(d, application, form, &mem, err);
    bus_arena_fini(&mem);
    if (k == NULL) {
        return (int)err->code; /* with its own text */
    }
    k->done = done;
    k->token = token;
    struct stat st;
    if (stat(k->path, &st) == 0) { /* the same again */
        k->bytes = 0;
        keep_done(k);
        return BUS_OK;
    }
    if (d->bytes + k->bytes > d->max_bytes) {
        (void)bus_fail(&k->err, BUS_EFULL,
                       "%s holds %llu of at most %llu bytes; mend or drop some",
                       d->dir, (unsigned long long)d->bytes,
                       (unsigned long long)d->max_bytes);
        keep_done(k);
        return BUS_OK;
    }
    if (bus_run_work(loop, keep_run, keep_done, k, NULL) != BUS_OK) {
        keep_run(k); /* no thread to be had: then right here */
        keep_done(k);
    }
    return BUS_OK;
}

/* --- for the command --- */

/* Whole. BUS_EPARSE: torn; BUS_ECRYPT: no key here opens it. */
static int drafts_load(const struct drafts *d,
                       const char *id,
                       json_t **ret,
                       struct bus_err *err)
{
    char path[600];
    struct bus_arena mem;
    (void)snprintf(path, sizeof(path), "%s/%s.json", d->dir, id);
    json_t *j = json_load_file(path, 0, NULL);
    int rc = BUS_OK;
    bus_arena_init(&mem, 0, DRAFT_BYTES_MAX);
    if (json_object_get(j, "sealed") != NULL) {
        rc = drafts_unseal(d, id, j, &mem, err);
    }
    if (rc == BUS_OK && json_object_get(j, "faults") == NULL) {
        rc = bus_fail(err, BUS_EPARSE, "the draft %s is torn", id);
    }
    bus_arena_fini(&mem);
    if (rc != BUS_OK) {
        json_decref(j);
        j = NULL;
    }
    *ret = j;
    return rc;
}

static const char *kept_at(const struct draft *d)
{
    const char *s = json_string_value(json_object_get(d->json, "kept_at"));
    return s == NULL ? "" : s;
}

static int by_time(const void *a, const void *b)
{
    int order = strcmp(kept_at(a), kept_at(b));
    return order != 0 ? order
                      : strcmp(((const struct draft *)a)->id,
                               ((const struct draft *)b)->id);
}

int intake_drafts_list(const struct drafts *d,
                       struct draft **ret,
                       size_t *ret_count,
                       struct bus_err *err)
{
    struct draft *list = NULL;
    size_t n = 0, cap = 0;
    DIR *folder = opendir(d->dir);
    if (folder == NULL) {
        return bus_fail(err, BUS_EIO, "%s: %s", d->dir, strerror(errno));
    }
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        struct bus_strv name = bus_strv(e->d_name);
        struct bus_id id;
        if (name.n != BUS_ID_TEXT + 5 ||
            strcmp(name.p + BUS_ID_TEXT, ".json") != 0 ||
            !bus_id_parse((struct bus_strv){name.p, BUS_ID_TEXT}, &id)) {
            continue;
        }
        if (n == cap) {
            cap = cap ? cap * 2 : 64;
            struct draft *more = bus_realloc(list, cap * sizeof(*list));
            if (more == NULL) {
                intake_drafts_free(list, n);
                (void)closedir(folder);
                return bus_fail(err, BUS_ENOMEM, "the list of drafts");
            }
            list = more;
        }
        (void)bus_id_text(&id, list[n].id);
        struct bus_err why;
        list[n].json = NULL;
        list[n].closed =
            drafts_load(d, list[n].id, &list[n].json, &why) == BUS_ECRYPT;
        n++;
    }
    (void)closedir(folder);
    if (n > 0) {
        qsort(list, n, sizeof(*list), by_time);
    }
    *ret = list;
    *ret_count = n;
    return BUS_OK;
}

void intake_drafts_free(struct draft *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_decref(list[i].json);
    }
    bus_free(list);
}

static int known_id(const struct drafts *d, const char *id, struct bus_err *err)
{
    struct bus_id parsed;
    char path[600];
    (void)snprintf(path, sizeof(path), "%s/%s.json", d->dir, id);
    if (!bus_id_parse(bus_strv(id), &parsed) || access(path, F_OK) != 0) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "there is no draft %s in %s; `lianou intake drafts` "
                        "lists them",
                        id, d->dir);
    }
    return BUS_OK;
}

int intake_drafts_read(const struct drafts *d,
                       const char *id,
                       json_t **ret,
                       struct bus_err *err)
{
    BUS_TRY(known_id(d, id, err));
    return drafts_load(d, id, ret, err);
}

int intake_drafts_drop(const struct drafts *d,
                       const char *id,
                       struct bus_err *err)
{
    char path[600];
    int rc = known_id(d, id, err);
    (void)snprintf(path, sizeof(path), "%s/%s.json", d->dir, id);
    if (rc == BUS_OK && unlink(path) != 0) {
        rc = bus_fail(err, BUS_EIO, "%s: %s", path, strerror(errno));
    }
    return rc;
}

/* What says nothing of a person; what somebody typed as a name of a field may
 * hold anything. */
static bool drafts_plain(const char *key)
{
    static const char *const plain[] = {
        "channel", "channel_reference", "relation",    "head",
        "id_type", "division_code",     "operator_id", "org_code",
        "role",    "consent",           "bank_code"};
    for (size_t k = 0; k < sizeof(plain) / sizeof(plain[0]); k++) {
        if (strcmp(key, plain[k]) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *drafts_masked(json_t *v, const char *key, bool facts, int depth);

/* depth: what is left of FORM_DEPTH_MAX, which nothing kept exceeds. */
static void drafts_mask(json_t *j, bool facts, int depth)
{
    const char *key;
    json_t *v;
    size_t i;
    void *next;
    json_object_foreach_safe(j, next, key, v)
    {
        (void)json_object_set_new(j, key, drafts_masked(v, key, facts, depth));
    }
    json_array_foreach(j, i, v)
    {
        (void)json_array_set_new(j, i, drafts_masked(v, "", facts, depth));
    }
}

static json_t *drafts_masked(json_t *v, const char *key, bool facts, int depth)
{
    bool nested = json_is_object(v) || json_is_array(v);
    if (nested && depth > 0 && !(facts && strcmp(key, "facts") == 0)) {
        drafts_mask(v, facts, depth - 1);
    } else if ((nested && depth == 0) || (!nested && !drafts_plain(key))) {
        return json_string("***");
    }
    return json_incref(v);
}

static const char *drafts_hex_of(const json_t *application)
{
    return json_object_size(application) == 1
               ? json_string_value(json_object_get(application, "hex"))
               : NULL;
}

void intake_drafts_mask(json_t *draft, bool facts)
{
    json_t *a = json_object_get(draft, "application");
    if (!json_is_object(a) || drafts_hex_of(a) != NULL) {
        (void)json_object_set_new(draft, "application", json_string("***"));
    } else {
        drafts_mask(a, facts, FORM_DEPTH_MAX);
    }
}

/* --- what is no JSON --- */

json_t *intake_drafts_raw(struct bus_strv bytes)
{
    static const char digits[] = "0123456789abcdef";
    json_t *text = memchr(bytes.p, '\0', bytes.n) == NULL
                       ? json_stringn(bytes.p, bytes.n)
                       : NULL;
    if (text != NULL) {
        return text;
    }
    struct bus_buf hex = {0};
    for (size_t i = 0; i < bytes.n; i++) {
        bus_buf_putc(&hex, (uint8_t)digits[(uint8_t)bytes.p[i] >> 4]);
        bus_buf_putc(&hex, (uint8_t)digits[bytes.p[i] & 15]);
    }
    json_t *j = hex.failed ? NULL
                           : json_pack("{s:s%}", "hex", (const char *)hex.data,
                                       hex.len);
    bus_buf_fini(&hex);
    return j;
}

static void put_bytes(struct bus_buf *out, const char *hex)
{
    char pair[3] = "";
    for (size_t i = 0; hex[i] != '\0' && hex[i + 1] != '\0'; i += 2) {
        memcpy(pair, hex + i, 2);
        bus_buf_putc(out, (uint8_t)strtoul(pair, NULL, 16));
    }
}

static int drafts_put_text(const char *p, size_t n, void *out)
{
    bus_buf_put(out, p, n);
    return ((struct bus_buf *)out)->failed ? -1 : 0;
}

int intake_drafts_text(const json_t *draft,
                       struct bus_buf *ret,
                       struct bus_err *err)
{
    const json_t *a = json_object_get(draft, "application");
    const char *hex = drafts_hex_of(a);
    if (json_is_string(a)) {
        bus_buf_put(ret, json_string_value(a), json_string_length(a));
    } else if (hex != NULL) {
        put_bytes(ret, hex);
    } else {
        (void)json_dump_callback(a, drafts_put_text, ret, JSON_INDENT(2));
    }
    return ret->failed ? bus_fail(err, BUS_ENOMEM, "a draft") : BUS_OK;
}
