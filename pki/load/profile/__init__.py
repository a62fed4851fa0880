"""Configuration profiles as others hand them over: read, and held against what Apple publishes about them."""

from pki.load.profile.contents import findings_about_root
from pki.load.profile.findings import ProfileFinding
from pki.load.profile.reading import ConfigurationProfile, Payload, read_profile
from pki.load.profile.schema import profile_schema
from pki.load.profile.validation import findings_about

__all__ = [
    "ConfigurationProfile",
    "Payload",
    "ProfileFinding",
    "findings_about",
    "findings_about_root",
    "profile_schema",
    "read_profile",
]
