/* A bank's profile of partners.d as bus/bank takes it. */
#include "bus/base/check.h"
#include "consumers/treasury/bank_files.h"

#define X(name, word)                                                 \
    _Static_assert((int)BUS_CONF_BANK_##name == (int)BUS_BANK_##name, \
                   "the configuration's columns are the bank room's");
BUS_CONF_BANK_FIELDS(X)
#undef X
_Static_assert(BUS_CONF_BANK_COLUMNS_MAX == BUS_BANK_COLUMNS_MAX &&
                   BUS_CONF_BANK_WORDS_MAX == BUS_BANK_WORDS_MAX,
               "what a file may say, there is room for");

static void table_of(const struct bus_conf_bank_file *f,
                     const struct bus_list *columns,
                     struct bus_bank_table *ret)
{
    const struct bus_conf_bank_column *c = columns->items;
    const struct bus_conf_bank_word *words = f->words.items;
    *ret = (struct bus_bank_table){.fixed = f->format == BUS_CONF_BANK_FIXED,
                                   .titles = f->titles &&
                                             f->format != BUS_CONF_BANK_FIXED,
                                   .charset = (enum bus_charset)f->charset};
    for (size_t i = 0; i < columns->count && i < BUS_BANK_COLUMNS_MAX; i++) {
        ret->columns[ret->count++] = (struct bus_bank_column){
            (enum bus_bank_field)c[i].field,
            c[i].title != NULL ? c[i].title : "", (int)c[i].width};
    }
    for (size_t i = 0; i < f->words.count && i < BUS_BANK_WORDS_MAX; i++) {
        ret->words[ret->word_count++] = (struct bus_bank_word){
            words[i].word, (enum bus_bank_outcome)words[i].outcome,
            words[i].reason != NULL ? words[i].reason : ""};
    }
}

int treasury_bank_find(const struct bus_config *c,
                       const char *code,
                       struct treasury_bank *ret,
                       struct bus_err *err)
{
    const struct bus_conf_partner *p =
        code != NULL ? bus_conf_partner(c, code) : NULL;
    if (p == NULL || p->kind != BUS_PARTNER_BANK) {
        return bus_fail(err, BUS_EUSAGE,
                        "no bank '%s' in partners.d / 没有这家银行",
                        code != NULL ? code : "");
    }
    if (p->file.format == BUS_CONF_BANK_NONE) {
        return bus_fail(err, BUS_ESTATE,
                        "bank %s reads its topic and takes no files "
                        "(partners.d: file.format) / 该银行不用文件",
                        code);
    }
    *ret =
        (struct treasury_bank){.partner = p,
                               .pain = p->file.format == BUS_CONF_BANK_PAIN001,
                               .answers_by_table = p->file.answers.count > 0};
    table_of(&p->file, &p->file.columns, &ret->out);
    table_of(&p->file, &p->file.answers, &ret->in);
    BUS_CHECK(ret->out.count <= BUS_BANK_COLUMNS_MAX);
    return BUS_OK;
}
