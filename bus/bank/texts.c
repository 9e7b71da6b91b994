#include "bus/bank/bank_parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"

const char *const bus_bank_kind_words[BUS_BANK_KINDS] = {
    [BUS_BANK_PAIN002] = "pain.002",
    [BUS_BANK_CAMT053] = "camt.053",
    [BUS_BANK_CAMT054] = "camt.054",
    [BUS_BANK_MT940] = "MT940",
    [BUS_BANK_TABLE] = "table"};

const char *bank_amount_text(int64_t fen, char dst[BANK_AMOUNT_TEXT])
{
    BUS_CHECK(fen >= 0);
    (void)snprintf(dst, BANK_AMOUNT_TEXT, "%" PRId64 ".%02d", fen / 100,
                   (int)(fen % 100));
    return dst;
}

bool bank_amount_parse(struct bus_strv s, char point, int64_t *ret_fen)
{
    int64_t fen = 0;
    int behind = -1; /* digits behind the point */
    size_t digits = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == point && behind < 0 && digits > 0) {
            behind = 0;
        } else if (c < '0' || c > '9' || (behind >= 2 && c != '0')) {
            return false; /* no digit, or less than a fen */
        } else if (behind < 2) {
            fen = fen * 10 + (c - '0');
            behind += behind >= 0;
            digits++;
        }
        if (fen > BUS_BANK_FEN_MAX) {
            return false;
        }
    }
    for (int k = behind < 0 ? 0 : behind; k < 2; k++) {
        fen *= 10;
    }
    *ret_fen = fen;
    return digits > 0 && fen <= BUS_BANK_FEN_MAX;
}

bool bank_day_parse(struct bus_strv s, int32_t *ret)
{
    char text[BUS_DATE_TEXT + 1];
    if (s.n == 8) {
        (void)snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", s.p, s.p + 4,
                       s.p + 6);
        s = bus_strv(text);
    }
    bool instant = s.n > BUS_DATE_TEXT && s.p[BUS_DATE_TEXT] == 'T';
    s.n = instant ? BUS_DATE_TEXT : s.n;
    return bus_date_parse(s, ret);
}

bool bank_text_fits(struct bus_strv s, size_t max)
{
    if (s.n == 0 || !bus_utf8_valid(s.p, s.n) ||
        bus_utf8_count(s.p, s.n) > max || s.p[0] == ' ' ||
        s.p[s.n - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        bool c1 = c == 0xC2 && (uint8_t)s.p[i + 1] < 0xA0; /* valid: there */
        bool none = c == 0xEF && (uint8_t)s.p[i + 1] == 0xBF &&
                    (uint8_t)s.p[i + 2] >= 0xBE; /* U+FFFE, U+FFFF */
        if (c < 0x20 || c == 0x7F || c1 || none) {
            return false;
        }
    }
    return true;
}

static bool bank_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bus_strv bank_trim(struct bus_strv s)
{
    while (s.n > 0 && bank_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && bank_blank(s.p[s.n - 1])) {
        s.n--;
    }
    return s;
}

bool bank_text_set(struct bank_text *t, struct bus_strv s)
{
    if (s.n > sizeof(t->p)) {
        return false;
    }
    memcpy(t->p, s.n > 0 ? s.p : "", s.n);
    t->n = s.n;
    return true;
}

struct bus_strv bank_text_view(const struct bank_text *t)
{
    BUS_CHECK(t->n <= sizeof(t->p));
    return (struct bus_strv){t->p, t->n};
}

char *bus_bank_id_text(const struct bus_id *id, char dst[BUS_BANK_ID_TEXT + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof(id->b); i++) {
        dst[2 * i] = digits[id->b[i] >> 4];
        dst[2 * i + 1] = digits[id->b[i] & 15];
    }
    dst[BUS_BANK_ID_TEXT] = '\0';
    return dst;
}

static int bank_hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool bus_bank_id_parse(struct bus_strv s, struct bus_id *ret)
{
    if (s.n == BUS_ID_TEXT) {
        return bus_id_parse(s, ret);
    }
    for (size_t i = 0; s.n == BUS_BANK_ID_TEXT && i < sizeof(ret->b); i++) {
        int high = bank_hex(s.p[2 * i]), low = bank_hex(s.p[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret->b[i] = (uint8_t)(high * 16 + low);
    }
    return s.n == BUS_BANK_ID_TEXT;
}

/* --- balances --- */

bool bank_balance_move(struct bank_balance *b, int64_t fen)
{
    return !__builtin_add_overflow(b->moved_fen, fen, &b->moved_fen);
}

int bank_balance_check(const struct bank_balance *b,
                       size_t line,
                       struct bus_err *err)
{
    int64_t is = 0;
    if (!b->opening && !b->closing) {
        return BUS_OK;
    }
    if (!b->opening || !b->closing) {
        return bus_fail(err, BUS_EPARSE,
                        "line %zu: a statement without its %s balance / "
                        "对账单缺少期初或期末余额",
                        line, b->opening ? "closing" : "opening");
    }
    bool over = __builtin_add_overflow(b->opening_fen, b->moved_fen, &is);
    return !over && is == b->closing_fen
               ? BUS_OK
               : bus_fail(err, BUS_ERANGE,
                          "line %zu: opening and movements are not the closing "
                          "balance, off by %" PRId64
                          " fen / 期初加变动不等于期末",
                          line, over ? 0 : b->closing_fen - is);
}
