/* An event on its way out: record -> framed bytes and CloudEvents headers.
 *
 * The same for every role, inside the exactly-once shell (bus_role_emit_put)
 * and with a plain producer (bus_role_emit_render). */
#ifndef BUS_ROLE_EMIT_H
#define BUS_ROLE_EMIT_H

#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/clock.h"
#include "bus/base/err.h"
#include "bus/base/id.h"
#include "bus/kafka/client.h"
#include "bus/kafka/eos.h"
#include "bus/wire/framing.h"
#include "schemas/dead_letter.h"

struct bus_role_emit
{
    const struct bus_wire_type *type;
    const void *record;
    const char *ce_type;    /* "sa.assignment.v1" */
    struct bus_strv source; /* "/county/371425/matcher" */
    struct bus_id event_id, household_id;
    struct bus_id case_id;  /* nil: none */
    struct bus_id cause_id; /* nil: none */
    int64_t occurred_at;
    struct bus_strv traceparent; /* as it came; p == NULL: none */
};

#define BUS_EMIT_HEADERS 12
struct bus_role_rendered
{
    struct bus_strv key, value;
    struct bus_kafka_header headers[BUS_EMIT_HEADERS];
    size_t headers_count;
    /* What the views above point to; do not copy the struct. */
    char key_text[BUS_ID_TEXT + 1], id_text[BUS_ID_TEXT + 1];
    char case_text[BUS_ID_TEXT + 1], cause_text[BUS_ID_TEXT + 1];
    char subject[BUS_ID_TEXT + 16], time_text[BUS_TIME_TEXT + 1];
};
/* Key and headers, without the value. */
void bus_role_emit_headers(const struct bus_role_emit *e,
                           struct bus_role_rendered *ret);
/* value in mem, the rest inside ret. */
int bus_role_emit_render(const struct bus_role_emit *e,
                         struct bus_arena *mem,
                         struct bus_role_rendered *ret,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Encodes right into the batch's memory. topic: index of the shell's outputs;
 * partition: the household's. */
int bus_role_emit_put(struct bus_kafka_out *out,
                      int32_t topic,
                      int32_t partition,
                      const struct bus_role_emit *e,
                      struct bus_err *err) BUS_MUSTCHECK;

/* --- dead letters --- */

struct bus_role_dead_letter
{
    const struct bus_kafka_msg *msg;
    const char *reason_code; /* "WRONG_PARTITION"; NULL: err's code name */
    const struct bus_err *why;
    const char *owner; /* who must act */
    struct bus_strv source;
    int64_t now_ms;
    struct bus_run_metrics *metrics; /* counted there; may be NULL */
};
/* The letter of a message: views into it, into d and into mem. The event id is
 * derived from topic, partition and offset: put twice it is one. */
void bus_role_dead_letter_fill(const struct bus_role_dead_letter *d,
                               struct bus_arena *mem,
                               struct sa_dead_letter *ret);
/* How a letter is emitted; record is the letter, borrowed. */
struct bus_role_emit
bus_role_dead_letter_emit(const struct sa_dead_letter *dead_letter,
                          struct bus_strv source);
/* The message as it came, with headers (at most BUS_KAFKA_HEADERS_MAX), place,
 * reason and owner. One too large for a letter goes without its bytes and with
 * the header BUS_LETTER_LEFT alone. */
#define BUS_LETTER_LEFT "lianou-bytes-left-behind"
int bus_role_dead_letter_lighten(struct sa_dead_letter *d,
                                 struct bus_arena *mem,
                                 struct bus_err *err) BUS_MUSTCHECK;
int bus_role_dead_letter_put(struct bus_kafka_out *out,
                             int32_t topic,
                             const struct bus_role_dead_letter *d,
                             struct bus_arena *mem,
                             struct bus_err *err) BUS_MUSTCHECK;

#endif
