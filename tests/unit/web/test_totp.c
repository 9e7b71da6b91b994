/* RFC 6238, appendix B: the vectors of SHA-1; base32 of RFC 4648; a code
 * counts within one step, and its step is told. */
#include "tests/lib/check.h"

#include <string.h>

#include "bus/web/totp.h"

static const uint8_t secret[BUS_WEB_TOTP_BYTES + 1] = "12345678901234567890";

static void vectors_of_the_rfc(void **state)
{
    static const struct
    {
        int64_t s;
        const char *code;
    } rows[] = {{59, "94287082"},         {1111111109, "07081804"},
                {1111111111, "14050471"}, {1234567890, "89005924"},
                {2000000000, "69279037"}, {INT64_C(20000000000), "65353130"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char code[9], six[7];
        int64_t step = bus_web_totp_step(rows[i].s * 1000);
        bus_web_totp_code(secret, step, 8, code);
        assert_string_equal(code, rows[i].code);
        bus_web_totp_code(secret, step, 6, six);
        assert_string_equal(six, rows[i].code + 2);
    }
}

static void within_one_step(void **state)
{
    char code[7];
    const int64_t now_ms = INT64_C(1234567890) * 1000;
    int64_t step = bus_web_totp_step(now_ms);
    (void)state;
    for (int64_t off = -3; off <= 3; off++) {
        bus_web_totp_code(secret, step + off, 6, code);
        assert_int_equal(bus_web_totp_of(secret, bus_strv(code), now_ms),
                         off >= -1 && off <= 1 ? step + off : -1);
    }
    assert_int_equal(bus_web_totp_of(secret, BUS_STRV(""), now_ms), -1);
    assert_int_equal(bus_web_totp_of(secret, BUS_STRV("00592"), now_ms), -1);
    assert_int_equal(bus_web_totp_of(secret, BUS_STRV("0059240"), now_ms), -1);
    assert_int_equal(bus_web_totp_of(secret, BUS_STRV("00592x"), now_ms), -1);
}

static void base32_and_back(void **state)
{
    char text[BUS_WEB_TOTP_TEXT], address[BUS_WEB_TOTP_ADDRESS];
    uint8_t back[BUS_WEB_TOTP_BYTES];
    (void)state;
    bus_web_totp_write(secret, text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_true(bus_web_totp_read(
        BUS_STRV("gezd gnbv gy3t qojq gezd gnbv gy3t qojq"), back));
    assert_memory_equal(back, secret, sizeof(back));
    assert_false(bus_web_totp_read(BUS_STRV(""), back));
    assert_false(
        bus_web_totp_read(BUS_STRV("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1"), back));
    assert_false(
        bus_web_totp_read(BUS_STRV("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQA"), back));
    assert_true(bus_web_totp_address(text, "Qihe County", "li.one@x", address,
                                     sizeof(address)));
    assert_string_equal(
        address, "otpauth://totp/Qihe%20County:li.one%40x?secret="
                 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Qihe%20County");
    assert_false(bus_web_totp_address(text, "Qihe", "li", address, 40));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc),
        cmocka_unit_test(within_one_step),
        cmocka_unit_test(base32_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
