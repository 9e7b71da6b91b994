/* What is written is read back, in both formats; what a partner's file could do
 * to us. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zip.h>

#include "bus/workbook/csv_write.h"
#include "bus/workbook/workbook.h"
#include "tests/lib/check.h"

static const char *const yes_no[] = {"同意", "不同意", NULL};
static const struct bus_workbook_column columns[] = {
    {.title = "编号 id", .width = 38},
    {.title = "姓名 name", .width = 12},
    {.title = "决定 decision", .width = 12, .fill = true, .choices = yes_no},
};
static const char *const cells[] = {
    "a-1",       "=1+1", NULL,  "a-2",
    "甲 & <乙>", "同意", "a-3", "000000198001010072",
    "",
};
static const struct bus_workbook_table table = {"办理", columns, 3, cells, 3};

static struct bus_arena mem;

static int again(void **state)
{
    (void)state;
    bus_arena_fini(&mem);
    bus_arena_init(&mem, 0, 0);
    return 0;
}

static void read_back(struct bus_strv bytes)
{
    struct bus_workbook_rows rows;
    struct bus_err err;
    assert_int_equal(bus_workbook_read(bytes, &mem, &rows, &err), BUS_OK);
    assert_int_equal(rows.n, 4);
    for (size_t i = 0; i < 9; i++) {
        const struct bus_workbook_row *r = &rows.v[1 + i / 3];
        assert_true(bus_strv_is(r->cell[i % 3], cells[i] ? cells[i] : ""));
        assert_int_equal(r->line, 2 + i / 3);
        assert_int_equal(r->formulas, 0);
    }
    assert_true(bus_strv_is(rows.v[0].cell[2], "决定 decision"));
}

static void both_ways(void **state)
{
    (void)state;
    struct bus_buf xlsx = {0}, csv = {0};
    struct bus_err err;
    assert_int_equal(bus_workbook_write(&table, &xlsx, &err), BUS_OK);
    assert_int_equal(bus_workbook_write_csv(&table, &csv, &err), BUS_OK);
    assert_true(memmem(csv.data, csv.len, "\"'=1+1\"", 7) != NULL);
    read_back(bus_buf_view(&xlsx));
    read_back(bus_buf_view(&csv));
    bus_buf_fini(&xlsx);
    bus_buf_fini(&csv);
}

/* What a name could do in a spreadsheet. */
static void csv_has_no_formula(void **state)
{
    static const char *const row[] = {
        "=cmd|'/c calc'!A0", "+1", "-1", "@x", "\tx", "a\"b,\n", NULL, "甲"};
    struct bus_buf out;
    (void)state;
    bus_buf_init(&out, 0);
    bus_workbook_csv_begin(&out);
    bus_workbook_csv_row(&out, row, 8);
    assert_string_equal(bus_buf_cstr(&out),
                        "\xef\xbb\xbf\"'=cmd|'/c calc'!A0\",\"'+1\",\"'-1\","
                        "\"'@x\",\"'\tx\",\"a\"\"b,\n\",\"\",\"甲\"\r\n");
    bus_buf_fini(&out);
}

/* --- a partner's own --- */

#define BOOK                                                          \
    "<workbook xmlns:r=\"r\"><sheets><sheet name=\"x\" r:id=\"r7\"/>" \
    "</sheets></workbook>"
#define RELS                                                         \
    "<Relationships><Relationship Id=\"r1\" Target=\"styles.xml\"/>" \
    "<Relationship Id=\"r7\" Target=\"worksheets/s.xml\"/></Relationships>"

static void zip_put(zip_t *z, const char *name, const char *text, size_t n)
{
    zip_source_t *s = zip_source_buffer(z, text, n, 0);
    assert_true(zip_file_add(z, name, s, ZIP_FL_OVERWRITE) >= 0);
}

/* A workbook with this sheet and these texts; freed by the arena. */
static struct bus_strv
book_of(const char *sheet, size_t sheet_n, const char *strings)
{
    char path[] = "/tmp/lianou-book-XXXXXX";
    int fd = mkstemp(path), e = 0;
    assert_true(fd >= 0);
    (void)close(fd);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &e);
    assert_non_null(z);
    zip_put(z, "xl/workbook.xml", BOOK, strlen(BOOK));
    zip_put(z, "xl/_rels/workbook.xml.rels", RELS, strlen(RELS));
    zip_put(z, "xl/worksheets/s.xml", sheet, sheet_n);
    if (strings != NULL) {
        zip_put(z, "xl/sharedStrings.xml", strings, strlen(strings));
    }
    assert_int_equal(zip_close(z), 0);
    FILE *f = fopen(path, "rb");
    char *p = bus_arena_alloc(&mem, 1u << 20);
    size_t n = fread(p, 1, 1u << 20, f);
    (void)fclose(f);
    (void)unlink(path);
    return (struct bus_strv){p, n};
}

static int
sheet(const char *text, const char *strings, struct bus_workbook_rows *rows)
{
    struct bus_err err;
    return bus_workbook_read(book_of(text, strlen(text), strings), &mem, rows,
                             &err);
}

static void cells_of_every_type(void **state)
{
    (void)state;
    struct bus_workbook_rows rows;
    int rc = sheet(
        "<worksheet><sheetData><row r=\"2\"/><row r=\"3\">"
        "<c r=\"B3\" t=\"s\"><v>1</v></c><c t=\"inlineStr\"><is><t>in "
        "</t><r><t>line</t></r></is></c><c r=\"E3\"><v>812.5</v></c>"
        "<c r=\"F3\" t=\"b\"><v>1</v></c><c r=\"G3\"><f>1+1</f><v>2</v></c>"
        "<c r=\"H3\" t=\"e\"><v>#REF!</v></c><c r=\"ZZ3\"><v>9</v></c></row>"
        "<row><c r=\"A4\" s=\"1\"/></row></sheetData></worksheet>",
        "<sst><si><t>no</t></si><si><r><t>甲</t></r><rPh><t>jia</t></rPh>"
        "<r><t>乙</t></r></si></sst>",
        &rows);
    assert_int_equal(rc, BUS_OK);
    assert_int_equal(rows.n, 1);
    assert_int_equal(rows.v[0].line, 3);
    assert_int_equal(rows.v[0].n, 8);
    assert_true(bus_strv_is(rows.v[0].cell[1], "甲乙"));
    assert_true(bus_strv_is(rows.v[0].cell[2], "in line"));
    assert_true(bus_strv_is(rows.v[0].cell[4], "812.5"));
    assert_int_equal(rows.v[0].formulas, 1u << 6 | 1u << 7);
}

static void entities_are_refused(void **state)
{
    (void)state;
    struct bus_workbook_rows rows;
    assert_int_equal(
        sheet("<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>"
              "<worksheet><sheetData><row><c t=\"inlineStr\"><is><t>&b;</t>"
              "</is></c></row></sheetData></worksheet>",
              NULL, &rows),
        BUS_EPARSE);
    assert_string_equal(rows.wrong.code, "NO_WORKBOOK");
    assert_int_equal(
        sheet("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><worksheet/>", NULL,
              &rows),
        BUS_EPARSE);
}

/* 64 MiB of nothing in some kilobytes; a row too many; a reference to nothing.
 */
static void more_than_it_may(void **state)
{
    (void)state;
    size_t n = 64u << 20;
    char *big = malloc(n);
    struct bus_workbook_rows rows;
    struct bus_err err;
    assert_non_null(big);
    for (size_t i = 0; i < n; i += 4) {
        memcpy(big + i, "<c/>", 4);
    }
    memcpy(big, "<worksheet >", 12);
    struct bus_strv bomb = book_of(big, n, NULL);
    assert_true(bomb.n < 1u << 20);
    assert_int_equal(bus_workbook_read(bomb, &mem, &rows, &err), BUS_ETOOBIG);
    size_t k = 0;
    for (int i = 0; i < BUS_WORKBOOK_ROWS_MAX + 100; i++) {
        memcpy(big + 12 + k, "<row><c><v>1</v></c></row>", 26);
        k += 26;
    }
    int rc = bus_workbook_read(book_of(big, 12 + k, NULL), &mem, &rows, &err);
    assert_int_equal(rc, BUS_ETOOBIG);
    assert_string_equal(rows.wrong.code, "TOO_MANY_ROWS");
    free(big);
    assert_int_equal(sheet("<worksheet><row r=\"5\"><c r=\"B5\" t=\"s\"><v>7"
                           "</v></c></row></worksheet>",
                           NULL, &rows),
                     BUS_EPARSE);
    assert_int_equal(rows.wrong.line, 5);
    assert_int_equal(rows.wrong.column, 2);
}

/* Cut anywhere, changed anywhere: an error or a table, never more. */
static void cut_and_changed(void **state)
{
    (void)state;
    struct bus_buf xlsx = {0};
    struct bus_err err;
    struct bus_workbook_rows rows;
    assert_int_equal(bus_workbook_write(&table, &xlsx, &err), BUS_OK);
    for (size_t n = 0; n < xlsx.len; n += n < 64 ? 1 : 61) {
        int rc = bus_workbook_read((struct bus_strv){(char *)xlsx.data, n},
                                   &mem, &rows, &err);
        assert_true(n <= 4 || rc == BUS_ETRUNCATED);
        (void)again(NULL);
    }
    for (size_t i = 4; i < xlsx.len; i += 7) {
        xlsx.data[i] ^= 0x15;
        int rc = bus_workbook_read(bus_buf_view(&xlsx), &mem, &rows, &err);
        assert_true(rc == BUS_OK || rows.wrong.code != NULL);
        xlsx.data[i] ^= 0x15;
        (void)again(NULL);
    }
    bus_buf_fini(&xlsx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(both_ways, again),
        cmocka_unit_test_setup(csv_has_no_formula, again),
        cmocka_unit_test_setup(cells_of_every_type, again),
        cmocka_unit_test_setup(entities_are_refused, again),
        cmocka_unit_test_setup(more_than_it_may, again),
        cmocka_unit_test_setup(cut_and_changed, again),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    bus_arena_fini(&mem);
    return rc;
}
