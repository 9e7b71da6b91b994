#!/bin/sh
# lianou seal: keys of mode 0600 that are never written over, signatures that
# OpenSSL's own command verifies and makes, and every wrong use told.
#   seal.sh LIANOU SOURCE
set -eu
lianou=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() {
    echo "FAILED: $*"
    exit 1
}
# refused STATUS WORDS ARGUMENT...
refused() {
    status=$1 words=$2
    shift 2
    got=0
    "$lianou" "$@" >out 2>&1 </dev/null || got=$?
    [ "$got" = "$status" ] || { cat out; fail "$* ended with $got, not $status"; }
    grep -q -- "$words" out || { cat out; fail "$* does not say '$words'"; }
}
"$lianou" seal keygen key.pem >key.pub 2>told
grep -qx '04[0-9a-f]\{128\}' key.pub || fail "no public key"
grep -q '公钥' told || fail "nothing told in Chinese"
[ "$(stat -c %a key.pem)" = 600 ] || fail "mode $(stat -c %a key.pem)"
"$lianou" seal keygen other.pem >other.pub 2>/dev/null
cmp -s key.pub other.pub && fail "two keys are one"
refused 1 'never written over' seal keygen key.pem
refused 1 'No such file' seal keygen no/such/key.pem

# Any bytes, none at all, and from standard input.
printf 'a\0b\377' >bytes
: >empty
for f in bytes empty; do
    s=$("$lianou" seal sign --key key.pem $f)
    "$lianou" seal verify --signer key.pub --signature "$s" $f >/dev/null || fail "$f"
    "$lianou" seal verify --signer "$(cat key.pub)" --signature "$("$lianou" seal sign --key key.pem <$f)" <$f >/dev/null || fail "$f on standard input"
    refused 1 '签名与内容不符' seal verify --signer other.pub --signature "$s" $f
done
refused 1 'does not fit what was signed' seal verify --signer key.pub --signature "$s" bytes

# OpenSSL's command knows the key and the signature; ours knows its.
openssl pkey -in key.pem -pubout -out pub.pem
hex=$(cat key.pub) der=$("$lianou" seal sign --key key.pem bytes)
python3 -c 'import sys; open("sig","wb").write(bytes.fromhex(sys.argv[1]))' "$der"
openssl dgst -sm3 -verify pub.pem -sigopt distid:1234567812345678 -signature sig bytes >/dev/null || fail "openssl does not verify it"
openssl dgst -sm3 -sign key.pem -sigopt distid:1234567812345678 -out theirs bytes
theirs=$(od -An -v -tx1 theirs | tr -d ' \n')
"$lianou" seal verify --signer pub.pem --signature "$theirs" bytes >/dev/null || fail "openssl's signature"
openssl dgst -sm3 -sign key.pem -sigopt distid:another -out theirs bytes
refused 1 'does not fit' seal verify --signer "$hex" --signature "$(od -An -v -tx1 theirs | tr -d ' \n')" bytes

refused 1 'no SM2 public key' seal verify --signer told --signature "$der" bytes
refused 2 'small hex digits' seal verify --signer key.pub --signature XY bytes
refused 2 'No such file' seal verify --signer key.pub --signature "$der" absent
refused 1 'chmod 600' seal sign --key pub.pem bytes
chmod 640 key.pem
refused 1 'chmod 600' seal sign --key key.pem bytes
for wrong in "" keygen sign "sign bytes" "verify bytes" "verify --signer key.pub bytes" "keygen a b" "sign --key key.pem a b" demo "melt x"; do
    refused 2 'usage: lianou seal' seal $wrong
done

# A register with a seal for each department.
LIANOU_KEYRING=/dev/null LIANOU_PERSON_KEY=/dev/null
export LIANOU_KEYRING LIANOU_PERSON_KEY
"$lianou" seal demo --registers registers --keys keys --config "$2/bus-config"
[ "$(stat -c %a keys)" = 700 ] || fail "the keys' folder has mode $(stat -c %a keys)"
[ "$(ls keys | wc -l)" = 18 ] || fail "$(ls keys | wc -l) keys"
LIANOU_REGISTERS=$work/registers "$lianou" register check --config "$2/bus-config" | grep -q ' 18 seals' || fail "no 18 seals"
row=$(grep '^seal-MZ,MZ,,' registers/seals.csv | cut -d, -f4)
s=$("$lianou" seal sign --key keys/seal-MZ.key bytes)
"$lianou" seal verify --signer "$row" --signature "$s" bytes >/dev/null || fail "the seal's key is not the row's"
refused 1 'new folder' seal demo --registers registers --keys keys2 --config "$2/bus-config"
echo "keys, signatures and seals are as they say"
