/* The sheet as a transport: a spool (spool.c) with tables in it. */
#include "bus/partner/sheet_parts.h"

#include <string.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/partner/parts.h"

#define NOTES_NAME "rows"

static const char *const sheet_endings[] = {".xlsx", ".csv", NULL};

static int64_t sheet_now_ms(void)
{
    return (int64_t)(bus_clock_system.monotonic_ns(NULL) / 1000000);
}

static void sheet_close(struct bus_partner_transport *t)
{
    if (t == NULL) {
        return;
    }
    struct sheet *s = t->sheet;
    if (s != NULL) {
        partner_sheet_drop(&s->file);
        bus_arena_fini(&s->file.mem);
        bus_partner_dedup_close(s->notes);
        if (s->open >= 0) {
            (void)close(s->open);
        }
        if (s->told >= 0) {
            (void)close(s->told);
        }
    }
    bus_free(s);
    t->sheet = NULL;
    bus_partner_transport_spool.close(t);
}

static int sheet_open(const struct bus_partner_transport_env *env,
                      struct bus_partner_transport **ret,
                      struct bus_err *err)
{
    struct bus_partner_transport *t = NULL;
    BUS_TRY(bus_partner_transport_spool.open(env, &t, err));
    struct sheet *s = t->sheet = bus_calloc(1, sizeof(*s));
    int rc = s == NULL ? bus_fail(err, BUS_ENOMEM, "a sheet") : BUS_OK;
    if (rc != BUS_OK) {
        goto failed;
    }
    t->endings = sheet_endings;
    t->note_ending = ".csv";
    t->max_bytes = SHEET_FILE_MAX;
    *s = (struct sheet){.config = env->config,
                        .partner = env->partner,
                        .form = partner_sheet_form(env->partner->kind),
                        .open = -1,
                        .told = -1,
                        .dirty = true,
                        .written_ms = -SHEET_PERIOD_MS};
    BUS_CHECK(s->form != NULL); /* the configuration allows no other kind */
    bus_arena_init(&s->file.mem, 256u << 10, 0);
    BUS_TRY_GOTO(rc, bus_disk_folder(t->ours, "open", &s->open, err), failed);
    BUS_TRY_GOTO(rc, bus_disk_folder(t->ours, "told", &s->told, err), failed);
    BUS_TRY_GOTO(rc,
                 bus_partner_dedup_open(t->ours, NOTES_NAME, 0, &s->notes, err),
                 failed);
    *ret = t;
    return BUS_OK;
failed:
    sheet_close(t);
    return rc;
}

static int sheet_published_sync(struct bus_partner_transport *t,
                                struct bus_err *err)
{
    BUS_TRY(bus_disk_sync(t->sheet->open, err));
    BUS_TRY(bus_disk_sync(t->sheet->told, err));
    return bus_disk_sync(t->staged, err);
}

/* People do not say that they have looked. */
static int sheet_waiting(struct bus_partner_transport *t,
                         size_t *ret_n,
                         int64_t *ret_oldest_ms,
                         struct bus_err *err)
{
    (void)t;
    (void)err;
    *ret_n = 0;
    *ret_oldest_ms = 0;
    return BUS_OK;
}

/* A file that is still being saved is given back. */
static int sheet_next_file(struct bus_partner_transport *t, struct bus_err *err)
{
    struct bus_partner_transport_taken taken;
    struct sheet_file *f = &t->sheet->file;
    size_t n = 0;
    BUS_CHECK(f->name == NULL);
    BUS_TRY(partner_spool_collect(t, &f->mem, &taken, 1, &n, err));
    if (n == 0) {
        partner_sheet_drop(f);
        return BUS_OK;
    }
    int rc = partner_sheet_begin(t, &taken, err);
    if (rc == BUS_ETRUNCATED && taken.still_ms >= PARTNER_WRITING) {
        return BUS_OK; /* it has its fault */
    }
    if (rc == BUS_ETRUNCATED) {
        rc = partner_spool_settle(t, taken.name, BUS_TRANSPORT_LATER,
                                  (struct bus_strv){0}, err);
        partner_sheet_drop(f);
    } else if (rc != BUS_OK) {
        partner_sheet_drop(f);
    }
    return rc;
}

static int sheet_take(struct bus_partner_transport *t,
                      struct bus_arena *mem,
                      struct bus_partner_transport_taken *ret,
                      size_t max,
                      size_t *ret_n,
                      struct bus_err *err)
{
    struct sheet *s = t->sheet;
    BUS_CHECK(s != NULL && max > 0);
    *ret_n = 0;
    if (s->file.name == NULL) {
        BUS_TRY(sheet_next_file(t, err));
    }
    if (s->file.name != NULL) {
        BUS_TRY(partner_sheet_answers(t, mem, ret, max, ret_n, err));
    }
    if (partner_sheet_whole(&s->file)) {
        BUS_TRY(partner_sheet_end(t, err));
    }
    if (*ret_n == 0 && s->dirty &&
        sheet_now_ms() - s->written_ms >= SHEET_PERIOD_MS) {
        BUS_TRY(partner_sheet_list(t, err));
        s->written_ms = sheet_now_ms();
    }
    return BUS_OK;
}

static int sheet_settled_sync(struct bus_partner_transport *t,
                              struct bus_err *err)
{
    BUS_CHECK(t->sheet != NULL);
    BUS_TRY(bus_disk_sync(t->sheet->open, err));
    return partner_sheet_whole(&t->sheet->file) ? partner_sheet_end(t, err)
                                                : BUS_OK;
}

const struct bus_partner_transport_ops bus_partner_transport_sheet = {
    .word = "sheet",
    .open = sheet_open,
    .close = sheet_close,
    .household = partner_spool_household,
    .stage = partner_spool_stage,
    .staged = partner_spool_staged,
    .staged_sync = partner_spool_staged_sync,
    .publish = partner_sheet_publish,
    .published_sync = sheet_published_sync,
    .discard = partner_spool_discard,
    .each_staged = partner_spool_each_staged,
    .waiting = sheet_waiting,
    .take = sheet_take,
    .settle = partner_sheet_row_settle,
    .settled_sync = sheet_settled_sync,
};
