/* The texts of a role's pages: `key = text` a line, one file a language. A key
 * that one of them lacks, or that stands twice, or whose {0} differ, ends the
 * build. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/web/gen/page2c.h"

#define WORDS_MAX 4096

void web_gen_die(const char *file,
                 int line,
                 const char *what,
                 const char *about)
{
    (void)fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what,
                  about[0] != '\0' ? ": " : "", about);
    exit(1);
}

char *web_gen_file_read(const char *file, size_t *ret_n)
{
    FILE *f = fopen(file, "rbe");
    char *text = NULL;
    size_t n = 0, cap = 0;
    if (f == NULL) {
        web_gen_die(file, 0, "cannot be read", strerror(errno));
    }
    do {
        cap += 65536;
        text = realloc(text, cap + 1);
        if (text == NULL) {
            web_gen_die(file, 0, "no memory", "");
        }
        n += fread(text + n, 1, cap - n, f);
    } while (n == cap);
    (void)fclose(f);
    text[n] = '\0';
    *ret_n = n;
    return text;
}

void web_gen_literal_write(FILE *f, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c == '\n') {
            (void)fputs(i + 1 < n ? "\\n\"\n\"" : "\\n", f);
        } else if (c == '"' || c == '\\') {
            (void)fprintf(f, "\\%c", c);
        } else if (c == '?' || c < 0x20 || c >= 0x7f) {
            (void)fprintf(f, "\\%03o", c);
        } else {
            (void)fputc(c, f);
        }
    }
}

const struct page_word *web_gen_words_find(const struct page_words *w,
                                           const char *key)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->list[i].key, key) == 0) {
            return &w->list[i];
        }
    }
    return NULL;
}

static struct page_word *word_of(struct page_words *w, const char *key)
{
    const struct page_word *found = web_gen_words_find(w, key);
    if (found == NULL && w->count < WORDS_MAX) {
        struct page_word *fresh = &w->list[w->count++];
        (void)snprintf(fresh->key, sizeof(fresh->key), "%s", key);
        return fresh;
    }
    return found != NULL ? &w->list[found - w->list] : NULL;
}

static unsigned word_args(const char *text)
{
    unsigned args = 0;
    for (; *text != '\0'; text++) {
        if (text[0] == '{' && isdigit((unsigned char)text[1]) &&
            text[2] == '}') {
            args |= 1u << (text[1] - '0');
        }
    }
    return args;
}

static void
word_read(struct page_words *w, const char *file, int n, char *line, int lang)
{
    char *equals = strstr(line, " = ");
    size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (equals == NULL || equals != line + len || len == 0 ||
        len >= PAGE_NAME || equals[3] == '\0') {
        web_gen_die(file, n, "a line is `key = text`", line);
    }
    *equals = '\0';
    struct page_word *word = word_of(w, line);
    if (word == NULL || word->texts[lang] != NULL) {
        web_gen_die(file, n, word ? "this key stands twice" : "too many", line);
    }
    word->texts[lang] = equals + 3;
    word->lines[lang] = n;
    word->args[lang] = word_args(equals + 3);
}

void web_gen_words_read(struct page_words *w, const char *file, int lang)
{
    size_t size = 0;
    char *text = web_gen_file_read(file, &size);
    int n = 0;
    if (w->list == NULL) {
        w->list = calloc(WORDS_MAX, sizeof(*w->list));
    }
    if (w->list == NULL) {
        web_gen_die(file, 0, "no memory", "");
    }
    for (char *line = text, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n' ? (*end = '\0', 1) : 0;
        n++;
        if (line[0] != '#' && line[0] != '\0') {
            word_read(w, file, n, line, lang);
        }
    }
}

void web_gen_words_check(const struct page_words *w, const char *const files[2])
{
    for (size_t i = 0; i < w->count; i++) {
        const struct page_word *word = &w->list[i];
        for (int lang = 0; lang < 2; lang++) {
            if (word->texts[lang] == NULL) {
                web_gen_die(files[1 - lang], word->lines[1 - lang],
                            lang == 0 ? "has no text in Chinese"
                                      : "has no text in English",
                            word->key);
            }
        }
        if (word->args[0] != word->args[1]) {
            web_gen_die(files[1], word->lines[1],
                        "its {0} are not those of the other language",
                        word->key);
        }
    }
}
