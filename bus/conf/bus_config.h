/* The typed configuration of the whole bus: one folder, `bus-config/`.
 *
 *   bus.yaml          bus, Kafka, roles, limits            KEYS.md has each key
 *   partners.d/       one YAML file a partner
 *   funds.yaml        fund -> paying bank
 *   facts.yaml        the fact dictionary and who may supply which fact
 *   standards.yaml    dated parameters (a tree: the policy room reads it)
 *   policies/         <department>/<code>.yaml, interactions.yaml (trees)
 *   divisions/        371425.csv (villages), stations.csv (village -> station)
 *   operators.csv     who may act for which organisation, from when to when
 *   calendar/         <year>.yaml holidays and make-up workdays
 *
 * bus_config_open() reads everything and collects all faults; what is in the
 * struct is valid only if there were none. Nothing changes after it, so it may
 * be read by any thread. All texts live in the configuration's own arena. */
#ifndef BUS_CONF_BUS_CONFIG_H
#define BUS_CONF_BUS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/faults.h"
#include "bus/base/node.h"
#include "bus/conf/keys.h"

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
    int64_t partitions;                               /* of every case topic */
    int64_t replication, min_insync;
    int64_t message_bytes_max;
    struct bus_config_retention retention;
};
struct bus_config_matcher
{
    int64_t lanes;
    int64_t batch_max;      /* applications a transaction */
    int64_t batch_wait_ms;  /* when idle */
    int64_t transaction_ms; /* transaction.timeout.ms */
    int64_t map_bytes;      /* LMDB map of one partition */
    int64_t park_max;       /* events parked for one household */
};
struct bus_config_intake
{
    int64_t body_bytes_max;
    int64_t connections_max;
    int64_t journal_bytes_max; /* then 503 */
    int64_t draft_bytes_max;
};
struct bus_config_ledger
{
    const char *conninfo; /* libpq */
    int64_t connections;
    int64_t batch_rows;
    int64_t batch_wait_ms;
    int64_t statement_ms; /* time-out */
};
struct bus_config_http
{
    const char *host;
    int64_t intake, matcher, dispatch, ledger, registry; /* ports; 0 = any */
};
struct bus_config_keys
{
    const char *ring;       /* keyring file, mode 0600 */
    const char *person_key; /* key file of person and household ids, 0600 */
    int cipher;             /* 0 aes-256-gcm, 1 sm4-gcm */
};
struct bus_config_run
{
    int64_t drain_ms;                   /* SIGTERM to exit */
    int64_t retry_min_ms, retry_max_ms; /* of an absent broker or database */
};

enum bus_partner_kind {
    BUS_PARTNER_DEPARTMENT,
    BUS_PARTNER_BANK,
    BUS_PARTNER_POST,
    BUS_PARTNER_INSURER,
    BUS_PARTNER_CHARITY,
    BUS_PARTNER_KINDS
};
enum bus_partner_transport { BUS_TRANSPORT_KAFKA, BUS_TRANSPORT_SPOOL };
struct bus_partner_limits
{
    int64_t in_flight; /* tasks given out and not yet answered */
    int64_t per_second;
    int64_t message_bytes_max;
};
struct bus_partner_retry
{
    int64_t first_ms, max_ms; /* exponential, jittered */
    int64_t tries;            /* then parked, then dead-lettered */
};
struct bus_partner_parking
{
    int64_t per_household; /* events held behind a faulty one */
    int64_t total;
    int64_t give_up_ms; /* then dead-lettered */
};
struct bus_partner_answers
{
    int64_t acknowledge_ms, answer_ms; /* service level; overdue is flagged */
};
struct bus_partner
{
    const char *code; /* "MZ", "nongshang": in topic names */
    const char *name, *name_zh;
    int kind;              /* enum bus_partner_kind */
    int transport;         /* enum bus_partner_transport */
    const char *spool_dir; /* of BUS_TRANSPORT_SPOOL, else NULL */
    const char *org_code;  /* unified social credit code; NULL */
    bool cash;             /* post: pays cash out */
    int64_t cash_max_fen;  /* post: 300000 (S63) */
    struct bus_partner_limits limits;
    struct bus_partner_retry retry;
    struct bus_partner_parking parking;
    struct bus_partner_answers answers;
    int64_t metrics_port;
    struct bus_list key_ids; /* const char *: ids in the keyring, newest last */
    const struct bus_node *node;
};

struct bus_village
{
    const char *code;      /* 12 digits */
    const char *name;      /* Chinese */
    const char *town_code; /* 9 digits */
    const char *town;
    bool community; /* urban neighbourhood, else village */
    const struct bus_station *station;
    struct bus_place at;
};
struct bus_station
{
    const char *code; /* "371425101S01" */
    const char *name;
    const char *town_code;
    size_t villages;
};
struct bus_operator
{
    const char *id; /* "op-000123" */
    const char *name;
    const char *org;          /* village, station, town, county, partner code */
    const char *role;         /* assistant, clerk, approver, ... */
    int32_t from_day, to_day; /* to_day INT32_MAX = open; both inclusive */
    struct bus_place at;
};
struct bus_fund
{
    const char *code, *name, *name_zh;
    const char *bank; /* partner code */
    const struct bus_node *node;
};

enum bus_fact_scope { BUS_FACT_HOUSEHOLD, BUS_FACT_MEMBER };
enum bus_fact_type {
    BUS_FACT_MONEY_FEN,
    BUS_FACT_COUNT,
    BUS_FACT_NUMBER,
    BUS_FACT_BOOLEAN,
    BUS_FACT_DATE,
    BUS_FACT_ENUM,
    BUS_FACT_TEXT
};
struct bus_fact_word
{
    const char *word, *en, *zh;
};
struct bus_fact
{
    const char *name; /* "income_total_fen", "disability_grade" */
    int scope;        /* enum bus_fact_scope */
    int type;         /* enum bus_fact_type */
    const char *unit; /* "fen", "month", ...; NULL */
    const char *en, *zh;
    const char *zh_name;     /* usable as a FEEL name */
    struct bus_list words;   /* struct bus_fact_word, of ENUM */
    struct bus_list sources; /* const char *; empty for a derived one */
    bool pii;                /* personal: masked, encrypted */
    bool sensitive;          /* health, accounts, minors (PIPL 28) */
    const char *derived;     /* FEEL expression, NULL if supplied */
    const char *confidence;  /* F K I A, NULL */
    const struct bus_node *node;
};
struct bus_fact_source
{
    const char *code; /* "hospital": facts.<code> */
    const char *en, *zh;
    bool topic;       /* has a topic of its own */
    int64_t fresh_ms; /* older values are to be asked again; 0 = never */
};
struct bus_holiday
{
    int32_t day;
    bool works; /* a make-up workday, else a day off */
};

struct bus_config
{
    struct bus_arena mem;
    const char *folder;
    const char *prefix; /* "qihe." */
    const char *county; /* "371425" */
    const char *county_name, *county_name_zh;
    const char *state_dir; /* what roles keep on disk */
    struct bus_config_kafka kafka;
    struct bus_config_matcher matcher;
    struct bus_config_intake intake;
    struct bus_config_ledger ledger;
    struct bus_config_http http;
    struct bus_config_keys keys;
    struct bus_config_run run;
    const struct bus_node *node;  /* bus.yaml */
    struct bus_partner *partners; /* by kind, then code */
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
    struct bus_holiday *holidays; /* by day */
    size_t holidays_count;
    int32_t calendar_from, calendar_to; /* first and last day known */
    int32_t calendar_provisional_from;  /* INT32_MAX: none */
    const struct bus_node *facts_node, *standards_node, *interactions_node;
    const struct bus_node **policies; /* one map a file, by file name */
    size_t policies_count;
};

/* Reads the folder. Returns 0 or the first fault (faults has all of them);
 * faults may be NULL. Call bus_config_close() in any case. The faults live in
 * the configuration's arena: print them before closing. */
int bus_config_open(struct bus_config *c,
                    const char *folder,
                    struct bus_faults *faults,
                    struct bus_err *err) BUS_MUSTCHECK;
void bus_config_close(struct bus_config *c); /* NULL or zeroed is allowed */
/* The folder: argument, else $LIANOU_CONFIG, else ./bus-config, else
 * /etc/lianou. */
const char *bus_config_folder(const char *argument);
/* KEYS.md. */
void bus_config_print_keys(struct bus_buf *out);

/* Finders: NULL if there is none. */
const struct bus_partner *bus_config_partner(const struct bus_config *c,
                                             const char *code);
const struct bus_fund *bus_config_fund(const struct bus_config *c,
                                       const char *code);
const struct bus_village *bus_config_village(const struct bus_config *c,
                                             struct bus_strv code);
const struct bus_fact *
bus_config_fact(const struct bus_config *c, int scope, struct bus_strv name);
/* The person of that id who has a role on that day; org NULL = any. */
const struct bus_operator *bus_config_operator(const struct bus_config *c,
                                               struct bus_strv id,
                                               const char *org,
                                               int32_t day);

/* Days. Outside the calendar's years Monday to Friday are working days; ask
 * bus_config_day_known() where that matters. */
bool bus_config_is_workday(const struct bus_config *c, int32_t day);
bool bus_config_day_known(const struct bus_config *c, int32_t day);
/* The last day of a limit of n (working) days that starts after `day` (the
 * first day is not counted, Civil Code 201); of calendar days a last day that
 * is no working day moves to the next one (203). */
int32_t bus_config_add_workdays(const struct bus_config *c, int32_t day, int n);
int32_t bus_config_add_days(const struct bus_config *c, int32_t day, int n);

enum bus_topic_cleanup { BUS_TOPIC_DELETE, BUS_TOPIC_COMPACT };
struct bus_topic
{
    const char *name; /* with the prefix */
    int32_t partitions;
    int16_t replication;
    int cleanup;          /* enum bus_topic_cleanup */
    int64_t retention_ms; /* -1 = for ever */
    const char *owner;    /* partner or source code; NULL: the bus */
};
/* Every topic of the bus, in the order of their names; in mem. */
int bus_config_topics(const struct bus_config *c,
                      struct bus_arena *mem,
                      struct bus_topic **ret,
                      size_t *ret_count,
                      struct bus_err *err) BUS_MUSTCHECK;
/* One name: bus_config_topic(c, mem, "assignments", "MZ") ->
 * "qihe.assignments.MZ"; part NULL: "qihe.applications". */
const char *bus_config_topic(const struct bus_config *c,
                             struct bus_arena *mem,
                             const char *what,
                             const char *part);
/* State of a role on disk: <state_dir>/<role>[/<name>]. */
const char *bus_config_state(const struct bus_config *c,
                             struct bus_arena *mem,
                             const char *role,
                             const char *name);

/* Cross-checks between files: partners' topics, policies' owners, villages'
 * stations, funds' banks, operators' organisations, facts' sources, every
 * village's one civil-affairs assistant on `day`. Faults are added. */
void bus_config_check(const struct bus_config *c,
                      int32_t day,
                      struct bus_faults *faults);

#endif
