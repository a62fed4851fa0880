"""The plugin among others: xdist, coverage, the HTTP servers, PyPI's `fixtures`; and what it costs when unused."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from tests import clock
from tests.shell import environment

pytestmark = pytest.mark.slow  # a run of pytest each, or five
HEAVY = (
    "cryptography",
    "OpenSSL",
    "pki.trust",
    "pki.issue",
    "pki.handshake",
    "pki_fixtures.rig",
    "pki_fixtures.scenarios",
)
INSTALLED = any(point.name == "pki_fixtures.plugin" for point in entry_points(group="pytest11"))
installed = pytest.mark.skipif(
    not INSTALLED, reason="a bare checkout has no entry point: pip install --editable ."
)


def test_the_peers_are_here() -> None:
    """What follows would show nothing without them."""
    assert all(
        map(version, ("pytest-httpserver", "pytest-localserver", "fixtures", "pytest-xdist", "pytest-cov"))
    )


@installed
def test_installed_it_is_there_without_a_word_and_imports_nothing_heavy(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(
        f"""
        import sys

        def test_unused(pytestconfig):
            assert pytestconfig.pluginmanager.has_plugin("pki_fixtures.plugin")
            assert "pki_fixtures.plugin" in sys.modules
            assert [name for name in {HEAVY!r} if name in sys.modules] == []
            ours = {{name for name in sys.modules if name.split(".")[0] in ("pki", "pki_cli", "pki_fixtures")}}
            assert ours == {{"pki_fixtures", "pki_fixtures.plugin"}}
        """
    )
    monkeypatch.delenv("PYTEST_ADDOPTS")
    ran = project.runpytest_subprocess("--strict-markers")
    ran.assert_outcomes(passed=1)


def test_unused_it_costs_less_than_ten_milliseconds() -> None:
    code = (
        "import pytest, _pytest.assertion.rewrite, sys, time; before = set(sys.modules); start = time.process_time();"
        "import pki_fixtures.plugin; print(time.process_time() - start);"
        "print(*sorted(set(sys.modules) - before))"
    )
    times = []
    for _ in range(5):
        ran = subprocess.run(
            [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
        )
        seconds, imported = ran.stdout.splitlines()
        times.append(float(seconds))
        assert imported == "pki_fixtures pki_fixtures.plugin"
    assert statistics.median(times) < 0.010


@installed
def test_it_can_be_left_out(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    project.makepyfile(
        """
        import sys

        def test_it():
            assert "pki_fixtures" not in sys.modules
        """
    )
    monkeypatch.delenv("PYTEST_ADDOPTS")
    ran = project.runpytest_subprocess("-p", "no:pki_fixtures.plugin")
    ran.assert_outcomes(passed=1)
    ran = project.runpytest_subprocess("-p", "no:pki_fixtures.plugin", "--tls-seed", "7")
    assert ran.ret is pytest.ExitCode.USAGE_ERROR


def test_named_twice_it_is_loaded_once(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(tls_server): pass")
    project.makeconftest('pytest_plugins = ["pki_fixtures.plugin"]')
    project.runpytest_subprocess("-p", "pki_fixtures.plugin").assert_outcomes(passed=1)


@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_import_modes(mode: str, project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(tls_server): assert tls_server.host == 'localhost'")
    project.runpytest_subprocess(f"--import-mode={mode}").assert_outcomes(passed=1)


# The two plugins below both call a fixture `httpserver`, so a run takes one of them.
def test_beside_pytest_httpserver(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def httpserver_ssl_context(tls_ca):
            return tls_ca.issue_server().server_context()

        def test_it(httpserver, tls_client):
            httpserver.expect_request("/hello").respond_with_data("from httpserver")
            url = httpserver.url_for("/hello")
            assert url.startswith("https://localhost:")
            assert tls_client.httpx_client().get(url).text == "from httpserver"
            assert tls_client.requests_session().get(url).text == "from httpserver"
        """
    )
    project.runpytest_subprocess("-p", "no:localserver", timeout=clock.PATIENCE).assert_outcomes(passed=1)


def test_beside_pytest_localserver(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from pytest_localserver.https import SecureContentServer

        def test_its_server_with_our_identity(tls_server, tls_client):
            server = SecureContentServer(key=str(tls_server.key_file), cert=str(tls_server.cert_file))
            server.start()
            try:
                server.serve_content("from localserver")
                assert tls_client.httpx_client().get(server.url).text == "from localserver"
            finally:
                server.stop()

        def test_its_own_fixture(httpserver, tls_client):
            httpserver.serve_content("in the clear")
            assert tls_client.httpx_client().get(httpserver.url).text == "in the clear"
        """
    )
    project.runpytest_subprocess("-p", "no:pytest_httpserver", timeout=clock.PATIENCE).assert_outcomes(
        passed=2
    )


def test_beside_the_library_called_fixtures(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import fixtures

        def test_both(tls_server, tmp_path):
            assert fixtures.__file__.endswith("site-packages/fixtures/__init__.py")
            with fixtures.TempDir() as folder, fixtures.EnvironmentVariable("SSL_CERT_FILE", str(tls_server.ca.cert_file)):
                assert folder.path
        """
    )
    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_no_fixture_has_a_name_that_another_plugin_uses(project: pytest.Pytester) -> None:
    ran = project.runpytest_inprocess("--fixtures", "-v")
    shown = re.findall(r"^(\w+)(?: \[.*\])? -- (\S+):\d+$", ran.stdout.str(), re.MULTILINE)
    ours = {name for name, home in shown if home.endswith("pki_fixtures/plugin/__init__.py")}
    assert len(ours) == 10
    assert all(name.startswith("tls_") for name in ours)
    assert len([name for name, _ in shown if name in ours]) == len(ours)


def test_coverage_of_the_user_s_code_is_whole(project: pytest.Pytester) -> None:
    project.makepyfile(
        code_under_test="""
        def answer():
            return 42
        """,
        test_it="""
        from code_under_test import answer

        def test_it(tls_server):
            assert answer() == 42
        """,
    )
    ran = project.runpytest_subprocess("--cov=code_under_test", "--cov-report=term")
    ran.assert_outcomes(passed=1)
    ran.stdout.fnmatch_lines(["code_under_test.py * 100%"])


SHARED = """
    import hashlib, os, pathlib, pytest

    @pytest.mark.parametrize("number", range(24))
    def test_each(number, tls_ca, tls_server, tls_client_identity):
        assert tls_server.cert_file.read_bytes() == tls_server.cert_pem
        by_hand = tls_ca.issue_server("by-hand.test").identity.certificate
        told = (
            os.environ.get("PYTEST_XDIST_WORKER", "main"),
            hashlib.sha256(tls_ca.cert_pem).hexdigest(),
            str(number),
            hashlib.sha256(tls_server.cert_pem + tls_client_identity.cert_pem).hexdigest(),
            f"{tls_server.identity.certificate.serial_number:x}",
            f"{by_hand.serial_number:x}",
        )
        pathlib.Path(TOLD, f"{told[0]}-{number}").write_text(" ".join(told))
"""


def told_by(project: pytest.Pytester, name: str, *options: str) -> list[list[str]]:
    """What the tests of SHARED tell: worker, CA, number, identities, serial, serial of what was issued by hand."""
    folder = project.path / name
    folder.mkdir()
    project.makepyfile(**{f"test_{name}": f"    TOLD = {str(folder)!r}\n{SHARED}"})
    ran = project.runpytest_subprocess(f"test_{name}.py", *options)
    ran.assert_outcomes(passed=24)
    return [path.read_text().split() for path in sorted(folder.iterdir())]


def test_four_workers_have_an_authority_each(project: pytest.Pytester) -> None:
    told = told_by(project, "alone", "-n", "4")
    workers = {row[0] for row in told}
    assert workers <= {"gw0", "gw1", "gw2", "gw3"}
    assert len(workers) > 1
    assert len({(row[0], row[1]) for row in told}) == len({row[1] for row in told}) == len(workers)
    assert len({serial for row in told for serial in row[4:]}) == 48


@pytest.mark.parametrize("how", ["an option", "the settings"])
def test_with_a_seed_four_workers_have_the_same_one(how: str, project: pytest.Pytester) -> None:
    options = ["-n", "4"]
    if how == "an option":
        options += ["--tls-seed", "7"]
    else:
        project.makeini("[pytest]\ntls_seed = 7\n")
    told = told_by(project, "seeded", *options)
    assert len({row[0] for row in told}) > 1
    assert len({row[1] for row in told}) == 1
    assert len({serial for row in told for serial in row[4:]}) == 48  # no issuer gives a serial twice


def test_a_seed_gives_a_test_the_same_identity_wherever_it_runs(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import os, pathlib
        def test_it(tls_server):
            pathlib.Path(f"key-{os.environ['RUN']}").write_bytes(tls_server.key_pem)
        """
    )
    for run, options in enumerate(
        [("--tls-seed", "7"), ("--tls-seed", "7", "-n", "1"), ("--tls-seed", "8"), ()]
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUN", str(run))
            project.runpytest_subprocess(*options).assert_outcomes(passed=1)
    first, again, other, random = ((project.path / f"key-{run}").read_bytes() for run in range(4))
    assert first == again
    assert len({first, other, random}) == 3


def test_artifacts_of_four_workers_do_not_meet(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from pki_fixtures import assert_untrusted

        @pytest.mark.parametrize("number", range(12))
        def test_each(number, tls_server):
            assert_untrusted(tls_server)
        """
    )
    ran = project.runpytest_subprocess("-n", "4", "--tls-artifacts", "out")
    ran.assert_outcomes(failed=12)
    folders = list((project.path / "out").iterdir())
    assert len(folders) == 12
    assert {len(list(folder.iterdir())) for folder in folders} == {6}
    assert ran.stdout.str().count("- tls artifacts -") == 12
