/* lianou stamp: electronic seals of GB/T 38540-2020, version 4
 * (bus/wire/ses.h).
 *
 * - make: a seal for a signer's certificate, signed by the seal maker's key
 * - sign: a document under a seal, by the signer's key
 * - verify: who sealed a document and when, by a maker's public key
 *
 * Certificates come from a CA, in PEM or DER. Documents are read from the file,
 * or from standard input. 0 done or good, 1 not good, 2 wrong use. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/base/buf.h"
#include "bus/base/clock.h"
#include "bus/wire/ses.h"
#include "ops/cli/lianou.h"

#define DOCUMENT_MAX (64u << 20)
#define YEAR_MS      ((int64_t)366 * 86400000)
#define SEAL_MM      40

extern const struct lianou_command lianou_cmd_stamp;

struct stamping
{
    const char *key, *cert, *signer, *seal, *maker, *signature;
    const char *id, *name, *picture, *out, *file;
    struct bus_arena mem;
};

static int stamp_read(struct stamping *s,
                      const char *path,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    char piece[65536];
    struct bus_buf b;
    FILE *f = path == NULL ? stdin : fopen(path, "re");
    if (f == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%s: %s / 文件打不开", path,
                        strerror(errno));
    }
    bus_buf_init(&b, DOCUMENT_MAX);
    for (size_t n; !b.failed && (n = fread(piece, 1, sizeof(piece), f)) > 0;) {
        bus_buf_put(&b, piece, n);
    }
    bool bad = ferror(f) != 0 || b.failed;
    if (path != NULL) {
        (void)fclose(f);
    }
    const char *kept = bad ? NULL : bus_arena_dup(&s->mem, b.data, b.len);
    *ret = (struct bus_strv){kept, b.len};
    bus_buf_fini(&b);
    return kept != NULL ? BUS_OK
                        : bus_fail(err, BUS_EUSAGE,
                                   "%s: cannot be read, or has more than %u "
                                   "bytes / 文件读不出或过大",
                                   path ? path : "-", DOCUMENT_MAX);
}

static int
stamp_write(const char *path, struct bus_strv bytes, struct bus_err *err)
{
    FILE *f = fopen(path, "wxe");
    bool ok = f != NULL && fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
    int e = errno;
    ok = (f == NULL || fclose(f) == 0) && ok;
    return ok ? BUS_OK
              : bus_fail(err, BUS_EUSAGE, "%s: %s / 文件写不了", path,
                         strerror(e));
}

static int stamp_make(struct stamping *s, struct bus_err *err)
{
    struct bus_wire_sm2_key *key = NULL;
    struct bus_strv cert, der;
    int64_t now = bus_clock_system.wall_ms(NULL);
    struct bus_wire_ses_seal seal = {.id = bus_strv(s->id),
                                     .name = bus_strv(s->name),
                                     .maker = BUS_STRV("lianou"),
                                     .created_ms = now,
                                     .from_ms = now - now % 86400000,
                                     .until_ms = now + YEAR_MS,
                                     .picture_type = BUS_STRV("PNG"),
                                     .width_mm = SEAL_MM,
                                     .height_mm = SEAL_MM};
    BUS_TRY(bus_wire_ses_cert_read(s->cert, &s->mem, &cert, err));
    BUS_TRY(bus_wire_ses_cert_read(s->signer, &s->mem, &seal.signer_cert, err));
    BUS_TRY(stamp_read(s, s->picture, &seal.picture, err));
    BUS_TRY(bus_wire_sm2_key_open(s->key, &key, err));
    int rc = bus_wire_ses_make(&seal, key, cert, &s->mem, &der, err);
    bus_wire_sm2_key_free(key);
    return rc == BUS_OK ? stamp_write(s->out, der, err) : rc;
}

static int stamp_sign(struct stamping *s, struct bus_err *err)
{
    struct bus_wire_sm2_key *key = NULL;
    struct bus_strv der;
    struct bus_wire_ses_act act = {.what = BUS_STRV("lianou"),
                                   .now_ms = bus_clock_system.wall_ms(NULL)};
    BUS_TRY(bus_wire_ses_cert_read(s->cert, &s->mem, &act.cert, err));
    BUS_TRY(stamp_read(s, s->seal, &act.seal, err));
    BUS_TRY(stamp_read(s, s->file, &act.document, err));
    BUS_TRY(bus_wire_sm2_key_open(s->key, &key, err));
    act.signer = key;
    int rc = bus_wire_ses_sign(&act, &s->mem, &der, err);
    bus_wire_sm2_key_free(key);
    return rc == BUS_OK ? stamp_write(s->out, der, err) : rc;
}

static int stamp_verify(struct stamping *s, struct bus_err *err)
{
    uint8_t maker[BUS_WIRE_SM2_POINT];
    char hex[BUS_WIRE_SM2_HEX + 1], at[32] = "";
    struct bus_strv signature, document;
    struct bus_wire_ses_found found;
    BUS_TRY(strlen(s->maker) == BUS_WIRE_SM2_HEX
                ? bus_wire_sm2_point_parse(bus_strv(s->maker), maker, err)
                : bus_wire_sm2_point_read(s->maker, maker, err));
    BUS_TRY(stamp_read(s, s->signature, &signature, err));
    BUS_TRY(stamp_read(s, s->file, &document, err));
    BUS_TRY(bus_wire_ses_verify(signature, document, maker, NULL, &found, err));
    time_t seconds = (time_t)(found.signed_ms / 1000);
    struct tm tm;
    (void)strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ",
                   gmtime_r(&seconds, &tm));
    bus_wire_sm2_point_hex(found.signer, hex);
    (void)printf("good / 签章有效: %s %s\n%s\n%s\n", found.id, found.name, at,
                 hex);
    return BUS_OK;
}

/* --- the command --- */

static const struct
{
    const char *name;
    const char *needs; /* options, by their letters */
    int (*act)(struct stamping *s, struct bus_err *err);
} stamp_acts[] = {
    {"make", "kcginpo", stamp_make},
    {"sign", "kcso", stamp_sign},
    {"verify", "mv", stamp_verify},
};

static int stamp_usage(void)
{
    (void)fprintf(stderr, "usage: lianou stamp %s\n", lianou_cmd_stamp.usage);
    return LIANOU_USAGE;
}

/* Where the option's value goes. */
static const char **stamp_slot(struct stamping *s, int letter)
{
    switch (letter) {
    case 'k':
        return &s->key;
    case 'c':
        return &s->cert;
    case 'g':
        return &s->signer;
    case 's':
        return &s->seal;
    case 'm':
        return &s->maker;
    case 'v':
        return &s->signature;
    case 'i':
        return &s->id;
    case 'n':
        return &s->name;
    case 'p':
        return &s->picture;
    case 'o':
        return &s->out;
    default:
        return NULL;
    }
}

static int stamp_do(struct stamping *s, size_t i)
{
    struct bus_err err = {0};
    bus_arena_init(&s->mem, 0, 0);
    int rc = stamp_acts[i].act(s, &err);
    bus_arena_fini(&s->mem);
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou stamp %s: %s\n", stamp_acts[i].name,
                      err.msg);
    }
    return rc == BUS_OK       ? LIANOU_WELL
           : rc == BUS_EUSAGE ? LIANOU_USAGE
                              : LIANOU_FAILED;
}

static int stamp_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"key", required_argument, NULL, 'k'},
        {"cert", required_argument, NULL, 'c'},
        {"signer", required_argument, NULL, 'g'},
        {"seal", required_argument, NULL, 's'},
        {"maker", required_argument, NULL, 'm'},
        {"signature", required_argument, NULL, 'v'},
        {"id", required_argument, NULL, 'i'},
        {"name", required_argument, NULL, 'n'},
        {"picture", required_argument, NULL, 'p'},
        {"out", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0}};
    struct stamping s = {0};
    char given[16] = "";
    size_t n = 0;
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **slot = stamp_slot(&s, o);
        if (slot == NULL || *slot != NULL || n + 1 == sizeof(given)) {
            return stamp_usage();
        }
        *slot = optarg;
        given[n++] = (char)o;
    }
    const char *act = optind < argc ? argv[optind++] : "";
    s.file = optind < argc ? argv[optind++] : NULL;
    for (size_t i = 0; i < sizeof(stamp_acts) / sizeof(stamp_acts[0]); i++) {
        const char *needs = stamp_acts[i].needs;
        if (strcmp(act, stamp_acts[i].name) == 0 && optind == argc &&
            n == strlen(needs) && strspn(given, needs) == n &&
            (s.file == NULL || s.id == NULL)) {
            return stamp_do(&s, i);
        }
    }
    return stamp_usage();
}

const struct lianou_command lianou_cmd_stamp = {
    .name = "stamp",
    .usage = "make --key MAKER --cert CERT --signer CERT --id ID --name NAME "
             "--picture PNG --out FILE |\n"
             "    sign --key KEY --cert CERT --seal FILE --out FILE [DOCUMENT] "
             "|\n"
             "    verify --maker PUBLIC --signature FILE [DOCUMENT]",
    .summary = "electronic seals of GB/T 38540-2020: made, used, verified",
    .summary_zh = "GB/T 38540-2020 电子印章:制章、签章、验章",
    .group = 3,
    .run = stamp_run,
};
