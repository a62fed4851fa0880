from pki.load.profile.contents import findings_about_root as findings_about_root
from pki.load.profile.findings import ProfileFinding as ProfileFinding
from pki.load.profile.reading import ConfigurationProfile as ConfigurationProfile
from pki.load.profile.reading import Payload as Payload
from pki.load.profile.reading import read_profile as read_profile
from pki.load.profile.schema import profile_schema as profile_schema
from pki.load.profile.validation import findings_about as findings_about
