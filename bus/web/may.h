/* Whose case may be read by whom, and what of it: authorisation by object, on
 * the document of bus/ledger/cases.h. Pure.
 *
 *   this machine      everything
 *   a village's       his village
 *   a station's       the villages it serves
 *   a town's          the town's villages
 *   the county's      all of them
 *   a department's    cases that have an assignment of it, and of these only
 *                     what concerns its own items; a system whose name is a
 *                     department's code, likewise
 *   a resident        the case of his application (who he is was asked before)
 *   anybody else      nothing, as if there were none */
#ifndef BUS_WEB_MAY_H
#define BUS_WEB_MAY_H

#include <jansson.h>

#include "bus/web/callers.h"

enum bus_web_sees {
    BUS_WEB_NOTHING,
    BUS_WEB_ALL,
    BUS_WEB_PLACE,
    BUS_WEB_ITEMS
};
struct bus_web_scope
{
    enum bus_web_sees sees;
    char code[40]; /* of the village, station or town; of the department */
};
struct bus_web_scope bus_web_scope_of(const struct bus_web_caller *caller,
                                      const struct bus_config *config,
                                      const struct bus_register *registers,
                                      int32_t day);
/* division: of the case, 12 digits; "" where it is not known. */
bool bus_web_may_place(const struct bus_web_scope *scope,
                       const struct bus_config *config,
                       const char *division);
/* Takes from a case's document what the scope does not show. False: nothing of
 * it may be seen. */
bool bus_web_may_read(const struct bus_web_scope *scope,
                      const struct bus_config *config,
                      json_t *case_document);

#endif
