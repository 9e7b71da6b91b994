/* Errors: one caller-owned struct that says what went wrong and what to do.
 *
 * Every function that can fail takes `struct bus_err *err` as its last
 * parameter (NULL is allowed) and returns 0 or the code. The lowest level
 * fills it with bus_fail(); each level above may put its place in front with
 * bus_wrap(); only the top of a program logs it. Only a runner looks at the
 * act: RETRY (again later, with back-off), REJECT (this input is bad: dead
 * letter), STOP (we cannot go on: drain and exit). */
#ifndef BUS_BASE_ERR_H
#define BUS_BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

#define BUS_MUSTCHECK    __attribute__((warn_unused_result))
#define BUS_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum bus_act { BUS_ACT_NONE, BUS_ACT_RETRY, BUS_ACT_REJECT, BUS_ACT_STOP };

/* X(code, act, word) */
#define BUS_ERR_CODES(X)                                           \
    X(BUS_OK, BUS_ACT_NONE, "ok")                                  \
    X(BUS_ENOMEM, BUS_ACT_STOP, "out of memory")                   \
    X(BUS_ETOOBIG, BUS_ACT_REJECT, "over a limit")                 \
    X(BUS_EPARSE, BUS_ACT_REJECT, "cannot be parsed")              \
    X(BUS_ETYPE, BUS_ACT_REJECT, "wrong type")                     \
    X(BUS_ERANGE, BUS_ACT_REJECT, "out of range")                  \
    X(BUS_ETRUNCATED, BUS_ACT_REJECT, "ends too early")            \
    X(BUS_EUNKNOWN, BUS_ACT_REJECT, "unknown name or id")          \
    X(BUS_EDUPLICATE, BUS_ACT_REJECT, "there already")             \
    X(BUS_ESTATE, BUS_ACT_REJECT, "not allowed in this state")     \
    X(BUS_EDENIED, BUS_ACT_REJECT, "not permitted")                \
    X(BUS_ECRYPT, BUS_ACT_REJECT, "cannot be opened or verified")  \
    X(BUS_ESCHEMA, BUS_ACT_REJECT, "does not fit the schema")      \
    X(BUS_ECONFIG, BUS_ACT_STOP, "configuration fault")            \
    X(BUS_EUSAGE, BUS_ACT_STOP, "wrong use of the command")        \
    X(BUS_EIO, BUS_ACT_RETRY, "input or output failed")            \
    X(BUS_EFULL, BUS_ACT_RETRY, "no room left")                    \
    X(BUS_ETIMEOUT, BUS_ACT_RETRY, "time ran out")                 \
    X(BUS_EAWAY, BUS_ACT_RETRY, "a service is away")               \
    X(BUS_EAGAIN, BUS_ACT_RETRY, "not now")                        \
    X(BUS_ECLOSED, BUS_ACT_STOP, "closed")                         \
    X(BUS_EFENCED, BUS_ACT_STOP, "another instance took over")     \
    X(BUS_EGONE, BUS_ACT_STOP, "what is needed is no longer kept") \
    X(BUS_EBUG, BUS_ACT_STOP, "a fault of this program")

enum bus_errc {
#define X(code, act, word) code,
    BUS_ERR_CODES(X)
#undef X
        BUS_ERR_MAX
};

#define BUS_ERR_MSG_MAX 508
struct bus_err
{
    enum bus_errc code;
    char msg[BUS_ERR_MSG_MAX];
};
_Static_assert(sizeof(struct bus_err) == 512, "a bus_err is 512 bytes");

/* Fills err (if any) and returns code. A message over the size is cut. */
int bus_fail(struct bus_err *err, enum bus_errc code, const char *fmt, ...)
    BUS_PRINTF(3, 4);
int bus_vfail(struct bus_err *err,
              enum bus_errc code,
              const char *fmt,
              va_list ap) BUS_PRINTF(3, 0);
/* Puts "<text>: " in front of the message; returns err's code (BUS_EBUG if
 * err is NULL, so that a wrapped failure never reads as success). */
int bus_wrap(struct bus_err *err, const char *fmt, ...) BUS_PRINTF(2, 3);
/* For who tells others of a failure rc: a code that came up without a text of
 * its own gets its general one, so that nobody reads the error before. Returns
 * rc. */
int bus_err_own(struct bus_err *err, int rc);
enum bus_act bus_err_act(enum bus_errc code);
const char *bus_errc_name(enum bus_errc code); /* "BUS_EPARSE" */
const char *bus_errc_text(enum bus_errc code); /* "cannot be parsed" */

/* What follows a failure is the caller's next line, never the next call:
 * BUS_TRY returns the code at once; BUS_TRY_GOTO keeps it in rc (an int) and
 * goes to the one label that cleans up. */
#define BUS_TRY(call)             \
    do {                          \
        int bus_try_rc_ = (call); \
        if (bus_try_rc_ != 0) {   \
            return bus_try_rc_;   \
        }                         \
    } while (0)
#define BUS_TRY_GOTO(rc, call, label) \
    do {                              \
        (rc) = (call);                \
        if ((rc) != 0) {              \
            goto label;               \
        }                             \
    } while (0)

#endif
