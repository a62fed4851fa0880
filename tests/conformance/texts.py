"""What `explain` says of texts that people paste, by the words a right answer has and those that none has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pki.errors import PkiError
from pki.explain import explain_text
from pki.report.explanation import explanation_text
from tests.conformance.tally import Case, Tally


def cases(document: Any) -> Iterable[Case]:
    """Each text of the corpus."""
    return list(document["texts"])


def judge(case: Case, tally: Tally) -> Case | None:
    """What the answer lacks or says wrongly, or None; counted for the text's stack as well."""
    try:
        answer = explanation_text(explain_text(case["text"]))
    except PkiError as refused:
        answer = str(refused)
    said = " ".join(answer.split()).casefold()
    lacks = [group for group in case["keywords"] if not any(_stands(word, said) for word in group)]
    wrong = [pattern for pattern in case["wrong"] if re.search(pattern, said)]
    host = case["host"]
    missed = host if host and host.casefold() not in said else None
    right = tally.count(not (lacks or wrong or missed))
    tally.false_accepts += bool(wrong)
    stack = tally.stacks.setdefault(case["stack"], [0, 0])
    stack[0] += right
    stack[1] += 1
    if right:
        return None
    return {
        "id": case["id"],
        "lacks": lacks,
        "says": wrong,
        "host": missed,
        "answer": answer.splitlines()[:4],
    }


def _stands(word: str, said: str) -> bool:
    """Whether WORD begins a word of the answer; of up to four letters it is the whole word."""
    word = word.casefold()
    end = r"(?!\w)" if len(word.strip()) <= 4 else ""
    return re.search(rf"(?<!\w){re.escape(word)}{end}", said) is not None


def closing(tally: Tally) -> Iterator[str]:
    """The lines for each stack, and how many answers say what is wrong."""
    for stack, (right, asked) in sorted(tally.stacks.items()):
        yield f"{stack}: {right}/{asked}"
    yield f"wrong statements {tally.false_accepts}/{tally.cases}"
