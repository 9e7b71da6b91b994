/* What was submitted and may still be changed (http.changeable).
 *
 * After the answers were checked intake looks at the form as at any other and
 * gives an admission (producers/intake/admit.h): then it stands here, sealed
 * with the key of drafts, in the table desk_held, and has its number. Until
 * `until` the office that took it down changes or withdraws it at
 * /apply/sent/{application}, and the applicant withdraws it by its number and
 * the end of his document. Then a desk claims the row, from when on nobody
 * changes it, sends it to intake with its admission and its form's reference as
 * Idempotency-Key, and writes down that it has left. A desk that dies in
 * between leaves a claimed row, which is any desk's again after a minute: sent
 * twice it is one application. What intake gives back stays, for its office to
 * mend.
 *
 * Without a key of drafts, or with http.changeable 0s, an application leaves at
 * once. On the loop's thread. */
#ifndef PRODUCERS_DESK_HELD_HELD_H
#define PRODUCERS_DESK_HELD_HELD_H

#include "producers/desk/draft.h"

enum desk_held_is {
    DESK_HELD_NONE, /* or not his */
    DESK_HELD_OPEN,
    DESK_HELD_LEAVING, /* nobody changes it any more */
    DESK_HELD_LEFT,
    DESK_HELD_WITHDRAWN,
    DESK_HELD_RETURNED, /* intake did not take it */
    DESK_HELD_AWAY      /* the database; nothing was done */
};
enum desk_held_is desk_held_of(const char *state);
enum desk_word desk_held_word(enum desk_held_is is);

/* Is it asked of intake first, and kept? */
bool desk_holds(const struct desk *d);
/* held.c: a->application was admitted; body: what is sent. then() once, maybe
 * later, with what it is now and until when. */
void desk_hold(struct applying *a,
               const char *admission,
               const char *body,
               void (*then)(struct applying *a,
                            enum desk_held_is is,
                            const char *until));

/* held_own.c: of the applicant, by the field id_last; then() likewise.
 * withdraws: and takes it back, if it is open. */
void desk_held_own(struct desk_visit *v,
                   const char *application,
                   bool withdraws,
                   void (*then)(void *data,
                                enum desk_held_is is,
                                const char *until),
                   void *data);

/* leave.c: those whose time is over leave. */
struct desk_leaving;
int desk_leaving_open(struct desk *d,
                      struct desk_leaving **ret,
                      struct bus_err *err) BUS_MUSTCHECK;
void desk_leaving_drain(struct desk_leaving *l); /* begins no more */
void desk_leaving_close(struct desk_leaving *l); /* NULL is allowed */

#endif
