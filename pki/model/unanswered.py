"""A server that showed no certificate to judge: why, as a code, and what an app is expected to see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import HandshakeError

if TYPE_CHECKING:
    from pki.model.app_errors import AppError


class Unanswered(HandshakeError):
    """Nothing can be said of the server's certificates.

    `cause` is a code of `pki.model.causes`, `alert` the number of the alert that says so, where one does; `expected` is
    what URLSession would give, None where it is not URLSession's connection or no source says.
    """

    def __init__(self, problem: str, *, hint: str = "", cause: str, alert: int | None = None) -> None:
        super().__init__(problem, hint=hint)
        self.cause = cause
        self.alert = alert
        self.expected: AppError | None = None
