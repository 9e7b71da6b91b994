/* Signatures of the same few keys, verified many times.
 *
 * OpenSSL's SM2 has no table of any point: each verification doubles 256 times
 * and decodes its key anew, 0.4 ms. Here each key's multiples by every power of
 * 2^5 stand in a table, and the generator's in one for all, so that only 89
 * additions are left. Field and points stay OpenSSL's; ours are the choice of
 * what is added and the equation (GB/T 32918.2, 7.1).
 *
 * What is remembered is multiples of public keys, never a verdict: every
 * signature is worked out over its own bytes. For public data alone: what it
 * takes depends on it. Any thread. */
#ifndef BUS_WIRE_SM2_TABLES_H
#define BUS_WIRE_SM2_TABLES_H

#include "bus/wire/sign.h"

/* Keys with a table, 252 KB each, made when a key is first seen; one that was
 * not seen for long gives its place up. A key without a place is verified as
 * bus_wire_sm2_point_verify does. */
#define BUS_WIRE_SM2_TABLES_MAX 32

struct bus_wire_sm2_tables;
/* BUS_EBUG: this OpenSSL has no SM2. */
int bus_wire_sm2_tables_new(struct bus_wire_sm2_tables **ret,
                            struct bus_err *err) BUS_MUSTCHECK;
void bus_wire_sm2_tables_free(struct bus_wire_sm2_tables *t); /* NULL allowed */

/* The same answer as bus_wire_sm2_point_verify of a signature that does not
 * tell its signer. der: as it was found, of any length. BUS_ECRYPT. */
int bus_wire_sm2_tables_verify(struct bus_wire_sm2_tables *t,
                               const uint8_t point[BUS_WIRE_SM2_POINT],
                               struct bus_strv text,
                               struct bus_strv der,
                               struct bus_err *err) BUS_MUSTCHECK;

/* What it has cost since it was made. */
struct bus_wire_sm2_cost
{
    uint64_t verified, cpu_ns; /* CPU time of the threads that asked */
};
struct bus_wire_sm2_cost
bus_wire_sm2_tables_cost(const struct bus_wire_sm2_tables *t);

#endif
