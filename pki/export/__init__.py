"""Handing over: identities and authorities as the bytes other systems import; the disk is the caller's."""
