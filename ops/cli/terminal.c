#include "ops/cli/terminal.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/strv.h"

#define CHUNK 2048

static bool steers(uint32_t u)
{
    return (u < 0x20 && u != '\n' && u != '\t') || (u >= 0x7f && u <= 0x9f) ||
           u == 0x61c || (u >= 0x200b && u <= 0x200f) ||
           (u >= 0x2028 && u <= 0x202e) || (u >= 0x2060 && u <= 0x206f) ||
           u == 0xfeff;
}

/* How many bytes a character that begins so has; 1 for what begins none. */
static size_t length_of(unsigned char first)
{
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

static size_t put_character(const unsigned char *c, size_t n, char *to)
{
    static const char replaced[] = "\xef\xbf\xbd";
    uint32_t u = n == 1   ? c[0]
                 : n == 2 ? (c[0] & 0x1fu) << 6
                 : n == 3 ? (c[0] & 0x0fu) << 12
                          : (c[0] & 0x07u) << 18;
    for (size_t i = 1; i < n; i++) {
        u |= (c[i] & 0x3fu) << (6 * (n - 1 - i));
    }
    if (!bus_utf8_valid((const char *)c, n) || steers(u)) {
        memcpy(to, replaced, 3);
        return 3;
    }
    memcpy(to, c, n);
    return n;
}

size_t cli_terminal_clean(struct cli_terminal_text *t,
                          const char *from,
                          size_t n,
                          char *to)
{
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)from[i];
        if (t->n > 0 && (c & 0xc0) != 0x80) { /* it ended too early */
            out += put_character(t->held, t->n, to + out);
            t->n = 0;
        }
        t->held[t->n++] = c;
        if (t->n == length_of(t->held[0])) {
            out += put_character(t->held, t->n, to + out);
            t->n = 0;
        }
    }
    return out;
}

struct guarded
{
    struct cli_terminal_text text;
    int fd;
};

static bool write_terminal(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote < 0) {
            return false;
        }
        p += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

static ssize_t guard_write(void *cookie, const char *p, size_t n)
{
    struct guarded *g = cookie;
    char clean[3 * (CHUNK + 4)];
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t part = n - i < CHUNK ? n - i : CHUNK;
        size_t out = cli_terminal_clean(&g->text, p + i, part, clean);
        if (!write_terminal(g->fd, clean, out)) {
            return 0;
        }
    }
    return (ssize_t)n;
}

static FILE *guard_stream(FILE *was, struct guarded *g, int fd, int how)
{
    static const cookie_io_functions_t writes = {.write = guard_write};
    g->fd = fd;
    FILE *f = isatty(fd) ? fopencookie(g, "w", writes) : NULL;
    if (f == NULL) {
        return was;
    }
    (void)setvbuf(f, NULL, how, 0);
    return f;
}

void cli_terminal_guard(void)
{
    static struct guarded out, err;
    stdout = guard_stream(stdout, &out, STDOUT_FILENO, _IOLBF);
    stderr = guard_stream(stderr, &err, STDERR_FILENO, _IOLBF);
}
