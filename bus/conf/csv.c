#include "bus/conf/csv.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/strv.h"

/* Takes one cell off the line, in place; NULL at a broken quotation. */
static char *take_cell(char **line)
{
    char *p = *line;
    char *start = p;
    if (*p != '"') {
        char *comma = strchr(p, ',');
        *line = comma ? comma + 1 : NULL;
        if (comma) {
            *comma = 0;
        }
        return start;
    }
    char *w = start;
    for (p++; *p; p++) {
        if (*p == '"' && p[1] == '"') {
            p++;
        } else if (*p == '"') {
            break;
        }
        *w++ = *p;
    }
    if (*p != '"' || (p[1] && p[1] != ',')) {
        return NULL;
    }
    *line = p[1] ? p + 2 : NULL;
    *w = 0;
    return start;
}

static bool split_row(char *line, struct bus_csv_row *r)
{
    r->count = 0;
    while (line) {
        if (r->count == BUS_CSV_COLUMNS_MAX) {
            return false;
        }
        char *cell = take_cell(&line);
        if (!cell) {
            return false;
        }
        r->cell[r->count++] = cell;
    }
    return true;
}

static size_t count_columns(const char *head)
{
    size_t n = 1;
    for (; *head; head++) {
        n += *head == ',';
    }
    return n;
}

/* The line at *next, ended in place; NULL after the last. */
static char *take_line(char **next)
{
    char *line = *next;
    if (line == NULL || *line == '\0') {
        return NULL;
    }
    char *end = strchr(line, '\n');
    *next = end ? end + 1 : NULL;
    if (end) {
        *end = 0;
        if (end > line && end[-1] == '\r') {
            end[-1] = 0;
        }
    }
    return line;
}

bool bus_conf_csv_parse(struct bus_arena *mem,
                        const struct bus_source *source,
                        const char *head,
                        void (*row)(void *data, const struct bus_csv_row *row),
                        void *data,
                        struct bus_faults *faults)
{
    struct bus_csv_row r = {.at = {source->file, 0, 1}};
    const struct bus_strv text = source->text;
    size_t columns = count_columns(head);
    BUS_CHECK(columns <= BUS_CSV_COLUMNS_MAX);
    if (text.n > 0 && (!bus_utf8_valid(text.p, text.n) ||
                       memchr(text.p, 0, text.n) != NULL)) {
        bus_faults_add(faults, r.at, NULL, "not UTF-8 text");
        return false;
    }
    char *next = bus_arena_strndup(mem, text.n > 0 ? text.p : "", text.n);
    if (next == NULL) {
        faults->out_of_memory = true;
        return false;
    }
    bool headed = false;
    for (char *line; (line = take_line(&next)) != NULL;) {
        r.at.line++;
        if (line[0] == '#' || !line[0]) {
            continue;
        }
        if (!headed) {
            headed = true;
            if (strcmp(line, head) != 0) {
                bus_faults_add(faults, r.at, NULL,
                               "the first line is '%.80s', it must be '%s'",
                               line, head);
                return false;
            }
        } else if (!split_row(line, &r) || r.count != columns) {
            bus_faults_add(faults, r.at, NULL,
                           "the row has %zu cells, it must have %zu", r.count,
                           columns);
        } else {
            row(data, &r);
        }
    }
    return true;
}
