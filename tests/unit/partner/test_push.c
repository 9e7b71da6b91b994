/* What a partner's answer to a POST means, and a line of its program. */
#include "tests/lib/check.h"

#include "bus/partner/partner.h"
#include "bus/partner/push.h"

#define FIRST_MS 500
#define MAX_MS   60000

static struct bus_run_client_answer
says(int rc, long status, int64_t after_ms, const char *type, const char *body)
{
    return (struct bus_run_client_answer){.rc = rc,
                                          .status = status,
                                          .retry_after_ms = after_ms,
                                          .type = bus_strv(type),
                                          .body = bus_strv(body)};
}

static void every_answer_has_its_end(void **state)
{
    (void)state;
    static const struct
    {
        int rc;
        long status;
        const char *type, *body;
        enum push_event event;
    } rows[] = {
        {BUS_OK, 200, "", "", PUSH_TAKE},
        {BUS_OK, 204, "", "", PUSH_TAKE},
        {BUS_OK, 202, "text/html", "<p>ok</p>", PUSH_TAKE},
        {BUS_OK, 200, "application/json", "", PUSH_TAKE},
        {BUS_OK, 200, "application/json", "{}", PUSH_HEAR},
        {BUS_OK, 201, "Application/JSON; charset=utf-8", "{}", PUSH_HEAR},
        {BUS_ETOOBIG, 200, "application/json", "", PUSH_TAKE},
        {BUS_OK, 301, "", "", PUSH_FAIL},
        {BUS_OK, 307, "", "", PUSH_FAIL},
        {BUS_OK, 400, "application/json", "{}", PUSH_REFUSE},
        {BUS_OK, 409, "", "", PUSH_REFUSE},
        {BUS_OK, 422, "", "", PUSH_REFUSE},
        {BUS_ETOOBIG, 400, "", "", PUSH_REFUSE},
        {BUS_OK, 401, "", "", PUSH_FAIL}, /* a wrong key is no document's */
        {BUS_OK, 403, "", "", PUSH_FAIL},
        {BUS_OK, 404, "", "", PUSH_FAIL},
        {BUS_OK, 405, "", "", PUSH_FAIL},
        {BUS_OK, 407, "", "", PUSH_FAIL},
        {BUS_OK, 408, "", "", PUSH_FAIL},
        {BUS_OK, 429, "", "", PUSH_FAIL},
        {BUS_OK, 500, "application/json", "{}", PUSH_FAIL},
        {BUS_OK, 503, "", "", PUSH_FAIL},
        {BUS_ETOOBIG, 502, "", "", PUSH_FAIL},
        {BUS_ETIMEOUT, 0, "", "", PUSH_FAIL},
        {BUS_EIO, 200, "", "", PUSH_FAIL}, /* half an answer is none */
        {BUS_EAWAY, 0, "", "", PUSH_HOLD},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bus_run_client_answer a =
            says(rows[i].rc, rows[i].status, -1, rows[i].type, rows[i].body);
        enum push_event event = partner_push_verdict(&a);
        if (event != rows[i].event) {
            fail_msg("row %zu: %d", i, (int)event);
        }
        assert_non_null(bus_fsm_next(&bus_partner_push_fsm, PUSH_ASKED, event));
    }
}

static int64_t held(int rc, long status, int64_t after_ms)
{
    struct bus_run_client_answer a = says(rc, status, after_ms, "", "");
    return partner_push_hold_ms(&a, FIRST_MS, MAX_MS);
}

static void a_pause_is_honoured_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(held(BUS_OK, 429, 5000), 5000);
    assert_int_equal(held(BUS_OK, 503, 5000), 5000);
    assert_int_equal(held(BUS_OK, 429, 86400000), MAX_MS);
    assert_int_equal(held(BUS_OK, 429, 0), 1000);
    assert_int_equal(held(BUS_OK, 429, -1), FIRST_MS);
    assert_int_equal(held(BUS_OK, 503, -1), 0); /* the breaker counts it */
    assert_int_equal(held(BUS_OK, 500, 5000), 0);
    assert_int_equal(held(BUS_EAWAY, 0, -1), 0);
}

#define ID "aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeee06"

static void a_word_of_an_event_is_told_from_an_answer(void **state)
{
    (void)state;
    static const struct
    {
        const char *line;
        bool is;
        enum push_event event;
    } rows[] = {
        {"{\"taken\": \"" ID "\"}", true, PUSH_TAKE},
        {" {\"refused\":\"" ID "\"} \r", true, PUSH_REFUSE},
        {"{\"again\": \"" ID "\"}", true, PUSH_FAIL},
        {"{\"taken\": \"" ID "\", \"refused\": \"" ID "\"}", false, 0},
        {"{\"taken\": \"" ID "\", \"taken\": \"" ID "\"}", false, 0},
        {"{\"taken\": \"" ID "\", \"note\": 1}", false, 0},
        {"{\"taken\": \"no id\"}", false, 0},
        {"{\"taken\": 1}", false, 0},
        {"[\"taken\", \"" ID "\"]", false, 0},
        {"taken " ID, false, 0},
        {"{\"document\": \"decision\"}", false, 0},
        {"{}", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum push_event event = PUSH_ROUND;
        struct bus_id id, wanted;
        bool is = partner_push_word(bus_strv(rows[i].line), &event, &id);
        assert_int_equal(is, rows[i].is);
        if (is) {
            assert_int_equal(event, rows[i].event);
            assert_true(bus_id_parse(BUS_STRV(ID), &wanted));
            assert_true(bus_id_eq(&id, &wanted));
        }
    }
}

static void a_document_is_put_on_one_line(void **state)
{
    (void)state;
    struct bus_buf line = {0};
    partner_push_line_put(&line,
                          BUS_STRV("{\n  \"a\": [\n    1,\n    \"b  \\n  "
                                   "c\"\n  ]\n}\n"));
    assert_string_equal(bus_buf_cstr(&line), "{\"a\": [1,\"b  \\n  c\"]}");
    bus_buf_fini(&line);
}

static void the_table_holds(void **state)
{
    (void)state;
    struct bus_err err;
    assert_int_equal(bus_fsm_check(&bus_partner_push_fsm, &err), BUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_end),
        cmocka_unit_test(a_pause_is_honoured_within_bounds),
        cmocka_unit_test(a_word_of_an_event_is_told_from_an_answer),
        cmocka_unit_test(a_document_is_put_on_one_line),
        cmocka_unit_test(the_table_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
