/* One cell of an officer's decision table as a unary test of FEEL. */
#ifndef OPS_POLICY_TABLE_H
#define OPS_POLICY_TABLE_H

#include "bus/base/buf.h"
#include "bus/base/node.h"
#include "bus/base/strv.h"

enum table_kind {
    TABLE_NUMBER,
    TABLE_MONEY,
    TABLE_FLAG,
    TABLE_WORD,
    TABLE_DATE
};
struct table_column
{
    struct bus_strv name; /* of the fact, in Chinese */
    enum table_kind kind;
    int64_t unit;                 /* fen of one, of MONEY: 100 for yuan */
    const struct bus_node *words; /* of WORD: word -> {zh, en} */
};
/* "低保、特困", "≥3", "3-5", "是", "500元以下"; an empty cell is any value.
 * false: what cannot be read, *ret_wrong says in both languages what may
 * stand there. */
bool cli_policy_table_cell(const struct table_column *c,
                           struct bus_strv cell,
                           struct bus_buf *out,
                           const char **ret_wrong);
/* A plain number of a column's kind; false if it is none. */
bool cli_policy_table_number(const struct table_column *c,
                             struct bus_strv cell,
                             struct bus_buf *out);
/* Blanks and full-width forms off: in mem of the buffer. */
struct bus_strv cli_policy_table_plain(struct bus_strv cell,
                                       struct bus_buf *to);

#endif
