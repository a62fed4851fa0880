"""Which system a profile is for: what it says, and what only one system has.

Source: `supportedOS` in every file of `mdm/profiles`, github.com/apple/device-management, release iOS 18.1 / macOS
15.1, commit b6202ca: these types are "n/a" everywhere but on macOS. `PayloadScope` is macOS's, too (`TopLevel.yaml`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pki.model.payloads import TargetDevice

_NAMES = """
    .GlobalPreferences com.apple.ADCertificate.managed com.apple.AIM.account com.apple.AssetCache.managed
    com.apple.Dictionary com.apple.DirectoryService.managed com.apple.DiscRecording com.apple.MCX
    com.apple.MCX.FileVault2 com.apple.MCX.TimeMachine com.apple.ManagedClient.preferences com.apple.NSExtension
    com.apple.ShareKitHelper com.apple.SoftwareUpdate com.apple.SystemConfiguration
    com.apple.TCC.configuration-profile-policy com.apple.applicationaccess.new com.apple.appstore com.apple.asam
    com.apple.associated-domains com.apple.configurationprofile.identification com.apple.dashboard
    com.apple.desktop com.apple.dock com.apple.ews.account com.apple.familycontrols.contentfilter
    com.apple.familycontrols.timelimits.v2 com.apple.fileproviderd com.apple.finder
    com.apple.firstactiveethernet.managed com.apple.firstethernet.managed com.apple.gamed
    com.apple.ironwood.support com.apple.jabber.account com.apple.loginitems.managed com.apple.loginwindow
    com.apple.lom com.apple.mcxMenuExtras com.apple.mcxloginscripts com.apple.mcxprinting
    com.apple.preference.security com.apple.preference.users com.apple.screensaver com.apple.screensaver.user
    com.apple.secondactiveethernet.managed com.apple.secondethernet.managed
    com.apple.security.FDERecoveryKeyEscrow com.apple.security.FDERecoveryRedirect
    com.apple.security.certificatepreference com.apple.security.firewall com.apple.security.identitypreference
    com.apple.security.smartcard com.apple.servicemanagement com.apple.syspolicy.kernel-extension-policy
    com.apple.system-extension-policy com.apple.system.logging com.apple.systemmigration
    com.apple.systempolicy.control com.apple.systempolicy.managed com.apple.systempolicy.rule
    com.apple.systempreferences com.apple.systemuiserver com.apple.thirdactiveethernet.managed
    com.apple.thirdethernet.managed com.apple.universalaccess com.apple.vpn.managed.appmapping com.apple.xsan
    com.apple.xsan.preferences loginwindow
"""
_MAC_ONLY = frozenset(_NAMES.split())


def target_of(top: Mapping[str, Any]) -> str | None:
    """The system that the profile names by TargetDeviceType; None: it names none."""
    target = top.get("TargetDeviceType")
    return TargetDevice(target).system if type(target) is int and target in list(TargetDevice) else None


def is_for_macs(top: Mapping[str, Any], payloads: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the profile is meant for Macs: it says so, or has what no other system has. The latter is a hint."""
    target = target_of(top)
    if target is not None:
        return target == "macOS"
    return "PayloadScope" in top or any(
        isinstance(kind := payload.get("PayloadType"), str) and kind in _MAC_ONLY for payload in payloads
    )
