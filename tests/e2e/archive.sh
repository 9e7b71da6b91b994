#!/bin/sh
# A catalogue leaves one county and arrives in another: signed, compared, and
# every way it can be spoilt said by name.
. "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"' EXIT
export LIANOU_KEYRING=/dev/null LIANOU_PERSON_KEY=/dev/null
says() { # FILE WORDS
    grep -q -- "$2" "$1" || { tail -30 "$1"; fail "nothing says '$2'"; }
}
refused() { # WORDS COMMAND...
    words=$1
    shift
    "$program" policy "$@" >"$work/out" 2>&1 && fail "policy $* was taken"
    says "$work/out" "$words"
}
for who in ours theirs; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out "$work/$who.pem" 2>"$work/err" ||
        { cat "$work/err"; fail "openssl makes no SM2 key"; }
    chmod 600 "$work/$who.pem"
    openssl pkey -in "$work/$who.pem" -pubout -out "$work/$who.pub"
done
"$program" policy export "$work/a.tar" --key "$work/ours.pem" >"$work/out" 2>&1 || { cat "$work/out"; fail "no export"; }
says "$work/out" "64 items of 18 departments"
tar tf "$work/a.tar" | grep -qx policies/MZ/MZ01.yaml || fail "tar does not read it"

# The same files give the same bytes; only the signature is made anew.
"$program" policy export "$work/b.tar" --unsigned >/dev/null
"$program" policy export "$work/c.tar" --unsigned >/dev/null
cmp "$work/b.tar" "$work/c.tar" || fail "two exports differ"
refused "File exists" export "$work/a.tar" --unsigned
refused "others may read it" export "$work/d.tar" --key "$work/ours.pub"

# Import: verified, written, and the same catalogue.
"$program" policy import "$work/a.tar" --signer "$work/ours.pub" --into "$work/new" >"$work/out" 2>&1 ||
    { cat "$work/out"; fail "no import"; }
says "$work/out" "371425"
diff -r bus-config/policies/MZ "$work/new/policies/MZ" || fail "files have changed on the way"
"$program" policy diff bus-config "$work/a.tar" >"$work/out" || { cat "$work/out"; fail "the archive differs"; }
"$program" policy diff "$work/new" "$work/a.tar" >"$work/out" || { cat "$work/out"; fail "the folder differs"; }
refused "File exists" import "$work/a.tar" --signer "$work/ours.pub" --into "$work/new"
refused "signed by key" import "$work/a.tar" --signer "$work/theirs.pub"
refused "nobody has signed" import "$work/b.tar" --signer "$work/ours.pub"
refused "no SM2 public key" import "$work/a.tar" --signer README.md

# Spoilt: a byte of a file, of the signature, of a header; cut off; a file added.
spoil() { # FROM TO SED
    LC_ALL=C sed "$3" "$1" >"$2"
}
spoil "$work/a.tar" "$work/bad.tar" 's/^code: MZ01$/code: MZ99/'
refused "policies/MZ/MZ01.yaml: not the file that the manifest names" import "$work/bad.tar" --signer "$work/ours.pub"
spoil "$work/a.tar" "$work/bad.tar" 's/^county 371425/county 371426/'
refused "does not fit what was signed" import "$work/bad.tar" --signer "$work/ours.pub"
spoil "$work/a.tar" "$work/bad.tar" 's/ustar/vstar/'
refused "no member of a tar archive" import "$work/bad.tar" --unsigned
head -c 100000 "$work/a.tar" >"$work/bad.tar"
refused "cut off\|end mark" import "$work/bad.tar" --unsigned
mkdir "$work/plus"
(cd "$work/plus" && tar xf ../a.tar && cp policies/MZ/MZ01.yaml policies/MZ/MZ17.yaml &&
    tar --format=ustar -cf ../bad.tar MANIFEST SIGNATURE facts.yaml funds.yaml policies/*.yaml policies/MZ/*.yaml)
refused "changed, added or left out" import "$work/bad.tar" --signer "$work/ours.pub"
(cd "$work/plus" && tar --format=ustar -cPf ../bad.tar MANIFEST ../plus/facts.yaml)
refused "no plain file below the folder" import "$work/bad.tar" --unsigned

# Diff: by item and attribute, and new items.
sed -i 's/标准×人数-家庭月收入/标准乘人数/' "$work/new/policies/MZ/MZ01.yaml"
sed -i 's/^code: MZ02/code: MZ77/' "$work/new/policies/MZ/MZ02.yaml"
sed -i '0,/value: \([0-9]*\)/s//value: 424242/' "$work/new/standards.yaml"
"$program" policy diff "$work/a.tar" "$work/new" >"$work/out" && fail "no difference was found"
says "$work/out" "^MZ01 最低生活保障 / "
says "$work/out" "^  versions\[2026.1\].amount.text.zh  发放标准"
says "$work/out" "^    + 按家庭补差发放:标准乘人数"
says "$work/out" "仅在前者 only in the first"
says "$work/out" "仅在后者 only in the second"
says "$work/out" "424242"
