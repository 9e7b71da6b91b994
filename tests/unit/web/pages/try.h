/* What the pages of test_page.c show. */
#ifndef TESTS_UNIT_WEB_PAGES_TRY_H
#define TESTS_UNIT_WEB_PAGES_TRY_H

#include "bus/web/page.h"

struct try_row
{
    const char *name;
    int64_t amount_fen;
    bool is_mine;
};
struct try_head
{
    struct bus_strv title;
};
struct try_all
{
    struct try_head head;
    char text[200];
    const char *address, *piece;
    int count;
    struct try_row *rows;
    size_t rows_count;
    struct bus_web_markup made;
};

#endif
