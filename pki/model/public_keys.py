"""Keys that anybody can have: those made from a seed. Whoever trusts such a root trusts everybody.

What a key from a seed signs carries a mark, an extension of ours, and the names of such authorities carry a word;
either is enough to know it by. The mark is not critical: verifiers pass it over, so that tests go on as without it, and
whoever installs and exports has to look.
"""

from __future__ import annotations

from typing import Final

from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.oids import ORGANIZATION, PUBLIC_KEY_MARK

WORD: Final = "PUBLIC TEST KEY"
"""The organizationName of authorities whose key comes from a seed."""
MARK: Final = der.encode(
    der.UTF8_STRING, b"Signed with a key made from a seed: anybody can have it. Never trust it."
)
"""What the extension PUBLIC_KEY_MARK holds, for people who look."""

# SHA-256 of the SubjectPublicKeyInfo of the scenario authorities of the seeds 1 and 7, roots and intermediates. The
# documentation once gave these seeds to everybody, when such roots had no mark, no constraints and ten years to live.
# Of other seeds nothing can be known without trying them all.
ONCE_PRINTED: Final = frozenset(
    {
        "bf4356d996e896d69db817be677b2df94993b983d440329620d90b1080f281fb",
        "80b2f80f68df32bb54a40b7326acd3f86fa9c4d9c573af077ad3fa39b703f714",
        "407824f9a379d94eca0514bc500636d6261eefde1b3974223fd1abaa80d01ca9",
        "b19f7b14147d655f4052737772d8c78913670a6d61b97ef5b1ac881fef13ebf3",
        "74dd0394860e52b43534b91c7fdb67bc4e1862a91eb0b4a0c21675671960d36e",
        "89ea7c6e25865043766cff85821d806dbec9b55e2d6f6a6ded9f22280ae46f29",
        "d7cb4604f5cc0c82c171892a0b4af7f817176ad6c184f65826ac08f9d685e71e",
        "66dc255a292b5f22a3bf1bcee843a029e71768bd35927eb034a074546af6ffb0",
        "2a36e4fca03f330d18911dfc616a2a3021b6a3fbdb6e17c00335762aa960a329",
        "528cc2e8042db61c4e4ad60466485e23444008ceb5ba89b49958fb8953fbdf52",
        "9a55a90df06d78ddc4bd666bc7a80282f3b06d2c7c0b867fb546a184ceb1ab12",
        "fe26de128ffa85eae4041282902afba14654a12f6dd0b43020179706d14c3583",
        "6edb19abca80a886e8b011245d88f44aed2c83b4dcd7cc1232c26d3b9535177c",
        "75ffcca6d9c80b5de8d48b71bfc8139e31229f244989698e9e01c8916c628cdd",
        "827f18ad5b0d9550d96c1d9fcc5e67d8578b0eb9492001fbc1cf6ec8826b90f6",
        "02614c968d758cb5b4bb744d68d9317ae4fdeae7f511cb5ab76cdb9036a49218",
    }
)


def public_key_because(cert: CertFacts) -> str:
    """Why the key that signed CERT, its own or its issuer's, is one that anybody can have; empty where it is not."""
    if cert.extension(PUBLIC_KEY_MARK) is not None:
        return "it carries the mark of keys made from a seed"
    if any(oid == ORGANIZATION and text == WORD for oid, text in cert.subject.attributes):
        return f"its name says {WORD}"
    if cert.spki_sha256.hex() in ONCE_PRINTED:
        return "its key follows from a seed that documentation has printed"
    return ""
