/* Bars of what waits, one a town, drawn here: an SVG that is read without
 * colour (the overdue part is hatched, the numbers stand beside). */
#ifndef PRODUCERS_DESK_BARS_H
#define PRODUCERS_DESK_BARS_H

#include "producers/desk/desk.h"

#define DESK_BARS_MAX 64 /* what comes behind is left out */

/* In v->mem; names are escaped; empty when there is no memory, or no row. */
struct bus_web_markup desk_bars(const struct desk_visit *v,
                                const struct desk_office_row *rows,
                                size_t n);

#endif
