/* What of the state's facts goes out. They are numbered and written once an
 * event: the evaluation, every assignment and the state take the same bytes. */
#include <string.h>

#include "bus/policy/disclose.h"
#include "bus/policy/source.h"
#include "bus/wire/framing.h"
#include "consumers/matcher/parts.h"
#include "schemas/personal.h"

int matcher_number_list(struct step *s,
                        struct step_facts *in,
                        const struct sa_fact *facts,
                        size_t n)
{
    if (in->ids != NULL && in->of == facts && in->n == n) {
        return BUS_OK;
    }
    *in = (struct step_facts){.of = facts, .n = n};
    in->ids = bus_arena_alloc(s->mem, (n + 1) * sizeof(*in->ids));
    if (in->ids == NULL) {
        return matcher_step_no_memory(s);
    }
    int32_t id = -1;
    for (size_t i = 0; i < n; i++) {
        id = bus_policy_fact_after(s->rules->catalogue, id, facts[i].name);
        in->ids[i] = id;
    }
    return BUS_OK;
}

int matcher_number_facts(struct step *s)
{
    const struct sa_household_state *st = s->state;
    struct step_facts *f = &s->facts;
    BUS_TRY(matcher_step_whole(s));
    size_t n = st->facts.n;
    BUS_TRY(matcher_number_list(s, f, st->facts.v, n));
    if (f->bytes != NULL) {
        return BUS_OK;
    }
    f->ends = bus_arena_alloc(s->mem, (n + 1) * sizeof(*f->ends));
    f->bytes = bus_arena_alloc(s->mem, sizeof(*f->bytes));
    if (f->ends == NULL || f->bytes == NULL) {
        return matcher_step_no_memory(s);
    }
    return bus_wire_encode_field(&sa_household_state_type, st,
                                 offsetof(struct sa_household_state, facts),
                                 s->mem, f->ends, f->bytes, s->err) == BUS_OK
               ? BUS_OK
               : matcher_step_no_memory(s);
}

static uint8_t *put_count(size_t n, uint8_t *p)
{
    uint64_t z = (uint64_t)n << 1; /* zigzag of what is not negative */
    for (; z >= 0x80; z >>= 7) {
        *p++ = (uint8_t)(z | 0x80);
    }
    *p++ = (uint8_t)z;
    return p;
}

#define COUNT_BYTES 10

static bool disclose_may(const struct bus_policy_facts *set, int32_t fact)
{
    return fact >= 0 && bus_policy_facts_has(set, fact);
}

static uint8_t withheld_of(const struct bus_policy_catalogue *c,
                           const struct bus_policy_facts *set)
{
    static const struct
    {
        const char *fact;
        enum matcher_personal part;
    } parts[] = {{"member.name", MATCHER_NAME},
                 {"member.id_number", MATCHER_ID_NUMBER},
                 {"household.phone", MATCHER_PHONE},
                 {"household.address", MATCHER_ADDRESS},
                 {"member.account", MATCHER_ACCOUNT}};
    uint8_t withheld = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        int fact = bus_policy_fact_find(c, bus_strv(parts[i].fact));
        withheld |= disclose_may(set, fact) ? 0 : (uint8_t)parts[i].part;
    }
    return withheld;
}

int matcher_disclosed_facts(struct step *s,
                            struct bus_strv department,
                            struct bus_strv **ret,
                            uint8_t *ret_withheld)
{
    int rc = matcher_number_facts(s);
    if (rc != BUS_OK) {
        return rc;
    }
    const struct step_facts *f = &s->facts;
    struct bus_policy_facts set;
    bus_policy_discloses(s->rules->catalogue, department, s->today, &set);
    *ret_withheld = withheld_of(s->rules->catalogue, &set);
    struct bus_strv *view = bus_arena_alloc(s->mem, sizeof(*view));
    uint8_t *bytes = bus_arena_alloc(s->mem, f->bytes->n + 2 * COUNT_BYTES);
    if (view == NULL || bytes == NULL) {
        return matcher_step_no_memory(s);
    }
    uint8_t head[COUNT_BYTES], *p = bytes + COUNT_BYTES;
    size_t from = (size_t)(put_count(f->n, head) - head), count = 0;
    for (size_t i = 0; i < f->n; i++) {
        size_t n = f->ends[i] - from;
        if (disclose_may(&set, f->ids[i])) {
            memcpy(p, f->bytes->p + from, n);
            p += n;
            count++;
        }
        from = f->ends[i];
    }
    *p++ = 0;
    /* How many there are is known now, and stands before them. */
    size_t n = count > 0 ? (size_t)(put_count(count, head) - head) : 0;
    uint8_t *start = bytes + COUNT_BYTES - n;
    memcpy(start, head, n);
    *view = (struct bus_strv){(const char *)start, (size_t)(p - start)};
    *ret = view;
    return BUS_OK;
}

int matcher_personal_without(struct bus_strv framed,
                             uint8_t withheld,
                             struct bus_arena *mem,
                             struct bus_strv *ret,
                             struct bus_err *err)
{
    static const struct bus_strv none = BUS_STRV("");
    struct bus_strv body;
    uint32_t id = 0;
    void *record = NULL;
    BUS_TRY(bus_wire_unframe(framed, &id, &body, err));
    BUS_TRY(bus_wire_decode_own(&sa_personal_type, body, mem, &record, err));
    struct sa_personal *p = record;
    p->name = withheld & MATCHER_NAME ? none : p->name;
    p->id_type = withheld & MATCHER_ID_NUMBER ? none : p->id_type;
    p->id_no = withheld & MATCHER_ID_NUMBER ? none : p->id_no;
    p->has_phone &= !(withheld & MATCHER_PHONE);
    p->has_address &= !(withheld & MATCHER_ADDRESS);
    bool account = !(withheld & MATCHER_ACCOUNT);
    p->has_bank_code &= account;
    p->has_account &= account;
    p->has_account_holder &= account;
    return bus_wire_encode_framed(&sa_personal_type, p, mem, ret, err);
}
