"""Loading: bytes in, recognised by what they hold and not by what they are called."""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"Folder": "FoundCertificates", "Kind": "FileKind"})
