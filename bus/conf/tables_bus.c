/* bus.yaml as descriptor tables. */
#include "bus/conf/bus_config.h"
#include "bus/conf/config_tables.h"
#include "bus/conf/limits.h"

#define AT(type, field) offsetof(struct type, field)
#define DAY             INT64_C(86400000)
#define END          \
    {                \
        .name = NULL \
    }

static const struct bus_key county_keys[] = {
    {"code", BUS_KEY_STR, AT(bus_config_county, code), .required = true,
     .min = 6, .max = 6, .doc = "division code of the county (GB/T 2260)",
     .doc_zh = "县级行政区划代码"},
    {"zh", BUS_KEY_STR, AT(bus_config_county, name_zh), .required = true,
     .doc = "its name in Chinese", .doc_zh = "中文名称"},
    {"en", BUS_KEY_STR, AT(bus_config_county, name), .required = true,
     .doc = "its name in English", .doc_zh = "英文名称"},
    {"lead", BUS_KEY_STR, AT(bus_config_county, lead), .max = 32,
     .doc = "code of the lead department: it gets what another gives back as "
            "not its own; none: back to its owner",
     .doc_zh = "牵头部门代码:其他部门退回的派单转交该部门;不填则退回原部门"},
    END};
static const struct bus_keys county = {"county",
                                       county_keys,
                                       sizeof(struct bus_config_county),
                                       BUS_KEYS_NO_NODE,
                                       "The county this bus belongs to.",
                                       "本总线所属的县。"};

static const struct bus_key run_keys[] = {
    {"drain", BUS_KEY_DURATION, AT(bus_config_run, drain_ms), .dflt = "15s",
     .min = 100, .max = 600000,
     .doc = "longest time from SIGTERM to the end of a role",
     .doc_zh = "收到停止信号后最长收尾时间"},
    {"retry_first", BUS_KEY_DURATION, AT(bus_config_run, retry_min_ms),
     .dflt = "200ms", .min = 10, .max = 60000,
     .doc = "first wait for a broker or database that is away",
     .doc_zh = "首次重连等待"},
    {"retry_max", BUS_KEY_DURATION, AT(bus_config_run, retry_max_ms),
     .dflt = "10s", .min = 100, .max = 600000,
     .doc = "longest such wait; waits double and are jittered",
     .doc_zh = "最长重连等待(逐次加倍并随机抖动)"},
    END};
static const struct bus_keys run = {"run",
                                    run_keys,
                                    sizeof(struct bus_config_run),
                                    BUS_KEYS_NO_NODE,
                                    "How every role starts, waits and stops.",
                                    "各角色的启动、等待与停止。"};

static const struct bus_word security_words[] = {
    {"plaintext", BUS_KAFKA_PLAINTEXT},
    {"ssl", BUS_KAFKA_SSL},
    {"sasl_plaintext", BUS_KAFKA_SASL_PLAINTEXT},
    {"sasl_ssl", BUS_KAFKA_SASL_SSL},
    {NULL, 0}};

#define R_ROW(key, field, value, en, zh)                                 \
    {                                                                    \
        key, BUS_KEY_DURATION, AT(bus_config_retention, field),          \
            .dflt = value, .min = 3600000, .max = 3650 * DAY, .doc = en, \
            .doc_zh = zh                                                 \
    }
static const struct bus_key retention_keys[] = {
    R_ROW("case",
          case_ms,
          "400d",
          "applications, evaluations, assignments, decisions, cases",
          "申请、研判、派单、决定、个案"),
    R_ROW("partner",
          partner_ms,
          "400d",
          "verifications, orders, tasks, needs and their answers",
          "核查、支付、配送、需求及其回复"),
    R_ROW("facts", facts_ms, "400d", "facts from sources", "各来源事实"),
    R_ROW("trouble",
          trouble_ms,
          "1830d",
          "parked and dead-lettered events",
          "暂存与死信事件"),
    END};
static const struct bus_keys retention = {
    "retention",
    retention_keys,
    sizeof(struct bus_config_retention),
    BUS_KEYS_NO_NODE,
    "How long topics keep events. The ledger keeps them longer.",
    "主题保留期;台账保留更久。"};

static const struct bus_key kafka_keys[] = {
    {"bootstrap", BUS_KEY_STR, AT(bus_config_kafka, bootstrap),
     .required = true, .doc = "brokers, host:port[,host:port]",
     .doc_zh = "服务器地址"},
    {"embedded", BUS_KEY_BOOL, AT(bus_config_kafka, embedded), .dflt = "false",
     .doc = "the in-memory broker inside `lianou demo`: for showing only",
     .doc_zh = "演示用内存服务器,仅供展示"},
    {"security", BUS_KEY_ENUM, AT(bus_config_kafka, security),
     .dflt = "plaintext", .words = security_words, .doc = "security.protocol",
     .doc_zh = "安全协议"},
    {"sasl_mechanism", BUS_KEY_STR, AT(bus_config_kafka, sasl_mechanism),
     .doc = "SCRAM-SHA-512 and others", .doc_zh = "认证机制"},
    {"username", BUS_KEY_STR, AT(bus_config_kafka, username),
     .doc = "SASL user", .doc_zh = "用户名"},
    {"password", BUS_KEY_SECRET, AT(bus_config_kafka, password),
     .doc = "SASL password", .doc_zh = "口令"},
    {"ca_file", BUS_KEY_PATH, AT(bus_config_kafka, ca_file),
     .doc = "certificate authority, PEM", .doc_zh = "根证书"},
    {"cert_file", BUS_KEY_PATH, AT(bus_config_kafka, cert_file),
     .doc = "own certificate, PEM", .doc_zh = "本端证书"},
    {"key_file", BUS_KEY_PATH, AT(bus_config_kafka, key_file),
     .doc = "own private key, PEM", .doc_zh = "本端私钥"},
    {"key_password", BUS_KEY_SECRET, AT(bus_config_kafka, key_password),
     .doc = "of key_file, if it has one", .doc_zh = "本端私钥口令"},
    {"partitions", BUS_KEY_INT, AT(bus_config_kafka, partitions), .dflt = "12",
     .min = 1, .max = BUS_CONF_PARTITIONS_MAX,
     .doc = "of every case topic; a household is in the same partition of all",
     .doc_zh = "所有个案主题共用的分区数"},
    {"replication", BUS_KEY_INT, AT(bus_config_kafka, replication), .dflt = "3",
     .min = 1, .max = 9, .doc = "copies of every partition",
     .doc_zh = "副本数"},
    {"min_insync", BUS_KEY_INT, AT(bus_config_kafka, min_insync), .dflt = "2",
     .min = 1, .max = 9, .doc = "copies that must have a write",
     .doc_zh = "最少同步副本数"},
    {"message_max", BUS_KEY_SIZE, AT(bus_config_kafka, message_bytes_max),
     .dflt = "1MiB", .min = 65536, .max = 16777216, .doc = "largest event",
     .doc_zh = "单个事件上限"},
    {"retention", BUS_KEY_STRUCT, AT(bus_config_kafka, retention),
     .sub = &retention, .doc = "see below", .doc_zh = "见下"},
    END};
static const struct bus_keys kafka = {"kafka",
                                      kafka_keys,
                                      sizeof(struct bus_config_kafka),
                                      BUS_KEYS_NO_NODE,
                                      "The brokers, and what topics are like.",
                                      "Kafka 服务器与主题。"};

static const struct bus_key matcher_keys[] = {
    {"lanes", BUS_KEY_INT, AT(bus_config_matcher, lanes), .dflt = "2", .min = 1,
     .max = BUS_CONF_LANES_MAX,
     .doc = "transactional producers that share the partitions",
     .doc_zh = "并行事务通道数"},
    {"batch_max", BUS_KEY_INT, AT(bus_config_matcher, batch_max),
     .dflt = "10000", .min = 1, .max = 100000,
     .doc = "most events in one transaction", .doc_zh = "单个事务最多事件数"},
    {"batch_wait", BUS_KEY_DURATION, AT(bus_config_matcher, batch_wait_ms),
     .dflt = "20ms", .min = 1, .max = 5000,
     .doc = "how long an idle lane waits for more",
     .doc_zh = "空闲时等待合批的时间"},
    {"answer_wait", BUS_KEY_DURATION, AT(bus_config_matcher, answer_wait_ms),
     .dflt = "500ms", .min = 0, .max = 10000,
     .doc = "how long answers (decisions, results) wait for more of them; an "
            "application takes them along",
     .doc_zh = "答复类事件等待合批的时间, 申请到来时一并处理"},
    {"transaction", BUS_KEY_DURATION, AT(bus_config_matcher, transaction_ms),
     .dflt = "30s", .min = 5000, .max = 900000, .doc = "transaction.timeout.ms",
     .doc_zh = "事务超时"},
    {"map_size", BUS_KEY_SIZE, AT(bus_config_matcher, map_bytes),
     .dflt = "1GiB", .min = 1048576, .max = INT64_C(1) << 40,
     .doc = "limit of one partition's state on disk",
     .doc_zh = "单分区状态库上限"},
    {"park_max", BUS_KEY_INT, AT(bus_config_matcher, park_max), .dflt = "64",
     .min = 1, .max = BUS_CONF_PARKED_MAX,
     .doc = "events parked for one household before it is reported",
     .doc_zh = "单户最多暂存事件数"},
    END};
static const struct bus_keys matcher = {"matcher",
                                        matcher_keys,
                                        sizeof(struct bus_config_matcher),
                                        BUS_KEYS_NO_NODE,
                                        "The matcher: lanes and batches.",
                                        "研判角色。"};

static const struct bus_key intake_keys[] = {
    {"body_max", BUS_KEY_SIZE, AT(bus_config_intake, body_bytes_max),
     .dflt = "256KiB", .min = 4096, .max = 16777216,
     .doc = "largest application", .doc_zh = "单份申请上限"},
    {"connections_max", BUS_KEY_INT, AT(bus_config_intake, connections_max),
     .dflt = "1024", .min = 1, .max = 65535, .doc = "open connections",
     .doc_zh = "最大连接数"},
    {"journal_max", BUS_KEY_SIZE, AT(bus_config_intake, journal_bytes_max),
     .dflt = "1GiB", .min = 65536, .max = INT64_C(1) << 40,
     .doc = "applications kept on disk while Kafka is away; then 503",
     .doc_zh = "Kafka 不可用时本地日志上限,超出返回 503"},
    {"drafts_max", BUS_KEY_SIZE, AT(bus_config_intake, draft_bytes_max),
     .dflt = "256MiB", .min = 65536, .max = INT64_C(1) << 40,
     .doc = "drafts with faults kept on disk", .doc_zh = "草稿保存上限"},
    {"drafts_keep", BUS_KEY_DURATION, AT(bus_config_intake, draft_keep_ms),
     .dflt = "30d", .min = 3600000, .max = INT64_C(3650) * 86400000,
     .doc = "what nobody has mended is taken away so long after it came",
     .doc_zh = "草稿保存期限,到期自动删除"},
    {"kafka_wait", BUS_KEY_DURATION, AT(bus_config_intake, kafka_wait_ms),
     .dflt = "2s", .min = 100, .max = 60000,
     .doc = "an answer waits for Kafka so long; then the application goes to "
            "the journal",
     .doc_zh = "等待 Kafka 确认的时间,超过则写入本地日志"},
    END};
static const struct bus_keys intake = {
    "intake",         intake_keys,       sizeof(struct bus_config_intake),
    BUS_KEYS_NO_NODE, "The one way in.", "一口进。"};

static const struct bus_key ledger_keys[] = {
    {"conninfo", BUS_KEY_STR, AT(bus_config_ledger, conninfo), .required = true,
     .doc = "libpq connection string, without a password (use PGPASSFILE)",
     .doc_zh = "数据库连接串(口令放 PGPASSFILE)"},
    {"connections", BUS_KEY_INT, AT(bus_config_ledger, connections),
     .dflt = "2", .min = 1, .max = BUS_CONF_CONNECTIONS_MAX,
     .doc = "connections, sharded by key", .doc_zh = "连接数"},
    {"batch_rows", BUS_KEY_INT, AT(bus_config_ledger, batch_rows),
     .dflt = "1000", .min = 1, .max = BUS_CONF_ROWS_MAX,
     .doc = "rows in one statement", .doc_zh = "单条语句行数"},
    {"batch_wait", BUS_KEY_DURATION, AT(bus_config_ledger, batch_wait_ms),
     .dflt = "50ms", .min = 1, .max = 10000,
     .doc = "how long a batch waits for more", .doc_zh = "合批等待"},
    {"statement", BUS_KEY_DURATION, AT(bus_config_ledger, statement_ms),
     .dflt = "30s", .min = 100, .max = 600000, .doc = "statement time-out",
     .doc_zh = "语句超时"},
    END};
static const struct bus_keys ledger = {"ledger",
                                       ledger_keys,
                                       sizeof(struct bus_config_ledger),
                                       BUS_KEYS_NO_NODE,
                                       "The ledger in PostgreSQL.",
                                       "台账数据库。"};

static const struct bus_word callers_words[] = {{"loopback", BUS_HTTP_LOOPBACK},
                                                {"named", BUS_HTTP_NAMED},
                                                {NULL, 0}};
static const struct bus_word plain_words[] = {
    {"loopback", BUS_HTTP_PLAIN_LOOPBACK},
    {"anywhere", BUS_HTTP_PLAIN_ANYWHERE},
    {NULL, 0}};

#define PORT_ROW(key, value, en, zh)                                       \
    {                                                                      \
#key, BUS_KEY_INT, AT(bus_config_http, key),                       \
            .dflt = value, .min = 0, .max = 65535, .doc = en, .doc_zh = zh \
    }
static const struct bus_key address = {"address", BUS_KEY_STR, 0, .min = 1,
                                       .max = 60};
static const struct bus_key http_keys[] = {
    {"host", BUS_KEY_STR, AT(bus_config_http, host), .dflt = "127.0.0.1",
     .doc = "address to listen on", .doc_zh = "监听地址"},
    {"callers", BUS_KEY_ENUM, AT(bus_config_http, callers), .dflt = "loopback",
     .words = callers_words,
     .doc = "who need not say who he is: `loopback`, programs of this machine "
            "(they may do everything); `named`, nobody: a session or a signed "
            "request is always needed. From elsewhere it always is",
     .doc_zh = "谁可以不表明身份:loopback 表示本机程序(不受限制);named "
               "表示任何人都须登录或签名。非本机一律须表明身份"},
    {"cert_file", BUS_KEY_PATH, AT(bus_config_http, cert_file),
     .doc = "certificate of the doors with its chain, PEM: HTTPS instead of "
            "HTTP on every port; read again when it changes",
     .doc_zh = "服务端证书链(PEM):填写后各端口改用 HTTPS;文件更换后自动生效"},
    {"key_file", BUS_KEY_PATH, AT(bus_config_http, key_file),
     .doc = "its private key, PEM, mode 0600",
     .doc_zh = "证书私钥(PEM,权限 0600)"},
    {"plain", BUS_KEY_ENUM, AT(bus_config_http, plain), .dflt = "loopback",
     .words = plain_words,
     .doc = "where HTTP without TLS is allowed: `loopback`, only on this "
            "machine; `anywhere`, because something in front does TLS",
     .doc_zh = "何处可用无TLS的HTTP:loopback 仅本机;anywhere 前置设备管TLS"},
    {"session", BUS_KEY_DURATION, AT(bus_config_http, session_ms),
     .dflt = "12h", .min = 60000, .max = 7 * DAY,
     .doc = "how long one is logged in", .doc_zh = "登录有效时间"},
    {"changeable", BUS_KEY_DURATION, AT(bus_config_http, changeable_ms),
     .dflt = "10m", .max = DAY,
     .doc = "so long is changeable what is submitted on a page; 0s: not at all",
     .doc_zh = "网页上提交后可更改、撤回的时间;0s 表示立即送出"},
    {"second_factor", BUS_KEY_BOOL, AT(bus_config_http, second_factor),
     .dflt = "true",
     .doc = "who approves or sends money, or seals a decision on a page, shows "
            "his second factor at that act beside his password; false: only "
            "who has one",
     .doc_zh = "审批、发送资金和在网页上签章决定时,除口令外须再输动态码;"
               "false 表示仅已开通动态码的人须输"},
    {"applications_hour", BUS_KEY_INT, AT(bus_config_http, applications_hour),
     .dflt = "40", .min = 0, .max = 100000,
     .doc = "applications that one person may send in an hour; beyond it 429; "
            "0 = no limit",
     .doc_zh = "每名经办人每小时可提交的申请数,超出返回 429;0 表示不限"},
    {"applications_day", BUS_KEY_INT, AT(bus_config_http, applications_day),
     .dflt = "100", .min = 0, .max = 1000000,
     .doc = "applications that one person may send in a day, so that trying "
            "identity numbers takes days; beyond it 429; 0 = no limit",
     .doc_zh = "每名经办人每日可提交的申请数,超出返回 429;0 表示不限"},
    {"systems_day", BUS_KEY_INT, AT(bus_config_http, systems_day),
     .dflt = "5000", .min = 0, .max = 100000000,
     .doc = "applications that one system of keys.callers may send in a day; "
            "beyond it 429; 0 = no limit",
     .doc_zh = "每个签名系统每日可提交的申请数,超出返回 429;0 表示不限"},
    {"guesses_day", BUS_KEY_INT, AT(bus_config_http, guesses_day), .dflt = "60",
     .min = 1, .max = 1000000,
     .doc = "wrong answers to \"whose document is it\" at POST /v1/progress "
            "that one client (IPv4 address, IPv6 /64) may give in a day; "
            "beyond it 429, with right ones, too",
     .doc_zh = "单个客户端每日在 POST /v1/progress 可输错的次数"},
    {"any_ports", BUS_KEY_BOOL, AT(bus_config_http, any_ports), .dflt = "false",
     .doc = "let the system choose every port (tests, several on one machine)",
     .doc_zh = "由系统分配所有端口"},
    {"client_connections", BUS_KEY_INT, AT(bus_config_http, client_connections),
     .dflt = "64", .min = 0, .max = 65535,
     .doc = "open connections of one client (IPv4 address, IPv6 /64); beyond "
            "it his longest silent one is ended; 0 = no limit",
     .doc_zh = "单个客户端的连接数上限,超出则断开其最久无活动者;0 表示不限"},
    {"client_requests", BUS_KEY_INT, AT(bus_config_http, client_requests),
     .dflt = "200", .min = 0, .max = 1000000,
     .doc = "requests of one client a second; beyond it 429; 0 = no limit",
     .doc_zh = "单个客户端每秒请求数上限,超出返回 429;0 表示不限"},
    {"client_loopback", BUS_KEY_BOOL, AT(bus_config_http, client_loopback),
     .dflt = "false",
     .doc = "the limits of a client hold for 127.0.0.0/8 and ::1, too (there "
            "a proxy stands for many)",
     .doc_zh = "对本机(通常是反向代理)也执行上述限制"},
    {"proxies", BUS_KEY_LIST, AT(bus_config_http, proxies), .elem = &address,
     .elem_size = sizeof(const char *),
     .doc =
         "addresses or nets (10.1.2.3, 10.1.0.0/16) of what stands in front: "
         "their X-Forwarded-For says whose request it is, for limits and "
         "guesses; anybody else's is passed over",
     .doc_zh =
         "前置代理的地址或网段:仅采信它们的 X-Forwarded-For 作为客户端地址"},
    {"watchers", BUS_KEY_LIST, AT(bus_config_http, watchers), .elem = &address,
     .elem_size = sizeof(const char *),
     .doc = "addresses or nets that may read /metrics and the reasons of "
            "/readyz, beside this machine; others read whether it is ready",
     .doc_zh = "除本机外可读取 /metrics 与 /readyz 详情的地址或网段"},
    PORT_ROW(intake, "8480", "applications, health, metrics", "申请入口"),
    PORT_ROW(matcher, "8481", "health, metrics", "研判角色端口"),
    PORT_ROW(dispatch, "8482", "health, metrics", "派发角色端口"),
    PORT_ROW(ledger, "8483", "cases, health, metrics", "台账角色端口"),
    PORT_ROW(registry, "8484", "schema registry", "模式注册表端口"),
    PORT_ROW(desk, "8485", "pages, health, metrics", "办事窗口(网页)端口"),
    PORT_ROW(treasury,
             "8486",
             "batches, health, metrics",
             "资金发放角色端口(制批审批)"),
    PORT_ROW(clock, "8487", "health, metrics", "时钟(期限)角色端口"),
    END};
static const struct bus_keys http = {
    "http",
    http_keys,
    sizeof(struct bus_config_http),
    BUS_KEYS_NO_NODE,
    "Ports of the roles; partners' are in partners.d/. 0 = any.",
    "各角色端口;伙伴端口见 partners.d/。0 表示任意。"};

static const struct bus_word ciphers[] = {{"aes-256-gcm", 0}, {NULL, 0}};
static const struct bus_key keys_keys[] = {
    {"ring", BUS_KEY_PATH, AT(bus_config_keys, ring), .required = true,
     .doc = "keyring of the personal fields, mode 0600: a folder with "
            "`<role or partner>.keys` each, or one file; ops/docs/keys.md",
     .doc_zh =
         "个人信息字段密钥:每个角色、伙伴各一文件的文件夹,或一个文件,权限 "
         "0600"},
    {"person_key", BUS_KEY_PATH, AT(bus_config_keys, person_key),
     .required = true,
     .doc = "key of person and household ids, mode 0600; never change it",
     .doc_zh = "人员与家庭代号密钥文件,权限 0600,不可更换"},
    {"callers", BUS_KEY_PATH, AT(bus_config_keys, callers),
     .dflt = "/etc/lianou/callers",
     .doc = "keyring of the systems that sign their requests (lines `<key id> "
            "<system> <64 hex digits>`), mode 0600; absent: none may",
     .doc_zh = "以签名方式调用接口的系统的密钥文件,权限 0600;没有该文件则"
               "不接受签名调用"},
    {"accounts", BUS_KEY_PATH, AT(bus_config_keys, accounts),
     .dflt = "/etc/lianou/accounts",
     .doc = "keyring that seals the second factors of accounts (a line `<key "
            "id> accounts <64 hex digits>`), mode 0600: of intake, the desk, "
            "the treasury and `lianou account`; absent: nobody gets a second "
            "factor",
     .doc_zh = "密封账号动态码密钥的密钥文件(一行 `<编号> accounts "
               "<64位十六进制>`),权限 0600,供 intake、desk、treasury 和 lianou "
               "account 使用;没有该文件则不能开通动态码"},
    {"cipher", BUS_KEY_ENUM, AT(bus_config_keys, cipher), .dflt = "aes-256-gcm",
     .words = ciphers,
     .doc = "cipher of personal fields: HPKE with AES-256-GCM; SM4 is not "
            "built (the OpenSSL of Debian 12 has no SM4-GCM) and is refused",
     .doc_zh = "字段加密算法: 目前只有 AES-256-GCM(HPKE); 国密 SM4 "
               "尚不支持, 填写即报错"},
    END};
static const struct bus_keys keys = {"keys",
                                     keys_keys,
                                     sizeof(struct bus_config_keys),
                                     BUS_KEYS_NO_NODE,
                                     "Where keys are kept.",
                                     "密钥位置。"};

static const struct bus_key bureau_keys[] = {
    {"public_key", BUS_KEY_STR, AT(bus_config_bureau, public_key), .dflt = "",
     .doc = "whose catalogues and registers count: SM2, 130 hex digits as "
            "`lianou seal keygen` prints them, several with a space between "
            "while one follows another, or one in PEM; none: only the folder's "
            "own count",
     .doc_zh = "民政局 SM2 公钥(130 位十六进制,换钥期间可并列多个,以空格分隔,或"
               "一个 PEM);只有用它签名的政策目录和登记簿才被采用;不填则只用本"
               "地文件"},
    {"key", BUS_KEY_PATH, AT(bus_config_bureau, key),
     .dflt = "/etc/lianou/bureau.pem",
     .doc = "its private half, where one publishes: PEM, mode 0600; running "
            "roles do not need it",
     .doc_zh = "发布用私钥(PEM,权限 0600),只放在发布的机器上,各角色不需要"},
    END};
static const struct bus_keys bureau = {"bureau",
                                       bureau_keys,
                                       sizeof(struct bus_config_bureau),
                                       BUS_KEYS_NO_NODE,
                                       "Who signs what everybody goes by.",
                                       "政策目录与登记簿由谁签名。"};

static const struct bus_key money_keys[] = {
    {"order_max", BUS_KEY_MONEY, AT(bus_config_money, order_max_fen),
     .dflt = "200000.00 yuan", .min = 1, .max = BUS_CONF_ORDER_MAX_FEN,
     .doc = "largest order that leaves the house, whoever decided it",
     .doc_zh = "单笔支付指令上限,任何决定都不得超过"},
    END};
static const struct bus_keys money = {"money",
                                      money_keys,
                                      sizeof(struct bus_config_money),
                                      BUS_KEYS_NO_NODE,
                                      "The last door of all money.",
                                      "资金支付的最后一道关口。"};

static const struct bus_key treasury_keys[] = {
    {"recurring_from", BUS_KEY_DATE, AT(bus_config_treasury, recurring_from),
     .dflt = "2100-01-01",
     .doc =
         "what a decision accepted from this day on pays every period is the "
         "treasury's, the first period included; what was accepted before "
         "is dispatch's, as is what is paid once. The same day for matcher, "
         "dispatch and treasury; a day far ahead where there is none",
     .doc_zh =
         "自该日起受理的决定,按期发放的资金(含首期)由资金发放角色制批发放;"
         "此前受理的及一次性款项由派发下达。研判、派发、发放三个角色须一致;"
         "不启用时填较晚日期"},
    {"lead_days", BUS_KEY_INT, AT(bus_config_treasury, lead_days), .dflt = "10",
     .min = 0, .max = 60,
     .doc = "days before its pay day on which a line becomes due to be batched",
     .doc_zh = "发放日前多少天生成应发明细"},
    END};
static const struct bus_keys treasury = {"treasury",
                                         treasury_keys,
                                         sizeof(struct bus_config_treasury),
                                         BUS_KEYS_NO_NODE,
                                         "Money that is paid every period.",
                                         "按期发放的资金。"};

static const struct bus_key seals_keys[] = {
    {"required_from", BUS_KEY_DATE, AT(bus_config_seals, required_from),
     .dflt = "2020-01-01",
     .doc = "decisions signed from this day on need a seal; a day far ahead "
            "while departments get theirs",
     .doc_zh = "自该日起签署的决定必须加盖电子签章;部门尚未配齐时可填较晚日期"},
    {"late", BUS_KEY_DURATION, AT(bus_config_seals, late_ms), .dflt = "3d",
     .min = 60000, .max = INT64_C(366) * 86400000,
     .doc = "a decision that arrives later after its signing needs a fresh one",
     .doc_zh = "签章到送达超过该时长的决定须重新签章"},
    {"skew", BUS_KEY_DURATION, AT(bus_config_seals, skew_ms), .dflt = "5m",
     .min = 0, .max = 3600000,
     .doc = "how far the clock of who signs may differ from the broker's",
     .doc_zh = "签章方与消息服务器的时钟允许相差"},
    END};
static const struct bus_keys seals = {"seals",
                                      seals_keys,
                                      sizeof(struct bus_config_seals),
                                      BUS_KEYS_NO_NODE,
                                      "When a decision's seal counts.",
                                      "决定的电子签章何时有效。"};

static const struct bus_key process_keys[] = {
    {"required_from", BUS_KEY_DATE, AT(bus_config_process, required_from),
     .dflt = "2020-01-01",
     .doc = "decisions that arrive from this day on need the steps of their "
            "item's process; a day far ahead while departments cannot say them",
     .doc_zh = "自该日起送达的决定须先有事项流程规定的各步骤;"
               "部门系统尚不能报送步骤时可填较晚日期"},
    {"hearing_days", BUS_KEY_INT, AT(bus_config_process, hearing_days),
     .dflt = "10", .min = 1, .max = 365,
     .doc = "working days that who is told of a cut or a stop has to be heard; "
            "then it may be decided without him",
     .doc_zh = "拟减发、停发告知后听取意见的工作日数; 逾期未到可径行决定"},
    END};
static const struct bus_keys process = {"process",
                                        process_keys,
                                        sizeof(struct bus_config_process),
                                        BUS_KEYS_NO_NODE,
                                        "What comes before a decision.",
                                        "作出决定之前的各步骤。"};

static const struct bus_key times_keys[] = {
    {"ahead", BUS_KEY_DURATION, AT(bus_config_times, ahead_ms), .dflt = "5m",
     .min = 1000, .max = INT64_C(3660) * DAY,
     .doc = "how far the clock of who sends may be ahead of the broker's; what "
            "says a later hour is given back",
     .doc_zh = "事件时间可超前消息服务器的时长;超过则退回"},
    {"late", BUS_KEY_DURATION, AT(bus_config_times, late_ms), .dflt = "31d",
     .min = 60000, .max = INT64_C(3660) * DAY,
     .doc = "an event that says it happened longer before its arrival is "
            "judged by the rules of so long before, and people are told",
     .doc_zh = "事件时间早于送达的最长时长;更早的按此时限所在日的政策研判,"
               "并提请人工"},
    {"application_late", BUS_KEY_DURATION,
     AT(bus_config_times, application_late_ms), .dflt = "367d", .min = 60000,
     .max = INT64_C(3660) * DAY,
     .doc = "the same of an application: taken down on paper, typed in later",
     .doc_zh = "申请(先书面受理、后补录)的同一时限"},
    END};
static const struct bus_keys times = {"times",
                                      times_keys,
                                      sizeof(struct bus_config_times),
                                      BUS_KEYS_NO_NODE,
                                      "Whose clock counts.",
                                      "以谁的时间为准。"};

#define PART(key, en, zh)                                                  \
    {                                                                      \
#key, BUS_KEY_STRUCT, AT(bus_config, key), .sub = &key, .doc = en, \
                                                   .doc_zh = zh            \
    }
static const struct bus_key config_keys[] = {
    {"prefix", BUS_KEY_STR, AT(bus_config, prefix), .dflt = "lianou.", .min = 0,
     .max = 40, .doc = "in front of every topic and group name",
     .doc_zh = "主题与消费组名前缀"},
    {"county", BUS_KEY_STRUCT, AT(bus_config, county), .required = true,
     .sub = &county, .doc = "see below", .doc_zh = "见下"},
    {"state_dir", BUS_KEY_PATH, AT(bus_config, state_dir),
     .dflt = "/var/lib/lianou",
     .doc = "what roles keep on disk: journal, drafts, matcher's state",
     .doc_zh = "各角色本地数据目录"},
    {"registers", BUS_KEY_PATH, AT(bus_config, registers), .dflt = "registers",
     .doc = "folder of the register: who may say what, and when",
     .doc_zh = "登记簿文件夹:机构、经办人、授权、签章、伙伴密钥"},
    PART(run, "see below", "见下"),
    PART(kafka, "see below", "见下"),
    PART(matcher, "see below", "见下"),
    PART(intake, "see below", "见下"),
    PART(ledger, "see below", "见下"),
    PART(http, "see below", "见下"),
    {"desk", BUS_KEY_STRUCT, AT(bus_config, desk), .sub = &bus_conf_keys_desk,
     .doc = "see below", .doc_zh = "见下"},
    PART(keys, "see below", "见下"),
    PART(bureau, "see below", "见下"),
    PART(money, "see below", "见下"),
    PART(treasury, "see below", "见下"),
    PART(seals, "see below", "见下"),
    PART(process, "see below", "见下"),
    PART(times, "see below", "见下"),
    END};
const struct bus_keys bus_conf_keys_config = {
    "bus.yaml",
    config_keys,
    sizeof(struct bus_config),
    AT(bus_config, node),
    "The bus as a whole. `include: [file, ...]` joins further files.",
    "总线总体配置;可用 include 引入其他文件。"};
