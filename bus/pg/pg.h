/* PostgreSQL, the only room with libpq-fe.h. This form is blocking: for
 * commands and pool threads (bus/run/work.h); on the loop there is link.h. One
 * connection, one thread at a time.
 *
 * Errors: BUS_EAWAY (RETRY) when the server cannot be reached or the connection
 * broke (open it again, the transaction did not happen or must be looked up),
 * BUS_EAGAIN (RETRY) for a lost race (serialisation, deadlock, lock time-out),
 * BUS_EFULL (RETRY) when it is out of space, BUS_EBUG (STOP) for SQL it
 * refuses. Messages carry the SQLSTATE and never a parameter. */
#ifndef BUS_PG_PG_H
#define BUS_PG_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/arena.h"
#include "bus/base/err.h"
#include "bus/base/strv.h"

struct bus_pg;
struct bus_pg_rows;

/* Gives up after 5 s unless conninfo says another connect_timeout; a peer that
 * is silent is given up after half a minute, unless it says otherwise. */
int bus_pg_open(const char *conninfo,
                int64_t statement_ms, /* 0 = none */
                struct bus_pg **ret,
                struct bus_err *err) BUS_MUSTCHECK;
void bus_pg_close(struct bus_pg *pg); /* NULL is allowed */
/* Several statements without parameters. */
int bus_pg_exec(struct bus_pg *pg,
                const char *sql,
                struct bus_err *err) BUS_MUSTCHECK;
/* One statement with text parameters (NULL = null); prepared once and kept,
 * by the address of its text: sql must be a literal or live as long as pg. */
int bus_pg_query(struct bus_pg *pg,
                 const char *sql,
                 const char *const *params,
                 size_t n,
                 struct bus_pg_rows **ret, /* NULL: not wanted */
                 struct bus_err *err) BUS_MUSTCHECK;
/* The same with an answer in binary form, for bus_pg_bytes() alone. */
int bus_pg_query_binary(struct bus_pg *pg,
                        const char *sql,
                        const char *const *params,
                        size_t n,
                        struct bus_pg_rows **ret,
                        struct bus_err *err) BUS_MUSTCHECK;
/* Whether a NOTIFY on what it LISTENs to has come; takes those that have. Asks
 * the server nothing. */
int bus_pg_notified(struct bus_pg *pg,
                    bool *ret,
                    struct bus_err *err) BUS_MUSTCHECK;
/* Whether whoever listens on the way reads nothing: sslmode=verify-full, or
 * each host is a socket's folder or this machine. BUS_EPARSE: no conninfo; its
 * text is nowhere in the message. */
int bus_pg_private(const char *conninfo,
                   bool *ret,
                   struct bus_err *err) BUS_MUSTCHECK;
size_t bus_pg_count(const struct bus_pg_rows *r);
/* "" for null. */
const char *bus_pg_value(const struct bus_pg_rows *r, size_t row, size_t col);
int64_t bus_pg_i64(const struct bus_pg_rows *r, size_t row, size_t col);
/* As it came; p NULL for null. */
struct bus_strv
bus_pg_bytes(const struct bus_pg_rows *r, size_t row, size_t col);
/* A parameter of type bytea ("\\x6162"), in mem. NULL: no memory. */
const char *bus_pg_bytea(struct bus_arena *mem, struct bus_strv bytes);
void bus_pg_rows_free(struct bus_pg_rows *r); /* NULL is allowed */

#endif
