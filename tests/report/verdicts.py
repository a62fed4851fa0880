"""Verdicts of every kind a report may meet, each from a real evaluation, and hostile variants of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from cryptography import x509
from hypothesis import strategies as st

from pki.ats import AtsSettings, read_info_plist
from pki.model.der import encode as tlv
from pki.model.distinguished import DistinguishedName
from pki.model.verdict import Verdict
from pki.report.summary import Judged
from tests.chains import AT, DAY, HOST, intermediate, judge, leaf, make, root

HOSTILE = (
    "</title><script>alert(1)</script>\"'&|`*_[a](http://evil.test)\x00\x1b[31m\r\n\u202e@everyone #1 {0} ]]>"
)


def everything_wrong() -> Verdict:
    """A chain with as many faults as one chain can have."""
    stranger = root("Stranger\u202e" * 5, kind="rsa1024")
    own = leaf(
        stranger,
        "O" * 60,
        dns=tuple(f"host-{n}.other.example" for n in range(40)),
        end=AT - DAY,
        kind="rsa1024",
    )
    return judge(own, stranger, anchors=(root(),), anchor_class="app")


def excepted() -> AtsSettings:
    """An Info.plist that takes this host out of ATS."""
    import plistlib

    domains = {HOST: {"NSExceptionAllowsInsecureHTTPLoads": True}}
    document = {"NSAppTransportSecurity": {"NSAllowsArbitraryLoads": True, "NSExceptionDomains": domains}}
    return read_info_plist(plistlib.dumps(document), name="Info.plist")


@cache
def zoo() -> dict[str, Verdict]:
    """One verdict of every kind, by what it is."""
    top = root()
    middle = intermediate(top)
    server = leaf(middle)
    alone = make(HOST, dns=(HOST,))
    other_key = root(key_tag="another")
    names = tuple(f"h{n}.example" for n in range(10_000))
    return {
        "trusted": judge(server, middle, anchors=(top,)),
        "another name": judge(leaf(middle, dns=("other.test",)), middle, anchors=(top,)),
        "no host": judge(server, middle, anchors=(top,), host=None),
        "an address": judge(leaf(middle, ips=("192.0.2.1",)), middle, anchors=(top,), host="192.0.2.2"),
        "no intermediate": judge(server, anchors=(top,)),
        "an untrusted root": judge(server, middle, top, anchors=(root("Other"),)),
        "no anchor at all": judge(server, middle, top, anchors=()),
        "two CAs of one name": judge(leaf(top), anchors=(other_key,)),
        "another key identifier": judge(leaf(middle, aki=b"1234567890"), middle, anchors=(top,)),
        "warnings alone": judge(leaf(middle, purposes=()), middle, anchors=(top,)),
        "everything wrong": everything_wrong(),
        "an app's anchor": judge(server, middle, anchors=(top,), anchor_class="app"),
        "a system anchor": judge(server, middle, anchors=(top,), anchor_class="system"),
        "older than the rules": judge(leaf(top, start=AT - 4000 * DAY), anchors=(top,)),
        "a trusted leaf": judge(alone, anchors=(alone,), anchor_class="user-leaf"),
        "a lonely leaf": judge(alone, anchors=()),
        "outside ATS": judge(server, middle, anchors=(top,), ats_applies=False),
        "excepted from ATS": judge(server, middle, anchors=(top,), anchor_class="app", ats=excepted()),
        "a client": judge(server, middle, anchors=(top,), policy="ssl-client", host=None),
        "basic X.509": judge(server, middle, anchors=(top,), policy="basic"),
        "by the book": judge(leaf(middle, dns=("other.test",)), middle, anchors=(top,), policy="rfc5280"),
        "10,000 names": judge(leaf(middle, dns=names), middle, anchors=(top,)),
        "no subject": judge(leaf(middle, None), middle, anchors=(top,)),
        "hostile names": judge(
            leaf(
                intermediate(root("<script>alert(1)</script>"), '"><img src=x onerror=alert(1)>'),
                HOSTILE[:60],
            ),
            anchors=(top,),
            host=None,
        ),
        "hostile strings": judge(
            leaf(
                middle,
                uris=("javascript:alert(1)",),
                dns=("*|`<b>",),
                extra=((x509.OCSPNoCheck(), False),),
            ),
            middle,
            anchors=(top,),
        ),
    }


def named(text: str) -> DistinguishedName:
    """The Name that is CN=TEXT."""
    common_name = bytes.fromhex("0603550403")
    value = tlv(0x0C, text.encode("utf-8", "replace"))
    return DistinguishedName(tlv(0x30, tlv(0x31, tlv(0x30, common_name, value))))


def spoiled(verdict: Verdict, text: str) -> Verdict:
    """VERDICT with TEXT wherever a stranger's words can get in."""
    name = named(text)
    return replace(
        verdict,
        host=text or None,
        chain=tuple(cert._replace(subject=name, issuer=name) for cert in verdict.chain),
        findings=tuple(replace(finding, evidence=text) for finding in verdict.findings),
        not_checked=(*verdict.not_checked, text),
        near_misses=(text,),
    )


# Any characters at all, lone surrogates included, and pieces that mean something to some format.
texts = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.characters(),
        st.sampled_from(
            ["<", ">", "&", '"', "'", "|", "`", "\n", "\r", "\x00", "]]>", "-->", "<!--", "</style>", "$"]
        ),
        st.just(HOSTILE),
    ),
    max_size=8,
).map("".join)


kinds = st.sampled_from(sorted(zoo()))


def hostile(kind: str, name: str, text: str) -> Judged:
    """A verdict of the zoo under any NAME, with any TEXT in it."""
    return Judged(name, spoiled(zoo()[kind], text))
