/* The section `desk` of bus.yaml as a descriptor table. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"

#define AT(field) offsetof(struct bus_config_desk, field)

static const struct bus_key desk_keys[] = {
    {"intake", BUS_KEY_STR, AT(intake), .dflt = "http://127.0.0.1:8480",
     .min = 1, .max = 256,
     .doc = "where intake listens: applications go there as who is signed in",
     .doc_zh = "申请入口的地址:网页上的申请以登录者身份交到那里"},
    {"intake_ca", BUS_KEY_PATH, AT(intake_ca),
     .doc = "who signs intake's certificate, PEM, where it is https",
     .doc_zh = "申请入口证书的签发机构(PEM),入口为 https 时使用"},
    {"treasury", BUS_KEY_STR, AT(treasury), .dflt = "http://127.0.0.1:8486",
     .min = 1, .max = 256,
     .doc = "where the treasury listens: batches are looked at, approved and "
            "sent there as who is signed in",
     .doc_zh =
         "资金发放角色的地址:网页上的制批、审批、发送以登录者身份交到那里"},
    {"treasury_ca", BUS_KEY_PATH, AT(treasury_ca),
     .doc = "who signs the treasury's certificate, PEM, where it is https",
     .doc_zh = "资金发放角色证书的签发机构(PEM),其地址为 https 时使用"},
    {"seals", BUS_KEY_PATH, AT(seals), .dflt = "/etc/lianou/seals",
     .doc = "folder of the keys that seal decisions made on pages, "
            "`<seal id>.key` each, mode 0600; without one that department "
            "decides elsewhere",
     .doc_zh = "网页上作出决定时所用签章密钥的文件夹,每枚印章一个 "
               "`<印章编号>.key`,权限 0600;没有密钥的部门不能在网页上作决定"},
    {"signs", BUS_KEY_PATH, AT(signs),
     .doc = "keyring with the desk's own key, mode 0600: the line `<key id> "
            "desk <64 hex digits>` that stands in intake's keys.callers, too; "
            "without it all residents on pages share one address's "
            "http.guesses_day. A second line `<key id> drafts <64 hex "
            "digits>` seals drafts; without it none are kept",
     .doc_zh = "窗口自己的签名密钥文件,权限 0600,内容为 keys.callers "
               "中同样的一行 `<编号> desk <64位十六进制>`;不填则网页上所有居民"
               "合用一个地址的 http.guesses_day。另一行 `<编号> drafts "
               "<64位十六进制>` 用于密封网页上的草稿;没有它就不存草稿"},
    {"sheets", BUS_KEY_PATH, AT(sheets),
     .doc = "folder into which `lianou sheets make` writes: anybody reads on "
            "pages what of it is published; without it there is a list alone",
     .doc_zh = "`lianou sheets make` 写入的文件夹:其中已发布的公示表任何人"
               "可在网页上查看;不填则网页上只有清单"},
    {"address", BUS_KEY_STR, AT(address), .dflt = "", .max = 200,
     .doc = "the address under which people reach the pages, "
            "\"https://...\"; the square on a slip leads there",
     .doc_zh = "群众打开本窗口的网址(https://…),回执上的二维码指向它"},
    {"body_max", BUS_KEY_SIZE, AT(body_bytes_max), .dflt = "256KiB",
     .min = 4096, .max = 16 << 20, .doc = "largest form of a page",
     .doc_zh = "单个表单的最大字节数"},
    {"rows", BUS_KEY_INT, AT(rows), .dflt = "100", .min = 10, .max = 1000,
     .doc = "rows of one list", .doc_zh = "列表每页行数"},
    {.name = NULL}};
const struct bus_keys bus_conf_keys_desk = {
    "desk",           desk_keys,           sizeof(struct bus_config_desk),
    BUS_KEYS_NO_NODE, "Pages for people.", "给人用的网页。"};
