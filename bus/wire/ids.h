/* The one place that derives ids. Each function is a row of the table in
 * ops/docs/events.md ("Ids"), which a reader in another language follows to
 * the same bytes (tests/golden/ids.py).
 *
 * A derived id is SHA-256 over its label, a zero byte and each part: its
 * length (4 bytes, big endian) and its bytes, as a UUIDv8. Texts and ids are
 * their bytes; numbers are 4 or 8 bytes, big endian, whatever the machine. */
#ifndef BUS_WIRE_IDS_H
#define BUS_WIRE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/id.h"
#include "bus/base/strv.h"

/* A document's number as every door hashes it, whatever way it was written:
 * capitals, without blanks, dashes, dots and brackets; characters of other
 * scripts stay (full-width letters and digits are a fault of the form). to: s.n
 * bytes; may be empty. */
struct bus_strv bus_wire_document_number(struct bus_strv s, char *to);
/* Of people: keyed, so that nobody outside the county computes them. id_no is
 * in that form. HMAC-SHA-256(key, id_type, 0, id_no), cut to 128 bits. */
struct bus_id bus_wire_person_id(struct bus_strv key,
                                 struct bus_strv id_type,
                                 struct bus_strv id_no);
/* HMAC-SHA-256(key, "household", 0, head's person id), cut to 128 bits. */
struct bus_id bus_wire_household_id(struct bus_strv key,
                                    const struct bus_id *head);
/* Of the member at this place of an application who has no number. */
struct bus_id bus_wire_numberless_id(const struct bus_id *application,
                                     uint8_t place);

/* Of an application: the channel's word, the channel's own reference, and who
 * sent it (a system's name, an office's code, "" for the machine's own): his
 * references are his, and say nothing about another's. No part has a NUL. It
 * is shown to people and asked for over HTTP, so it is keyed as well.
 * HMAC-SHA-256(key, "application", 0, channel, 0, reference, 0, sender). */
struct bus_id bus_wire_application_id(struct bus_strv key,
                                      struct bus_strv channel,
                                      struct bus_strv reference,
                                      struct bus_strv sender);
/* What an applicant shows beside his application's id to read of it: the last
 * characters of his document. HMAC-SHA-256(key, "lookup", 0, application,
 * last).
 */
struct bus_id bus_wire_lookup_id(struct bus_strv key,
                                 const struct bus_id *application,
                                 struct bus_strv last);
/* The event that carries it. */
struct bus_id bus_wire_application_event_id(const struct bus_id *application);
/* What a sender's Idempotency-Key stands for. */
struct bus_id bus_wire_idempotency_id(struct bus_strv sender,
                                      struct bus_strv key);
/* Of a draft by its bytes. */
struct bus_id bus_wire_draft_id(struct bus_strv body);

/* Of a board's disclosure sheet of a month ("2026-11"); the event that
 * publishes or withdraws (its word) a version of it. */
struct bus_id bus_wire_sheet_id(struct bus_strv board, struct bus_strv month);
struct bus_id bus_wire_sheet_event_id(const struct bus_id *sheet,
                                      int32_t version,
                                      const char *action);

struct bus_id bus_wire_case_id(const struct bus_id *household, int32_t case_no);
struct bus_id bus_wire_assignment_id(const struct bus_id *household,
                                     int32_t case_no,
                                     struct bus_strv item,
                                     int32_t round);
struct bus_id bus_wire_request_id(const struct bus_id *case_id,
                                  struct bus_strv partner,
                                  int32_t facts_version);
struct bus_id bus_wire_conflict_id(const struct bus_id *household,
                                   const struct bus_id *other,
                                   const struct bus_id *person);
/* what: "order", "task" or "need" of one decision. */
struct bus_id bus_wire_line_id(const char *what,
                               const struct bus_id *assignment,
                               const struct bus_id *decision);

/* Of the treasury: what a beneficiary gets of an item for a period, once, over
 * all batches, banks and decisions; a try at paying it; a batch. */
struct bus_id bus_wire_due_line_id(struct bus_strv item,
                                   const struct bus_id *beneficiary,
                                   struct bus_strv period,
                                   struct bus_strv purpose);
struct bus_id bus_wire_payment_id(const struct bus_id *line, int32_t attempt);
struct bus_id bus_wire_batch_id(struct bus_strv bank,
                                struct bus_strv fund,
                                int32_t pay_day,
                                int32_t number);

/* An event of the matcher: its record, what it is about, which of them. */
struct bus_id bus_wire_event_id(const char *record,
                                const struct bus_id *about,
                                int32_t number,
                                const struct bus_id *cause);
/* An event of dispatch to one partner. */
struct bus_id bus_wire_dispatch_event_id(const char *record,
                                         const struct bus_id *about,
                                         struct bus_strv partner,
                                         const struct bus_id *cause);
/* A catalogue's notice to one partition on the day it counts. */
struct bus_id
bus_wire_notice_id(struct bus_strv version, int32_t day, int32_t partition);
/* What it means for one household. */
struct bus_id bus_wire_review_id(const struct bus_id *household,
                                 struct bus_strv version,
                                 const struct bus_id *notice);
struct bus_id bus_wire_catalogue_id(struct bus_strv version);
struct bus_id bus_wire_register_id(struct bus_strv version);

/* A partner's answer, by its reference if it gave one, else by its content. */
struct bus_id bus_wire_answer_id(struct bus_strv partner,
                                 const char *record,
                                 const struct bus_id *about,
                                 bool has_reference,
                                 struct bus_strv content);
/* A decision or claim whose sender gave it none, from its event's. */
struct bus_id bus_wire_decision_id(const struct bus_id *event);
struct bus_id bus_wire_claim_id(const struct bus_id *event);

/* A message by where it stood: what = "dead_letter" or "unreadable". */
struct bus_id bus_wire_place_id(const char *what,
                                struct bus_strv topic,
                                int32_t partition,
                                int64_t offset);
/* That a dead letter of this name went through the front door again. */
struct bus_id bus_wire_redriven_id(struct bus_strv letter);
/* For showing only: what a simulated partner answers. */
struct bus_id bus_wire_simulated_id(const char *what,
                                    const struct bus_id *about,
                                    int64_t number);

#endif
