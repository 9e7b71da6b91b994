/* What two people saw in a house, on pages: the facts that the dictionary lets
 * a survey say, filled in with the step SURVEYED. The matcher says them in the
 * survey's name. */
#ifndef PRODUCERS_DESK_FOUND_FOUND_H
#define PRODUCERS_DESK_FOUND_FOUND_H

#include <jansson.h>

#include "bus/ledger/household_of.h"
#include "producers/desk/desk.h"
#include "schemas/fact.h"

/* A group for each fact, of the household and of the members of the case's
 * document; each input empty. NULL: no memory. */
const struct desk_group *
desk_found_groups(struct desk_visit *v, const json_t *document, size_t *ret_n);
/* Has anything been filled in? */
bool desk_found_said(const struct desk_visit *v);
/* It, as of today, of the people of home as the document numbers them. False: a
 * fact that is no survey's, a value that is none of its, a person who is not
 * there, or no memory. */
bool desk_found_read(const struct desk_visit *v,
                     const struct bus_ledger_household *home,
                     struct sa_fact **ret,
                     size_t *ret_n);

#endif
