#include "runlog/meanings.hpp"

#include <fnmatch.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "base/text.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view special = "*?[";  // in a pattern

// Of a word that is most likely one: it is no id, and for messages.
bool is_path(const std::string& word) {
  return word.find('/') != std::string::npos || word.ends_with(".h5");
}

bool is_hdf5(const fs::path& file) {
  constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
  std::array<char, signature.size()> found{};
  std::ifstream(file, std::ios::binary).read(found.data(), found.size());
  return std::string_view(found.data(), found.size()) == signature;
}

// "vae" of "vae@all"; nothing of any other word.
std::optional<std::string> experiment_of_all(const std::string& word) {
  for (const std::string_view suffix : {"@all", "@*"}) {
    if (word.ends_with(suffix)) {
      return word.substr(0, word.size() - suffix.size());
    }
  }
  return std::nullopt;
}

void add_path(const fs::path& path, std::vector<Meaning>& found) {
  std::error_code ignored;
  const std::string plain = path.string();
  const std::string other = plain.find('/') == std::string::npos ? "./" + plain : plain;
  if (fs::is_regular_file(path, ignored) && (path.extension() == ".h5" || is_hdf5(path))) {
    found.push_back({Meaning::Kind::log, fmt::format("the file '{}'", plain), other, {Heading{path}}});
  } else if (fs::is_directory(path, ignored)) {
    if (std::vector<Heading> logs = logs_below(path); !logs.empty()) {
      found.push_back({Meaning::Kind::folder, fmt::format("the folder '{}'", plain), other, std::move(logs)});
    }
  }
}

void add_experiment(const std::string& name, Meaning::Kind kind, const Places& places, std::vector<Meaning>& found) {
  const fs::path folder = places.runs / name;
  std::error_code ignored;
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      !fs::is_directory(folder, ignored) ||
      std::ranges::any_of(found, [&](const Meaning& m) { return fs::equivalent(m.other_word, folder, ignored); })) {
    return;
  }
  if (std::vector<Heading> logs = logs_below(folder); !logs.empty()) {
    found.push_back({kind, fmt::format("the experiment '{}' in '{}'", name, places.runs.string()), folder.string(),
                     std::move(logs)});
  }
}

// As new ids are made: eight hexadecimal digits, of which four are enough.
bool looks_like_id(const std::string& word) {
  return word.size() >= 4 && word.size() <= 8 && word.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// A copy of a log is a log of the same run; both are listed.
void add_ids(const std::string& word, const Places& places, std::vector<Meaning>& found) {
  std::error_code ignored;
  if (!fs::is_directory(places.runs, ignored)) {
    return;
  }
  for (const Heading& log : logs_below(places.runs)) {
    const bool matches = log.run_id == word || (word.size() >= 4 && log.run_id.starts_with(word));
    if (log.problem.empty() && matches) {
      const std::string path = log.path.string();
      found.push_back({Meaning::Kind::log, fmt::format("the run {} ({})", log.run_id, path), path, {log}});
    }
  }
}

// What the program's own words and folders have in the place of `*` is no pattern.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += special.find(c) != std::string_view::npos || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return out;
}

std::vector<fs::path> matching_paths(const std::string& pattern, const Places& places) {
  const bool absolute = fs::path(pattern).is_absolute();
  const std::string all = (absolute ? "" : escaped((places.beside / "").string())) + pattern;
  glob_t matches{};
  std::vector<fs::path> paths;
  if (glob(all.c_str(), 0, nullptr, &matches) == 0) {
    paths.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  globfree(&matches);
  return paths;
}

std::vector<std::string> experiments_in(const fs::path& runs) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(runs, ignored)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

[[noreturn]] void throw_ambiguous(const std::string& word, const std::vector<Meaning>& found) {
  constexpr size_t most = 8;
  std::vector<std::string> texts;
  std::vector<std::string> others;
  for (size_t i = 0; i < std::min(most, found.size()); ++i) {
    texts.push_back(found[i].text);
    others.push_back("'" + found[i].other_word + "'");
  }
  throw Error(ErrorKind::file, "'{}': can mean {}{}; hint: write {}", word, one_of(texts),
              found.size() > most ? fmt::format(", and {} more", found.size() - most) : "", one_of(others));
}

std::vector<Meaning> meanings_of_pattern(const std::string& pattern, const Places& places) {
  const std::optional<std::string> of_all = experiment_of_all(pattern);
  std::vector<Meaning> found;
  if (!of_all) {
    for (const fs::path& path : matching_paths(pattern, places)) {
      add_path(path, found);
    }
  }
  const size_t paths = found.size();
  const std::string of_names = of_all.value_or(pattern);
  for (const std::string& name : experiments_in(places.runs)) {
    if (fnmatch(of_names.c_str(), name.c_str(), 0) == 0) {
      add_experiment(name, of_all ? Meaning::Kind::all_of_experiment : Meaning::Kind::experiment, places, found);
    }
  }
  if (found.empty()) {
    throw Error(ErrorKind::file, "'{}': matches no log, and no experiment in '{}'", pattern, places.runs.string());
  }
  if (paths > 0 && paths < found.size()) {
    Meaning& path = found.front();
    Meaning& name = found.back();
    path.other_word = "./" + pattern;
    name.other_word = (places.runs / pattern).string();
    throw_ambiguous(pattern, {path, name});
  }
  return found;
}

// With the nearest name of an experiment that has runs.
[[noreturn]] void throw_unknown(const std::string& word, const Places& places) {
  const fs::path path = places.beside / word;
  if (is_path(word)) {
    const bool folder = fs::is_directory(path);
    throw NoSuchRun(ErrorKind::file, "{}: {}", path.string(),
                    folder ? "has no logs, expected *.h5 files" : "no such file");
  }
  const std::string name = experiment_of_all(word).value_or(word);
  throw NoSuchRun(ErrorKind::file, "'{}': expected a log, a folder with logs, or in '{}' an experiment or a run's id{}",
                  word, places.runs.string(), did_you_mean(name, experiments_in(places.runs)));
}

}  // namespace

std::vector<Meaning> meanings_of(const std::string& word, const Places& places) {
  const fs::path path = places.beside / word;
  std::vector<Meaning> found;
  if (!word.empty()) {
    add_path(path, found);
  }
  const std::optional<std::string> of_all = experiment_of_all(word);
  add_experiment(of_all.value_or(word), of_all ? Meaning::Kind::all_of_experiment : Meaning::Kind::experiment, places,
                 found);
  if (!word.empty() && !is_path(word) && (found.empty() || looks_like_id(word))) {
    add_ids(word, places, found);
  }
  if (found.size() > 1) {
    throw_ambiguous(word, found);
  }
  if (found.empty() && word.find_first_of(special) != std::string::npos) {
    return meanings_of_pattern(word, places);
  }
  std::error_code ignored;
  if (found.empty() && !word.empty() && fs::exists(path, ignored) &&
      !fs::is_directory(path, ignored)) {  // a reader says what it is instead
    found.push_back({Meaning::Kind::log, fmt::format("the file '{}'", word), word, {Heading{path}}});
  }
  if (found.empty()) {
    throw_unknown(word, places);
  }
  return found;
}

}  // namespace atelier::runlog
