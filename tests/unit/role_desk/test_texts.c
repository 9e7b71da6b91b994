/* An amount as people write it is that amount, or none. */
#include "tests/lib/check.h"

#include <string.h>

#include "producers/desk/desk.h"

static void yuan_are_exact(void **state)
{
    static const struct
    {
        const char *text;
        int64_t fen; /* -1: no amount */
    } rows[] = {{"0", 0},
                {"1", 100},
                {"1.5", 150},
                {"1.05", 105},
                {"1,200.00", 120000},
                {"1,234,567.89", 123456789},
                {"0.01", 1},
                {".5", 50},
                {"5.", 500},
                {"", -1},
                {".", -1},
                {"1.005", -1},
                {"1e3", -1},
                {"-1", -1},
                {"+1", -1},
                {"1 000", -1},
                {"1.2.3", -1},
                {"1.2,3", -1},
                {"一百", -1},
                {"0x10", -1},
                {"NaN", -1},
                {"99999999999999999999999", -1},
                {"9999999999999999999", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t fen = -1;
        bool well = desk_yuan_to_fen(bus_strv(rows[i].text), &fen);
        if (well != (rows[i].fen >= 0) || (well && fen != rows[i].fen)) {
            fail_msg("%s: %d, %lld", rows[i].text, (int)well, (long long)fen);
        }
    }
}

/* Both languages have every word; no word is the other's. */
static void words_are_in_both(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(desk_words[0]) / sizeof(desk_words[0][0]);
         i++) {
        const char *en = desk_words[BUS_WEB_EN][i];
        assert_true(bus_utf8_valid(en, strlen(en)));
        for (const char *c = en; strcmp(en, "中文") != 0 && *c != '\0'; c++) {
            if ((uint8_t)*c >= 0xe4 && (uint8_t)*c <= 0xe9) {
                fail_msg("Chinese in English: %s", en);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yuan_are_exact),
        cmocka_unit_test(words_are_in_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
