/* What comes from a bank: each kind, each fault with its place. Every file is
 * read in steps of 1 byte, 7 and all at once, and cut off everywhere. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/bank_told.h"
#include "tests/lib/check.h"

#define O1 "80000000000000000000000000000001"
#define O2 "80000000000000000000000000000002"

static const struct bus_bank_table answers = {
    .titles = true,
    .charset = BUS_CHARSET_GB18030,
    .columns = {{BUS_BANK_ORDER, "no", 0},
                {BUS_BANK_YUAN, "yuan", 0},
                {BUS_BANK_OUTCOME, "result", 0},
                {BUS_BANK_REASON, "why", 0},
                {BUS_BANK_REFERENCE, "ref", 0},
                {BUS_BANK_DAY, "day", 0}},
    .count = 6,
    .words = {{"\xE6\x88\x90\xE5\x8A\x9F", BUS_BANK_SETTLED, ""},
              {"E01", BUS_BANK_REJECTED, "AC01"},
              {"T", BUS_BANK_RETURNED, ""}},
    .word_count = 3};
static const struct bus_bank_table cut = {
    .fixed = true,
    .charset = BUS_CHARSET_GBK,
    .columns = {{BUS_BANK_ORDER, "", 32},
                {BUS_BANK_NAME, "", 8},
                {BUS_BANK_FEN, "", 8},
                {BUS_BANK_OUTCOME, "", 2},
                {BUS_BANK_REFERENCE, "", 6}},
    .count = 5,
    .words = {{"00", BUS_BANK_SETTLED, ""}},
    .word_count = 1};

static const char *
read_by(const struct bus_bank_table *t, const char *file, size_t step)
{
    static char out[8192];
    struct bus_buf to = {0};
    struct bus_err err;
    int rc = told_all(t, bus_strv(file), step, &to, &err);
    if (rc != BUS_OK) {
        bus_buf_printf(&to, "!%s", err.msg);
    }
    (void)snprintf(out, sizeof(out), "%s", bus_buf_cstr(&to));
    bus_buf_fini(&to);
    return out;
}

static void
says(const struct bus_bank_table *t, const char *file, const char *want)
{
    assert_string_equal(read_by(t, file, SIZE_MAX), want);
    assert_string_equal(read_by(t, file, 1), want);
    assert_string_equal(read_by(t, file, 7), want);
}

/* What it says ends with this. */
static void
refuses(const struct bus_bank_table *t, const char *file, const char *want)
{
    const char *got = read_by(t, file, SIZE_MAX);
    const char *fault = strchr(got, '!');
    assert_non_null(fault);
    assert_string_equal(fault + 1, want);
}

#define XMLNS(m) " xmlns=\"urn:iso:std:iso:20022:tech:xsd:" m "\""
#define PAIN002(group, part)                                                \
    "<?xml version=\"1.0\"?>\n<Document" XMLNS(                             \
        "pain.002.001.10") ">"                                              \
                           "<CstmrPmtStsRpt><GrpHdr><MsgId>B1</MsgId></"    \
                           "GrpHdr>\n"                                      \
                           "<OrgnlGrpInfAndSts><OrgnlMsgId>M1</"            \
                           "OrgnlMsgId>" group                              \
                           "</OrgnlGrpInfAndSts>\n<OrgnlPmtInfAndSts>" part \
                           "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
#define TX(order, status, more)                                 \
    "<TxInfAndSts><OrgnlEndToEndId>" order "</OrgnlEndToEndId>" \
    "<TxSts>" status "</TxSts>" more "</TxInfAndSts>\n"

static void pain002(void **state)
{
    (void)state;
    says(NULL,
         PAIN002("<OrgnlNbOfTxs>2</OrgnlNbOfTxs>"
                 "<OrgnlCtrlSum>1320</OrgnlCtrlSum><GrpSts>PART</GrpSts>",
                 TX(O1, "ACSC", "<AcctSvcrRef>R1</AcctSvcrRef>")
                     TX(O2, "RJCT",
                        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>"
                        "<OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">660.00"
                        "</InstdAmt></Amt></OrgnlTxRef>")),
         "pain.002 B1\nof M1 2 132000 noted \n4 " O1 " settled -0  -  R1\n5 " O2
         " rejected -66000 CNY - AC04 \n");
    /* all of it, and by payment information */
    says(NULL,
         PAIN002("<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>AM05</Cd></Rsn>"
                 "</StsRsnInf>",
                 ""),
         "pain.002 B1\nof M1 -1 -1 rejected AM05\n");
    says(NULL,
         PAIN002("", "<PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Prtry>X"
                     "</Prtry></Rsn></StsRsnInf><TxInfAndSts>"
                     "<OrgnlEndToEndId>" O1 "</OrgnlEndToEndId></TxInfAndSts>"),
         "pain.002 B1\nof M1 -1 -1 noted \n4 " O1 " rejected -0  - X \n");
}

static void xml_faults(void **state)
{
    (void)state;
    refuses(NULL, PAIN002("", TX(O1, "WHAT", "")),
            "line 4, CstmrPmtStsRpt/OrgnlPmtInfAndSts/TxInfAndSts: a status "
            "nobody knows / "
            "不认识的状态");
    refuses(NULL, PAIN002("<OrgnlCtrlSum>-5</OrgnlCtrlSum>", ""),
            "line 3, CstmrPmtStsRpt/OrgnlGrpInfAndSts/OrgnlCtrlSum: an amount "
            "is 66.00, not negative, no less than a fen / 金额有误");
    refuses(NULL, "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "line 1, : document types and entities are not read / "
            "不接受文档类型与实体");
    refuses(NULL, "<Document" XMLNS("pain.002.001.03") "/>",
            "line 1, Document: read are pain.002.001.10, camt.053.001.08 and "
            "camt.054.001.08 / 不是可读的报文");
    refuses(NULL, "<Document/>",
            "line 1, Document: read are pain.002.001.10, camt.053.001.08 and "
            "camt.054.001.08 / 不是可读的报文");
    refuses(NULL, "<Document" XMLNS("pain.002.001.10") "><a>&b;</a></Document>",
            "line 1, : not well-formed, or cut off / 不是合格的 XML, 或不完整");
    char deep[4096] = "<Document" XMLNS("pain.002.001.10") ">";
    for (int i = 0; i < 40; i++) {
        strcat(deep, "<a>");
    }
    assert_non_null(strstr(read_by(NULL, deep, SIZE_MAX), "too deep"));
    refuses(NULL, "", "an empty file / 空文件");
    refuses(NULL, "\x1f\x8b\x08",
            "a packed file: unpack it first / "
            "压缩文件, 请先解压");
    refuses(NULL, "hello",
            "neither ISO 20022 nor MT940, and this bank has no "
            "table of answers / 不认识的文件格式");
}

#define CAMT(m, body, head, entries)                                          \
    "<Document" XMLNS(m) "><" body "><GrpHdr><MsgId>B1</MsgId></GrpHdr>" head \
                         "\n" entries
#define STMT(opening, closing, entries)                                   \
    CAMT("camt.053.001.08", "BkToCstmrStmt",                              \
         "<Stmt><Id>S1</Id><LglSeqNb>12</LglSeqNb><Acct><Id><Othr><Id>10" \
         "</Id></Othr></Id><Ccy>CNY</Ccy></Acct>" BAL("OPBD", opening)    \
             BAL("CLBD", closing),                                        \
         entries)                                                         \
    "</Stmt></BkToCstmrStmt></Document>"
#define BAL(kind, amount)                                          \
    "<Bal><Tp><CdOrPrtry><Cd>" kind "</Cd></CdOrPrtry></Tp>"       \
    "<Amt Ccy=\"CNY\">" amount "</Amt><CdtDbtInd>CRDT</CdtDbtInd>" \
    "<Dt><Dt>2026-12-10</Dt></Dt></Bal>"
#define NTRY(amount, sign, state, details)                                \
    "<Ntry><Amt Ccy=\"CNY\">" amount "</Amt><CdtDbtInd>" sign             \
    "</CdtDbtInd><Sts><Cd>" state "</Cd></Sts><ValDt><Dt>2026-12-10</Dt>" \
    "</ValDt><AcctSvcrRef>E1</AcctSvcrRef>" details "</Ntry>\n"
#define TXDTLS(order, more)                                                   \
    "<NtryDtls><TxDtls><Refs><AcctSvcrRef>T1</AcctSvcrRef><EndToEndId>" order \
    "</EndToEndId></Refs>" more "</TxDtls></NtryDtls>"

static void camt(void **state)
{
    (void)state;
    says(NULL,
         STMT("1000.00", "940.00",
              NTRY("660.00", "DBIT", "BOOK", TXDTLS(O1, ""))
                  NTRY("600.00", "CRDT", "BOOK",
                       TXDTLS(O2, "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"))
                      NTRY("5.00", "DBIT", "PDNG", "")),
         "camt.053 B1\n2 " O1 " settled -66000 CNY 2026-12-10  T1\n3 " O2
         " returned +60000 CNY 2026-12-10 AC04 T1\n4  settled not booked -500 "
         "CNY 2026-12-10  E1\nstatement S1 of 10 CNY no 12 from 2026-12-10 "
         "100000 -> 94000 "
         "2026-12-10\n");
    /* what the day before closed with is of the day after */
    says(NULL,
         CAMT("camt.053.001.08", "BkToCstmrStmt",
              "<Stmt><Id>S2</Id>" BAL("PRCD", "1.00") BAL("CLBD", "1.00"),
              "") "</Stmt></BkToCstmrStmt></Document>",
         "camt.053 B1\nstatement S2 of   no -1 from 2026-12-11 100 -> 100 "
         "2026-12-10\n");
    says(NULL,
         CAMT("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", "<Ntfctn><Id>N</Id>",
              NTRY("3.00", "DBIT", "BOOK",
                   TXDTLS(O1, "<Amt Ccy=\"CNY\">1.00</Amt>") TXDTLS(
                       O2, "<Amt Ccy=\"CNY\">2.00</Amt>")) "</Ntfctn></"
                                                           "BkToCstmrDbtCdtNtfc"
                                                           "tn></Document>"),
         "camt.054 B1\n2 " O1 " settled -100 CNY 2026-12-10  T1\n2 " O2
         " settled -200 CNY 2026-12-10  T1\nstatement N of   no -1 from - 0 -> "
         "0 -\n");
    refuses(NULL, STMT("1000.00", "340.01", NTRY("660.00", "DBIT", "BOOK", "")),
            "line 1: opening and movements are not the closing balance, off "
            "by 1 fen / 期初加变动不等于期末");
    refuses(NULL,
            STMT("1000.00", "340.00",
                 NTRY("660.00", "DBIT", "BOOK",
                      TXDTLS(O1, "<Amt Ccy=\"CNY\">600.00</Amt>"))),
            "line 2, BkToCstmrStmt/Stmt/Ntry: its transactions do not add up "
            "to it / 明细合计与金额不符");
    refuses(NULL,
            STMT("1000.00", "340.00", NTRY("660.001", "DBIT", "BOOK", "")),
            "line 2, Stmt/Ntry/Amt: an amount is 66.00, not negative, no less "
            "than a fen / 金额有误");
    refuses(NULL, STMT("1000.00", "340.00", NTRY("6", "CREDIT", "BOOK", "")),
            "line 2, Stmt/Ntry/CdtDbtInd: is CRDT or DBIT");
}

static const char mt940_file[] =
    "{1:F01X}{2:O940}{4:\r\n:20:S1\r\n:25:10\r\n:28C:12/1\r\n"
    ":60F:C261209CNY1000,00\r\n:61:2612101210D660,00NTRFNONREF//T1\r\n"
    "BOOK\r\n:86:?20EREF+" O1 "?21x\r\n:61:261210C600,NRTINONREF//T2\r\n"
    ":86:/EREF/" O2 "/\r\n:61:261210RD1,00NMSCX\r\n"
    ":62F:C261210CNY941,00\r\n-}\r\n";

static void mt940(void **state)
{
    (void)state;
    says(NULL, mt940_file,
         "MT940 S1\n6 " O1 " settled -66000 CNY 2026-12-10  T1\n9 " O2
         " returned +60000 CNY 2026-12-10  T2\n11  returned +100 CNY "
         "2026-12-10  X\nstatement S1 of 10 CNY no 12 from 2026-12-10 100000 "
         "-> 94100 "
         "2026-12-10\n");
    refuses(NULL, ":25:10\n", "line 1: a field before :20: / 缺 :20:");
    refuses(NULL, ":20:A\n:60F:C261309CNY1,\n",
            "line 2: a balance is C261210CNY66,00 / 余额有误");
    refuses(NULL, ":20:A\n:60F:C261209CNY1,\n:61:261210X1,NTRF\n",
            "line 3: an entry is 261210D66,00NTRFREF//REF / 记录有误");
    refuses(NULL, ":20:A\n:60F:C261209CNY1,\n:62F:C261209CNY2,\n",
            "line 3: opening and movements are not the closing balance, off "
            "by 100 fen / 期初加变动不等于期末");
    refuses(NULL, ":20:A\n:60F:C261209CNY1,\n",
            "line 2: a statement without its closing balance / "
            "对账单缺少期初或期末余额");
}

static void rows(void **state)
{
    (void)state;
    says(&answers,
         "no,yuan,result,why,ref,day\r\n" O1
         ",660.00,\xB3\xC9\xB9\xA6,,R1,20261210\r\n\r\n\"" O2
         "\",600,E01,,\"R\"\"2\",2026-12-10\r\n" O2 ",600,T,AC06,R3,",
         "table \n2 " O1 " settled -66000 CNY 2026-12-10  R1\n4 " O2
         " rejected -60000 CNY 2026-12-10 AC01 R\"2\n5 " O2
         " returned +60000 CNY - AC06 R3\n");
    says(&cut, O1 "\xC1\xAB\xC5\xBA    66000   00R1\n",
         "table \n1 " O1 " settled -66000 CNY -  R1\n");
    refuses(&answers, "no,yuan\n",
            "line 1, column 3: fewer columns than the table has / 缺列");
    refuses(&answers, "no,yuan,result,why,day,ref\n",
            "line 1, column 5: not the title that is known / 表头不符");
#define HEAD "no,yuan,result,why,ref,day\n"
    refuses(&answers, HEAD O1 ",-1,T,,,\n",
            "line 2, column 2: cannot be read / 内容有误");
    refuses(&answers, HEAD O1 ",1,?,,,\n",
            "line 2, column 3: a word nobody knows / 不认识的结果");
    refuses(&answers, HEAD O1 ",1,\"T,,,\n",
            "line 2, column 3: a quote that does not end");
    refuses(&answers, HEAD O1 ",1,\xFF,,,\n",
            "line 2, byte 36: not in GB18030");
    refuses(&cut, O1 "\n", "line 1, column 2: the line is too short / 行过短");
    refuses(&cut, O1 "        66000   00R1    xxxxxx\n",
            "line 1, column 6: the line is too long / 行过长");
}

/* No file that is cut off is taken for a whole one, but where it may end. */
static void cut_off(void **state)
{
    (void)state;
    static const char *const files[] = {
        PAIN002("", TX(O1, "ACSC", "")),
        STMT("1000.00", "340.00", NTRY("660.00", "DBIT", "BOOK", "")),
        mt940_file};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(files[i]), whole = 0;
        for (size_t k = 0; k < n; k++) {
            struct bus_buf out = {0};
            struct bus_err err;
            struct bus_strv part = {files[i], k};
            whole += told_all(NULL, part, SIZE_MAX, &out, &err) == BUS_OK;
            bus_buf_fini(&out);
        }
        /* MT940: zeros behind the comma may go, and what comes after it. */
        assert_in_range(whole, 0, i == 2 ? 9 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pain002), cmocka_unit_test(xml_faults),
        cmocka_unit_test(camt),    cmocka_unit_test(mt940),
        cmocka_unit_test(rows),    cmocka_unit_test(cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
