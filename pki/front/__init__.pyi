from pki.front.behind import ServerBehind as ServerBehind
from pki.front.behind import Speaks as Speaks
from pki.front.control import ControlPort as ControlPort
from pki.front.control import NoSuchScenario as NoSuchScenario
from pki.front.relay import Relay as Relay
from pki.front.relayed import Relayed as Relayed
from pki.front.shown import Shown as Shown
