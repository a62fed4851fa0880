from pki.audit.asking import ask_servers as ask_servers
from pki.audit.inputs import AuditInput as AuditInput
from pki.audit.offering import apple_offers as apple_offers
from pki.audit.pacing import Politeness as Politeness
from pki.audit.pacing import parse_rate as parse_rate
from pki.audit.sources.fingerprint import fingerprint as fingerprint
from pki.audit.sources.opening import open_sources as open_sources
