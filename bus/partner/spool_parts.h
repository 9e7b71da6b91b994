/* Inside the spool. */
#ifndef BUS_PARTNER_SPOOL_PARTS_H
#define BUS_PARTNER_SPOOL_PARTS_H

#include <dirent.h>
#include <sys/stat.h>

#include "bus/partner/transport.h"

#define SPOOL_ENDING      ".json"
#define SPOOL_FILE_MODE   0640
#define SPOOL_FOLDER_MODE 0770
#define SPOOL_NAME_MAX    200  /* of a partner's file; longer ones are cut */
#define SPOOL_LOOK_MAX    4096 /* files looked at in one look */

struct bus_partner_transport
{
    int root, out, in, done, rejected, ours, staged, claimed, lock;
    size_t max_bytes;
    const char *const *endings;        /* of what is taken; the last is NULL */
    const char *note_ending;           /* of what we say of it */
    struct sheet *sheet;               /* sheet.c's; else NULL */
    struct partner_postgres *postgres; /* postgres.c's; else NULL */
    struct partner_http *http;         /* http.c's; else NULL */
    uint64_t *seen; /* what stood in in/ at the last look, sorted */
    size_t seen_count;
};

/* spool_unfit.c */
DIR *partner_spool_list(int folder);
enum spool_fit {
    SPOOL_FIT_WELL,
    SPOOL_FIT_NOT_MEANT, /* hidden, of another ending, gone */
    SPOOL_FIT_LONG,
    SPOOL_FIT_NO_FILE
};
enum spool_fit partner_spool_fit(const struct bus_partner_transport *t,
                                 int folder,
                                 const char *name,
                                 struct stat *st);
/* Of its length; 0: none that is taken. Case does not matter. */
size_t partner_spool_ending(const struct bus_partner_transport *t,
                            const char *name);
/* Tells the partner; mem for the text. */
int partner_spool_unfit(struct bus_partner_transport *t,
                        const char *name,
                        enum spool_fit fit,
                        struct bus_arena *mem,
                        struct bus_err *err);
/* The mode, whatever the umask: the partner's account comes by its group. */
int partner_spool_share(int folder,
                        const char *name,
                        mode_t mode,
                        struct bus_err *err);
int partner_spool_share_folder(int fd, mode_t mode, struct bus_err *err);
/* spool.c: what transports that are a spool share */
#define SPOOL_NAME_BYTES (BUS_ID_TEXT + sizeof(SPOOL_ENDING))
const char *partner_spool_name(const struct bus_id *id,
                               char to[SPOOL_NAME_BYTES]);
int partner_spool_household(const struct bus_partner_transport *t);
int partner_spool_stage(struct bus_partner_transport *t,
                        const struct bus_id *id,
                        struct bus_strv bytes,
                        struct bus_err *err);
bool partner_spool_staged(struct bus_partner_transport *t,
                          const struct bus_id *id);
int partner_spool_staged_sync(struct bus_partner_transport *t,
                              struct bus_err *err);
int partner_spool_discard(struct bus_partner_transport *t,
                          const struct bus_id *id,
                          struct bus_err *err);
int partner_spool_each_staged(struct bus_partner_transport *t,
                              struct bus_id *ret,
                              size_t max,
                              size_t *ret_n,
                              struct bus_err *err);
int partner_spool_waiting(struct bus_partner_transport *t,
                          size_t *ret_n,
                          int64_t *ret_oldest_ms,
                          struct bus_err *err);
/* BUS_ECONFIG: events of another transport stand there, and would for ever. */
int partner_spool_none_waits(struct bus_partner_transport *t,
                             struct bus_err *err);
/* spool_in.c */
int partner_spool_collect(struct bus_partner_transport *t,
                          struct bus_arena *mem,
                          struct bus_partner_transport_taken *ret,
                          size_t max,
                          size_t *ret_n,
                          struct bus_err *err);
int partner_spool_settle(struct bus_partner_transport *t,
                         const char *name,
                         enum bus_partner_transport_verdict verdict,
                         struct bus_strv note,
                         struct bus_err *err);
int partner_spool_settled_sync(struct bus_partner_transport *t,
                               struct bus_err *err);

#endif
