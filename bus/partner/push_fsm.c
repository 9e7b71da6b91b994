/* The life of one document that is posted, and what an answer means for it. */
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "bus/base/check.h"
#include "bus/partner/partner.h"
#include "bus/partner/push.h"

#define SECOND_MS 1000

static const struct bus_fsm_state push_states[] = {
    [PUSH_WAITS] = {"waits", "for its turn", false},
    [PUSH_ASKED] = {"asked", "it is sent, nothing is heard yet", false},
    [PUSH_HEARD] = {"heard", "taken, with an answer that Kafka has not yet",
                    false},
    [PUSH_HELD] = {"held", "in this round nobody is asked any more", false},
    [PUSH_TAKEN] = {"taken", "the partner has it", true},
    [PUSH_REFUSED] = {"refused", "a dead letter, the partner's to mend", true},
    [PUSH_AGAIN] = {"again", "parked, and tried by retry", true},
};
static const char *const push_events[] = {
    [PUSH_SEND] = "send",     [PUSH_TAKE] = "take", [PUSH_HEAR] = "hear",
    [PUSH_REFUSE] = "refuse", [PUSH_FAIL] = "fail", [PUSH_HOLD] = "hold",
    [PUSH_ROUND] = "round",
};
static const struct bus_fsm_row push_rows[] = {
    {PUSH_WAITS, PUSH_SEND, PUSH_ASKED, NULL},
    {PUSH_WAITS, PUSH_HOLD, PUSH_HELD, "the breaker is open"},
    {PUSH_ASKED, PUSH_TAKE, PUSH_TAKEN, "2xx, or taken"},
    {PUSH_ASKED, PUSH_HEAR, PUSH_HEARD,
     "2xx with an answer, or taken behind some"},
    {PUSH_ASKED, PUSH_REFUSE, PUSH_REFUSED,
     "4xx that is of this document, or refused"},
    {PUSH_ASKED, PUSH_FAIL, PUSH_AGAIN,
     "another status, no answer, or its program has ended"},
    {PUSH_ASKED, PUSH_HOLD, PUSH_HELD, "nobody was reached, or called off"},
    {PUSH_HEARD, PUSH_TAKE, PUSH_TAKEN, "Kafka has the answer"},
    {PUSH_HEARD, PUSH_HOLD, PUSH_HELD, "called off"},
    {PUSH_HELD, PUSH_ROUND, PUSH_WAITS, "with the same key"},
};
const struct bus_fsm bus_partner_push_fsm =
    BUS_FSM("partner.push",
            "A document that is posted to a partner, or given to its program.",
            PUSH_WAITS,
            push_states,
            push_events,
            push_rows);

static bool push_answers(const struct bus_run_client_answer *a)
{
    static const char json[] = "application/json";
    return a->body.n > 0 && a->type.n >= sizeof(json) - 1 &&
           strncasecmp(a->type.p, json, sizeof(json) - 1) == 0;
}

/* A wrong key, address or proxy: of every document alike, so that none is set
 * aside for it. A partner that does not want one says 400, 409, 422. */
static bool of_the_door(long status)
{
    return status == 401 || status == 403 || status == 404 || status == 405 ||
           status == 407 || status == 408 || status == 429;
}

enum push_event partner_push_verdict(const struct bus_run_client_answer *a)
{
    long hundred = a->status / 100;
    if (a->rc == BUS_EAWAY) {
        return PUSH_HOLD;
    }
    if (a->rc != BUS_OK && a->rc != BUS_ETOOBIG) {
        return PUSH_FAIL;
    }
    if (hundred == 2) {
        return push_answers(a) ? PUSH_HEAR : PUSH_TAKE;
    }
    return hundred == 4 && !of_the_door(a->status) ? PUSH_REFUSE : PUSH_FAIL;
}

int64_t partner_push_hold_ms(const struct bus_run_client_answer *a,
                             int64_t first_ms,
                             int64_t max_ms)
{
    BUS_CHECK(first_ms > 0 && max_ms > 0);
    bool says = a->retry_after_ms >= 0;
    if (a->rc == BUS_EAWAY ||
        !(a->status == 429 || (a->status == 503 && says))) {
        return 0;
    }
    int64_t hold = says ? a->retry_after_ms : first_ms;
    hold = says && hold < SECOND_MS ? SECOND_MS : hold;
    return hold < max_ms ? hold : max_ms;
}

/* --- a program's lines --- */

#define WORD_BYTES_MAX 256 /* any longer line is an answer */

bool partner_push_word(struct bus_strv line,
                       enum push_event *ret_event,
                       struct bus_id *ret_id)
{
    static const struct
    {
        const char *word;
        enum push_event event;
    } words[] = {
        {"taken", PUSH_TAKE}, {"refused", PUSH_REFUSE}, {"again", PUSH_FAIL}};
    json_t *says =
        line.n <= WORD_BYTES_MAX
            ? json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL)
            : NULL;
    bool is = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *id =
            json_string_value(json_object_get(says, words[i].word));
        if (id != NULL && json_object_size(says) == 1 &&
            bus_id_parse(bus_strv(id), ret_id)) {
            *ret_event = words[i].event;
            is = true;
        }
    }
    json_decref(says);
    return is;
}

void partner_push_line_put(struct bus_buf *line, struct bus_strv json)
{
    for (size_t i = 0; i < json.n;) {
        const char *end = memchr(json.p + i, '\n', json.n - i);
        size_t n = end != NULL ? (size_t)(end - json.p) - i : json.n - i;
        bus_buf_put(line, json.p + i, n);
        i += n + 1; /* no string has one raw; then its indentation */
        while (end != NULL && i < json.n && json.p[i] == ' ') {
            i++;
        }
    }
}
