from pki.trust.revocation.answer import Book as Book
from pki.trust.revocation.answer import RevocationAnswer as RevocationAnswer
from pki.trust.revocation.answer import RevocationStatus as RevocationStatus
from pki.trust.revocation.crl import Crl as Crl
from pki.trust.revocation.data import RevocationData as RevocationData
from pki.trust.revocation.ocsp import OcspAnswer as OcspAnswer
