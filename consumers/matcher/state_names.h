/* The words of one partition's states, each with a number: its place in a list
 * that only grows, so that a number means the same for ever. The list is a
 * record of its own in the `households` topic (household_names), written in the
 * transaction that first uses a new word. One thread at a time. */
#ifndef CONSUMERS_MATCHER_STATE_NAMES_H
#define CONSUMERS_MATCHER_STATE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"

#define MATCHER_NAMES_KEY  "names" /* of the record */
#define MATCHER_NAMES_MAX  65536
#define MATCHER_NAME_BYTES 64
/* What partners say may not fill it: behind so many their words stay words. */
#define MATCHER_NAMES_FREE 4096

struct matcher_names
{
    struct bus_strv *v;
    size_t n, cap;
    uint32_t *slots; /* place + 1 by hash; 0 = free */
    size_t slot_count;
    size_t written; /* those the topic has */
    struct bus_arena mem;
};

void matcher_names_init(struct matcher_names *to);
void matcher_names_fini(struct matcher_names *of);
/* The word's number, -1 if it has none. */
int32_t matcher_names_find(const struct matcher_names *in,
                           struct bus_strv word);
/* The same, and gives it one. ours: from the catalogue or the configuration;
 * else -1 for a word that is too long or one too many. */
int matcher_names_number(struct matcher_names *in,
                         struct bus_strv word,
                         bool ours,
                         int32_t *ret,
                         struct bus_err *err) BUS_MUSTCHECK;
/* The word of a number; the empty view for -1. BUS_EBUG for one that was never
 * given. */
int matcher_names_word(const struct matcher_names *in,
                       int32_t number,
                       struct bus_strv *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

/* The record, framed, in mem; and back: what is there already stays, more is
 * added. */
int matcher_names_encode(const struct matcher_names *of,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err) BUS_MUSTCHECK;
int matcher_names_decode(struct matcher_names *to,
                         struct bus_strv framed,
                         struct bus_arena *mem,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
