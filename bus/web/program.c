#include "bus/web/program.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"

#define PROGRAM_LOOKED_AT 512 /* bytes of a header */

struct program_sign
{
    const char *sign, *family;
};
/* The first that stands in it counts: most call themselves by the names of
 * those before them as well. */
static const struct program_sign browsers[] = {
    {"MicroMessenger/", "WeChat"},
    {"DingTalk/", "DingTalk"},
    {"QQBrowser/", "QQ Browser"},
    {"UCBrowser/", "UC Browser"},
    {"HuaweiBrowser/", "Huawei Browser"},
    {"MiuiBrowser/", "Mi Browser"},
    {"SamsungBrowser/", "Samsung Internet"},
    {"Edg/", "Edge"},
    {"EdgA/", "Edge"},
    {"EdgiOS/", "Edge"},
    {"OPR/", "Opera"},
    {"FxiOS/", "Firefox"},
    {"Firefox/", "Firefox"},
    {"CriOS/", "Chrome"},
    {"Chrome/", "Chrome"},
    {"Safari/", "Safari"},
    {"curl/", "curl"},
    {"python", "Python"},
    {"Python", "Python"},
};
static const struct program_sign systems[] = {
    {"HarmonyOS", "HarmonyOS"}, {"OpenHarmony", "HarmonyOS"},
    {"Windows", "Windows"},     {"Android", "Android"},
    {"iPhone", "iOS"},          {"iPad", "iOS"},
    {"Mac OS X", "macOS"},      {"CrOS", "ChromeOS"},
    {"Linux", "Linux"},
};

static const char *
program_of(struct bus_strv said, const struct program_sign *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (memmem(said.p, said.n, list[i].sign, strlen(list[i].sign))) {
            return list[i].family;
        }
    }
    return "";
}

void bus_web_program(struct bus_strv user_agent, char ret[BUS_WEB_PROGRAM])
{
    struct bus_strv said = user_agent.p != NULL ? user_agent : BUS_STRV("");
    if (said.n > PROGRAM_LOOKED_AT) {
        said.n = PROGRAM_LOOKED_AT;
    }
    const char *browser =
        program_of(said, browsers, sizeof(browsers) / sizeof(browsers[0]));
    const char *system =
        program_of(said, systems, sizeof(systems) / sizeof(systems[0]));
    bool both = browser[0] != '\0' && system[0] != '\0';
    int n = snprintf(ret, BUS_WEB_PROGRAM, "%s%s%s", browser, both ? ", " : "",
                     system);
    BUS_CHECK(n >= 0 && n < BUS_WEB_PROGRAM);
}

void bus_web_program_address(const uint8_t client[16],
                             char ret[BUS_WEB_ADDRESS_TEXT])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    bool v4 = memcmp(client, mapped, sizeof(mapped)) == 0;
    char text[INET6_ADDRSTRLEN];
    const char *at =
        inet_ntop(v4 ? AF_INET : AF_INET6,
                  v4 ? client + sizeof(mapped) : client, text, sizeof(text));
    BUS_CHECK(at != NULL);
    bool net = !v4 && client[15] == 0; /* else it is this machine's own */
    (void)snprintf(ret, BUS_WEB_ADDRESS_TEXT, "%s%s", at, net ? "/64" : "");
}
