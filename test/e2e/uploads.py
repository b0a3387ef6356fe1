#!/usr/bin/env python3
"""Uploads a small file again and again until told to stop, each on a new connection or on one that is kept.

Runs on the client machine: uploads.py URL USER SECONDS INTERVAL; the password comes on standard input. Every PUT that
is not answered with 200 or 201 has failed; none is repeated. At the end every acknowledged file is read back. Prints one
JSON object.
"""

import base64
import collections
import hashlib
import http.client
import json
import ssl
import sys
import time
import urllib.parse

url, user, seconds, interval = sys.argv[1:5]
password = sys.stdin.readline().strip()
target = urllib.parse.urlsplit(url)
login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
context = ssl.create_default_context()
kept = None


def connection():
    return http.client.HTTPSConnection(target.hostname, timeout=10, context=context)


def ask(method, path, body=None, keep=False):
    """Status and body; on the kept connection, which is opened anew only where the server said that it closes it."""
    global kept
    if keep and kept is None:
        kept = connection()
    use = kept if keep else connection()
    try:
        headers = {"Authorization": login, **({} if keep else {"Connection": "close"})}
        use.request(method, path, body, headers)
        answer = use.getresponse()
        content = answer.read()
        if answer.will_close and keep:
            kept = None
        return answer.status, content, answer.getheader("X-Served-By", "?")
    except Exception:
        if keep:
            kept = None
        raise
    finally:
        if not keep:
            use.close()


errors, served, written = collections.Counter(), collections.Counter(), {}
begin = time.monotonic()
number = slowest = 0
while time.monotonic() - begin < float(seconds):
    start = time.monotonic()
    body = f"{number} {start}".encode() * 50
    name = f"scale-{number % 40}"
    keep = number % 2 == 0
    try:
        status, _, machine = ask("PUT", f"/files/{name}", body, keep)
        if status in (200, 201):
            written[name] = hashlib.sha256(body).hexdigest()
            served[machine] += 1
        else:
            errors[f"status {status}{' (kept connection)' if keep else ''}"] += 1
    except Exception as problem:
        errors[f"{type(problem).__name__}{' (kept connection)' if keep else ''}"] += 1
    slowest = max(slowest, time.monotonic() - start)
    number += 1
    time.sleep(max(0.0, start + float(interval) - time.monotonic()))

lost = 0
for name, digest in written.items():
    status, content, _ = ask("GET", f"/files/{name}")
    lost += status != 200 or hashlib.sha256(content).hexdigest() != digest
print(json.dumps({"requests": number, "failed": sum(errors.values()), "errors": errors, "lost": lost,
                  "served_by": served, "slowest": round(slowest, 3)}))
