/* The life of one connection. down() is told once an outage: in `retrying`
 * it has been told already. */
#include "bus/pg/parts.h"

static const struct bus_fsm_state link_states[] = {
    [PG_LINK_NEW] = {"new", "waits for its first try", false},
    [PG_LINK_CONNECTING] = {"connecting", "the server is asked", false},
    [PG_LINK_UP] = {"up", "units may be sent", false},
    [PG_LINK_BROKEN] = {"broken",
                        "found dead while sending; the loop makes it "
                        "known",
                        false},
    [PG_LINK_AWAY] = {"away", "down() was told; waits for its next try", false},
    [PG_LINK_RETRYING] = {"retrying", "the server is asked again", false},
    [PG_LINK_CLOSED] = {"closed",
                        "calls nothing back; its memory goes when "
                        "the last callback has returned",
                        true},
};
static const char *const link_events[] = {
    [PG_LINK_TRY] = "try",   [PG_LINK_STAND] = "stand", [PG_LINK_DROP] = "drop",
    [PG_LINK_LOSE] = "lose", [PG_LINK_CLOSE] = "close",
};
static const struct bus_fsm_row link_rows[] = {
    {PG_LINK_NEW, PG_LINK_TRY, PG_LINK_CONNECTING, NULL},
    {PG_LINK_CONNECTING, PG_LINK_STAND, PG_LINK_UP, "up() is called"},
    {PG_LINK_CONNECTING, PG_LINK_LOSE, PG_LINK_AWAY, "down() is called"},
    {PG_LINK_UP, PG_LINK_DROP, PG_LINK_BROKEN, NULL},
    {PG_LINK_UP, PG_LINK_LOSE, PG_LINK_AWAY, "down() is called"},
    {PG_LINK_BROKEN, PG_LINK_LOSE, PG_LINK_AWAY, "down() is called"},
    {PG_LINK_AWAY, PG_LINK_TRY, PG_LINK_RETRYING, NULL},
    {PG_LINK_RETRYING, PG_LINK_STAND, PG_LINK_UP, "up() is called"},
    {PG_LINK_RETRYING, PG_LINK_LOSE, PG_LINK_AWAY, NULL},
    {PG_LINK_NEW, PG_LINK_CLOSE, PG_LINK_CLOSED, NULL},
    {PG_LINK_CONNECTING, PG_LINK_CLOSE, PG_LINK_CLOSED, NULL},
    {PG_LINK_UP, PG_LINK_CLOSE, PG_LINK_CLOSED, NULL},
    {PG_LINK_BROKEN, PG_LINK_CLOSE, PG_LINK_CLOSED, NULL},
    {PG_LINK_AWAY, PG_LINK_CLOSE, PG_LINK_CLOSED, NULL},
    {PG_LINK_RETRYING, PG_LINK_CLOSE, PG_LINK_CLOSED, NULL},
};
const struct bus_fsm bus_pg_link_fsm =
    BUS_FSM("pg.link",
            "A connection to PostgreSQL on the loop.",
            PG_LINK_NEW,
            link_states,
            link_events,
            link_rows);

enum pg_link_state pg_link_moved(enum pg_link_state state,
                                 enum pg_link_event event)
{
    return (enum pg_link_state)bus_fsm_moved(&bus_pg_link_fsm, state, event,
                                             NULL);
}
