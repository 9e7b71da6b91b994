/* Text to tokens: numbers, strings, names (any script), marks; comments are
 * passed over. */
#include "bus/feel/lex.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The first fault is kept; always NULL. */
const struct feel_node *feel_fault(struct parser *p, const char *expected)
{
    if (p->failed) {
        return NULL;
    }
    p->failed = true;
    p->err->offset = p->start;
    feel_fault_text(p, expected);
    return NULL;
}

static bool name_char(char c, bool first)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x80 || isalpha(u) || c == '_' || (first && c == '?') ||
           (!first && isdigit(u));
}

/* Blanks beyond ASCII (grammar rule 61); their bytes, or 0. */
static size_t wide_space(const char *t, size_t left)
{
    static const char *const spaces[] = {
        "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE1\xA0\x8E",
        "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83",
        "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87",
        "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\x8B",
        "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
        "\xE3\x80\x80", "\xEF\xBB\xBF",
    };
    if (left < 2 || (unsigned char)t[0] < 0xC2) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        size_t n = strlen(spaces[i]);
        if (n <= left && memcmp(t, spaces[i], n) == 0) {
            return n;
        }
    }
    return 0;
}

static void skip_space(struct parser *p)
{
    const char *t = p->text.p;
    for (;;) {
        size_t wide = 0;
        while (p->at < p->text.n &&
               (isspace((unsigned char)t[p->at]) ||
                (wide = wide_space(t + p->at, p->text.n - p->at)) > 0)) {
            p->at += wide ? wide : 1;
            wide = 0;
        }
        size_t left = p->text.n - p->at;
        if (left >= 2 && t[p->at] == '/' && t[p->at + 1] == '/') {
            while (p->at < p->text.n && t[p->at] != '\n') {
                p->at++;
            }
        } else if (left >= 2 && t[p->at] == '/' && t[p->at + 1] == '*') {
            const char *end = memmem(t + p->at + 2, left - 2, "*/", 2);
            p->at = end ? (size_t)(end + 2 - t) : p->text.n;
        } else {
            return;
        }
    }
}

static void scan_digits(struct parser *p)
{
    while (p->at < p->text.n && isdigit((unsigned char)p->text.p[p->at])) {
        p->at++;
    }
}

static bool digit_at(const struct parser *p, size_t at)
{
    return at < p->text.n && isdigit((unsigned char)p->text.p[at]);
}

static void scan_number(struct parser *p)
{
    const char *t = p->text.p;
    p->token = T_NUMBER;
    scan_digits(p);
    /* "1..5" is a range of whole numbers. */
    if (t[p->start] != '.' && digit_at(p, p->at + 1) && t[p->at] == '.') {
        p->at++;
        scan_digits(p);
    }
    if (p->at < p->text.n && (t[p->at] == 'e' || t[p->at] == 'E')) {
        bool sign = p->at + 1 < p->text.n &&
                    (t[p->at + 1] == '-' || t[p->at + 1] == '+');
        if (digit_at(p, p->at + (sign ? 2 : 1))) {
            p->at += sign ? 2 : 1;
            scan_digits(p);
        }
    }
}

static void scan_string(struct parser *p)
{
    p->token = T_STRING;
    p->at++;
    while (p->at < p->text.n && p->text.p[p->at] != '"') {
        p->at += p->text.p[p->at] == '\\' ? 2 : 1;
    }
    if (p->at >= p->text.n) {
        p->at = p->text.n;
        p->word = (struct bus_strv){p->text.p + p->start, p->at - p->start};
        (void)feel_fault(p, "a closing quote");
        return;
    }
    p->at++;
}

void feel_next(struct parser *p)
{
    skip_space(p);
    const char *t = p->text.p;
    p->start = p->at;
    if (p->at == p->text.n) {
        p->token = T_END;
        p->word = (struct bus_strv){t + p->at, 0};
        return;
    }
    const struct feel_foreign *foreign =
        feel_foreign(t + p->at, p->text.n - p->at);
    if (foreign != NULL) {
        p->token = T_MARK;
        p->at += strlen(foreign->mark);
        p->word = (struct bus_strv){t + p->start, p->at - p->start};
        return;
    }
    char c = t[p->at], d = p->at + 1 < p->text.n ? t[p->at + 1] : '\0';
    if (isdigit((unsigned char)c) || (c == '.' && isdigit((unsigned char)d))) {
        if (c == '.') {
            p->at++;
        }
        scan_number(p);
    } else if (c == '"') {
        scan_string(p);
    } else if (name_char(c, true)) {
        p->token = T_NAME;
        p->at++;
        while (p->at < p->text.n && name_char(t[p->at], false) &&
               wide_space(t + p->at, p->text.n - p->at) == 0 &&
               feel_foreign(t + p->at, p->text.n - p->at) == NULL) {
            p->at++;
        }
    } else {
        bool two = (c == '*' && d == '*') || (c == '.' && d == '.') ||
                   (c == '!' && d == '=') || (c == '<' && d == '=') ||
                   (c == '>' && d == '=') || (c == '-' && d == '>');
        p->token = c == '@' ? T_AT : T_MARK;
        p->at += two ? 2 : 1;
    }
    p->word = (struct bus_strv){t + p->start, p->at - p->start};
}

bool feel_mark(const struct parser *p, const char *m)
{
    return p->token == T_MARK && bus_strv_is(p->word, m);
}

/* The words of logic may be Chinese. */
bool feel_key(const struct parser *p, const char *k)
{
    static const char *const zh[][2] = {{"and", "且"},
                                        {"and", "并且"},
                                        {"or", "或"},
                                        {"or", "或者"},
                                        {"not", "非"}};
    if (p->token != T_NAME) {
        return false;
    }
    for (size_t i = 0; i < sizeof(zh) / sizeof(zh[0]); i++) {
        if (strcmp(zh[i][0], k) == 0 && bus_strv_is(p->word, zh[i][1])) {
            return true;
        }
    }
    return bus_strv_is(p->word, k);
}

static size_t utf8_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    to[0] = (char)(lead[n] | c);
    return n;
}

static uint32_t lex_hex_of(const char *s, size_t n, bool *ok)
{
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isxdigit((unsigned char)s[i])) {
            *ok = false;
            return 0;
        }
        int d = isdigit((unsigned char)s[i])
                    ? s[i] - '0'
                    : (tolower((unsigned char)s[i]) - 'a') + 10;
        v = v << 4 | (uint32_t)d;
    }
    return v;
}

/* Quotes off, escapes resolved. */
bool feel_unquote(struct parser *p, struct bus_strv w, struct bus_strv *ret)
{
    char *to = bus_arena_alloc(p->mem, w.n + 1);
    size_t n = 0;
    bool ok = to != NULL;
    for (size_t i = 1; ok && i + 1 < w.n; i++) {
        char c = w.p[i];
        if (c != '\\') {
            to[n++] = c;
            continue;
        }
        c = w.p[++i];
        size_t digits = c == 'u' ? 4 : c == 'U' ? 6 : 0;
        if (digits > 0) {
            ok = i + digits < w.n;
            uint32_t u = ok ? lex_hex_of(w.p + i + 1, digits, &ok) : 0;
            i += digits;
            bool high = u >= 0xD800 && u < 0xDC00;
            if (ok && high && i + 6 < w.n && w.p[i + 1] == '\\') {
                uint32_t low = lex_hex_of(w.p + i + 3, 4, &ok);
                u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
                i += 6;
            }
            ok = ok && u <= 0x10FFFF;
            n += ok ? utf8_put(to + n, u) : 0;
            continue;
        }
        if (c != 'n' && c != 't' && c != 'r' && c != '"' && c != '\'' &&
            c != '\\') {
            to[n++] = '\\'; /* as it stands: "\d" of a pattern */
        }
        to[n++] = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
    *ret = (struct bus_strv){to, n};
    if (!ok) {
        (void)feel_fault(p, "a well-formed escape");
    }
    return ok;
}

bool feel_take_mark(struct parser *p, const char *m)
{
    if (!feel_mark(p, m)) {
        char what[16];
        (void)snprintf(what, sizeof(what), "'%s'", m);
        (void)feel_fault(p, what);
        return false;
    }
    feel_next(p);
    return true;
}

bool feel_take_key(struct parser *p, const char *k)
{
    if (!feel_key(p, k)) {
        char what[32];
        (void)snprintf(what, sizeof(what), "'%s'", k);
        (void)feel_fault(p, what);
        return false;
    }
    feel_next(p);
    return true;
}
