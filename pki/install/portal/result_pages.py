"""The pages in answer to something: it was given out already, and what the test server saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.install.portal.frame import page
from pki.report.elements import tag
from pki.report.layout import printable

if TYPE_CHECKING:
    from pki.install.portal.device_check import CheckResult

NO_CONNECTION = (
    "The test server saw no connection from this device. Is it in the same network, and does no firewall on the "
    "computer stand between?"
)


def exhausted_page() -> bytes:
    """For who comes too late."""
    return page(
        "Given out already",
        tag(
            "main",
            tag("h1", "This profile was given out already"),
            tag(
                "p",
                "It is handed over a limited number of times; with a private key in it, once. If that was this device, "
                "go on in Settings. If not, start the command on the computer again and open its new address.",
            ),
            tag("p", tag("a", "Back to the steps", href="./")),
        ),
    )


def result_page(result: CheckResult, *, back: str) -> bytes:
    """What the test server saw."""
    state = "good" if result.works else "bad"
    rows = (part for name, value in result.facts for part in (tag("dt", name), tag("dd", printable(value))))
    return page(
        "It works" if result.works else "Not yet",
        tag("header", tag("p", "trustrig", class_="brand"), tag("h1", "What the test server saw")),
        tag(
            "main",
            tag(
                "p", f"{'✓' if result.works else '✗'} {printable(result.headline)}", class_=f"result {state}"
            ),
            tag("p", printable(result.advice)),
            tag("dl", *rows),
            tag("p", tag("a", "Back to the steps", href=back)),
        ),
    )


def result_text(result: CheckResult) -> str:
    """The same in a few sentences, for the page that asked and got no page."""
    return printable(f"{result.headline} {result.advice}")
