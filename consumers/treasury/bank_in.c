/* A bank's file of answers into the books: each by the table that answers over
 * Kafka use (results.h). One transaction a file: a fault anywhere, and nothing
 * of it is taken. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/wire/ids.h"
#include "consumers/treasury/bank_files.h"
#include "consumers/treasury/batches.h"
#include "consumers/treasury/results.h"
#include "consumers/treasury/sql/bank_file_made.h"
#include "consumers/treasury/sql/bank_file_put.h"
#include "consumers/treasury/sql/bank_file_taken.h"
#include "consumers/treasury/sql/batch_open_orders.h"

#define VALUE_DAYS 31 /* a value date is believed so far from today */
#define TEXT_MAX   35

#define TAKE_MANY 500
/* Answers that the database is asked about together. */
struct take_held
{
    struct treasury_result answers[TAKE_MANY];
    struct treasury_result_end ends[TAKE_MANY];
    struct bus_bank_entry entries[TAKE_MANY];
    struct bus_arena texts;
    size_t n;
};
struct file_taking
{
    const struct bus_config *c;
    struct treasury_books *b;
    struct treasury_bank bank;
    const char *code, *sum; /* sum: as the database takes bytes */
    int32_t today;
    char message[2 * TEXT_MAX + 1];
    const char *batch; /* that a pain.002 answers; NULL */
    bool all_rejected;
    char group_reason[TEXT_MAX + 1];
    int64_t answers, total_fen;
    struct bus_arena mem; /* of what is told to the matcher */
    struct take_held *held;
    struct treasury_touched touched;
    struct treasury_file_taken *told;
};

static int take_fault(size_t line, const char *what, struct bus_err *err)
{
    return bus_fail(err, BUS_ERANGE, "line %zu: %s", line, what);
}

/* --- the head --- */

int treasury_file_known(struct treasury_books *b,
                        const struct treasury_file_row *f,
                        bool *ret,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    BUS_CHECK(f->sum[0] == '\\');
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_bank_file_taken,
        TREASURY_PARAMS(f->bank, f->sum, f->kind, f->message), &r, err));
    bool any = bus_pg_count(r) > 0;
    *ret = any && strcmp(bus_pg_value(r, 0, 0), "t") == 0;
    int rc = !any || *ret
                 ? BUS_OK
                 : bus_fail(err, BUS_EDUPLICATE,
                            "another file of this number was taken at %s / "
                            "同一编号的文件已收, 内容不同",
                            bus_pg_value(r, 0, 1));
    bus_pg_rows_free(r);
    return rc;
}

static int take_known(struct file_taking *t, bool *ret, struct bus_err *err)
{
    return treasury_file_known(
        t->b,
        &(struct treasury_file_row){.bank = t->code,
                                    .sum = t->sum,
                                    .kind = bus_bank_kind_words[t->told->kind],
                                    .message = t->message},
        ret, err);
}

static int
take_head(void *data, const struct bus_bank_head *h, struct bus_err *err)
{
    struct file_taking *t = data;
    bool known = false;
    t->told->kind = h->kind;
    (void)bus_strv_copy(t->message, sizeof(t->message), h->message);
    if (h->kind == BUS_BANK_CAMT053 || h->kind == BUS_BANK_MT940) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "a statement holds no answers, camt.054 does: lianou "
                        "treasury statement / 对账单不是回执");
    }
    BUS_CHECK(t->told->entries == 0);
    return take_known(t, &known, err);
}

/* What a pain.002 answers: a batch of this bank, sent as a file, of the count
 * and total that the bank has it with. */
static int take_original(void *data,
                         const struct bus_bank_original *o,
                         struct bus_err *err)
{
    struct file_taking *t = data;
    struct bus_id id;
    struct treasury_batch of;
    struct bus_pg_rows *r = NULL;
    if (!bus_bank_id_parse(o->message, &id)) {
        return bus_fail(err, BUS_EUNKNOWN,
                        "it answers no batch of ours / 原报文不是本系统批次");
    }
    t->batch = treasury_books_id(t->b, &id);
    BUS_TRY(treasury_batch_read(t->b, t->batch, &of, err));
    if (strcmp(of.bank, t->code) != 0) {
        return bus_fail(err, BUS_EDENIED,
                        "batch %s is another bank's / 他行批次", t->batch);
    }
    BUS_TRY(treasury_books_ask(t->b, consumers_treasury_sql_bank_file_made,
                               TREASURY_PARAMS(t->batch), &r, err));
    bool made = bus_pg_count(r) > 0;
    int64_t count = made ? bus_pg_i64(r, 0, 1) : 0;
    int64_t total = made ? bus_pg_i64(r, 0, 2) : 0;
    bus_pg_rows_free(r);
    if (!made) {
        return bus_fail(err, BUS_ESTATE,
                        "no file of batch %s was made: an answer before the "
                        "order / 该批次未生成文件, 不应有回执",
                        t->batch);
    }
    if ((o->count >= 0 && o->count != count) ||
        (o->total_fen >= 0 && o->total_fen != total)) {
        return bus_fail(err, BUS_ERANGE,
                        "it has batch %s with another count or total / "
                        "笔数或总额与批次不符",
                        t->batch);
    }
    t->all_rejected = o->outcome == BUS_BANK_REJECTED;
    (void)bus_strv_copy(t->group_reason, sizeof(t->group_reason), o->reason);
    return o->outcome == BUS_BANK_NOTED
               ? treasury_batch_acknowledged(t->b, t->batch, err)
               : BUS_OK;
}

/* --- answers --- */

static void take_tell(struct file_taking *t,
                      const struct bus_bank_entry *e,
                      const char *end)
{
    BUS_CHECK(end != NULL);
    for (int i = 0; i < TREASURY_ANSWER_ENDS; i++) {
        t->told->ends[i] += strcmp(end, treasury_answer_words[i]) == 0;
    }
    t->told->elsewhere += end[0] == '\0';
    if (end[0] != '\0' && t->told->tell != NULL) {
        t->told->tell(t->told->data, e, end);
    }
}

/* What was gathered, into the books. */
static int take_held(struct file_taking *t, struct bus_err *err)
{
    struct take_held *h = t->held;
    BUS_CHECK(h->n <= TAKE_MANY);
    BUS_TRY(treasury_results_take(t->b, h->answers, h->n, h->ends, &t->touched,
                                  err));
    for (size_t i = 0; i < h->n; i++) {
        take_tell(t, &h->entries[i], h->ends[i].end);
    }
    BUS_TRY(treasury_results_tell(t->c, t->b, h->answers, h->ends, h->n,
                                  &t->mem, err));
    h->n = 0;
    bus_arena_reset(&h->texts);
    return BUS_OK;
}

static bool held_text(struct take_held *h, struct bus_strv *v)
{
    v->p = bus_arena_strndup(&h->texts, v->n > 0 ? v->p : "", v->n);
    return v->p != NULL;
}

static int take_answer(struct file_taking *t,
                       const struct treasury_result *a,
                       const struct bus_bank_entry *e,
                       struct bus_err *err)
{
    struct take_held *h = t->held;
    BUS_CHECK(a->amount_fen >= 0);
    if (h->n == TAKE_MANY) {
        BUS_TRY(take_held(t, err));
    }
    struct treasury_result *answer = &h->answers[h->n];
    struct bus_bank_entry *entry = &h->entries[h->n];
    bool near = a->value_day >= t->today - VALUE_DAYS &&
                a->value_day <= t->today + VALUE_DAYS;
    *answer = *a;
    *entry = *e;
    answer->book_day = near ? a->value_day : t->today;
    if (!held_text(h, &entry->order) || !held_text(h, &entry->reason) ||
        !held_text(h, &entry->reference) || !held_text(h, &entry->currency)) {
        return bus_fail(err, BUS_ENOMEM, "answers of a bank");
    }
    answer->reason = entry->reason;
    answer->reference = entry->reference;
    h->n++;
    return BUS_OK;
}

/* The same answer in another file is the same answer; what cannot be an id of
 * ours gets one by its text, and is an order that nobody knows. */
static int
take_entry(void *data, const struct bus_bank_entry *e, struct bus_err *err)
{
    static const int outcomes[] = {[BUS_BANK_SETTLED] = TREASURY_SETTLED,
                                   [BUS_BANK_REJECTED] = TREASURY_REJECTED,
                                   [BUS_BANK_RETURNED] = TREASURY_RETURNED};
    static const char *const words[] = {[BUS_BANK_SETTLED] = "SETTLED",
                                        [BUS_BANK_REJECTED] = "REJECTED",
                                        [BUS_BANK_RETURNED] = "RETURNED"};
    struct file_taking *t = data;
    struct treasury_result a = {.bank = bus_strv(t->code),
                                .reason = e->reason,
                                .reference = e->reference,
                                .amount_fen = e->amount_fen,
                                .value_day = e->value_day};
    t->told->entries++;
    if (e->currency.n > 0 && !bus_strv_is(e->currency, "CNY")) {
        return take_fault(e->line, "another currency than CNY / 币种不符", err);
    }
    /* fees and the like: the statement's, and nobody's answer */
    bool other = t->told->kind == BUS_BANK_CAMT054 && e->order.n == 0;
    if (e->outcome == BUS_BANK_NOTED || !e->booked || other) {
        t->told->noted++;
        return BUS_OK;
    }
    if (e->order.n == 0) {
        return take_fault(e->line, "of no order / 无指令编号", err);
    }
    if (!bus_bank_id_parse(e->order, &a.order_id)) {
        a.order_id = bus_wire_idempotency_id(bus_strv(t->code), e->order);
    }
    if (a.value_day == BUS_BANK_NO_DAY) {
        a.value_day = t->today;
    }
    BUS_CHECK((size_t)e->outcome < sizeof(outcomes) / sizeof(outcomes[0]));
    a.outcome = outcomes[e->outcome];
    if (a.outcome == TREASURY_SETTLED && a.amount_fen == 0 &&
        t->told->kind == BUS_BANK_PAIN002) {
        BUS_TRY(treasury_order_amount(t->b, &a.order_id, &a.amount_fen, err));
    }
    struct bus_id same = bus_wire_idempotency_id(
        bus_strv(words[e->outcome]),
        e->reference.n > 0 ? e->reference
                           : bus_strv(bus_bank_kind_words[t->told->kind]));
    a.event_id = bus_wire_dispatch_event_id("payment_result", &a.order_id,
                                            bus_strv(t->code), &same);
    t->answers++;
    t->total_fen += a.amount_fen;
    return take_answer(t, &a, e, err);
}

/* The bank takes nothing of the batch, and names no line. */
static int take_rejected(struct file_taking *t, struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    int rc = BUS_OK;
    if (!t->all_rejected || t->told->entries > 0) {
        return BUS_OK;
    }
    BUS_CHECK(t->batch != NULL);
    BUS_TRY(treasury_books_ask(t->b, consumers_treasury_sql_batch_open_orders,
                               TREASURY_PARAMS(t->batch), &r, err));
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        struct bus_bank_entry e = {.order = bus_strv(bus_pg_value(r, i, 0)),
                                   .outcome = BUS_BANK_REJECTED,
                                   .booked = true,
                                   .value_day = BUS_BANK_NO_DAY,
                                   .reason = bus_strv(t->group_reason)};
        rc = take_entry(t, &e, err);
    }
    bus_pg_rows_free(r);
    return rc;
}

/* --- the file --- */

ptrdiff_t treasury_file_bytes(void *data, char *p, size_t n)
{
    FILE *from = data;
    size_t got = fread(p, 1, n, from);
    return got == 0 && ferror(from) ? -1 : (ptrdiff_t)got;
}

static int
take_read(struct file_taking *t, const char *path, struct bus_err *err)
{
    FILE *file = fopen(path, "re");
    const struct bus_bank_source from = {treasury_file_bytes, file};
    const struct bus_bank_told told = {.data = t,
                                       .head = take_head,
                                       .original = take_original,
                                       .entry = take_entry};
    if (file == NULL) {
        return bus_disk_fail(err, "the bank's file");
    }
    bus_arena_init(&t->mem, 0, 1u << 20);
    t->held = bus_calloc(1, sizeof(*t->held));
    if (t->held != NULL) {
        bus_arena_init(&t->held->texts, 0, 0);
    }
    int rc;
    if (t->held == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "answers of a bank");
        goto done;
    }
    BUS_TRY_GOTO(rc,
                 bus_bank_read(t->bank.answers_by_table ? &t->bank.in : NULL,
                               &from, &told, err),
                 done);
    BUS_TRY_GOTO(rc, take_rejected(t, err), done);
    BUS_TRY_GOTO(rc, take_held(t, err), done);
    rc = treasury_touched_end(t->b, &t->touched, err);
done:
    if (t->held != NULL) {
        bus_arena_fini(&t->held->texts);
    }
    bus_free(t->held);
    bus_arena_fini(&t->mem);
    treasury_touched_fini(&t->touched);
    (void)fclose(file);
    t->b->day = t->today;
    return rc;
}

int treasury_file_put(struct treasury_books *b,
                      const struct treasury_file_row *f,
                      struct bus_err *err)
{
    bool taken = f->refused == NULL;
    BUS_CHECK(f->sum[0] == '\\' && f->total_fen >= 0);
    BUS_TRY(treasury_books_ask(
        b, consumers_treasury_sql_bank_file_put,
        TREASURY_PARAMS(f->bank, b->who, taken ? "TAKEN" : "REFUSED", f->kind,
                        f->message, f->sum, NULL,
                        treasury_books_number(b, f->entries),
                        treasury_books_number(b, f->total_fen),
                        taken ? "" : f->refused, f->gap),
        NULL, err));
    return treasury_books_act(
        b,
        &(struct treasury_act){.act = taken ? "take" : "refuse file",
                               .batch = f->batch,
                               .amount_fen = f->total_fen,
                               .note = f->sum + 2},
        err);
}

int treasury_file_sum_text(struct treasury_books *b,
                           const char *path,
                           const char **ret,
                           struct bus_err *err)
{
    uint8_t sum[BUS_WIRE_SM3_BYTES];
    BUS_TRY(treasury_file_sum(path, sum, err));
    *ret = treasury_books_bytes(b, (struct bus_strv){(char *)sum, sizeof(sum)});
    return BUS_OK;
}

int treasury_file_take(const struct bus_config *c,
                       struct treasury_books *b,
                       const char *bank,
                       const char *path,
                       struct treasury_file_taken *ret,
                       struct bus_err *err)
{
    struct file_taking t = {
        .c = c, .b = b, .code = bank, .today = b->day, .told = ret};
    BUS_TRY(treasury_bank_find(c, bank, &t.bank, err));
    BUS_TRY(treasury_file_sum_text(b, path, &t.sum, err));
    BUS_TRY(take_known(&t, &ret->again, err));
    if (ret->again) {
        return BUS_OK;
    }
    BUS_TRY(take_read(&t, path, err));
    return treasury_file_put(
        b,
        &(struct treasury_file_row){.bank = bank,
                                    .sum = t.sum,
                                    .kind = bus_bank_kind_words[ret->kind],
                                    .message = t.message,
                                    .batch = t.batch,
                                    .entries = t.answers,
                                    .total_fen = t.total_fen},
        err);
}

int treasury_file_refused(struct treasury_books *b,
                          const char *bank,
                          const char *path,
                          const char *kind,
                          const char *gap,
                          const char *why,
                          struct bus_err *err)
{
    struct treasury_file_row f = {
        .bank = bank, .kind = kind, .message = "", .refused = why, .gap = gap};
    BUS_TRY(treasury_file_sum_text(b, path, &f.sum, err));
    return treasury_file_put(b, &f, err);
}
