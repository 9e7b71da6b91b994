#include "consumers/matcher/keys/keys.h"

#include <string.h>

#include "bus/base/check.h"
#include "schemas/household_key.h"

static const struct bus_strv owner = BUS_STRV(MATCHER_KEYS_OWNER);
static const struct bus_id nobody; /* whose key is the beat's */

/* The record and field of each, sealed for the bus and under the key. */
static const struct
{
    const char *came, *stands, *field;
} sealed_as[] = {
    [MATCHER_SEALED_PERSONAL] = {"application", "household_facts", "personal"},
    [MATCHER_SEALED_PAYEE] = {"payee_change", "household_assignment", "payee"},
};

/* --- the key of the household in hand --- */

static const uint8_t *key_wrapped(const struct matcher_work *w)
{
    BUS_CHECK(w->slot != NULL && w->part != NULL);
    const struct batch_state_key *changed = w->slot->key;
    return changed == NULL
               ? matcher_key_table_find(&w->part->keys, &w->household)
           : changed->gone ? NULL
                           : changed->wrapped;
}

static struct bus_wire_binding key_binding(const struct bus_id *household)
{
    return (struct bus_wire_binding){"household_key", "wrapped", household};
}

static int key_unwrap(struct matcher_work *w,
                      const uint8_t *wrapped,
                      uint8_t ret[BUS_WIRE_KEY_BYTES],
                      struct bus_err *err)
{
    struct bus_wire_binding b = key_binding(&w->household);
    struct bus_strv plain;
    BUS_TRY(bus_wire_open(
        w->lane->keys, &b,
        (struct bus_strv){(const char *)wrapped, MATCHER_WRAPPED_BYTES},
        &w->lane->event, &plain, err));
    bool whole = plain.n == BUS_WIRE_KEY_BYTES;
    if (whole) {
        memcpy(ret, plain.p, BUS_WIRE_KEY_BYTES);
    }
    explicit_bzero((char *)(uintptr_t)plain.p, plain.n);
    return whole ? BUS_OK
                 : bus_fail(err, BUS_ECRYPT, "a household's key of %zu bytes",
                            plain.n);
}

static int key_make(struct matcher_work *w,
                    uint8_t ret[BUS_WIRE_KEY_BYTES],
                    struct batch_state_key **ret_change,
                    struct bus_err *err)
{
    struct bus_wire_binding b = key_binding(&w->household);
    struct batch_state_key *k =
        bus_arena_calloc(&w->lane->batch, 1, sizeof(*k));
    struct bus_strv wrapped, plain = {(const char *)ret, BUS_WIRE_KEY_BYTES};
    if (k == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a household's key");
    }
    BUS_TRY(bus_wire_random(ret, BUS_WIRE_KEY_BYTES, err));
    BUS_TRY(bus_wire_seal(w->lane->keys, owner, &b, plain, &w->lane->event,
                          &wrapped, err));
    if (wrapped.n != MATCHER_WRAPPED_BYTES) {
        return bus_fail(err, BUS_ECONFIG,
                        "the newest key of `" MATCHER_KEYS_OWNER
                        "` is no aes-256-gcm (lianou keys)");
    }
    memcpy(k->wrapped, wrapped.p, MATCHER_WRAPPED_BYTES);
    k->made_ms = w->m->timestamp_ms;
    *ret_change = k;
    return BUS_OK;
}

/* --- what is sealed with it --- */

static int open_under(struct matcher_work *w,
                      const struct bus_wire_binding *b,
                      struct bus_strv sealed,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    uint8_t key[BUS_WIRE_KEY_BYTES];
    const uint8_t *wrapped = key_wrapped(w);
    if (wrapped == NULL) {
        return bus_fail(err, BUS_ECRYPT, "the household's key is destroyed");
    }
    int rc = key_unwrap(w, wrapped, key, err);
    if (rc == BUS_OK) {
        rc = bus_wire_open_under(w->lane->keys, key, b, sealed, &w->lane->event,
                                 ret, err);
    }
    explicit_bzero(key, sizeof(key));
    return rc;
}

int matcher_keys_open(struct matcher_work *w,
                      enum matcher_sealed what,
                      const struct bus_id *event,
                      struct bus_strv sealed,
                      struct bus_strv *ret,
                      struct bus_err *err)
{
    bool under = bus_wire_sealed_under(sealed);
    struct bus_wire_binding b = {
        under ? sealed_as[what].stands : sealed_as[what].came,
        under ? sealed_as[what].field : "personal", event};
    int rc = under ? open_under(w, &b, sealed, ret, err)
                   : bus_wire_open(w->lane->keys, &b, sealed, &w->lane->event,
                                   ret, err);
    BUS_CHECK(!bus_id_is_nil(event));
    if (rc != BUS_OK) {
        w->reason_code = "DECRYPT_FAILED";
    }
    return rc;
}

struct sealing /* of one state */
{
    struct matcher_work *w;
    uint8_t key[BUS_WIRE_KEY_BYTES];
    bool there;
    struct batch_state_key *made; /* NULL: it was there before */
};

static int key_bring(struct sealing *k, struct bus_err *err)
{
    const uint8_t *wrapped = key_wrapped(k->w);
    int rc = k->there          ? BUS_OK
             : wrapped != NULL ? key_unwrap(k->w, wrapped, k->key, err)
                               : key_make(k->w, k->key, &k->made, err);
    k->there = rc == BUS_OK;
    return rc;
}

/* One field that is not under the key yet. */
static int seal_field(struct sealing *k,
                      enum matcher_sealed what,
                      const struct bus_id *event,
                      struct bus_strv *field,
                      struct bus_err *err)
{
    struct bus_strv plain;
    const struct bus_wire_binding b = {sealed_as[what].stands,
                                       sealed_as[what].field, event};
    if (bus_wire_sealed_under(*field)) {
        return BUS_OK;
    }
    int rc = matcher_keys_open(k->w, what, event, *field, &plain, err);
    if (rc == BUS_ECRYPT && !bus_id_eq(event, &k->w->cause)) {
        k->w->reason_code = NULL; /* of long ago: it stays closed as it is */
        return BUS_OK;
    }
    BUS_TRY(rc);
    BUS_TRY(key_bring(k, err));
    BUS_CHECK(k->there);
    return bus_wire_seal_under(k->w->lane->keys, k->key, &b, plain,
                               &k->w->lane->event, field, err);
}

static int seal_fields(struct sealing *k,
                       struct sa_household_state *st,
                       struct bus_err *err)
{
    if (st->has_personal) {
        BUS_TRY(seal_field(k, MATCHER_SEALED_PERSONAL, &st->personal_event,
                           &st->personal, err));
    }
    for (size_t i = 0; i < st->assignments.n; i++) {
        struct sa_assignment_state *a = &st->assignments.v[i];
        if (a->has_payee) {
            BUS_TRY(seal_field(k, MATCHER_SEALED_PAYEE, &a->payee_event,
                               &a->payee, err));
        }
    }
    return BUS_OK;
}

int matcher_keys_seal(struct matcher_work *w,
                      struct sa_household_state *st,
                      bool forget,
                      const struct batch_state_key **ret,
                      struct bus_err *err)
{
    struct sealing k = {.w = w};
    BUS_CHECK(!forget || !st->has_personal);
    *ret = w->slot->key;
    if (forget) {
        static const struct batch_state_key gone = {.gone = true};
        *ret = &gone;
        return BUS_OK;
    }
    if (!bus_wire_keyring_seals(w->lane->keys, owner)) {
        return BUS_OK;
    }
    int rc = seal_fields(&k, st, err);
    explicit_bzero(k.key, sizeof(k.key));
    if (k.made != NULL) {
        *ret = k.made;
    }
    return rc;
}

/* --- on the topic --- */

int matcher_keys_put(struct matcher_shell *s,
                     struct matcher_lane *lane,
                     const struct batch_state_slot *slot,
                     struct bus_kafka_out *out,
                     struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    const struct batch_state_key *k = slot->key;
    struct bus_kafka_put put = {
        .partition = slot->partition,
        .key = {bus_id_text(&slot->id, id), BUS_ID_TEXT}};
    if (k == NULL) {
        return BUS_OK;
    }
    if (!k->gone) {
        const struct sa_household_key record = {
            .wrapped = {(const char *)k->wrapped, MATCHER_WRAPPED_BYTES},
            .made_at = k->made_ms};
        BUS_TRY(bus_wire_encode_framed(&sa_household_key_type, &record,
                                       &lane->batch, &put.value, err));
    }
    BUS_CHECK(k->gone == (put.value.p == NULL));
    return bus_kafka_out_put(out, s->out_keys, &put, err);
}

int matcher_keys_beat(struct matcher_shell *s,
                      int32_t partition,
                      struct bus_kafka_out *out,
                      struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    const struct bus_kafka_put put = {
        .partition = partition, .key = {bus_id_text(&nobody, id), BUS_ID_TEXT}};
    BUS_CHECK(partition >= 0);
    return bus_kafka_out_put(out, s->out_keys, &put, err);
}

int matcher_keys_keep(struct matcher_partition *p,
                      const struct batch_state_slot *slot,
                      struct bus_err *err)
{
    BUS_CHECK(p != NULL && slot != NULL);
    if (slot->key == NULL) {
        return BUS_OK;
    }
    if (slot->key->gone) {
        matcher_key_table_drop(&p->keys, &slot->id);
        return BUS_OK;
    }
    return matcher_key_table_put(&p->keys, &slot->id, slot->key->wrapped, err);
}

struct reading
{
    struct matcher_lane *lane;
    struct matcher_partition *part;
};

static int
key_read(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct reading *r = data;
    struct bus_id household;
    void *record = NULL;
    bus_arena_reset(&r->lane->event);
    if (!bus_id_parse(m->key, &household)) {
        return bus_fail(err, BUS_EPARSE,
                        "%s[%d] offset %lld: the key is no household's",
                        m->topic, m->partition, (long long)m->offset);
    }
    if (m->value.p == NULL) {
        matcher_key_table_drop(&r->part->keys, &household);
        return BUS_OK;
    }
    BUS_TRY(bus_wire_decode(r->lane->schemas, &sa_household_key_type, m->value,
                            &r->lane->event, &record, err));
    const struct sa_household_key *k = record;
    return k->wrapped.n == MATCHER_WRAPPED_BYTES
               ? matcher_key_table_put(&r->part->keys, &household,
                                       (const uint8_t *)k->wrapped.p, err)
               : bus_fail(err, BUS_EPARSE, "%s[%d] offset %lld: no wrapped key",
                          m->topic, m->partition, (long long)m->offset);
}

int matcher_keys_read(struct matcher_shell *s,
                      struct matcher_lane *lane,
                      int32_t partition,
                      struct bus_err *err)
{
    struct matcher_partition *p = s->partitions[partition];
    struct reading r = {lane, p};
    const char *topic = s->outputs[s->out_keys].topic;
    int64_t ends[2] = {0, 0}, next = 0;
    BUS_CHECK(p != NULL);
    BUS_TRY(bus_kafka_ends(lane->reader, topic, partition, false, ends, err));
    if (p->keys_next > ends[1]) { /* the topic is a new one */
        matcher_key_table_fini(&p->keys);
        p->keys_next = 0;
    }
    const struct bus_kafka_range range = {.topic = topic,
                                          .partition = partition,
                                          .from = p->keys_next,
                                          .compacted = true};
    BUS_TRY(bus_kafka_read(lane->reader, &range, key_read, &r, &next, err));
    p->keys_next = next;
    return BUS_OK;
}
