/* The sections `exec` and `postgres` of a partner as descriptor tables. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"

#define AT(field) offsetof(struct bus_conf_partner_exec, field)

static const struct bus_key text = {"a text", BUS_KEY_STR, 0, .min = 1,
                                    .max = 4096};
static const struct bus_key exec_keys[] = {
    {"command", BUS_KEY_LIST, AT(command), .elem = &text,
     .elem_size = sizeof(const char *), .max = 64,
     .doc = "its program's absolute path and arguments, one each; no shell "
            "reads them",
     .doc_zh = "程序的绝对路径与参数, 逐项列出, 不经 shell"},
    {"environment", BUS_KEY_LIST, AT(environment), .elem = &text,
     .elem_size = sizeof(const char *), .max = 64,
     .doc = "NAME=value, one each; beside these it has PATH, LANG, HOME and "
            "LIANOU_PARTNER alone, and nothing of the adapter's own",
     .doc_zh =
         "环境变量 NAME=value; 除 PATH、LANG、HOME、LIANOU_PARTNER 外仅有这些"},
    {"folder", BUS_KEY_PATH, AT(folder), .doc = "where it runs",
     .doc_zh = "工作目录"},
    {"errors", BUS_KEY_PATH, AT(errors),
     .doc = "a file to which its standard error is appended (made with mode "
            "0600); without it nothing of that is kept. It never goes into "
            "the adapter's log",
     .doc_zh = "标准错误追加写入的文件(权限 0600), 默认丢弃; 不进入适配器日志"},
    {"timeout", BUS_KEY_DURATION, AT(timeout_ms), .dflt = "30s", .min = 100,
     .max = 3600000,
     .doc = "from an event's line to what it says of it; then it is killed and "
            "started afresh",
     .doc_zh = "每个事件的时限, 超过则终止并重启程序"},
    {"in_flight", BUS_KEY_INT, AT(in_flight), .dflt = "1", .min = 1, .max = 64,
     .doc = "events it has at once; those of one household follow each other",
     .doc_zh = "同时交给程序的事件数; 同一家庭的依次进行"},
    {"memory", BUS_KEY_SIZE, AT(memory_bytes), .dflt = "1GiB", .min = 0,
     .max = INT64_C(1) << 40,
     .doc = "of each process of it (RLIMIT_DATA); 0 = no limit",
     .doc_zh = "程序每个进程的内存上限(RLIMIT_DATA), 0 表示不限"},
    {"cpu", BUS_KEY_DURATION, AT(cpu_ms), .dflt = "0s", .min = 0,
     .max = INT64_C(31536000000),
     .doc = "CPU time in the whole life of each process of it (RLIMIT_CPU), "
            "whole seconds; 0 = no limit",
     .doc_zh = "程序每个进程一生可用的 CPU 时间(RLIMIT_CPU), 0 表示不限"},
    {"grace", BUS_KEY_DURATION, AT(grace_ms), .dflt = "5s", .min = 100,
     .max = 8000,
     .doc = "when the adapter ends: its input ends, half of it later SIGTERM, "
            "then SIGKILL, to its whole process group",
     .doc_zh = "适配器停止时给程序的时间: 先关闭输入, 过半发 SIGTERM, 期满 "
               "SIGKILL(整个进程组)"},
    {"failures", BUS_KEY_INT, AT(failures), .dflt = "5", .min = 1, .max = 1000,
     .doc = "so many failures one after the other: it is given nothing for a "
            "while (the breaker opens)",
     .doc_zh = "连续失败若干次后暂停(断路)"},
    {"open", BUS_KEY_DURATION, AT(open_ms), .dflt = "30s", .min = 100,
     .max = 3600000,
     .doc = "the while, jittered, doubling to eight times as long; also the "
            "longest wait before it is started again",
     .doc_zh = "暂停时长(逐次加倍至八倍), 也是重启等待的上限"},
    {.name = NULL}};
const struct bus_keys bus_conf_keys_exec = {
    "exec",
    exec_keys,
    sizeof(struct bus_conf_partner_exec),
    BUS_KEYS_NO_NODE,
    "Transport exec: its program takes events and gives answers, line by line "
    "(ops/docs/partners.md).",
    "exec 接入:由贵单位的程序逐行收事件、交答复。"};

#define DB(field) offsetof(struct bus_conf_partner_postgres, field)

static const struct bus_word plain_words[] = {
    {"loopback", BUS_HTTP_PLAIN_LOOPBACK},
    {"anywhere", BUS_HTTP_PLAIN_ANYWHERE},
    {NULL, 0}};
static const struct bus_key postgres_keys[] = {
    {"conninfo_file", BUS_KEY_PATH, DB(conninfo_file),
     .doc = "a file (mode 0600) with libpq's connection string to the "
            "partner's database; read at each connecting",
     .doc_zh = "存放 libpq 连接串的文件(权限 0600), 每次连接时读取"},
    {"plain", BUS_KEY_ENUM, DB(plain), .dflt = "loopback", .words = plain_words,
     .doc = "anywhere: without sslmode=verify-full beyond this machine, where "
            "something else does TLS",
     .doc_zh =
         "anywhere 表示向外连接可不用 sslmode=verify-full(由其他设备做 TLS)"},
    {"poll", BUS_KEY_DURATION, DB(poll_ms), .dflt = "5s", .min = 200,
     .max = 3600000,
     .doc = "between two looks at the outbox where no NOTIFY has come",
     .doc_zh = "没有通知时查看 outbox 的间隔"},
    {.name = NULL}};
const struct bus_keys bus_conf_keys_postgres = {
    "postgres",
    postgres_keys,
    sizeof(struct bus_conf_partner_postgres),
    BUS_KEYS_NO_NODE,
    "Transport postgres: tables in its own database, made by "
    "bus/partner/sql/postgres.sql (ops/docs/partners.md).",
    "postgres 接入:贵单位数据库中的收、发两张表。"};
