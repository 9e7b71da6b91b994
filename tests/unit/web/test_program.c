/* A User-Agent becomes a family of a few words, whatever was sent. */
#include "tests/lib/check.h"

#include <string.h>

#include "bus/web/program.h"

static const char *family(const char *said)
{
    static char ret[BUS_WEB_PROGRAM];
    memset(ret, 'x', sizeof(ret));
    bus_web_program(bus_strv(said), ret);
    return ret;
}

static void families(void **state)
{
    static const char *const rows[][2] = {
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 "
         "Firefox/128.0",
         "Firefox, Windows"},
        {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
         "like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
         "Edge, Windows"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
         "Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
         "Chrome, Linux"},
        {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
         "(KHTML, like Gecko) Version/17.4 Safari/605.1.15",
         "Safari, macOS"},
        {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/"
         "605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.49",
         "WeChat, iOS"},
        {"Mozilla/5.0 (Linux; Android 14; SM-S9210) AppleWebKit/537.36 (KHTML, "
         "like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Safari/537.36",
         "Samsung Internet, Android"},
        {"Mozilla/5.0 (Phone; OpenHarmony 4.1) AppleWebKit/537.36 (KHTML, like "
         "Gecko) Chrome/114.0.0.0 Safari/537.36 HuaweiBrowser/5.0",
         "Huawei Browser, HarmonyOS"},
        {"curl/7.88.1", "curl"},
        {"python-requests/2.31", "Python"},
        {"something of (Linux)", "Linux"},
        {"", ""},
        {"\"><script>alert('x')</script>", ""},
        {"command", ""}, /* what is a command's is not to be said by others */
    };
    char none[BUS_WEB_PROGRAM];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(family(rows[i][0]), rows[i][1]);
    }
    bus_web_program((struct bus_strv){NULL, 0}, none);
    assert_string_equal(none, "");
}

/* It ends, and says nothing of what stands behind what it looks at. */
static void bounded(void **state)
{
    char said[4096], ret[BUS_WEB_PROGRAM];
    (void)state;
    memset(said, '<', sizeof(said));
    memcpy(said + 600, "Firefox/1", 9);
    bus_web_program((struct bus_strv){said, sizeof(said)}, ret);
    assert_string_equal(ret, "");
    memcpy(said + 508, "Firefox/1", 9); /* over the edge */
    bus_web_program((struct bus_strv){said, sizeof(said)}, ret);
    assert_string_equal(ret, "");
    memcpy(said + 504, "Firefox/", 8);
    bus_web_program((struct bus_strv){said, sizeof(said)}, ret);
    assert_string_equal(ret, "Firefox");
    for (size_t n = 0; n <= 16; n++) { /* cut anywhere */
        bus_web_program((struct bus_strv){"Firefox/ Windows", n}, ret);
        assert_string_equal(ret, n < 8    ? ""
                                 : n < 16 ? "Firefox"
                                          : "Firefox, Windows");
    }
}

static void addresses(void **state)
{
    static const uint8_t four[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 7};
    static const uint8_t longest[16] = {0xff, 0xfe, 0xfd, 0xfc,
                                        0xfb, 0xfa, 0xf9, 0xf8};
    char ret[BUS_WEB_ADDRESS_TEXT];
    (void)state;
    bus_web_program_address(four, ret);
    assert_string_equal(ret, "192.0.2.1");
    bus_web_program_address(six, ret);
    assert_string_equal(ret, "2001:db8:7::/64");
    bus_web_program_address(longest, ret);
    assert_string_equal(ret, "fffe:fdfc:fbfa:f9f8::/64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families),
        cmocka_unit_test(bounded),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
