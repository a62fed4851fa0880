"""One word or number: what it is called in the tables of codes, and what a small number means elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pki.explain.catalogue import FAULTS
from pki.explain.reading import read_text
from pki.explain.vocabularies.curl import CURLE
from pki.explain.vocabularies.openssl import VERIFY_ERRORS
from pki.model.explanation import Explanation, ExplanationKind
from pki.report.explain import named
from pki.trust import all_rules

_SOURCES = "OpenSSL include/openssl/x509_vfy.h; curl include/curl/curl.h"


def looked_up(asked: str) -> Explanation | None:
    """ASKED by its name or number; None where nothing is called that."""
    rules = all_rules()
    found = named(asked, rules)
    if found is None and asked.isascii() and asked.isdecimal() and len(asked) > 2:
        found = named(f"-{asked}", rules)  # codes in logs lose their sign easily
    if found is not None and found.kind is ExplanationKind.CODE and not found.rules:
        found = replace(
            found, text_explanation=read_text(found.name.split(" ", 1)[0])
        )  # a rule has a fix of its own
    elsewhere = " ".join(_worlds(asked))
    if not elsewhere:
        return found
    if found is None:
        return Explanation(asked, ExplanationKind.CODE, asked, elsewhere, source=_SOURCES)
    text = f"Where it stands decides what a small number means. As a TLS alert: {found.text} {elsewhere}"
    return replace(found, text=text)


def _worlds(asked: str) -> Iterator[str]:
    """What a number without a sign means to OpenSSL's verification and to curl."""
    if not asked.isascii() or not asked.isdecimal() or len(asked) > 3:
        return
    number = int(asked)
    for world, table in (
        ("OpenSSL's verify error (num=, error N at depth)", VERIFY_ERRORS),
        ("curl's exit code", CURLE),
    ):
        if number in table:
            yield f"As {world}: {FAULTS[table[number].split()[-1]].server.title}."
