"""The guards of the contract go red: each change of a copy of the headers is found by those that are there for it."""

import hashlib
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import guard
import layout
from layout import Layout, Member

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMPILERS = ("gcc", "clang++")  # one of each family, one of each language
VERSION = (1, 0)

ASSERTED = {"assertions", "layout", "abidiff"}  # seen by all three guards
LATENT = {"layout", "abidiff"}                  # nothing moves
UNTYPED = {"layout"}                            # not a part of any struct


def replace(old, new):
    def change(text):
        if old not in text:
            raise ValueError(f"'{old}' is not in the header any more: the mutation needs another place")
        return text.replace(old, new, 1)
    return change


def swap(first, second):
    """The next of the second's name behind the first's."""
    def change(text):
        changed, count = re.subn(f"{re.escape(first)}(.*?){re.escape(second)}", rf"{second}\1{first}", text, 1, re.DOTALL)
        if count == 0:
            raise ValueError(f"'{first}' and '{second}' are not in the header any more: the mutation needs other places")
        return changed
    return change


# The header, what is done to it, and the guards that must find it.
MUTATIONS = {
    "a member is inserted in the middle": (
        "core.h", replace("  uint32_t line;\n", "  uint32_t line;\n  uint64_t column;\n"), ASSERTED),
    "a function is inserted in the middle of the core table": (
        "core.h", replace("  void (*inform)(atl_string message);\n",
        "  void (*inform)(atl_string message);\n  void (*warn)(atl_string message);\n"), ASSERTED),
    "two members change places": (
        "data.h", swap("atl_kind kind;", "atl_dtype dtype;"), ASSERTED),
    "two functions of equal signature change places": (
        "operation.h", swap("(*forward)", "(*gradient)"), ASSERTED),
    "two numbers of equal type change places": (
        "core.h", replace("  double a, b; ", "  double b, a; "), ASSERTED),
    "a member gets another type of another size": (
        "core.h", replace("  int64_t step; ", "  int32_t step; "), ASSERTED),
    "a member gets another type of the same size": (
        "core.h", replace("  int64_t step; ", "  double step; "), LATENT),
    "a member loses its sign": (
        "metric.h", replace("  int64_t samples; ", "  uint64_t samples; "), LATENT),
    "a pointer's target becomes const": (
        "operation.h", replace("  int64_t* dims;\n", "  const int64_t* dims;\n"), LATENT),
    "a member is renamed": (
        "description.h", replace("  atl_string summary; ", "  atl_string abstract; "), ASSERTED),
    "a field is put into what is reserved": (
        "base.h", replace("  uint32_t reserved;          /* 0 */\n", "  uint32_t column;\n"), ASSERTED),
    "a field is put into half of what is reserved": (
        "description.h", replace("  int32_t reserved; /* 0 */\n", "  int16_t reserved;\n  int16_t late;\n"), LATENT),
    "a member at the end leaves padding behind it": (
        "model.h", replace("  int32_t animation; /* the elements of a strip follow each other in time */\n",
        "  int32_t animation;\n  uint8_t late;\n"), ASSERTED),
    "a member is taken away from the end": (
        "metric.h", replace("  const atl_collected* collected;\n  uint64_t collected_count;\n",
        "  const atl_collected* collected;\n"), ASSERTED),
    "an array becomes longer": (
        "base.h", replace("enum { ATL_MAX_RANK = 8 };", "enum { ATL_MAX_RANK = 9 };"), ASSERTED),
    "a constant changes its value": (
        "base.h", replace("  ATL_ERROR_DATA = 4, ", "  ATL_ERROR_DATA = 9, "), UNTYPED),
    "a constant is gone": ("metric.h", replace("  ATL_NO_DATA = 0,\n", ""), UNTYPED),
    "an interface's name changes": ("model.h", replace('"atelier.model/1"', '"atelier.model/2"'), UNTYPED),
    "a function gets another parameter": (
        "core.h", replace("  atl_status (*next_batch)(atl_context* context, atl_location location);",
        "  atl_status (*next_batch)(atl_context* context, int64_t count, atl_location location);"), LATENT),
    "a function gives another type": (
        "optimizer.h", replace("  void (*destroy)(void* self);", "  atl_status (*destroy)(void* self);"), LATENT),
    "a parameter gets another type": (
        "metric.h", replace("uint64_t pass, atl_tensor* outputs);", "uint32_t pass, atl_tensor* outputs);"), LATENT),
    "the entry point changes": (
        "plugin.h", replace("atelier_plugin(const atl_host* host, atl_plugin* plugin);",
        "atelier_plugin(const atl_host* host, atl_plugin* plugin, int32_t flags);"), UNTYPED),
    "a handle becomes larger": (
        "base.h", replace("typedef uint32_t atl_parameter;", "typedef uint64_t atl_parameter;"), LATENT),
    "the major changes": ("base.h", replace("#define ATL_ABI_MAJOR 1", "#define ATL_ABI_MAJOR 2"), UNTYPED),
}


class CopyTest(unittest.TestCase):
    """A copy of what the guards look at."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for part in ("sdk/include/atelier/abi", "tests/abi/1.0/include"):
            shutil.copytree(ROOT / part, self.root / part)
        for part in ("sdk/include/atelier/abi.h", "sdk/abi-1.0.layout", "sdk/ABI-HISTORY.md"):
            shutil.copy(ROOT / part, self.root / part)
        self.headers = self.root / "sdk/include"


class MutationsTest(CopyTest):
    def setUp(self):
        super().setUp()
        self.structs = layout.read("gcc", ROOT / "sdk/include").structs

    def red(self):
        """The guards that find something. Each but the first sees headers from which the assertions are gone."""
        out = {"assertions"} if guard.compiles(self.headers, COMPILERS) else set()
        bare = self.root / "bare"
        shutil.rmtree(bare, ignore_errors=True)
        guard.without_assertions(self.headers, bare)
        if guard.exact(self.root, bare, VERSION, COMPILERS):
            out.add("layout")
        if guard.abidiff(guard.released_headers(self.root, VERSION), bare, self.structs):
            out.add("abidiff")
        return out

    def test_nothing_is_red_where_nothing_changed(self):
        self.assertEqual(self.red(), set())
        self.assertEqual(guard.history(self.root), [])

    def test_each_mutation_is_found(self):
        for name, (header, change, expected) in MUTATIONS.items():
            with self.subTest(name):
                file = self.headers / "atelier/abi" / header
                text = file.read_text(encoding="utf-8")
                file.write_text(change(text), encoding="utf-8")
                found = self.red()
                file.write_text(text, encoding="utf-8")
                self.assertLessEqual(expected, found)

    def test_a_member_without_its_assertion_is_named(self):
        file = self.headers / "atelier/abi/loss.h"
        change = replace("ATL_LAYOUT(atl_loss_v1, call, 24);\n", "")
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
        self.assertEqual(guard.assertions(self.root, layout.read("gcc", self.headers)), ["atl_loss_v1: no ATL_LAYOUT of call"])


class HistoryTest(CopyTest):
    """A layout that is changed, or is not there."""

    def test_a_changed_layout_needs_another_line(self):
        file = self.root / "sdk/abi-1.0.layout"
        file.write_text(file.read_text(encoding="utf-8").replace("ATL_ERROR_DATA 4", "ATL_ERROR_DATA 9"), encoding="utf-8")
        self.assertIn("its line in sdk/ABI-HISTORY.md says", guard.history(self.root)[0])

    def test_a_layout_without_a_line(self):
        shutil.copy(self.root / "sdk/abi-1.0.layout", self.root / "sdk/abi-1.1.layout")
        self.assertEqual(guard.history(self.root), ["abi-1.1.layout: has no line in sdk/ABI-HISTORY.md"])

    def test_what_is_missing_is_named(self):
        for missing in ("sdk/abi-1.0.layout", "sdk/ABI-HISTORY.md", "tests/abi/1.0/include/atelier/abi.h"):
            with self.subTest(missing):
                file = self.root / missing
                text = file.read_text(encoding="utf-8")
                file.unlink()
                self.assertNotEqual(guard.history(self.root), [])
                file.write_text(text, encoding="utf-8")
        (self.root / "sdk/abi-1.0.layout").unlink()
        self.assertEqual(guard.exact(self.root, self.headers, VERSION), ["abi-1.0.layout: is missing"])


class LaterMinorTest(CopyTest):
    """A minor 1 beside the recorded 1.0: what it may do, and what it may not."""

    def problems(self, change):
        later = Layout.parse((self.root / "sdk/abi-1.0.layout").read_text(encoding="utf-8"))
        later.lines["macro ATL_ABI_MINOR"] = "1"
        change(later)
        file = self.root / "sdk/abi-1.1.layout"
        file.write_text(str(later), encoding="utf-8")
        with open(self.root / "sdk/ABI-HISTORY.md", "a", encoding="utf-8") as history:
            history.write(f"| 1.1 | 2027-01-01 | `{hashlib.sha256(file.read_bytes()).hexdigest()}` | later |\n")
        return guard.extensions(self.root)

    @staticmethod
    def grow(later, struct, offset, name="late"):
        later.structs[struct].members.append(Member(offset, 8, "uint64_t", name))
        later.structs[struct].size = offset + 8

    def test_a_member_at_the_end_and_what_is_new(self):
        def change(later):
            self.grow(later, "atl_core", later.structs["atl_core"].size)
            later.lines["constant ATL_LATE"] = "1"
            later.lines["macro ATL_MODEL_V2"] = '"atelier.model/2"'
        self.assertEqual(self.problems(change), [])

    def test_a_struct_of_fixed_size(self):
        self.assertIn("atl_value: has grown", self.problems(lambda later: self.grow(later, "atl_value", 56))[0])

    def test_a_member_in_the_middle(self):
        self.assertIn("atl_core: was ", self.problems(
            lambda later: later.structs["atl_core"].members.insert(3, Member(24, 8, "uint64_t", "late")))[0])

    def test_a_struct_that_is_gone(self):
        self.assertIn("atl_view: is gone", self.problems(lambda later: later.structs.pop("atl_view"))[0])

    def test_another_value(self):
        self.assertIn("constant ATL_OK: was 0, is 1", self.problems(
            lambda later: later.lines.update({"constant ATL_OK": "1"}))[0])


if __name__ == "__main__":
    unittest.main()
