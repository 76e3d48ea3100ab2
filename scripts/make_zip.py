"""Pack the package into a zip that ``spark-submit --py-files`` takes: ``make_zip.py build/sparkmon.zip``."""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(target: Path) -> None:
    """Write every file of the package but compiled ones, sorted, so that equal trees make equal lists."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [f for f in sorted(ROOT.glob("sparkmon/**/*")) if f.is_file() and f.suffix != ".pyc"]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(ROOT))
    print(f"{target}: {len(files)} files, {target.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
