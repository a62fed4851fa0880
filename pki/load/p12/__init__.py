"""PKCS #12 files (RFC 7292): read within bounds, what is inside, and who opens them."""
