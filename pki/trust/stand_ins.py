"""Certificates that software shows when nobody gave it one for the name: recognised by the names in them.

Sources: the software's own code and documentation, and public logs that quote these subjects. A name proves nothing,
so this is worth a remark and never a verdict.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import NamedTuple

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.extension_values import NameType

_ORGANIZATION, _UNIT = "2.5.4.10", "2.5.4.11"
_FIELDS = {oids.COMMON_NAME: "CN", _ORGANIZATION: "O", _UNIT: "OU", oids.EMAIL_ADDRESS: "email"}


class StandIn(NamedTuple):
    """Whose it is; `device`: made by a device for itself, rather than by a server that has none for this name."""

    maker: str
    device: bool = False


_KNOWN: tuple[tuple[str, str, StandIn], ...] = (
    ("CN", r"Kubernetes Ingress Controller Fake Certificate", StandIn("the Kubernetes ingress controller")),
    ("CN", r"NGINXIngressController", StandIn("the NGINX ingress controller")),
    ("CN", r"TRAEFIK DEFAULT CERT", StandIn("Traefik")),
    ("CN", r"letsencrypt-nginx-proxy-companion|acme-companion", StandIn("nginx-proxy's ACME companion")),
    ("CN", r"sni-support-required-for-valid-ssl", StandIn("lua-resty-auto-ssl")),
    ("CN", r"invalid2\.invalid", StandIn("Google's front end")),
    ("OU", r"No SNI provided; please fix your client\.?", StandIn("Google's front end")),
    ("CN", r"ingress\.local", StandIn("an ingress controller")),
    ("CN", r"[0-9a-f]{32}\.[0-9a-f]{32}\.traefik\.default", StandIn("Traefik")),
    ("email", r"webmaster@localhost", StandIn("DirectAdmin")),
    ("CN", r"Plesk|Parallels Panel", StandIn("Plesk")),
    ("email", r"info@(plesk|parallels|swsoft)\.com", StandIn("Plesk")),
    ("email", r"ssl@.+", StandIn("cPanel")),  # with O=Unknown beside it, see below
    ("CN", r"www\.snakeoil\.(dom|com)|.*snakeoil.*", StandIn("the web server's package (snakeoil)")),
    ("O", r"Snake ?Oil(, Ltd\.?)?|.*snakeoil.*", StandIn("the web server's package (snakeoil)")),
    ("OU", r"IT Department", StandIn("Kong")),  # with O=Kong beside it, see below
    ("CN", r"dynamic", StandIn("Rancher")),
    ("O", r"dynamiclistener-org", StandIn("Rancher")),
    ("CN", r"CloudFlare Origin Certificate", StandIn("Cloudflare, for its own proxies alone")),
    ("O", r"SomeOrganization", StandIn("the web server's package (mod_ssl)")),
    ("CN", r"QNAP NAS", StandIn("the QNAP device", device=True)),
    ("CN", r"synology(\.com)?", StandIn("the Synology device", device=True)),
    ("CN", r"UniFi|unifi\.local|ubnt|UBNT.*", StandIn("the UniFi device", device=True)),
    ("O", r"pfSense webConfigurator Self-Signed Certificate", StandIn("pfSense", device=True)),
    ("O", r"OPNsense( self-signed web certificate)?", StandIn("OPNsense", device=True)),
    ("CN", r"OPNsense\.(localdomain|internal)", StandIn("OPNsense", device=True)),
    ("CN", r"FortiGate|FGT.*", StandIn("the FortiGate device", device=True)),
    ("CN", r"IOS-Self-Signed-Certificate-\d+", StandIn("the Cisco device", device=True)),
    ("O", r"VMware Installer", StandIn("VMware ESXi", device=True)),
    ("OU", r"VMware ESX Server Default Certificate", StandIn("VMware ESXi", device=True)),
)
# One of these is in every subject that the table knows, in small letters: one look at the bytes tells all others apart.
# The last is an attribute of X.520 as BMPString or UniversalString, whose letters have two or four bytes.
_TELLING = re.compile(
    rb"cloudflare|companion|dynamic|fgt|fortigate|ingress|invalid2|ios-self|it department|kubernetes|no sni|opnsense"
    rb"|parallels|pfsense|plesk|qnap|sni-support|snake ?oil|someorganization|ssl@|swsoft|synology|traefik|ubnt|unifi"
    rb"|vmware|webmaster@|u\x04.[\x1e\x1c]",
    re.DOTALL,
)
# DNS names that nobody connects to: they say as much as a CommonName.
_UNREAL = (b".local", b".invalid", b".dom", b".traefik.default")
_BESIDE = {
    "cPanel": ("O", "Unknown"),
    "Kong": ("O", "Kong"),
}  # what must stand beside, where the name is everybody's


def stand_in(cert: CertFacts) -> StandIn | None:
    """Whose stand-in certificate CERT is by its names; None: no known one's."""
    fields = _fields(cert.subject.raw)
    for name in cert.subject_alt_names[:8]:
        value = name.value
        if (value.endswith(_UNREAL) or b"snakeoil" in value) and name.type is NameType.DNS:
            fields = (*fields, ("CN", name.text))
    for kind, pattern, found in _KNOWN if fields else ():
        beside = _BESIDE.get(found.maker)
        if beside is not None and beside not in fields:
            continue
        for field, text in fields:
            if field == kind and len(text) < 100 and re.fullmatch(pattern, text, re.IGNORECASE):
                return found
    return StandIn("Debian's package ssl-cert (snakeoil)") if _debian(cert) else None


def _fields(subject: bytes) -> tuple[tuple[str, str], ...]:
    """The fields of a subject that may tell, where one of them may: of nearly every certificate none."""
    if _TELLING.search(subject.lower()) is None:
        return ()
    attributes = DistinguishedName(subject).attributes
    return tuple((_FIELDS[oid], text) for oid, text in attributes if oid in _FIELDS)


_TEN_YEARS = timedelta(days=3650)


def _debian(cert: CertFacts) -> bool:
    """What make-ssl-cert writes: the machine's bare name in CN and subjectAltName, 3650 days, CA:FALSE, self-issued."""
    if cert.not_after - cert.not_before != _TEN_YEARS:
        return False
    names, constraints = cert.subject_alt_names, cert.basic_constraints
    bare = cert.subject.common_names
    return (
        cert.self_issued
        and len(cert.subject.attributes) == len(names) == len(bare) == 1
        and names[0].text == bare[0]
        and "." not in bare[0]
        and bare[0] != "localhost"
        and constraints is not None
        and not constraints.ca
        and cert.extended_key_usage is None
    )
