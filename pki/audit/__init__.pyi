from pki.audit.inputs import AuditInput as AuditInput
