"""The same question asked of other validators: cryptography, OpenSSL, and certvalidator or its fork.

None of them is the verdict (docs/why/own-evaluator.md); where they part from it, `pki.trust.differences` says why.
All are imported when asked, and one that is not there says so.
"""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pki.errors import InvalidRequest, Unreadable
from pki.model.foreign import parser_errors, read_certificate, read_openssl_certificate
from pki.model.hosts import Host, parse_host
from pki.model.second_opinion import SecondOpinion
from pki.model.suggestion import one_of
from pki.trust.differences import BLIND_SPOTS
from pki.trust.request import Anchor
from pki.trust.unanswerable import beyond_cryptography_48, facts_of, half_a_minute, too_many_paths

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from pki.model.certificate import CertFacts

PURPOSES = ("server", "client")
MAX_WORDS = 300  # ours: other people's messages quote certificates


@dataclass(frozen=True, slots=True)
class _Question:
    """What every validator is asked. `host` is a name or an address without trailing dot; None asks for no name."""

    chain: tuple[bytes, ...]
    anchors: tuple[bytes, ...]
    host: str | None
    at: datetime
    server: bool


class _Refused(Exception):
    """The validator said no; the message is its own."""


class _NotAnswered(Exception):
    """It could not be asked, or gave up; the message says why."""


def second_opinions(
    chain: Sequence[bytes],
    *,
    host: str | Host | None,
    at: datetime,
    anchors: Iterable[Anchor],
    purpose: str = "server",
) -> tuple[SecondOpinion, ...]:
    """Ask cryptography, OpenSSL and certvalidator whether CHAIN, the leaf first, is good at the moment AT.

    `purpose` is `server` or `client`; a client's name is not asked for. All anchors are simply trusted: their class
    means nothing to these validators.

    Raises:
        InvalidRequest: no certificate, another purpose, a host that is no host, a naive datetime.
    """
    if not chain:
        raise InvalidRequest("the chain holds no certificate", hint="Give the leaf first, then its issuers.")
    if purpose not in PURPOSES:
        raise InvalidRequest(f"no purpose is called {purpose!r}", hint=one_of(purpose, PURPOSES))
    if at.tzinfo is None:
        raise InvalidRequest("the time to judge at has no time zone", hint="Pass an aware datetime.")
    wanted = parse_host(host) if isinstance(host, str) else host
    question = _Question(
        tuple(chain),
        tuple(anchor.certificate.der for anchor in anchors),
        wanted.text.removesuffix(".") if wanted is not None else None,
        at.astimezone(UTC),
        purpose == "server",
    )
    return (_cryptography(question), _openssl(question), *_certvalidator(question))


def read_what_reads(chain: Iterable[bytes], anchors: Iterable[Anchor]) -> tuple[CertFacts, ...]:
    """The facts of everything the validators were given, for `pki.trust.differences.compare`; some may not read."""
    return (*facts_of(chain), *(anchor.certificate for anchor in anchors))


def _answered(who: str, version: str, ask: Callable[[], None]) -> SecondOpinion:
    accepts: bool | None = True
    words = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about oddities of certificates: our findings' business
        try:
            ask()
        except _Refused as refusal:
            accepts, words = False, str(refusal)
        except _NotAnswered as reason:
            accepts, words = None, str(reason)
    return SecondOpinion(
        who, version, accepts, _clean(words), tuple(spot.description for spot in BLIND_SPOTS[who])
    )


def _clean(words: str) -> str:
    """Other people's words on one line, without what a stranger put into a certificate to steer a terminal."""
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(words.split()))
    return line if len(line) <= MAX_WORDS else line[: MAX_WORDS - 1] + "…"


def _cryptography(question: _Question) -> SecondOpinion:
    import cryptography
    from cryptography.x509 import DNSName, IPAddress
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    def read(der: bytes, what: str) -> Certificate:
        try:
            return read_certificate(der, what=what, whole=False)
        except Unreadable as error:
            raise _unread(error) from None

    def ask() -> None:
        if not question.anchors:
            raise _NotAnswered("it takes no question without an anchor")
        if cryptography.__version__.startswith("48."):
            _not_beyond(beyond_cryptography_48(question.chain, question.anchors))
        _not_beyond(half_a_minute(question.chain, question.anchors))
        leaf, *others = (read(der, f"certificate {number}") for number, der in enumerate(question.chain))
        store = Store([read(der, "an anchor") for der in question.anchors])
        builder = PolicyBuilder().store(store).time(question.at)
        try:
            if not question.server:
                builder.build_client_verifier().verify(leaf, others)
            elif question.host is None:
                raise _NotAnswered("it takes no question about a server without a name")
            else:
                address = _address(question.host)
                wanted = DNSName(question.host) if address is None else IPAddress(address)
                builder.build_server_verifier(wanted).verify(leaf, others)
        except VerificationError as error:
            raise _Refused(
                str(error).removeprefix("validation failed: ").partition(" (encountered")[0]
            ) from None
        # A host name that it does not take, a certificate that it cannot go on with.
        except parser_errors() as error:
            raise _NotAnswered(str(error)) from None

    return _answered("cryptography", cryptography.__version__, ask)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _openssl(question: _Question) -> SecondOpinion:
    from OpenSSL import SSL, crypto

    def read(der: bytes, what: str) -> crypto.X509:
        try:
            return read_openssl_certificate(der, what=what)
        except Unreadable as error:
            raise _unread(error) from None

    def ask() -> None:
        store = crypto.X509Store()
        for der in question.anchors:
            store.add_cert(read(der, "an anchor"))
        store.set_time(question.at)
        # As Apple: any anchor ends a path, self-signed or not, and certificate policies are looked at.
        store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | crypto.X509StoreFlags.POLICY_CHECK)
        leaf, *others = (read(der, f"certificate {number}") for number, der in enumerate(question.chain))
        try:
            crypto.X509StoreContext(store, leaf, others).verify_certificate()
        except crypto.X509StoreContextError as error:
            _, depth, message = error.errors
            raise _Refused(f"{message}, at certificate {depth}") from None

    version = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).split()[1].decode("ascii")
    return _answered("OpenSSL", version, ask)


def _certvalidator(question: _Question) -> tuple[SecondOpinion, ...]:
    """The original where it imports; else word of why not, and its living fork."""
    opinions = []
    for who, ask in (("certvalidator", _ask_original), ("pyhanko-certvalidator", _ask_fork)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the original is of 2016, and its syntax shows it
                module: Any = import_module(who.replace("-", "_"))
        except ModuleNotFoundError:
            opinions.append(SecondOpinion(who, "", None, "it is not installed here", available=False))
            continue
        except Exception as error:  # oscrypto raises errors of its own: docs/why/certvalidator.md
            why = f"does not import ({type(error).__name__}: {error})"
            opinions.append(SecondOpinion(who, "", None, _clean(why), available=False))
            continue
        answer = partial(_ask_quietly, module, partial(ask, module, question))
        return (*opinions, _answered(who, module.__version__, answer))
    return tuple(opinions)


def _ask_quietly(module: Any, ask: Callable[[], None]) -> None:
    """Both raise whatever their ASN.1 library raises, besides two families of their own."""
    try:
        ask()
    except (module.errors.PathBuildingError, module.errors.ValidationError) as error:
        raise _Refused(str(error)) from None
    except _NotAnswered:
        raise
    except Exception as error:  # NotImplementedError, RecursionError, ValueError ...: no answer in any case
        raise _NotAnswered(f"gave up with {type(error).__name__}: {error}") from None


def _ask_original(module: Any, question: _Question) -> None:
    leaf, others, context = _in_asn1(module, question)
    validator = module.CertificateValidator(leaf, others, context)
    if question.server and question.host is not None:
        validator.validate_tls(question.host)
    else:
        validator.validate_usage(set(), {_USAGES[question.server]}, True)


def _ask_fork(module: Any, question: _Question) -> None:
    leaf, others, context = _in_asn1(module, question, time_tolerance=timedelta(0))
    validator = module.CertificateValidator(leaf, others, context)
    answer = validator.async_validate_usage(set(), {_USAGES[question.server]}, True)
    try:
        answer.send(None)  # nothing is fetched, so nothing is waited for, and no event loop is needed
    except StopIteration:
        return
    answer.close()
    raise _NotAnswered("waits for something")


_USAGES = {True: "server_auth", False: "client_auth"}


def _in_asn1(module: Any, question: _Question, **options: Any) -> tuple[Any, list[Any], Any]:
    """Leaf, other certificates and context as both take them."""
    if too_many_paths(question.chain, question.anchors):
        raise _NotAnswered("these certificates make too many paths, and it tries every one")
    _not_beyond(half_a_minute(question.chain, question.anchors))
    read = import_module("asn1crypto.x509").Certificate.load
    context = module.ValidationContext(
        trust_roots=[read(der) for der in question.anchors],
        moment=question.at,
        allow_fetching=False,
        **options,
    )
    return read(question.chain[0]), [read(der) for der in question.chain[1:]], context


def _unread(error: Unreadable) -> _Refused:
    """What a validator's parser refused, without saying twice that it did."""
    return _Refused(f"does not read {error.problem.replace(' that does not parse', '', 1)}")


def _not_beyond(reason: str) -> None:
    if reason:
        raise _NotAnswered(reason)
