/* A bank's profile of partners.d, as bus/bank takes it. */
#include "consumers/treasury/bank_files.h"
#include "tests/lib/check.h"

static struct bus_conf_bank_column columns[] = {
    {BUS_CONF_BANK_ORDER, "流水号", 0},
    {BUS_CONF_BANK_FEN, NULL, 12}};
static struct bus_conf_bank_word words[] = {{"成功", 1, NULL},
                                            {"E1", 2, "AC01"}};

static struct bus_conf_partner
partner_of(const char *code, int kind, int format)
{
    return (struct bus_conf_partner){.code = code,
                                     .kind = kind,
                                     .file = {.format = format,
                                              .charset = BUS_CHARSET_GBK,
                                              .titles = true,
                                              .columns = {columns, 2},
                                              .answers = {columns, 1},
                                              .words = {words, 2}}};
}

static void profiles(void **state)
{
    (void)state;
    struct bus_conf_partner partners[] = {
        partner_of("a", BUS_PARTNER_BANK, BUS_CONF_BANK_FIXED),
        partner_of("b", BUS_PARTNER_BANK, BUS_CONF_BANK_PAIN001),
        partner_of("c", BUS_PARTNER_BANK, BUS_CONF_BANK_NONE),
        partner_of("d", BUS_PARTNER_POST, BUS_CONF_BANK_CSV)};
    struct bus_config c = {.partners = partners, .partners_count = 4};
    struct treasury_bank bank;
    struct bus_err err;
    assert_int_equal(treasury_bank_find(&c, "a", &bank, &err), BUS_OK);
    assert_true(!bank.pain && bank.out.fixed && !bank.out.titles);
    assert_int_equal(bank.out.charset, BUS_CHARSET_GBK);
    assert_int_equal(bank.out.count, 2);
    assert_int_equal(bank.out.columns[0].field, BUS_BANK_ORDER);
    assert_string_equal(bank.out.columns[0].title, "流水号");
    assert_int_equal(bank.out.columns[1].field, BUS_BANK_FEN);
    assert_int_equal(bank.out.columns[1].width, 12);
    assert_string_equal(bank.out.columns[1].title, "");
    assert_true(bank.answers_by_table && bank.in.count == 1);
    assert_int_equal(bank.in.words[0].outcome, BUS_BANK_SETTLED);
    assert_string_equal(bank.in.words[0].reason, "");
    assert_int_equal(bank.in.words[1].outcome, BUS_BANK_REJECTED);
    assert_string_equal(bank.in.words[1].reason, "AC01");
    assert_int_equal(treasury_bank_find(&c, "b", &bank, &err), BUS_OK);
    assert_true(bank.pain);
    assert_int_equal(treasury_bank_find(&c, "c", &bank, &err), BUS_ESTATE);
    assert_int_equal(treasury_bank_find(&c, "d", &bank, &err), BUS_EUSAGE);
    assert_int_equal(treasury_bank_find(&c, "e", &bank, &err), BUS_EUSAGE);
    assert_int_equal(treasury_bank_find(&c, NULL, &bank, &err), BUS_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(profiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
