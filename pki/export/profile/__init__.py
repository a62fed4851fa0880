"""Configuration profiles (.mobileconfig): a test CA, identities and what uses them, in a single install.

So that installing again replaces, and two CAs never collide (`mdm/profiles/TopLevel.yaml` in Apple's
github.com/apple/device-management; the identifier of a profile decides what it replaces, identifier and UUID of a
payload whether it stays in place):

- The top-level PayloadIdentifier is `test.trustrig.<name>.<key>`: the slug of the first root's name and ten
  hex digits of the SHA-256 of its SubjectPublicKeyInfo. A renewed CA (new certificate, same name and key)
  keeps it and replaces the installed profile; another CA of the same name has another key and installs
  beside it. With and without identities it is the same profile: a device holds one per CA.
- Every PayloadUUID is a version 5 UUID over the profile's identifier, the payload's role and the SHA-256 of
  its certificate, never of the PKCS #12 file, whose salt changes; of a setting, over its keys. A new certificate
  means a new payload.

Certificates and settings alone give the same bytes every time; a profile with an identity differs in that salt only.
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"Scope": "PayloadScope"})
