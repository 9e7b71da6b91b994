/* Whether a partner's side works, before it goes live: sample tasks are given
 * to it by its own transport, what it answers is looked at as its adapter
 * would, the same tasks are given once more. Kafka has no part in it, and
 * nothing that is said reaches the bus. */
#ifndef OPS_CLI_PARTNER_KIT_H
#define OPS_CLI_PARTNER_KIT_H

#include "bus/base/arena.h"
#include "bus/partner/kind.h"
#include "bus/partner/transport.h"

#define CLI_KIT_TASKS 3
#define CLI_KIT_WRONG 16 /* rejections that are kept */

enum cli_kit_result {
    CLI_KIT_WAITS,
    CLI_KIT_ANSWERED,
    CLI_KIT_LATE,  /* in twice the time */
    CLI_KIT_SILENT /* not even then */
};
struct cli_kit_task
{
    struct bus_id event_id, about, answer; /* answer: its derived event id */
    struct bus_strv document;
    enum cli_kit_result result;
    int64_t took_ms;
    bool otherwise; /* answered a second time, with something else */
};
struct cli_kit
{
    const struct bus_config *config;
    const struct bus_conf_partner *partner;
    const struct bus_partner_kind *kind;
    int64_t wait_ms;
    struct cli_kit_task tasks[CLI_KIT_TASKS];
    struct bus_partner_document_fault wrong[CLI_KIT_WRONG];
    size_t wrong_count;   /* of faults, kept or not */
    size_t unasked_count; /* answers to no task of these */
    size_t same_count;    /* said again, and the same */
};

/* Runs it to its end, in at most four times wait_ms; texts in mem. BUS_EUSAGE:
 * the transport or kind has no such test; BUS_ESTATE: events or answers of
 * others wait there; BUS_EFENCED: its adapter runs. */
int cli_kit_run(struct cli_kit *kit,
                struct bus_arena *mem,
                struct bus_err *err) BUS_MUSTCHECK;
bool cli_kit_passed(const struct cli_kit *kit);

#endif
