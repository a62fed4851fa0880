from pki.store.atomic import AlreadyExists as AlreadyExists
from pki.store.folder import AuthorityFolder as AuthorityFolder
from pki.store.issued import Issued as Issued
from pki.store.ledger import LedgerRow as LedgerRow
