"""TLS with a pre-shared key instead of certificates (RFC 4279, RFC 5489, RFC 8446 4.2.11): both ends, 1.2 and 1.3.

pyOpenSSL has no public name for it and declined one (pyca/pyopenssl#704); ends/binding.py has the private one, and
where that is gone every function here raises `NotOffered`. The key is in no message, record or repr.
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
