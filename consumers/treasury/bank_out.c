/* A batch as its bank's file. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/bank_files.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/sql/bank_file_made.h"
#include "consumers/treasury/sql/bank_file_put.h"
#include "consumers/treasury/sql/batch_file.h"
#include "consumers/treasury/sql/batch_file_sum.h"

#define FILE_PAGE "1000"
#define NIL_LINE  "00000000-0000-0000-0000-000000000000"

struct file_making
{
    struct treasury_writer *w;
    struct treasury_books *b;
    struct treasury_bank bank;
    struct treasury_batch of;
    struct bus_bank_batch said;
    struct bus_bank_writer *to;
    FILE *file;
    bool before;                 /* a file of it was made before */
    char sum[TREASURY_SUM_TEXT]; /* of that one, hex */
    int64_t refused;
};

int treasury_file_sum(const char *path,
                      uint8_t ret[BUS_WIRE_SM3_BYTES],
                      struct bus_err *err)
{
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return bus_disk_fail(err, "the bank's file");
    }
    if (fstat(fd, &is) != 0 || is.st_size == 0) {
        (void)close(fd);
        return bus_fail(err, BUS_ETRUNCATED, "an empty file / 空文件");
    }
    size_t n = (size_t)is.st_size;
    void *at = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (at == MAP_FAILED) {
        return bus_disk_fail(err, "the bank's file");
    }
    int rc = bus_wire_sm3((struct bus_strv){at, n}, ret, err);
    (void)munmap(at, n);
    return rc;
}

static int file_bytes(void *data, struct bus_strv bytes, struct bus_err *err)
{
    FILE *to = data;
    return fwrite(bytes.p, 1, bytes.n, to) == bytes.n
               ? BUS_OK
               : bus_disk_fail(err, "the file for the bank");
}

/* --- what it says --- */

static int file_sums(struct file_making *m, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_id batch;
    const struct bus_fund *fund = bus_conf_fund(m->w->config, m->of.fund);
    const struct bus_conf_bank_file *profile = &m->bank.partner->file;
    bool well = bus_id_parse(bus_strv(m->of.batch), &batch);
    BUS_CHECK(well);
    BUS_TRY(treasury_books_ask(m->b, consumers_treasury_sql_batch_file_sum,
                               TREASURY_PARAMS(m->of.batch), &r, err));
    m->said = (struct bus_bank_batch){
        .batch = batch,
        .count = bus_pg_i64(r, 0, 0),
        .total_fen = bus_pg_i64(r, 0, 1),
        .made_ms = bus_pg_i64(r, 0, 3),
        .payer = bus_strv(profile->payer),
        .agent = bus_strv(profile->agent),
        .payer_account = bus_strv(fund != NULL ? fund->account : NULL),
        .pay_day = m->of.pay_day};
    int64_t unwritten = bus_pg_i64(r, 0, 2);
    bus_pg_rows_free(r);
    if (m->bank.pain && m->said.payer_account.n == 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "fund %s has no account in funds.yaml / 资金未登记账户",
                        m->of.fund);
    }
    if (unwritten > 0) {
        return bus_fail(err, BUS_ESTATE,
                        "%" PRId64 " orders of it are not written yet: does "
                        "`lianou run treasury` run? / 指令尚未下达, 请稍后再试",
                        unwritten);
    }
    return m->said.count > 0
               ? BUS_OK
               : bus_fail(err, BUS_ESTATE,
                          "no line of the batch may leave / 批次无可发明细");
}

static int file_before(struct file_making *m, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_TRY(treasury_books_ask(m->b, consumers_treasury_sql_bank_file_made,
                               TREASURY_PARAMS(m->of.batch), &r, err));
    m->before = bus_pg_count(r) > 0;
    if (m->before) {
        (void)bus_strv_copy(m->sum, sizeof(m->sum),
                            bus_strv(bus_pg_value(r, 0, 0)));
    }
    bus_pg_rows_free(r);
    return BUS_OK;
}

/* --- its lines --- */

static int file_order(const struct file_making *m,
                      const struct bus_pg_rows *r,
                      size_t i,
                      struct treasury_order_payee *ret,
                      struct bus_err *err)
{
    *ret = (struct treasury_order_payee){.amount_fen = bus_pg_i64(r, i, 1)};
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, i, 6)), &ret->household);
    well &= bus_id_parse(bus_strv(bus_pg_value(r, i, 7)), &ret->assignment);
    well &= bus_id_parse(bus_strv(bus_pg_value(r, i, 8)), &ret->event_id);
    BUS_CHECK(well && ret->amount_fen > 0);
    ret->payee_hash = treasury_bytes(bus_pg_value(r, i, 9), m->w->mem);
    ret->personal = treasury_bytes(bus_pg_value(r, i, 10), m->w->mem);
    return ret->payee_hash.p != NULL && ret->personal.p != NULL
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "an order of the treasury");
}

/* Before a file of the batch was made nobody has this order: it is taken back.
 * Afterwards the bank may have it: no other file of the batch is made. */
static int file_refuse(struct file_making *m,
                       const struct bus_pg_rows *r,
                       size_t i,
                       const struct treasury_order_payee *o,
                       const char *fault,
                       struct bus_err *err)
{
    struct bus_id order;
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, i, 0)), &order);
    const char *line = bus_pg_value(r, i, 2);
    BUS_CHECK(well);
    if (m->before || strcmp(bus_pg_value(r, i, 3), "sent") != 0) {
        return bus_fail(err, BUS_ESTATE,
                        "line %s: %s since the file was made: use that file / "
                        "文件生成后该明细有变, 请使用原文件",
                        line, fault);
    }
    m->refused++;
    return treasury_order_refuse(
        m->w, m->b,
        &(struct treasury_order_refused){.line = line,
                                         .batch = m->of.batch,
                                         .fund = m->of.fund,
                                         .bank = m->of.bank,
                                         .fault = fault,
                                         .order_id = order,
                                         .cause = o->event_id,
                                         .amount_fen = o->amount_fen},
        err);
}

static int file_line(struct file_making *m,
                     const struct bus_pg_rows *r,
                     size_t i,
                     struct bus_err *err)
{
    struct treasury_order_payee o;
    const struct sa_personal *who = NULL;
    struct bus_strv plain;
    const char *fault = "";
    struct bus_bank_payment p;
    bus_arena_reset(m->w->mem);
    BUS_TRY(file_order(m, r, i, &o, err));
    BUS_TRY(treasury_order_open(m->w, &o, &who, &plain, &fault, err));
    if (fault[0] != '\0') {
        return file_refuse(m, r, i, &o, fault, err);
    }
    const char *remark = bus_arena_printf(
        m->w->mem, "%s %s", bus_pg_value(r, i, 5), bus_pg_value(r, i, 4));
    bool well = bus_id_parse(bus_strv(bus_pg_value(r, i, 0)), &p.order);
    BUS_CHECK(well && who != NULL);
    p.amount_fen = o.amount_fen;
    p.account = who->account;
    p.name = who->has_account_holder ? who->account_holder : who->name;
    p.remark = bus_strv(remark);
    int rc = bus_bank_writer_add(m->to, &p, err);
    return rc == BUS_EPARSE ? file_refuse(m, r, i, &o, "FILE_CANNOT_SAY", err)
                            : rc;
}

static int file_lines(struct file_making *m, struct bus_err *err)
{
    char last[BUS_ID_TEXT + 1] = NIL_LINE;
    size_t n = 1;
    int rc = BUS_OK;
    while (rc == BUS_OK && n > 0) {
        struct bus_pg_rows *r = NULL;
        BUS_TRY(treasury_books_ask(
            m->b, consumers_treasury_sql_batch_file,
            TREASURY_PARAMS(m->of.batch, last, FILE_PAGE), &r, err));
        n = bus_pg_count(r);
        for (size_t i = 0; rc == BUS_OK && i < n; i++) {
            rc = file_line(m, r, i, err);
        }
        if (n > 0) {
            (void)bus_strv_copy(last, sizeof(last),
                                bus_strv(bus_pg_value(r, n - 1, 2)));
        }
        bus_pg_rows_free(r);
        bus_wire_keyring_forget(m->w->keys);
    }
    return rc;
}

/* Lines that may not leave are taken back in a first round; then the file says
 * what is left. */
static int file_round(struct file_making *m, struct bus_err *err)
{
    const struct bus_bank_sink sink = {file_bytes, m->file};
    int64_t refused = m->refused;
    BUS_TRY(file_sums(m, err));
    rewind(m->file);
    if (ftruncate(fileno(m->file), 0) != 0) {
        return bus_disk_fail(err, "the file for the bank");
    }
    int rc;
    BUS_TRY_GOTO(rc,
                 bus_bank_writer_open(m->bank.pain ? NULL : &m->bank.out,
                                      &m->said, &sink, &m->to, err),
                 done);
    BUS_TRY_GOTO(rc, file_lines(m, err), done);
    if (m->refused == refused) {
        rc = bus_bank_writer_end(m->to, err);
    }
done:
    bus_bank_writer_free(m->to);
    m->to = NULL;
    BUS_TRY(rc);
    return m->refused == refused
               ? BUS_OK
               : bus_fail(err, BUS_EAGAIN, "lines were taken back");
}

static int file_written(struct file_making *m, struct bus_err *err)
{
    int rc = file_round(m, err);
    if (rc == BUS_EAGAIN) {
        rc = file_round(m, err);
        BUS_CHECK(rc != BUS_EAGAIN); /* what may not leave is gone */
    }
    BUS_TRY(rc);
    return fflush(m->file) == 0 && fsync(fileno(m->file)) == 0
               ? BUS_OK
               : bus_disk_fail(err, "the file for the bank");
}

static int
file_noted(struct file_making *m, const char *path, struct bus_err *err)
{
    uint8_t sum[BUS_WIRE_SM3_BYTES];
    BUS_TRY(treasury_file_sum(path, sum, err));
    const char *hex =
        treasury_books_bytes(m->b, (struct bus_strv){(char *)sum, sizeof(sum)});
    if (m->before && strcmp(hex + 2, m->sum) != 0) {
        return bus_fail(err, BUS_ESTATE,
                        "not the file that was made before: use that one / "
                        "与已生成的文件不同, 请使用原文件");
    }
    if (!m->before) {
        BUS_TRY(treasury_books_ask(
            m->b, consumers_treasury_sql_bank_file_put,
            TREASURY_PARAMS(
                m->of.bank, m->b->who, "MADE",
                m->bank.pain ? "pain.001" : "table", "", hex, m->of.batch,
                treasury_books_number(m->b, m->said.count),
                treasury_books_number(m->b, m->said.total_fen), "", NULL),
            NULL, err));
    }
    return treasury_books_act(
        m->b,
        &(struct treasury_act){
            .act = "file",
            .batch = m->of.batch,
            .fund = m->of.fund,
            .amount_fen = m->said.total_fen,
            .note = treasury_books_text(m->b, bus_strv(hex + 2))},
        err);
}

int treasury_file_make(struct treasury_writer *w,
                       struct treasury_books *b,
                       const char *batch,
                       const char *path,
                       struct treasury_file_made *ret,
                       struct bus_err *err)
{
    struct file_making m = {.w = w, .b = b};
    BUS_TRY(treasury_batch_read(b, batch, &m.of, err));
    BUS_TRY(treasury_bank_find(w->config, m.of.bank, &m.bank, err));
    if (m.of.state < TREASURY_BATCH_SENT ||
        m.of.state == TREASURY_BATCH_WITHDRAWN) {
        return bus_fail(err, BUS_ESTATE,
                        "batch %s is %s: a file is made of what was sent / "
                        "批次尚未发送",
                        batch, bus_fsm_word(&treasury_batch_fsm, m.of.state));
    }
    BUS_TRY(file_before(&m, err));
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                  S_IRUSR | S_IWUSR);
    m.file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (m.file == NULL) {
        return bus_fail(err, BUS_EUSAGE, "%s: %s / 文件不能新建", path,
                        strerror(errno));
    }
    int rc = file_written(&m, err);
    if (rc == BUS_OK) {
        rc = file_noted(&m, path, err);
    }
    (void)fclose(m.file);
    if (rc != BUS_OK) {
        (void)unlink(path);
    }
    BUS_CHECK(rc != BUS_OK || m.said.count > 0);
    *ret = (struct treasury_file_made){m.said.count, m.said.total_fen,
                                       m.refused, m.before};
    return rc;
}
