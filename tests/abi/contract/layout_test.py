"""The contract is what was recorded of it, for g++ and clang++, in C and in C++."""

import pathlib
import shutil
import sys
import unittest

import guard
import layout

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEADERS = ROOT / "sdk/include"


class ContractTest(unittest.TestCase):
    maxDiff = None

    def assert_right(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    @classmethod
    def setUpClass(cls):
        missing = [tool for tool in ("abidiff", "clang++") if shutil.which(tool) is None]
        if missing:
            print(f"skipped: {', '.join(missing)} not installed; hint: ./bootstrap test installs it")
            sys.exit(77)

    def newest(self):
        return guard.versions(ROOT)[-1][0]

    def test_each_version_has_its_line_its_layout_and_its_headers(self):
        self.assert_right(guard.history(ROOT))

    def test_the_headers_are_of_the_newest_version(self):
        lines = layout.read("gcc", HEADERS).lines
        self.assertEqual((int(lines["macro ATL_ABI_MAJOR"]), int(lines["macro ATL_ABI_MINOR"])), self.newest())

    def test_all_compilers_see_what_is_recorded(self):
        self.assert_right(guard.exact(ROOT, HEADERS, self.newest()))

    def test_the_headers_as_released_are_what_is_recorded_of_them(self):
        for version, _ in guard.versions(ROOT):
            self.assert_right(guard.exact(ROOT, guard.released_headers(ROOT, version), version))

    def test_a_later_minor_holds_all_of_the_earlier(self):
        self.assert_right(guard.extensions(ROOT))

    def test_every_member_is_asserted_and_nothing_is_padded(self):
        self.assert_right(guard.assertions(ROOT, layout.read("gcc", HEADERS)))
        self.assert_right(guard.compiles(HEADERS))

    def test_libabigail_finds_nothing_either(self):
        structs = layout.read("gcc", HEADERS).structs
        self.assert_right(guard.abidiff(guard.released_headers(ROOT, self.newest()), HEADERS, structs))


if __name__ == "__main__":
    unittest.main()
