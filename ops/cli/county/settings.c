#include "ops/cli/county/settings.h"

#include <ctype.h>
#include <string.h>

#include "bus/base/check.h"

/* Needs no quotes, wherever it stands in a value. */
static bool stands_plain(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x80 && isalnum(c) == 0 && strchr("._/=,+-", c) == NULL &&
            !(c == ' ' && p != text && p[1] != '\0') &&
            !(c == ':' && isdigit((unsigned char)p[1]) != 0)) {
            return false;
        }
    }
    return text[0] != '\0';
}

static bool put_quoted(const char *text, FILE *to)
{
    bool fine = true;
    for (const char *p = text; *p != '\0'; p++) {
        fine = fine && (*p != '\'' || fputc('\'', to) != EOF) &&
               fputc(*p, to) != EOF;
    }
    return fine;
}

/* name: of the environment, "" for none. */
static bool put_value(const char *name, int n, const char *text, FILE *to)
{
    const char *quote = stands_plain(text) ? "" : "'";
    return (n > 0 ? fprintf(to, "%s${%.*s:-", quote, n, name)
                  : fprintf(to, "%s", quote)) >= 0 &&
           (quote[0] != '\0' ? put_quoted(text, to) : fputs(text, to) >= 0) &&
           fprintf(to, "%s%s", n > 0 ? "}" : "", quote) >= 0;
}

/* key: value # comment */
static bool put_line(const struct cli_setting *s, const char *line, FILE *to)
{
    const char *value = strchr(line, ':') + 1;
    const char *comment = strstr(value, " #");
    value += strspn(value, " '\"");
    int n = 0;
    const char *name = value + 2;
    if (strncmp(value, "${", 2) == 0) {
        n = (int)strcspn(name, ":}\n");
    }
    return fprintf(to, "%s%s: ", s->section[0] != '\0' ? "  " : "", s->key) >=
               0 &&
           put_value(name, n, s->value, to) &&
           fputs(comment != NULL ? comment : "\n", to) >= 0;
}

static bool starts_with_key(const char *line, const char *key)
{
    size_t n = strlen(key);
    return strncmp(line, key, n) == 0 && line[n] == ':';
}

bool cli_settings_line(struct cli_settings *s, const char *line, FILE *to)
{
    BUS_CHECK(line[0] != '\0');
    bool inner = strncmp(line, "  ", 2) == 0 && line[2] != ' ';
    if (isalpha((unsigned char)line[0]) != 0) {
        (void)snprintf(s->section, sizeof(s->section), "%.*s",
                       (int)strcspn(line, ":"), line);
    }
    for (size_t i = 0; i < s->count; i++) {
        struct cli_setting *one = &s->list[i];
        bool here = one->section[0] == '\0'
                        ? starts_with_key(line, one->key)
                        : inner && strcmp(one->section, s->section) == 0 &&
                              starts_with_key(line + 2, one->key);
        if (here && one->value != NULL && !one->placed) {
            one->placed = true;
            return put_line(one, line, to);
        }
    }
    return fputs(line, to) >= 0;
}

int cli_settings_end(const struct cli_settings *s,
                     const char *file,
                     struct bus_err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct cli_setting *one = &s->list[i];
        if (one->value != NULL && !one->placed) {
            return bus_fail(err, BUS_ECONFIG,
                            "%s: no `%s%s%s` to put a value into / "
                            "样例中没有此键",
                            file, one->section, one->section[0] ? "." : "",
                            one->key);
        }
    }
    return BUS_OK;
}
