"""Fetch the Alertmanager and the Prometheus that the tests start: ``fetch_alertmanager.py build/alertmanager``.

What is installed already is used in its stead. Else the packages of Debian or Ubuntu are downloaded, and of them only
the programs and an Alertmanager's templates are unpacked; nothing is installed, so nobody needs to be root.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGES = {"prometheus-alertmanager": ("prometheus-alertmanager",), "prometheus": ("prometheus", "promtool")}
"""Package: its programs."""
SHARED = b"/usr/share/prometheus"
"""Where Debian's Alertmanager looks for its templates, which it does not start without."""
BESIDE = b"share".ljust(len(SHARED), b"/")
"""What it is made to look in, as long: ``share`` in the directory that it is started in."""
OTHER_NAMES = {"prometheus-alertmanager": "alertmanager"}
ADVICE = "install prometheus and alertmanager, from your system or https://prometheus.io/download"


def main(folder: Path) -> None:
    """Fill ``folder`` with ``bin`` and ``share`` of the programs that are not installed."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    missing = []
    for package, programs in PACKAGES.items():
        found = [shutil.which(each) or shutil.which(OTHER_NAMES.get(each, each)) for each in programs]
        if all(found):
            print(f"using {', '.join(map(str, found))}")
        else:
            missing.append(package)
    if not missing:
        return
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            sys.exit(f"there is no {tool} to fetch {' and '.join(missing)} with; {ADVICE}")
    with tempfile.TemporaryDirectory() as place:
        for package in missing:
            unpack(fetch(package, Path(place)), PACKAGES[package], folder)


def fetch(package: str, place: Path) -> Path:
    """Download a package; its lists are brought up to date first where it is not in them, if that is allowed."""
    download = ["apt-get", "download", package]
    done = subprocess.run(download, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        done = subprocess.run(download, cwd=place, capture_output=True, text=True, check=False)
    packed = sorted(place.glob(f"{package}_*.deb"))
    if done.returncode or not packed:
        sys.exit(f"{package} cannot be downloaded: {done.stderr.strip()[-500:]}; {ADVICE}")
    return packed[0]


def unpack(packed: Path, programs: tuple[str, ...], folder: Path) -> None:
    """Unpack a package beside it, and keep its programs and templates."""
    whole = packed.with_suffix("")
    subprocess.run(["dpkg-deb", "--extract", str(packed), str(whole)], check=True)
    for program in programs:
        kept = folder / "bin" / program
        kept.write_bytes((whole / "usr" / "bin" / program).read_bytes().replace(SHARED, BESIDE))
        kept.chmod(0o755)
    for template in whole.glob("usr/share/prometheus/alertmanager/*.tmpl"):
        (folder / "share" / "alertmanager").mkdir(parents=True, exist_ok=True)
        shutil.copy(template, folder / "share" / "alertmanager")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
