/* Rows, quotes, encodings, every truncation; what is wrong has its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/workbook/csv_read.h"
#include "tests/lib/check.h"

/* The rows as text: fields between bars, rows between slashes with their
 * lines; at an error its message. */
static const char *rows(const char *text, size_t n)
{
    static char out[2048];
    struct csv c = {.text = {text, n}};
    struct csv_row row;
    struct bus_arena mem;
    struct bus_err err;
    int rc;
    size_t k = 0;
    bus_arena_init(&mem, 0, 0);
    out[0] = '\0';
    while ((rc = bus_workbook_csv_next(&c, &mem, &row, &err)) == BUS_OK) {
        k += (size_t)snprintf(out + k, sizeof(out) - k, "%zu-%zu:", row.line,
                              row.last_line);
        for (size_t i = 0; i < row.n; i++) {
            k += (size_t)snprintf(out + k, sizeof(out) - k, "%.*s|",
                                  BUS_STRV_ARG(row.field[i]));
        }
        k += (size_t)snprintf(out + k, sizeof(out) - k, "/");
    }
    if (rc != BUS_EAGAIN) {
        (void)snprintf(out + k, sizeof(out) - k, "!%s", err.msg);
    }
    bus_arena_fini(&mem);
    return out;
}

static void rfc4180(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"a,b\nc,d\n", "1-1:a|b|/2-2:c|d|/"},
        {"a,b\r\nc,d", "1-1:a|b|/2-2:c|d|/"},
        {"a,\n,b\n\n\r\nc", "1-1:a||/2-2:|b|/5-5:c|/"},
        {"\"a,b\",\"c\"\"d\"\n", "1-1:a,b|c\"d|/"},
        {"\"a\nb\",c\nd\n", "1-2:a\nb|c|/3-3:d|/"},
        {"\"\",\"\"\"\"\n", "1-1:|\"|/"},
        {"a\n\"b", "1-1:a|/!line 2, column 1: a quoted field that does not "
                   "end; is the file cut?"},
        {"a,b\"c\n", "!line 1, column 2: a quote inside a field that does not "
                     "begin with one; write \"...\" around it and double the "
                     "quotes inside"},
        {"\"a\"b\n", "!line 1, column 1: something behind the closing quote"},
        {"\"a\"\r\n\"b\"", "1-1:a|/2-2:b|/"},
        {"", ""},
        {"\n\n", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(rows(cases[i][0], strlen(cases[i][0])),
                            cases[i][1]);
    }
}

static void limits(void **state)
{
    (void)state;
    static char wide[600], deep[CSV_FIELD_MAX + 8];
    memset(wide, ',', 256);
    assert_non_null(strstr(rows(wide, 256), "at most 256 columns"));
    memset(deep, 'x', sizeof(deep));
    assert_non_null(strstr(rows(deep, CSV_FIELD_MAX + 1), "at most 4096"));
}

static void every_truncation(void **state)
{
    (void)state;
    static const char text[] = "流水号,姓名\r\n\"S\"\"1\",\"甲\n乙\"\nS2,丙\n";
    for (size_t n = 0; n < sizeof(text); n++) {
        const char *got = rows(text, n);
        assert_true(strchr(got, '!') == NULL ||
                    strstr(got, "is the file cut?") != NULL);
    }
}

static int load(const char *bytes, size_t n, char *ret, struct bus_err *err)
{
    struct bus_buf b = {0};
    const char *encoding = "";
    FILE *f = tmpfile();
    (void)fwrite(bytes, 1, n, f);
    rewind(f);
    int rc = bus_workbook_csv_load(f, &b, &encoding, err);
    (void)fclose(f);
    if (rc == BUS_OK) {
        (void)snprintf(ret, 100, "%s:%.*s", encoding, (int)b.len, b.data);
        bus_buf_fini(&b);
    }
    return rc;
}

static void encodings(void **state)
{
    (void)state;
    struct bus_err err;
    char got[100] = "";
    assert_int_equal(load("姓名\n", 7, got, &err), BUS_OK);
    assert_string_equal(got, "UTF-8:姓名\n");
    assert_int_equal(load("\xef\xbb\xbf姓名", 9, got, &err), BUS_OK);
    assert_string_equal(got, "UTF-8:姓名");
    assert_int_equal(load("\xd0\xd5\xc3\xfb,\x95\x32\x82\x36", 9, got, &err),
                     BUS_OK); /* the last is U+20000: four bytes */
    assert_string_equal(got, "GB18030:姓名,𠀀");
    assert_int_equal(load("", 0, got, &err), BUS_OK);
    assert_string_equal(got, "UTF-8:");
    assert_int_equal(load("a\n\xff\xff\xff", 5, got, &err), BUS_EPARSE);
    assert_non_null(strstr(err.msg, "line 2"));
    assert_int_equal(load("\xd0\xd5\xc3", 3, got, &err), BUS_EPARSE);
    assert_int_equal(load("\xff\xfe"
                          "a\0",
                          4, got, &err),
                     BUS_EPARSE);
    assert_non_null(strstr(err.msg, "UTF-16"));
    assert_int_equal(load("a\nb\0c", 5, got, &err), BUS_EPARSE);
    assert_non_null(strstr(err.msg, "line 2"));
}

static void huge(void **state)
{
    (void)state;
    struct bus_buf b;
    struct bus_err err;
    const char *encoding;
    FILE *f = tmpfile();
    assert_int_equal(fseek(f, (long)CSV_FILE_MAX, SEEK_SET), 0);
    (void)fputc('x', f);
    rewind(f);
    assert_int_equal(bus_workbook_csv_load(f, &b, &encoding, &err),
                     BUS_ETOOBIG);
    assert_non_null(strstr(err.msg, "64 MiB"));
    (void)fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc4180),   cmocka_unit_test(limits),
        cmocka_unit_test(encodings), cmocka_unit_test(every_truncation),
        cmocka_unit_test(huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
