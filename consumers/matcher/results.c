/* What banks and the post answer, line by line, and what charities claim. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "bus/wire/ids.h"
#include "consumers/matcher/asked.h"

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

/* The treasury knows what it ordered for later periods, and whether this is of
 * one of them: an answer that nobody asked for stops the fund there. */
static bool of_the_treasury(const struct step *s)
{
    const struct sa_household_state *st = s->state;
    int32_t from = s->rules->treasury_from;
    for (size_t i = 0; from != 0 && i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->has_award && a->award.from >= from &&
            (a->award.period != SA_PERIOD_ONCE ||
             (s->rules->once_from != 0 &&
              a->award.from >= s->rules->once_from))) {
            return true;
        }
    }
    return false;
}

static int fold_line(struct step *s, const struct line_answer *a)
{
    struct line_at at;
    BUS_TRY(find_line(s, a->order_id, &at));
    if (at.line == NULL && a->kinds[SA_DISPATCH_KIND_PAYMENT] &&
        of_the_treasury(s)) {
        return BUS_OK;
    }
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

/* --- charities --- */

/* Claims of a need add up to its gap, in the order in which they come: that is
 * one order, whoever claims at the same instant. What is won is held until a
 * day by the broker's time; it stays when help is said to be given, and is open
 * again when the charity says no or the day is over. */
#define CLAIM_DAYS 5 /* a claim is held; domain: claim hold */

static bool answers_heard(const struct sa_need_state *need,
                          const struct bus_id *id)
{
    bool heard = false;
    for (size_t i = 0; i < need->claims.n; i++) {
        heard |= bus_id_eq(&need->claims.v[i], id);
    }
    for (size_t i = 0; i < need->held.n; i++) {
        heard |= bus_id_eq(&need->held.v[i].claim_id, id);
    }
    return heard;
}

static int note_heard(struct step *s,
                      struct sa_need_state *need,
                      const struct bus_id *id,
                      struct bus_strv note)
{
    size_t n = need->claims.n < MATCHER_CLAIMS_KEPT ? need->claims.n
                                                    : MATCHER_CLAIMS_KEPT - 1;
    struct bus_id *ids = bus_arena_alloc(s->mem, (n + 1) * sizeof(*ids));
    if (ids == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) { /* the newest */
        memcpy(ids, need->claims.v + need->claims.n - n, n * sizeof(*ids));
    }
    ids[n] = *id;
    need->claims.v = ids;
    need->claims.n = n + 1;
    return matcher_step_folded(s, id, note);
}

/* What became of its claim; whom to help, with the household's consent: name,
 * telephone, address. The need's number stands for the household. */
static int tell_charity(struct step *s,
                        const struct sa_need_state *need,
                        const struct sa_claim_held *c,
                        enum sa_claim_result_outcome outcome)
{
    struct sa_claim_result *r = bus_arena_calloc(s->mem, 1, sizeof(*r));
    bool won = outcome == SA_CLAIM_RESULT_OUTCOME_WON ||
               outcome == SA_CLAIM_RESULT_OUTCOME_PARTLY;
    bool whom = won && s->state->consent;
    BUS_CHECK(!won || c->amount_fen > 0);
    if (r == NULL) {
        return matcher_step_no_memory(s);
    }
    BUS_TRY(whom ? matcher_step_whole(s) : BUS_OK);
    r->event_id = matcher_step_event_id(
        s, "claim_result", &c->claim_id,
        outcome == SA_CLAIM_RESULT_OUTCOME_EXPIRED ? 1 : 0);
    r->household_id = need->need_id;
    r->occurred_at = s->now_ms;
    r->need_id = need->need_id;
    r->claim_id = c->claim_id;
    r->charity = c->charity;
    r->outcome = outcome;
    r->amount_fen = won ? c->amount_fen : 0;
    r->has_until = won;
    r->until = c->until;
    return matcher_step_emit(
        s, &(struct matcher_output){
               .topic = MATCHER_OUT_CLAIM_RESULTS,
               .partner = c->charity,
               .record = r,
               .event_id = r->event_id,
               .household_id = need->need_id,
               .seal_for = whom ? c->charity : (struct bus_strv){0},
               .withheld = MATCHER_ID_NUMBER | MATCHER_ACCOUNT});
}

/* The holds that stay, of a list of its own: what was read is not changed. */
static int claims_own(struct step *s, struct sa_need_state *need, size_t more)
{
    size_t n = need->held.n;
    struct sa_claim_held *list =
        bus_arena_calloc(s->mem, n + more + 1, sizeof(*list));
    if (list == NULL) {
        return matcher_step_no_memory(s);
    }
    if (n > 0) {
        memcpy(list, need->held.v, n * sizeof(*list));
    }
    need->held.v = list;
    return BUS_OK;
}

/* The i-th hold is given up. */
static void claim_open(struct sa_need_state *need, size_t i)
{
    BUS_CHECK(i < need->held.n && !need->held.v[i].delivered);
    int64_t fen = need->held.v[i].amount_fen;
    need->claimed_fen -=
        fen > 0 && fen <= need->claimed_fen ? fen : need->claimed_fen;
    need->held.n--;
    memmove(&need->held.v[i], &need->held.v[i + 1],
            (need->held.n - i) * sizeof(need->held.v[0]));
}

/* To whom it was offered it is offered again: what is open of it. */
static int need_offer(struct step *s, const struct sa_need_state *need)
{
    for (size_t i = 0; need->item.n > 0 && i < need->partners.n; i++) {
        struct sa_need *n = bus_arena_calloc(s->mem, 1, sizeof(*n));
        if (n == NULL) {
            return matcher_step_no_memory(s);
        }
        n->event_id =
            matcher_step_event_id(s, "need", &need->need_id, (int32_t)i);
        n->household_id = n->need_id = need->need_id;
        n->occurred_at = s->now_ms;
        n->item = need->item;
        n->town_code = matcher_asked_town(s);
        n->gap_fen = need->gap_fen - need->claimed_fen;
        n->household_size = matcher_step_size(s);
        n->expires = (int32_t)(matcher_known_day(s) + INT64_C(1) * CLAIM_DAYS);
        BUS_TRY(matcher_step_emit(
            s, &(struct matcher_output){.topic = MATCHER_OUT_NEEDS,
                                        .partner = need->partners.v[i],
                                        .record = n,
                                        .event_id = n->event_id,
                                        .household_id = need->need_id}));
    }
    return BUS_OK;
}

bool matcher_need_due(const struct sa_need_state *need, int32_t day)
{
    bool any = false;
    for (size_t i = 0; i < need->held.n; i++) {
        any |= !need->held.v[i].delivered && need->held.v[i].until < day;
    }
    return any;
}

static int need_expire(struct step *s, struct sa_need_state *need, int32_t day)
{
    if (!matcher_need_due(need, day)) {
        return BUS_OK;
    }
    BUS_TRY(claims_own(s, need, 0));
    for (size_t i = need->held.n; i > 0; i--) {
        const struct sa_claim_held c = need->held.v[i - 1];
        if (c.delivered || c.until >= day) {
            continue;
        }
        claim_open(need, i - 1);
        BUS_TRY(tell_charity(s, need, &c, SA_CLAIM_RESULT_OUTCOME_EXPIRED));
        BUS_TRY(
            matcher_step_folded(s, &c.claim_id, BUS_STRV("NEED_OPEN_AGAIN")));
    }
    return need_offer(s, need);
}

int matcher_claims_expire(struct step *s)
{
    int32_t day = matcher_known_day(s);
    for (size_t i = 0; i < s->state->needs.n; i++) {
        BUS_TRY(need_expire(s, &s->state->needs.v[i], day));
    }
    return BUS_OK;
}

static int
take_claim(struct step *s, struct sa_need_state *need, const struct sa_claim *c)
{
    size_t holds = 0;
    for (size_t i = 0; i < need->held.n; i++) {
        holds += bus_strv_eq(need->held.v[i].charity, c->charity);
    }
    int64_t open =
        holds < MATCHER_CLAIMS_HELD ? need->gap_fen - need->claimed_fen : 0;
    int64_t won = open <= 0 ? 0 : c->amount_fen < open ? c->amount_fen : open;
    const struct sa_claim_held held = {
        .claim_id = c->claim_id,
        .charity = c->charity,
        .amount_fen = won,
        .until = (int32_t)(matcher_known_day(s) + INT64_C(1) * CLAIM_DAYS)};
    BUS_TRY(tell_charity(s, need, &held,
                         won == 0              ? SA_CLAIM_RESULT_OUTCOME_LOST
                         : won < c->amount_fen ? SA_CLAIM_RESULT_OUTCOME_PARTLY
                                               : SA_CLAIM_RESULT_OUTCOME_WON));
    if (won == 0) {
        return note_heard(s, need, &c->claim_id,
                          BUS_STRV("NEED_ALREADY_CLAIMED"));
    }
    BUS_TRY(claims_own(s, need, 1));
    need->held.v[need->held.n++] = held;
    need->claimed_fen += won;
    need->has_claimed_by = true;
    need->claimed_by = c->charity;
    return note_heard(s, need, &c->claim_id, BUS_STRV("NEED_CLAIMED"));
}

/* Help is given: what it holds stays its. Or it says no: that is open again. */
static int
end_claims(struct step *s, struct sa_need_state *need, const struct sa_claim *c)
{
    bool given = c->outcome == SA_CLAIM_OUTCOME_DELIVERED, opened = false;
    BUS_TRY(claims_own(s, need, 0));
    for (size_t i = need->held.n; i > 0; i--) {
        struct sa_claim_held *h = &need->held.v[i - 1];
        if (!bus_strv_eq(h->charity, c->charity) || h->delivered) {
            continue;
        }
        if (given) {
            h->delivered = true;
        } else {
            claim_open(need, i - 1);
            opened = true;
        }
    }
    BUS_TRY(opened ? need_offer(s, need) : BUS_OK);
    return note_heard(s, need, &c->event_id,
                      given ? BUS_STRV("NEED_DELIVERED")
                            : BUS_STRV("NEED_DECLINED"));
}

static bool claims_holds(const struct sa_need_state *need,
                         struct bus_strv charity)
{
    for (size_t i = 0; i < need->held.n; i++) {
        if (bus_strv_eq(need->held.v[i].charity, charity)) {
            return true;
        }
    }
    /* an earlier state does not know how much, or until when */
    return need->held.n == 0 && need->has_claimed_by && need->claimed_fen > 0 &&
           bus_strv_eq(need->claimed_by, charity);
}

/* Held against whom it was offered to, and whether he holds any of it. */
static struct bus_strv need_held(const struct step *s,
                                 const struct sa_need_state *need,
                                 enum sa_claim_outcome outcome)
{
    bool offered = need->partners.n == 0; /* an earlier state does not know */
    for (size_t i = 0; i < need->partners.n; i++) {
        offered |= bus_strv_eq(need->partners.v[i], s->event->partner);
    }
    return !offered ? BUS_STRV("NOT_YOURS")
           : outcome == SA_CLAIM_OUTCOME_DELIVERED &&
                   !claims_holds(need, s->event->partner)
               ? BUS_STRV("NOT_ASKED")
               : (struct bus_strv){0};
}

/* A charity may be quicker than dispatch's own word to us. */
static int
need_find(struct step *s, const struct sa_claim *c, struct sa_need_state **ret)
{
    BUS_CHECK(s->event->kind == MATCHER_CLAIM);
    *ret = NULL;
    for (size_t i = 0; i < s->state->needs.n; i++) {
        if (bus_id_eq(&s->state->needs.v[i].need_id, &c->need_id)) {
            *ret = &s->state->needs.v[i];
        }
    }
    if (*ret == NULL && dispatch_awaited(s->state)) {
        return matcher_park_event(s, &s->cause, &c->need_id);
    }
    return *ret == NULL ? matcher_step_reject(
                              s, BUS_EUNKNOWN, "NEED_UNKNOWN",
                              "no such need was published for this household")
                        : BUS_OK;
}

int matcher_on_claim(struct step *s)
{
    const struct sa_claim *c = s->event->record;
    struct sa_need_state *need = NULL;
    BUS_TRY(need_find(s, c, &need));
    if (need == NULL) {
        return BUS_OK; /* it waits */
    }
    if (!bus_strv_eq(c->charity, s->event->partner)) {
        return matcher_step_reject(s, BUS_EDENIED, "WRONG_TOPIC",
                                   "a claim of %.*s came on another's topic",
                                   BUS_STRV_ARG(c->charity));
    }
    bool claims = c->outcome == SA_CLAIM_OUTCOME_CLAIMED;
    if (c->outcome == SA_CLAIM_OUTCOME_UNKNOWN) {
        return matcher_step_reject(
            s, BUS_ERANGE, "RESULT_UNREADABLE",
            "outcome must be CLAIMED, DELIVERED or DECLINED");
    }
    if (answers_heard(need, claims ? &c->claim_id : &c->event_id)) {
        s->out->duplicate = true;
        return BUS_OK;
    }
    BUS_TRY(need_expire(s, need, matcher_known_day(s)));
    struct bus_strv held = need_held(s, need, c->outcome);
    if (held.n > 0) {
        return matcher_step_attention(s, &c->event_id, held);
    }
    if (!claims) {
        return end_claims(s, need, c);
    }
    if (c->amount_fen <= 0) {
        return matcher_step_reject(s, BUS_ERANGE, "CLAIM_WITHOUT_AMOUNT",
                                   "a claim needs amount_fen above 0");
    }
    return take_claim(s, need, c);
}
