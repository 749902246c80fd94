"""Which headers an answer of the front must have, by its kind: for tests that look at answers of every route."""

STRICTEST = "default-src 'none'; frame-ancestors 'none'"
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'self'"
OF_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# What a browser would run or show as a page of ours, were it not a download in a sandbox.
ACTIVE = ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml", "application/pdf", "text/javascript")


def made_by_researchers(path):
    """Whether the bytes at this path come out of a researcher's program or zip."""
    parts = path.partition("?")[0].split("/")
    if parts[:4] == ["", "api", "v1", "jobs.zip"]:
        return True
    return parts[:4] == ["", "api", "v1", "jobs"] and len(parts) > 5 and (
        parts[5] in ("output", "bundle", "log") or (parts[5] in ("files", "live") and len(parts) > 6))


def header_faults(path, status, headers):
    """Sentences about what is wrong; none for an answer that is as it must be."""
    faults = [f"{name} is {headers.get_all(name)}" for name, value in OF_EVERY_ANSWER.items() if headers.get_all(name) != [value]]
    for name in ("X-Request-Id", *(() if status == 304 else ("Content-Security-Policy", "Cache-Control"))):
        if len(headers.get_all(name) or []) != 1:
            faults.append(f"{name} is {headers.get_all(name)}")
    policy, kind = headers.get("Content-Security-Policy", ""), headers.get("Content-Type", "").split(";")[0]
    if "Access-Control-Allow-Origin" in headers:
        faults.append("it is open to other sites")
    if status != 304 and "frame-ancestors" not in policy:
        faults.append(f"it may be framed: {policy}")
    if status in (200, 206) and made_by_researchers(path) and kind != "application/json":
        if policy != SANDBOX:
            faults.append(f"a researcher's file is not in a sandbox: {policy}")
        if kind in ACTIVE and not headers.get("Content-Disposition", "").startswith("attachment;"):
            faults.append(f"{kind} is not a download")
        if "public" in headers["Cache-Control"]:
            faults.append("what is one person's is kept for everybody")
    elif path.startswith(("/api", "/metrics", "/healthz", "/readyz")) and status not in (304,) and not (status in (200, 206) and policy == SANDBOX):
        if policy != STRICTEST:
            faults.append(f"an answer that is no page has the policy {policy}")
        if headers["Cache-Control"] not in ("no-store", "no-cache"):
            faults.append(f"it is kept: {headers['Cache-Control']}")
    return [f"{path} ({status}): {fault}" for fault in faults]
