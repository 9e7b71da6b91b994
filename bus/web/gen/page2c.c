/* page2c OUT-DIR NAME HEADER WORDS.zh WORDS.en [PATH=FILE...] PAGE.html...
 *
 * Makes <name>_pages.h and <name>_pages.c of a role's templates, words and
 * files.
 *
 *   {{page queue desk_queue}}   first line: desk_page_queue(), over struct
 *                               desk_queue of HEADER, called v below
 *   {{row.name}}                a member, escaped for where it stands
 *   {{yuan row.amount_fen}}     money
 *   {{t key a b}}               a word; a and b are its {0} and {1}
 *   {{if [not] m}} {{else}} {{end}}
 *   {{each row rows}} {{end}}   over v->rows, v->rows_count of them
 *   {{part head m}}             another template, over the struct m
 *   {{csrf}}                    in every form that posts
 *   {{markup m}}                a struct bus_web_markup, as it is
 *   {{# a note }}
 *
 * A value may stand in text or in an attribute between double quotes, nowhere
 * else. What a browser might read in another way is refused: scripts, styles,
 * on*=, attributes without quotes, comments. Both ways of an {{if}} must end
 * where it began. The C compiler checks the members, at the template's line. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bus/web/gen/page2c.h"
#include "bus/wire/crypt.h"

#define DEPTH_MAX 16
#define PAGES_MAX 200

struct page_block
{
    bool each, has_else;
    char row[PAGE_NAME]; /* of each */
    struct page_html began, ended;
};
static struct page_run
{
    const char *name, *file;
    int line;
    FILE *c, *h;
    struct page_words words;
    struct page_html html;
    struct page_block blocks[DEPTH_MAX];
    int depth;
    bool begun, at_line_begin;
    char *literal;
    size_t literal_n;
    char pages[PAGES_MAX][PAGE_NAME];
    size_t pages_count;
} run;

static void page_wrong(const char *what, const char *about)
{
    web_gen_die(run.file, run.line, what, about);
}

static void literal_flush(void)
{
    if (run.literal_n > 0) {
        (void)fputs("    bus_web_page_raw(p, \"", run.c);
        web_gen_literal_write(run.c, run.literal, run.literal_n);
        (void)fprintf(run.c, "\", %zu);\n", run.literal_n);
    }
    run.literal_n = 0;
}

static void code_begin(void)
{
    literal_flush();
    (void)fprintf(run.c, "#line %d \"%s\"\n    ", run.line, run.file);
}

/* --- members --- */

static bool member_name(const char *s)
{
    bool well = isalpha((unsigned char)s[0]) != 0;
    for (; *s != '\0'; s++) {
        well = well && (isalnum((unsigned char)*s) || *s == '_' || *s == '.');
    }
    return well;
}

/* `row.name` of a loop over rows is row->name, else it is of v. */
static const char *member_path(const char *path)
{
    static char texts[12][3 * PAGE_NAME];
    static int next;
    char *to = texts[next++ % 12];
    const char *dot = strchr(path, '.');
    size_t n = dot ? (size_t)(dot - path) : strlen(path);
    if (!member_name(path) || strlen(path) >= 2 * PAGE_NAME) {
        page_wrong("this is no member", path);
    }
    for (int i = run.depth - 1; i >= 0; i--) {
        const char *row = run.blocks[i].row;
        if (run.blocks[i].each && strlen(row) == n &&
            memcmp(row, path, n) == 0) {
            (void)snprintf(to, sizeof(texts[0]), dot ? "%s->%s" : "*%s", row,
                           dot ? dot + 1 : "");
            return to;
        }
    }
    (void)snprintf(to, sizeof(texts[0]), "v->%s", path);
    return to;
}

static const char *place_now(bool whole_word)
{
    const struct page_html *h = &run.html;
    if (h->state == PAGE_TEXT) {
        return "BUS_WEB_IN_TEXT";
    }
    if (h->state != PAGE_VALUE) {
        page_wrong("a value stands in text or between double quotes", "");
    }
    if (!web_gen_html_is_url(h)) {
        return "BUS_WEB_IN_ATTRIBUTE";
    }
    if (whole_word) {
        page_wrong("no words in an address", "");
    }
    return h->value_n == 0 ? "BUS_WEB_IN_URL" : "BUS_WEB_IN_URL_PART";
}

/* --- tags of the template --- */

static void tag_value(char **w, int n)
{
    if (n != 1) {
        page_wrong("a value is one member", w[0]);
    }
    const char *place = place_now(false);
    code_begin();
    (void)fprintf(run.c, "BUS_WEB_PUT(p, %s, %s);\n", place, member_path(w[0]));
    run.html.value_n++;
}

static void tag_yuan(char **w, int n)
{
    if (n != 2) {
        page_wrong("{{yuan member}}", "");
    }
    const char *place = place_now(false);
    code_begin();
    (void)fprintf(run.c, "bus_web_page_yuan(p, %s, %s);\n", place,
                  member_path(w[1]));
    run.html.value_n++;
}

static void tag_word(char **w, int n)
{
    const struct page_word *word =
        n > 1 ? web_gen_words_find(&run.words, w[1]) : NULL;
    if (word == NULL) {
        page_wrong("no such word", n > 1 ? w[1] : "");
        return;
    }
    if (word->args[0] != (1u << (n - 2)) - 1) {
        page_wrong("not as many values as the word has {0}, {1}", w[1]);
    }
    const char *place = place_now(true);
    code_begin();
    (void)fprintf(run.c, "bus_web_page_say(p, %s, %s_words[p->lang][%td], ",
                  place, run.name, word - run.words.list);
    if (n == 2) {
        (void)fputs("NULL, 0);\n", run.c);
        return;
    }
    (void)fputs("(struct bus_web_arg[]){", run.c);
    for (int i = 2; i < n; i++) {
        (void)fprintf(run.c, "BUS_WEB_ARG(%s),", member_path(w[i]));
    }
    (void)fprintf(run.c, "}, %d);\n", n - 2);
}

static void block_pause(void)
{
    const char *why = web_gen_html_pause(&run.html);
    if (why != NULL) {
        page_wrong(why, "");
    }
}

static struct page_block *block_open(void)
{
    block_pause();
    if (run.depth == DEPTH_MAX) {
        page_wrong("too deep", "");
    }
    struct page_block *b = &run.blocks[run.depth];
    *b = (struct page_block){.began = run.html};
    return b;
}

static void tag_if(char **w, int n)
{
    bool no = n == 3 && strcmp(w[1], "not") == 0;
    if (n != 2 && !no) {
        page_wrong("{{if member}} or {{if not member}}", "");
    }
    (void)block_open();
    code_begin();
    (void)fprintf(run.c, "if (%sBUS_WEB_IS(%s)) {\n", no ? "!" : "",
                  member_path(w[n - 1]));
    run.depth++;
}

static void tag_each(char **w, int n)
{
    if (n != 3 || !member_name(w[1]) || strchr(w[1], '.') != NULL ||
        strlen(w[1]) >= PAGE_NAME) {
        page_wrong("{{each row rows}}", "");
    }
    struct page_block *b = block_open();
    const char *rows = member_path(w[2]);
    code_begin();
    (void)fprintf(run.c,
                  "for (size_t i%d = 0; i%d < (size_t)%s_count; i%d++) { const "
                  "__typeof__(%s[0]) *%s = &%s[i%d]; (void)%s;\n",
                  run.depth, run.depth, rows, run.depth, rows, w[1], rows,
                  run.depth, w[1]);
    b->each = true;
    (void)snprintf(b->row, sizeof(b->row), "%s", w[1]);
    run.depth++;
}

static void tag_else(char **w, int n)
{
    struct page_block *b = run.depth > 0 ? &run.blocks[run.depth - 1] : NULL;
    if (b == NULL || b->each || b->has_else || n != 1) {
        page_wrong("no {{if}} for this", w[0]);
        return;
    }
    block_pause();
    code_begin();
    (void)fputs("} else {\n", run.c);
    b->has_else = true;
    b->ended = run.html;
    run.html = b->began;
}

static void tag_end(char **w, int n)
{
    if (run.depth == 0 || n != 1) {
        page_wrong("nothing is open", w[0]);
    }
    block_pause();
    const struct page_block *b = &run.blocks[--run.depth];
    if (!web_gen_html_same(&run.html, b->has_else ? &b->ended : &b->began)) {
        page_wrong(
            "the HTML is not where it was: both ways must end in one place",
            "");
    }
    code_begin();
    (void)fputs("}\n", run.c);
}

static void tag_part(char **w, int n)
{
    bool known = false;
    if (n != 3 || run.html.state != PAGE_TEXT) {
        page_wrong("{{part name member}}, in text", "");
    }
    for (size_t i = 0; i < run.pages_count; i++) {
        known = known || strcmp(run.pages[i], w[1]) == 0;
    }
    if (!known) {
        page_wrong("no page of this name stands before", w[1]);
    }
    code_begin();
    (void)fprintf(run.c, "%s_page_%s(p, &%s);\n", run.name, w[1],
                  member_path(w[2]));
}

static void tag_csrf(char **w, int n)
{
    if (n != 1 || !run.html.posts || run.html.state != PAGE_TEXT) {
        page_wrong("stands inside of a form that posts", w[0]);
    }
    run.html.has_csrf = true;
    code_begin();
    (void)fputs("bus_web_page_csrf(p);\n", run.c);
}

static void tag_markup(char **w, int n)
{
    if (n != 2 || run.html.state != PAGE_TEXT) {
        page_wrong("{{markup member}}, in text", "");
    }
    code_begin();
    (void)fprintf(run.c, "bus_web_page_markup(p, %s);\n", member_path(w[1]));
}

static void tag_page(char **w, int n)
{
    if (run.begun || n != 3 || !member_name(w[1]) || !member_name(w[2]) ||
        strlen(w[1]) >= PAGE_NAME || run.pages_count == PAGES_MAX) {
        page_wrong("{{page name struct}}, once and first", "");
    }
    run.begun = true;
    (void)snprintf(run.pages[run.pages_count++], PAGE_NAME, "%s", w[1]);
    (void)fprintf(run.h,
                  "void %s_page_%s(struct bus_web_page *p, const struct %s "
                  "*v);\n",
                  run.name, w[1], w[2]);
    (void)fprintf(run.c,
                  "\nvoid %s_page_%s(struct bus_web_page *p, const struct %s "
                  "*v)\n{\n    (void)v;\n",
                  run.name, w[1], w[2]);
}

static const struct
{
    const char *word;
    void (*act)(char **w, int n);
} tags[] = {{"page", tag_page},    {"yuan", tag_yuan}, {"t", tag_word},
            {"if", tag_if},        {"each", tag_each}, {"else", tag_else},
            {"end", tag_end},      {"part", tag_part}, {"csrf", tag_csrf},
            {"markup", tag_markup}};

static void tag_read(char *text)
{
    char *words[10], *rest = NULL;
    int n = 0;
    if (text[0] == '#') {
        return;
    }
    for (char *w = strtok_r(text, " ", &rest); w != NULL && n < 10;
         w = strtok_r(NULL, " ", &rest)) {
        words[n++] = w;
    }
    if (n == 0 || n == 10) {
        page_wrong("nothing, or too much, between {{ and }}", "");
    }
    run.at_line_begin = strcmp(words[0], "page") == 0;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        if (strcmp(tags[i].word, words[0]) == 0) {
            if (!run.begun && tags[i].act != tag_page) {
                page_wrong("first of all: {{page name struct}}", "");
            }
            tags[i].act(words, n);
            return;
        }
    }
    tag_value(words, n);
}

/* --- files --- */

static void page_char(char c)
{
    const char *why = web_gen_html_step(&run.html, c);
    if (why != NULL) {
        page_wrong(why, "");
    }
    if (!run.begun) {
        return; /* the line's end behind {{page}} */
    }
    /* How it is laid out does not go out. */
    if ((c == ' ' || c == '\n') && run.at_line_begin) {
        return;
    }
    run.at_line_begin = c == '\n';
    run.literal[run.literal_n++] = c;
}

static void page_read(const char *file)
{
    size_t n = 0;
    char *text = web_gen_file_read(file, &n);
    run.file = file;
    run.line = 1;
    run.begun = false;
    run.html = (struct page_html){0};
    run.literal = realloc(run.literal, n + 1);
    for (size_t i = 0; i < n; i++) {
        char *end = text[i] == '{' && text[i + 1] == '{'
                        ? strstr(text + i, "}}")
                        : NULL;
        if (end != NULL) {
            *end = '\0';
            tag_read(text + i + 2);
            i = (size_t)(end - text) + 1;
            continue;
        }
        page_char(text[i]);
        run.line += text[i] == '\n';
    }
    if (!run.begun || run.depth > 0 || run.html.state != PAGE_TEXT ||
        run.html.posts) {
        page_wrong("ends inside of something", "");
    }
    literal_flush();
    (void)fputs("}\n", run.c);
    free(text);
}

static void upper_write(const char *s, FILE *f)
{
    for (; *s != '\0'; s++) {
        (void)fputc(toupper((unsigned char)*s), f);
    }
}

static void write_words(void)
{
    size_t n = run.words.count;
    (void)fprintf(run.h, "enum %s_word {\n", run.name);
    for (size_t i = 0; i < n; i++) {
        (void)fputs("    ", run.h);
        upper_write(run.name, run.h);
        (void)fputs("_WORD_", run.h);
        upper_write(run.words.list[i].key, run.h);
        (void)fputs(",\n", run.h);
    }
    (void)fprintf(run.h, "};\nextern const char *const %s_words[2][%zu];\n",
                  run.name, n);
    (void)fprintf(run.c, "const char *const %s_words[2][%zu] = {\n", run.name,
                  n);
    for (int lang = 0; lang < 2; lang++) {
        (void)fputs("{\n", run.c);
        for (size_t i = 0; i < run.words.count; i++) {
            const char *text = run.words.list[i].texts[lang];
            (void)fputs("    \"", run.c);
            web_gen_literal_write(run.c, text, strlen(text));
            (void)fputs("\",\n", run.c);
        }
        (void)fputs("},\n", run.c);
    }
    (void)fputs("};\n", run.c);
}

static const char *file_type(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL                ? "application/octet-stream"
           : strcmp(dot, ".css") == 0 ? "text/css; charset=utf-8"
           : strcmp(dot, ".js") == 0  ? "text/javascript; charset=utf-8"
           : strcmp(dot, ".svg") == 0 ? "image/svg+xml"
           : strcmp(dot, ".txt") == 0 ? "text/plain; charset=utf-8"
                                      : "application/octet-stream";
}

static void write_file(char *what)
{
    char *equals = strchr(what, '=');
    size_t n = 0;
    uint8_t sum[BUS_WIRE_SHA256_BYTES];
    *equals = '\0';
    char *bytes = web_gen_file_read(equals + 1, &n);
    bus_wire_sha256(bytes, n, sum);
    (void)fprintf(run.c, "    {\"%s\", \"%s\", \"\\\"", what, file_type(what));
    for (size_t i = 0; i < 12; i++) {
        (void)fprintf(run.c, "%02x", sum[i]);
    }
    (void)fputs("\\\"\",\n\"", run.c);
    web_gen_literal_write(run.c, bytes, n);
    (void)fprintf(run.c, "\", %zu},\n", n);
    free(bytes);
}

static FILE *page_open(const char *dir, const char *end)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s_pages.%s", dir, run.name, end);
    FILE *f = fopen(path, "we");
    if (f == NULL) {
        web_gen_die(path, 0, "cannot be written", "");
    }
    return f;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        (void)fprintf(stderr, "usage: page2c OUT-DIR NAME HEADER WORDS.zh "
                              "WORDS.en [PATH=FILE...] PAGE.html...\n");
        return 2;
    }
    int at = 6;
    run.name = argv[2];
    run.h = page_open(argv[1], "h");
    run.c = page_open(argv[1], "c");
    web_gen_words_read(&run.words, argv[4], 0);
    web_gen_words_read(&run.words, argv[5], 1);
    web_gen_words_check(&run.words, (const char *const[]){argv[4], argv[5]});
    (void)fprintf(run.h,
                  "/* Made by page2c. */\n#ifndef %s_PAGES_MADE_H\n#define "
                  "%s_PAGES_MADE_H\n#include \"bus/web/page.h\"\n#include "
                  "\"%s\"\n",
                  run.name, run.name, argv[3]);
    (void)fprintf(run.c, "/* Made by page2c. */\n#include \"%s_pages.h\"\n",
                  run.name);
    write_words();
    (void)fprintf(run.h,
                  "extern const struct bus_web_file %s_files[];\nextern const "
                  "size_t %s_files_count;\n",
                  run.name, run.name);
    (void)fprintf(run.c, "const struct bus_web_file %s_files[] = {\n",
                  run.name);
    int files = 0;
    for (; at < argc && strchr(argv[at], '=') != NULL; at++, files++) {
        write_file(argv[at]);
    }
    (void)fprintf(run.c, "    {0}};\nconst size_t %s_files_count = %d;\n",
                  run.name, files);
    for (; at < argc; at++) {
        page_read(argv[at]);
    }
    (void)fputs("#endif\n", run.h);
    return fclose(run.h) == 0 && fclose(run.c) == 0 ? 0 : 1;
}
