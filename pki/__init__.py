"""trustrig's library: make test certificates, judge chains the way an Apple client would, and hand both over.

    from datetime import UTC, datetime
    from pki import Anchor, Authority, evaluate

    now = datetime.now(UTC)
    authority = Authority.create(name="Test CA", at=now)
    server = authority.issue_server("api.test", at=now)

Names are loaded on first use: `import pki` itself costs next to nothing.
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"OnTheList": "AllowList"})
