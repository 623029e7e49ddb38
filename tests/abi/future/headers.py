"""The SDK's headers as a minor 1 may have them: everything that may grow has grown, and the core table has one more function,
which the wrapper has a function for."""

import re
import shutil


def replace(file, pattern, new):
    text = file.read_text(encoding="utf-8")
    changed, count = re.subn(pattern, new, text, flags=re.MULTILINE)
    if count == 0:
        raise ValueError(f"{file.name}: '{pattern}' is not in it any more: the later minor needs another place")
    file.write_text(changed, encoding="utf-8")


def grow(header):
    """A member at the end of each struct that begins with its size; in the core table it is a function."""
    text = header.read_text(encoding="utf-8")
    for name in re.findall(r"^typedef struct (\w+) \{[^\n]*\n  uint64_t size;\n", text, re.MULTILINE):
        member = "atl_status (*late)(int64_t* value)" if name == "atl_core" else "int64_t late"
        text = text.replace(f"\n}} {name};\n",
                            f"\n#if ATL_ABI_TARGET >= 1\n  {member}; /* since minor 1 */\n#endif\n}} {name};\n")
        text = re.sub(rf"^ATL_SIZE\({name}, (\d+)\);$",
                      lambda match: "#if ATL_ABI_TARGET >= 1\n"
                                    f"ATL_LAYOUT({name}, late, {match.group(1)});\n"
                                    f"ATL_SIZE({name}, {int(match.group(1)) + 8});\n"
                                    f"#else\n{match.group(0)}\n#endif",
                      text, flags=re.MULTILINE)
    header.write_text(text, encoding="utf-8")


WRAPPED = """// What the minor 1 brought.
inline int64_t late() {
  ATELIER_SINCE_MINOR(1);
  int64_t value = 0;
  detail::core->late(&value);
  return value;
}

// A line for the user"""


def make(include_folder, target):
    shutil.copytree(include_folder, target)
    contract = target / "atelier/abi"
    replace(contract / "base.h", r"^#define ATL_ABI_MINOR 0$", "#define ATL_ABI_MINOR 1")
    for header in contract.glob("*.h"):
        grow(header)
    replace(target / "atelier/core.hpp", r"not_yet\};$", "not_yet, not_yet};")
    replace(target / "atelier/core.hpp", r"^// A line for the user", WRAPPED)
