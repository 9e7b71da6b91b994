/* How an item's amount came about, with its figures in place: "低保标准 700 元
 * x 2 人 - 家庭月收入 1130 元 = 270 元/月". Pure; on any thread. */
#ifndef BUS_ADVICE_WORKING_H
#define BUS_ADVICE_WORKING_H

#include "bus/base/buf.h"
#include "bus/policy/catalogue.h"
#include "bus/policy/clause.h"

/* Appends it to out: one line, without its end. Of a choice only the branch
 * that was taken stands there, of a sum over people each one's part, of a
 * derived fact that is the whole amount what it was derived from. Nothing is
 * appended where the item has no amount in force, or one that is not known yet,
 * or is beyond words (a decision model, more parts than it shows).
 * BUS_EUNKNOWN: no version of it on that day. BUS_ETOOBIG: no room. */
int bus_advice_report_working(const struct bus_policy_catalogue *c,
                              const struct bus_policy_household *h,
                              int32_t rule_date,
                              int item,
                              enum bus_policy_lang lang,
                              struct bus_arena *mem,
                              struct bus_buf *out,
                              struct bus_err *err) BUS_MUSTCHECK;

#endif
