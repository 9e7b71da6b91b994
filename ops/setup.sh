# Sourced by ops/demo and ops/test: installs what is missing, says what, and
# asks for root only then.
set -eu
cd "$(dirname "$0")/.."

# needed GROUP...: the packages of these groups that are not installed.
needed() {
    for group in "$@"; do
        sed -n "s/^$group //p" ops/packages.txt
    done | while read -r package; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
            grep -q 'ok installed' || echo "$package"
    done
}

by_hand() {
    echo "lianou: $1; install these by hand (Debian 12 names), then run it again:" >&2
    echo "  $2" >&2
    exit 1
}

install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        for tool in cc cmake ninja pkg-config; do
            command -v "$tool" >/dev/null && continue
            by_hand "no apt on this system" \
                "$(sed -n 's/^[a-z]* //p' ops/packages.txt | tr '\n' ' ')"
        done
        return 0
    fi
    missing=$(needed "$@" | tr '\n' ' ')
    [ -n "${missing% }" ] || return 0
    echo "installing: $missing"
    root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || by_hand "root is needed and there is no sudo" "$missing"
        root="sudo"
    fi
    # shellcheck disable=SC2086
    if ! { $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
           { $root apt-get update -qq &&
             $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; }; then
        by_hand "apt could not install them (no network, or not permitted)" "$missing"
    fi
}

# build PRESET TARGET...
build() {
    preset=$1
    shift
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >/dev/null
    cmake --build "build/$preset" --target "$@"
}
