# Sourced: librdkafka 2.8 with patches/. Debian 13's source package is brought
# from the mirror the system itself uses and built, once, into a cache outside
# the tree; nothing on the system changes and no root is needed.
# ops/cmake/Librdkafka.cmake finds it there. Where it cannot be built, a system's
# librdkafka >= 2.8 serves, without the mends (unit_kafka_leaderless fails).
LIANOU_RDKAFKA_HOME="${XDG_CACHE_HOME:-$HOME/.cache}/lianou/librdkafka-2.8-mended"
rdkafka_patches=$PWD/ops/librdkafka/patches

# rdkafka_fail WHY LOG: the system's, if it is new enough; else what can be done
# by hand, exit 1.
rdkafka_fail() {
    [ -z "$2" ] || tail -5 "$2" >&2
    rm -rf "$rdkafka_work"
    if pkg-config --atleast-version=2.8 rdkafka 2>/dev/null; then
        echo "lianou: the system's librdkafka is used, without ops/librdkafka/patches: $1" >&2
        exit 0
    fi
    echo "lianou: librdkafka >= 2.8 is missing and cannot be built here: $1" >&2
    echo "  install librdkafka-dev >= 2.8, or put a build of it into $LIANOU_RDKAFKA_HOME" >&2
    exit 1
}

# rdkafka_mirror: URI and keyring of the first source with this release's main.
rdkafka_mirror() {
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(SIGNED_BY)' \
        'Created-By: Packages' 2>/dev/null |
        awk -v c="$codename" '$2 == c && $3 == "main" {print $1, $4; exit}'
}

# rdkafka_source DIR: unpacks the source package into DIR/librdkafka-VERSION.
# apt with lists of its own: the system's stay as they are, signatures are
# checked, proxies and pins of /etc/apt/apt.conf.d hold.
rdkafka_source() {
    mirror=$(rdkafka_mirror)
    [ -n "$mirror" ] || rdkafka_fail "apt names no mirror of this release" ""
    keys=${mirror#* }
    case $keys in /*) ;; *) keys=/usr/share/keyrings/debian-archive-keyring.gpg ;; esac
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    echo "deb-src [signed-by=$keys] ${mirror%% *} trixie main" >"$1/sources.list"
    (
        cd "$1"
        set -- -q -o APT::Sandbox::User= -o "Dir::Etc::SourceList=$1/sources.list" \
            -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$1/lists" \
            -o "Dir::Cache=$1/cache"
        apt-get "$@" update && apt-get "$@" source librdkafka
    ) >"$1/apt.log" 2>&1 || rdkafka_fail "apt brought no source package of Debian 13" "$1/apt.log"
}

rdkafka_build() {
    work=$rdkafka_work
    rdkafka_source "$work"
    (
        cd "$work"/librdkafka-*/
        for patch in "$rdkafka_patches"/*.patch; do
            # A release that has the mend already is as good.
            patch -p1 -R -s -f --dry-run <"$patch" >/dev/null 2>&1 || patch -p1 <"$patch" || exit 1
        done
        CFLAGS="$(dpkg-buildflags --get CFLAGS | sed 's/\(^\| \)-g\( \|$\)/ /')"
        CPPFLAGS=$(dpkg-buildflags --get CPPFLAGS)
        LDFLAGS="$(dpkg-buildflags --get LDFLAGS) -Wl,-z,now"
        export CFLAGS CPPFLAGS LDFLAGS
        ./configure --prefix="$LIANOU_RDKAFKA_HOME" &&
            make -C src -j "$(nproc)" lib &&
            make -C src DESTDIR="$work/made" install
    ) >"$work/build.log" 2>&1 || rdkafka_fail "it does not build" "$work/build.log"
    rm -f "$work/made$LIANOU_RDKAFKA_HOME/lib/"*.a
    rm -rf "$LIANOU_RDKAFKA_HOME"
    mkdir -p "${LIANOU_RDKAFKA_HOME%/*}"
    mv "$work/made$LIANOU_RDKAFKA_HOME" "$LIANOU_RDKAFKA_HOME" ||
        [ -f "$LIANOU_RDKAFKA_HOME/lib/pkgconfig/rdkafka.pc" ] # somebody was faster
    rm -rf "$work"
}

rdkafka_work=""
if [ ! -f "$LIANOU_RDKAFKA_HOME/lib/pkgconfig/rdkafka.pc" ]; then
    echo "building Debian 13's librdkafka into $LIANOU_RDKAFKA_HOME (about a minute)" >&2
    rdkafka_work=$(mktemp -d)
    (rdkafka_build) || exit 1
fi
