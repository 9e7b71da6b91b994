/* Batches of the consumer, oldest first, until all of one is dealt with. */
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
