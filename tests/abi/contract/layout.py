"""The contract as a compiler lays it out: offset, size and type of every member, signatures, enum constants, names of
interfaces. Read from the debugging information (DWARF) that it writes for the headers, and from its preprocessor.

Usage: layout.py [INCLUDE_FOLDER]    prints the layout, if all compilers agree on it
"""

import pathlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

from elftools.elf.elffile import ELFFile

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
# The whole contract, whatever a source in C asks for by default.
ALL_OF_IT = ["-DATL_ABI_TARGET=ATL_ABI_MINOR"]
COMPILERS = {
    "gcc": ["gcc", "-std=c11", "-x", "c"],
    "g++": ["g++", "-std=c++20", "-x", "c++"],
    "clang": ["clang", "-std=c11", "-x", "c"],
    "clang++": ["clang++", "-std=c++20", "-x", "c++"],
}
PROBE = """#include <atelier/abi.h>
__typeof__(&atelier_plugin) pointer_to_the_entry;
"""


class DoesNotCompile(Exception):
    pass


@dataclass
class Member:
    offset: int
    size: int
    type: str
    name: str

    def __str__(self):
        return f"{self.offset:5} {self.size:3} {self.type} {self.name}"


@dataclass
class Struct:
    size: int
    members: list[Member] = field(default_factory=list)


@dataclass
class Layout:
    structs: dict[str, Struct] = field(default_factory=dict)
    # What has one line: "type atl_tensor", "constant ATL_OK", "macro ATL_MODEL_V1", "function atelier_plugin".
    lines: dict[str, str] = field(default_factory=dict)

    def __str__(self):
        text = ""
        for name, struct in sorted(self.structs.items()):
            text += f"struct {name} {struct.size}\n" + "".join(f"{member}\n" for member in struct.members)
        return text + "".join(f"{name} {value}\n" for name, value in sorted(self.lines.items()))

    @staticmethod
    def parse(text):
        out = Layout()
        members = None
        for line in text.splitlines():
            words = line.split()
            if words[0] == "struct":
                members = out.structs.setdefault(words[1], Struct(int(words[2]))).members
            elif words[0].isdigit():
                members.append(Member(int(words[0]), int(words[1]), " ".join(words[2:-1]), words[-1]))
            else:
                out.lines[" ".join(words[:2])] = " ".join(words[2:])
        return out


class Types:
    """Names and sizes of the types of one compiled file, as C spells them."""

    @staticmethod
    def name_of(die):
        name = die.attributes.get("DW_AT_name")
        return name.value.decode() if name else ""

    @staticmethod
    def target(die):
        return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None

    def spell(self, die):
        if die is None:
            return "void"
        of = self.target(die)
        match die.tag:
            case "DW_TAG_pointer_type":
                if of is not None and of.tag == "DW_TAG_subroutine_type":
                    return self.signature(of, "(*)")
                return self.spell(of) + "*"
            case "DW_TAG_const_type":
                spelled = self.spell(of)
                return spelled + " const" if spelled.endswith(("*", ")")) else "const " + spelled
            case "DW_TAG_array_type":
                return self.spell(of) + "".join(f"[{length}]" for length in self.lengths(die))
            case "DW_TAG_subroutine_type":
                return self.signature(die, "")
            case _:
                return self.name_of(die)

    def signature(self, die, between):
        parameters = [self.spell(self.target(child)) for child in die.iter_children()
                      if child.tag == "DW_TAG_formal_parameter"]
        return f"{self.spell(self.target(die))} {between}({', '.join(parameters)})"

    @staticmethod
    def lengths(array):
        for child in array.iter_children():
            if "DW_AT_count" in child.attributes:
                yield child.attributes["DW_AT_count"].value
            elif "DW_AT_upper_bound" in child.attributes:
                yield child.attributes["DW_AT_upper_bound"].value + 1

    def size(self, die):
        if die.tag == "DW_TAG_array_type":
            size = self.size(self.target(die))
            for length in self.lengths(die):
                size *= length
            return size
        if die.tag == "DW_TAG_pointer_type":
            return die.cu["address_size"]
        if "DW_AT_byte_size" in die.attributes:
            return die.attributes["DW_AT_byte_size"].value
        return self.size(self.target(die))

    def members(self, struct, offset=0, prefix=""):
        for child in struct.iter_children():
            if child.tag != "DW_TAG_member":
                continue
            place = offset
            if "DW_AT_data_member_location" in child.attributes:  # not in unions
                place += child.attributes["DW_AT_data_member_location"].value
            if {"DW_AT_bit_size", "DW_AT_data_bit_offset"} & child.attributes.keys():
                raise ValueError(f"{self.name_of(struct)}.{self.name_of(child)} is a bit field")
            target = self.target(child)
            if target.tag in ("DW_TAG_union_type", "DW_TAG_structure_type") and not self.name_of(target):
                yield from self.members(target, place, prefix + self.name_of(child) + ".")
            else:
                yield Member(place, self.size(target), self.spell(target), prefix + self.name_of(child))


def read_debug_information(file, layout):
    types = Types()
    with open(file, "rb") as stream:
        for unit in ELFFile(stream).get_dwarf_info().iter_CUs():
            for die in unit.get_top_DIE().iter_children():
                name = types.name_of(die)
                if die.tag == "DW_TAG_structure_type" and name.startswith("atl_"):
                    if "DW_AT_byte_size" in die.attributes:
                        layout.structs[name] = Struct(types.size(die), list(types.members(die)))
                    else:
                        layout.lines["opaque " + name] = "struct"
                elif die.tag == "DW_TAG_typedef" and name.startswith("atl_"):
                    target = types.target(die)
                    if target.tag != "DW_TAG_structure_type":
                        layout.lines["type " + name] = types.spell(target)
                elif die.tag == "DW_TAG_enumeration_type":
                    for constant in die.iter_children():
                        if types.name_of(constant).startswith("ATL_"):
                            value = constant.attributes["DW_AT_const_value"].value
                            layout.lines["constant " + types.name_of(constant)] = str(value)
                elif die.tag == "DW_TAG_variable" and name == "pointer_to_the_entry":
                    layout.lines["function atelier_plugin"] = types.spell(types.target(die))


# These are the compiler's or the source's, not the contract's.
NOT_OF_THE_CONTRACT = ("ATL_ABI_TARGET",)


def read(compiler, include_folder):
    """What one of COMPILERS makes of the headers in a folder."""
    layout = Layout()
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, "probe.o")
        common = COMPILERS[compiler] + ["-", "-I", str(include_folder)] + ALL_OF_IT
        debug = ["-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-Wno-unused-command-line-argument"]
        done = subprocess.run(common + debug + ["-c", "-o", str(made)], input=PROBE, text=True, capture_output=True)
        if done.returncode != 0:
            raise DoesNotCompile(f"{compiler}: {done.stderr}")
        read_debug_information(made, layout)
    macros = subprocess.run(common + ["-E", "-dM"], input=PROBE, text=True, capture_output=True, check=True).stdout
    for name, value in re.findall(r"^#define (ATL_\w+) (.+)$", macros, re.MULTILINE):
        if name not in NOT_OF_THE_CONTRACT:
            layout.lines["macro " + name] = value
    return layout


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "sdk/include"
    layouts = {compiler: str(read(compiler, folder)) for compiler in COMPILERS}
    if len(set(layouts.values())) != 1:
        sys.exit(f"the compilers {', '.join(layouts)} do not agree")
    print(layouts["gcc"], end="")


if __name__ == "__main__":
    main()
