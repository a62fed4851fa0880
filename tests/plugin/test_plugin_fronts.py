"""tls_front: a server of the test's own behind good certificates and bad ones, and no test that tested nothing."""

from __future__ import annotations

import pytest

SERVER = """
import contextlib
import http.server
import threading

import pytest


class Api(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the API itself")

    def log_message(self, *args):
        pass


@pytest.fixture
def api():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
"""


def test_a_server_of_ones_own_behind_every_certificate(project: pytest.Pytester) -> None:
    project.makeconftest(SERVER)
    project.makepyfile(
        """
        import httpx
        import pytest

        def test_good(api, tls_front, tls_client):
            front = tls_front(api)
            assert tls_client.httpx_client().get(front.url).text == "the API itself"
            assert front.wait_for_connection()["relayed"]["answer"] == "HTTP/1.0 200 OK"

        @pytest.mark.parametrize("scenario", ["expired-leaf", "wrong-host", "untrusted-root"])
        def test_bad(scenario, api, tls_front, tls_client):
            front = tls_front(api, show=scenario)
            with pytest.raises(httpx.ConnectError):
                tls_client.httpx_client().get(front.url)
            assert front.wait_for_connection()["scenario"] == scenario

        def test_switched(api, tls_front, tls_client):
            front = tls_front(api)
            client = tls_client.httpx_client()
            assert client.get(front.url).status_code == 200
            front.switch("expired-leaf")
            with pytest.raises(httpx.ConnectError):
                client.get(front.url)
            front.switch("good-ec")
            assert [one["scenario"] for one in front.connections] == ["good-ec", "expired-leaf"]
        """
    )
    project.runpytest_subprocess().assert_outcomes(passed=5)


def test_with_a_seed(project: pytest.Pytester) -> None:
    """A root that anybody can have is good enough for a test that lives in memory."""
    project.makeconftest(SERVER)
    project.makepyfile(
        """
        def test_good(api, tls_front, tls_client):
            front = tls_front(api)
            assert tls_client.httpx_client().get(front.url).text == "the API itself"
        """
    )
    project.runpytest_subprocess("--tls-seed", "7").assert_outcomes(passed=1)


def test_what_nobody_came_to_tested_nothing(project: pytest.Pytester) -> None:
    project.makeconftest(SERVER)
    project.makepyfile(
        """
        import httpx
        import pytest

        def test_past_it(api, tls_front):
            tls_front(api, show="expired-leaf")
            assert httpx.get(api).status_code == 200  # by another way

        def test_past_the_bad_one(api, tls_front, tls_client):
            front = tls_front(api)
            tls_client.httpx_client().get(front.url)
            front.switch("expired-leaf")

        def test_its_own_failure_comes_first(api, tls_front):
            tls_front(api)
            assert not "the reason"
        """
    )
    ran = project.runpytest_subprocess("-rN")  # no summary, which says it again where CI is set
    ran.assert_outcomes(failed=3)
    ran.stdout.fnmatch_lines_random(
        [
            "the front saw no connection: this test tested nothing",
            "the front saw no connection since it shows expired-leaf: this test tested nothing of that",
            "*assert not 'the reason'*",
        ]
    )
    assert str(ran.stdout).count("tested nothing") == 2  # and none for the one that failed by itself


WRONG = {
    '"https://127.0.0.1:1"': "*tls_front: 'https://127.0.0.1:1' speaks TLS itself*",
    '"http://127.0.0.1:1", show="expird-leaf"': "*'expird-leaf' is no scenario. Did you mean expired-leaf*",
    '"http://127.0.0.1:1", show="ip-san"': "*ip-san cannot be shown for localhost: its client asks for an address*",
    '"http://127.0.0.1:1", "not a host"': "*tls_front: *not a host*",
}


def test_wrong_use_is_one_sentence(project: pytest.Pytester) -> None:
    tests = (f"def test_{i}(tls_front):\n    tls_front({wrong})\n" for i, wrong in enumerate(WRONG))
    project.makepyfile("\n".join(tests))
    ran = project.runpytest_subprocess("-rN")
    ran.assert_outcomes(failed=len(WRONG))
    ran.stdout.fnmatch_lines_random(list(WRONG.values()))
    assert "Traceback" not in str(ran.stdout)
