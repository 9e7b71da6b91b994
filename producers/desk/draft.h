/* What was written on the pages of applying, kept at each step and opened again
 * by its number and the end of the applicant's document.
 *
 * The number is the first half of the form's reference, random. The words are
 * sealed (AES-256-GCM) with the keyring's key of the owner "drafts"; the end of
 * the document is there as a keyed sum. Without such a key, without the
 * applicant's number, or while the database is away nothing is kept, and the
 * page says nothing of a draft: what was written is still in the form. */
#ifndef PRODUCERS_DESK_DRAFT_H
#define PRODUCERS_DESK_DRAFT_H

#include "producers/desk/apply.h"

#define DESK_DRAFT_OWNER "drafts"

#define DESK_DRAFT_SECOND (2 * BUS_WIRE_SUM_BYTES) /* hex digits */

/* then() once, now or later, on the loop; a->draft says if it was kept. */
void desk_draft_keep(struct applying *a, void (*then)(struct applying *a));
/* It was sent: there is no draft any more, then(). */
void desk_draft_end(struct applying *a, void (*then)(struct applying *a));

/* --- sealing, for what is kept elsewhere as well (held/held.h) --- */

bool desk_draft_has_key(const struct desk *d);
/* What was written, in a form that desk_draft_take() reads; NULL: no memory. */
json_t *desk_draft_json(const struct applying *a);
/* Its fields in place of the form's, its reference and its step; NULL: none. */
struct applying *desk_draft_take(struct desk_visit *v, const json_t *all);
/* Sealed as hex digits, bound to what it is and its number; takes all. NULL: it
 * cannot be. */
const char *desk_draft_seal(const struct desk *d,
                            struct bus_arena *mem,
                            const char *record,
                            const char *number,
                            json_t *all);
/* NULL: it is not of this number, or was changed. To be released. */
json_t *desk_draft_open(const struct desk *d,
                        struct bus_arena *mem,
                        const char *record,
                        const char *number,
                        const char *hex);
/* The end of the applicant's document, as the form has it; empty: none. */
struct bus_strv desk_draft_last(const struct desk_visit *v);
/* What it is looked for by; false: it is no end of one. */
bool desk_draft_second(const struct desk_visit *v,
                       const char *number,
                       struct bus_strv last,
                       char ret[DESK_DRAFT_SECOND + 1]);

#endif
