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
    const char *account, *why, *of, *through, *out, *bank;
    const char *part; /* a file that is not what it will be yet */
    struct bus_arena mem;
    struct treasury_books books;
    struct cli_signed_in by;
};

/* treasury_show.c: what there is; nothing is changed. */
int cli_treasury_lines(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_funds(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_answers(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_batches(struct asked_treasury *a, struct bus_err *err);
int cli_treasury_batch_show(struct asked_treasury *a, struct bus_err *err);
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
int cli_treasury_take_ended(struct asked_treasury *a,
                            int rc,
                            struct bus_err *err);

#endif
