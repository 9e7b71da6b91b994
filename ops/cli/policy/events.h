/* Evaluations that were written: in a file, or found by the ledger. */
#ifndef OPS_CLI_POLICY_EVENTS_H
#define OPS_CLI_POLICY_EVENTS_H

#include "bus/policy/catalogue.h"
#include "ops/cli/tool.h"
#include "schemas/evaluation.h"

#define POLICY_FILE_BYTES_MAX (1u << 30)

/* e and where ("file:3", "evaluations/0/17") live until it returns. Not BUS_OK
 * ends the reading and is returned. */
typedef int (*policy_evaluation_cb)(void *data,
                                    const struct sa_evaluation *e,
                                    const char *where,
                                    struct bus_err *err);
/* One evaluation as it stands in its topic (Confluent framing), an Avro
 * container file of many, of any version that resolves, or JSON objects one
 * behind the other, as `lianou tap` shows them. is_date: is a fact of this name
 * a date (JSON does not tell it from a number)? BUS_EPARSE: the file is
 * something else. */
struct policy_file
{
    const char *path;
    bool (*is_date)(void *data, struct bus_strv fact);
    void *data; /* of is_date */
};
int cli_policy_evaluations_file(const struct policy_file *file,
                                policy_evaluation_cb cb,
                                void *data,
                                struct bus_err *err) BUS_MUSTCHECK;
/* Those of an evaluation's or a case's id, in the order of their topic: places
 * by the ledger, bytes from the topic. BUS_EUNKNOWN: the ledger has none. */
int cli_policy_evaluations_ledger(struct tool *t,
                                  const char *id,
                                  policy_evaluation_cb cb,
                                  void *data,
                                  struct bus_err *err) BUS_MUSTCHECK;
bool cli_policy_fact_is_date(const struct bus_policy_catalogue *c,
                             struct bus_strv fact);
/* A whole file; in mem. */
int cli_policy_file_read(const char *path,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err) BUS_MUSTCHECK;

#endif
