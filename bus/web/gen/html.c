/* The HTML around a value. Not a browser's parser: what it does not know for
 * sure is refused, so that a browser cannot read it otherwise. */
#include <ctype.h>
#include <string.h>

#include "bus/web/gen/page2c.h"

static bool page_among(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(name, *list) == 0) {
            return true;
        }
    }
    return false;
}

static bool page_push(char *name, char c)
{
    size_t n = strlen(name);
    if (n + 1 >= PAGE_NAME) {
        return false;
    }
    name[n] = (char)tolower((unsigned char)c);
    name[n + 1] = '\0';
    return true;
}

/* What has a language of its own inside, or brings something in. */
static const char *const no_tags[] = {
    "script", "style",  "iframe",   "object",   "embed", "base",      "svg",
    "math",   "applet", "template", "noscript", "xmp",   "plaintext", NULL};
static const char *const no_attributes[] = {"style",      "srcdoc", "srcset",
                                            "http-equiv", "ping",   NULL};
static const char *const urls[] = {"href",       "src",      "action",
                                   "formaction", "poster",   "cite",
                                   "data",       "longdesc", NULL};

bool web_gen_html_is_url(const struct page_html *h)
{
    return page_among(h->attribute, urls);
}

/* A gap asks for a blank before the next attribute; else it is in a tag. */
static enum page_state page_state_like(const struct page_html *h)
{
    return h->state == PAGE_GAP ? PAGE_TAG : h->state;
}

bool web_gen_html_same(const struct page_html *a, const struct page_html *b)
{
    return page_state_like(a) == page_state_like(b) &&
           (a->state == PAGE_TEXT || strcmp(a->tag, b->tag) == 0) &&
           (a->state != PAGE_VALUE ||
            (strcmp(a->attribute, b->attribute) == 0 &&
             (a->value_n > 0) == (b->value_n > 0))) &&
           a->posts == b->posts && a->has_csrf == b->has_csrf;
}

/* The tag has ended. */
static const char *page_tag_end(struct page_html *h)
{
    h->state = PAGE_TEXT;
    if (strcmp(h->tag, "form") == 0) {
        if (h->posts) {
            return "a form inside of a form";
        }
        h->posts = strcmp(h->method, "post") == 0;
        h->has_csrf = false;
    } else if (strcmp(h->tag, "/form") == 0) {
        if (h->posts && !h->has_csrf) {
            return "a form that posts needs {{csrf}}";
        }
        h->posts = false;
        h->has_csrf = false;
    }
    return NULL;
}

static const char *page_tag_name(struct page_html *h, char c)
{
    if (isalnum((unsigned char)c) || (c == '/' && h->tag[0] == '\0')) {
        return page_push(h->tag, c) ? NULL : "a tag's name is too long";
    }
    if (c == '!' && h->tag[0] == '\0') {
        h->state = PAGE_DOCTYPE;
        return NULL;
    }
    if (h->tag[0] == '\0') {
        return "'<' in text is written &lt;";
    }
    if (page_among(h->tag, no_tags)) {
        return "this element may not stand in a page";
    }
    h->method[0] = '\0';
    if (c == '>') {
        return page_tag_end(h);
    }
    h->state = PAGE_TAG;
    return isspace((unsigned char)c) ? NULL : "a blank or '>' is missing";
}

static const char *page_in_tag(struct page_html *h, char c)
{
    if (isspace((unsigned char)c)) {
        return NULL;
    }
    if (c == '>') {
        return page_tag_end(h);
    }
    if (!isalpha((unsigned char)c)) {
        return "this is no attribute's name";
    }
    h->state = PAGE_ATTRIBUTE;
    h->attribute[0] = '\0';
    return page_push(h->attribute, c) ? NULL : "a name is too long";
}

static bool page_attribute_refused(const struct page_html *h)
{
    return strncmp(h->attribute, "on", 2) == 0 ||
           page_among(h->attribute, no_attributes);
}

static const char *page_attribute(struct page_html *h, char c)
{
    if (isalnum((unsigned char)c) || c == '-') {
        return page_push(h->attribute, c) ? NULL
                                          : "an attribute's name is too long";
    }
    if (page_attribute_refused(h)) {
        return "this attribute may not stand in a page";
    }
    if (c == '=') {
        h->state = PAGE_EQUALS;
        return NULL;
    }
    h->state = PAGE_TAG;
    return page_in_tag(h, c);
}

static const char *page_value(struct page_html *h, char c)
{
    if (c == '"') {
        h->state = PAGE_TAG;
        h->value_n = 0;
        return NULL;
    }
    h->value_n++;
    if (strcmp(h->tag, "form") == 0 && strcmp(h->attribute, "method") == 0) {
        return page_push(h->method, c) ? NULL : "a method is too long";
    }
    return c == '<' || c == '>' ? "'<' and '>' in a value are references"
                                : NULL;
}

const char *web_gen_html_step(struct page_html *h, char c)
{
    switch (h->state) {
    case PAGE_TEXT:
        if (c == '<') {
            h->state = PAGE_TAG_NAME;
            h->tag[0] = '\0';
        }
        return NULL;
    case PAGE_TAG_NAME:
        return page_tag_name(h, c);
    case PAGE_GAP:
        h->state = PAGE_TAG;
        return isspace((unsigned char)c) || c == '>'
                   ? page_in_tag(h, c)
                   : "a blank is missing behind {{end}} or {{if}}";
    case PAGE_TAG:
        return page_in_tag(h, c);
    case PAGE_ATTRIBUTE:
        return page_attribute(h, c);
    case PAGE_EQUALS:
        h->state = PAGE_VALUE;
        h->value_n = 0;
        return c == '"' ? NULL : "a value stands between double quotes";
    case PAGE_VALUE:
        return page_value(h, c);
    case PAGE_DOCTYPE:
        h->state = c == '>' ? PAGE_TEXT : PAGE_DOCTYPE;
        return c == '-' ? "no comments: they go out; use {{# ...}}" : NULL;
    }
    return "no state";
}

const char *web_gen_html_pause(struct page_html *h)
{
    if (h->state == PAGE_ATTRIBUTE) {
        h->state = PAGE_GAP;
        return page_attribute_refused(h) ? "this attribute may not stand in a "
                                           "page"
                                         : NULL;
    }
    if (h->state == PAGE_TAG_NAME && h->tag[0] != '\0') {
        const char *why = page_tag_name(h, ' ');
        h->state = PAGE_GAP;
        return why;
    }
    return h->state == PAGE_TEXT || h->state == PAGE_TAG ||
                   h->state == PAGE_GAP || h->state == PAGE_VALUE
               ? NULL
               : "stands in text, between attributes or in a value";
}
