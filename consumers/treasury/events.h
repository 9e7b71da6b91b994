/* events: what a message of a topic is to the treasury. In the caller's
 * transaction, on his thread.
 *
 *   cases               accepted decisions that pay every period, or once by a
 *                       bank that takes files: awards; a
 *                       refusal after it, AWARD_ENDED: stops; AWARD_CUT: less;
 *                       AWARD_STOPPED: none from its month on;
 *                       PAYEE_CHANGED: another account; what the matcher made
 *                       of a change of members. What was accepted and cannot
 *                       be paid so is refused here as a bank would refuse it:
 *                       the matcher hears of it
 *   membership-changes  who left, and when; counts once the matcher accepted it
 *   payment-results.*   answers of a bank
 *
 * What cannot be read, or stands under another household's key, is an event of
 * nobody here as it is to the others (bus/role/keyed.h): it is passed over,
 * counted, and stays with the ledger. */
#ifndef CONSUMERS_TREASURY_EVENTS_H
#define CONSUMERS_TREASURY_EVENTS_H

#include "bus/conf/bus_config.h"
#include "bus/kafka/client.h"
#include "bus/policy/catalogue.h"
#include "bus/wire/framing.h"
#include "bus/wire/keyring.h"
#include "consumers/treasury/books.h"

enum treasury_topic { TREASURY_CASES, TREASURY_MEMBERS, TREASURY_RESULTS };
struct treasury_rules
{
    const struct bus_config *config; /* names of topics */
    const struct bus_policy_catalogue *catalogue;
    const struct bus_policy_calendar *calendar;
    /* The bank that pays a fund's money; "" when the fund has none. */
    struct bus_strv (*bank_of)(void *data, struct bus_strv fund);
    void *data;
    int32_t partitions; /* of every case topic */
    int64_t order_max_fen;
    int32_t recurring_from; /* decisions of before are dispatch's */
};
struct treasury_events
{
    struct treasury_rules rules;
    struct bus_wire_registry *schemas;
    struct bus_wire_keyring *keys; /* opens and sums of `dispatch` */
    struct bus_arena *mem;         /* of the message; reset with each */
    uint64_t passed_over;
};
struct treasury_message
{
    const struct bus_kafka_msg *m;
    enum treasury_topic topic;
    struct bus_strv bank; /* whose topic; of results */
};
/* What has to be tried again or stops; nothing that the message is at fault
 * for. */
int treasury_event_take(struct treasury_events *e,
                        struct treasury_books *b,
                        const struct treasury_message *message,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
