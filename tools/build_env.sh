#!/bin/sh
# Builds .venv from the lock file that is the first argument, and nothing else.
# Needs Python >= 3.11 ($PYTHON, python3 by default); everything else comes from the lock.
set -eu
lock=$1
python=${PYTHON:-python3}
venv_python=.venv/bin/python

say() { printf 'hexkey: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
pip() { "$venv_python" -m pip --quiet --disable-pip-version-check "$@"; }

command -v "$python" >/dev/null 2>&1 ||
    fail "there is no $python. Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed, and $python is $("$python" -c 'import platform; print(platform.python_version())'). Name another: make PYTHON=python3.12"

# An environment that was moved, or whose Python is gone, is made again.
if ! "$venv_python" -c '' 2>/dev/null; then
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv ||
        fail "could not make .venv. On Debian and Ubuntu: apt install python3-venv"
fi

# uv is quick, and optional: where it cannot be had, or fails (it does not read pip's settings
# for mirrors and certificates), pip does the same from the same lock.
[ -x .venv/bin/uv ] || pip install --require-hashes -r requirements-uv.lock 2>/dev/null ||
    say "no uv for this machine; pip takes a little longer"
say "installing $lock"
if ! { [ -x .venv/bin/uv ] &&
    .venv/bin/uv pip install --quiet --python "$venv_python" --require-hashes -r "$lock"; }; then
    say "installing with pip"
    pip install --require-hashes -r "$lock"
fi

# The import name: some tools (zip, a checkout without links) lose it.
if [ ! -L hexkey ]; then
    [ ! -d hexkey ] || fail "hexkey is a folder and must be a link to src. Remove it."
    rm -f hexkey
    ln -s src hexkey
    say "put the link hexkey -> src back"
fi

say "installing hexkey itself, editable"
pip install --no-index --no-deps --no-build-isolation --editable .
say "ready: .venv/bin/hexkey"
