"""One question put to a server by `trustrig` and by a client that is not ours."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.people import SERVER, People
from tests.servers import LOOPBACK, Program
from tests.shell import Ran, Trustrig

_SILENCE = 120  # seconds after which a server that keeps the connection says nothing more


@dataclass(frozen=True)
class Told:
    """What `evaluate --json` said of one server and one identity; `notes` is what it wrote to standard error."""

    code: int
    document: dict[str, Any]
    notes: str

    @property
    def identity(self) -> dict[str, Any]:
        """The part about the identity."""
        found: dict[str, Any] = self.document["connection"]["identity"]
        return found

    @property
    def answer(self) -> str:
        """What the server made of the identity."""
        return str(self.identity["answer"])

    @property
    def evidence(self) -> str:
        """What that was read from."""
        return str(self.identity["evidence"] or "")


@dataclass(frozen=True)
class Asking:
    """How questions are put: to TARGETS with their options, as one of PEOPLE."""

    trustrig: Trustrig
    people: People

    def evaluate(self, *target: str | Path, who: str | None) -> Told:
        """Ask `evaluate --json`."""
        ran = self._run("evaluate", *target, "--json", who=who)
        return Told(ran.code, json.loads(ran.out), ran.err)

    def read(self, *target: str | Path, who: str | None, command: str = "evaluate") -> Ran:
        """What a person reads, all white space as one blank."""
        ran = self._run(command, *target, who=who)
        return ran._replace(out=" ".join(ran.out.split()), err=" ".join(ran.err.split()))

    def _run(self, command: str, *target: str | Path, who: str | None) -> Ran:
        patience = ("--timeout", "120")  # seconds: long for a busy machine, and some servers stay silent
        return self.trustrig(command, *patience, *self.people.trusting, *self.people.shown(who), *target)

    def lets_in(self, server: Program, who: str | None, *, say: bytes, answer: bytes) -> bool:
        """Whether `openssl s_client`, which shows WHO and says SAY, hears ANSWER before SERVER ends the connection."""
        return answer in self.hears(server, who, say=say, until=answer)

    def hears(self, server: Program, who: str | None, *, say: bytes, until: bytes) -> bytes:
        """What `openssl s_client`, which shows WHO and says SAY, hears up to UNTIL or to the end of the connection."""
        files = self.people.files(who) if who else None
        shown: list[str | Path] = []
        if files:
            shown = [
                "-cert",
                files / "cert.pem",
                "-key",
                files / "key.pem",
                "-cert_chain",
                files / "chain.pem",
            ]
        command = [
            *(
                "openssl",
                "s_client",
                "-connect",
                f"{LOOPBACK}:{server.port}",
                "-servername",
                SERVER,
                "-quiet",
            ),
            *("-CAfile", self.people.root, "-verify_return_error", *shown),
        ]
        heard = b""
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        ) as client:
            guard = threading.Timer(_SILENCE, client.kill)
            guard.start()
            try:
                assert client.stdin is not None
                assert client.stdout is not None
                with contextlib.suppress(BrokenPipeError):
                    client.stdin.write(say)  # and left open: at its end some servers close before they answer
                while until not in heard and (piece := client.stdout.read(4096)):
                    heard += piece
            finally:
                guard.cancel()
                client.kill()
        return heard
