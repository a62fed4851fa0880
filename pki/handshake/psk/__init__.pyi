from pki.handshake.psk.key import MAX_IDENTITY as MAX_IDENTITY
from pki.handshake.psk.key import MAX_KEY as MAX_KEY
from pki.handshake.psk.key import MIN_KEY as MIN_KEY
from pki.handshake.psk.key import PreSharedKey as PreSharedKey
from pki.handshake.psk.key import read_psk as read_psk
from pki.handshake.psk.run import PskServer as PskServer
from pki.handshake.psk.run import call_with_psk as call_with_psk
from pki.handshake.psk.run import shake_hands_with_psk as shake_hands_with_psk
