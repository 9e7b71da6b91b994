/* Dead letters on their way to Kafka, and the batches that wait for them. */
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/partner/parts.h"

void partner_in_flight_settle(struct runner *r)
{
    BUS_CHECK(r->first == NULL || r->first->at <= r->first->batch->n);
    BUS_CHECK(r->end != NULL);
    while (r->first != NULL && r->first->at == r->first->batch->n &&
           r->first->dead_letters == 0) {
        struct in_flight *f = r->first;
        bus_kafka_consumer_done(r->consumer, f->batch);
        bus_kafka_batch_free(r->consumer, f->batch);
        r->first = f->next;
        r->end = r->first ? r->end : &r->first;
        bus_free(f);
    }
}

static void dead_letter_count(struct runner *r, const struct sa_dead_letter *d)
{
    BUS_CHECK(r->topics[0] != NULL);
    char code[40];
    const char *const labels[] = {
        r->topics[0], bus_strv_copy(code, sizeof(code), d->reason_code), NULL};
    bus_run_series_add(
        bus_run_metrics_series(r->frame.metrics, BUS_M_DEAD_LETTERS, labels),
        1);
}

static void dead_letter_no_memory(struct runner *r)
{
    (void)bus_fail(&r->err, BUS_ENOMEM, "a dead letter");
    partner_runner_stop(r, &r->err);
}

void partner_dead_letter_new(struct runner *r,
                             struct in_flight *f,
                             struct bus_role_parked *parked,
                             const struct sa_dead_letter *record)
{
    BUS_CHECK((f == NULL) != (parked == NULL));
    struct partner_dead_letter *l = bus_calloc(1, sizeof(*l));
    if (l == NULL) {
        dead_letter_no_memory(r);
        return;
    }
    l->token.kind = TOKEN_LETTER;
    bus_arena_init(&l->mem, 4096, 0);
    l->record = *record;
    l->record.reason.p =
        bus_arena_strndup(&l->mem, record->reason.p, record->reason.n);
    l->record.reason.n = l->record.reason.p ? record->reason.n : 0;
    if (record->headers.n > 0) {
        size_t n = record->headers.n * sizeof(*record->headers.v);
        l->record.headers.v = bus_arena_dup(&l->mem, record->headers.v, n);
        l->record.headers.n = l->record.headers.v ? record->headers.n : 0;
    }
    l->in_flight = f;
    l->parked = parked;
    if (f != NULL) {
        f->dead_letters++;
    }
    l->next = r->dead_letters;
    r->dead_letters = l;
    dead_letter_count(r, record);
    partner_dead_letters_send(r);
}

void partner_dead_letter_of_message(struct runner *r,
                                    struct in_flight *f,
                                    const struct bus_kafka_msg *m,
                                    const char *reason_code,
                                    const struct bus_err *why)
{
    BUS_CHECK(f != NULL && m != NULL);
    struct sa_dead_letter record;
    struct bus_arena mem;
    struct bus_role_dead_letter d = {
        .msg = m,
        .reason_code = reason_code,
        .why = why,
        .owner = r->partner->code,
        .source = r->frame.source,
        .now_ms = bus_clock_system.wall_ms(NULL),
    };
    bus_arena_init(&mem, 4096, 0);
    bus_role_dead_letter_fill(&d, &mem, &record);
    partner_dead_letter_new(r, f, NULL, &record);
    bus_arena_fini(&mem);
}

static int dead_letter_send(struct runner *r,
                            struct partner_dead_letter *l,
                            struct bus_err *err)
{
    BUS_CHECK(!l->sent && r->producer != NULL);
    struct bus_role_rendered out;
    struct bus_role_emit e =
        bus_role_dead_letter_emit(&l->record, r->frame.source);
    struct bus_arena_mark mark = bus_arena_mark(&l->mem);
    BUS_TRY(bus_role_emit_render(&e, &l->mem, &out, err));
    struct bus_kafka_out_msg m = {
        .topic = r->topic_dead,
        .partition = l->record.partition,
        .key = out.key,
        .value = out.value,
        .headers = out.headers,
        .headers_count = out.headers_count,
    };
    int rc = bus_kafka_producer_send(r->producer, &m, l, err);
    bus_arena_release(&l->mem, mark);
    return rc;
}

void partner_dead_letters_send(struct runner *r)
{
    struct bus_err err;
    for (struct partner_dead_letter *l = r->dead_letters; l != NULL;
         l = l->next) {
        if (l->sent) {
            continue;
        }
        int rc = dead_letter_send(r, l, &err);
        if (rc == BUS_ETOOBIG && !l->light) {
            l->light = true;
            rc = bus_role_dead_letter_lighten(&l->record, &l->mem, &err);
            if (rc == BUS_OK) {
                rc = dead_letter_send(r, l, &err);
            }
        }
        if (rc == BUS_EFULL) {
            return; /* at the next tick */
        }
        if (rc != BUS_OK) {
            partner_runner_stop(r, &err);
            return;
        }
        l->sent = true;
    }
}

static void free_dead_letter(struct partner_dead_letter *l)
{
    bus_arena_fini(&l->mem);
    bus_free(l);
}

static void unlink_dead_letter(struct runner *r, struct partner_dead_letter *l)
{
    struct partner_dead_letter **at = &r->dead_letters;
    while (*at != NULL && *at != l) {
        at = &(*at)->next;
    }
    BUS_CHECK(*at == l);
    *at = l->next;
}

void partner_dead_letter_acked(struct runner *r,
                               struct partner_dead_letter *l,
                               const struct bus_err *err)
{
    BUS_CHECK(l->sent);
    if (l->in_flight == NULL && l->parked == NULL) { /* dropped */
        unlink_dead_letter(r, l);
        free_dead_letter(l);
        return;
    }
    if (err != NULL) {
        struct bus_err why = *err;
        l->sent = false; /* once more; its id makes it one */
        if (why.code == BUS_ETOOBIG && !l->light) {
            l->light = true;
            why.code = (enum bus_errc)bus_role_dead_letter_lighten(
                &l->record, &l->mem, &why);
        }
        if (why.code != BUS_OK && bus_err_act(why.code) != BUS_ACT_RETRY) {
            partner_runner_stop(r, &why);
        }
        return;
    }
    unlink_dead_letter(r, l);
    if (l->in_flight != NULL) {
        BUS_CHECK(l->in_flight->dead_letters > 0);
        l->in_flight->dead_letters--;
        partner_in_flight_settle(r);
    } else {
        l->parked->gone = true;
    }
    free_dead_letter(l);
}

/* What is on its way comes back as dropped; it stays in the list till then. */
void partner_dead_letters_drop(struct runner *r)
{
    for (struct partner_dead_letter *l = r->dead_letters, *next; l != NULL;
         l = next) {
        next = l->next;
        if (l->in_flight == NULL && !partner_runner_ends(r)) {
            continue; /* a parked one does not hang on the consumer */
        }
        if (!l->sent || r->producer == NULL) {
            unlink_dead_letter(r, l);
            free_dead_letter(l);
        } else {
            l->in_flight = NULL;
            l->parked = NULL;
        }
    }
}
