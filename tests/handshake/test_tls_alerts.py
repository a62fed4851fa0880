"""The alert table, against the standard library's."""

from __future__ import annotations

import ssl

import pytest

from pki.model.alerts import ALERTS, tls_alert

# Python spells two of IANA's names its own way.
_SPELT = {"user_cancelled": "user_canceled", "unknown_psk_identity": "unknown_psk_identity"}


@pytest.mark.parametrize("known", ssl.AlertDescription, ids=lambda known: known.name.lower())
def test_names_and_numbers_agree_with_the_standard_library(known: ssl.AlertDescription) -> None:
    name = known.name.removeprefix("ALERT_DESCRIPTION_").lower()
    assert tls_alert(known.value).name == _SPELT.get(name, name)


def test_every_alert_says_what_it_means_and_where_that_is_written() -> None:
    for number, alert in ALERTS.items():
        assert alert.number == number
        assert alert.meaning
        assert alert.source.startswith("RFC ")


def test_an_unregistered_number_says_so() -> None:
    assert str(tls_alert(250)) == "unregistered (250)"
