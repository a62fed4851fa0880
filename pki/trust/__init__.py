"""Judging: would an Apple client trust this chain for this host, and if not, which rule refuses it?

verdict = evaluate(chain, host="api.test", at=now, anchors=[Anchor.parse(root_der, "user")])
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"Question": "OverrideQuestion"})
