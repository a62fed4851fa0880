"""Wrong use of markers and options: one sentence, with the next step, and no traceback through our code."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("marker", "fixture", "says"),
    [
        pytest.param(
            'tls_identity("api.test", kye_type="p384")',
            "tls_server",
            "tls_identity: there is no argument kye_type=. Did you mean key_type=?",
            id="a misspelt argument",
        ),
        pytest.param(
            "tls_identity(bits=2048)",
            "tls_server",
            "tls_identity: there is no argument bits=. It takes names=, key_type=, days=, not_before=, not_after=.",
            id="an argument that is none",
        ),
        pytest.param(
            'tls_identity(key_type="rsa")',
            "tls_server",
            "tls_identity: 'rsa' is no type of key. There is p256, p384, p521, rsa2048, rsa3072, rsa4096, ed25519.",
            id="a kind of key",
        ),
        pytest.param(
            "tls_identity(443)",
            "tls_server",
            """tls_identity: 443 is no name. Write tls_identity("api.test", "192.0.2.1", days=30).""",
            id="a number for a name",
        ),
        pytest.param(
            "tls_identity(names=7)",
            "tls_server",
            """tls_identity: 7 is no name. Write tls_identity("api.test", "192.0.2.1", days=30).""",
            id="a number for names",
        ),
        pytest.param(
            'tls_identity("a b")',
            "tls_server",
            "tls_identity: 'a b' is not a name. Give a host name, *",
            id="a name with a space",
        ),
        pytest.param(
            'tls_identity("https://api.test:8443/")',
            "tls_server",
            "tls_identity: 'https://api.test:8443/' is a URL, and a name alone is due. Did you mean api.test? *",
            id="a URL",
        ),
        pytest.param(
            'tls_identity(days="30")',
            "tls_server",
            "tls_identity: days='30' is no number of days. Write days=30.",
            id="days as text",
        ),
        pytest.param(
            "tls_identity(not_before=2026)",
            "tls_server",
            "tls_identity: 2026 is no moment. Give an aware datetime, or text: *",
            id="a number for a time",
        ),
        pytest.param(
            'tls_identity(days=3, not_after="+4d")',
            "tls_server",
            "tls_identity: both a number of days and an end were given. Give one of them.",
            id="two ends",
        ),
        pytest.param(
            'tls_at("soon")',
            "tls_at",
            "tls_at: 'soon' is not a time. Write a date (2027-03-15), *",
            id="no time",
        ),
        pytest.param(
            "tls_at()",
            "tls_at",
            'tls_at: takes one time. Write tls_at("2027-01-01") or tls_at("+30d").',
            id="nothing",
        ),
        pytest.param(
            "tls_at(2027)",
            "tls_at",
            "tls_at: 2027 is no moment. Give an aware datetime, or text: *",
            id="a number",
        ),
        pytest.param(
            'tls_at("2060-01-01")',
            "tls_server",
            "tls_server: 2060-01-01 is not within the life of the session's authority, * Rig(at=...).",
            id="a time after the authority's",
        ),
        pytest.param(
            'tls_at("2060-01-01")',
            "tls_client_identity",
            "tls_client_identity: 2060-01-01 is not within the life of the session's authority, * Rig(at=...).",
            id="a client after the authority's time",
        ),
        pytest.param(
            "tls_at('2027-01-01')",
            "tls_scenario",
            "tls_scenario: this test does not say which scenario. Add @pytest.mark.tls_scenario(*",
            id="no scenario",
        ),
        pytest.param(
            'tls_scenario("good-ec", host="a b")',
            "tls_scenario",
            "tls_scenario: 'a b' is not a name. *",
            id="no host",
        ),
        pytest.param(
            'tls_scenario("good-ec", host=7)',
            "tls_scenario",
            """tls_scenario: host=7 is no host. Write host="localhost".""",
            id="a number for a host",
        ),
        pytest.param(
            'parametrize("tls_scenario", [[]], indirect=True)',
            "tls_scenario",
            "tls_scenario: [] is neither a scenario nor a tag. *",
            id="a parameter that is no text",
        ),
        pytest.param(
            'parametrize("tls_scenario", ["expird-leaf"], indirect=True)',
            "tls_scenario",
            "tls_scenario: 'expird-leaf' is neither a scenario nor a tag. Did you mean expired-leaf?",
            id="a misspelt parameter",
        ),
    ],
)
def test_a_test_whose_markers_are_wrong_says_so(
    marker: str, fixture: str, says: str, project: pytest.Pytester
) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.{marker}
        def test_it({fixture}):
            pass
        """
    )
    ran = project.runpytest_inprocess()
    ran.assert_outcomes(errors=1)
    header = next(number for number, line in enumerate(ran.outlines) if "ERROR at setup" in line)
    footer = next(number for number, line in enumerate(ran.outlines) if "short test summary" in line)
    (sentence,) = ran.outlines[header + 1 : footer]  # one line: the sentence alone
    pytest.LineMatcher([sentence]).fnmatch_lines([says])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            '"expird-leaf"',
            "tls_scenario: 'expird-leaf' is neither a scenario nor a tag. Did you mean expired-leaf?",
            id="a misspelt id",
        ),
        pytest.param(
            '"zzzzzzzz"',
            "tls_scenario: 'zzzzzzzz' is neither a scenario nor a tag. `trustrig scenarios list` has all of them.",
            id="nothing near",
        ),
        pytest.param(
            '["expired-leaf"]',
            "tls_scenario: *'expired-leaf'* is neither a scenario nor a tag. Did you mean expired-leaf?",
            id="a list",
        ),
        pytest.param(
            'tag="dats"',
            "tls_scenario: 'dats' is neither a scenario nor a tag. Did you mean dates, ats*",
            id="a tag",
        ),
        pytest.param(
            'tags="dates"', "tls_scenario: there is no argument tags=. Did you mean tag=?", id="an argument"
        ),
        pytest.param(
            "", 'tls_scenario: names no scenario. Write tls_scenario("expired-leaf"), or *', id="nothing"
        ),
    ],
)
def test_a_scenario_that_is_not_there_stops_the_collection(
    arguments: str, says: str, project: pytest.Pytester
) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.tls_scenario({arguments})
        def test_it(tls_scenario):
            pass
        """
    )
    ran = project.runpytest_inprocess()
    ran.assert_outcomes(errors=1)
    ran.stdout.fnmatch_lines(["*ERROR collecting*", says], consecutive=True)
    assert "markers.py" not in ran.stdout.str()


def test_a_marker_of_ours_that_is_misspelt_is_pytest_s_to_refuse(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.tls_identitty("api.test")
        def test_it(tls_server):
            pass
        """
    )
    ran = project.runpytest_inprocess()
    ran.stdout.fnmatch_lines(["*'tls_identitty' not found in `markers` configuration option*"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param(
            ("--tls-artifacts", "taken"),
            "ERROR: --tls-artifacts: */taken cannot be a folder: File exists; name another",
            id="a file in the way",
        ),
        pytest.param(
            ("--tls-artifacts-keys",),
            "ERROR: --tls-artifacts-keys says what to write, and --tls-artifacts DIR where: give both",
            id="keys and no folder",
        ),
    ],
)
def test_options_that_cannot_work_stop_the_run(
    options: tuple[str, ...], says: str, project: pytest.Pytester
) -> None:
    project.makepyfile("def test_it(): pass")
    (project.path / "taken").write_text("")
    ran = project.runpytest_inprocess(*options)
    assert ran.ret is pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([says])
    assert "Traceback" not in ran.stderr.str()


def test_markers_and_fixtures_explain_themselves(project: pytest.Pytester) -> None:
    ran = project.runpytest_inprocess("--markers")
    ran.stdout.fnmatch_lines(
        [f"@pytest.mark.{name}(*): *" for name in ("tls_identity", "tls_scenario", "tls_at")]
    )
    ran = project.runpytest_inprocess("--fixtures")
    shown = ran.outlines
    names = ("tls_ca", "tls_other_ca", "tls_at", "tls_server", "tls_client_identity", "tls_client")
    for name in (*names, "tls_https_server", "tls_scenario", "tls_scenarios"):
        at = next(number for number, line in enumerate(shown) if line.startswith((f"{name} ", f"{name}[")))
        assert shown[at + 1].strip().endswith((".", ":", '`issue_server("api.test")`.')), name
