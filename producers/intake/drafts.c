/* Drafts: what could not be taken, kept with its faults for people to mend. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "producers/intake/intake.h"

static json_t *fault_list(const struct form *form)
{
    json_t *list = json_array();
    size_t n = form->fault_count < FORM_FAULTS_MAX ? form->fault_count
                                                   : FORM_FAULTS_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct form_fault *f = &form->faults[i];
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s}", "pointer", f->pointer,
                            "code", f->code, "zh", f->zh, "en", f->en));
    }
    return list;
}

const char *intake_problem(const struct form *form,
                           const char *draft,
                           struct bus_arena *mem)
{
    json_t *j = json_pack(
        "{s:s, s:s, s:i, s:s, s:s, s:I, s:o}", "type",
        "https://lianou.example/problems/application", "title",
        "the application has faults / 申请有待更正", "status", 422, "detail",
        "each fault is listed with its place; the application is kept as a "
        "draft",
        "detail_zh", "逐项列出问题所在; 申请已存为草稿", "fault_count",
        (json_int_t)form->fault_count, "faults", fault_list(form));
    if (j != NULL && draft != NULL) {
        (void)json_object_set_new(j, "draft", json_string(draft));
    }
    const char *text = form_json_text(j, mem);
    json_decref(j);
    return text;
}

static int write_file(const char *path, const char *text, struct bus_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t n = strlen(text);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    int e = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!ok) {
        (void)unlink(path);
        return bus_fail(err, e == ENOSPC ? BUS_EFULL : BUS_EIO,
                        "the draft cannot be kept: %s", strerror(e));
    }
    return BUS_OK;
}

int intake_keep_draft(struct intake *in,
                      const json_t *json,
                      const struct form *form,
                      struct bus_arena *mem,
                      const char **ret_name,
                      struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    struct bus_id fresh = bus_id_fresh(bus_clock_system.wall_ms(NULL));
    const char *name = bus_arena_strdup(mem, bus_id_text(&fresh, id));
    const char *dir = bus_arena_printf(mem, "%s/drafts", in->frame->state_dir);
    const char *path = bus_arena_printf(mem, "%s/%s.json", dir, name);
    json_t *j = json_pack("{s:O, s:o}", "application", json, "faults",
                          fault_list(form));
    const char *text = form_json_text(j, mem);
    json_decref(j);
    if (name == NULL || path == NULL || text == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a draft");
    }
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return bus_fail(err, BUS_EIO, "%s: %s", dir, strerror(errno));
    }
    *ret_name = name;
    return write_file(path, text, err);
}
