"""A certificate authority of a test: its root, and key and certificate of who is named."""
import subprocess


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder):
        self.dir = folder
        folder.mkdir()
        self.ca = folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-subj", "/CN=" + folder.name, "-keyout", folder / "ca.key", "-out", self.ca)

    def issue(self, name, alternative, password=None):
        key, cert, request, more = (self.dir / (name + x) for x in (".key", ".crt", ".csr", ".ext"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=" + name, "-keyout", key,
                "-out", request, *(["-passout", "pass:" + password] if password else ["-nodes"]))
        # Python 3.13 holds certificates to RFC 5280, all of it.
        more.write_text("subjectAltName=%s\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=digitalSignature\n" % alternative)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.dir / "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", more, "-out", cert)
        key.chmod(0o600)
        return key, cert
