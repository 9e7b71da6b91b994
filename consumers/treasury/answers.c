/* What a bank's answer does: one row for each answer in each state of its
 * order. Whatever order the answers of a payment come in, the books are the
 * same in the end. */
#include "bus/base/check.h"
#include "consumers/treasury/states.h"

const char *const treasury_answer_words[TREASURY_ANSWER_ENDS] = {
    [TREASURY_TAKEN] = "TAKEN",
    [TREASURY_DOUBLED] = "DOUBLED",
    [TREASURY_LATE] = "LATE",
    [TREASURY_BEFORE_ORDER] = "BEFORE_ORDER",
    [TREASURY_AMOUNT_DIFFERS] = "AMOUNT_DIFFERS",
    [TREASURY_NOT_YOURS] = "NOT_YOURS",
    [TREASURY_CONTRADICTION] = "CONTRADICTION",
    [TREASURY_UNKNOWN_ORDER] = "UNKNOWN_ORDER",
};

#define MOVE(event)                          \
    {                                        \
        TREASURY_TAKEN, true, (event), false \
    }
#define SAME                                               \
    {                                                      \
        TREASURY_DOUBLED, false, TREASURY_LINE_SEND, false \
    }
#define LATE                                            \
    {                                                   \
        TREASURY_LATE, false, TREASURY_LINE_SEND, false \
    }
#define EARLY                                                   \
    {                                                           \
        TREASURY_BEFORE_ORDER, false, TREASURY_LINE_SEND, false \
    }
#define CONTRADICTED                                             \
    {                                                            \
        TREASURY_CONTRADICTION, false, TREASURY_LINE_SEND, false \
    }

static const struct treasury_answer_effect
    effects[TREASURY_LINE_STATES][TREASURY_OUTCOMES] = {
        [TREASURY_LINE_DUE] = {[TREASURY_SETTLED] = EARLY,
                               [TREASURY_REJECTED] = EARLY,
                               [TREASURY_RETURNED] = EARLY},
        [TREASURY_LINE_SENT] =
            {[TREASURY_SETTLED] = MOVE(TREASURY_LINE_SETTLE),
             [TREASURY_REJECTED] = MOVE(TREASURY_LINE_REJECT),
             /* it came back, so it had gone: both are booked */
             [TREASURY_RETURNED] = {TREASURY_TAKEN, true, TREASURY_LINE_RETURN,
                                    true}},
        [TREASURY_LINE_SETTLED] = {[TREASURY_SETTLED] = SAME,
                                   [TREASURY_REJECTED] = CONTRADICTED,
                                   [TREASURY_RETURNED] =
                                       MOVE(TREASURY_LINE_RETURN)},
        /* Paid after all: the line may be paid again already. */
        [TREASURY_LINE_REJECTED] = {[TREASURY_SETTLED] = CONTRADICTED,
                                    [TREASURY_REJECTED] = SAME,
                                    [TREASURY_RETURNED] = CONTRADICTED},
        /* The settlement that the return overtook is booked already. */
        [TREASURY_LINE_RETURNED] = {[TREASURY_SETTLED] = LATE,
                                    [TREASURY_REJECTED] = CONTRADICTED,
                                    [TREASURY_RETURNED] = SAME},
        /* What the payee gave back cannot come back from the bank as well. */
        [TREASURY_LINE_REPAID] = {[TREASURY_SETTLED] = SAME,
                                  [TREASURY_REJECTED] = CONTRADICTED,
                                  [TREASURY_RETURNED] = CONTRADICTED},
        [TREASURY_LINE_STOPPED] = {[TREASURY_SETTLED] = EARLY,
                                   [TREASURY_REJECTED] = EARLY,
                                   [TREASURY_RETURNED] = EARLY},
};

struct treasury_answer_effect
treasury_answer_judge(const struct treasury_answer *a)
{
    BUS_CHECK((unsigned)a->order < TREASURY_LINE_STATES &&
              (unsigned)a->outcome < TREASURY_OUTCOMES && a->ordered_fen > 0);
    struct treasury_answer_effect e = effects[a->order][a->outcome];
    /* One that is refused may name no amount; money that moved has one. */
    bool unnamed = a->outcome == TREASURY_REJECTED && a->amount_fen == 0;
    if (!a->same_bank) {
        e = (struct treasury_answer_effect){.end = TREASURY_NOT_YOURS};
    } else if (!unnamed && a->amount_fen != a->ordered_fen) {
        e = (struct treasury_answer_effect){.end = TREASURY_AMOUNT_DIFFERS};
    } else if (e.end == TREASURY_DOUBLED && !a->same_reference &&
               a->outcome != TREASURY_REJECTED) {
        /* Paid, or given back, under two of the bank's numbers. */
        e = (struct treasury_answer_effect){.end = TREASURY_CONTRADICTION};
    }
    BUS_CHECK(e.moves == (e.end == TREASURY_TAKEN));
    return e;
}

bool treasury_answer_stops(enum treasury_answer_end end)
{
    BUS_CHECK((unsigned)end < TREASURY_ANSWER_ENDS);
    return end != TREASURY_TAKEN && end != TREASURY_DOUBLED &&
           end != TREASURY_LATE;
}

static const struct treasury_reason reasons[] = {
    {"AC01", "账号有误: 请核对账号后再发一次",
     "the account number is wrong: it is put right, then paid once more",
     TREASURY_NEXT_ACCOUNT},
    {"AC04", "账户已销户: 请登记新账户后再发一次",
     "the account is closed: another is taken down, then paid once more",
     TREASURY_NEXT_ACCOUNT},
    {"AC06", "账户已冻结: 请与本人联系, 更换账户后再发一次",
     "the account is blocked: the payee is asked for another",
     TREASURY_NEXT_ACCOUNT},
    {"AM05", "银行认为重复: 先向银行查询, 不得直接重发",
     "the bank takes it for a duplicate: ask the bank, send nothing again",
     TREASURY_NEXT_LOOK},
    {"BE01", "户名与账号不符: 请核对户名后再发一次",
     "the name is not the account's: it is checked, then paid once more",
     TREASURY_NEXT_ACCOUNT},
    {"MD07", "收款人已去世: 暂停发放, 由民政核实",
     "the payee is said to be dead: payments stop until somebody has looked",
     TREASURY_NEXT_DEATH},
    {"NARR", "见银行说明: 由经办人处理",
     "as the bank's own words say: an officer looks", TREASURY_NEXT_LOOK},
};

const struct treasury_reason *treasury_reason_of(struct bus_strv code)
{
    size_t n = sizeof(reasons) / sizeof(reasons[0]);
    for (size_t i = 0; i < n; i++) {
        if (bus_strv_is(code, reasons[i].code)) {
            return &reasons[i];
        }
    }
    return &reasons[n - 1];
}
