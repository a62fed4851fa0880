"""The page the device opens: what it is given, what to do with it, and whether it works."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from pki.install.portal.check_section import check_section
from pki.install.portal.frame import page, section
from pki.install.portal.pictures import downloaded_row, install_sheet, trust_switch
from pki.install.portal.qr import qr_drawing
from pki.install.portal.style_and_script import SCRIPT
from pki.install.portal.user_agent import System, UserAgent
from pki.report.elements import tag

if TYPE_CHECKING:
    from pki.install.portal.device_check import CheckResult
    from pki.install.portal.page_contents import PageContents


def handover_page(
    contents: PageContents, agent: UserAgent, *, left: int | None, result: CheckResult | None
) -> bytes:
    """The page for AGENT, while LEFT downloads remain and RESULT is what the test server last saw of it."""
    at_hand = agent.system is not System.OTHER
    what = f"the root certificate {contents.authority}"
    if contents.identity is not None:
        what += f" and the identity {contents.identity}"
    return page(
        f"{contents.authority} for this device",
        tag(
            "header",
            tag("p", "trustrig", class_="brand"),
            tag("h1", "Install ", contents.authority),
            tag("p", f"One profile with {what}. For testing only: remove it when you are done."),
        ),
        tag(
            "main",
            *_advice(agent),
            None if at_hand else _code(contents, "Open this page on the device"),
            *_next_steps(contents, agent.system, left, result),
            _users(contents),
            _removal(contents),
            _code(contents, "Open this page on another device") if at_hand else None,
            _certificate(contents),
        ),
        script=SCRIPT,
    )


def _next_steps(
    contents: PageContents, system: System, left: int | None, result: CheckResult | None
) -> tuple[Element, ...]:
    """What is to be done, in order; of a device that was tested, what came of it is first."""
    install = _download(contents, left), _steps(contents, system)
    check = check_section(contents, result)
    return (*install, check) if result is None else (check, *install)


def _advice(agent: UserAgent) -> tuple[Element, ...]:
    if agent.should_use_safari:
        browser = agent.browser[0].upper() + agent.browser[1:]
        text = f"Use Safari: open this page there. {browser} may keep the file instead of handing it to Settings."
    elif agent.system is System.OTHER:
        text = "This page is for the device. Scan the code with the camera of the iPhone or iPad."
    else:
        return ()
    return (tag("p", text, class_="note"),)


def _code(contents: PageContents, title: str) -> Element:
    return section(
        title,
        "code",
        tag("p", "Point its camera at the code, or type the address into Safari, in the same network."),
        qr_drawing(contents.address),
        tag("p", _code_of(contents.address)),
    )


def _download(contents: PageContents, left: int | None) -> Element:
    offer: tuple[Element, ...]
    if left == 0:
        offer = (tag("p", "The profile was given out. Go on in Settings, below.", class_="note"),)
    else:
        once = left == 1 and contents.identity is not None
        limit = "It can be downloaded once, because it holds a private key. " if once else ""
        offer = (
            tag("a", "Download the profile", href=contents.profile, class_="action"),
            tag(
                "p",
                f"{limit}After the download you have 8 minutes: a profile that is not installed by then is deleted. "
                "Only one can wait at a time; a second download replaces the first.",
                class_="quiet",
            ),
        )
    return section("Download", "download", *offer)


def _steps(contents: PageContents, system: System) -> Element:
    password = (
        " When you are asked for the password of the identity, type the one that the computer's terminal shows."
        if contents.asks_password
        else ""
    )
    phone = (
        _step("Tap Download the profile, in Safari, and then Allow."),
        _step(
            "Open Settings. At its top, tap Profile Downloaded. If it is not there: General, VPN & Device Management.",
            downloaded_row(),
        ),
        _step(
            f"Tap Install and enter your passcode. Install once more; the warning is right, it is a test CA.{password}",
            install_sheet(f"{contents.authority} (test CA)"),
        ),
        _step(
            "Switch the root on, or TLS will not trust it: Settings, General, About, Certificate Trust Settings. The "
            "installation cannot do that for you, and after a removal it has to be done again.",
            trust_switch(contents.authority),
        ),
        *_proxy_step(
            contents, "Settings, Wi-Fi, the (i) of this network, Configure Proxy, Automatic. The URL:"
        ),
    )
    mac = (
        _step("Click Download the profile, and open the file."),
        _step(
            "System Settings, General, Device Management (macOS 13 and 14: Privacy & Security, Profiles): open the "
            f"profile and click Install.{password}"
        ),
        _step(
            "If the test says that the root is not trusted: Keychain Access, the certificate, Trust, Always "
            "Trust."
        ),
        *_proxy_step(
            contents,
            "System Settings, Wi-Fi, Details of this network, Proxies, Automatic proxy configuration. The URL:",
        ),
    )
    other = (
        _bullet("Vision Pro: as on an iPhone."),
        _bullet("Apple Watch: through the iPhone it is paired with."),
        _bullet("Apple TV: it has no browser. Use Apple Configurator."),
        _bullet("Anything else: the certificate alone, at the end of this page."),
    )
    return section(
        "Steps",
        "steps",
        _folded("On an iPhone or iPad", "iphone", tag("ol", *phone), shown=system is not System.MAC),
        _folded("On a Mac", "mac", tag("ol", *mac), shown=system is System.MAC),
        _folded("On something else", "other", tag("ul", *other), shown=False),
    )


def _step(text: str, picture: Element | None = None) -> Element:
    return tag("li", text, picture)


def _proxy_step(contents: PageContents, where: str) -> tuple[Element, ...]:
    """How the front's name leads to this computer, WHERE that is set; nothing where it is an address."""
    if contents.front is None or contents.front.pac is None:
        return ()
    text = f"Lead {contents.front.host} to the computer: {where} "
    return (tag("li", text, tag("code", contents.front.pac, class_="whole"), " Then Save."),)


def _code_of(text: str) -> Element:
    return tag("code", text)


def _bullet(*text: Element | str) -> Element:
    return tag("li", *text)


def _folded(title: str, id: str, *parts: Element, shown: bool) -> Element:
    return tag("details", tag("summary", tag("h3", title)), *parts, id=id, open="" if shown else None)


def _users(contents: PageContents) -> Element | None:
    if contents.identity is None:
        return None
    name = shlex.quote(contents.identity)
    return section(
        "Who can use the identity",
        "users",
        tag(
            "p",
            "Safari, Mail, Wi-Fi and VPN can. Other apps cannot see an identity that came with a profile (Apple "
            "QA1745). For an app of yours:",
        ),
        tag(
            "ul",
            _bullet("export it on the computer: ", _code_of(f"trustrig export p12 {name} -o client.p12")),
            _bullet(
                "add the file to a test build of the app, and open it there with ",
                _code_of("SecPKCS12Import"),
                ".",
            ),
            _bullet("the Swift for that: ", _code_of(f"trustrig export snippets --client {name}")),
        ),
        tag("p", "The root, once it is switched on, counts for all apps."),
    )


def _removal(contents: PageContents) -> Element:
    by_proxy = contents.front is not None and contents.front.pac is not None
    proxy = (
        "The proxy, once the command on the computer has ended. iPhone and iPad: Settings, Wi-Fi, the (i) of this "
        "network, Configure Proxy, Off. Mac: switch Automatic proxy configuration off."
    )
    return section(
        "Remove it again",
        "removal",
        tag("p", proxy) if by_proxy else None,
        tag("p", "iPhone and iPad: Settings, General, VPN & Device Management, the profile, Remove Profile."),
        tag("p", "Mac: System Settings, General, Device Management, the profile, the minus sign."),
    )


def _certificate(contents: PageContents) -> Element:
    return section(
        "The certificate alone",
        "certificate",
        tag(
            "p",
            "Second choice, for systems without profiles: ",
            tag("a", "the root certificate (DER)", href=contents.certificate),
            ". Some releases of Safari save it under a wrong name.",
        ),
    )
