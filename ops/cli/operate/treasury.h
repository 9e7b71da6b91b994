/* Between the files of `lianou treasury`. */
#ifndef OPS_CLI_OPERATE_TREASURY_H
#define OPS_CLI_OPERATE_TREASURY_H

#include "consumers/treasury/books.h"
#include "ops/cli/sign_in.h"

#define TREASURY_WORDS 4

struct asked_treasury
{
    struct tool t;
    const char *words[TREASURY_WORDS]; /* "batch", "approve", its id; NULL */
    const char *account, *why, *of, *through, *out, *bank, *as;
    const char *part; /* a file that is not what it will be yet */
    const char *kind; /* of a file that is taken; NULL: not known yet */
    const char *gap;  /* the fund of a statement that was refused for one */
    struct bus_arena mem;
    struct treasury_books books;
    struct cli_signed_in by;
};

/* Of one question: a column is a text, or fen that people read as yuan. */
struct shown
{
    const char *head; /* column titles */
    const char *form; /* a letter a column: s text, y yuan, - not shown */
    const int *width;
};
int cli_treasury_show(struct asked_treasury *a,
                      const char *sql,
                      const char *const *params,
                      size_t n,
                      const struct shown *s,
                      struct bus_err *err);

/* treasury_show.c: what there is; nothing is changed. */
int cli_treasury_lines(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_funds(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_answers(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_batches(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_batch_show(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_years(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_budgets(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_due_show(struct asked_treasury *a,
                          const char *through,
                          struct bus_err *err);

/* treasury_files.c: a batch as its bank's file, and what a bank gives back.
 * before: ahead of the transaction; ended: after it, rc is its end. */
int cli_treasury_file_before(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_file(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_file_ended(struct asked_treasury *a,
                            int rc,
                            struct bus_err *err);
int cli_treasury_take_before(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_take(struct asked_treasury *a, struct bus_err *err);
/* Of statements too: a file that is refused is a row, and waits. */
int cli_treasury_take_ended(struct asked_treasury *a,
                            int rc,
                            struct bus_err *err);
/* words[1] into the state folder by its SM3; a->part is the copy. */
int cli_treasury_file_keep(struct asked_treasury *a, struct bus_err *err);

/* treasury_statements.c: what a bank says of a fund's account. */
int cli_treasury_statement_before(struct asked_treasury *a,
                                  struct bus_err *err);
int cli_treasury_statement(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_statement_show(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_statements(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_differences(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_files(struct asked_treasury *a, struct bus_err *err);

#endif
