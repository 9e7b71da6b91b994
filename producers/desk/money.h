/* Between the files of the pages of who pays: asking the treasury's door
 * (consumers/treasury/door.h) as himself. The desk holds no money of its own
 * and reads no table of the treasury. */
#ifndef PRODUCERS_DESK_MONEY_H
#define PRODUCERS_DESK_MONEY_H

#include "bus/web/fetch.h"
#include "producers/desk/desk.h"

struct desk_paying
{
    struct desk_visit *v;
    const char *path;  /* behind the treasury's address */
    const char *about; /* of the reading log: "board", a batch */
    json_t *body;      /* of a POST, taken; NULL: a GET */
    /* Once: an answer of 2xx. It is freed afterwards. */
    void (*shown)(struct desk_paying *m, const json_t *answer);
    /* Once instead: refused; in the reader's language. NULL: a page says so. */
    void (*refused)(struct desk_paying *m, int status, const char *why);
    void *data;
    struct bus_web_fetch fetch;
    char token[BUS_WEB_TOKEN_HEX + 1];
};
/* In v->mem, or NULL when that was answered: for whom there is no such page. */
struct desk_paying *desk_paying(struct desk_visit *v);
/* A look is written down first; what changes something is the treasury's row.
 */
void desk_pay_ask(struct desk_paying *m);

/* Texts of an answer, "" for none, in v->mem. */
const char *
desk_pay_text(const struct desk_visit *v, const json_t *row, const char *key);
int64_t desk_pay_number(const json_t *row, const char *key);
/* The list under this key as lines of a page. */
const struct desk_money_line *
desk_pay_lines(const struct desk_visit *v, const json_t *answer, size_t *ret);
/* money.c: the board, with what was wrong. */
void desk_money_show(struct desk_visit *v, const char *fault);

#endif
