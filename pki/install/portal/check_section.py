"""The part of the page that says whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.install.portal.frame import section
from pki.install.portal.result_pages import result_text
from pki.report.elements import tag

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from pki.install.portal.device_check import CheckResult
    from pki.install.portal.page_contents import PageContents

ASKING, ASKING_FRONT = "Asking the test server…", "Asking your server…"
ENDED = "Nobody answers here any more: the command on the computer has ended. Start it again and open its new address."


def check_section(contents: PageContents, result: CheckResult | None) -> Element:
    """The button, and RESULT where something is known of the device."""
    title, id = "Does it work now?", "check"
    if contents.check is None:
        return section(
            title, id, tag("p", "There is no test server this time; the computer's terminal says why.")
        )
    if contents.front is not None:
        text = "Visits your own server, behind a front of this CA, and says here what the front saw of this device."
    else:
        text = "Visits a test server of this CA and says what it saw of this device."
    shows = f" Choose {contents.identity} when you are asked for a certificate." if contents.identity else ""
    state = "" if result is None else " good" if result.works else " bad"
    said = tag(
        "p",
        result_text(result) if result is not None else None,
        id="said",
        class_=f"said{state}",
        role="status",
        data_asking=ASKING if contents.front is None else ASKING_FRONT,
        data_ended=ENDED,
    )
    return section(
        title,
        id,
        said if result is not None else None,
        tag("p", f"{text}{shows}"),
        tag(
            "a",
            "Does it work now?",
            href=contents.check,
            id="ask",
            class_="action",
            data_probe=contents.probe or None,
            data_then="tell" if contents.front is not None else None,
        ),
        said if result is None else None,
        _look(contents),
        tag(
            "p",
            "If the browser warns of the connection instead, the root is not trusted yet: come back and switch it "
            "on, as in the steps.",
            class_="quiet",
        ),
    )


def _look(contents: PageContents) -> Element | None:
    """The way to the server itself, where the button only asks; or back from it."""
    if contents.front is None or contents.check is None:
        return None
    if not contents.probe:
        return tag("p", "Come back to this page afterwards: it says then what the front saw.")
    return tag("p", tag("a", f"Open {contents.front.host}", href=contents.check), " as it is.")
