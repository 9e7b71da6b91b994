/* Numbers, dates, times, durations as text: what is read can be shown, and what
 * is shown reads back as the same. */
#include "bus/feel/number.h"
#include "bus/feel/temporal.h"
#include "tests/fuzz/fuzz.h"

#define PARSED_MAX 256 /* bytes; a longer number is not read */

static void number(struct bus_strv s)
{
    static char text[FEEL_NUMBER_TEXT_MAX + 64];
    struct feel_value v, back, half = feel_long(2);
    if (!feel_number_parse(s, &v)) {
        return;
    }
    (void)feel_number_text(&v, text, sizeof(text));
    if (strlen(text) < PARSED_MAX) {
        fuzz_true(feel_number_parse(bus_strv(text), &back));
        fuzz_true(feel_number_cmp(&v, &back) == 0);
    }
    for (enum feel_op op = FEEL_OP_ADD; op <= FEEL_OP_MODULO; op++) {
        (void)feel_number_op(op, &v, &half);
        (void)feel_number_op(op, &half, &v);
    }
    for (int how = FEEL_FLOOR; how <= FEEL_DOWN; how++) {
        (void)feel_number_round(&v, (int64_t)s.n % 40 - 5,
                                (enum feel_round)how);
    }
    for (const char *f = "sle-"; *f; f++) {
        (void)feel_number_fn(*f, &v);
    }
}

static void temporal(struct bus_arena *mem, struct bus_strv s)
{
    char text[FEEL_WHEN_TEXT_MAX];
    struct feel_value v, back, part, day;
    fuzz_true(feel_date_of(2020, 2, 29, &day));
    if (!feel_at_parse(mem, s, &v)) {
        return;
    }
    (void)feel_temporal_text(&v, text);
    fuzz_true(feel_at_parse(mem, bus_strv(text), &back));
    fuzz_true(back.kind == v.kind);
    static const char *const names[] = {"year",     "month", "day",
                                        "weekday",  "hour",  "time offset",
                                        "timezone", "days",  "months"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)feel_temporal_property(&v, bus_strv(names[i]), &part);
    }
    (void)feel_temporal_op(FEEL_OP_ADD, &day, &v);
    (void)feel_temporal_op(FEEL_OP_SUB, &v, &day);
    struct feel_value three = feel_long(3);
    (void)feel_duration_scale(FEEL_OP_MUL, &v, &three);
    (void)feel_duration_scale(FEEL_OP_DIV, &v, &three);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bus_arena mem;
    struct bus_strv s = fuzz_view(data, size);
    bus_arena_init(&mem, 0, 0);
    number(s);
    temporal(&mem, s);
    bus_arena_fini(&mem);
    return 0;
}
