/* A household's state as it is kept: in parts, so that an answer writes the one
 * it changes and not all of it.
 *
 *   key in `households`     record
 *   <household id>          household_case         the case in hand
 *   <household id>/f        household_facts        what changes seldom
 *   <household id>/<n>      household_assignment   its n-th assignment
 *   names                   household_names        the partition's words
 *
 * Each carries the household's sequence when it was written; the household's is
 * the greatest of them. On disk the parts stand together as one record (a
 * "bundle"). A state of the form before, one record under the household's id,
 * is a bundle of that record alone, and is read as such. */
#ifndef CONSUMERS_MATCHER_STATE_PARTS_H
#define CONSUMERS_MATCHER_STATE_PARTS_H

#include "bus/base/id.h"
#include "bus/wire/framing.h"
#include "consumers/matcher/state_names.h"
#include "schemas/household_state.h"

enum { MATCHER_PART_CASE, MATCHER_PART_FACTS, MATCHER_PART_ASSIGNMENTS };
#define MATCHER_PARTS_MAX 8192 /* of one household */
#define MATCHER_PART_KEY  (BUS_ID_TEXT + 8)

/* "<id>", "<id>/f", "<id>/12". */
struct bus_strv matcher_part_key(const struct bus_id *household,
                                 uint32_t part,
                                 char ret[MATCHER_PART_KEY + 1]);
/* False: no key of a household's part. */
bool matcher_part_of_key(struct bus_strv key,
                         struct bus_id *ret_household,
                         uint32_t *ret_part);
/* The sequence in a part's bytes; -1 for a state of the form before. */
int64_t matcher_part_sequence(struct bus_strv framed);

/* Which event wrote a part: a hash of its id and of the place it was read at.
 * What a partner sends again has another place and so another mark; the same
 * mark again says that the topic has the event's state and its outputs though
 * the group's offsets stand before it. */
#define MATCHER_MARK_BYTES 6
void matcher_mark_make(struct bus_strv topic,
                       int32_t partition,
                       int64_t offset,
                       const struct bus_id *event,
                       uint8_t ret[MATCHER_MARK_BYTES]);

/* The same but for the sequence and the mark; of the version written now. */
bool matcher_part_same(struct bus_strv a, struct bus_strv b);

struct matcher_parts /* views into a bundle */
{
    struct bus_strv *v;
    uint32_t *pass; /* which reading of the topic brought it; 0: none */
    uint32_t n;
};
/* An empty bundle: no parts. */
int matcher_parts_read(struct bus_strv bundle,
                       struct bus_arena *mem,
                       struct matcher_parts *ret,
                       struct bus_err *err) BUS_MUSTCHECK;
int matcher_parts_bundle(const struct matcher_parts *of,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err) BUS_MUSTCHECK;
/* What a part that is read from the topic is, beside what stands on disk.
 * known: the disk has all that was committed, and the topic is read once more
 * from some place before its end, to see that no more than that is there: what
 * the disk has stays, an older version on the way to it changes nothing. */
enum matcher_part_read {
    PART_NEXT, /* to be taken */
    PART_OURS, /* the disk has it, or a later one */
    PART_TORN  /* it repeats, goes back, or nobody committed it */
};
enum matcher_part_read matcher_parts_follow(const struct matcher_parts *on,
                                            uint32_t part,
                                            struct bus_strv framed,
                                            uint32_t pass,
                                            bool known,
                                            int64_t *ret_before);
/* One of the parts was written by this event. */
bool matcher_parts_marked(const struct matcher_parts *in,
                          const uint8_t mark[MATCHER_MARK_BYTES]);
/* Puts one in its place; makes room for it. A state of the form before takes
 * the place of all. */
int matcher_parts_set(struct matcher_parts *in,
                      uint32_t part,
                      struct bus_strv framed,
                      struct bus_arena *mem,
                      struct bus_err *err) BUS_MUSTCHECK;

/* --- as a state --- */

/* What a part was when it was opened, to see whether it must be written anew
 * without writing it. */
struct matcher_opened
{
    struct sa_assignment_state *assignments; /* with lines of their own */
    bool *plain; /* each: written today it would be the same bytes */
    size_t n;
    const struct sa_household_state *rest; /* what the facts' part has; NULL:
                                              written in any case */
};
struct matcher_parted
{
    struct matcher_parts parts;
    struct matcher_opened opened;
    struct bus_wire_registry *schemas;
    struct matcher_names *names;
    struct bus_arena *mem;
    uint8_t mark[MATCHER_MARK_BYTES]; /* of the event that is folded */
    int32_t size; /* members; also while the facts are not there */
    bool facts_there;
    bool before; /* it is one record of the form before */
};
/* The case and the assignments; facts, members, applications and the personal
 * part come with matcher_parted_facts(). Texts are borrowed from the bundle and
 * the names. Zeroed for an empty bundle. */
int matcher_parted_open(struct matcher_parted *h,
                        const struct bus_id *household,
                        struct sa_household_state *ret,
                        struct bus_err *err) BUS_MUSTCHECK;
int matcher_parted_facts(struct matcher_parted *h,
                         struct sa_household_state *st,
                         struct bus_err *err) BUS_MUSTCHECK;
/* Encodes what has changed, with st->sequence. *ret_changed: a flag a part,
 * ret->n of them; there is always one. New words get their numbers. */
int matcher_parted_close(struct matcher_parted *h,
                         const struct sa_household_state *st,
                         struct matcher_parts *ret,
                         bool **ret_changed,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
