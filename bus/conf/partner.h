/* A partner as one file of partners.d/ describes it: part of the
 * configuration (bus_config.h), never changed after loading. */
#ifndef BUS_CONF_PARTNER_H
#define BUS_CONF_PARTNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/node.h"
#include "bus/conf/keys.h"

/* The kinds: X(NAME, word, topic to the partner, topic from it). A source is
 * asked nothing; it is told of what it said and nobody can use. */
#define BUS_PARTNER_KIND_LIST(X)                                           \
    X(DEPARTMENT, "department", "assignments", "decisions")                \
    X(BANK, "bank", "payment-orders", "payment-results")                   \
    X(POST, "post", "delivery-tasks", "delivery-receipts")                 \
    X(INSURER, "insurer", "verification-requests", "verification-results") \
    X(CHARITY, "charity", "needs", "claims")                               \
    X(SOURCE, "source", "notices", "facts")
enum bus_conf_partner_kind {
#define X(name, word, out, in) BUS_PARTNER_##name,
    BUS_PARTNER_KIND_LIST(X)
#undef X
        BUS_PARTNER_KINDS
};
struct bus_conf_partner_kind_names
{
    const char *word, *out, *in;
};
extern const struct bus_conf_partner_kind_names
    bus_conf_partner_kind_names[BUS_PARTNER_KINDS];
enum bus_conf_partner_transport {
    BUS_TRANSPORT_KAFKA,
    BUS_TRANSPORT_SPOOL,
    BUS_TRANSPORT_SHEET,
    BUS_TRANSPORT_HTTP,
    BUS_TRANSPORT_EXEC,
    BUS_TRANSPORT_POSTGRES
};
struct bus_conf_partner_limits
{
    int64_t in_flight; /* tasks given out and not yet answered */
    int64_t per_second;
    int64_t message_bytes_max;
};
struct bus_conf_partner_retry
{
    int64_t first_ms, max_ms; /* exponential, jittered */
    int64_t tries;            /* then every max_ms, till parking gives it up */
};
struct bus_conf_partner_parking
{
    int64_t per_household; /* events held behind a faulty one */
    int64_t total;
    int64_t give_up_ms; /* then dead-lettered */
};
struct bus_conf_partner_answers
{
    int64_t acknowledge_ms, answer_ms; /* service level; overdue is flagged */
};
struct bus_conf_partner_seal
{
    const char *id, *key; /* NULL: its adapter seals nothing */
};
struct bus_conf_partner_http
{
    const char *token_sha256; /* 64 hex digits; NULL: nobody may ask */
};
/* Transport http the other way round: its events are posted to it. */
struct bus_conf_partner_push
{
    const char *url; /* NULL: nothing is pushed, the partner fetches */
    int plain;       /* enum bus_http_plain */
    int64_t timeout_ms, in_flight;
    const char *ca_file;              /* NULL: the system's */
    const char *cert_file, *key_file; /* what we show; NULL: nothing */
    const char *sign_keys;            /* keyring; NULL: nothing is signed */
    const char *sign_sm2;             /* SM2 key in its place; NULL: none */
    const char *sign_as;              /* an owner of that ring */
    int64_t failures, open_ms;        /* the breaker */
};
/* Transport exec: its program, started by its adapter. */
struct bus_conf_partner_exec
{
    struct bus_list command;     /* const char *: a path, arguments */
    struct bus_list environment; /* const char *: NAME=value */
    const char *folder, *errors; /* errors NULL: nowhere */
    int64_t timeout_ms, in_flight, grace_ms;
    int64_t memory_bytes, cpu_ms; /* 0: no limit */
    int64_t failures, open_ms;    /* the breaker */
};
/* Transport postgres: tables in its own database. */
struct bus_conf_partner_postgres
{
    const char *conninfo_file;
    int plain;       /* enum bus_http_plain */
    int64_t poll_ms; /* between two looks that nobody asked for */
};
/* A bank that takes batches as files (ops/docs/treasury.md). */
enum bus_conf_bank_format {
    BUS_CONF_BANK_NONE, /* it reads its topic */
    BUS_CONF_BANK_PAIN001,
    BUS_CONF_BANK_CSV,
    BUS_CONF_BANK_FIXED
};
/* Columns of a bank's table: X(NAME, word), in this order in bus/bank too. */
#define BUS_CONF_BANK_FIELDS(X) \
    X(EMPTY, "empty")           \
    X(NUMBER, "number")         \
    X(ORDER, "order")           \
    X(ACCOUNT, "account")       \
    X(NAME, "name")             \
    X(YUAN, "yuan")             \
    X(FEN, "fen")               \
    X(DAY, "day")               \
    X(REMARK, "remark")         \
    X(OUTCOME, "outcome")       \
    X(REASON, "reason")         \
    X(REFERENCE, "reference")
enum bus_conf_bank_field {
#define X(name, word) BUS_CONF_BANK_##name,
    BUS_CONF_BANK_FIELDS(X)
#undef X
};
#define BUS_CONF_BANK_COLUMNS_MAX 24
#define BUS_CONF_BANK_WORDS_MAX   32
struct bus_conf_bank_column
{
    int field;         /* enum bus_conf_bank_field */
    const char *title; /* NULL: none */
    int64_t width;     /* bytes, of fixed */
};
struct bus_conf_bank_word
{
    const char *word; /* as the bank writes it; first: the map's key */
    int outcome;      /* 0 noted, 1 settled, 2 rejected, 3 returned */
    const char *reason;
};
struct bus_conf_bank_file
{
    int format;  /* enum bus_conf_bank_format */
    int charset; /* enum bus_charset */
    bool titles;
    int32_t once_from; /* day; what is paid once goes in batches too; 0: no */
    const char *payer, *agent;
    struct bus_list columns, answers; /* struct bus_conf_bank_column */
    struct bus_list words;            /* struct bus_conf_bank_word */
};
struct bus_conf_partner
{
    const char *code; /* "MZ", "nongshang": in topic names */
    const char *name, *name_zh;
    int kind;              /* enum bus_conf_partner_kind */
    int transport;         /* enum bus_conf_partner_transport */
    const char *spool_dir; /* of KAFKA: NULL */
    const char *purpose;   /* what its system reads cases for */
    const char *org_code;  /* unified social credit code; NULL */
    bool cash;             /* post: pays cash out */
    int64_t cash_max_fen;  /* post: 300000 (S63) */
    struct bus_conf_partner_limits limits;
    struct bus_conf_partner_retry retry;
    struct bus_conf_partner_parking parking;
    struct bus_conf_partner_answers answers;
    struct bus_conf_partner_seal seal;
    struct bus_conf_partner_http http;
    struct bus_conf_partner_push push;
    struct bus_conf_partner_exec exec;
    struct bus_conf_partner_postgres postgres;
    struct bus_conf_bank_file file; /* of a bank */
    int64_t metrics_port;
    const struct bus_node *node;
};

/* From which day on what this bank pays once is the treasury's as well:
 * INT32_MAX if it takes no files; NULL is nobody. */
int32_t bus_conf_once_from(const struct bus_conf_partner *bank);

#endif
