/* The monthly sheets of what was paid, for anybody (ops/docs/sheets.md). A list
 * of what the tables of the ledger say is published; a sheet is the file that
 * `lianou sheets make` wrote into the folder desk.sheets, shown only when its
 * SM3 is the one that was published and has not been withdrawn. It has no
 * names, and nothing here looks for any. */
#ifndef PRODUCERS_DESK_SHEETS_SHEETS_H
#define PRODUCERS_DESK_SHEETS_SHEETS_H

#include "producers/desk/desk.h"

void desk_sheets(struct desk_visit *v);
void desk_sheet(struct desk_visit *v);
/* The same bytes that were published, for whoever checks them. */
void desk_sheet_json(struct desk_visit *v);

#endif
