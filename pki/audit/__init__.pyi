from pki.audit.inputs import AuditInput as AuditInput
from pki.audit.sources.fingerprint import fingerprint as fingerprint
from pki.audit.sources.opening import open_sources as open_sources
