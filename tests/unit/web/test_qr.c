/* The square has its three eyes, its size follows the text, and the path says
 * only dark modules. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>

#include "bus/web/qr.h"

static int side(const char *svg)
{
    int n = 0, m = 0;
    const char *box = strstr(svg, "viewBox=\"0 0 ");
    assert_non_null(box);
    assert_int_equal(sscanf(box, "viewBox=\"0 0 %d %d\"", &n, &m), 2);
    assert_int_equal(n, m);
    return n;
}

static void square_of_a_number(void **state)
{
    struct bus_buf out;
    struct bus_err err;
    char seven[64];
    (void)state;
    bus_buf_init(&out, 0);
    assert_int_equal(
        bus_web_qr("00000000-0000-8000-8000-000000000000", &out, &err), BUS_OK);
    const char *svg = bus_buf_cstr(&out);
    int n = side(svg); /* with 4 of quiet around: versions are 17 + 4 v */
    assert_int_equal((n - 8 - 17) % 4, 0);
    /* The upper eyes' first row, and the lower one's. */
    assert_non_null(strstr(svg, "M4 4h7v1h-7z"));
    (void)snprintf(seven, sizeof(seven), "M%d 4h7v1h-7z", n - 4 - 7);
    assert_non_null(strstr(svg, seven));
    (void)snprintf(seven, sizeof(seven), "M4 %dh7v1h-7z", n - 4 - 7);
    assert_non_null(strstr(svg, seven));
    assert_null(strstr(svg, "style"));
    bus_buf_fini(&out);
}

static void no_square_of_nothing(void **state)
{
    struct bus_buf out;
    struct bus_err err;
    char longer[BUS_WEB_QR_MAX + 2];
    (void)state;
    memset(longer, 'a', sizeof(longer));
    longer[BUS_WEB_QR_MAX + 1] = '\0';
    bus_buf_init(&out, 0);
    assert_int_equal(bus_web_qr("", &out, &err), BUS_ETOOBIG);
    assert_int_equal(bus_web_qr(longer, &out, &err), BUS_ETOOBIG);
    longer[BUS_WEB_QR_MAX] = '\0';
    assert_int_equal(bus_web_qr(longer, &out, &err), BUS_OK);
    bus_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(square_of_a_number),
        cmocka_unit_test(no_square_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
