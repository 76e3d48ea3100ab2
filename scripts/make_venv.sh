#!/bin/sh
# make_venv.sh FOLDER: makes a virtual environment there with a Python 3.10 or newer, unless it stands already.
set -eu
folder=$1
fits='import sys; sys.exit(sys.version_info < (3, 10))'

if "$folder/bin/python" -c "$fits" 2>/dev/null && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
    exit 0
fi

without_venv=
for name in python3 python3.13 python3.12 python3.11 python3.10; do
    "$name" -c "$fits" 2>/dev/null || continue
    if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "making $folder with $("$name" --version)"
        rm -rf "$folder"
        exec "$name" -m venv "$folder"
    fi
    without_venv=${without_venv:-$name}
done

if [ -n "$without_venv" ]; then
    version=$("$without_venv" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    cat >&2 <<END
$without_venv has no venv module (Debian and Ubuntu pack it apart). Install it and run the command again:
  sudo apt-get install python$version-venv
END
else
    cat >&2 <<END
sparkmon needs Python 3.10 or newer; PATH has $(python3 --version 2>/dev/null || echo none). Install one:
  Debian, Ubuntu   sudo apt-get install python3 python3-venv
  Fedora, RHEL     sudo dnf install python3.12
  macOS            brew install python@3.12
  conda            conda create -n sparkmon python=3.12 && conda activate sparkmon
and run the command again.
END
fi
exit 1
