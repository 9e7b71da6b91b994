#!/bin/sh
# deb.sh [--here]  builds the packages (ops/deb/build), holds them against
# lintian, against what the tree has, and their SBOM against a validator; then
# installs, upgrades and purges them in a folder that stands for a system, with
# this one's libraries. --here: on this system itself, by apt, with all that
# they depend on (root.sh --deb: on a fresh Debian); there they stay in the end.
set -eu
here=""
[ "${1:-}" != --here ] || here=yes
for tool in dh lintian dpkg-buildpackage ${here:-systemd-sysusers}; do
    [ $tool = yes ] || command -v $tool >/dev/null || { echo "SKIPPED: no $tool (ops/setup.sh build deb test)"; exit 77; }
done
if [ "$(id -u)" != 0 ]; then # files are root's
    unshare -r true 2>/dev/null || { echo "SKIPPED: neither root nor user namespaces"; exit 77; }
    exec unshare -r "$0" "$@"
fi
cd "${LIANOU_SOURCE:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
fail() {
    echo "FAILED: $*" >&2
    [ ! -s "$work/log" ] || tail -20 "$work/log" >&2
    exit 1
}

# --- what is built ---
ops/deb/build --lint --out "$work" || fail "ops/deb/build"
deb=$(echo "$work"/lianou_*.deb)
doc=$(echo "$work"/lianou-doc_*.deb)
dpkg-deb -x "$deb" "$work/x"
dpkg-deb -x "$doc" "$work/x"
dpkg-deb --info "$deb" conffiles | sort >"$work/conffiles"
{ git ls-files bus-config | sed 's,^bus-config,/etc/lianou,'; echo /etc/default/lianou; } | sort >"$work/wanted"
cmp "$work/conffiles" "$work/wanted" || fail "conffiles: $(diff "$work/conffiles" "$work/wanted")"
{
    echo usr/bin/lianou usr/bin/lianou-printer usr/share/bash-completion/completions/lianou
    echo usr/lib/sysusers.d/lianou.conf usr/lib/tmpfiles.d/lianou.conf
    echo usr/share/man/man1/lianou.1.gz usr/share/man/man1/lianou-printer.1.gz
    for f in $(git ls-files ops/systemd | grep -v conf); do echo "usr/lib/systemd/system/${f##*/}"; done
    git ls-files schemas ops/alerts | grep -E 'avsc$|alerts' | sed 's,^ops/,,; s,^,usr/share/lianou/,'
    git ls-files bus/ledger/migrations bus/ledger/sql | sed 's,^bus/ledger,usr/share/lianou,'
    git ls-files bus-config | sed 's,^,usr/share/lianou/samples/,'
    git ls-files README.md README.zh.md ops/docs schemas/README.md bus-config/KEYS.md | sed 's,^,usr/share/doc/lianou-doc/,'
} | tr ' ' '\n' >"$work/list"
while read -r f; do [ -s "$work/x/$f" ] || fail "no $f in the packages"; done <"$work/list"
# What the README points to is where it says.
for f in $(grep -oE '`(ops|schemas|bus|bus-config)/[A-Za-z/]*\.md`' README.md | tr -d '`'); do
    [ -s "$work/x/usr/share/doc/lianou-doc/$f" ] || fail "the README points to $f"
done
tests/package/hardened.sh "$work/x/usr/bin/lianou" || fail "not hardened"
! grep -rlF -e "$PWD" -e /tmp/tmp. "$work/x" || fail "a file names the folder it was made in"

# --- what it says it is made of ---
sbom=$work/x/usr/share/doc/lianou/lianou.spdx.json
python=${LIANOU_PYTHON:-python3}
valid() { "$python" -m spdx_tools.spdx.clitools.pyspdxtools --version SPDX-2.3 -i "$1" >"$work/log" 2>&1; }
if [ -n "${LIANOU_PYTHON:-}" ]; then
    valid "$sbom" || fail "the SBOM is not valid"
    sed 's/"SPDX-2.3"/"SPDX-9.9"/; s/"filesAnalyzed": true/"filesAnalyzed": false/' "$sbom" >"$work/planted.spdx.json"
    ! valid "$work/planted.spdx.json" || fail "a planted fault is valid"
else
    echo "SBOM: not validated, LIANOU_PYTHON (tests/python.sh) is not set"
fi
"$python" - "$sbom" "$work/x" "$deb" <<'PY' || fail "the SBOM is not what the package is"
import hashlib, json, pathlib, re, subprocess, sys
said, root = json.load(open(sys.argv[1])), pathlib.Path(sys.argv[2])
sums = {f["fileName"][2:]: f["checksums"][1]["checksumValue"] for f in said["files"]}
packed = subprocess.run(["dpkg-deb", "--fsys-tarfile", sys.argv[3]], check=True, capture_output=True).stdout
listed = subprocess.run(["tar", "-t"], input=packed, check=True, capture_output=True).stdout.decode().split("\n")
files = {name[2:] for name in listed if name and name[-1] != "/"} - {"usr/share/doc/lianou/lianou.spdx.json"}
if set(sums) != files:
    sys.exit("files: %s" % sorted(set(sums) ^ files)[:5])
wrong = [f for f in files if hashlib.sha256((root / f).read_bytes()).hexdigest() != sums[f]]
if wrong:
    sys.exit("sums: %s" % wrong[:5])
control = subprocess.run(["dpkg-deb", "--field", sys.argv[3], "Depends"], check=True, capture_output=True, text=True).stdout
names = {p["name"] for p in said["packages"]}
missing = {d.split()[0] for d in control.split(",") if d.split()[0].startswith("lib") or d.split()[0] == "zlib1g"} - names
if missing or not {"librdkafka", "libintelrdfpmath-dev"} <= names:
    sys.exit("libraries: %s of %s" % (missing, names))
print("SBOM: %d files, %d packages" % (len(files), len(names)))
PY

# --- installed, changed, upgraded, purged ---
# raised N: the package once more, N versions on, with another bus.yaml and funds.yaml.
raised() {
    dpkg-deb -R "$deb" "$work/r"
    sed -i "s/^Version: .*/&+$1/" "$work/r/DEBIAN/control"
    for f in bus.yaml funds.yaml; do echo "# of the version after, $1" >>"$work/r/etc/lianou/$f"; done
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/r" "$work/raised_$1.deb" >/dev/null
    rm -r "$work/r"
}
raised 1
raised 2
at=$work/system
mkdir -p "$at"
if [ -n "$here" ]; then
    at=""
    install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }
    package() { dpkg "$@"; }
    lianou() { env -u LIANOU_CONFIG /usr/bin/lianou "$@"; }
else
    mkdir -p "$at/var/lib/dpkg/updates" "$at/var/lib/dpkg/info" "$at/etc" "$at/usr/bin"
    touch "$at/var/lib/dpkg/status"
    package() { dpkg --root="$at" --force-unsafe-io --force-depends --force-script-chrootless --log=/dev/null "$@"; }
    install() { package -i "$@"; }
    lianou() { LIANOU_CONFIG=$at/etc/lianou "$at/usr/bin/lianou" "$@"; }
fi
everything() { find "$at/etc" "$at/usr" "$at/var/lib/lianou" 2>/dev/null | grep -vE "^$at/etc/(passwd|group|shadow|gshadow|\.pwd.lock|.*-$|ld.so.cache)" | grep -i lianou | sort || true; }
name=$(sed -n 's/^op-[^,]*,\([^,]*\),.*/\1/p' bus-config/registers/operators.csv | head -1) # nobody's
init() { (cd "$work" && lianou init "$1" --training --from "$at/etc/lianou" --code 371425 --zh 齐河县 --en Qihe --kafka 127.0.0.1:9092 --db dbname=lianou --admin-id op-first --admin-name "$name"); }

[ -z "$(everything)" ] || fail "something of lianou is here already: $(everything | head -3)"
install "$deb" "$doc" >"$work/log" 2>&1 || fail "install"
grep -q '^lianou:' "$at/etc/passwd" || fail "no account"
[ -d "$at/var/lib/lianou" ] || fail "no /var/lib/lianou"
[ "$(lianou --version)" = "lianou $(sed -n 's/^project(lianou VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)" ] || fail "--version: $(lianou --version)"
(cd / && lianou check) >"$work/log" 2>&1 || fail "lianou check"
for county in one two; do # the second does not take the first for its sample
    init "$at/etc/lianou/$county" >"$work/log" 2>&1 || fail "lianou init"
done
(cd / && LIANOU_CONFIG=$at/etc/lianou/two "$at/usr/bin/lianou" check) >"$work/log" 2>&1 || fail "lianou check of two"
[ ! -e "$at/etc/lianou/two/one" ] && [ ! -e "$at/etc/lianou/two/two" ] || fail "a county in a county"
rm -r "$at/etc/lianou/one"

echo "# ours" >>"$at/etc/lianou/bus.yaml"
yes N | package -i "$work/raised_1.deb" >"$work/log" 2>&1 || fail "upgrade"
grep -q "Configuration file '/etc/lianou/bus.yaml'" "$work/log" || fail "nobody was asked about bus.yaml"
! grep -q "funds.yaml'" "$work/log" || fail "asked about what nobody has changed"
tail -1 "$at/etc/lianou/bus.yaml" | grep -q '^# ours$' || fail "bus.yaml is another"
tail -1 "$at/etc/lianou/funds.yaml" | grep -q 'after, 1$' || fail "funds.yaml is the old one"
package --force-confdef --force-confold -i "$work/raised_2.deb" >"$work/log" 2>&1 || fail "upgrade, unasked"
tail -1 "$at/etc/lianou/bus.yaml" | grep -q '^# ours$' || fail "bus.yaml is another"
tail -1 "$at/etc/lianou/bus.yaml.dpkg-dist" | grep -q 'after, 2$' || fail "no bus.yaml.dpkg-dist"

mkdir -p "$at/etc/systemd/system/multi-user.target.wants" # as systemctl enable does
ln -s "/usr/lib/systemd/system/lianou@.service" "$at/etc/systemd/system/multi-user.target.wants/lianou@matcher.service"
package --purge lianou lianou-doc >"$work/log" 2>&1 || fail "purge"
[ -s "$at/etc/lianou/two/person.key" ] || fail "purge took a county's keys"
rm -r "$at/etc/lianou"
install "$deb" >"$work/log" 2>&1 || fail "install again"
package --purge lianou >"$work/log" 2>&1 || fail "purge again"
[ -z "$(everything)" ] || fail "purge left: $(everything | head)"
[ -z "$here" ] || install "$deb" "$doc" >"$work/log" 2>&1 || fail "install in the end"
echo "built, clean, installed, upgraded, purged: $(wc -l <"$work/list") files and $(wc -l <"$work/conffiles") conffiles"
