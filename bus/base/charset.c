#include "bus/base/charset.h"

#include <errno.h>
#include <iconv.h>

#include "bus/base/check.h"

#define DECODED_MAX \
    4 /* bytes of UTF-8 for one of a charset's bytes, rounded up */

/* Private ones of older tables, what they are now, and their two bytes. */
static const struct
{
    uint16_t was;
    uint32_t is;
    uint16_t bytes;
} charset_pairs[] = {
    {0xE78D, 0x0FE10, 0xA6D9}, {0xE78E, 0x0FE12, 0xA6DA},
    {0xE78F, 0x0FE11, 0xA6DB}, {0xE790, 0x0FE13, 0xA6DC},
    {0xE791, 0x0FE14, 0xA6DD}, {0xE792, 0x0FE15, 0xA6DE},
    {0xE793, 0x0FE16, 0xA6DF}, {0xE794, 0x0FE17, 0xA6EC},
    {0xE795, 0x0FE18, 0xA6ED}, {0xE796, 0x0FE19, 0xA6F3},
    {0xE7C7, 0x01E3F, 0xA8BC}, {0xE815, 0x02E81, 0xFE50},
    {0xE816, 0x20087, 0xFE51}, {0xE817, 0x20089, 0xFE52},
    {0xE818, 0x200CC, 0xFE53}, {0xE819, 0x02E84, 0xFE54},
    {0xE81A, 0x03473, 0xFE55}, {0xE81B, 0x03447, 0xFE56},
    {0xE81C, 0x02E88, 0xFE57}, {0xE81D, 0x02E8B, 0xFE58},
    {0xE81E, 0x09FB4, 0xFE59}, {0xE81F, 0x0359E, 0xFE5A},
    {0xE820, 0x0361A, 0xFE5B}, {0xE821, 0x0360E, 0xFE5C},
    {0xE822, 0x02E8C, 0xFE5D}, {0xE823, 0x02E97, 0xFE5E},
    {0xE824, 0x0396E, 0xFE5F}, {0xE825, 0x03918, 0xFE60},
    {0xE826, 0x09FB5, 0xFE61}, {0xE827, 0x039CF, 0xFE62},
    {0xE828, 0x039DF, 0xFE63}, {0xE829, 0x03A73, 0xFE64},
    {0xE82A, 0x039D0, 0xFE65}, {0xE82B, 0x09FB6, 0xFE66},
    {0xE82C, 0x09FB7, 0xFE67}, {0xE82D, 0x03B4E, 0xFE68},
    {0xE82E, 0x03C6E, 0xFE69}, {0xE82F, 0x03CE0, 0xFE6A},
    {0xE830, 0x02EA7, 0xFE6B}, {0xE831, 0x215D7, 0xFE6C},
    {0xE832, 0x09FB8, 0xFE6D}, {0xE833, 0x02EAA, 0xFE6E},
    {0xE834, 0x04056, 0xFE6F}, {0xE835, 0x0415F, 0xFE70},
    {0xE836, 0x02EAE, 0xFE71}, {0xE837, 0x04337, 0xFE72},
    {0xE838, 0x02EB3, 0xFE73}, {0xE839, 0x02EB6, 0xFE74},
    {0xE83A, 0x02EB7, 0xFE75}, {0xE83B, 0x2298F, 0xFE76},
    {0xE83C, 0x043B1, 0xFE77}, {0xE83D, 0x043AC, 0xFE78},
    {0xE83E, 0x02EBB, 0xFE79}, {0xE83F, 0x043DD, 0xFE7A},
    {0xE840, 0x044D6, 0xFE7B}, {0xE841, 0x04661, 0xFE7C},
    {0xE842, 0x0464C, 0xFE7D}, {0xE843, 0x09FB9, 0xFE7E},
    {0xE844, 0x04723, 0xFE80}, {0xE845, 0x04729, 0xFE81},
    {0xE846, 0x0477C, 0xFE82}, {0xE847, 0x0478D, 0xFE83},
    {0xE848, 0x02ECA, 0xFE84}, {0xE849, 0x04947, 0xFE85},
    {0xE84A, 0x0497A, 0xFE86}, {0xE84B, 0x0497D, 0xFE87},
    {0xE84C, 0x04982, 0xFE88}, {0xE84D, 0x04983, 0xFE89},
    {0xE84E, 0x04985, 0xFE8A}, {0xE84F, 0x04986, 0xFE8B},
    {0xE850, 0x0499F, 0xFE8C}, {0xE851, 0x0499B, 0xFE8D},
    {0xE852, 0x049B7, 0xFE8E}, {0xE853, 0x049B6, 0xFE8F},
    {0xE854, 0x09FBA, 0xFE90}, {0xE855, 0x241FE, 0xFE91},
    {0xE856, 0x04CA3, 0xFE92}, {0xE857, 0x04C9F, 0xFE93},
    {0xE858, 0x04CA0, 0xFE94}, {0xE859, 0x04CA1, 0xFE95},
    {0xE85A, 0x04C77, 0xFE96}, {0xE85B, 0x04CA2, 0xFE97},
    {0xE85C, 0x04D13, 0xFE98}, {0xE85D, 0x04D14, 0xFE99},
    {0xE85E, 0x04D15, 0xFE9A}, {0xE85F, 0x04D16, 0xFE9B},
    {0xE860, 0x04D17, 0xFE9C}, {0xE861, 0x04D18, 0xFE9D},
    {0xE862, 0x04D19, 0xFE9E}, {0xE863, 0x04DAE, 0xFE9F},
    {0xE864, 0x09FBB, 0xFEA0},
};
#define CHARSET_PAIRS (sizeof(charset_pairs) / sizeof(charset_pairs[0]))

const char *bus_charset_name(enum bus_charset c)
{
    static const char *const names[BUS_CHARSETS] = {
        [BUS_CHARSET_UTF8] = "UTF-8",
        [BUS_CHARSET_GBK] = "GBK",
        [BUS_CHARSET_GB18030] = "GB18030"};
    BUS_CHECK((unsigned)c < BUS_CHARSETS);
    return names[c];
}

uint32_t bus_charset_common(uint32_t code_point)
{
    for (size_t i = 0; code_point >= 0xE78D && i < CHARSET_PAIRS; i++) {
        if (charset_pairs[i].was == code_point) {
            return charset_pairs[i].is;
        }
    }
    return code_point;
}

static void charset_put(struct bus_buf *to, uint32_t c)
{
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    uint8_t out[4];
    for (size_t i = n; i-- > 1;) {
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (uint8_t)(n == 1 ? c : marks[n] | c);
    bus_buf_put(to, out, n);
}

/* Of valid UTF-8. */
static uint32_t charset_next(struct bus_strv s, size_t *at)
{
    uint8_t b = (uint8_t)s.p[*at];
    size_t n = b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
    uint32_t c = n == 1 ? b : b & (0x7Fu >> n);
    BUS_CHECK(*at + n <= s.n);
    for (size_t i = 1; i < n; i++) {
        c = c << 6 | ((uint8_t)s.p[*at + i] & 0x3F);
    }
    *at += n;
    return c;
}

/* Where the other bytes stand that do not fit; whole text: SIZE_MAX. */
static int charset_convert(const char *to_name,
                           const char *from_name,
                           struct bus_strv from,
                           struct bus_buf *to,
                           size_t *ret_at,
                           struct bus_err *err)
{
    iconv_t cd = iconv_open(to_name, from_name);
    if (cd == (iconv_t)-1) {
        return bus_fail(err, BUS_ECONFIG, "%s cannot be read on this machine",
                        from_name);
    }
    size_t room = DECODED_MAX * from.n + 4, left = from.n;
    uint8_t *start = bus_buf_reserve(to, room);
    char *in = (char *)(uintptr_t)from.p, *out = (char *)start;
    size_t rc = start != NULL ? iconv(cd, &in, &left, &out, &room) : 0;
    (void)iconv_close(cd);
    if (start == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a text");
    }
    *ret_at = from.n - left;
    to->len += (size_t)(out - (char *)start);
    return rc != (size_t)-1 && left == 0
               ? BUS_OK
               : bus_fail(err, BUS_EPARSE, "not in this character set");
}

/* Valid UTF-8, private ones of it as they are now. */
static void charset_settle(struct bus_strv s, struct bus_buf *to)
{
    for (size_t at = 0; at < s.n;) {
        charset_put(to, bus_charset_common(charset_next(s, &at)));
    }
}

static int charset_refuse(size_t at,
                          enum bus_charset c,
                          size_t *ret_at,
                          struct bus_err *err)
{
    if (ret_at != NULL) {
        *ret_at = at;
    }
    return bus_fail(err, BUS_EPARSE, "byte %zu: not in %s / 字符编码有误",
                    at + 1, bus_charset_name(c));
}

int bus_charset_decode(enum bus_charset c,
                       struct bus_strv from,
                       struct bus_buf *to,
                       size_t *ret_at,
                       struct bus_err *err)
{
    struct bus_buf raw = {0};
    size_t at = 0;
    int rc = BUS_OK;
    if (from.n == 0) {
        return BUS_OK;
    }
    if (c == BUS_CHARSET_UTF8) {
        if (!bus_utf8_valid(from.p, from.n)) {
            return charset_refuse(0, c, ret_at, err);
        }
        charset_settle(from, to);
    } else {
        rc =
            charset_convert("UTF-8", bus_charset_name(c), from, &raw, &at, err);
        if (rc == BUS_OK) {
            charset_settle(bus_buf_view(&raw), to);
        } else if (rc == BUS_EPARSE) {
            rc = charset_refuse(at, c, ret_at, err);
        }
    }
    bus_buf_fini(&raw);
    return rc == BUS_OK && to->failed ? bus_fail(err, BUS_ETOOBIG, "a text")
                                      : rc;
}

/* The pair's two bytes; 0: it is none of them. */
static uint16_t charset_pair(uint32_t code)
{
    for (size_t i = 0; code >= 0x1E3F && i < CHARSET_PAIRS; i++) {
        if (charset_pairs[i].is == code || charset_pairs[i].was == code) {
            return charset_pairs[i].bytes;
        }
    }
    return 0;
}

/* from[*was, at) as the library has it. */
static int charset_run(enum bus_charset c,
                       struct bus_strv from,
                       size_t was,
                       size_t at,
                       struct bus_buf *to,
                       size_t *ret_at,
                       struct bus_err *err)
{
    size_t fault = 0;
    BUS_CHECK(was <= at && at <= from.n);
    if (was == at) {
        return BUS_OK;
    }
    int rc = charset_convert(bus_charset_name(c), "UTF-8",
                             (struct bus_strv){from.p + was, at - was}, to,
                             &fault, err);
    return rc == BUS_EPARSE ? charset_refuse(was + fault, c, ret_at, err) : rc;
}

int bus_charset_encode(enum bus_charset c,
                       struct bus_strv from,
                       struct bus_buf *to,
                       size_t *ret_at,
                       struct bus_err *err)
{
    size_t run = 0, at = 0;
    if (!bus_utf8_valid(from.p, from.n)) {
        return charset_refuse(0, BUS_CHARSET_UTF8, ret_at, err);
    }
    if (c == BUS_CHARSET_UTF8) {
        charset_settle(from, to);
        return to->failed ? bus_fail(err, BUS_ETOOBIG, "a text") : BUS_OK;
    }
    while (at < from.n) {
        size_t was = at;
        uint16_t pair = charset_pair(charset_next(from, &at));
        if (pair != 0) {
            BUS_TRY(charset_run(c, from, run, was, to, ret_at, err));
            bus_buf_putc(to, (uint8_t)(pair >> 8));
            bus_buf_putc(to, (uint8_t)(pair & 0xFF));
            run = at;
        }
    }
    BUS_TRY(charset_run(c, from, run, at, to, ret_at, err));
    return to->failed ? bus_fail(err, BUS_ETOOBIG, "a text") : BUS_OK;
}
