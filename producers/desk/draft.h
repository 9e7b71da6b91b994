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

/* then() once, now or later, on the loop; a->draft says if it was kept. */
void desk_draft_keep(struct applying *a, void (*then)(struct applying *a));
/* It was sent: there is no draft any more, then(). */
void desk_draft_end(struct applying *a, void (*then)(struct applying *a));

#endif
