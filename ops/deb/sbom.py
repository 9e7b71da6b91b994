#!/usr/bin/env python3
"""sbom.py ROOT VERSION BUILD: what a package holds and is linked with, as SPDX 2.3 JSON on standard output. ROOT is the package's
tree as it will be packed, BUILD where it was made. Every file of ROOT with its sums; of each program the Debian package of every
library it names (ELF, NEEDED) and of every archive the linker put in (build.ninja). Nothing is fetched; the same inputs give the same bytes
(the moment is SOURCE_DATE_EPOCH)."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import uuid

TOOL = "Tool: lianou ops/deb/sbom.py"
PRIVATE = re.compile(r"/usr/lib/[^/]+/lianou/")


def out(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def spdx_id(kind, name):
    return "SPDXRef-%s-%s" % (kind, re.sub(r"[^A-Za-z0-9.-]", "-", name))


def owner(path):
    """The Debian package of a file; a path below /lib may be below /usr/lib in dpkg's eyes, and the other way."""
    real = os.path.realpath(path)
    for name in (path, real, real.removeprefix("/usr"), "/usr" + path):
        r = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True)
        if r.returncode == 0:
            return r.stdout.split(": ")[0].split(",")[0]
    sys.exit("sbom.py: no package has %s" % path)


def linked(program):
    """NEEDED of the program, as paths on this system; its own private library is not among them."""
    names = re.findall(r"\(NEEDED\).*\[(.*)\]", out("readelf", "-dW", program))
    where = dict(re.findall(r"^\t(\S+) \(libc6.*\) => (\S+)$", out("/sbin/ldconfig", "-p"), re.M)[::-1])  # the first wins
    missing = [n for n in names if n not in where and not n.startswith("librdkafka.so")]
    if missing:
        sys.exit("sbom.py: %s names %s, which ldconfig does not know" % (program, missing))
    return [where[n] for n in names if not n.startswith("librdkafka.so")], names


def archived(build, target):
    """Archives of the system in the link line of ninja's target."""
    text = pathlib.Path(build, "build.ninja").read_text()
    block = re.search(r"^build %s: .*?(?=^build )" % re.escape(target), text, re.M | re.S)
    if not block:
        sys.exit("sbom.py: %s/build.ninja does not link %s" % (build, target))
    libraries = re.search(r"^  LINK_LIBRARIES = (.*)$", block[0], re.M)[1]
    paths = re.findall(r"(/usr\S+\.a)\b", libraries)
    for name in re.findall(r"(?:^|\s)-l(\S+)", libraries):
        path = out("cc", "-print-file-name=lib%s.so" % name).strip()
        if path == "lib%s.so" % name:  # there is no shared one
            path = out("cc", "-print-file-name=lib%s.a" % name).strip()
            paths += [os.path.realpath(path)] if os.path.isabs(path) else []
    return paths


class Document:
    def __init__(self, version):
        self.packages, self.files, self.relations = {}, [], []
        self.top = self.package("lianou", version, license="Apache-2.0", analysed=True)

    def package(self, name, version, license="NOASSERTION", purl=None, source=None, analysed=False):
        key = spdx_id("Package", name)
        if key not in self.packages:
            one = {"SPDXID": key, "name": name, "versionInfo": version, "downloadLocation": "NOASSERTION", "filesAnalyzed": analysed,
                   "licenseConcluded": license, "licenseDeclared": license, "copyrightText": "NOASSERTION", "supplier": "NOASSERTION"}
            if source:
                one["sourceInfo"] = source
            if purl:
                one["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]
                one["supplier"] = "Organization: Debian"
            self.packages[key] = one
        return key

    def debian(self, name):
        arch, version, source, source_version = out("dpkg-query", "-W", "-f", "${Architecture} ${Version} ${source:Package} ${source:Version}", name).split()
        name = name.split(":")[0]
        return self.package(name, version, purl="pkg:deb/debian/%s@%s?arch=%s" % (name, version.replace("+", "%2B").replace(":", "%3A"), arch),
                            source="built from the source package %s %s" % (source, source_version))

    def relate(self, one, kind, other):
        self.relations.append({"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other})

    def add_file(self, root, path):
        name, data = "./" + path.relative_to(root).as_posix(), path.read_bytes()
        kind = "BINARY" if data[:4] == b"\x7fELF" else "TEXT" if b"\0" not in data else "OTHER"
        theirs = "BSD-2-Clause" if PRIVATE.search(name) else "Apache-2.0"
        one = {"SPDXID": spdx_id("File", name[2:] + "-" + hashlib.sha1(name.encode()).hexdigest()[:8]), "fileName": name, "fileTypes": [kind],
               "checksums": [{"algorithm": a, "checksumValue": hashlib.new(a.lower(), data).hexdigest()} for a in ("SHA1", "SHA256")],
               "licenseConcluded": theirs, "licenseInfoInFiles": ["NOASSERTION"], "copyrightText": "NOASSERTION"}
        self.files.append(one)
        return one["SPDXID"], kind

    def write(self, to):
        sums = sorted(f["checksums"][0]["checksumValue"] for f in self.files)
        code = hashlib.sha1("".join(sums).encode()).hexdigest()
        self.packages[self.top].update(packageVerificationCode={"packageVerificationCodeValue": code}, licenseInfoFromFiles=["NOASSERTION"],
                                       hasFiles=[f["SPDXID"] for f in self.files])
        self.relate("SPDXRef-DOCUMENT", "DESCRIBES", self.top)
        for f in self.files:
            self.relate(self.top, "CONTAINS", f["SPDXID"])
        body = {"packages": sorted(self.packages.values(), key=lambda p: p["SPDXID"]), "files": self.files,
                "relationships": sorted(self.relations, key=lambda r: tuple(r.values()))}
        this = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
        made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
        json.dump({"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "lianou-" + self.packages[self.top]["versionInfo"],
                   "documentNamespace": "urn:uuid:%s" % this, "creationInfo": {"created": made, "creators": [TOOL]}, **body}, to, indent=1)
        to.write("\n")


def main():
    root, version, build = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    doc, used, private = Document(version), set(), None
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink() and p.relative_to(root).parts[0] != "DEBIAN"):
        if path.name == "lianou.spdx.json":
            continue
        this, kind = doc.add_file(root, path)
        if kind != "BINARY":
            continue
        shared, names = linked(path)
        if path.name.startswith("librdkafka.so"):
            version = out("pkg-config", "--modversion", os.environ["LIANOU_RDKAFKA_HOME"] + "/lib/pkgconfig/rdkafka.pc").strip()
            private = doc.package("librdkafka", version, license="BSD-2-Clause",
                                  source="Debian 13's source package librdkafka with ops/librdkafka/patches")
            doc.relate(this, "GENERATED_FROM", private)
        at = private if path.name.startswith("librdkafka.so") else doc.top
        used |= {(at, "DYNAMIC_LINK", owner(p)) for p in shared}
        if at == doc.top:
            archives = {owner(p) for p in archived(build, "ops/" + path.name)}
            used |= {(at, "STATIC_LINK", a) for a in archives if not a.startswith("libc6-dev")}  # its libdl.a and libpthread.a are empty
            if any(n.startswith("librdkafka.so") for n in names):
                used.add((at, "DYNAMIC_LINK", None))
    for at, kind, name in sorted(used, key=str):
        doc.relate(at, kind, doc.debian(name) if name else private or doc.debian("librdkafka1"))
    doc.write(sys.stdout)


if __name__ == "__main__":
    main()
