#!/bin/sh
# Sourced by ops/demo and ops/test: installs what is missing, says what, and
# asks for root only then. Run as `ops/setup.sh GROUP...` it does only that.
set -eu
cd "$(dirname "$0")/.."
[ -f ops/setup.sh ] || cd .. # ops/deb/build

# release: 12, or 13 for whatever is newer or not Debian.
release() {
    if grep -qs '^VERSION_CODENAME=bookworm$' /etc/os-release; then echo 12; else echo 13; fi
}

# packages GROUP...: of ops/packages.txt, for this release.
packages() {
    for group in "$@"; do
        sed -n "s/^$group\(@$(release)\)\{0,1\} //p" ops/packages.txt
    done
}

# needed GROUP...: those that are not installed.
needed() {
    packages "$@" | while read -r package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
            grep -q 'ok installed' || echo "$package"
    done
}

# by_hand WHY PACKAGES: the one message of everything that cannot be helped.
by_hand() {
    echo "lianou: $1; install these (names of Debian $(release)), then run this again:" >&2
    echo "  apt-get install --no-install-recommends $2" >&2
    exit 1
}

# apt COMMAND...: quiet; what it complains of goes into $apt_log.
apt() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >/dev/null 2>>"$apt_log"
}

# install_packages GROUP...: of ops/packages.txt.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        for tool in cc cmake ninja pkg-config; do
            command -v "$tool" >/dev/null && continue
            by_hand "there is no apt and no $tool here" \
                "$(packages "$@" | tr '\n' ' ')"
        done
        return 0
    fi
    missing=$(needed "$@" | tr '\n' ' ')
    [ -n "${missing% }" ] || return 0
    root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || by_hand "packages are missing, and you are not root and have no sudo" "$missing"
        root="sudo"
    fi
    echo "installing: $missing"
    apt_log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { apt install -y --no-install-recommends $missing ||
           { apt update && apt install -y --no-install-recommends $missing; }; }; then
        why=$(grep '^[EW]:' "$apt_log" | grep -v 'Unable to locate' | tail -1)
        rm -f "$apt_log"
        by_hand "apt could not install packages (no network, or not permitted${why:+: $why})" "$missing"
    fi
    rm -f "$apt_log"
}

# build PRESET TARGET...
build() {
    preset=$1
    shift
    . ops/librdkafka/fetch.sh
    # What is compiled serves a copy of the tree as well: ops/deb/build.
    export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}" CCACHE_NOHASHDIR=1
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
    cmake --build "build/$preset" --target "$@"
}

case ${0##*/} in
setup.sh)
    install_packages "${@:-build}"
    . ops/librdkafka/fetch.sh
    ;;
esac
