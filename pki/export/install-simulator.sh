#!/bin/sh
# Lets every booted simulator trust the root in certificates/root.pem, those of Xcode's previews too.
#
#   sh install-simulator.sh            do it
#   sh install-simulator.sh --dry-run  say what would be done
#
# It uses nothing but what Xcode brings, never asks for a password, and changes nothing on this Mac itself.
# Xcode 11.4 or later. To take it back, erase the simulator, or: xcrun simctl keychain UDID reset
#
# Exit code: 0 every booted simulator trusts the root; 1 one of them refused; 2 wrong usage;
# 3 nobody could be asked: no Xcode, no simulator booted, or the root is not beside this script.

say() { printf '%s\n' "$@"; }
complain() { printf '%s\n' "$@" >&2; }

dry_run=
case "$#:${1-}" in
0:) ;;
1:-n | 1:--dry-run) dry_run=yes ;;
1:-h | 1:--help)
    say 'usage: sh install-simulator.sh [--dry-run]'
    exit 0
    ;;
*)
    complain "It takes --dry-run or nothing, and was given: $*"
    exit 2
    ;;
esac

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 3
root=$here/certificates/root.pem
if [ ! -r "$root" ]; then
    complain "$root is missing." 'Keep this script in the folder it came in.'
    exit 3
fi
if ! command -v xcrun >/dev/null 2>&1; then
    complain 'There is no xcrun: this is not a Mac with Xcode.' 'Run the script where the simulators are.'
    exit 3
fi

# DEVELOPER_DIR chooses an Xcode for one call, where xcode-select would want an administrator's password; it takes
# the application as well as the folder inside (xcode-select(1)).
explain_xcode() {
    selected=${DEVELOPER_DIR:-$(xcode-select -p 2>/dev/null </dev/null)}
    complain '' 'The developer folder in use (xcode-select -p):' "  ${selected:-none}"
    case $selected in
    *CommandLineTools*) complain 'Those are the Command Line Tools, which have no simulators. Choose Xcode itself:' ;;
    *) complain 'With several Xcodes, choose the one whose Simulator runs:' ;;
    esac
    complain '  DEVELOPER_DIR=/Applications/Xcode.app sh install-simulator.sh'
    complain 'Open an Xcode that is new here once, so that it can finish installing itself.'
}

# Without any developer folder, xcrun itself would put up a dialog.
if [ -z "${DEVELOPER_DIR-}" ] && ! xcode-select -p >/dev/null 2>&1 </dev/null; then
    complain 'No Xcode is selected on this Mac.'
    explain_xcode
    exit 3
fi

# "UDID name" out of each line such as "    iPhone SE (3rd generation) (UDID) (Booted)".
hex='[0-9A-Fa-f]'
udid="$hex\\{8\\}-$hex\\{4\\}-$hex\\{4\\}-$hex\\{4\\}-$hex\\{12\\}"
booted() { printf '%s\n' "$1" | sed -n "s/^ *\\(.*\\) (\\($udid\\)) (Booted).*\$/\\2 \\1/p"; }

if ! listed=$(xcrun simctl list devices booted </dev/null 2>&1); then
    complain 'simctl could not list the simulators. It said:' "  $listed"
    explain_xcode
    exit 3
fi
devices=$(booted "$listed")
# Previews have a device set of their own. Where none ever ran there is no set, and that is no error.
previews=$(booted "$(xcrun simctl --set previews list devices booted </dev/null 2>/dev/null)")
if [ -z "$devices$previews" ]; then
    complain 'No simulator is booted. Start one (Xcode > Open Developer Tool > Simulator),' \
        'wait for its home screen, and run this again.'
    explain_xcode
    exit 3
fi

trusted=0
refused=0
add_root() { # UDID NAME [OPTION of simctl]...
    id=$1
    name=$2
    shift 2
    set -- xcrun simctl "$@" keychain "$id" add-root-cert "$root"
    if [ -n "$dry_run" ]; then
        say "would run for $name: $*"
    elif output=$("$@" </dev/null 2>&1); then
        trusted=$((trusted + 1))
        say "trusts the root now: $name ($id)"
    else
        refused=$((refused + 1))
        complain "refused: $name ($id). simctl said:" "  $output"
    fi
}
while read -r id name; do
    [ -z "$id" ] || add_root "$id" "$name"
done <<EOF
$devices
EOF
while read -r id name; do
    [ -z "$id" ] || add_root "$id" "$name (previews)" --set previews
done <<EOF
$previews
EOF

[ -z "$dry_run" ] || exit 0
if [ "$refused" -gt 0 ]; then
    complain "$trusted done, $refused refused. Wait for their home screens and run this again;" \
        'else quit Simulator, and start it from the Xcode in use.'
    explain_xcode
    exit 1
fi
say "$trusted done. An app that runs already may have to be started again."
