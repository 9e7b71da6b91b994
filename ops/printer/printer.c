/* lianou-printer: documents (page.h), one a line of standard input, as PDF and
 * HTML. A process of its own: whoever wants paper starts it, feeds it and waits
 * for its end. Exit 0: all are written; 1: the first that could not be is told
 * on standard error and nothing is done behind it. */
#include <stdlib.h>
#include <string.h>

#include "ops/printer/page.h"

#define LINE_MAX_BYTES (64u << 20)

static int printer_write(const char *to,
                         const char *end,
                         const struct bus_buf *out,
                         struct bus_err *err)
{
    char path[1024];
    bool whole;
    (void)snprintf(path, sizeof(path), "%.1000s.%s", to, end);
    FILE *f = strcmp(to, "-") == 0 ? stdout : fopen(path, "wb");
    whole = f != NULL && fwrite(out->data, 1, out->len, f) == out->len;
    whole = f != NULL && fflush(f) == 0 && whole;
    if (f != NULL && f != stdout) {
        whole = fclose(f) == 0 && whole;
    }
    return whole ? BUS_OK
                 : bus_fail(err, BUS_ECONFIG, "%s cannot be written", path);
}

static int printer_document(const json_t *document, struct bus_err *err)
{
    const char *to = cli_printer_text(document, "to");
    struct bus_buf out = {0};
    size_t i;
    json_t *format;
    int rc = to[0] != '\0' ? BUS_OK
                           : bus_fail(err, BUS_EPARSE, "a document without to");
    json_array_foreach(json_object_get(document, "formats"), i, format)
    {
        const char *word = json_string_value(format);
        bool pdf = word != NULL && strcmp(word, "pdf") == 0;
        bus_buf_clear(&out);
        if (rc == BUS_OK) {
            rc = pdf ? cli_printer_pdf(document, &out, err)
                     : cli_printer_html(document, &out, err);
        }
        if (rc == BUS_OK) {
            rc = printer_write(to, pdf ? "pdf" : "html", &out, err);
        }
    }
    bus_buf_fini(&out);
    return rc;
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    struct bus_err err;
    int rc = BUS_OK;
    for (ssize_t n; rc == BUS_OK && (n = getline(&line, &cap, stdin)) > 0;) {
        json_error_t where;
        json_t *document = (size_t)n <= LINE_MAX_BYTES
                               ? json_loadb(line, (size_t)n, 0, &where)
                               : NULL;
        number++;
        rc = document != NULL ? printer_document(document, &err)
                              : bus_fail(&err, BUS_EPARSE, "no document");
        json_decref(document);
    }
    free(line); /* getline's own */
    if (rc != BUS_OK) {
        (void)fprintf(stderr, "lianou-printer: document %zu: %s\n", number,
                      err.msg);
    }
    return rc == BUS_OK ? 0 : 1;
}
