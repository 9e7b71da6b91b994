/* lianou seal keygen|sign|verify: keys of the bureau, of seals and of partners,
 * and what they sign: SM2 with SM3, distinguishing id 1234567812345678.
 *
 * - keygen FILE: a new private key, mode 0600, never over a file; prints the
 *   public half as registers and bus.yaml want it, and the key's name
 * - sign --key KEY [FILE]: signs the bytes of FILE (or of standard input);
 *   prints the signature, DER in hex
 * - verify --signer PUBLIC --signature HEX [FILE]: PUBLIC is 130 hex digits or
 *   a file with them or with PEM
 * - demo --registers OUT --keys DIR: for showing and tests, a copy of the
 *   register with a seal for each department, and the keys of them
 * - 0 done or good, 1 refused or not good, 2 wrong use */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/hex.h"
#include "bus/wire/sign.h"
#include "ops/cli/county/seal_demo.h"
#include "ops/cli/lianou.h"

#define SIGNED_BYTES_MAX (64u << 20)

extern const struct lianou_command lianou_cmd_seal;

struct sealing
{
    const char *key, *signer, *signature, *file;
    const char *registers, *keys, *folder; /* of demo */
    bool stamps;
};

/* The whole of the file, or of standard input. */
static int
read_signed(const char *path, struct bus_buf *ret, struct bus_err *err)
{
    char piece[65536];
    FILE *f = path == NULL ? stdin : fopen(path, "re");
    if (f == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%s: %s / 文件打不开", path,
                        strerror(errno));
    }
    for (size_t n; (n = fread(piece, 1, sizeof(piece), f)) > 0;) {
        bus_buf_put(ret, piece, n);
        if (ret->failed) {
            break;
        }
    }
    bool bad = ferror(f) != 0;
    if (path != NULL) {
        (void)fclose(f);
    }
    return bad || ret->failed
               ? bus_fail(err, BUS_EUSAGE,
                          "%s: cannot be read, or has more than %u bytes / "
                          "文件读不出,或超过 %u 字节",
                          path ? path : "-", SIGNED_BYTES_MAX, SIGNED_BYTES_MAX)
               : BUS_OK;
}

static int seal_keygen(const struct sealing *s, struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    char hex[BUS_WIRE_SM2_HEX + 1], name[BUS_WIRE_SM2_NAME + 1];
    BUS_TRY(bus_wire_sm2_keygen(s->file, point, err));
    BUS_TRY(bus_wire_sm2_point_name(point, name, err));
    bus_wire_sm2_point_hex(point, hex);
    (void)printf("%s\n", hex);
    (void)fprintf(stderr,
                  "%s: key %s, mode 0600; above its public half, for "
                  "registers/*.csv or bureau.public_key / 已生成密钥,上面一行是"
                  "公钥,填入登记簿或 bureau.public_key\n",
                  s->file, name);
    return BUS_OK;
}

static int seal_sign(const struct sealing *s, struct bus_err *err)
{
    struct bus_wire_signature made;
    struct bus_buf text;
    bus_buf_init(&text, SIGNED_BYTES_MAX);
    int rc = read_signed(s->file, &text, err);
    if (rc == BUS_OK) {
        rc = bus_wire_sm2_sign(s->key, bus_buf_view(&text), &made, err);
    }
    bus_buf_fini(&text);
    if (rc == BUS_OK) {
        char hex[2 * BUS_WIRE_SM2_MAX + 1];
        bus_hex_write(made.der, made.n, hex);
        (void)printf("%s\n", hex);
    }
    return rc;
}

static int read_signature_hex(const char *hex,
                              struct bus_wire_signature *ret,
                              struct bus_err *err)
{
    size_t n = strlen(hex) / 2;
    *ret = (struct bus_wire_signature){.n = n};
    return n > 0 && n <= sizeof(ret->der) &&
                   bus_hex_read(bus_strv(hex), ret->der, n)
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "--signature: found '%.20s'; must be a DER signature "
                          "in small hex digits, as `lianou seal sign` prints "
                          "it / "
                          "须为 `lianou seal sign` 输出的十六进制签名",
                          hex);
}

static int read_signer(const char *signer,
                       uint8_t ret[BUS_WIRE_SM2_POINT],
                       struct bus_err *err)
{
    return strlen(signer) == BUS_WIRE_SM2_HEX
               ? bus_wire_sm2_point_parse(bus_strv(signer), ret, err)
               : bus_wire_sm2_point_read(signer, ret, err);
}

static int seal_verify(const struct sealing *s, struct bus_err *err)
{
    uint8_t point[BUS_WIRE_SM2_POINT];
    char name[BUS_WIRE_SM2_NAME + 1];
    struct bus_wire_signature given;
    struct bus_buf text;
    BUS_TRY(read_signer(s->signer, point, err));
    BUS_TRY(bus_wire_sm2_point_name(point, name, err));
    BUS_TRY(read_signature_hex(s->signature, &given, err));
    bus_buf_init(&text, SIGNED_BYTES_MAX);
    int rc = read_signed(s->file, &text, err);
    if (rc == BUS_OK) {
        rc = bus_wire_sm2_point_verify(point, bus_buf_view(&text), &given, err);
    }
    bus_buf_fini(&text);
    if (rc == BUS_OK) {
        (void)printf("good: signed by key %s / 签名有效,密钥 %s\n", name, name);
    }
    return rc;
}

static int seal_demo(const struct sealing *s, struct bus_err *err)
{
    struct bus_config c;
    int rc = bus_conf_open(&c, lianou_config_dir(s->folder), NULL, err);
    if (rc == BUS_OK) {
        rc = cli_seal_demo(&c, s->registers, s->keys, s->stamps, err);
    }
    bus_conf_close(&c);
    return rc;
}

static const struct
{
    const char *name;
    int (*act)(const struct sealing *s, struct bus_err *err);
    bool file, key, verify, demo; /* what it needs */
} acts[] = {
    {"keygen", seal_keygen, true, false, false, false},
    {"sign", seal_sign, false, true, false, false},
    {"verify", seal_verify, false, false, true, false},
    {"demo", seal_demo, false, false, false, true},
};

static int seal_usage(void)
{
    (void)fprintf(stderr, "usage: lianou seal %s\n", lianou_cmd_seal.usage);
    return LIANOU_USAGE;
}

static int seal_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"key", required_argument, NULL, 'k'},
        {"signer", required_argument, NULL, 's'},
        {"signature", required_argument, NULL, 'g'},
        {"registers", required_argument, NULL, 'r'},
        {"keys", required_argument, NULL, 'd'},
        {"stamps", no_argument, NULL, 't'},
        {"config", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0}};
    struct sealing s = {0};
    struct bus_err err = {0};
    optind = 1;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == 'k') {
            s.key = optarg;
        } else if (o == 's') {
            s.signer = optarg;
        } else if (o == 'g') {
            s.signature = optarg;
        } else if (o == 'r') {
            s.registers = optarg;
        } else if (o == 'd') {
            s.keys = optarg;
        } else if (o == 't') {
            s.stamps = true;
        } else if (o == 'c') {
            s.folder = optarg;
        } else {
            return seal_usage();
        }
    }
    const char *name = optind < argc ? argv[optind++] : "";
    s.file = optind < argc ? argv[optind++] : NULL;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        if (strcmp(acts[i].name, name) != 0) {
            continue;
        }
        bool well = optind == argc && (s.file != NULL || !acts[i].file) &&
                    (s.key != NULL) == acts[i].key &&
                    (s.signer != NULL) == acts[i].verify &&
                    (s.signature != NULL) == acts[i].verify &&
                    (s.registers != NULL) == acts[i].demo &&
                    (s.keys != NULL) == acts[i].demo &&
                    (!s.stamps || acts[i].demo);
        if (!well) {
            return seal_usage();
        }
        int rc = acts[i].act(&s, &err);
        if (rc != BUS_OK) {
            (void)fprintf(stderr, "lianou seal %s: %s\n", name, err.msg);
        }
        return rc == BUS_OK       ? LIANOU_WELL
               : rc == BUS_EUSAGE ? LIANOU_USAGE
                                  : LIANOU_FAILED;
    }
    return seal_usage();
}

const struct lianou_command lianou_cmd_seal = {
    .name = "seal",
    .usage = "keygen FILE | sign --key KEY [FILE] | verify --signer PUBLIC "
             "--signature HEX [FILE] | demo --registers OUT --keys DIR "
             "[--stamps] [--config DIR]",
    .summary = "keys of the bureau, of seals, of partners; sign and verify",
    .summary_zh = "签章密钥:生成、签名、验签",
    .group = 3,
    .run = seal_run,
};
