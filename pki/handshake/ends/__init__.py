"""The two ends of a TLS connection: settings, OpenSSL contexts, memory BIOs, and what each end records."""
