"""The answer to `explain`: about one name, number or suite, or about a text with errors in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.renamed import Renamed

if TYPE_CHECKING:
    from pki.model.app_errors import AppError
    from pki.model.code_facts import CodeFacts
    from pki.model.suites import CipherSuite
    from pki.model.text_explanation import TextExplanation
    from pki.model.verdict import Rule


class ExplanationKind(StrEnum):
    """What sort of thing was asked about."""

    RULE = "rule"
    CHECK = "check"  # a name in Apple's list
    CODE = "code"  # OSStatus, NSURLError or stream code
    ALERT = "alert"
    SUITE = "cipher suite"
    CAUSE = "cause"  # a code of `handshake` and of connections that end
    TEXT = "text"  # a message or a log in which errors were found


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer: what the thing is called, what is known of it beyond rules, and the rules behind it.

    Of a text, `text_explanation` has the answer in parts, and `name` and `text` its headline and its meaning. Of a
    code without a rule, it has its likely causes and the next commands.
    """

    asked: str
    kind: ExplanationKind
    name: str
    text: str = ""
    rules: tuple[Rule, ...] = ()
    suite: CipherSuite | None = None
    source: str = ""
    app_errors: tuple[AppError, ...] = ()  # what an app sees, where the number is part of it
    text_explanation: TextExplanation | None = None
    code: CodeFacts | None = None  # of a code and of an alert

    told = Renamed("text_explanation")
