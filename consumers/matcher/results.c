/* What banks and the post answer, line by line. */
#include <string.h>

#include "bus/base/hash.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/parts.h"

struct line_at
{
    struct sa_assignment_state *a;
    struct sa_line_state *line;
};

/* Lines are part of the state that was read; they are copied before a change
 * so that the state's bytes stay as they were. */
static int
find_line(struct step *s, const struct bus_id *order_id, struct line_at *ret)
{
    struct sa_household_state *st = s->state;
    *ret = (struct line_at){0};
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        for (size_t j = 0; j < a->lines.n; j++) {
            if (bus_id_eq(&a->lines.v[j].order_id, order_id)) {
                *ret = (struct line_at){a, &a->lines.v[j]};
                return BUS_OK;
            }
        }
    }
    return BUS_OK;
}

static bool dispatch_awaited(const struct sa_household_state *st)
{
    for (size_t i = 0; i < st->assignments.n; i++) {
        if (st->assignments.v[i].status == SA_ASSIGNMENT_STATUS_CONFIRMED) {
            return true;
        }
    }
    return false;
}

/* What did not arrive goes back to its owner, who decides anew or that it ends;
 * of a case that has ended, people are told. */
static int undelivered(struct step *s, struct sa_assignment_state *a)
{
    const struct sa_household_state *st = s->state;
    bool in_hand = st->case_open && a->case_no == st->case_no;
    enum matcher_assignment_move move = in_hand ? MOVE_BACK : MOVE_FAIL;
    if (!matcher_assignment_can(a, move)) {
        return BUS_OK; /* it went back already */
    }
    matcher_assignment_move(a, move);
    s->out->changed = true;
    return in_hand ? matcher_assignment_return(s, a, BUS_STRV("UNDELIVERED"))
                   : matcher_step_attention(s, &a->assignment_id,
                                            BUS_STRV("UNDELIVERED"));
}

/* Of the decision that stands, not of one whose order came back. */
static bool line_stands(const struct sa_assignment_state *a,
                        const struct sa_line_state *line)
{
    struct bus_id id = bus_wire_line_id(
        line->kind == SA_DISPATCH_KIND_PAYMENT ? "order" : "task",
        &a->assignment_id, &a->decision_id);
    return bus_id_eq(&id, &line->order_id);
}

/* After one of them, `moved`, has ended. */
static int ended_lines(struct step *s,
                       struct sa_assignment_state *a,
                       const struct sa_line_state *moved)
{
    bool open = false, failed = false;
    for (size_t i = 0; i < a->lines.n; i++) {
        bool not_done = a->lines.v[i].status == SA_LINE_STATUS_FAILED ||
                        a->lines.v[i].status == SA_LINE_STATUS_REVERSED;
        open |= a->lines.v[i].status == SA_LINE_STATUS_OPEN;
        failed |= not_done &&
                  (&a->lines.v[i] == moved || line_stands(a, &a->lines.v[i]));
    }
    if (!open && failed) {
        BUS_TRY(undelivered(s, a));
    } else if (!open && matcher_assignment_can(a, MOVE_DELIVER)) {
        matcher_assignment_move(a, MOVE_DELIVER);
    }
    return matcher_close_if_ended(s);
}

enum line_news { NEWS_DONE, NEWS_FAILED, NEWS_REVERSED };

/* What a bank or the post says of a line. */
struct line_answer
{
    const struct bus_id *order_id;
    enum line_news news;
    struct bus_strv note;
    bool kinds[SA_DISPATCH_KIND_UNKNOWN]; /* of a line that this answers */
    int64_t amount_fen;                   /* 0: it names none */
    int32_t said;                         /* matcher_answer_of() */
};

/* Held against what was asked: of whom, what, how much. "" if it stands; what
 * an earlier state does not know holds nobody back. */
static struct bus_strv line_held(const struct step *s,
                                 const struct sa_line_state *line,
                                 const struct line_answer *a)
{
    if (line->partner.n > 0 && !bus_strv_eq(line->partner, s->event->partner)) {
        return BUS_STRV("NOT_YOURS");
    }
    if (line->kind >= SA_DISPATCH_KIND_UNKNOWN || !a->kinds[line->kind]) {
        return BUS_STRV("NOT_ASKED");
    }
    return line->amount_fen > 0 && a->amount_fen != 0 &&
                   a->amount_fen != line->amount_fen
               ? BUS_STRV("AMOUNT_DIFFERS")
               : (struct bus_strv){0};
}

/* The same again is a duplicate; another answer is one that people see. */
static int line_again(struct step *s,
                      const struct sa_line_state *line,
                      const struct line_answer *a,
                      bool late)
{
    if (!late && line->answer != 0 && line->answer != a->said) {
        return matcher_step_attention(s, a->order_id,
                                      BUS_STRV("CONTRADICTION"));
    }
    s->out->duplicate = true;
    return BUS_OK;
}

static int
line_move(struct step *s, struct line_at *at, const struct line_answer *a)
{
    static const enum sa_line_status to[] = {
        [NEWS_DONE] = SA_LINE_STATUS_DONE,
        [NEWS_FAILED] = SA_LINE_STATUS_FAILED,
        [NEWS_REVERSED] = SA_LINE_STATUS_REVERSED,
    };
    enum sa_line_status was = at->line->status;
    bool late = a->news == NEWS_DONE && was == SA_LINE_STATUS_REVERSED;
    if (was == to[a->news] || late) {
        return line_again(s, at->line, a, late);
    }
    if (a->news == NEWS_REVERSED && was == SA_LINE_STATUS_OPEN) {
        return matcher_park_event(s, &s->cause, a->order_id);
    }
    bool first = was == SA_LINE_STATUS_OPEN;
    bool back = a->news == NEWS_REVERSED && was == SA_LINE_STATUS_DONE;
    if (!first && !back) {
        return matcher_step_reject(
            s, BUS_ESTATE, "LINE_ENDED",
            "the order has ended otherwise; people must look");
    }
    at->line->status = to[a->news];
    at->line->answer = a->said;
    s->out->changed = true;
    BUS_TRY(matcher_step_note(s, SA_CASE_EVENT_KIND_RESULT_FOLDED, a->order_id,
                              a->note));
    if (a->news == NEWS_DONE) {
        BUS_TRY(matcher_release_parked(s, a->order_id));
    }
    return ended_lines(s, at->a, at->line);
}

static int fold_line(struct step *s, const struct line_answer *a)
{
    struct line_at at;
    BUS_TRY(find_line(s, a->order_id, &at));
    if (at.line == NULL) {
        return dispatch_awaited(s->state)
                   ? matcher_park_event(s, &s->cause, a->order_id)
                   : matcher_step_reject(
                         s, BUS_EUNKNOWN, "ORDER_UNKNOWN",
                         "no such order was sent for this household");
    }
    struct bus_strv held = line_held(s, at.line, a);
    return held.n > 0 ? matcher_step_attention(s, a->order_id, held)
                      : line_move(s, &at, a);
}

int matcher_on_payment(struct step *s)
{
    static const struct
    {
        enum line_news news;
        const char *note;
    } words[] = {
        [SA_PAYMENT_OUTCOME_SETTLED] = {NEWS_DONE, "SETTLED"},
        [SA_PAYMENT_OUTCOME_REJECTED] = {NEWS_FAILED, "REJECTED"},
        [SA_PAYMENT_OUTCOME_RETURNED] = {NEWS_REVERSED, "RETURNED"},
    };
    const struct sa_payment_result *r = s->event->record;
    if (r->outcome >= SA_PAYMENT_OUTCOME_UNKNOWN) {
        return matcher_step_reject(
            s, BUS_ERANGE, "RESULT_UNREADABLE",
            "outcome must be SETTLED, REJECTED or RETURNED");
    }
    int64_t parts[] = {(int64_t)r->outcome, r->amount_fen, r->value_date};
    uint64_t h = bus_hash64(parts, sizeof(parts), 0);
    h = bus_hash64(r->bank_reference.p, r->bank_reference.n, h);
    h = bus_hash64(r->reason_code.p, r->has_reason_code ? r->reason_code.n : 0,
                   h);
    bool rejected = r->outcome == SA_PAYMENT_OUTCOME_REJECTED;
    return fold_line(s, &(struct line_answer){
                            .order_id = &r->order_id,
                            .news = words[r->outcome].news,
                            .note = bus_strv(words[r->outcome].note),
                            .kinds = {[SA_DISPATCH_KIND_PAYMENT] = true},
                            .amount_fen = rejected             ? 0
                                          : r->amount_fen == 0 ? -1
                                                               : r->amount_fen,
                            .said = matcher_answer_of(h)});
}

int matcher_on_receipt(struct step *s)
{
    static const struct
    {
        enum line_news news;
        const char *note;
        bool goods, cash;
    } words[] = {
        [SA_DELIVERY_OUTCOME_SIGNED] = {NEWS_DONE, "SIGNED", true, false},
        [SA_DELIVERY_OUTCOME_PAID] = {NEWS_DONE, "PAID", false, true},
        [SA_DELIVERY_OUTCOME_FAILED] = {NEWS_FAILED, "FAILED", true, true},
        [SA_DELIVERY_OUTCOME_RETURNED] = {NEWS_FAILED, "RETURNED", true, true},
    };
    const struct sa_delivery_receipt *r = s->event->record;
    if (r->outcome >= SA_DELIVERY_OUTCOME_UNKNOWN) {
        return matcher_step_reject(
            s, BUS_ERANGE, "RESULT_UNREADABLE",
            "outcome must be SIGNED, PAID, FAILED or RETURNED");
    }
    int64_t parts[] = {(int64_t)r->outcome, r->attempts};
    uint64_t h = bus_hash64(parts, sizeof(parts), 0);
    return fold_line(
        s, &(struct line_answer){
               .order_id = &r->task_id,
               .news = words[r->outcome].news,
               .note = bus_strv(words[r->outcome].note),
               .kinds = {[SA_DISPATCH_KIND_GOODS] = words[r->outcome].goods,
                         [SA_DISPATCH_KIND_CASH] = words[r->outcome].cash},
               .said = matcher_answer_of(h)});
}
