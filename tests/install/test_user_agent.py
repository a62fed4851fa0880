from __future__ import annotations

import pytest

from pki.install.portal.user_agent import user_agent_in

_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "words", "elsewhere"),
    [
        pytest.param(f"{_IOS} Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone", False, id="Safari"),
        pytest.param(f"{_IOS} CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone", True, id="Chrome"),
        pytest.param(f"{_IOS} FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone", True, id="Firefox"),
        pytest.param(f"{_IOS} FxiOS/9.0 Focus/9.0 Mobile/15E148", "Firefox Focus on iPhone", True, id="Focus"),
        pytest.param(f"{_IOS} Version/18.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15", "DuckDuckGo on iPhone", True, id="DuckDuckGo"),
        pytest.param(f"{_IOS} Version/18.5 Mobile/15E148 Safari/605.1.15 Ddg/18.5", "DuckDuckGo on iPhone", True, id="DuckDuckGo, newer"),
        pytest.param(f"{_IOS} EdgiOS/140.0 Version/18.0 Mobile/15E148 Safari/604.1", "Edge on iPhone", True, id="Edge"),
        pytest.param(f"{_IOS} GSA/300.0 Mobile/15E148 Safari/604.1", "the Google app on iPhone", True, id="the Google app"),
        pytest.param(f"{_IOS} Mobile/15E148", "an app's own browser on iPhone", True, id="a page inside an app"),
        pytest.param(f"{_IOS} Version/18.5 Safari/604.1".replace("iPhone;", "iPad;"), "Safari on iPad", False, id="an iPad that says so"),
        pytest.param(f"{_MAC} Version/18.5 Safari/605.1.15", "Safari on Mac", False, id="a Mac, or an iPad"),
        pytest.param(f"{_MAC} Chrome/140.0.0.0 Safari/537.36", "Chrome on Mac", False, id="Chrome on a Mac"),
        pytest.param(f"{_ANDROID} Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome", False, id="Android"),
        pytest.param("curl/8.9", "curl", False, id="curl"),
        pytest.param("", "a program", False, id="who does not say"),
        pytest.param("\x1b[2J<script>", "a program", False, id="who says too much"),
    ],
)  # fmt: skip
def test_who_says_what(agent: str, words: str, elsewhere: bool) -> None:
    visitor = user_agent_in(agent)
    assert str(visitor) == words
    assert visitor.should_use_safari is elsewhere
