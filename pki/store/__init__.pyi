from pki.store.atomic import Taken as Taken
from pki.store.folder import AuthorityFolder as AuthorityFolder
from pki.store.keeping import Issued as Issued
from pki.store.ledger import Row as Row
