"""The page of manual steps: what a person does with a bundle on a Mac where nothing may be installed.

Sources: Apple Support, "Install a configuration profile on your iPhone or iPad" (8 minutes, one profile at a time) and
"Trust manually installed certificate profiles in iOS, iPadOS and visionOS"; Apple QA1745 (identities of a profile are
not for apps); Apple DTS, forum thread 760524 (dropping a certificate on a simulator); `xcrun simctl help keychain`;
security(1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pki.export.manual_drawings import STYLE, dropping, switches
from pki.model.certificate import CertFacts
from pki.report.elements import tag
from pki.report.page import page

_DATE = "%Y-%m-%d"
_SETTINGS = "Settings > General > "


@dataclass(frozen=True, slots=True)
class ManualContents:
    """What the page is about: the root, and the names of the files beside the page.

    `several` is a file with more than one certificate; `password` the file with the .p12's password, if there is one.
    `snippets` are file names with a sentence each.
    """

    root: CertFacts
    profile: str
    script: str
    der: str
    several: str
    checksums: str
    snippet_folder: str
    snippets: tuple[tuple[str, str], ...]
    p12: str | None = None
    password: str | None = None

    @property
    def authority(self) -> str:
        """What devices call the root."""
        return self.root.subject.label


def manual_html(contents: ManualContents) -> str:
    """The page, self-contained."""
    title = f"Trust {contents.authority} by hand"
    return page(
        title,
        tag(
            "header",
            tag("p", "trustrig", class_="brand"),
            tag("h1", title),
            tag(
                "p",
                "For a Mac where nothing may be installed: this folder is all there is, and every step can be done "
                "by hand. It is a test authority; trust it on devices and simulators you test with, and nowhere else.",
            ),
        ),
        tag(
            "main",
            _root(contents),
            _simulators(contents),
            _devices(contents),
            _app(contents),
            _mac(contents),
            _back(contents),
        ),
        style=STYLE,
    )


def _root(contents: ManualContents) -> Element:
    root = contents.root
    pairs = " ".join(root.sha256[at : at + 2] for at in range(0, len(root.sha256), 2)).upper()
    facts = (
        ("Name", contents.authority),
        ("Valid", f"{root.not_before:{_DATE}} to {root.not_after:{_DATE}}"),
        ("SHA-256", pairs),
    )
    return _section(
        "The root you are about to trust",
        tag("p", "Compare the fingerprint with what the sender of this folder reads out to you."),
        tag("dl", *(part for name, value in facts for part in (tag("dt", name), tag("dd", value)))),
        tag("p", "Whether the folder arrived whole: ", tag("code", f"shasum -a 256 -c {contents.checksums}")),
    )


def _simulators(contents: ManualContents) -> Element:
    wrong = [
        (
            contents.several,
            "Holds several certificates. A simulator takes one, and ignores this without a word.",
        ),
    ]
    if contents.p12 is not None:
        wrong.append(
            (
                contents.p12,
                "Is an identity: a certificate with its key. It makes no root trusted, and apps would not see it.",
            )
        )
    wrong.append(
        ("any .pem", "Works with one certificate in it. With two, or with a key, nothing happens at all.")
    )
    return _section(
        "On simulators",
        tag("p", "Simulators have a trust store of their own: what the Mac trusts does not count there."),
        tag("h3", "With the script"),
        tag(
            "p",
            "It is plain sh, uses what Xcode brings, and asks for nothing. Boot the simulators first; then, in "
            "Terminal, in this folder:",
        ),
        _command(f"sh {contents.script}"),
        tag("p", "Every booted simulator trusts the root then, those of Xcode's previews too."),
        tag("h3", "By hand"),
        _steps(
            f"Boot the simulator, and drop {contents.der} on its window.",
            "Safari opens and asks whether to download a configuration profile: Allow.",
            f"{_SETTINGS}VPN & Device Management > the profile > Install.",
            f"{_SETTINGS}About > Certificate Trust Settings: switch the root on.",
        ),
        dropping(contents.der, contents.several, contents.p12),
        tag("h3", "What not to drop"),
        _files(wrong),
    )


def _devices(contents: ManualContents) -> Element:
    asked = (
        "Install, with the device's passcode"
        if contents.p12 is None
        else "Install, with the device's passcode, then the password of the identity"
    )
    parts: list[Element] = [
        _steps(
            f"Send {contents.profile} to the device by AirDrop or Mail, or open it in Safari there.",
            f"Within 8 minutes: Settings > Profile Downloaded > {asked}.",
            f"{_SETTINGS}About > Certificate Trust Settings: switch the root on.",
        ),
        switches(contents.authority),
        tag(
            "p",
            "Both are needed: installed and not switched on, the root is there, and TLS does not trust it.",
        ),
        tag(
            "ul",
            tag("li", "A profile that is not installed within 8 minutes is deleted. Send it again."),
            tag("li", "Only one can wait: a second download replaces the first."),
            tag(
                "li",
                '"Not signed" or "Not verified" is as it should be: nothing there knows this authority yet.',
            ),
        ),
    ]
    if contents.p12 is not None:
        parts.append(
            tag(
                "p",
                "The profile holds the client identity as well. Safari, Mail, Wi-Fi and VPN use it; other apps cannot "
                f"see it and need {contents.p12} (below).",
            )
        )
    return _section("On an iPhone or iPad", *parts)


def _app(contents: ManualContents) -> Element:
    parts: list[Element] = []
    if contents.p12 is not None:
        where = (
            f"is in {contents.password}"
            if contents.password is not None
            else "is not in this folder: whoever made it was shown it once"
        )
        parts.append(
            tag(
                "p",
                f"An app presents the identity out of {contents.p12}: add it to the test target's resources, never to "
                f"what you ship. Its password {where}.",
            )
        )
    parts += [
        tag(
            "p",
            "To paste from, in the folder ",
            tag("code", contents.snippet_folder),
            "; each says what it avoids:",
        ),
        _files(contents.snippets),
    ]
    return _section("In your app", *parts)


def _mac(contents: ManualContents) -> Element:
    return _section(
        "On the Mac itself, if you may",
        tag(
            "p",
            "Only for what runs on the Mac, such as Safari or a Mac app. It asks for your own password, and needs no "
            "administrator:",
        ),
        _command(f"security add-trusted-cert -r trustRoot -p ssl -p basic {contents.der}"),
    )


def _back(contents: ManualContents) -> Element:
    return _section(
        "Taking it back",
        tag(
            "ul",
            tag("li", f"Device: {_SETTINGS}VPN & Device Management > the profile > Remove Profile."),
            tag(
                "li",
                "Simulator: Device > Erase All Content and Settings. simctl cannot remove one certificate; its reset "
                "empties the simulator's whole keychain.",
            ),
            tag(
                "li",
                "Mac: ",
                tag("code", f"security remove-trusted-cert {contents.der}"),
                ", then delete the certificate in Keychain Access.",
            ),
        ),
    )


def _section(title: str, *children: Element) -> Element:
    id = title.split(",")[0].replace(" ", "-").lower()
    return tag("section", tag("h2", title, id=id), *children, aria_labelledby=id)


def _steps(*steps: str) -> Element:
    return tag("ol", *(tag("li", step) for step in steps), class_="steps")


def _command(line: str) -> Element:
    return tag("pre", tag("code", line))


def _files(rows: Iterable[tuple[str, str]]) -> Element:
    return tag(
        "dl", *(part for name, says in rows for part in (tag("dt", tag("code", name)), tag("dd", says)))
    )
