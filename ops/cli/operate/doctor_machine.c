#include "ops/cli/operate/doctor.h"
#include "ops/cli/operate/roles.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "bus/base/clock.h"
#include "bus/catalogue/publication.h"
#include "bus/run/tls_until.h"
#include "bus/wire/keyring.h"

#define DISK_LOW_BYTES   (INT64_C(1) << 30) /* one journal at its default */
#define CERTIFICATE_DAYS 30
#define DAY_MS           INT64_C(86400000)
#define FILES_LOW        4096 /* connections, partitions, LMDB */

static void doctor_bureau(struct doctor *d)
{
    static const struct doctor_about about = {"民政局公钥", "bureau's key"};
    struct bus_catalogue_bureau bureau;
    struct bus_err err;
    if (bus_catalogue_bureau_read(&d->t->config, &bureau, &err) != BUS_OK) {
        cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s", err.msg);
    } else if (bureau.count == 0) {
        cli_doctor_tell(d, DOCTOR_FAULT, &about, "none");
    } else {
        cli_doctor_tell(d, DOCTOR_WELL, &about, "%zu", bureau.count);
        return;
    }
    cli_doctor_advise(
        "`lianou seal keygen FILE`, 公钥写入 bus.yaml 的 bureau.public_key",
        "`lianou seal keygen FILE`, its public key into bureau.public_key of "
        "bus.yaml; without it no catalogue and no register counts");
}

static void doctor_ring(struct doctor *d)
{
    static const struct doctor_about about = {"密钥环", "keyring"};
    const char *path = d->t->config.keys.ring;
    struct bus_wire_keyring *ring = NULL;
    struct bus_err err;
    struct stat is;
    if (stat(path, &is) == 0 && S_ISDIR(is.st_mode)) {
        cli_doctor_tell(d, DOCTOR_WELL, &about, "%s", path);
        return; /* a file a holder; each role opens its own */
    }
    if (bus_wire_keyring_open(path, &ring, &err) == BUS_OK) {
        cli_doctor_tell(d, DOCTOR_WELL, &about, "%s: %zu keys", path,
                        bus_wire_keyring_count(ring));
        bus_wire_keyring_free(ring);
        return;
    }
    cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s", err.msg);
    cli_doctor_advise("`lianou keys init` 建立; 文件权限 0600",
                      "`lianou keys init` makes them; mode 0600");
}

static void doctor_person_key(struct doctor *d)
{
    static const struct doctor_about about = {"人员标识密钥", "county's key"};
    uint8_t key[BUS_WIRE_KEY_BYTES];
    struct bus_err err;
    if (bus_wire_key_file(d->t->config.keys.person_key, key, &err) == BUS_OK) {
        explicit_bzero(key, sizeof(key));
        cli_doctor_tell(d, DOCTOR_WELL, &about, "%s",
                        d->t->config.keys.person_key);
        return;
    }
    cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s", err.msg);
    cli_doctor_advise("`lianou keys init` 建立; 须备份, 丢失后无法再认出同一人",
                      "`lianou keys init` makes it; keep a copy: without it "
                      "nobody is known again");
}

static void doctor_accounts(struct doctor *d)
{
    static const struct doctor_about about = {"动态码密钥",
                                              "key of second factors"};
    const char *path = d->t->config.keys.accounts;
    struct bus_wire_keyring *ring = NULL;
    struct bus_err err;
    if (bus_wire_keyring_open(path, &ring, &err) == BUS_OK) {
        bus_wire_keyring_free(ring);
        cli_doctor_tell(d, DOCTOR_WELL, &about, "%s", path);
        return;
    }
    cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s", err.msg);
    cli_doctor_advise("见 keys.md 的 keys.accounts; 没有它无人能开通动态码",
                      "keys.md has how to make it (keys.accounts); without it "
                      "nobody gets a second factor");
}

static void doctor_state(struct doctor *d)
{
    static const struct doctor_about about = {"状态目录", "state folder"};
    const char *path = d->t->config.state_dir;
    struct statvfs disk;
    if (access(path, W_OK | X_OK) != 0 || statvfs(path, &disk) != 0) {
        cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s: %s", path,
                        strerror(errno));
        cli_doctor_advise("建立目录并交给运行账户",
                          "make it, owned by who runs the roles");
        return;
    }
    int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    bool low = left < DISK_LOW_BYTES || disk.f_favail == 0;
    cli_doctor_tell(d, low ? DOCTOR_FAULT : DOCTOR_WELL, &about,
                    "%s: %" PRId64 " MiB", path, left >> 20);
    if (low) {
        cli_doctor_advise("腾出磁盘空间: 受理日志和研判状态写在这里",
                          "make room: intake's journal and the matcher's "
                          "state are written here");
    }
}

static void doctor_certificate(struct doctor *d, const char *file)
{
    static const struct doctor_about about = {"证书", "certificate"};
    struct bus_err err;
    int64_t until = 0;
    if (file == NULL || file[0] == '\0') {
        return;
    }
    if (bus_run_tls_until(file, &until, &err) != BUS_OK) {
        cli_doctor_tell(d, DOCTOR_FAULT, &about, "%s", err.msg);
        cli_doctor_advise("换上 PEM 格式的证书文件", "put a PEM file there");
        return;
    }
    int64_t days = (until - bus_clock_system.wall_ms(NULL)) / DAY_MS;
    bool over = until <= bus_clock_system.wall_ms(NULL);
    cli_doctor_tell(d,
                    over                      ? DOCTOR_FAULT
                    : days < CERTIFICATE_DAYS ? DOCTOR_WARNING
                                              : DOCTOR_WELL,
                    &about, "%s: %" PRId64 " 天 days", file, days);
    if (over || days < CERTIFICATE_DAYS) {
        cli_doctor_advise("换新证书; 各角色会自行重新读取, 不必重启",
                          "renew it; roles read it again by themselves");
    }
}

/* Two of this county's roles on one port: the second would not come up. */
static bool ports_clash(struct doctor *d, const struct cli_role *v, size_t n)
{
    static const struct doctor_about about = {"端口", "port"};
    bool clash = false;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (v[i].port != 0 && v[i].port == v[j].port) {
                cli_doctor_tell(d, DOCTOR_FAULT, &about, "%" PRId64 ": %s, %s",
                                v[i].port, v[i].name, v[j].name);
                cli_doctor_advise("各用一个端口", "a port each");
                clash = true;
            }
        }
    }
    return clash;
}

/* Who listens there: nobody yet, or somebody; that may be the role itself. */
static bool port_taken(const char *host, int64_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    if (port <= 0 || inet_pton(AF_INET, host, &at.sin_addr) != 1) {
        return false;
    }
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken =
        s >= 0 && connect(s, (const struct sockaddr *)&at, sizeof(at)) == 0;
    if (s >= 0) {
        (void)close(s);
    }
    return taken;
}

static void doctor_ports(struct doctor *d)
{
    static const struct doctor_about about = {"端口", "ports"};
    size_t n = 0, taken = 0;
    const struct cli_role *ports = cli_roles_of(&d->t->config, &d->t->mem, &n);
    const char *host = cli_roles_host(&d->t->config);
    if (ports == NULL) {
        cli_doctor_tell(d, DOCTOR_FAULT, &about, "memory");
        return;
    }
    if (ports_clash(d, ports, n)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        taken += port_taken(host, ports[i].port) ? 1 : 0;
    }
    cli_doctor_tell(d, DOCTOR_WELL, &about,
                    "%zu 个中 %zu 个有人监听 / %zu of %zu answer", n, taken,
                    taken, n);
}

static void doctor_clock(struct doctor *d)
{
    static const struct doctor_about about = {"时钟", "clock"};
    struct timex now = {0};
    if (adjtimex(&now) != TIME_ERROR) {
        cli_doctor_tell(d, DOCTOR_WELL, &about, "已同步 synchronised");
        return;
    }
    cli_doctor_tell(d, DOCTOR_WARNING, &about, "未同步 not synchronised");
    cli_doctor_advise(
        "启用 NTP (chrony 或 systemd-timesyncd): 印章与公示按时刻判断",
        "run NTP (chrony or systemd-timesyncd): seals and "
        "notices are judged by the time");
}

static void doctor_files(struct doctor *d)
{
    static const struct doctor_about about = {"打开文件数", "open files"};
    struct rlimit l = {0};
    (void)getrlimit(RLIMIT_NOFILE, &l);
    bool low = l.rlim_cur != RLIM_INFINITY && l.rlim_cur < FILES_LOW &&
               l.rlim_max != RLIM_INFINITY && l.rlim_max < FILES_LOW;
    cli_doctor_tell(d, low ? DOCTOR_WARNING : DOCTOR_WELL, &about, "%" PRIu64,
                    (uint64_t)l.rlim_max);
    if (low) {
        cli_doctor_advise(
            "`ulimit -n` 或单元的 LimitNOFILE 调到 4096 以上",
            "`ulimit -n`, or the unit's LimitNOFILE, 4096 or more");
    }
}

void cli_doctor_machine(struct doctor *d)
{
    const struct bus_config *c = &d->t->config;
    doctor_bureau(d);
    doctor_ring(d);
    doctor_person_key(d);
    doctor_accounts(d);
    doctor_state(d);
    doctor_certificate(d, c->http.cert_file);
    doctor_certificate(d, c->kafka.ca_file);
    doctor_certificate(d, c->kafka.cert_file);
    doctor_ports(d);
    doctor_clock(d);
    doctor_files(d);
}
