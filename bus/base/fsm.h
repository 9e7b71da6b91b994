/* A life-cycle as a table: states, events, and the moves there are.
 *
 * The owner keeps an enum for its states and one for its events, a static
 * const table of each, and one `*_move()` that is the only place where its
 * state changes:
 *
 *   enum link_state { LINK_IDLE, LINK_UP, LINK_CLOSED };
 *   enum link_event { LINK_CONNECT, LINK_CLOSE };
 *   static const struct bus_fsm_state link_states[] = {
 *       [LINK_IDLE] = {"idle", "nobody asked yet", false},
 *       [LINK_UP] = {"up", "may be used", false},
 *       [LINK_CLOSED] = {"closed", "for good", true},
 *   };
 *   static const char *const link_events[] = {"connect", "close"};
 *   static const struct bus_fsm_row link_rows[] = {
 *       {LINK_IDLE, LINK_CONNECT, LINK_UP, NULL},
 *       {LINK_UP, LINK_CLOSE, LINK_CLOSED, "drained first"},
 *   };
 *   const struct bus_fsm bus_pg_link_fsm = BUS_FSM(
 *       "pg.link", "A link to PostgreSQL.", LINK_IDLE,
 *       link_states, link_events, link_rows);
 *
 *   static void link_move(struct link *l, enum link_event event)
 *   {
 *       bus_fsm_move(&bus_pg_link_fsm, &l->state, event, l->name);
 *   }
 *
 * A move that no row has is a fault of this program and ends it there. An
 * enum that does not begin at 0 or has holes leaves their words NULL: no row
 * may touch them. `lianou fsm` draws each table; a test checks each. */
#ifndef BUS_BASE_FSM_H
#define BUS_BASE_FSM_H

#include <stdbool.h>
#include <stddef.h>

#include "bus/base/buf.h"
#include "bus/base/err.h"

#define BUS_FSM_STATES_MAX 64

struct bus_fsm_state
{
    const char *word; /* a-z, A-Z, 0-9 and _; NULL: no such state */
    const char *doc;  /* what is true in it; may be NULL */
    bool end;         /* from here only to another end */
};
struct bus_fsm_row
{
    unsigned from, event, to;
    const char *note; /* what else happens; no ':', ';' or '#'; may be NULL */
};
struct bus_fsm
{
    const char *name; /* room.what */
    const char *doc;  /* one sentence */
    unsigned initial;
    const struct bus_fsm_state *states;
    size_t state_count;
    const char *const *events;
    size_t event_count;
    const struct bus_fsm_row *rows;
    size_t row_count;
};

/* The value of a struct bus_fsm from arrays (not pointers). */
#define BUS_FSM(name_, doc_, initial_, states_, events_, rows_)          \
    {                                                                    \
        .name = (name_), .doc = (doc_), .initial = (initial_),           \
        .states = (states_),                                             \
        .state_count = sizeof(states_) / sizeof((states_)[0]),           \
        .events = (events_),                                             \
        .event_count = sizeof(events_) / sizeof((events_)[0]),           \
        .rows = (rows_), .row_count = sizeof(rows_) / sizeof((rows_)[0]) \
    }

/* The row of this event in this state; NULL if there is none. */
const struct bus_fsm_row *
bus_fsm_next(const struct bus_fsm *machine, unsigned state, unsigned event);
/* Whether the event has a row in this state. */
bool bus_fsm_can(const struct bus_fsm *machine, unsigned state, unsigned event);
/* The state after the move, which is logged at debug with `who` (an id or a
 * name, never personal data; may be NULL). Ends the process if there is no
 * such row. */
unsigned bus_fsm_moved(const struct bus_fsm *machine,
                       unsigned state,
                       unsigned event,
                       const char *who);
/* The same on the owner's enum, `state` a pointer to it; evaluated twice. */
#define bus_fsm_move(machine, state, event, who) \
    (*(state) = bus_fsm_moved((machine), *(state), (event), (who)))

/* "?" for a value without a word. */
const char *bus_fsm_word(const struct bus_fsm *machine, unsigned state);

/* Whether the table is one: words are there and differ, rows stand within it,
 * no state has two rows for one event, every event has a row, every state is
 * reached from the initial one, an end leads only to ends, and where there is
 * an end every state can come to one. BUS_EBUG with what is wrong. */
BUS_MUSTCHECK int bus_fsm_check(const struct bus_fsm *machine,
                                struct bus_err *err);
/* Appends a Mermaid stateDiagram-v2, the same bytes for the same table. */
void bus_fsm_mermaid(const struct bus_fsm *machine, struct bus_buf *out);

#endif
