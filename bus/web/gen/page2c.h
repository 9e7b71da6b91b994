/* Between page2c.c, which reads templates, and its helpers. */
#ifndef BUS_WEB_GEN_PAGE2C_H
#define BUS_WEB_GEN_PAGE2C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define PAGE_NAME 64

/* words.c: the texts of both languages. */
struct page_word
{
    char key[PAGE_NAME];
    const char *texts[2]; /* zh, en */
    int lines[2];
    unsigned args[2]; /* bit n: {n} stands in it */
};
struct page_words
{
    struct page_word *list;
    size_t count;
};
/* Ends the program with file:line and what is wrong. */
void web_gen_die(const char *file,
                 int line,
                 const char *what,
                 const char *about);
void web_gen_words_read(struct page_words *w, const char *file, int lang);
void web_gen_words_check(const struct page_words *w,
                         const char *const files[2]);
const struct page_word *web_gen_words_find(const struct page_words *w,
                                           const char *key);
char *web_gen_file_read(const char *file, size_t *ret_n);
void web_gen_literal_write(FILE *f, const char *p, size_t n);

/* html.c: where one stands in the HTML. */
enum page_state {
    PAGE_TEXT,
    PAGE_TAG_NAME,
    PAGE_GAP, /* a blank or the end must come */
    PAGE_TAG, /* between attributes */
    PAGE_ATTRIBUTE,
    PAGE_EQUALS,
    PAGE_VALUE,
    PAGE_DOCTYPE
};
struct page_html
{
    enum page_state state;
    char tag[PAGE_NAME], attribute[PAGE_NAME];
    char method[PAGE_NAME]; /* of this form's tag */
    size_t value_n;         /* bytes of the value so far */
    bool posts, has_csrf;   /* inside of a form that posts */
};
/* One character; what: NULL, or why it may not be there. */
const char *web_gen_html_step(struct page_html *h, char c);
/* Something of the template's own comes: a name has ended here. */
const char *web_gen_html_pause(struct page_html *h);
bool web_gen_html_is_url(const struct page_html *h);
bool web_gen_html_same(const struct page_html *a, const struct page_html *b);

#endif
