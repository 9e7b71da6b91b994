/* The section `push` of a partner as a descriptor table. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"

#define AT(field) offsetof(struct bus_conf_partner_push, field)

static const struct bus_word plain_push[] = {
    {"loopback", BUS_HTTP_PLAIN_LOOPBACK},
    {"anywhere", BUS_HTTP_PLAIN_ANYWHERE},
    {NULL, 0}};
static const struct bus_key push_keys[] = {
    {"url", BUS_KEY_STR, AT(url), .min = 8, .max = 512,
     .doc = "where each event is POSTed to: https://host[:port]/path; http:// "
            "only to this machine",
     .doc_zh = "每个事件 POST 到此地址; http:// 仅限本机"},
    {"plain", BUS_KEY_ENUM, AT(plain), .dflt = "loopback", .words = plain_push,
     .doc = "anywhere: http:// beyond this machine, where something else does "
            "TLS",
     .doc_zh = "anywhere 表示允许向外使用 http://(由其他设备做 TLS)"},
    {"timeout", BUS_KEY_DURATION, AT(timeout_ms), .dflt = "10s", .min = 100,
     .max = 300000, .doc = "for one POST and the whole of its answer",
     .doc_zh = "单次请求时限"},
    {"in_flight", BUS_KEY_INT, AT(in_flight), .dflt = "8", .min = 1, .max = 64,
     .doc = "POSTs at once; those of one household follow each other",
     .doc_zh = "同时请求数; 同一家庭的依次进行"},
    {"ca_file", BUS_KEY_PATH, AT(ca_file),
     .doc = "who signs its certificate, PEM; without it the system's",
     .doc_zh = "对方证书的签发者(PEM), 默认为系统所信任者"},
    {"cert_file", BUS_KEY_PATH, AT(cert_file),
     .doc = "the certificate shown to it, PEM: mutual TLS",
     .doc_zh = "向对方出示的证书(双向 TLS)"},
    {"key_file", BUS_KEY_PATH, AT(key_file),
     .doc = "its private key, PEM, mode 0600", .doc_zh = "证书私钥(权限 0600)"},
    {"sign_keys", BUS_KEY_PATH, AT(sign_keys),
     .doc = "keyring (mode 0600) with the key of sign_as: each POST is signed "
            "by HMAC-SHA-256 as ops/docs/doors.md says; without it none is",
     .doc_zh = "签名密钥环(权限 0600): 每次请求按 doors.md 的方法签名"},
    {"sign_sm2", BUS_KEY_PATH, AT(sign_sm2),
     .doc = "in its place: an SM2 private key (PEM, mode 0600), whose public "
            "half the partner has",
     .doc_zh = "或以 SM2 私钥(PEM, 权限 0600)签名, 对方持公钥"},
    {"sign_as", BUS_KEY_STR, AT(sign_as), .dflt = "lianou", .min = 1, .max = 32,
     .doc = "the system in the signature, and the key's owner in the ring",
     .doc_zh = "签名所用的系统名, 即密钥环中的所有者"},
    {"failures", BUS_KEY_INT, AT(failures), .dflt = "5", .min = 1, .max = 1000,
     .doc = "so many POSTs failed one after the other: nothing is sent for a "
            "while (the breaker opens)",
     .doc_zh = "连续失败若干次后暂停发送(断路)"},
    {"open", BUS_KEY_DURATION, AT(open_ms), .dflt = "30s", .min = 100,
     .max = 3600000,
     .doc = "the while, jittered, doubling to eight times as long; then one "
            "POST is tried",
     .doc_zh = "暂停时长(逐次加倍至八倍), 之后先试一次"},
    {.name = NULL}};
const struct bus_keys bus_conf_keys_push = {
    "push",
    push_keys,
    sizeof(struct bus_conf_partner_push),
    BUS_KEYS_NO_NODE,
    "Transport http: its events are POSTed to it instead of fetched by it "
    "(ops/docs/partners.md).",
    "http 接入:事项推送至对方地址。"};
