#!/usr/bin/env python3
"""HTTP/1.1 on the wire (RFC 9112), as a role meets it: what two readers could
read in two ways is refused, every refusal is problem+json, idle connections and
greedy clients stop nobody else."""
import http.client
import json
import re
import resource
import socket
import sys
import time

import intake_role
from intake_role import JSON, Intake

intake_role.with_clients()
BODY = b'{"a": 1}'
POST = b"POST /v1/applications HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n"
faults = []


def check(what, holds, got=""):
    if not holds:
        faults.append(what)
    print("  %-58s %s" % (what, "ok" if holds else "WRONG: %s" % (str(got)[:160],)))


def parsed(data):
    """Status, headers and body of the first answer; how many there are."""
    answers = len(re.findall(rb"(?:^|\r\n|\n|\})HTTP/1\.[01] \d\d\d ", data))
    head, _, body = data.partition(b"\r\n\r\n")
    m = re.match(rb"HTTP/1\.[01] (\d\d\d) ", head)
    headers = {k.strip().lower(): v.strip() for k, _, v in (x.partition(b":") for x in head.split(b"\r\n")[1:])}
    return int(m.group(1)) if m else 0, headers, body, answers


def refused(intake, what, data, status, library=False):
    """One answer, of that status, problem+json in both languages, and the end.
    library: libmicrohttpd 1.0 refuses it itself, before any callback: a page of
    its own that says 400, and the end."""
    s, h, b, n = parsed(intake.raw(data))
    if library and s == 400 and n == 1 and b.startswith(b"<html>") and h.get(b"connection") == b"close":
        return check(what + " (by the library)", True)
    good = s == status and n == 1 and h.get(b"content-type") == b"application/problem+json"
    try:
        j = json.loads(b)
        good = good and j["status"] == status and j["detail"] and j["detail_zh"]
    except (ValueError, KeyError, TypeError):
        good = False
    check(what, good, (s, h.get(b"content-type"), n, b[:80]))


def two_readers(intake):
    get = b"GET /healthz HTTP/1.1\r\n"
    refused(intake, "two Content-Length, equal", POST + b"Content-Length: 8\r\nContent-Length: 8\r\n\r\n" + BODY, 400)
    refused(intake, "two Content-Length, different", POST + b"Content-Length: 8\r\nContent-Length: 3\r\n\r\n" + BODY, 400)
    refused(intake, "Content-Length and Transfer-Encoding",
            POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n" + BODY + b"\r\n0\r\n\r\n", 400)
    refused(intake, "Transfer-Encoding: gzip, chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, library=True)
    refused(intake, "Transfer-Encoding twice",
            POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n" + BODY + b"\r\n0\r\n\r\n", 400)
    refused(intake, "no Host", get + b"Connection: close\r\n\r\n", 400)
    refused(intake, "two Hosts", get + b"Host: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400)
    refused(intake, "two equal Hosts", get + b"Host: a\r\nHost: a\r\nConnection: close\r\n\r\n", 400)
    refused(intake, "a Host with a blank", get + b"Host: a b\r\nConnection: close\r\n\r\n", 400)
    for path in (b"/healthz%00", b"/health%00z", b"/v1/applications/%00", b"/healthz?q=%00"):
        refused(intake, "%00 in " + path.decode(), b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400)
    for path in (b"/healthz%ff", b"/v1/applications/%c3%28", b"/healthz?q=%ff", b"/healthz?%80=1"):
        refused(intake, "no UTF-8 in " + path.decode(), b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400)
    s, _, b, n = parsed(intake.raw(b"GET http://a/healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"))
    check("an absolute URI is its path", s == 200 and b == b"ok\n" and n == 1, (s, b))
    s, _, b, n = parsed(intake.raw(b"GET HTTP://a:1/healthz?x=1 HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"))
    check("an absolute URI with port and query", s == 200 and b == b"ok\n" and n == 1, (s, b))
    refused(intake, "an absolute URI of another scheme", b"GET ftp://a/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400)
    s = parsed(intake.raw(b"GET /healthz HTTP/1.0\r\n\r\n"))[0]
    check("HTTP/1.0 needs no Host", s == 200, s)
    refused(intake, "a smuggled request is never answered",
            POST + b"Content-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400)


def coded(intake):
    for how in (b"gzip", b"br", b"gzip, identity"):
        refused(intake, "Content-Encoding: " + how.decode(),
                POST + b"Content-Encoding: %s\r\nContent-Length: 8\r\n\r\n" % how + BODY, 415)
    s = parsed(intake.raw(POST + b"Content-Encoding: identity\r\nContent-Length: 8\r\n\r\n" + BODY))[0]
    check("Content-Encoding: identity", s == 422, s)


def every_error(intake):
    end = b"Host: a\r\nConnection: close\r\n\r\n"
    refused(intake, "404", b"GET /nowhere HTTP/1.1\r\n" + end, 404)
    refused(intake, "405", b"PUT /v1/applications HTTP/1.1\r\n" + end, 405)
    refused(intake, "413 announced", POST + b"Content-Length: 99999999\r\n\r\n", 413)
    refused(intake, "413 chunked", POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n" +
            b"8000\r\n" + b"x" * 0x8000 + b"\r\n0\r\n\r\n", 413)
    refused(intake, "414", b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + end, 414)
    refused(intake, "431 one header", b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n" + end, 431)
    refused(intake, "431 many headers", b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(300)) + end, 431)


def left_to_the_library(intake):
    """MHD's own: read before we are asked. Refused and closed, as text."""
    for what, data in (("400 no request line", b"nonsense\r\n\r\n"), ("505", b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n"),
                       ("TLS on a plain port", b"\x16\x03\x01" + b"\0" * 200),
                       ("Content-Length: 8, 8", POST + b"Content-Length: 8, 8\r\n\r\n" + BODY),
                       ("Content-Length: +8", POST + b"Content-Length: +8\r\n\r\n" + BODY),
                       ("Content-Length: -5", POST + b"Content-Length: -5\r\n\r\n" + BODY),
                       ("Content-Length beyond 64 bits", POST + b"Content-Length: 99999999999999999999999\r\n\r\n"),
                       ("a chunk that is none", POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
                       ("megabytes of headers", b"GET / HTTP/1.1\r\nX: " + b"y" * 1000000 + b"\r\n\r\n")):
        try:
            s = parsed(intake.raw(data))[0]
        except OSError:
            s = 0
        check("refused: " + what, s == 0 or 400 <= s < 600, s)
    check("still there", intake.ask("GET", "/healthz")[0] == 200)


def connect(intake):
    s = socket.create_connection(("127.0.0.1", intake.port), 10)
    s.setblocking(False)
    return s


def closed(s):
    try:
        return s.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def idle(intake, what, first):
    """1 100 connections that say nothing more: /readyz is answered."""
    held = []
    try:
        for _ in range(1100):
            try:
                s = connect(intake)
                if first:
                    s.send(first)
                held.append(s)
            except OSError:
                pass
        begun = time.monotonic()
        try:
            status = intake.ask("GET", "/readyz", timeout=5)[0]
            posted = intake.ask("POST", "/v1/applications", BODY, JSON, timeout=5)[0]
        except OSError as e:
            status = posted = e
        check("1100 idle connections, %s: /readyz" % what, status in (200, 503) and posted == 422, (status, posted))
        print("    answered after %.0f ms; %d of them still open" % (1000 * (time.monotonic() - begun), sum(not closed(s) for s in held)))
    finally:
        for s in held:
            s.close()


def greedy(intake):
    """Limits of one client; the health of the role is asked beside."""
    c = http.client.HTTPConnection("127.0.0.1", intake.port, timeout=10)
    got = []
    for _ in range(60):
        c.request("GET", "/openapi.json")
        r = c.getresponse()
        body = r.read()
        got.append(r.status)
        if r.status == 429:
            problem, after = json.loads(body), r.getheader("Retry-After")
    check("beyond its rate: 429", got[0] == 200 and 429 in got and got.count(200) >= 10, got)
    if 429 in got:
        check("429 says when", int(after) >= 1 and problem["status"] == 429 and problem["detail_zh"], (after, problem))
    check("health is not limited", {intake.ask("GET", "/readyz")[0] for _ in range(30)} <= {200, 503})
    deadline = time.monotonic() + 20
    status = 429
    while status == 429 and time.monotonic() < deadline:
        c.request("GET", "/openapi.json")
        r = c.getresponse()
        r.read()
        status = r.status
    check("and it is taken again", status == 200, status)
    c.close()
    held = [connect(intake) for _ in range(40)]
    status = intake.ask("GET", "/healthz", timeout=5)[0]
    ended = sum(closed(s) for s in held)
    check("beyond its connections: the longest idle are closed", status == 200 and ended >= 40 - 8 and not closed(held[-1]),
          (status, ended))
    for s in held:
        s.close()
    metrics = intake.ask("GET", "/metrics")[2].decode()
    check("both are counted", "lianou_http_limited_total" in metrics)


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    intake = Intake("wire", {"body_max: 256KiB": "body_max: 32KiB\n  connections_max: 1024"}).start()
    limited = None
    try:
        two_readers(intake)
        coded(intake)
        every_error(intake)
        left_to_the_library(intake)
        idle(intake, "nothing said", b"")
        idle(intake, "half a request", b"GET /readyz HTTP/1.1\r\nHo")
        idle(intake, "one request answered", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        intake.stop()
        if not faults:
            limited = Intake("greedy", {"http:\n": "http:\n  client_loopback: true\n  client_requests: 20\n"
                                        "  client_connections: 8\n"}).start()
            greedy(limited)
    finally:
        for i in (intake, limited):
            if i is not None:
                i.end(not faults)
    print("%d faults" % len(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
