/* What a value of the dictionary may be: every type at each of its ends, one
 * beyond, and of another kind; and entries that say nonsense. */
#include "bus/base/bounds.h"
#include "tests/lib/check.h"

#define TODAY 20735 /* 2026-10-09 */

static struct bus_node scalar[16];
static struct bus_node_pair pair[8];
static struct bus_node keys[8], entry;
static struct bus_node words;
static struct bus_node_pair word_pair;
static struct bus_node word_key, word_value;

/* "key", "value", ... NULL: an entry of facts.yaml. */
static const struct bus_node *fact(const char *const *said)
{
    uint32_t n = 0;
    for (; said[2 * n] != NULL; n++) {
        keys[n] = (struct bus_node){.text = bus_strv(said[2 * n])};
        scalar[n] = (struct bus_node){.text = bus_strv(said[2 * n + 1])};
        pair[n] = (struct bus_node_pair){&keys[n], &scalar[n]};
    }
    word_key = (struct bus_node){.text = BUS_STRV("rural")};
    word_pair = (struct bus_node_pair){&word_key, &word_value};
    words = (struct bus_node){
        .kind = BUS_NODE_MAP, .count = 1, .pairs = &word_pair};
    keys[n] = (struct bus_node){.text = BUS_STRV("words")};
    pair[n] = (struct bus_node_pair){&keys[n], &words};
    entry =
        (struct bus_node){.kind = BUS_NODE_MAP, .count = n + 1, .pairs = pair};
    return &entry;
}

#define FACT(...) ((const char *const[]){__VA_ARGS__, NULL, NULL})
#define MONEY     FACT("type", "money_fen", "min", "0", "max", "100")
#define GRADE     FACT("type", "count", "min", "0", "max", "4")
#define COUNT     FACT("type", "count")
#define FLAG      FACT("type", "boolean")
#define AREA      FACT("type", "enum")
#define BIRTH     FACT("type", "date", "earliest", "1900-01-01", "latest", "today")
#define METER     FACT("type", "text", "max", "4", "pattern", "[0-9]+")

struct value
{
    const char *const *of;
    enum bus_bounds_kind kind;
    int64_t number;
    const char *text;
    bool fits;
};

static void each_value(void **state)
{
    (void)state;
    const struct value values[] = {
        {MONEY, BUS_BOUNDS_LONG, -1, "", false},
        {MONEY, BUS_BOUNDS_LONG, 0, "", true},
        {MONEY, BUS_BOUNDS_LONG, 100, "", true},
        {MONEY, BUS_BOUNDS_LONG, 101, "", false},
        {MONEY, BUS_BOUNDS_LONG, INT64_MAX, "", false},
        {MONEY, BUS_BOUNDS_LONG, INT64_MIN, "", false},
        {MONEY, BUS_BOUNDS_NULL, 0, "", true},
        {MONEY, BUS_BOUNDS_BOOL, 1, "", false},
        {MONEY, BUS_BOUNDS_DAY, 1, "", false},
        {MONEY, BUS_BOUNDS_STRING, 0, "1", false},
        {GRADE, BUS_BOUNDS_LONG, 4, "", true},
        {GRADE, BUS_BOUNDS_LONG, 9, "", false},
        {COUNT, BUS_BOUNDS_LONG, -1, "", false},
        {FLAG, BUS_BOUNDS_BOOL, 1, "", true},
        {FLAG, BUS_BOUNDS_LONG, 1, "", false},
        {AREA, BUS_BOUNDS_STRING, 0, "rural", true},
        {AREA, BUS_BOUNDS_STRING, 0, "rurall", false},
        {AREA, BUS_BOUNDS_STRING, 0, "", false},
        {BIRTH, BUS_BOUNDS_DAY, -25567, "", true}, /* 1900-01-01 */
        {BIRTH, BUS_BOUNDS_DAY, -25568, "", false},
        {BIRTH, BUS_BOUNDS_DAY, -43829, "", false}, /* 1850 */
        {BIRTH, BUS_BOUNDS_DAY, TODAY, "", true},
        {BIRTH, BUS_BOUNDS_DAY, TODAY + 1, "", false},
        {BIRTH, BUS_BOUNDS_DAY, 21915, "", false}, /* 2030-01-01 */
        {BIRTH, BUS_BOUNDS_LONG, 0, "", false},
        {METER, BUS_BOUNDS_STRING, 0, "1234", true},
        {METER, BUS_BOUNDS_STRING, 0, "12345", false},
        {METER, BUS_BOUNDS_STRING, 0, "12a", false},
        {METER, BUS_BOUNDS_STRING, 0, "12\n", false},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const struct value *v = &values[i];
        struct bus_bounds b;
        const struct bus_node *at = NULL;
        const char *wrong = NULL;
        char zh[BUS_BOUNDS_SAYS], en[BUS_BOUNDS_SAYS];
        assert_true(bus_bounds_read(fact(v->of), &b, &at, &wrong));
        if (bus_bounds_fit(&b, v->kind, v->number, bus_strv(v->text), TODAY) !=
            v->fits) {
            fail_msg("row %zu of values", i);
        }
        assert_true(bus_bounds_says(&b, true, zh)[0] != '\0');
        assert_true(bus_bounds_says(&b, false, en)[0] != '\0');
    }
}

static void each_entry(void **state)
{
    (void)state;
    const struct
    {
        const char *const *said;
        bool read, complete;
    } entries[] = {
        {MONEY, true, true},
        {BIRTH, true, true},
        {FLAG, true, true},
        {COUNT, true, false},
        {FACT("type", "money_fen", "min", "0"), true, false},
        {FACT("type", "date", "latest", "today"), true, false},
        {FACT("type", "text"), true, false},
        {FACT("type", "moneyy"), false, false},
        {FACT("type", "count", "min", "5", "max", "4"), false, true},
        {FACT("type", "count", "min", "five", "max", "9"), false, true},
        {FACT("type", "boolean", "min", "0"), false, true},
        {FACT("type", "count", "min", "0", "max", "1", "latest", "today"),
         false, true},
        {FACT("type", "date", "earliest", "2026-02-30", "latest", "today"),
         false, true},
        {FACT("type", "text", "max", "9", "pattern", "("), false, true},
        {FACT("type", "count", "pattern", "a"), false, false},
    };
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        struct bus_bounds b;
        const struct bus_node *at = NULL;
        const char *wrong = NULL;
        const struct bus_node *n = fact(entries[i].said);
        if (bus_bounds_read(n, &b, &at, &wrong) != entries[i].read ||
            bus_bounds_complete(n) != entries[i].complete) {
            fail_msg("row %zu of entries: %s", i, wrong);
        }
        assert_non_null(at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_value),
        cmocka_unit_test(each_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
