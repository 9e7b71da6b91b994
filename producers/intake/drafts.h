/* drafts: what could not be taken, kept with its faults for people to mend.
 *
 * One file each, <state>/intake/drafts/<id>.json, mode 0600, written beside and
 * renamed: {"kept_at", "application", "faults"}. What is no JSON is kept, too:
 * its application is a text, as it came, or {"hex"} of what is not even that.
 * The id follows from the application: the same thing sent again is the same
 * draft. Personal data stands in it in clear, as it was sent: the folder is
 * 0700, and what is shown is masked. */
#ifndef PRODUCERS_INTAKE_DRAFTS_H
#define PRODUCERS_INTAKE_DRAFTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/base/buf.h"
#include "bus/base/id.h"
#include "bus/run/loop.h"
#include "producers/intake/form.h"

struct drafts
{
    char dir[512];
    uint64_t bytes, max_bytes; /* as counted at opening, and since */
};

/* Makes the folder and counts what is there. */
int intake_drafts_open(struct drafts *d,
                       const char *dir,
                       uint64_t max_bytes,
                       struct bus_err *err) BUS_MUSTCHECK;
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
    json_t *json; /* whole; NULL: the file is torn */
};
/* All, oldest first; free with intake_drafts_free(). */
int intake_drafts_list(const struct drafts *d,
                       struct draft **ret,
                       size_t *ret_count,
                       struct bus_err *err) BUS_MUSTCHECK;
void intake_drafts_free(struct draft *list, size_t count);
/* BUS_EUNKNOWN: no such draft. json_decref() it. */
int intake_drafts_read(const struct drafts *d,
                       const char *id,
                       json_t **ret,
                       struct bus_err *err) BUS_MUSTCHECK;
int intake_drafts_drop(const struct drafts *d,
                       const char *id,
                       struct bus_err *err) BUS_MUSTCHECK;
/* Of the draft's application, in place: names, numbers, addresses and accounts
 * become "***" wherever they stand; all of it, if it is no JSON. */
void intake_drafts_mask(json_t *draft);
/* The application as it is to be mended. */
int intake_drafts_text(const json_t *draft,
                       struct bus_buf *ret,
                       struct bus_err *err) BUS_MUSTCHECK;

#endif
