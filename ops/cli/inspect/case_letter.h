/* The single exit on one page (S15): what a household gets, from whom, from
 * when, why not the rest, and where to appeal until when. Chinese, plain; no
 * name, no number, no account: the ledger has none. Three forms of one text.
 *
 * Appeals: 60 days from the newest decision that was accepted, by the calendar
 * (the first day is not counted, a last day off moves on); nothing decided yet:
 * nothing is said of appeals. */
#ifndef OPS_CLI_INSPECT_CASE_LETTER_H
#define OPS_CLI_INSPECT_CASE_LETTER_H

#include "bus/base/strv.h"
#include "bus/conf/bus_config.h"

#define CLI_LETTER_DAYS     60
#define CLI_LETTER_SMS_PART 70 /* characters */

enum cli_letter { CLI_LETTER_TEXT, CLI_LETTER_PDF, CLI_LETTER_SMS };
bool cli_case_letter_word(const char *word, enum cli_letter *ret);
/* Of a document of bus_ledger_show(), to standard output. BUS_EUNKNOWN: there
 * is no case yet. */
int cli_case_letter(const struct bus_config *config,
                    const char *document,
                    enum cli_letter form,
                    struct bus_err *err) BUS_MUSTCHECK;

#endif
