from pki.manifest.apply import apply_manifest as apply_manifest
from pki.manifest.apply import plan_manifest as plan_manifest
from pki.manifest.errors import ManifestError as ManifestError
from pki.manifest.reading import read_manifest as read_manifest
from pki.manifest.schema import manifest_schema as manifest_schema
