"""What a connection negotiated, as rules ask about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.model.suites import CipherSuite, SuiteGroup
    from pki.model.transport import Transport
    from pki.trust.path import Place


def transport_of(place: Place) -> Transport:
    """The connection. A rule whose scope lets it ask without one is wrong."""
    found = place.request.transport
    if found is None:
        raise AssertionError("a rule about connections was asked without one: its scope is wrong")
    return found


def suite_of(place: Place) -> CipherSuite | None:
    """Its cipher suite; None where none was agreed on."""
    from pki.model.suites import find_suite  # a file negotiates none

    return find_suite(transport_of(place).suite)


def below_floor(place: Place) -> bool:
    """Whether its version is below what ATS asks of this host."""
    floor = place.request.ats.minimum_tls
    return floor is not None and transport_of(place).version < floor


def outside(suite: CipherSuite | None, group: SuiteGroup | None) -> bool:
    """Whether SUITE is known and GROUP is known not to hold it."""
    return suite is not None and group is not None and suite.offered(group) is False


def offered_by_no_apple_client(place: Place) -> bool:
    """Whether its suite is known, and none that an Apple client offers without ATS."""
    from pki.model.suites import SuiteGroup

    return outside(suite_of(place), SuiteGroup.SAFARI)


def outside_fcp(place: Place) -> bool:
    """Whether its suite is known, and none that NIAP's functional package leaves."""
    from pki.model.suites import SuiteGroup

    return outside(suite_of(place), SuiteGroup.FCP)
