from pki.issue.authority import Authority as Authority
from pki.issue.keys import KeyType as KeyType
from pki.issue.keys import new_key as new_key
