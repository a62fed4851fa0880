"""What `dtls` and `psk` say."""

from __future__ import annotations

from typing import Any

from pki.model.datagrams import LayerName, LayerState
from pki.model.transcript import Ending, Party
from pki.report import dtls
from pki.report.schemas.words import FLAG, INTEGER, STRING, TEXT, document, listing, one_of, or_null, record


def dtls_diagnosis_schema() -> dict[str, Any]:
    """Describe what `dtls diagnose` found, layer by layer."""
    layer = {"name": one_of(LayerName), "state": one_of(LayerState), "words": STRING}
    fields = {
        "target": TEXT,
        "at": TEXT,
        "failed": or_null(one_of(LayerName)),
        "layers": listing(record(layer)),
        "why": STRING,
        "next_step": STRING,
        "cookie_asked": FLAG,
        "resent": INTEGER,
        "mtu": INTEGER,
        "arrived": record(
            {
                **dict.fromkeys(("datagrams", "largest", "hello_verify_requests"), INTEGER),
                **dict.fromkeys(("whole", "missing"), listing(TEXT)),
            }
        ),
        "not_checked": listing(TEXT),
        "dtls13": {"const": "not tried"},
        "expectations": listing(record({"text": TEXT, "source": TEXT})),
        "transcript": or_null({"type": "object"}),
    }
    return document(dtls.DIAGNOSIS_SCHEMA, "Which layer of a DTLS server fails.", fields, {})


def dtls_handshake_schema() -> dict[str, Any]:
    """Describe a DTLS handshake of our own two ends."""
    tally = dict.fromkeys(("sent", "lost", "resent", "largest", "mtu"), INTEGER)
    fields = {
        "accepted": FLAG,
        "datagrams": record({**tally, "cookie_asked": FLAG}),
        "transcript": {"type": "object"},
    }
    return document(dtls.HANDSHAKE_SCHEMA, "A DTLS handshake, both ends ours.", fields, {})


def psk_schema() -> dict[str, Any]:
    """Describe a handshake with a pre-shared key."""
    alert = record({"number": INTEGER, "name": TEXT, "meaning": TEXT})
    fields = {
        "at": TEXT,
        "transport": TEXT,
        "outcome": {"enum": [ending.name.lower() for ending in Ending]},
        "refused_by": or_null(one_of(Party)),
        "alert": or_null(alert),
        **dict.fromkeys(("version", "suite", "identity"), or_null(TEXT)),
        **dict.fromkeys(("reason", "repair", "answer"), STRING),
        "not_checked": listing(TEXT),
    }
    return document(dtls.PSK_SCHEMA, "A handshake with a pre-shared key, which is not in it.", fields, {})
