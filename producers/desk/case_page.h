/* Between the files of a case's page. */
#ifndef PRODUCERS_DESK_CASE_PAGE_H
#define PRODUCERS_DESK_CASE_PAGE_H

#include "producers/desk/desk.h"

/* case_document.c: what he may see of the document, for the template. */
void desk_case_fill(struct desk_visit *v,
                    const json_t *document,
                    struct desk_case *page);
const struct desk_judged *desk_case_judged(const struct desk_visit *v,
                                           const json_t *document,
                                           const char *item,
                                           size_t *ret_n);
/* What was granted goes on, and may be ended: by the catalogue, not once. */
bool desk_award_stands(const struct desk_visit *v,
                       const char *item,
                       bool granted);
const char *desk_case_code(const json_t *row, const char *key);

#endif
