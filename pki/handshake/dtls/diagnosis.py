"""Which layer of a DTLS connection fails: UDP, the answer, the version, the handshake, a certificate.

The order is the one Apple's engineers give in the forum: first see whether datagrams come back at all, then take DTLS
out of the picture with a UDP echo, then look at DTLS. No layer passes for want of evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.dtls.client import DEADLINE, DatagramConnection, connect, echoes
from pki.handshake.dtls.records import DEFAULT_MTU
from pki.handshake.dtls.stalled import stall_of
from pki.handshake.explaining.transcript import build_transcript
from pki.model.alerts import PROTOCOL_VERSION, tls_alert
from pki.model.datagrams import Arrived, DatagramDiagnosis, DatagramNote, Layer, LayerName, LayerState
from pki.model.hosts import in_url
from pki.model.transcript import Stage, StageName, StageState, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings

_THREAD = 'Apple Developer Forums, DTS: "DTLS Handshake Fails When App Is in Background"'
NOTES = (
    DatagramNote(
        "The only DTLS APIs on iOS are those of Network framework; DTLS over BSD sockets is the app's own "
        "library, and its failures are that library's or the socket's.",
        _THREAD,
    ),
    DatagramNote(
        "In the background networking works while the process runs. A socket may be defunct after a suspension: "
        "open a new one on the wake, and hold a beginBackgroundTask until the handshake is over.",
        f"{_THREAD}; TN2277",
    ),
    DatagramNote(
        "If this server passes here and the handshake fails in the app, take an RVI packet trace, then ping a UDP "
        "echo from the app with a blocking receive (`trustrig dtls serve --echo` is one, for the simulator): that "
        "tells the network from DTLS.",
        _THREAD,
    ),
)
DTLS13 = "not tried: this OpenSSL has none, so nothing is known about it"
_STAGES = {
    StageName.PARAMETERS: LayerName.HANDSHAKE,
    StageName.PATH: LayerName.SERVER_CERTIFICATE,
    StageName.NAME: LayerName.SERVER_CERTIFICATE,
    StageName.ATS: LayerName.SERVER_CERTIFICATE,
    StageName.CLIENT_CERTIFICATE: LayerName.CLIENT_CERTIFICATE,
}
_STATES = {
    StageState.PASSED: LayerState.PASSED,
    StageState.FAILED: LayerState.FAILED,
    StageState.NOT_ASKED: LayerState.NOT_ASKED,
    StageState.NOT_REACHED: LayerState.NOT_REACHED,
    StageState.NOT_KNOWN: LayerState.NOT_REACHED,
}


def diagnose_datagrams(
    settings: ClientSettings,
    host: str,
    port: int,
    *,
    at: datetime,
    mtu: int = DEFAULT_MTU,
    deadline: float = DEADLINE,
    echo_first: bool = False,
) -> DatagramDiagnosis:
    """Try the layers of the DTLS server at HOST and PORT in turn; `deadline` in seconds, for the handshake.

    The echo is asked where nothing came back, or with `echo_first` before anything else: a server that is not ours
    need not be bothered with what is no DTLS.

    Raises:
        InvalidRequest: AT has no time zone, MTU is none, or OpenSSL will not use the identity.
        Unreachable: HOST has no address.
    """
    target = in_url(host, port)
    echoed = echoes(host, port) if echo_first else False
    found = connect(settings, host, port, at=at, mtu=mtu, deadline=deadline)
    refused = found.refused_port or echoed is None
    came = found.arrivals
    if came.first is None and not refused and not echo_first:
        echoed = echoes(host, port)
        refused = echoed is None
    transcript = build_transcript(found.record, None, at=at, transport="datagrams") if came.first else None
    large = bool(echoes(host, port, size=mtu)) if echo_first and echoed and not came.complete else None
    stall = stall_of(found, large_echo=large)
    if stall is not None:
        layers, reason, next_step = [_udp(echoed=bool(echoed)), *stall.layers], stall.reason, stall.next_step
    else:
        layers, reason, next_step = _judge(
            found, transcript, echoed=bool(echoed), refused=refused, deadline=deadline
        )
    return DatagramDiagnosis(
        target=target,
        at=at,
        layers=_completed(layers),
        reason=reason,
        next_step=next_step,
        notes=NOTES,
        cookie_asked=found.cookie_asked,
        resent=found.resent,
        mtu=mtu,
        arrived=Arrived(came.count, came.largest, came.cookies, came.whole, came.missing),
        transcript=transcript,
    )


def _judge(
    found: DatagramConnection, transcript: Transcript | None, *, echoed: bool, refused: bool, deadline: float
) -> tuple[list[Layer], str, str]:
    """The layers as far as they were reached, why it stopped, and the next step."""
    passed, failed = LayerState.PASSED, LayerState.FAILED
    came = found.arrivals
    if came.first is None or transcript is None:
        return _without_answer(echoed=echoed, refused=refused, deadline=deadline)
    layers = [_udp(echoed=echoed)]
    if came.first == "no DTLS":
        layers.append(Layer(LayerName.ANSWER, failed, f"it began with {came.first_bytes.hex(' ')}"))
        return (
            layers,
            "what answers on this port does not speak DTLS",
            "Correct the port, or start the DTLS server.",
        )
    if came.first == "ClientHello":
        layers.append(Layer(LayerName.ANSWER, failed, "our own ClientHello came back"))
        return layers, "an echo answers on this port, and no DTLS server", "Start the DTLS server."
    layers.append(Layer(LayerName.ANSWER, passed, came.answer))
    alerts = [seen.kind.number for seen in transcript.alerts]
    if PROTOCOL_VERSION in alerts:
        who = transcript.refused_by
        layers.append(Layer(LayerName.VERSION, failed, f"{tls_alert(PROTOCOL_VERSION)}, by the {who}"))
        return (
            layers,
            f"no version in common: the client offers DTLS 1.2 alone (DTLS 1.3: {DTLS13})",
            "Let the server offer DTLS 1.2.",
        )
    if transcript.version is not None or came.version:
        chosen = (transcript.version or came.version).replace("v", " ")
        layers.append(Layer(LayerName.VERSION, passed, chosen))
    else:
        layers.append(Layer(LayerName.VERSION, LayerState.NOT_REACHED, "no version was agreed on"))
    layers += _from_stages(transcript.stages)
    if transcript.accepted:
        return layers, "", ""
    if all(layer.state is not failed for layer in layers):  # broken off after the last stage
        layers = [_failing(layer) for layer in layers]
    seen = f" (alert {transcript.alert.kind})" if transcript.alert is not None else ""
    return layers, f"{transcript.reason}{seen}", transcript.repair


def _without_answer(*, echoed: bool, refused: bool, deadline: float) -> tuple[list[Layer], str, str]:
    """The same where no datagram came but an echo's."""
    passed, failed = LayerState.PASSED, LayerState.FAILED
    if refused:
        return (
            [Layer(LayerName.UDP, failed, "ICMP port unreachable")],
            "the host answers that nothing listens on this UDP port",
            "Start the server, or correct the port; a TCP listener on the same number does not count.",
        )
    if not echoed:
        return (
            [Layer(LayerName.UDP, failed, f"no datagram came back in {deadline:g} s, and no echo")],
            "nothing came back: lost on the way, filtered, or a server that ignores this client, or is busy",
            "Put a UDP echo in the server's place (on this machine: `trustrig dtls serve --echo`) and try again: "
            "if it comes back, the network is good and the server is not; if not, look at firewalls and NAT with a "
            "packet trace.",
        )
    return (
        [
            Layer(LayerName.UDP, passed, "the echo came back"),
            Layer(LayerName.ANSWER, failed, f"no answer to our ClientHello in {deadline:g} s"),
        ],
        "UDP works, and nobody answers a ClientHello",
        "Start the DTLS server; the echo alone does not speak DTLS.",
    )


def _udp(*, echoed: bool) -> Layer:
    return Layer(LayerName.UDP, LayerState.PASSED, "the echo came back" if echoed else "datagrams come back")


def _from_stages(stages: Iterable[Stage]) -> Iterator[Layer]:
    """A layer of several stages is its first; one of them that failed fails it."""
    found: dict[LayerName, Layer] = {}
    for stage in stages:
        name = _STAGES.get(stage.name)
        if name is not None and (name not in found or stage.state is StageState.FAILED):
            found[name] = Layer(name, _STATES[stage.state], stage.text)
    yield from found.values()


def _failing(layer: Layer) -> Layer:
    return Layer(layer.name, LayerState.FAILED, layer.text) if layer.name is LayerName.HANDSHAKE else layer


def _completed(layers: list[Layer]) -> tuple[Layer, ...]:
    there = {layer.name for layer in layers}
    return (*layers, *(Layer(name, LayerState.NOT_REACHED) for name in LayerName if name not in there))
