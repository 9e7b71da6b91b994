/* - a move: look the row up, log it, return where it leads
 * - the check: first each word and row by itself, then what is reached
 * - a move without a row ends the process, with its machine and place */
#include "bus/base/fsm.h"

#include <stdint.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/log.h"

const struct bus_fsm_row *
bus_fsm_next(const struct bus_fsm *machine, unsigned state, unsigned event)
{
    BUS_CHECK(machine != NULL && state < machine->state_count &&
              event < machine->event_count);
    for (size_t i = 0; i < machine->row_count; i++) {
        const struct bus_fsm_row *row = &machine->rows[i];
        if (row->from == state && row->event == event) {
            return row;
        }
    }
    return NULL;
}

bool bus_fsm_can(const struct bus_fsm *machine, unsigned state, unsigned event)
{
    return bus_fsm_next(machine, state, event) != NULL;
}

const char *bus_fsm_word(const struct bus_fsm *machine, unsigned state)
{
    return state < machine->state_count && machine->states[state].word != NULL
               ? machine->states[state].word
               : "?";
}

unsigned bus_fsm_moved(const struct bus_fsm *machine,
                       unsigned state,
                       unsigned event,
                       const char *who)
{
    const struct bus_fsm_row *row = bus_fsm_next(machine, state, event);
    if (row == NULL) {
        bus_log(BUS_LOG_ERROR, "no such move",
                "machine=%s who=\"%s\" state=%s event=%s", machine->name,
                who != NULL ? who : "", bus_fsm_word(machine, state),
                machine->events[event]);
    }
    BUS_CHECK(row != NULL);
    bus_log(BUS_LOG_DEBUG, "move",
            "machine=%s who=\"%s\" from=%s event=%s to=%s", machine->name,
            who != NULL ? who : "", bus_fsm_word(machine, state),
            machine->events[event], bus_fsm_word(machine, row->to));
    return row->to;
}

static bool word_fits(const char *word)
{
    static const char messages[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return word[0] != '\0' && word[strspn(word, messages)] == '\0';
}

static int check_words(const struct bus_fsm *m, struct bus_err *err)
{
    if (m->state_count > BUS_FSM_STATES_MAX) {
        return bus_fail(err, BUS_EBUG, "%s: more than %d states", m->name,
                        BUS_FSM_STATES_MAX);
    }
    for (size_t i = 0; i < m->state_count; i++) {
        const char *word = m->states[i].word;
        if (word != NULL && !word_fits(word)) {
            return bus_fail(err, BUS_EBUG, "%s: state %zu: \"%s\" is no word",
                            m->name, i, word);
        }
        for (size_t j = 0; word != NULL && j < i; j++) {
            if (m->states[j].word != NULL &&
                strcmp(word, m->states[j].word) == 0) {
                return bus_fail(err, BUS_EBUG, "%s: two states are %s", m->name,
                                word);
            }
        }
    }
    for (size_t i = 0; i < m->event_count; i++) {
        const char *word = m->events[i];
        if (word == NULL || !word_fits(word)) {
            return bus_fail(err, BUS_EBUG, "%s: event %zu has no word", m->name,
                            i);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(word, m->events[j]) == 0) {
                return bus_fail(err, BUS_EBUG, "%s: two events are %s", m->name,
                                word);
            }
        }
    }
    return BUS_OK;
}

static bool state_is(const struct bus_fsm *m, unsigned state)
{
    return state < m->state_count && m->states[state].word != NULL;
}

static int check_row(const struct bus_fsm *m, size_t at, struct bus_err *err)
{
    const struct bus_fsm_row *row = &m->rows[at];
    if (!state_is(m, row->from) || !state_is(m, row->to) ||
        row->event >= m->event_count) {
        return bus_fail(err, BUS_EBUG, "%s: row %zu stands outside the table",
                        m->name, at);
    }
    const char *from = m->states[row->from].word;
    const char *event = m->events[row->event];
    if (bus_fsm_next(m, row->from, row->event) != row) {
        return bus_fail(err, BUS_EBUG, "%s: %s has two rows for %s", m->name,
                        from, event);
    }
    if (m->states[row->from].end && !m->states[row->to].end) {
        return bus_fail(err, BUS_EBUG, "%s: the end %s goes on by %s", m->name,
                        from, event);
    }
    if (row->note != NULL && strpbrk(row->note, ":;#\n") != NULL) {
        return bus_fail(err, BUS_EBUG,
                        "%s: the note of %s by %s cannot be drawn", m->name,
                        from, event);
    }
    return BUS_OK;
}

static int check_rows(const struct bus_fsm *m, struct bus_err *err)
{
    for (size_t i = 0; i < m->row_count; i++) {
        BUS_TRY(check_row(m, i, err));
    }
    for (unsigned e = 0; e < m->event_count; e++) {
        size_t i = 0;
        while (i < m->row_count && m->rows[i].event != e) {
            i++;
        }
        if (i == m->row_count) {
            return bus_fail(err, BUS_EBUG, "%s: no row for the event %s",
                            m->name, m->events[e]);
        }
    }
    return BUS_OK;
}

/* The states that rows reach from `states`, or those from which `states` are
 * reached, themselves included: bits until none comes in any more. */
static uint64_t spread(const struct bus_fsm *m, uint64_t states, bool backwards)
{
    for (uint64_t before = 0; before != states;) {
        before = states;
        for (size_t i = 0; i < m->row_count; i++) {
            unsigned a = backwards ? m->rows[i].to : m->rows[i].from;
            unsigned b = backwards ? m->rows[i].from : m->rows[i].to;
            if ((states >> a & 1u) != 0) {
                states |= (uint64_t)1 << b;
            }
        }
    }
    return states;
}

static int check_reach(const struct bus_fsm *m, struct bus_err *err)
{
    uint64_t ends = 0;
    for (size_t i = 0; i < m->state_count; i++) {
        ends |= m->states[i].end ? (uint64_t)1 << i : 0;
    }
    uint64_t reached = spread(m, (uint64_t)1 << m->initial, false);
    uint64_t can_end = ends != 0 ? spread(m, ends, true) : UINT64_MAX;
    for (unsigned i = 0; i < m->state_count; i++) {
        if (!state_is(m, i)) {
            continue;
        }
        if ((reached >> i & 1u) == 0) {
            return bus_fail(err, BUS_EBUG, "%s: nothing leads to %s", m->name,
                            m->states[i].word);
        }
        if ((can_end >> i & 1u) == 0) {
            return bus_fail(err, BUS_EBUG, "%s: from %s no end is reached",
                            m->name, m->states[i].word);
        }
    }
    return BUS_OK;
}

int bus_fsm_check(const struct bus_fsm *machine, struct bus_err *err)
{
    BUS_TRY(check_words(machine, err));
    if (!state_is(machine, machine->initial)) {
        return bus_fail(err, BUS_EBUG, "%s: the initial state is none",
                        machine->name);
    }
    BUS_TRY(check_rows(machine, err));
    return check_reach(machine, err);
}

void bus_fsm_mermaid(const struct bus_fsm *machine, struct bus_buf *out)
{
    bus_buf_puts(out, "stateDiagram-v2\n");
    bus_buf_printf(out, "    [*] --> %s\n",
                   bus_fsm_word(machine, machine->initial));
    for (size_t i = 0; i < machine->row_count; i++) {
        const struct bus_fsm_row *row = &machine->rows[i];
        bus_buf_printf(
            out, "    %s --> %s: %s", bus_fsm_word(machine, row->from),
            bus_fsm_word(machine, row->to), machine->events[row->event]);
        if (row->note != NULL) {
            bus_buf_printf(out, " (%s)", row->note);
        }
        bus_buf_putc(out, '\n');
    }
    for (unsigned i = 0; i < machine->state_count; i++) {
        if (machine->states[i].end) {
            bus_buf_printf(out, "    %s --> [*]\n", bus_fsm_word(machine, i));
        }
    }
}
