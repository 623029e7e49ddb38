// atelier new KIND NAME
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "catalog/description.hpp"
#include "catalog/names.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/shell_word.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using catalog::Kind;

constexpr std::array kinds{Kind::model, Kind::loss, Kind::optimizer, Kind::dataset, Kind::metric};

Kind kind_named(const std::string& word) {
  std::vector<std::string> names;
  for (const Kind kind : kinds) {
    if (name_of(kind) == word) {
      return kind;
    }
    names.push_back(name_of(kind));
  }
  throw Error(ErrorKind::usage, "atelier new: got '{}', expected {}{}", word, one_of(names), did_you_mean(word, names));
}

// Of ASCII.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_letter_or_digit(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

// The name is the component's, and also the folder's, its files', and that of a target of CMake, which keeps some for
// itself.
void check_name(const std::string& name) {
  const std::string problem = catalog::problem_of_name(name);
  if (!problem.empty()) {
    throw Error(ErrorKind::usage, "atelier new: {} {}", catalog::quoted(name), problem);
  }
  if (!is_letter(name.front()) ||
      !std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; })) {
    throw Error(ErrorKind::usage,
                "atelier new: '{}' makes no name of a class, expected a letter from a to z, then letters, digits, '_' "
                "and '-'",
                name);
  }
  for (const char* taken : {"all", "clean", "edit_cache", "help", "install", "list_install_components", "package",
                            "package_source", "preinstall", "rebuild_cache", "test"}) {
    if (name == taken) {
      throw Error(ErrorKind::usage, "atelier new: '{}' is a name that CMake keeps for itself; hint: 'my-{}'", name,
                  name);
    }
  }
}

// "my-vae" and "my_vae" are MyVae.
std::string class_of(const std::string& name) {
  std::string out;
  bool begins = true;
  for (const char c : name) {
    if (c == '-' || c == '_') {
      begins = true;
    } else {
      out += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      begins = false;
    }
  }
  return out;
}

bool has_word(const std::string& text, const std::string& word) {
  const auto joins = [&](size_t at) { return at < text.size() && (is_letter_or_digit(text[at]) || text[at] == '_'); };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if ((at == 0 || !joins(at - 1)) && !joins(at + word.size())) {
      return true;
    }
  }
  return false;
}

struct File {
  std::string name, text;
};

using Replacements =
    std::vector<std::pair<std::string, std::string>>;  // what stands in a text, and what is to stand there

std::string replaced(std::string_view text, const Replacements& words) {
  std::string out;
  while (!text.empty()) {
    const auto found = std::ranges::find_if(words, [&](const auto& word) { return text.starts_with(word.first); });
    out += found == words.end() ? std::string(text.substr(0, 1)) : found->second;
    text.remove_prefix(found == words.end() ? 1 : found->first.size());
  }
  return out;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    throw Error(ErrorKind::file, "{}: cannot be read: {}", path.string(), std::strerror(errno));
  }
  return text;
}

// What is common to all kinds, and what is of this one, as it stands in the folder of templates.
std::vector<File> read_templates(const fs::path& prefix, Kind kind) {
  std::vector<File> files;
  for (const std::string& part : {std::string("common"), name_of(kind)}) {
    const fs::path folder = prefix / "share/atelier/templates" / part;
    if (!fs::is_directory(folder)) {
      throw Error(ErrorKind::file,
                  "{}: there is no such folder, expected the templates there; hint: they are installed with the SDK "
                  "(cmake --install build --prefix {})",
                  folder.string(), prefix.string());
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      files.push_back({entry.path().filename().string(), read_file(entry.path())});
    }
  }
  std::ranges::sort(files, {}, &File::name);
  return files;
}

// The templates have words of their own in the places of what is filled in, with which they compile, too.
std::vector<File> filled_in(std::vector<File> files, Kind kind, const std::string& name, const fs::path& prefix) {
  constexpr const char* own_class = "MyPlugin";
  std::string of_class = class_of(name);
  const auto uses_it = [&](const File& file) {
    return file.name.ends_with(".cpp") && of_class != own_class && has_word(file.text, of_class);
  };
  if (std::ranges::any_of(files, uses_it)) {  // a name of the SDK's
    of_class += class_of(name_of(kind));
  }
  const Replacements words{{"my-plugin", name},
                           {own_class, of_class},
                           {"my-kind", name_of(kind)},
                           {"/my/prefix", shell_word(prefix.string())}};
  for (File& file : files) {
    file = {replaced(file.name, words), replaced(file.text, words)};
  }
  return files;
}

// Either all of the folder is there in the end, or nothing.
void write_folder(const fs::path& folder, const std::vector<File>& files) {
  std::error_code problem;
  if (folder.has_parent_path()) {
    fs::create_directories(folder.parent_path(), problem);
  }
  const bool made = !problem && fs::create_directory(folder, problem);
  if (problem || !made) {
    throw Error(ErrorKind::file, "{}: {}", folder.string(),
                fs::exists(fs::symlink_status(folder))
                    ? "exists already; hint: take another name, or another folder with --out"
                    : "cannot be made: " + problem.message());
  }
  try {
    for (const File& file : files) {
      write_file(folder / file.name, file.text);
    }
  } catch (...) {
    fs::remove_all(folder, problem);
    throw;
  }
}

// The first block of commands in the README.
std::string commands_of(const std::vector<File>& files) {
  const std::string begin = "```sh\n";
  const auto readme = std::ranges::find(files, "README.md", &File::name);
  const size_t first = readme->text.find(begin) + begin.size();
  return readme->text.substr(first, readme->text.find("```", first) - first);
}

int make_new(const Arguments& arguments) {
  const Kind kind = kind_named(arguments.words[0]);
  const std::string& name = arguments.words[1];
  check_name(name);
  const plugin::Registry registry = find_plugins(arguments);
  if (const plugin::Component* other = registry.find(kind, name)) {
    throw Error(ErrorKind::usage, "atelier new: there is already the {} '{}', in {}; hint: take another name",
                name_of(kind), name, other->description.plugin_path);
  }
  const fs::path prefix = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  const std::vector<File> files = filled_in(read_templates(prefix, kind), kind, name, prefix);
  const fs::path folder = fs::path(arguments.text("out", "")) / name;
  write_folder(folder, files);
  for (const File& file : files) {
    print(printable((folder / file.name).string()) + "\n");
  }
  print(fmt::format("\nto build, test and train it:\n\ncd {}\n{}", printable(shell_word(folder.string())),
                    commands_of(files)));
  return exit_done;
}

}  // namespace

Verb new_verb() {
  return {
      "new",
      "KIND NAME",
      "a folder for a plugin of your own",
      "KIND is model, loss, optimizer, dataset or metric. The folder NAME gets a source that works, a CMakeLists.txt, "
      "an experiment, a test, and a README.md with the commands to build, test and train it.",
      2,
      2,
      {{"out", "DIR", "the folder to make it in; the default is the current one"}},
      make_new};
}

}  // namespace atelier::cli
