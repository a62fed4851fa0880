"""App Transport Security as values: what an Info.plist asks of a connection to one host.

settings = read_info_plist(data, name="App/Info.plist")
policy = policy_for(parse_host("api.test"), settings)

What is wrong with a dictionary is in `pki.ats.lints`, the smallest change that lets a server through in
`pki.ats.advice`; a verdict needs neither, so they are imported on their own.
"""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
