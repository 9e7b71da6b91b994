/* A batch as a bank's file: pain.001, CSV, fixed width; what a format cannot
 * say is named and nothing of it is repeated. */
#include <stdio.h>

#include "bus/bank/bank.h"
#include "bus/base/buf.h"
#include "tests/lib/check.h"

static int keep(void *data, struct bus_strv bytes, struct bus_err *err)
{
    (void)err;
    bus_buf_put(data, bytes.p, bytes.n);
    return BUS_OK;
}

static int full(void *data, struct bus_strv bytes, struct bus_err *err)
{
    size_t *left = data;
    if (bytes.n > *left) {
        return bus_fail(err, BUS_EFULL, "no room");
    }
    *left -= bytes.n;
    return BUS_OK;
}

static struct bus_bank_batch batch_of(int64_t count, int64_t fen)
{
    struct bus_bank_batch b = {.made_ms = INT64_C(1796000000000),
                               .payer = BUS_STRV("七河县民政局"),
                               .payer_account = BUS_STRV("100000000001"),
                               .agent = BUS_STRV("402000000001"),
                               .pay_day = 20797,
                               .count = count,
                               .total_fen = fen};
    b.batch.b[15] = 1;
    return b;
}

static struct bus_bank_payment payment_of(unsigned n, int64_t fen)
{
    struct bus_bank_payment p = {.amount_fen = fen,
                                 .account = BUS_STRV("6200000012345678"),
                                 .name = BUS_STRV("甲<乙>&丙"),
                                 .remark = BUS_STRV("MZ01 2026-12")};
    p.order.b[0] = 0x80;
    p.order.b[15] = (uint8_t)n;
    return p;
}

/* The file, or its fault, at out. */
static int write_all(const struct bus_bank_table *t,
                     const struct bus_bank_batch *b,
                     const struct bus_bank_payment *p,
                     size_t n,
                     const struct bus_bank_sink *sink,
                     struct bus_err *err)
{
    struct bus_bank_writer *w = NULL;
    int rc = bus_bank_writer_open(t, b, sink, &w, err);
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        rc = bus_bank_writer_add(w, &p[i], err);
    }
    if (rc == BUS_OK) {
        rc = bus_bank_writer_end(w, err);
    }
    bus_bank_writer_free(w);
    return rc;
}

static const char *written(const struct bus_bank_table *t,
                           const struct bus_bank_batch *b,
                           const struct bus_bank_payment *p,
                           size_t n)
{
    static char out[8192];
    struct bus_buf to = {0};
    struct bus_err err;
    const struct bus_bank_sink sink = {keep, &to};
    int rc = write_all(t, b, p, n, &sink, &err);
    (void)snprintf(out, sizeof(out), "%s",
                   rc == BUS_OK ? bus_buf_cstr(&to) : err.msg);
    bus_buf_fini(&to);
    return out;
}

static void pain001(void **state)
{
    (void)state;
    struct bus_bank_batch b = batch_of(1, 66005);
    struct bus_bank_payment p = payment_of(7, 66005);
    assert_string_equal(
        written(NULL, &b, &p, 1),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">"
        "<CstmrCdtTrfInitn><GrpHdr>"
        "<MsgId>00000000000000000000000000000001</MsgId>"
        "<CreDtTm>2026-11-30T08:53:20.000+08:00</CreDtTm>"
        "<NbOfTxs>1</NbOfTxs><CtrlSum>660.05</CtrlSum>"
        "<InitgPty><Nm>七河县民政局</Nm></InitgPty></GrpHdr><PmtInf>"
        "<PmtInfId>00000000000000000000000000000001</PmtInfId>"
        "<PmtMtd>TRF</PmtMtd><BtchBookg>false</BtchBookg>"
        "<NbOfTxs>1</NbOfTxs><CtrlSum>660.05</CtrlSum>"
        "<ReqdExctnDt><Dt>2026-12-10</Dt></ReqdExctnDt>"
        "<Dbtr><Nm>七河县民政局</Nm></Dbtr><DbtrAcct><Id><Othr>"
        "<Id>100000000001</Id></Othr></Id><Ccy>CNY</Ccy></DbtrAcct>"
        "<DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>402000000001</MmbId>"
        "</ClrSysMmbId></FinInstnId></DbtrAgt><CdtTrfTxInf><PmtId>"
        "<EndToEndId>80000000000000000000000000000007</EndToEndId></PmtId>"
        "<Amt><InstdAmt Ccy=\"CNY\">660.05</InstdAmt></Amt>"
        "<Cdtr><Nm>甲&lt;乙&gt;&amp;丙</Nm></Cdtr><CdtrAcct><Id><Othr>"
        "<Id>6200000012345678</Id></Othr></Id></CdtrAcct>"
        "<RmtInf><Ustrd>MZ01 2026-12</Ustrd></RmtInf></CdtTrfTxInf></PmtInf>"
        "</CstmrCdtTrfInitn></Document>\n");
}

static void pain001_faults(void **state)
{
    (void)state;
    struct bus_bank_batch b = batch_of(2, 132000);
    struct bus_bank_payment p[2] = {payment_of(1, 66000), payment_of(2, 66000)};
    static const char *const names[] = {"",      "\xC1\xAB",     "a\nb",
                                        "a\x01", "\xEF\xBF\xBF", " a"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        p[1].name = bus_strv(names[i]);
        assert_string_equal(written(NULL, &b, p, 2),
                            "payment 2: the name / 户名 cannot be written");
    }
    p[1] = payment_of(2, 66000);
    p[1].account = BUS_STRV("");
    assert_string_equal(written(NULL, &b, p, 2),
                        "payment 2: the account / 账号 cannot be written");
    assert_string_equal(written(NULL, &b, p, 1),
                        "1 payments of 66000 fen; the batch says 2 of 132000 / "
                        "笔数或总额与批次不符");
    b.agent = BUS_STRV("");
    assert_non_null(strstr(written(NULL, &b, p, 2), "clearing number"));
}

/* A disk that is full after any number of bytes: its own code, no crash. */
static void pain001_full(void **state)
{
    (void)state;
    struct bus_bank_batch b = batch_of(200, 200 * 66000);
    struct bus_bank_payment p[200];
    for (unsigned i = 0; i < 200; i++) {
        p[i] = payment_of(i, 66000);
    }
    for (size_t room = 0; room < 60000; room += 3001) {
        size_t left = room;
        struct bus_err err;
        const struct bus_bank_sink sink = {full, &left};
        int rc = write_all(NULL, &b, p, 200, &sink, &err);
        assert_int_equal(rc, BUS_EFULL);
        assert_string_equal(err.msg, "no room");
    }
}

static const struct bus_bank_table csv = {
    .titles = true,
    .charset = BUS_CHARSET_GB18030,
    .columns = {{BUS_BANK_NUMBER, "序号", 0},
                {BUS_BANK_ORDER, "流水号", 0},
                {BUS_BANK_ACCOUNT, "账号", 0},
                {BUS_BANK_NAME, "户名", 0},
                {BUS_BANK_YUAN, "金额", 0},
                {BUS_BANK_REMARK, "附言", 0},
                {BUS_BANK_EMPTY, "备用", 0}},
    .count = 7};
static const struct bus_bank_table fixed = {
    .fixed = true,
    .charset = BUS_CHARSET_GBK,
    .columns = {{BUS_BANK_ORDER, "", 32},
                {BUS_BANK_ACCOUNT, "", 20},
                {BUS_BANK_NAME, "", 8},
                {BUS_BANK_FEN, "", 12},
                {BUS_BANK_DAY, "", 8}},
    .count = 5};

static void tables(void **state)
{
    (void)state;
    struct bus_bank_batch b = batch_of(1, 66005);
    struct bus_bank_payment p = payment_of(7, 66005);
    p.name = BUS_STRV("\xEE\xA0\x9E"); /* private: U+9FB4 */
    assert_string_equal(written(&csv, &b, &p, 1),
                        "\xD0\xF2\xBA\xC5,\xC1\xF7\xCB\xAE\xBA\xC5,"
                        "\xD5\xCB\xBA\xC5,\xBB\xA7\xC3\xFB,\xBD\xF0\xB6\xEE,"
                        "\xB8\xBD\xD1\xD4,\xB1\xB8\xD3\xC3\r\n"
                        "1,80000000000000000000000000000007,"
                        "6200000012345678,\xFE\x59,660.05,MZ01 2026-12,\r\n");
    p.name = BUS_STRV("莲藕");
    assert_string_equal(written(&fixed, &b, &p, 1),
                        "80000000000000000000000000000007"
                        "6200000012345678    \xC1\xAB\xC5\xBA    "
                        "66005       20261210\r\n");
    p.name = BUS_STRV("莲藕莲藕莲");
    assert_string_equal(
        written(&fixed, &b, &p, 1),
        "payment 1, column 3: wider than the column / 超出栏宽");
    p.name = BUS_STRV("莲𠀀");
    assert_string_equal(written(&fixed, &b, &p, 1),
                        "payment 1, column 3: no such character in the bank's "
                        "character set / 生僻字");
    static const char *const bad[] = {"=1+1", "甲,乙", "甲\"乙", "甲\r乙"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        p.name = bus_strv(bad[i]);
        assert_non_null(strstr(written(&csv, &b, &p, 1), "column 4"));
    }
    struct bus_bank_table none = csv;
    none.columns[1].field = BUS_BANK_EMPTY;
    assert_string_equal(written(&none, &b, &p, 1),
                        "the bank's table needs a column for the order");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain001),
        cmocka_unit_test(pain001_faults),
        cmocka_unit_test(pain001_full),
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
