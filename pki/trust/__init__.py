"""Judging: would an Apple client trust this chain for this host, and if not, which rule refuses it?

verdict = evaluate(chain, host="api.test", at=now, anchors=[Anchor.parse(root_der, "user")])
"""

from typing import TYPE_CHECKING

from pki.rooms import lazy_names
from pki.trust.ct_logs import LogList, read_log_list
from pki.trust.evaluation import Evaluator, evaluate
from pki.trust.evidence import Evidence
from pki.trust.overrides import Customised, OverrideQuestion, Overrides, evaluate_customised
from pki.trust.policies import POLICIES
from pki.trust.request import Anchor, PathInputs
from pki.trust.revocation import Book, RevocationData
from pki.trust.trust_settings import TrustResult, TrustSetting, TrustSettings

if TYPE_CHECKING:
    from pki.trust.revocation import Crl, OcspAnswer
    from pki.trust.rules import all_rules

__all__ = [
    "POLICIES",
    "Anchor",
    "Book",
    "Crl",
    "Customised",
    "Evaluator",
    "Evidence",
    "LogList",
    "OcspAnswer",
    "OverrideQuestion",
    "Overrides",
    "PathInputs",
    "RevocationData",
    "TrustResult",
    "TrustSetting",
    "TrustSettings",
    "all_rules",
    "evaluate",
    "evaluate_customised",
    "read_log_list",
]

# Most chains are judged without a list or an answer; the rules are imported when they are asked.
__getattr__ = lazy_names(
    __name__, {"Crl": "revocation.crl", "OcspAnswer": "revocation.ocsp", "all_rules": "rules"}
)
