/* The typed configuration of the whole bus: one folder, `bus-config/`.
 *
 *   bus.yaml          bus, Kafka, roles, limits            KEYS.md has each key
 *   partners.d/       one YAML file a partner; funds.yaml: fund -> bank
 *   facts.yaml        the fact dictionary and who may supply which fact
 *   words.yaml        what words are called on screens; may be absent
 *   standards.yaml    dated parameters (a tree)
 *   policies/         <department>/<code>.yaml, interactions.yaml (trees)
 *   divisions/        371425.csv (villages), stations.csv (village -> station)
 *   registers/        operators.csv; the rest is bus/registers' matter
 *   calendar/         <year>.yaml holidays and make-up workdays
 *
 * bus_conf_open() collects all faults; the struct is valid only if there were
 * none, never changes and may be read by any thread. It owns its texts. */
#ifndef BUS_CONF_BUS_CONFIG_H
#define BUS_CONF_BUS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"
#include "bus/conf/authority.h"
#include "bus/conf/county.h"
#include "bus/conf/facts.h"
#include "bus/conf/http.h"
#include "bus/conf/keys.h"
#include "bus/conf/partner.h"

struct bus_config_county
{
    const char *code, *name, *name_zh, *lead; /* "371425"; a department's */
};
enum bus_kafka_security {
    BUS_KAFKA_PLAINTEXT,
    BUS_KAFKA_SSL,
    BUS_KAFKA_SASL_PLAINTEXT,
    BUS_KAFKA_SASL_SSL
};
struct bus_config_retention
{
    int64_t case_ms, partner_ms, facts_ms, trouble_ms; /* by topic class */
};
struct bus_config_kafka
{
    const char *bootstrap; /* host:port[,host:port] */
    bool embedded;         /* the mock cluster inside `lianou demo` */
    int security;          /* enum bus_kafka_security */
    const char *sasl_mechanism, *username, *password; /* NULL: none */
    const char *ca_file, *cert_file, *key_file;       /* NULL: none */
    const char *key_password;                         /* of key_file */
    int64_t partitions;                               /* of every case topic */
    int64_t replication, min_insync;
    int64_t message_bytes_max;
    struct bus_config_retention retention;
};
struct bus_config_matcher
{
    int64_t lanes, batch_max;              /* batch: events a transaction */
    int64_t batch_wait_ms, answer_wait_ms; /* when idle; for answers alone */
    int64_t transaction_ms;                /* transaction.timeout.ms */
    int64_t map_bytes;                     /* one partition's state on disk */
    int64_t park_max;                      /* events parked for one household */
};
struct bus_config_intake
{
    int64_t body_bytes_max, connections_max;
    int64_t journal_bytes_max; /* then 503 */
    int64_t draft_bytes_max;
    int64_t draft_keep_ms;
    int64_t kafka_wait_ms; /* for an acknowledgement; then the journal */
};
struct bus_config_ledger
{
    const char *conninfo; /* libpq */
    int64_t connections;
    int64_t batch_rows;
    int64_t batch_wait_ms;
    int64_t statement_ms; /* time-out */
};
struct bus_config_keys
{
    const char *ring;       /* keyring file, mode 0600 */
    const char *person_key; /* key file of person and household ids, 0600 */
    const char *callers, *accounts; /* keyrings, 0600: who signs; factors */
    int cipher;                     /* 0 aes-256-gcm; others are refused */
};
struct bus_config_run
{
    int64_t drain_ms;                   /* SIGTERM to exit */
    int64_t retry_min_ms, retry_max_ms; /* of an absent broker or database */
};

struct bus_config
{
    struct bus_arena mem;
    const char *folder;
    const char *prefix; /* "qihe." */
    struct bus_config_county county;
    const char *state_dir, *registers; /* folders: on disk; of the register */
    struct bus_config_kafka kafka;
    struct bus_config_matcher matcher;
    struct bus_config_intake intake;
    struct bus_config_ledger ledger;
    struct bus_config_http http;
    struct bus_config_desk desk;
    struct bus_config_keys keys;
    struct bus_config_bureau bureau;
    struct bus_config_money money;
    struct bus_config_treasury treasury;
    struct bus_config_seals seals;
    struct bus_config_process process;
    struct bus_config_times times;
    struct bus_config_run run;
    const struct bus_node *node;       /* bus.yaml */
    struct bus_conf_partner *partners; /* by kind, then code */
    size_t partners_count;
    struct bus_fund *funds;
    size_t funds_count;
    struct bus_village *villages; /* by code */
    size_t villages_count;
    struct bus_station *stations; /* by code */
    size_t stations_count;
    struct bus_operator *operators; /* by id, then from_day */
    size_t operators_count;
    struct bus_fact *facts; /* as in the file */
    size_t facts_count;
    struct bus_fact_source *sources;
    size_t sources_count;
    const struct bus_node **calendars; /* one map a year, by year */
    size_t calendars_count;
    const struct bus_node *facts_node, *standards_node, *interactions_node;
    const struct bus_node *words_node; /* NULL: there is no words.yaml */
    const struct bus_node **policies;  /* one map a file, by file name */
    size_t policies_count, models_count;
    struct bus_source *models; /* policies/<dept>/<name>.dmn */
};

/* Reads the folder. Returns 0 or the first fault (faults has all of them);
 * faults may be NULL. Call bus_conf_close() in any case. The faults live in
 * the configuration's arena: print them before closing. */
int bus_conf_open(struct bus_config *c,
                  const char *folder,
                  struct bus_faults *faults,
                  struct bus_err *err) BUS_MUSTCHECK;
void bus_conf_close(struct bus_config *c); /* NULL or zeroed is allowed */
/* KEYS.md. */
void bus_conf_print_keys(struct bus_buf *out);

/* HTTP would be heard beyond this machine, without TLS, and nobody has said
 * that it may. */
bool bus_conf_http_beyond(const struct bus_config *c);

/* Finders: NULL if there is none. */
const struct bus_conf_partner *bus_conf_partner(const struct bus_config *c,
                                                const char *code);
const struct bus_fund *bus_conf_fund(const struct bus_config *c,
                                     const char *code);
const struct bus_village *bus_conf_village(const struct bus_config *c,
                                           struct bus_strv code);
const struct bus_fact *
bus_conf_fact(const struct bus_config *c, int scope, struct bus_strv name);

enum bus_topic_cleanup { BUS_TOPIC_DELETE, BUS_TOPIC_COMPACT };
struct bus_topic
{
    const char *name; /* with the prefix */
    int32_t partitions;
    int16_t replication;
    int cleanup;          /* enum bus_topic_cleanup */
    int64_t retention_ms; /* -1 = for ever */
    const char *owner;    /* partner or source code; NULL: the bus */
    int64_t forget_ms;    /* COMPACT: cleaned within; 0: whenever */
};
/* Every topic of the bus, in the order of their names; in mem. */
int bus_conf_topics(const struct bus_config *c,
                    struct bus_arena *mem,
                    struct bus_topic **ret,
                    size_t *ret_count,
                    struct bus_err *err) BUS_MUSTCHECK;
/* One name: bus_conf_topic(c, mem, "assignments", "MZ") ->
 * "qihe.assignments.MZ"; part NULL: "qihe.applications". */
const char *bus_conf_topic(const struct bus_config *c,
                           struct bus_arena *mem,
                           const char *what,
                           const char *part);
/* <state_dir>/<role>[/<name>] */
const char *bus_conf_state(const struct bus_config *c,
                           struct bus_arena *mem,
                           const char *role,
                           const char *name);

/* Cross-checks between files: partners' topics, policies' owners, villages'
 * stations, funds' banks, facts' sources. Faults are added. */
void bus_conf_check(const struct bus_config *c, struct bus_faults *faults);

#endif
