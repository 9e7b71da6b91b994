/* A person's name: two to four Chinese characters, or a transliterated one of
 * several parts with '·' between. What is a place or an office by its last
 * characters or by a word in it is none (S41). That a name is the very name of
 * a village or an organisation of the register, register_check.c sees. */
#include "bus/registers/registers.h"

#include <string.h>

#define PLAIN_MIN 2
#define PLAIN_MAX 4
#define PARTS_MAX 20 /* characters of a name with '·', them included */

/* The code point at *p of valid UTF-8, and on to the next. */
static uint32_t next_point(const char **p)
{
    const unsigned char *u = (const unsigned char *)*p;
    int more = u[0] >= 0xf0 ? 3 : u[0] >= 0xe0 ? 2 : u[0] >= 0xc0 ? 1 : 0;
    uint32_t c = more == 0 ? u[0] : u[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++) {
        c = c << 6 | (u[i] & 0x3fu);
    }
    *p += more + 1;
    return c;
}

static bool is_han(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
           (c >= 0x20000 && c <= 0x323af) || c == 0x3007;
}

static bool contains(struct bus_strv s, const char *word)
{
    return memmem(s.p, s.n, word, strlen(word)) != NULL;
}

static bool ends_with(struct bus_strv s, const char *word)
{
    size_t n = strlen(word);
    return s.n > n && memcmp(s.p + s.n - n, word, n) == 0;
}

static const char *form_fault(struct bus_strv name)
{
    static const char form[] =
        "is no person's name: two to four Chinese characters, or parts with "
        "'·' between / 不是人名:二至四个汉字,或以“·”分隔";
    size_t count = 0, dots = 0;
    bool dot_before = true;
    if (!bus_utf8_valid(name.p, name.n)) {
        return form;
    }
    for (const char *p = name.p; p < name.p + name.n; count++) {
        uint32_t c = next_point(&p);
        bool dot = c == 0xb7;
        if ((!dot && !is_han(c)) || (dot && dot_before)) {
            return form;
        }
        dots += dot;
        dot_before = dot;
    }
    if (dot_before || count < PLAIN_MIN ||
        count > (dots > 0 ? PARTS_MAX : PLAIN_MAX)) {
        return form;
    }
    return NULL;
}

const char *bus_registers_name_fault(struct bus_strv name)
{
    static const char *const words[] = {
        "社区",   "居委",   "村委", "委员会", "街道", "服务站",
        "中心",   "办公室", "民政", "管理员", "值班", "网格",
        "工作人", "测试",   "科长", "主任",   "局长", "镇长"};
    static const char *const endings[] = {"村", "乡", "县", "局",
                                          "办", "站", "街"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (contains(name, words[i])) {
            return "is a place, an office or a post, no person's name (S41) / "
                   "地名、机构名、职务名不是人名";
        }
    }
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (ends_with(name, endings[i])) {
            return "ends as a place or an office, it is no person's name (S41) "
                   "/ "
                   "以地名、机构名结尾,不是人名";
        }
    }
    return form_fault(name);
}
