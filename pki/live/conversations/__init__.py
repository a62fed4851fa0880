"""What is asked inside TLS to learn whether an identity was accepted: harmless, and always answered.

Each protocol's answer is read with bounds and classified: data, a refusal in words, or neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.live.conversations.conversation import Conversation, ServerAnswer

if TYPE_CHECKING:
    from pki.live.conversations.conversation import Script
    from pki.live.target import Target

__all__ = ["Conversation", "ServerAnswer", "conversation_for"]


def conversation_for(target: Target, *, alpn: str | None, who: str = "") -> Conversation:
    """What to say to TARGET after TLS agreed on ALPN; WHO is the name in the identity, where a protocol has a place."""
    return Conversation(_script(target, alpn, who))


def _script(target: Target, alpn: str | None, who: str) -> Script:
    protocol, greeted = target.protocol.name, target.starttls
    if protocol == "http":
        from pki.live.conversations.http1 import http1
        from pki.live.conversations.http2 import http2

        return http2(target) if alpn == "h2" else http1(target)
    if protocol in ("imap", "pop3", "sieve"):
        from pki.live.conversations.logins import LOGINS, log_in

        return log_in(LOGINS[protocol], greeted=greeted)
    if protocol in ("ldap", "postgres", "mqtt"):
        from pki.live.conversations.ldap_postgres_mqtt import ldap, mqtt, postgres

        return postgres(who) if protocol == "postgres" else ldap() if protocol == "ldap" else mqtt()
    from pki.live.conversations.lines import COMMANDS, UNKNOWN, ask

    return ask(COMMANDS.get(protocol, UNKNOWN), greeted=greeted)
