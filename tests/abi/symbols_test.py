"""Each plugin exports its entry and nothing else, and imports nothing but what the libraries have that it names.

Usage: symbols_test.py HAND_MADE_FOLDER PLUGIN_FOLDER...
"""

import pathlib
import subprocess
import sys
import unittest

HAND_MADE, *FOLDERS = map(pathlib.Path, sys.argv[1:])


def exported(library):
    """(type, name) as nm has them; "u" is a symbol of which the loader makes one for all libraries."""
    done = subprocess.run(["nm", "-D", "--defined-only", str(library)], text=True, capture_output=True, check=True)
    return [tuple(line.split()[-2:]) for line in done.stdout.splitlines()]


def unresolved(library):
    """What none of its libraries has, and so the program would have to."""
    done = subprocess.run(["ldd", "-r", str(library)], text=True, capture_output=True, check=False)
    return [line.split()[2] for line in (done.stdout + done.stderr).splitlines() if line.startswith("undefined symbol:")]


class SymbolsTest(unittest.TestCase):
    def test_plugins_export_their_entry_alone(self):
        for folder in FOLDERS:
            plugins = sorted(folder.glob("*.so"))
            self.assertNotEqual(plugins, [], folder)
            for plugin in plugins:
                with self.subTest(plugin.name):
                    self.assertEqual([name for _, name in exported(plugin)], ["atelier_plugin"])
                    self.assertNotIn("u", [kind for kind, _ in exported(plugin)])
                    self.assertEqual(unresolved(plugin), [])

    def test_it_would_be_noticed(self):
        symbols = exported(HAND_MADE / "bare_two.so")
        self.assertGreater(len(symbols), 1)
        self.assertIn("u", [kind for kind, _ in symbols])
        self.assertEqual(unresolved(HAND_MADE / "host_symbol.so"), ["atelier_of_the_host"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
