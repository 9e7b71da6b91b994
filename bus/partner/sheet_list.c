/* The tasks that wait (.bus/open/<task>.json), what is only to be read
 * (.bus/told/<event>.json), and the tables of both in out/. */
#include "bus/partner/sheet_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/workbook/csv_write.h"

#define NAME_BYTES   (BUS_ID_TEXT + sizeof(SPOOL_ENDING))
#define WRITING      "writing" /* in .bus/ */
#define LIST_BYTES   (64u << 20)
#define TOLD_COLUMNS 9
#define FILE_NAME    "x_file" /* where a document was read */

static const char *name_of(const char *id, char to[NAME_BYTES])
{
    (void)snprintf(to, NAME_BYTES, "%s" SPOOL_ENDING, id);
    return to;
}

/* NULL: see err; what is no document of ours is BUS_EUNKNOWN. */
static json_t *document_load(const struct bus_partner_transport *t,
                             int folder,
                             const char *name,
                             struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_strv bytes;
    json_t *doc = NULL;
    BUS_CHECK(t->sheet != NULL && folder >= 0);
    bus_arena_init(&mem, 0, 0);
    int rc = bus_disk_read(folder, name,
                           (size_t)t->sheet->partner->limits.message_bytes_max,
                           &mem, &bytes, err);
    if (rc == BUS_OK) {
        doc = json_loadb(bytes.p, bytes.n, 0, NULL);
        if (doc == NULL) {
            (void)bus_fail(err, BUS_EUNKNOWN, "%s is no document", name);
        }
    }
    bus_arena_fini(&mem);
    return doc;
}

/* Every document of a folder into the array, at most max. */
static int folder_load(const struct bus_partner_transport *t,
                       int folder,
                       size_t max,
                       json_t *ret,
                       struct bus_err *err)
{
    DIR *d = partner_spool_list(folder);
    int rc = BUS_OK;
    BUS_CHECK(json_is_array(ret));
    if (d == NULL) {
        return bus_disk_fail(err, ".bus");
    }
    for (struct dirent *e;
         rc == BUS_OK && json_array_size(ret) < max && (e = readdir(d));) {
        if (strlen(e->d_name) != NAME_BYTES - 1) {
            continue;
        }
        json_t *doc = document_load(t, folder, e->d_name, err);
        if (doc == NULL) {
            rc = err->code == BUS_EUNKNOWN ? BUS_OK : (int)err->code;
        } else if (json_object_set_new(doc, FILE_NAME,
                                       json_string(e->d_name)) != 0 ||
                   json_array_append_new(ret, doc) != 0) {
            rc = bus_fail(err, BUS_ENOMEM, "the tasks");
        }
    }
    (void)closedir(d);
    return rc;
}

int partner_sheet_tasks(struct bus_partner_transport *t,
                        json_t **ret,
                        struct bus_err *err)
{
    const struct sheet *s = t->sheet;
    json_t *list = json_array(), *by_event = json_object(), *doc;
    size_t i;
    int rc = list == NULL || by_event == NULL
                 ? bus_fail(err, BUS_ENOMEM, "the tasks")
                 : folder_load(t, s->open, BUS_WORKBOOK_ROWS_MAX, list, err);
    json_array_foreach(list, i, doc)
    {
        const char *event =
            partner_sheet_text_at(doc, s->form->columns[0].shown);
        struct bus_id id;
        if (rc != BUS_OK || !bus_id_parse(bus_strv(event), &id)) {
            continue;
        }
        struct bus_id closed = partner_sheet_note(s, &id, BUS_STRV(""));
        if (bus_partner_dedup_has(s->notes, BUS_SEEN_TAKEN, &closed)) {
            /* it was answered, and the last one ended before it was removed */
            rc = bus_disk_unlink(
                s->open, partner_sheet_text_at(doc, "/" FILE_NAME), err);
        } else if (json_object_set(by_event, event, doc) != 0) {
            rc = bus_fail(err, BUS_ENOMEM, "the tasks");
        }
    }
    json_decref(list);
    if (rc != BUS_OK) {
        json_decref(by_event);
        by_event = NULL;
    }
    *ret = by_event;
    return rc;
}

/* --- publishing --- */

static bool name_taken(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What a need's LOST says is of the need that was name_taken when it was
 * written. */
static bool ends_task(const struct bus_partner_transport *t,
                      json_t *doc,
                      const char *open_name)
{
    const struct sheet_form *f = t->sheet->form;
    struct bus_err err;
    if (f->ends == NULL ||
        strcmp(partner_sheet_text_at(doc, "/document"), f->ends) != 0 ||
        strcmp(partner_sheet_text_at(doc, "/outcome"), f->ends_with) != 0 ||
        !name_taken(t->sheet->open, open_name)) {
        return false;
    }
    json_t *task = document_load(t, t->sheet->open, open_name, &err);
    bool before =
        task != NULL && strcmp(partner_sheet_text_at(task, "/written_at"),
                               partner_sheet_text_at(doc, "/written_at")) <= 0;
    json_decref(task);
    return before;
}

/* Where it goes, under the name that to has then. */
static int folder_for(struct bus_partner_transport *t,
                      json_t *doc,
                      char to[NAME_BYTES],
                      int *ret,
                      struct bus_err *err)
{
    struct sheet *s = t->sheet;
    char open_name[NAME_BYTES];
    struct bus_id about;
    const char *id = partner_sheet_text_at(doc, s->form->about);
    const char *action = partner_sheet_text_at(doc, "/action");
    bool task =
        strcmp(partner_sheet_text_at(doc, "/document"), s->form->task) == 0;
    *ret = s->told;
    BUS_CHECK(s->told >= 0 && s->open >= 0);
    if (!bus_id_parse(bus_strv(id), &about)) {
        return BUS_OK; /* a notice */
    }
    (void)name_of(id, open_name);
    if (task && strcmp(action, "WITHDRAWN") != 0 &&
        (strcmp(action, "UPDATED") != 0 || name_taken(s->open, open_name))) {
        (void)memcpy(to, open_name, NAME_BYTES);
        *ret = s->open;
        return BUS_OK;
    }
    if ((task && strcmp(action, "WITHDRAWN") == 0) ||
        ends_task(t, doc, open_name)) {
        return bus_disk_unlink(s->open, open_name, err);
    }
    return BUS_OK;
}

int partner_sheet_publish(struct bus_partner_transport *t,
                          const struct bus_id *id,
                          struct bus_err *err)
{
    char event[BUS_ID_TEXT + 1], from[NAME_BYTES], to[NAME_BYTES];
    int folder = -1;
    (void)name_of(bus_id_text(id, event), from);
    (void)memcpy(to, from, sizeof(to));
    json_t *doc = document_load(t, t->staged, from, err);
    if (doc == NULL) {
        return bus_wrap(err, "what was staged");
    }
    int rc = folder_for(t, doc, to, &folder, err);
    json_decref(doc);
    BUS_TRY(rc);
    BUS_CHECK(folder >= 0);
    BUS_TRY(bus_disk_rename(t->staged, from, folder, to, err));
    t->sheet->dirty = true;
    return BUS_OK;
}

/* --- the tables --- */

static int file_put(struct bus_partner_transport *t,
                    const char *name,
                    struct bus_strv bytes,
                    struct bus_err *err)
{
    BUS_CHECK(bytes.n > 0);
    BUS_TRY(bus_disk_write(t->ours, WRITING, bytes, err));
    BUS_TRY(partner_spool_share(t->ours, WRITING, SPOOL_FILE_MODE, err));
    return bus_disk_rename(t->ours, WRITING, t->out, name, err);
}

static int by_due(const void *a, const void *b)
{
    json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int c = strcmp(partner_sheet_text_at(x, "/due"),
                   partner_sheet_text_at(y, "/due"));
    return c != 0 ? c
                  : strcmp(partner_sheet_text_at(x, "/reply_to/event_id"),
                           partner_sheet_text_at(y, "/reply_to/event_id"));
}

static int by_written(const void *a, const void *b)
{
    return strcmp(partner_sheet_text_at(*(json_t *const *)b, "/written_at"),
                  partner_sheet_text_at(*(json_t *const *)a, "/written_at"));
}

/* The columns, and for each that has words what may be chosen. */
static bool columns_of(const struct sheet_form *f,
                       struct bus_workbook_column *to,
                       struct bus_arena *mem)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct sheet_column *c = &f->columns[i];
        size_t n = 0;
        BUS_CHECK(c->title != NULL &&
                  (c->shown != NULL) !=
                      (c->filled[0] != NULL || c->filled[1] != NULL));
        to[i] = (struct bus_workbook_column){
            .title = c->title, .width = c->width, .fill = c->shown == NULL};
        while (c->words != NULL && c->words[n].word != NULL) {
            n++;
        }
        if (n == 0 || c->shown != NULL) {
            continue;
        }
        const char **words = bus_arena_calloc(mem, n + 1, sizeof(*words));
        for (size_t k = 0; words != NULL && k < n; k++) {
            words[k] = c->words[k].zh;
        }
        to[i].choices = words;
        if (words == NULL) {
            return false;
        }
    }
    return true;
}

static int worklist_write(struct bus_partner_transport *t,
                          json_t *tasks,
                          struct bus_arena *mem,
                          struct bus_err *err)
{
    const struct sheet_form *f = t->sheet->form;
    struct bus_workbook_column columns[BUS_WORKBOOK_COLUMNS_MAX];
    size_t n = json_object_size(tasks), i = 0;
    json_t **row = bus_arena_calloc(mem, n + 1, sizeof(*row)), *task;
    const char **cells =
                   bus_arena_calloc(mem, n * f->count + 1, sizeof(*cells)),
               *key;
    BUS_CHECK(f->count <= BUS_WORKBOOK_COLUMNS_MAX);
    if (row == NULL || cells == NULL || !columns_of(f, columns, mem)) {
        return bus_fail(err, BUS_ENOMEM, "a worklist");
    }
    json_object_foreach(tasks, key, task)
    {
        row[i++] = task;
    }
    qsort(row, n, sizeof(*row), by_due);
    for (i = 0; i < n * f->count; i++) {
        const struct sheet_column *c = &f->columns[i % f->count];
        cells[i] = c->shown == NULL
                       ? ""
                       : partner_sheet_shown(c, row[i / f->count],
                                             t->sheet->config, mem);
    }
    struct bus_workbook_table table = {"办理单 worklist", columns, f->count,
                                       cells, n};
    struct bus_buf out;
    int rc;
    bus_buf_init(&out, LIST_BYTES);
    BUS_TRY_GOTO(rc, bus_workbook_write(&table, &out, err), done);
    BUS_TRY_GOTO(rc, file_put(t, "worklist.xlsx", bus_buf_view(&out), err),
                 done);
    bus_buf_clear(&out);
    BUS_TRY_GOTO(rc, bus_workbook_write_csv(&table, &out, err), done);
    rc = file_put(t, "worklist.csv", bus_buf_view(&out), err);
done:
    bus_buf_fini(&out);
    return rc;
}

static void told_row(struct bus_buf *out, json_t *doc, struct bus_arena *mem)
{
    static const struct sheet_column amount = {.cell = SHEET_MONEY,
                                               .shown = "/amount_fen"};
    static const char *const codes[] = {"/reason_code", "/outcome", "/action"};
    const char *code = "";
    for (size_t i = 0; i < 3 && code[0] == '\0'; i++) {
        code = partner_sheet_text_at(doc, codes[i]);
    }
    const char *about = partner_sheet_text_at(doc, "/refers_to");
    const char *who = partner_sheet_text_at(doc, "/recipient/name");
    const char *cells[TOLD_COLUMNS] = {
        partner_sheet_text_at(doc, "/written_at"),
        partner_sheet_text_at(doc, "/document"),
        about[0] != '\0' ? about
                         : partner_sheet_text_at(doc, "/reply_to/event_id"),
        code,
        partner_sheet_text_at(doc, "/zh"),
        partner_sheet_text_at(doc, "/en"),
        partner_sheet_shown(&amount, doc, NULL, mem),
        who[0] != '\0' ? who : partner_sheet_text_at(doc, "/applicant/name"),
        partner_sheet_text_at(doc, "/recipient/phone"),
    };
    bus_workbook_csv_row(out, cells, TOLD_COLUMNS);
}

/* The newest; older ones go. */
static int messages_write(struct bus_partner_transport *t,
                          struct bus_arena *mem,
                          struct bus_err *err)
{
    static const char *const titles[TOLD_COLUMNS] = {
        "时间 time", "文档 document", "关于 about", "代码 code", "说明",
        "meaning",   "金额 amount",   "姓名 name",  "电话 phone"};
    struct bus_buf out;
    json_t *list = json_array();
    int rc = list == NULL ? bus_fail(err, BUS_ENOMEM, "messages")
                          : folder_load(t, t->sheet->told, SIZE_MAX, list, err);
    size_t n = json_array_size(list);
    json_t **row = bus_arena_calloc(mem, n + 1, sizeof(*row));
    bus_buf_init(&out, LIST_BYTES);
    bus_workbook_csv_begin(&out);
    bus_workbook_csv_row(&out, titles, TOLD_COLUMNS);
    for (size_t i = 0; row != NULL && i < n; i++) {
        row[i] = json_array_get(list, i);
    }
    if (rc == BUS_OK && row != NULL) {
        qsort(row, n, sizeof(*row), by_written);
    }
    for (size_t i = 0; rc == BUS_OK && row != NULL && i < n; i++) {
        if (i < SHEET_TOLD_MAX) {
            told_row(&out, row[i], mem);
        } else {
            rc = bus_disk_unlink(t->sheet->told,
                                 partner_sheet_text_at(row[i], "/" FILE_NAME),
                                 err);
        }
    }
    if (rc == BUS_OK) {
        rc = out.failed || row == NULL
                 ? bus_fail(err, BUS_ENOMEM, "messages")
                 : file_put(t, "messages.csv", bus_buf_view(&out), err);
    }
    bus_buf_fini(&out);
    json_decref(list);
    return rc;
}

int partner_sheet_list(struct bus_partner_transport *t, struct bus_err *err)
{
    struct bus_arena mem;
    json_t *tasks = NULL;
    int rc;
    bus_arena_init(&mem, 256u << 10, 0);
    BUS_TRY_GOTO(rc, partner_sheet_tasks(t, &tasks, err), done);
    BUS_TRY_GOTO(rc, worklist_write(t, tasks, &mem, err), done);
    BUS_TRY_GOTO(rc, messages_write(t, &mem, err), done);
    t->sheet->dirty = false;
done:
    json_decref(tasks);
    bus_arena_fini(&mem);
    return rc;
}
