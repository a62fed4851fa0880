"""Whom an end accepts: a server's policies about client certificates, a client's judgement of a server."""
