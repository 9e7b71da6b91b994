#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/disk.h"
#include "bus/role/keys.h"
#include "bus/web/readlog.h"
#include "consumers/treasury/bank_files.h"
#include "ops/cli/operate/treasury.h"

#define ORDER_BYTES (1u << 20) /* of one order */
#define COPY_BYTES  65536

/* --- to the bank --- */

/* Names and accounts of a batch: written down before any is opened. */
int cli_treasury_file_before(struct asked_treasury *a, struct bus_err *err)
{
    if (a->out == NULL) {
        return bus_fail(err, BUS_EUSAGE, "--out: where to? / 请写明文件");
    }
    if (access(a->out, F_OK) == 0) {
        return bus_fail(err, BUS_EUSAGE, "%s is there already / 文件已存在",
                        a->out);
    }
    a->part = bus_arena_printf(&a->t.mem, "%s.part", a->out);
    const char *purpose =
        bus_arena_printf(&a->t.mem, "代发批次文件 by %s", a->by.operator_id);
    if (a->part == NULL || purpose == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a file's name");
    }
    return cli_tool_note_read(
        &a->t,
        &(struct bus_web_read){.via = "lianou treasury file",
                               .purpose = purpose,
                               .record = a->words[1],
                               .fields = "name, account, amount"},
        err);
}

int cli_treasury_file(struct asked_treasury *a, struct bus_err *err)
{
    static const struct bus_role_key_need needs[] = {
        {"dispatch", BUS_ROLE_KEY_OPENS}, {"dispatch", BUS_ROLE_KEY_SUMS}};
    struct bus_arena order;
    struct treasury_writer w = {.config = &a->t.config, .mem = &order};
    struct treasury_file_made made = {0};
    BUS_TRY(bus_role_keyring_open(&a->t.config, "dispatch", needs, 2, &w.keys,
                                  err));
    bus_arena_init(&order, 0, ORDER_BYTES);
    int rc =
        treasury_file_make(&w, &a->books, a->words[1], a->part, &made, err);
    bus_arena_fini(&order);
    bus_wire_keyring_free(w.keys);
    if (rc == BUS_OK) {
        (void)printf(
            "lines 笔数 %" PRId64 "  total 总额 %" PRId64 ".%02d%s%s\n",
            made.lines, made.total_fen / 100, (int)(made.total_fen % 100),
            made.again ? "  (made before 与前次相同)" : "",
            made.refused > 0 ? "  (see 见 lines rejected)" : "");
    }
    return rc;
}

/* Its name once it is booked. */
int cli_treasury_file_ended(struct asked_treasury *a,
                            int rc,
                            struct bus_err *err)
{
    if (rc == BUS_OK && link(a->part, a->out) != 0) {
        rc = bus_disk_fail(err, a->out);
    }
    (void)unlink(a->part);
    return rc;
}

/* --- from the bank --- */

static int files_copy(int from, int to, struct bus_err *err)
{
    char bytes[COPY_BYTES];
    size_t all = 0;
    for (ssize_t n; (n = read(from, bytes, sizeof(bytes))) != 0;) {
        if (n < 0 || write(to, bytes, (size_t)n) != n) {
            return bus_disk_fail(err, "a copy of the bank's file");
        }
        all += (size_t)n;
        if (all > BUS_BANK_READ_MAX) {
            return bus_fail(err, BUS_ETOOBIG,
                            "the file is larger than %zu MiB / 文件过大",
                            BUS_BANK_READ_MAX >> 20);
        }
    }
    return fsync(to) == 0 ? BUS_OK
                          : bus_disk_fail(err, "a copy of the bank's file");
}

/* Kept in the state folder by its SM3; what is taken is this copy. */
int cli_treasury_file_keep(struct asked_treasury *a, struct bus_err *err)
{
    char hex[2 * BUS_WIRE_SM3_BYTES + 1];
    uint8_t sum[BUS_WIRE_SM3_BYTES];
    int folder = -1, to = -1, rc = BUS_OK;
    const char *path =
        bus_conf_state(&a->t.config, &a->t.mem, "treasury", "bank-files");
    const char *part =
        path != NULL
            ? bus_arena_printf(&a->t.mem, "%s/.%ld.part", path, (long)getpid())
            : NULL;
    int from = open(a->words[1], O_RDONLY | O_CLOEXEC);
    if (from < 0 || part == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%s: %s / 文件打不开", a->words[1],
                        strerror(errno));
    }
    BUS_TRY_GOTO(rc, bus_disk_folder(AT_FDCWD, path, &folder, err), out);
    to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (to < 0) {
        rc = bus_disk_fail(err, part);
        goto out;
    }
    BUS_TRY_GOTO(rc, files_copy(from, to, err), out);
    BUS_TRY_GOTO(rc, treasury_file_sum(part, sum, err), out);
    for (size_t i = 0; i < sizeof(sum); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    }
    a->part = bus_arena_printf(&a->t.mem, "%s/%s-%s", path, a->bank, hex);
    if (a->part == NULL || rename(part, a->part) != 0) {
        rc = bus_disk_fail(err, part);
    }
out:
    if (rc != BUS_OK && to >= 0) {
        (void)unlink(part);
    }
    (void)close(from);
    (void)close(to);
    (void)close(folder);
    return rc;
}

int cli_treasury_take_before(struct asked_treasury *a, struct bus_err *err)
{
    struct treasury_bank ignored;
    if (a->bank == NULL) {
        return bus_fail(err, BUS_EUSAGE, "--bank: whose? / 请写明银行");
    }
    BUS_TRY(treasury_bank_find(&a->t.config, a->bank, &ignored, err));
    return cli_treasury_file_keep(a, err);
}

/* What has its own next step; the rest is counted. */
static void
files_tell(void *data, const struct bus_bank_entry *e, const char *end)
{
    (void)data;
    const struct treasury_reason *why =
        e->outcome != BUS_BANK_SETTLED ? treasury_reason_of(e->reason) : NULL;
    bool taken = strcmp(end, treasury_answer_words[TREASURY_TAKEN]) == 0;
    if (!taken) {
        (void)printf("line 行 %zu  order 指令 %.*s  %s\n", e->line,
                     BUS_STRV_ARG(e->order), end);
    } else if (why != NULL) {
        (void)printf("line 行 %zu  order 指令 %.*s  %.*s  %s / %s\n", e->line,
                     BUS_STRV_ARG(e->order), BUS_STRV_ARG(e->reason), why->zh,
                     why->en);
    }
}

int cli_treasury_take(struct asked_treasury *a, struct bus_err *err)
{
    struct treasury_file_taken taken = {.tell = files_tell};
    BUS_TRY(treasury_file_take(&a->t.config, &a->books, a->bank, a->part,
                               &taken, err));
    if (taken.again) {
        (void)printf("taken before: nothing has changed / 已收过, 未作变动\n");
        return BUS_OK;
    }
    (void)printf("%s  entries 记录 %" PRId64 "  noted 未办结 %" PRId64
                 "  known 已知 %" PRId64,
                 bus_bank_kind_words[taken.kind], taken.entries, taken.noted,
                 taken.elsewhere);
    for (int i = 0; i < TREASURY_ANSWER_ENDS; i++) {
        if (taken.ends[i] > 0) {
            (void)printf("  %s %" PRId64, treasury_answer_words[i],
                         taken.ends[i]);
        }
    }
    (void)printf("\n");
    return BUS_OK;
}

/* A file that is refused is a row too: which, by whom, why. */
int cli_treasury_take_ended(struct asked_treasury *a,
                            int rc,
                            struct bus_err *err)
{
    struct bus_err why = *err;
    struct bus_err other;
    if (rc == BUS_OK || bus_err_act((enum bus_errc)rc) != BUS_ACT_REJECT) {
        return rc;
    }
    int told = treasury_books_begin(&a->books, &other);
    if (told == BUS_OK) {
        told = treasury_file_refused(&a->books, a->bank, a->part,
                                     a->kind != NULL ? a->kind : "", a->gap,
                                     why.msg, &other);
        told = treasury_books_end(&a->books, told, &other);
    }
    if (told != BUS_OK) {
        (void)fprintf(stderr, "lianou treasury: not written down: %s\n",
                      other.msg);
    }
    return rc;
}
