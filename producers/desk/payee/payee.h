/* Another account for what an assignment pays, or the award it has come to: one
 * officer of its department takes it down, another approves it, who writes the
 * account once more, with password and code; only then does the event leave
 * (schemas/payee_change.avsc), under the office's seal. What the matcher holds
 * it against is not repeated here.
 *
 * Meanwhile the account is sealed with the key of drafts (draft.h), shown by
 * its last characters; in the event it is sealed for the bus, whose public half
 * the keyring file of the desk has. Without either key the page says so.
 */
#ifndef PRODUCERS_DESK_PAYEE_PAYEE_H
#define PRODUCERS_DESK_PAYEE_PAYEE_H

#include "producers/desk/send.h"
#include "schemas/payee_change.h"

#define DESK_PAYEE_ACCOUNT 34 /* characters of an account */

struct desk_payee_said /* waits; texts in v->mem, "" for none */
{
    struct bus_id change;
    const char *sealed, *by, *org, *role, *at;
    enum sa_payee_asker asked_by;
    enum sa_payee_name_check name_check;
    const char *bank, *account, *holder;
};
enum desk_payee_act {
    DESK_PAYEE_LOOK,
    DESK_PAYEE_SAY,
    DESK_PAYEE_AGREE,
    DESK_PAYEE_DROP
};
struct desk_payee_asking
{
    struct desk_visit *v;
    enum desk_payee_act act;
    struct bus_id case_id, assignment_id, change; /* change: of a POST */
    char ids[2][BUS_ID_TEXT + 1];
    const char *fault;
    struct bus_ledger_assignment assignment;
    bool waits, ended; /* something; what he has asked for is done */
    bool lost;         /* there is one that no key here opens */
    struct desk_payee_said said;
    struct desk_sending sending;
};

/* payee_send.c: its keys are here. */
bool desk_payee_keys(const struct desk *d);
/* said, sealed and approved by who is signed in, on its way; sending.done is
 * called once it is with Kafka. False: it is not, and why. */
bool desk_payee_send(struct desk_payee_asking *a,
                     void (*done)(struct desk_sending *s, bool well),
                     enum desk_word *ret_why);

#endif
