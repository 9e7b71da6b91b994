#include "ops/cli/operate/keys_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/base/hex.h"
#include "bus/wire/hpke.h"
#include "bus/wire/keyring.h"
#include "producers/intake/drafts.h"

#define END        ".keys"
#define NAME_BYTES (BUS_WIRE_OWNER_MAX + sizeof(END))
#define RING_MAX   65535
#define ACCOUNTS   "1 accounts " /* id and owner of a key */
#define HEX_BYTES  (2 * BUS_WIRE_KEY_BYTES + 1)

/* Who else than the owner holds something of a pair. */
static const char *const roles[] = {"intake", "matcher", "dispatch", "desk"};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

struct keys_folder
{
    const struct bus_config *config;
    const char *dir;
    int fd;
    struct bus_arena mem;
    uint32_t last; /* the largest id in it */
};

/* --- who holds what --- */

/* The bus's personal data is the matcher's to open. */
static const char *opener_of(const char *owner)
{
    return strcmp(owner, "bus") == 0 ? "matcher" : owner;
}

/* Who mends drafts opens them, and nothing else. */
static bool of_drafts(const char *owner)
{
    return strcmp(owner, DRAFTS_OWNER) == 0;
}

/* What wraps the keys of households: the matcher's alone, both ways. */
static bool of_households(const char *owner)
{
    return strcmp(owner, "households") == 0;
}

/* The door seals for the bus and for drafts, the desk for the bus, the matcher
 * for all else, dispatch for partners. */
static bool role_seals(const char *role, const char *owner)
{
    bool bus = strcmp(owner, "bus") == 0 || of_drafts(owner);
    return strcmp(role, opener_of(owner)) != 0 &&
           (strcmp(role, "desk") == 0     ? bus && !of_drafts(owner)
            : strcmp(role, "intake") == 0 ? bus
                                          : !bus);
}

static bool owner_known(const struct bus_config *c, const char *owner)
{
    bool known = strcmp(owner, "bus") == 0 || strcmp(owner, "dispatch") == 0 ||
                 of_drafts(owner) || of_households(owner);
    for (size_t i = 0; !known && i < c->partners_count; i++) {
        known = strcmp(c->partners[i].code, owner) == 0;
    }
    return known;
}

/* Whose documents bring personal data, sealed for the bus. */
static bool partner_seals(const struct bus_conf_partner *p)
{
    return p->kind == BUS_PARTNER_DEPARTMENT;
}

/* --- files --- */

static void ring_name(const char *holder, char ret[NAME_BYTES])
{
    (void)snprintf(ret, NAME_BYTES, "%.*s" END, BUS_WIRE_OWNER_MAX, holder);
}

/* Lines more at a holder's file, all of it or nothing. */
static int ring_add(struct keys_folder *f,
                    const char *holder,
                    struct bus_strv lines,
                    struct bus_err *err)
{
    char name[NAME_BYTES], next[NAME_BYTES + 4];
    struct bus_strv was = BUS_STRV("");
    struct bus_buf text;
    ring_name(holder, name);
    (void)snprintf(next, sizeof(next), "%s.new", name);
    int rc = bus_disk_read(f->fd, name, RING_MAX, &f->mem, &was, err);
    if (rc != BUS_OK && rc != BUS_EUNKNOWN) {
        return rc;
    }
    bus_buf_init(&text, RING_MAX);
    if (rc == BUS_OK) {
        bus_buf_put(&text, was.p, was.n);
    } else {
        bus_buf_printf(&text, "# %s: ops/docs/keys.md\n", holder);
    }
    bus_buf_put(&text, lines.p, lines.n);
    rc = text.failed ? bus_fail(err, BUS_ETOOBIG, "%s: too many keys", name)
                     : bus_disk_write(f->fd, next, bus_buf_view(&text), err);
    if (text.data != NULL) {
        explicit_bzero(text.data, text.len);
    }
    bus_buf_fini(&text);
    BUS_TRY(rc);
    BUS_TRY(bus_disk_rename(f->fd, next, f->fd, name, err));
    return bus_disk_sync(f->fd, err);
}

static int ring_add_key(struct keys_folder *f,
                        const char *holder,
                        const char *owner,
                        enum bus_wire_key_kind kind,
                        const uint8_t key[BUS_WIRE_KEY_BYTES],
                        struct bus_err *err)
{
    char hex[HEX_BYTES], line[256];
    bus_hex_write(key, BUS_WIRE_KEY_BYTES, hex);
    int n = snprintf(line, sizeof(line), "%u %s %s %s\n", (unsigned)f->last,
                     owner, bus_wire_key_kind_word(kind), hex);
    int rc = ring_add(f, holder, (struct bus_strv){line, (size_t)n}, err);
    explicit_bzero(hex, sizeof(hex));
    explicit_bzero(line, sizeof(line));
    return rc;
}

/* --- pairs --- */

static int
keys_make_pair(struct keys_folder *f, const char *owner, struct bus_err *err)
{
    uint8_t secret[BUS_WIRE_X25519_BYTES], public[BUS_WIRE_X25519_BYTES];
    BUS_CHECK(f->last < UINT32_MAX);
    f->last++;
    BUS_TRY(bus_wire_x25519_keygen(secret, public, err));
    int rc = ring_add_key(f, opener_of(owner), owner,
                          BUS_WIRE_KEY_X25519_PRIVATE, secret, err);
    explicit_bzero(secret, sizeof(secret));
    for (size_t i = 0; strcmp(owner, "bus") == 0 && rc == BUS_OK &&
                       i < f->config->partners_count;
         i++) {
        const struct bus_conf_partner *p = &f->config->partners[i];
        if (partner_seals(p)) {
            rc = ring_add_key(f, p->code, owner, BUS_WIRE_KEY_X25519_PUBLIC,
                              public, err);
        }
    }
    for (size_t i = 0; rc == BUS_OK && i < ROLES; i++) {
        if (role_seals(roles[i], owner)) {
            rc = ring_add_key(f, roles[i], owner, BUS_WIRE_KEY_X25519_PUBLIC,
                              public, err);
        }
    }
    return rc;
}

/* The sums of payees: between matcher and dispatch. */
static int keys_make_sums(struct keys_folder *f, struct bus_err *err)
{
    uint8_t key[BUS_WIRE_KEY_BYTES];
    f->last++;
    BUS_TRY(bus_wire_random(key, sizeof(key), err));
    int rc =
        ring_add_key(f, "matcher", "dispatch", BUS_WIRE_KEY_SUMS, key, err);
    if (rc == BUS_OK) {
        rc = ring_add_key(f, "dispatch", "dispatch", BUS_WIRE_KEY_SUMS, key,
                          err);
    }
    explicit_bzero(key, sizeof(key));
    return rc;
}

static int keys_make_households(struct keys_folder *f, struct bus_err *err)
{
    uint8_t key[BUS_WIRE_KEY_BYTES];
    BUS_CHECK(f->last < UINT32_MAX);
    f->last++;
    BUS_TRY(bus_wire_random(key, sizeof(key), err));
    int rc =
        ring_add_key(f, "matcher", "households", BUS_WIRE_KEY_SHARED, key, err);
    explicit_bzero(key, sizeof(key));
    return rc;
}

/* The bus's newest public half, as the door has it, for one who seals too. */
static int
keys_give_bus(struct keys_folder *f, const char *holder, struct bus_err *err)
{
    char name[NAME_BYTES];
    struct bus_strv text = BUS_STRV(""), line, last = BUS_STRV("");
    unsigned long id = 0;
    char owner[BUS_WIRE_OWNER_MAX + 1], kind[32], one[256];
    ring_name("intake", name);
    BUS_TRY(bus_disk_read(f->fd, name, RING_MAX, &f->mem, &text, err));
    for (const char *end; text.n > 0; text.n -= line.n + 1, text.p = end + 1) {
        end = memchr(text.p, '\n', text.n);
        if (end == NULL) {
            break;
        }
        line = (struct bus_strv){text.p, (size_t)(end - text.p)};
        (void)bus_strv_copy(one, sizeof(one), line);
        if (sscanf(one, " %lu %32s %31s", &id, owner, kind) == 3 &&
            strcmp(owner, "bus") == 0 && strcmp(kind, "x25519-public") == 0) {
            last = (struct bus_strv){line.p, line.n + 1};
        }
    }
    return last.n == 0
               ? bus_fail(err, BUS_ECONFIG, "%s has no public key of bus", name)
               : ring_add(f, holder, last, err);
}

/* --- the older form --- */

/* One key of both sides goes to who opens with it; dispatch's made the sums,
 * too, which the matcher makes. */
static int
keys_keep_line(struct keys_folder *f, struct bus_strv line, struct bus_err *err)
{
    char text[256], owner[BUS_WIRE_OWNER_MAX + 1];
    unsigned long id = 0;
    (void)bus_strv_copy(text, sizeof(text), line);
    bool key = sscanf(text, " %lu %32s", &id, owner) == 2;
    explicit_bzero(text, sizeof(text));
    if (!key) {
        return BUS_OK; /* a comment; bus_wire_keyring_open has looked */
    }
    f->last = id > f->last ? (uint32_t)id : f->last;
    struct bus_strv whole = {line.p, line.n + 1};
    BUS_TRY(ring_add(f, opener_of(owner), whole, err));
    return strcmp(owner, "dispatch") == 0 ? ring_add(f, "matcher", whole, err)
                                          : BUS_OK;
}

static int
keys_keep(struct keys_folder *f, const char *from, struct bus_err *err)
{
    struct bus_wire_keyring *k = NULL;
    struct bus_strv text;
    struct bus_buf whole;
    BUS_TRY(bus_wire_keyring_open(from, &k, err));
    bus_wire_keyring_free(k);
    BUS_TRY(bus_disk_read(AT_FDCWD, from, RING_MAX, &f->mem, &text, err));
    bus_buf_init(&whole, RING_MAX + 1);
    bus_buf_put(&whole, text.p, text.n);
    bus_buf_putc(&whole, '\n');
    int rc = BUS_OK;
    for (size_t at = 0; rc == BUS_OK && at < whole.len;) {
        const char *p = (const char *)whole.data + at;
        size_t n = (size_t)((const char *)memchr(p, '\n', whole.len - at) - p);
        rc = n == 0 ? BUS_OK : keys_keep_line(f, (struct bus_strv){p, n}, err);
        at += n + 1;
    }
    explicit_bzero(whole.data, whole.len);
    bus_buf_fini(&whole);
    return rc;
}

/* --- the folder --- */

typedef int
ring_visit(const char *dir, const char *name, void *data, struct bus_err *err);

static int
rings_each(const char *dir, ring_visit *visit, void *data, struct bus_err *err)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort), rc = BUS_OK;
    if (n < 0) {
        return bus_fail(err, BUS_ECONFIG, "%s: %s", dir, strerror(errno));
    }
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        size_t length = strlen(name), end = sizeof(END) - 1;
        if (rc == BUS_OK && length > end &&
            strcmp(name + length - end, END) == 0) {
            rc = visit(dir, name, data, err);
        }
        free(names[i]);
    }
    free(names);
    return rc;
}

static int
ring_largest(const char *dir, const char *name, void *data, struct bus_err *err)
{
    struct keys_folder *f = data;
    struct bus_wire_keyring *k = NULL;
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    BUS_TRY(bus_wire_keyring_open(path, &k, err));
    for (size_t i = 0; i < bus_wire_keyring_count(k); i++) {
        uint32_t id = bus_wire_keyring_at(k, i).id;
        f->last = id > f->last ? id : f->last;
    }
    bus_wire_keyring_free(k);
    return BUS_OK;
}

static int
ring_there(const char *dir, const char *name, void *data, struct bus_err *err)
{
    (void)data;
    return bus_fail(err, BUS_EUSAGE,
                    "%s/%s is there already; `lianou keys add` and `rotate` "
                    "put keys to it / 密钥已在,请用 add 或 rotate",
                    dir, name);
}

static int folder_open(struct keys_folder *f,
                       const struct bus_config *config,
                       const char *dir,
                       struct bus_err *err)
{
    *f = (struct keys_folder){.config = config, .dir = dir, .fd = -1};
    struct stat st;
    bus_arena_init(&f->mem, 0, 0);
    (void)umask(077);
    BUS_TRY(bus_disk_folder(AT_FDCWD, dir, &f->fd, err));
    if (fstat(f->fd, &st) != 0 || (st.st_mode & 022) != 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s: others may write in it; chmod 755 it, or less",
                        dir);
    }
    return BUS_OK;
}

static void folder_close(struct keys_folder *f)
{
    if (f->fd >= 0) {
        (void)close(f->fd);
    }
    bus_arena_fini(&f->mem);
}

/* --- what is asked --- */

static int keys_person(const struct keys_folder *f, struct bus_err *err)
{
    const char *path = f->config->keys.person_key;
    uint8_t key[BUS_WIRE_KEY_BYTES];
    char hex[HEX_BYTES];
    if (access(path, F_OK) == 0) {
        return BUS_OK;
    }
    BUS_TRY(bus_wire_random(key, sizeof(key), err));
    bus_hex_write(key, sizeof(key), hex);
    hex[HEX_BYTES - 1] = '\n';
    int rc = bus_disk_write(AT_FDCWD, path, (struct bus_strv){hex, sizeof(hex)},
                            err);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(hex, sizeof(hex));
    return rc;
}

/* What seals the second factors of accounts: a keyring of one line. */
static int keys_accounts(const struct keys_folder *f, struct bus_err *err)
{
    const char *path = f->config->keys.accounts;
    uint8_t key[BUS_WIRE_KEY_BYTES];
    char hex[HEX_BYTES], line[sizeof(ACCOUNTS) + HEX_BYTES + 1];
    if (access(path, F_OK) == 0) {
        return BUS_OK;
    }
    BUS_TRY(bus_wire_random(key, sizeof(key), err));
    bus_hex_write(key, sizeof(key), hex);
    (void)snprintf(line, sizeof(line), ACCOUNTS "%s\n", hex);
    int rc = bus_disk_write(AT_FDCWD, path, bus_strv(line), err);
    explicit_bzero(key, sizeof(key));
    explicit_bzero(hex, sizeof(hex));
    explicit_bzero(line, sizeof(line));
    return rc;
}

static int
keys_fill(struct keys_folder *f, const char *from, struct bus_err *err)
{
    BUS_TRY(rings_each(f->dir, ring_there, NULL, err));
    if (from != NULL) {
        BUS_TRY(keys_keep(f, from, err));
    }
    BUS_TRY(keys_make_pair(f, "bus", err));
    BUS_TRY(keys_make_pair(f, "dispatch", err));
    BUS_TRY(keys_make_pair(f, DRAFTS_OWNER, err));
    BUS_TRY(keys_make_sums(f, err));
    BUS_TRY(keys_make_households(f, err));
    for (size_t i = 0; i < f->config->partners_count; i++) {
        BUS_TRY(keys_make_pair(f, f->config->partners[i].code, err));
    }
    BUS_TRY(keys_accounts(f, err));
    return keys_person(f, err);
}

int cli_keys_init(const struct bus_config *config,
                  const char *dir,
                  const char *from,
                  struct bus_err *err)
{
    struct keys_folder f;
    int rc = folder_open(&f, config, dir, err);
    if (rc == BUS_OK) {
        rc = keys_fill(&f, from, err);
    }
    folder_close(&f);
    return rc;
}

static int keys_next(struct keys_folder *f,
                     const char *owner,
                     bool again,
                     struct bus_err *err)
{
    char name[NAME_BYTES], path[1024];
    struct bus_wire_keyring *k = NULL;
    bool has = false;
    if (!owner_known(f->config, owner)) {
        return bus_fail(err, BUS_EUSAGE,
                        "%s: no partner of partners.d, and neither bus, "
                        "dispatch, drafts nor households / 没有此伙伴",
                        owner);
    }
    BUS_TRY(rings_each(f->dir, ring_largest, f, err));
    bool matchers = of_households(owner) || role_seals("matcher", owner);
    ring_name(of_drafts(owner) ? "intake"
              : matchers       ? "matcher"
                               : opener_of(owner),
              name);
    (void)snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    BUS_TRY(bus_wire_keyring_open(path, &k, err));
    has = bus_wire_keyring_seals(k, bus_strv(owner));
    bus_wire_keyring_free(k);
    if (has != again) {
        return bus_fail(err, BUS_EUSAGE,
                        has ? "%s has a pair; `lianou keys rotate` makes the "
                              "next one / 已有密钥,换钥请用 rotate"
                            : "%s has no pair yet; `lianou keys add` / "
                              "尚无密钥,请用 add",
                        owner);
    }
    if (of_households(owner)) {
        return keys_make_households(f, err);
    }
    BUS_TRY(keys_make_pair(f, owner, err));
    for (size_t i = 0; !again && i < f->config->partners_count; i++) {
        const struct bus_conf_partner *p = &f->config->partners[i];
        if (strcmp(p->code, owner) == 0 && partner_seals(p)) {
            BUS_TRY(keys_give_bus(f, owner, err));
        }
    }
    return BUS_OK;
}

int cli_keys_pair(const struct bus_config *config,
                  const char *dir,
                  const char *owner,
                  bool again,
                  uint32_t *ret_id,
                  struct bus_err *err)
{
    struct keys_folder f;
    int rc = folder_open(&f, config, dir, err);
    if (rc == BUS_OK) {
        rc = keys_next(&f, owner, again, err);
    }
    *ret_id = f.last;
    folder_close(&f);
    return rc;
}

static int
ring_print(const char *dir, const char *name, void *data, struct bus_err *err)
{
    struct bus_wire_keyring *k = NULL;
    char path[1024];
    (void)data;
    (void)snprintf(path, sizeof(path), "%s%s%s", dir, name[0] ? "/" : "", name);
    BUS_TRY(bus_wire_keyring_open(path, &k, err));
    for (size_t i = 0; i < bus_wire_keyring_count(k); i++) {
        struct bus_wire_key_view v = bus_wire_keyring_at(k, i);
        (void)printf("%-20s %6u  %-20.*s %s\n", name[0] ? name : path,
                     (unsigned)v.id, BUS_STRV_ARG(v.owner),
                     bus_wire_key_kind_word(v.kind));
    }
    bus_wire_keyring_free(k);
    return BUS_OK;
}

int cli_keys_list(const char *path, struct bus_err *err)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode)
               ? rings_each(path, ring_print, NULL, err)
               : ring_print(path, "", NULL, err);
}
