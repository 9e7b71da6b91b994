/* drafts: what could not be taken, kept with its faults for people to mend.
 *
 * One file each, <state>/intake/drafts/<id>.json, mode 0600, written beside and
 * renamed: {"kept_at", "sealed"}, where sealed is {"application", "faults"} for
 * who mends: the owner "drafts" of the keyring, or "bus" where there is none.
 * The door cannot open it again. What is no JSON is kept, too: its application
 * is a text, as it came, or {"hex"} of what is not even that. The id follows
 * from the application: the same thing sent again is the same draft. What is
 * older than intake.drafts_keep is taken away. */
#ifndef PRODUCERS_INTAKE_DRAFTS_H
#define PRODUCERS_INTAKE_DRAFTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/buf.h"
#include "bus/base/id.h"
#include "bus/run/loop.h"
#include "bus/wire/keyring.h"
#include "producers/intake/form.h"

#define DRAFTS_OWNER "drafts" /* whose keys seal them */

struct drafts_conf
{
    const char *dir;
    uint64_t max_bytes;
    int64_t keep_ms;                /* 0: for ever */
    struct bus_wire_keyring *seals; /* lent; NULL: for reading only */
    struct bus_wire_keyring *opens; /* lent; NULL: for keeping only */
};
struct drafts
{
    char dir[512];
    uint64_t bytes, max_bytes; /* as counted at opening, and since */
    int64_t keep_ms;
    struct bus_wire_keyring *seals, *opens;
};

/* Makes the folder, takes away what is too old, counts the rest. */
int intake_drafts_open(struct drafts *d,
                       const struct drafts_conf *conf,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Takes away what is too old by now: now and then, on the loop. Returns how
 * many. */
size_t intake_drafts_expire(struct drafts *d);
/* Keeps it on a worker, synced; then done() on the loop: id, or NULL when it
 * could not be kept (err: BUS_EFULL at the limit or on a full disk). */
typedef void (*drafts_done)(void *token,
                            const char *id,
                            const struct bus_err *err);
int intake_drafts_keep(struct drafts *d,
                       struct bus_run_loop *loop,
                       const json_t *application,
                       const struct form *form,
                       drafts_done done,
                       void *token,
                       struct bus_err *err) BUS_MUSTCHECK;

/* The application of bytes that are no JSON. NULL: no memory. */
json_t *intake_drafts_raw(struct bus_strv bytes);

/* --- for the command --- */

struct draft
{
    char id[BUS_ID_TEXT + 1];
    json_t *json; /* whole; NULL: the file is torn, or closed */
    bool closed;  /* no key here opens it */
};
/* All, oldest first; free with intake_drafts_free(). */
int intake_drafts_list(const struct drafts *d,
                       struct draft **ret,
                       size_t *ret_count,
                       struct bus_err *err) BUS_MUSTCHECK;
void intake_drafts_free(struct draft *list, size_t count);
/* BUS_EUNKNOWN: no such draft; BUS_ECRYPT: no key here opens it. json_decref()
 * it. */
int intake_drafts_read(const struct drafts *d,
                       const char *id,
                       json_t **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
int intake_drafts_drop(const struct drafts *d,
                       const char *id,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Of the draft's application, in place: every value becomes "***" but those of
 * a few words that say nothing of a person; all of it, if it is no JSON. facts:
 * the values of facts stay, for who has said what for. */
void intake_drafts_mask(json_t *draft, bool facts);
/* The application as it is to be mended. */
int intake_drafts_text(const json_t *draft,
                       struct bus_buf *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
