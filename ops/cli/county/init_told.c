#include "ops/cli/county/init_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/conf/bus_config.h"
#include "ops/cli/county/folder.h"
#include "ops/cli/lianou.h"

static void told_line(const char *file, const char *zh, const char *en)
{
    (void)printf("  %-28s %s\n  %-28s %s\n", file, zh, "", en);
}

static void told_villages(const struct cli_county_wants *w,
                          const struct bus_config *c)
{
    char file[40];
    (void)snprintf(file, sizeof(file), "divisions/%.6s.csv", c->county.code);
    if (c->villages_count == 0) {
        told_line(file, "村居一个也没有, 申请无法落到村",
                  "no village yet: no application has a place");
    } else if (w->divisions == NULL) {
        told_line(file, "村居名单以本县现行区划为准", "confirm the villages");
    }
    if (c->stations_count == 0) {
        told_line("divisions/stations.csv", "救助服务站与村居的对应",
                  "which service station serves which village");
    }
    if (!w->training && w->operators == NULL) {
        told_line("registers/operators.csv",
                  "本县经办人; 每村须有一名民政助理员, 否则登记簿不能发布",
                  "the county's people; without an assistant in each village "
                  "the register cannot be published");
    }
}

/* What a county must put in its own place of, as far as files can tell. */
static void told_to_fill(const struct cli_county_wants *w,
                         const struct bus_config *c)
{
    (void)printf("正式使用前须填 / to be filled in before real use:\n");
    if (w->training) {
        told_line("*", "培训用: 样例人员、自制印章、公示零天; 正式使用请另建",
                  "for training: made-up people, seals of its own, notices "
                  "that hang no days; never for real use");
    }
    told_villages(w, c);
    if (!w->training) {
        told_line("registers/seals.csv",
                  "各部门印章的公钥, 私钥放 seals/; 无章的决定不算数",
                  "the departments' seals, keys in seals/; a decision without "
                  "one does not count");
    }
    told_line("registers/organisations.csv", "统一社会信用代码是编造的",
              "the unified codes are made up");
    told_line("partners.d/, funds.yaml", "本县的部门、银行、邮政、慈善组织",
              "the county's departments, banks, post, charities");
    told_line("standards.yaml", "标为 I 的数额: `lianou check --warnings`",
              "figures marked I: `lianou check --warnings`");
    if (c->kafka.replication < 3) {
        told_line("bus.yaml kafka", "只有一份副本, 只供试用; 正式用三台",
                  "too few copies of each message; three brokers for real use");
    }
    if (c->kafka.security != BUS_KAFKA_SASL_SSL) {
        told_line("bus.yaml kafka.security",
                  "不是 sasl_ssl: 谁连上都能写 (security.md)",
                  "not sasl_ssl: whoever connects may write (security.md)");
    }
    told_line("person.key accounts keys/ bureau.pem", "离线备份; 丢了不能再生",
              "keep a copy off line: none of them can be made again");
}

static bool on_path(void)
{
    char paths[4096], *save = NULL;
    const char *env = getenv("PATH");
    (void)snprintf(paths, sizeof(paths), "%s", env != NULL ? env : "");
    for (char *p = strtok_r(paths, ":", &save); p != NULL;
         p = strtok_r(NULL, ":", &save)) {
        char file[CLI_FOLDER_PATH];
        int n = snprintf(file, sizeof(file), "%s/lianou", p);
        if (n < (int)sizeof(file) && access(file, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* As a shell reads it back. */
static void put_shell(const char *text)
{
    (void)putchar('\'');
    for (const char *p = text; *p != '\0'; p++) {
        (void)fputs(*p == '\'' ? "'\\''" : (char[]){*p, '\0'}, stdout);
    }
    (void)putchar('\'');
}

static void told_adapters(const struct bus_config *c)
{
    (void)printf("  for partner in");
    for (size_t i = 0; i < c->partners_count; i++) {
        if (c->partners[i].transport != BUS_TRANSPORT_KAFKA) {
            (void)printf(" %s", c->partners[i].code);
        }
    }
    (void)printf("; do lianou run partner $partner & done\n");
}

static void told_commands(const struct cli_county_wants *w,
                          const struct bus_config *c,
                          const char *folder,
                          const char *shadowed)
{
    (void)printf("下一步, 逐行输入 / next, line by line:\n");
    (void)printf("  export LIANOU_CONFIG=");
    put_shell(folder);
    (void)printf("\n");
    if (!on_path()) {
        (void)printf("  lianou() { ");
        put_shell(lianou_program());
        (void)printf(" \"$@\"; }\n");
    }
    if (shadowed[0] != '\0') {
        (void)printf("  unset%s\n", shadowed);
    }
    (void)printf("  lianou check\n"
                 "  lianou topics apply\n"
                 "  lianou db migrate\n"
                 "  lianou policy publish\n"
                 "  lianou register publish\n"
                 "  lianou doctor\n"
                 "  lianou account add %s --operator %s\n"
                 "  for role in matcher dispatch ledger intake desk clock; do "
                 "lianou run $role & done\n",
                 w->first.id, w->first.id);
    told_adapters(c);
    if (w->training) {
        (void)printf("  lianou simulate all &\n");
    }
    (void)printf("  lianou status matcher dispatch ledger intake desk clock\n");
}

int cli_init_told(const struct cli_county_wants *w,
                  const char *folder,
                  const char *shadowed,
                  struct bus_err *err)
{
    struct bus_config c;
    int rc = bus_conf_open(&c, folder, NULL, err);
    if (rc == BUS_OK) {
        (void)printf("%s: %s %s %s, %zu 村居 villages\n", folder, c.county.code,
                     c.county.name_zh, c.county.name, c.villages_count);
        told_to_fill(w, &c);
        told_commands(w, &c, folder, shadowed);
    }
    bus_conf_close(&c);
    return rc;
}
