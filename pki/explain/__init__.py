"""What a person pastes, explained: one code or name, a message of any program, or a whole log with the errors in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, PkiError
from pki.model.explanation import Explanation, ExplanationKind

if TYPE_CHECKING:
    from pki.model.text_explanation import TextExplanation

__all__ = ["explain_text"]

_WORDS, _CHARACTERS = 3, 60  # what is asked by name is no longer
_ECHOED = 1_000  # characters of a text that the answer repeats in `asked`
_HELP = (
    "Give the lines with the error itself: a code (-9802, -67901, curl: (60)), an alert, or the sentence with "
    "'certificate', 'SSL' or 'TLS' in it. Of an app, the whole NSError with its userInfo"
)


def explain_text(text: str) -> Explanation:
    """Say what TEXT means: a rule id, a code, an alert, a cipher suite, or any text with errors about TLS in it.

    Of a text the answer says who decided (the client refused the server, the server refused the client, and so on), at
    which level, what the words leave open and what to do next; `text_explanation` has these in parts. Words are taken
    from `pki.explain.vocabularies`, each with its source; nothing is guessed from what a sentence is like.

    Raises:
        InvalidRequest: TEXT is empty, or a few words that nothing here is called; the message offers what comes near.
        PkiError: nothing in the text is known.
    """
    asked = text.strip()
    if not asked:
        raise InvalidRequest("there is nothing to explain", hint=_HELP)
    by_name = len(asked) <= _CHARACTERS and len(asked.split()) <= _WORDS
    if by_name:
        from pki.explain.lookup import looked_up

        found = looked_up(asked)
        if found is not None:
            return found
    from pki.explain.reading import read_text

    explained = read_text(text)
    if explained is not None:
        return Explanation(
            _clipped(asked),
            ExplanationKind.TEXT,
            headline(explained),
            explained.meaning,
            text_explanation=explained,
        )
    if by_name:
        from pki.report.explain import explain
        from pki.trust import all_rules

        return explain(asked, all_rules())  # refuses the word, and offers what comes near
    raise PkiError("nothing in this text is known here", hint=_HELP)


def _clipped(asked: str) -> str:
    """What was asked, of a log its beginning: an answer does not carry five megabytes."""
    return asked if len(asked) <= _ECHOED else asked[: _ECHOED - 1] + "…"


def headline(explained: TextExplanation) -> str:
    """The answer in one sentence: who decided, and what."""
    return f"{explained.decided_by.text}: {explained.title}."
