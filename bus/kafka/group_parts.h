/* Inside of a group's member: shared by group*.c only. */
#ifndef BUS_KAFKA_GROUP_PARTS_H
#define BUS_KAFKA_GROUP_PARTS_H

#include "bus/kafka/parts.h"

enum group_state {
    GROUP_LOOKING,
    GROUP_JOINING,
    GROUP_GIVEN,
    GROUP_PLACED,
    GROUP_READY,
    GROUP_READING,
    GROUP_RETURNING,
    GROUP_LOST,
    GROUP_ASKING,
    GROUP_RENEWING,
    GROUP_FAILED,
    GROUP_CLOSED
};
enum group_event {
    GROUP_ON_FOUND,
    GROUP_ON_GIVEN,
    GROUP_ON_PLACES,
    GROUP_ON_OWNER,
    GROUP_ON_REFUSED,
    GROUP_ON_TAKEN,
    GROUP_ON_LOSS,
    GROUP_ON_QUIET,
    GROUP_ON_STUCK,
    GROUP_ON_OURS,
    GROUP_ON_RENEWED,
    GROUP_ON_FAILURE,
    GROUP_ON_CLOSE
};
struct kafka_group
{
    struct bus_run_loop *loop;
    struct bus_kafka_env env;
    struct bus_config_kafka kafka; /* what env points to, kept */
    struct kafka_group_conf conf;
    rd_kafka_t *rk;
    rd_kafka_queue_t *control;
    struct kafka_seam seam;
    struct kafka_watch watch;
    struct bus_run_health *health; /* may be NULL */
    int condition;                 /* "assigned" */
    struct bus_timer *poll, *retry;
    struct bus_run_backoff backoff;
    void (*retry_what)(struct kafka_group *g);
    rd_kafka_topic_partition_list_t *list; /* being or to be assigned */
    /* group_assign.c; `asked` belongs to the pool's thread while working. */
    rd_kafka_topic_partition_list_t *asked; /* a copy of list */
    bool *at_end;                           /* by its places */
    unsigned round, asked_round;            /* which assignment */
    enum group_state state;                 /* group_fsm.c */
    int64_t joining_ms; /* since when; of the monotonic clock */
    bool working;       /* the pool's thread uses the handle */
    bool unanswered; /* the library waits for an assign(): leaving would hang */
    char *member;    /* the id the group gave us last; the library's memory */
    int rc;
    struct bus_err err; /* of the work */
    rd_kafka_topic_partition_list_t *commit;
    void (*closed)(void *data);
    void *closed_data;
};

/* -- group_fsm.c */
void kafka_group_move(struct kafka_group *g, enum group_event event);
bool kafka_group_can(const struct kafka_group *g, enum group_event event);

/* -- group_work.c */
void kafka_group_fail(struct kafka_group *g, const struct bus_err *err);
/* Nothing is assigned, and why. */
void kafka_group_unready(struct kafka_group *g, const char *why);
void kafka_group_retry(struct kafka_group *g,
                       void (*what)(struct kafka_group *g));
void kafka_group_on_retry(void *group); /* the timer's */
/* On the pool; `again` if there is no thread. */
void kafka_group_work(struct kafka_group *g,
                      void (*run)(void *data),
                      void (*done)(void *data),
                      void (*again)(struct kafka_group *g));
/* Gives back what the library waits to be given back. */
void kafka_group_unassign(struct kafka_group *g);
void kafka_group_forget(struct kafka_group *g); /* frees what was asked */

/* -- group_close.c */
void kafka_group_close_step(struct kafka_group *g);
void kafka_group_close_queues(struct kafka_group *g);
void kafka_group_leave(void *group); /* on the pool: the handle goes */
void kafka_group_left(void *group);  /* frees it */

/* -- group_assign.c: from a new g->list to reading */
void kafka_group_given(struct kafka_group *g);
void kafka_group_taken(struct kafka_group *g, bool lost);

/* -- probe.c */

#define KAFKA_PEEK_GAP 1000 /* offsets; more is taken for records */
/* For each element: its offset moves to the partition's end as it is now if
 * nothing but marks of transactions lies in between, else it stays. Blocking,
 * not for long; says nothing about errors. */
void kafka_probe(const struct bus_kafka_env *env,
                 rd_kafka_topic_partition_list_t *list);

#endif
