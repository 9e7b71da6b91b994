/* A durable first-in first-out file: what intake accepts while Kafka is away.
 *
 * One file, appended and fsynced before the 202; read from the front while
 * draining; what is drained is given back to the file system, and the file is
 * emptied (truncated) once all of it was acknowledged. A crash leaves at most a
 * torn last record, which was never answered. A record acknowledged by Kafka
 * but not yet marked is sent again: the application id makes that the same
 * application. Order is the place in the file, never a clock.
 *
 * Damage (a torn end, a bad disk): whole records before and behind it are
 * read; the damaged bytes themselves are appended to <dir>/journal.damaged for
 * people, and counted.
 *
 * One process a directory: the open file is locked. Blocking: call it from a
 * worker, one call at a time. */
#ifndef PRODUCERS_INTAKE_JOURNAL_H
#define PRODUCERS_INTAKE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"

#define JOURNAL_RECORD_MAX (1u << 20)
/* Of a record's head, and of what intake puts into key and value: higher with
 * every change of either. The head's first 24 bytes and the hash stay. */
#define JOURNAL_VERSION 0

struct journal
{
    int fd;
    int mark_fd;         /* the offset drained so far */
    uint64_t end;        /* bytes in the file */
    uint64_t drained;    /* bytes at its front that Kafka has */
    uint64_t given_back; /* bytes at its front that take no room any more */
    uint64_t max_bytes;
    uint64_t damaged_bytes; /* met since it was opened */
    bool marked;            /* the mark has its place on the disk */
    bool no_holes;          /* the file system cannot give back a front */
    char path[512];
};

/* Opens or makes <dir>/journal and <dir>/journal.mark; cuts a torn end. A
 * journal that another process has open is BUS_ECONFIG; so is one with a whole
 * record of another version: nothing is touched, and the error says who can
 * drain it. */
int intake_journal_open(struct journal *j,
                        const char *dir,
                        uint64_t max_bytes,
                        struct bus_err *err) BUS_MUSTCHECK;
void intake_journal_close(struct journal *j); /* NULL or zeroed is allowed */
/* Bytes that wait. */
uint64_t intake_journal_waiting(const struct journal *j);
/* Appends without waiting for the disk. BUS_EFULL when max_bytes wait or on a
 * full disk (nothing of the record stays). */
int intake_journal_append(struct journal *j,
                          struct bus_strv key,
                          struct bus_strv value,
                          struct bus_err *err) BUS_MUSTCHECK;
/* Everything appended before is on the disk when this returns 0. */
int intake_journal_sync(struct journal *j, struct bus_err *err) BUS_MUSTCHECK;
/* The record at *at (start with j->drained), copied into mem; *at moves behind
 * it. Damage is stepped over. BUS_EAGAIN at the end. */
int intake_journal_read(struct journal *j,
                        uint64_t *at,
                        struct bus_arena *mem,
                        struct bus_strv *ret_key,
                        struct bus_strv *ret_value,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Bytes that are well but of no use: into journal.damaged, for people. */
void intake_journal_set_aside(struct journal *j, uint64_t from, uint64_t to);
/* All in front of `at` is Kafka's now; empties the file when it was all. */
int intake_journal_mark(struct journal *j,
                        uint64_t at,
                        struct bus_err *err) BUS_MUSTCHECK;

#endif
