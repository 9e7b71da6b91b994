/* What a fault of the parser says: what was read, what was expected, and for
 * marks of a Chinese keyboard what to write instead. */
#include <stdio.h>
#include <string.h>

#include "bus/feel/lex.h"

#define QUOTE   "中文引号"
#define BRACKET "全角括号"
#define FULL    "全角符号"
#define DIGIT   "全角数字"

/* Within strings they are text, within known names part of the name. */
static const struct feel_foreign marks[] = {
    {"“", "\"", QUOTE},   {"”", "\"", QUOTE},   {"‘", "\"", QUOTE},
    {"’", "\"", QUOTE},   {"＂", "\"", QUOTE},  {"「", "\"", QUOTE},
    {"」", "\"", QUOTE},  {"『", "\"", QUOTE},  {"』", "\"", QUOTE},
    {"（", "(", BRACKET}, {"）", ")", BRACKET}, {"［", "[", BRACKET},
    {"］", "]", BRACKET}, {"【", "[", BRACKET}, {"】", "]", BRACKET},
    {"｛", "{", BRACKET}, {"｝", "}", BRACKET}, {"，", ",", FULL},
    {"、", ",", FULL},    {"。", ".", FULL},    {"．", ".", FULL},
    {"；", ";", FULL},    {"：", ":", FULL},    {"＝", "=", FULL},
    {"＜", "<", FULL},    {"＞", ">", FULL},    {"≤", "<=", FULL},
    {"≥", ">=", FULL},    {"≠", "!=", FULL},    {"＋", "+", FULL},
    {"－", "-", FULL},    {"—", "-", FULL},     {"–", "-", FULL},
    {"×", "*", FULL},     {"÷", "/", FULL},     {"＊", "*", FULL},
    {"／", "/", FULL},    {"！", "!", FULL},    {"？", "?", FULL},
    {"～", "..", FULL},   {"…", "..", FULL},    {"％", "/ 100", FULL},
    {"￥", "", FULL},     {"０", "0", DIGIT},   {"１", "1", DIGIT},
    {"２", "2", DIGIT},   {"３", "3", DIGIT},   {"４", "4", DIGIT},
    {"５", "5", DIGIT},   {"６", "6", DIGIT},   {"７", "7", DIGIT},
    {"８", "8", DIGIT},   {"９", "9", DIGIT},
};

const struct feel_foreign *feel_foreign(const char *t, size_t left)
{
    if (left < 2 || (unsigned char)t[0] < 0xC3) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t n = strlen(marks[i].mark);
        if (n <= left && memcmp(t, marks[i].mark, n) == 0) {
            return &marks[i];
        }
    }
    return NULL;
}

/* The Chinese of what is expected; what has none stands as it is. */
static const char *expected_zh(const char *en)
{
    static const char *const words[][2] = {
        {"a value", "一个值"},
        {"an operator or the end", "运算符或结尾"},
        {"a closing quote", "结束的英文引号"},
        {"a name", "名称"},
        {"a name behind '.'", "“.”后面的名称"},
        {"a name and what follows it", "名称及其后的内容"},
        {"a variable's name", "变量名"},
        {"a type", "类型"},
        {"a type that is known", "已知的类型"},
        {"a well-formed escape", "正确的转义"},
        {"a number within decimal128", "范围内的数字"},
        {"all arguments by name, or none", "全部参数都写名称或都不写"},
        {"each key of a context once", "不重复的键"},
        {"the range's ']' or ')'", "区间的“]”或“)”"},
        {"'..' of a range", "区间的“..”"},
        {"a flatter expression", "嵌套更少的表达式"},
        {"a quoted date, time or duration behind '@'",
         "“@”后面加引号的日期、时刻或时长"},
        {"a date like @\"2026-07-01\", a time or a duration",
         "存在的日期(如 @\"2026-07-01\")、时刻或时长"},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], en) == 0) {
            return words[i][1];
        }
    }
    return en;
}

#define SHOWN_BYTES 40 /* of a word that was read */

/* The first foreign mark of a text, or NULL: a closing quote that is Chinese.
 */
static const struct feel_foreign *foreign_in(struct bus_strv s)
{
    for (size_t i = 0; i < s.n; i++) {
        const struct feel_foreign *f = feel_foreign(s.p + i, s.n - i);
        if (f != NULL && f->plain[0] == '"') {
            return f;
        }
    }
    return NULL;
}

void feel_fault_text(struct parser *p, const char *expected)
{
    struct bus_strv w = p->word;
    char *to = p->err->text;
    size_t cap = sizeof(p->err->text);
    const struct feel_foreign *f = feel_foreign(w.p, w.n);
    f = f == NULL && p->token == T_STRING ? foreign_in(w) : f;
    if (w.n > SHOWN_BYTES) {
        size_t n = SHOWN_BYTES;
        while (n > 0 && ((unsigned char)w.p[n] & 0xC0) == 0x80) {
            n--; /* no half a character */
        }
        w.n = n;
    }
    if (f != NULL) {
        (void)snprintf(to, cap,
                       "read '%s', a mark of a Chinese keyboard: write '%s' / "
                       "“%s”是%s,请改为英文的 %s",
                       f->mark, f->plain, f->mark, f->zh, f->plain);
    } else if (p->token == T_END) {
        (void)snprintf(to, cap,
                       "the expression ends where %s was expected / "
                       "表达式到此结束,缺少%s",
                       expected, expected_zh(expected));
    } else {
        (void)snprintf(to, cap,
                       "read '%.*s' where %s was expected / "
                       "读到“%.*s”,此处应为%s",
                       BUS_STRV_ARG(w), expected, BUS_STRV_ARG(w),
                       expected_zh(expected));
    }
}
