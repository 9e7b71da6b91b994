/* What can be asked at the door, in the database: door_acts.c, for door.c. On a
 * pool thread. */
#ifndef CONSUMERS_TREASURY_DOOR_ACTS_H
#define CONSUMERS_TREASURY_DOOR_ACTS_H

#include "bus/base/buf.h"
#include "bus/conf/bus_config.h"
#include "bus/registers/registers.h"
#include "consumers/treasury/books.h"

/* What was asked; texts "" where nothing was said. */
struct treasury_asked
{
    const struct bus_config *config;
    const struct bus_register *registers; /* of that moment */
    const char *operator_id, *batch, *fund, *pay_day, *why, *state;
    const char *difference, *as; /* its name, and what it is */
    const char *award, *budget;  /* an assignment's id; a number */
    const char *yuan;            /* of a budget, "-" before what is taken */
};
/* JSON into `out`. */
typedef int (*treasury_door_act)(struct treasury_books *b,
                                 const struct treasury_asked *a,
                                 struct bus_buf *out,
                                 struct bus_err *err);
int treasury_door_board(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_lines(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_batch(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_prepare(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_approve(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_send(struct treasury_books *b,
                       const struct treasury_asked *a,
                       struct bus_buf *out,
                       struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_withdraw(struct treasury_books *b,
                           const struct treasury_asked *a,
                           struct bus_buf *out,
                           struct bus_err *err) BUS_MUSTCHECK;

int treasury_door_differences(struct treasury_books *b,
                              const struct treasury_asked *a,
                              struct bus_buf *out,
                              struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_look(struct treasury_books *b,
                       const struct treasury_asked *a,
                       struct bus_buf *out,
                       struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_agree(struct treasury_books *b,
                        const struct treasury_asked *a,
                        struct bus_buf *out,
                        struct bus_err *err) BUS_MUSTCHECK;

int treasury_door_awards(struct treasury_books *b,
                         const struct treasury_asked *a,
                         struct bus_buf *out,
                         struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_suspend(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_resume(struct treasury_books *b,
                         const struct treasury_asked *a,
                         struct bus_buf *out,
                         struct bus_err *err) BUS_MUSTCHECK;

int treasury_door_budgets(struct treasury_books *b,
                          const struct treasury_asked *a,
                          struct bus_buf *out,
                          struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_budget_say(struct treasury_books *b,
                             const struct treasury_asked *a,
                             struct bus_buf *out,
                             struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_budget_agree(struct treasury_books *b,
                               const struct treasury_asked *a,
                               struct bus_buf *out,
                               struct bus_err *err) BUS_MUSTCHECK;
int treasury_door_budget_drop(struct treasury_books *b,
                              const struct treasury_asked *a,
                              struct bus_buf *out,
                              struct bus_err *err) BUS_MUSTCHECK;

/* In office that day, in a role that pays, within his limit. BUS_EDENIED with
 * the register's word. Pure. */
int treasury_door_may(const struct treasury_asked *a,
                      int32_t day,
                      int64_t amount_fen,
                      struct bus_err *err) BUS_MUSTCHECK;

#endif
