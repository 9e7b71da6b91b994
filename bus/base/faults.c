/* The collector of faults.
 *
 * - add: text and path are copied into the arena, the list grows there
 * - over BUS_FAULTS_KEPT only the counters go on
 * - without memory the collector still says that something is wrong */
#include "bus/base/faults.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX 600

void bus_faults_init(struct bus_faults *f, struct bus_arena *mem)
{
    *f = (struct bus_faults){.mem = mem};
}

static struct bus_fault *next_slot(struct bus_faults *f)
{
    if (f->count < f->cap) {
        return &f->list[f->count];
    }
    size_t cap = f->cap ? f->cap * 2 : 16;
    struct bus_fault *list = bus_arena_calloc(f->mem, cap, sizeof *list);
    if (!list) {
        return NULL;
    }
    if (f->count) {
        memcpy(list, f->list, f->count * sizeof *list);
    }
    f->list = list;
    f->cap = cap;
    return &f->list[f->count];
}

static void faults_put(struct bus_faults *f,
                       struct bus_fault fault,
                       const char *fmt,
                       va_list ap)
{
    if (fault.warning) {
        f->warnings++;
    } else {
        f->errors++;
    }
    if (f->count >= BUS_FAULTS_KEPT) {
        return;
    }
    char text[TEXT_MAX];
    vsnprintf(text, sizeof text, fmt, ap);
    fault.text = bus_arena_strdup(f->mem, text);
    fault.path = bus_arena_strdup(f->mem, fault.path ? fault.path : "");
    struct bus_fault *slot = next_slot(f);
    if (!slot || !fault.text || !fault.path) {
        f->out_of_memory = true;
        return;
    }
    *slot = fault;
    f->count++;
}

void bus_faults_add(struct bus_faults *f,
                    struct bus_place at,
                    const char *path,
                    const char *fmt,
                    ...)
{
    va_list ap;
    va_start(ap, fmt);
    faults_put(f, (struct bus_fault){.at = at, .path = path}, fmt, ap);
    va_end(ap);
}

void bus_faults_warn(struct bus_faults *f,
                     struct bus_place at,
                     const char *path,
                     const char *fmt,
                     ...)
{
    va_list ap;
    va_start(ap, fmt);
    faults_put(f, (struct bus_fault){.at = at, .path = path, .warning = true},
               fmt, ap);
    va_end(ap);
}

bool bus_faults_none(const struct bus_faults *f)
{
    return f->errors == 0 && !f->out_of_memory;
}

static int fault_cmp(const struct bus_fault *a, const struct bus_fault *b)
{
    int c = strcmp(a->at.file ? a->at.file : "", b->at.file ? b->at.file : "");
    if (c != 0) {
        return c;
    }
    if (a->at.line != b->at.line) {
        return a->at.line < b->at.line ? -1 : 1;
    }
    if (a->at.col != b->at.col) {
        return a->at.col < b->at.col ? -1 : 1;
    }
    return 0;
}

void bus_faults_sort(struct bus_faults *f)
{
    /* At most BUS_FAULTS_KEPT, nearly in order already: insertion is stable
     * and enough. */
    for (size_t i = 1; i < f->count; i++) {
        struct bus_fault x = f->list[i];
        size_t k = i;
        for (; k > 0 && fault_cmp(&f->list[k - 1], &x) > 0; k--) {
            f->list[k] = f->list[k - 1];
        }
        f->list[k] = x;
    }
}

static void print_one(const struct bus_fault *x, struct bus_buf *out)
{
    if (x->at.file) {
        bus_buf_printf(out, "%s:", x->at.file);
    }
    if (x->at.line) {
        bus_buf_printf(out, "%u:%u:", x->at.line, x->at.col);
    }
    bus_buf_printf(out, "%s%s%s%s%s", x->at.file ? " " : "",
                   x->warning ? "warning: " : "", x->path,
                   x->path[0] ? ": " : "", x->text);
}

void bus_faults_print(const struct bus_faults *f,
                      bool warnings,
                      struct bus_buf *out)
{
    size_t kept_errors = 0;
    for (size_t i = 0; i < f->count; i++) {
        kept_errors += !f->list[i].warning;
        if (f->list[i].warning && !warnings) {
            continue;
        }
        print_one(&f->list[i], out);
        bus_buf_putc(out, '\n');
    }
    if (f->errors > kept_errors) {
        bus_buf_printf(out, "and %zu more\n", f->errors - kept_errors);
    }
    if (f->out_of_memory) {
        bus_buf_puts(out, "out of memory while collecting faults\n");
    }
}

int bus_faults_fail(const struct bus_faults *f, struct bus_err *err)
{
    if (bus_faults_none(f)) {
        return 0;
    }
    if (f->out_of_memory) { /* the others may follow from it */
        return bus_fail(err, BUS_ENOMEM, "out of memory");
    }
    const struct bus_fault *x = NULL;
    for (size_t i = 0; i < f->count && !x; i++) {
        x = f->list[i].warning ? NULL : &f->list[i];
    }
    if (!x) {
        return bus_fail(err, BUS_ECONFIG, "%zu faults", f->errors);
    }
    char more[40] = "";
    if (f->errors > 1) {
        snprintf(more, sizeof more, " (and %zu more)", f->errors - 1);
    }
    return bus_fail(err, BUS_ECONFIG, "%s:%u:%u: %s%s%s%s",
                    x->at.file ? x->at.file : "-", x->at.line, x->at.col,
                    x->path, x->path[0] ? ": " : "", x->text, more);
}
