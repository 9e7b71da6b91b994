/* What a household says of its own case, on pages: the applicant by two things
 * he knows (progress.c), the assistant for people of his own places on their
 * case's page. Either goes to intake (POST /v1/requests), who says it with his
 * own session, so that intake looks at whose it is.
 *
 * Its reason, in people's own words, is in no table of the ledger. The desk
 * keeps it sealed with the key of drafts, beside the event's id, once intake
 * has taken it, and shows it to who may see the request; an erased household's
 * goes the next time somebody looks. What came through another door than a
 * page, or without such a key, has none here. */
#ifndef PRODUCERS_DESK_REQUESTS_REQUESTS_H
#define PRODUCERS_DESK_REQUESTS_REQUESTS_H

#include "producers/desk/case_page.h"
#include "producers/desk/draft.h"

/* request_ask.c: the form, out of a progress or a case's document. */
void desk_request_form(struct desk_visit *v,
                       const json_t *a_case,
                       struct desk_requesting *ret);
/* What the form said, into what intake takes. */
void desk_request_said(const struct desk_visit *v, json_t *to);
/* Its faults in the reader's language. */
const struct desk_line *desk_request_faults(const struct desk_visit *v,
                                            const json_t *answer,
                                            size_t *ret_n);

/* request_keep.c: the form's reason, beside the id that intake gave; then()
 * once, maybe later. What cannot be kept is not. */
void desk_request_keep(struct desk_visit *v,
                       const char *request,
                       const char *application,
                       void (*then)(void *data),
                       void *data);
/* On a pool thread: into the rows of document's "requests", still sealed. */
int desk_request_find(struct bus_pg *pg,
                      json_t *document,
                      struct bus_arena *mem,
                      struct bus_err *err) BUS_MUSTCHECK;
/* On the loop's: the rows for the template. */
void desk_request_rows(const struct desk_visit *v,
                       const json_t *document,
                       struct desk_case *page);

#endif
