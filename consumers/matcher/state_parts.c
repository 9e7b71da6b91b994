#include "consumers/matcher/state_parts.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/hash.h"
#include "schemas/household_case.h"

#define PART_IDS_FROM   101 /* schema ids of parts, whatever their version */
#define PART_MARKS_FROM 111 /* those that have a mark behind the sequence */

struct bus_strv matcher_part_key(const struct bus_id *household,
                                 uint32_t part,
                                 char ret[MATCHER_PART_KEY + 1])
{
    (void)bus_id_text(household, ret);
    size_t n = BUS_ID_TEXT;
    BUS_CHECK(part < MATCHER_PARTS_MAX);
    if (part == MATCHER_PART_FACTS) {
        ret[n++] = '/';
        ret[n++] = 'f';
    } else if (part >= MATCHER_PART_ASSIGNMENTS) {
        n += (size_t)snprintf(ret + n, MATCHER_PART_KEY + 1 - n, "/%u",
                              part - MATCHER_PART_ASSIGNMENTS);
    }
    return (struct bus_strv){ret, n};
}

bool matcher_part_of_key(struct bus_strv key,
                         struct bus_id *ret_household,
                         uint32_t *ret_part)
{
    struct bus_strv front = {key.p, BUS_ID_TEXT};
    int64_t number = 0;
    if (key.n < BUS_ID_TEXT || !bus_id_parse(front, ret_household)) {
        return false;
    }
    struct bus_strv rest = {key.p + BUS_ID_TEXT, key.n - BUS_ID_TEXT};
    *ret_part = MATCHER_PART_CASE;
    if (rest.n == 0) {
        return true;
    }
    if (bus_strv_is(rest, "/f")) {
        *ret_part = MATCHER_PART_FACTS;
        return true;
    }
    rest = (struct bus_strv){rest.p + 1, rest.n - 1};
    if (key.p[BUS_ID_TEXT] != '/' || !bus_strv_to_i64(rest, &number) ||
        number < 0 || number >= MATCHER_PARTS_MAX - MATCHER_PART_ASSIGNMENTS) {
        return false;
    }
    *ret_part = MATCHER_PART_ASSIGNMENTS + (uint32_t)number;
    BUS_CHECK(*ret_part < MATCHER_PARTS_MAX);
    return true;
}

int64_t matcher_part_sequence(struct bus_strv framed)
{
    uint32_t id = 0;
    struct bus_strv body;
    uint64_t z = 0;
    if (bus_wire_unframe(framed, &id, &body, NULL) != BUS_OK ||
        id < PART_IDS_FROM) {
        return -1;
    }
    for (size_t i = 0; i < body.n && i < 10; i++) {
        z |= (uint64_t)(body.p[i] & 0x7f) << (7 * i);
        if (!(body.p[i] & 0x80)) {
            return (int64_t)(z >> 1);
        }
    }
    return -1;
}

void matcher_mark_make(struct bus_strv topic,
                       int32_t partition,
                       int64_t offset,
                       const struct bus_id *event,
                       uint8_t ret[MATCHER_MARK_BYTES])
{
    BUS_CHECK(partition >= 0 && offset >= 0);
    int64_t place[2] = {partition, offset};
    uint64_t h = bus_hash64(topic.p, topic.n, 0);
    h = bus_hash64(place, sizeof(place), h);
    h = bus_hash64(event->b, sizeof(event->b), h);
    memcpy(ret, &h, MATCHER_MARK_BYTES);
}

/* Where what is behind the sequence begins. */
static size_t behind_sequence(struct bus_strv framed)
{
    size_t at = BUS_WIRE_FRAME_BYTES;
    while (at < framed.n && (framed.p[at] & 0x80)) {
        at++;
    }
    return at + 1;
}

bool matcher_parts_marked(const struct matcher_parts *in,
                          const uint8_t mark[MATCHER_MARK_BYTES])
{
    BUS_CHECK(in->n <= MATCHER_PARTS_MAX);
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t id = 0;
        struct bus_strv body;
        size_t at = behind_sequence(in->v[i]);
        if (bus_wire_unframe(in->v[i], &id, &body, NULL) == BUS_OK &&
            id >= PART_MARKS_FROM && at + MATCHER_MARK_BYTES <= in->v[i].n &&
            memcmp(in->v[i].p + at, mark, MATCHER_MARK_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

bool matcher_part_same(struct bus_strv a, struct bus_strv b)
{
    size_t i = behind_sequence(a) + MATCHER_MARK_BYTES;
    size_t k = behind_sequence(b) + MATCHER_MARK_BYTES;
    return a.n >= i && b.n >= k && a.n - i == b.n - k &&
           memcmp(a.p, b.p, BUS_WIRE_FRAME_BYTES) == 0 &&
           memcmp(a.p + i, b.p + k, a.n - i) == 0;
}

/* --- bundles: how many, a length and a pass of each, their bytes; in this
 * machine's order --- */

struct bundle_part
{
    uint32_t bytes, pass;
};

static int parts_make(struct matcher_parts *ret,
                      uint32_t n,
                      struct bus_arena *mem,
                      struct bus_err *err)
{
    BUS_CHECK(n > 0 && n <= MATCHER_PARTS_MAX);
    ret->v = bus_arena_calloc(mem, n, sizeof(*ret->v));
    ret->pass = bus_arena_calloc(mem, n, sizeof(*ret->pass));
    ret->n = n;
    return ret->v && ret->pass
               ? BUS_OK
               : bus_fail(err, BUS_ETOOBIG, "a household's parts");
}

int matcher_parts_read(struct bus_strv bundle,
                       struct bus_arena *mem,
                       struct matcher_parts *ret,
                       struct bus_err *err)
{
    uint32_t n = 0;
    *ret = (struct matcher_parts){0};
    if (bundle.n == 0) {
        return BUS_OK;
    }
    if (bundle.n >= sizeof(n)) {
        memcpy(&n, bundle.p, sizeof(n));
    }
    size_t at = sizeof(n) + (size_t)n * sizeof(struct bundle_part);
    if (n == 0 || n > MATCHER_PARTS_MAX || at > bundle.n) {
        return bus_fail(err, BUS_EBUG, "a household's bundle of %zu bytes",
                        bundle.n);
    }
    BUS_TRY(parts_make(ret, n, mem, err));
    for (uint32_t i = 0; i < n; i++) {
        struct bundle_part p;
        memcpy(&p, bundle.p + sizeof(n) + i * sizeof(p), sizeof(p));
        if (p.bytes > bundle.n - at) {
            return bus_fail(err, BUS_EBUG, "part %u of a household's bundle",
                            i);
        }
        ret->v[i] = (struct bus_strv){p.bytes ? bundle.p + at : NULL, p.bytes};
        ret->pass[i] = p.pass;
        at += p.bytes;
    }
    BUS_CHECK(at <= bundle.n);
    return BUS_OK;
}

int matcher_parts_bundle(const struct matcher_parts *of,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
    BUS_CHECK(of->n > 0 && of->n <= MATCHER_PARTS_MAX);
    size_t n = sizeof(of->n) + of->n * sizeof(struct bundle_part), at = n;
    for (uint32_t i = 0; i < of->n; i++) {
        n += of->v[i].n;
    }
    char *p = bus_arena_alloc(mem, n);
    if (p == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a household's bundle");
    }
    memcpy(p, &of->n, sizeof(of->n));
    for (uint32_t i = 0; i < of->n; i++) {
        struct bundle_part b = {(uint32_t)of->v[i].n, of->pass[i]};
        memcpy(p + sizeof(of->n) + i * sizeof(b), &b, sizeof(b));
        if (b.bytes > 0) {
            memcpy(p + at, of->v[i].p, b.bytes);
        }
        at += b.bytes;
    }
    BUS_CHECK(at == n);
    *ret = (struct bus_strv){p, n};
    return BUS_OK;
}

int matcher_parts_set(struct matcher_parts *in,
                      uint32_t part,
                      struct bus_strv framed,
                      struct bus_arena *mem,
                      struct bus_err *err)
{
    BUS_CHECK(in->n <= MATCHER_PARTS_MAX);
    BUS_CHECK(part < MATCHER_PARTS_MAX);
    if (framed.n > 0 && matcher_part_sequence(framed) < 0) {
        in->n = 0; /* of the form before: it is all there is */
    }
    if (part >= in->n) {
        struct matcher_parts more;
        BUS_TRY(parts_make(&more, part + 1, mem, err));
        if (in->n > 0) {
            memcpy(more.v, in->v, in->n * sizeof(*in->v));
            memcpy(more.pass, in->pass, in->n * sizeof(*in->pass));
        }
        *in = more;
    }
    in->v[part] = framed;
    in->pass[part] = 0;
    return BUS_OK;
}

enum matcher_part_read matcher_parts_follow(const struct matcher_parts *on,
                                            uint32_t part,
                                            struct bus_strv framed,
                                            uint32_t pass,
                                            bool known,
                                            int64_t *ret_before)
{
    BUS_CHECK(on->n <= MATCHER_PARTS_MAX);
    BUS_CHECK(part < MATCHER_PARTS_MAX);
    int64_t now = matcher_part_sequence(framed);
    bool there = part < on->n && on->v[part].n > 0;
    *ret_before = there ? matcher_part_sequence(on->v[part]) : -1;
    if (known) {
        return now > *ret_before ? PART_TORN : PART_OURS;
    }
    return there && now >= 0 && on->pass[part] == pass && now <= *ret_before
               ? PART_TORN
               : PART_NEXT; /* now < 0: of the form before, or deleted */
}
