"""One word or number: what it is called in the tables of codes, and what a small number means elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pki.explain.catalogue import FAULTS
from pki.explain.code_facts import facts_of_alert, facts_of_code
from pki.explain.code_names import MEANINGS, NAMES_SOURCE, OTHER_NAMES
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
    found = named(asked, rules) or _other_code(asked)
    if found is None and asked.isascii() and asked.isdecimal() and len(asked) > 2:
        found = named(f"-{asked}", rules) or _other_code(f"-{asked}")  # codes in logs lose their sign easily
    if found is not None and found.kind is ExplanationKind.CODE:
        found = _of_code(found)
    elif found is not None and found.kind is ExplanationKind.ALERT:
        found = replace(found, code=facts_of_alert(int(found.name.split()[2])))
    elsewhere = " ".join(_worlds(asked))
    if not elsewhere:
        return found
    if found is None:
        return Explanation(asked, ExplanationKind.CODE, asked, elsewhere, source=_SOURCES)
    text = f"Where it stands decides what a small number means. As a TLS alert: {found.text} {elsewhere}"
    return replace(found, text=text)


def _other_code(asked: str) -> Explanation | None:
    """A code that no rule reports and that is none of TLS: its meaning is that of what it stands for in a text."""
    for number, name in OTHER_NAMES.items():
        if asked.casefold() in (str(number), name.casefold()):
            return Explanation(asked, ExplanationKind.CODE, f"{number} {name}", source=NAMES_SOURCE)
    return None


def _of_code(found: Explanation) -> Explanation:
    """FOUND with what is known beside its meaning; its likely causes, unless a rule has a fix of its own."""
    number = int(found.name.split(" ", 1)[0])
    found = replace(found, code=facts_of_code(number))
    if found.rules:
        return found
    read = read_text(str(number))
    meaning = read.meaning if read is not None else ""
    if number in MEANINGS:
        meaning = f"{MEANINGS[number]}. No trust decision."
    return replace(found, text=found.text or meaning, text_explanation=read)


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
