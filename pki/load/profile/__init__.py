"""Configuration profiles as others hand them over: read, and held against what Apple publishes about them."""

from pki.load.profile.checking import findings_about
from pki.load.profile.contents import findings_about_root
from pki.load.profile.findings import ProfileFinding
from pki.load.profile.reading import Payload, Profile, read_profile
from pki.load.profile.schema import profile_schema

__all__ = [
    "Payload",
    "Profile",
    "ProfileFinding",
    "findings_about",
    "findings_about_root",
    "profile_schema",
    "read_profile",
]
