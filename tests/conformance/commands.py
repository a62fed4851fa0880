"""What a command line prints and how it ends, for files of a corpus; a server of its own where a case needs one."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.conformance.tally import Case, Tally
from tests.shell import command, environment

PATIENCE = 120  # seconds; a command that takes longer hangs


def cases(document: Any) -> Iterable[Case]:
    """Each case with its working folder: the file's own name without suffix holds one for each."""
    root = Path(document["file"]).resolve().with_suffix("")
    for case in document["cases"]:
        folder = root / case["id"].split("/")[1]
        yield {**case, "folder": folder if folder.is_dir() else root}


def judge(case: Case, tally: Tally) -> Case | None:
    """What the command did that the case does not say, or None."""
    found = list(_faults(case))
    return None if tally.count(not found) else {"id": case["id"], "faults": found}


def _faults(case: Case) -> Iterator[str]:
    with _server(case.get("serve"), case["folder"]) as asked:
        ran = subprocess.run(
            command(*case["args"]),
            capture_output=True,
            text=True,
            cwd=case["folder"],
            timeout=PATIENCE,
            env=environment(NO_COLOR="1"),
            check=False,
        )
    said = " ".join(f"{ran.stdout} {ran.stderr}".split())
    if ran.returncode != case["exit"]:
        yield f"exit {ran.returncode}, not {case['exit']}"
    yield from (f"lacks {words!r}" for words in case["contains"] if words not in said)
    yield from (f"says {words!r}" for words in case["absent"] if words in said)
    if "Traceback (most recent call last)" in said:
        yield "traceback"
    for path, wanted in case.get("json", {}).items():
        value = _at(path, ran.stdout)
        if value != wanted:
            yield f"{path} is {value!r}, not {wanted!r}"
    wanted = case.get("serve", {}).get("requests")
    if wanted is not None and len(asked) != wanted:
        yield f"{len(asked)} requests, not {wanted}"


def _at(path: str, printed: str) -> Any:
    try:
        value = json.loads(printed)
        for key in path.split("."):
            value = value[key]
    except (ValueError, KeyError, TypeError) as error:
        return type(error).__name__
    return value


@contextmanager
def _server(spec: Any, folder: Path) -> Iterator[list[str]]:
    """The paths that were asked for, while a server gives the files of SPEC; nothing is served without one."""
    asked: list[str] = []
    if spec is None:
        yield asked
        return

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            name = spec["paths"].get(self.path)
            self.send_response(200 if name else 404)
            self.end_headers()
            self.wfile.write((folder / name).read_bytes() if name else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((spec["host"], spec["port"]), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
