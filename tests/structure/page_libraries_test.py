"""The libraries that host/report/assets/vendor/dist has are what npm gives for the versions in package-lock.json: byte by byte.

Usage: page_libraries_test.py SOURCE_FOLDER
"""

import filecmp
import pathlib
import shutil
import subprocess
import sys
import tempfile


def main():
    vendor = pathlib.Path(sys.argv[1]) / "host" / "report" / "assets" / "vendor"
    if shutil.which("npm") is None:
        print("left out: needs npm")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as fetched:
        done = subprocess.run([vendor / "update", fetched], capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            print(f"left out: npm gives nothing: {done.stderr.strip()[:200]}")
            sys.exit(77)
        names = sorted(path.name for path in (vendor / "dist").iterdir())
        if names != sorted(path.name for path in pathlib.Path(fetched).iterdir()):
            sys.exit("other files than npm's; run host/report/assets/vendor/update")
        _, other, errors = filecmp.cmpfiles(vendor / "dist", fetched, names, shallow=False)
        if other or errors:
            sys.exit(f"not what npm gives: {', '.join(other + errors)}; run host/report/assets/vendor/update")
        print(f"{len(names)} files are npm's")


if __name__ == "__main__":
    main()
