/* A whole catalogue, or a whole register, as one file: what one county hands
 * to another (signed in the file), and what is published to running roles
 * (signed around it: publication.h).
 *
 * POSIX ustar, so `tar tvf` shows it; the same files give the same bytes but
 * for the signature. Members, in this order:
 *   MANIFEST     text: "lianou catalogue 1", "county <code> <name>", "catalogue
 *                <version>", and "file <SM3> <bytes> <path>" for each file; of
 *                a register the word is "register" in both
 *   SIGNATURE    SM2 with SM3 over MANIFEST: "sm2 <signer> <DER in hex>";
 *                absent if nobody signed
 *   the files    sorted by path: facts.yaml, funds.yaml, standards.yaml,
 *                policies/...; of a register registers/<table>.csv
 * Reading refuses what is not exactly that: other kinds of members, paths that
 * lead outside, files the manifest does not name or names otherwise. */
#ifndef BUS_CATALOGUE_ARCHIVE_H
#define BUS_CATALOGUE_ARCHIVE_H

#include "bus/base/arena.h"
#include "bus/base/buf.h"
#include "bus/base/faults.h"
#include "bus/wire/sign.h"

#define BUS_ARCHIVE_FILES_MAX 2048
#define BUS_ARCHIVE_BYTES_MAX (8u << 20)
#define BUS_ARCHIVE_PATH_MAX  99

enum bus_archive_kind { BUS_ARCHIVE_CATALOGUE, BUS_ARCHIVE_REGISTER };
const char *bus_catalogue_archive_word(enum bus_archive_kind kind);

struct bus_catalogue_archive_file
{
    const char *path; /* "policies/MZ/MZ01.yaml" */
    struct bus_strv bytes;
};
struct bus_catalogue_archive
{
    enum bus_archive_kind kind;
    struct bus_strv county;  /* code, a blank, its name; "" unless packed */
    struct bus_strv version; /* of the catalogue or register */
    struct bus_catalogue_archive_file *files; /* sorted by path */
    size_t count;
    struct bus_strv manifest; /* as read */
    bool is_signed;
    struct bus_wire_signature signature;
};

/* The catalogue's files of a configuration folder, or the register's of its own
 * (bus.yaml's registers); all in mem. */
int bus_catalogue_archive_folder(const char *folder,
                                 enum bus_archive_kind kind,
                                 struct bus_arena *mem,
                                 struct bus_catalogue_archive *ret,
                                 struct bus_err *err) BUS_MUSTCHECK;
/* key_file NULL: unsigned. */
int bus_catalogue_archive_pack(const struct bus_catalogue_archive *a,
                               const char *key_file,
                               struct bus_buf *out,
                               struct bus_err *err) BUS_MUSTCHECK;
/* The packed archive with gzip around it, as it is published: `tar tvf` shows
 * that as well. */
int bus_catalogue_archive_press(struct bus_buf *archive,
                                struct bus_err *err) BUS_MUSTCHECK;
/* With gzip around it or without. Copies into mem. BUS_EPARSE, BUS_ETOOBIG:
 * what is wrong, and with which member, or that it is of the other kind. Does
 * not look at the signature. */
int bus_catalogue_archive_unpack(struct bus_strv bytes,
                                 enum bus_archive_kind kind,
                                 struct bus_arena *mem,
                                 struct bus_catalogue_archive *ret,
                                 struct bus_err *err) BUS_MUSTCHECK;
/* BUS_ECRYPT: nobody signed it, or not this key. */
int bus_catalogue_archive_verify(const struct bus_catalogue_archive *a,
                                 const char *public_file,
                                 struct bus_err *err) BUS_MUSTCHECK;

#endif
