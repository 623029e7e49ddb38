#include "runlog/find.hpp"

#include <algorithm>
#include <set>

#include "runlog/locks.hpp"
#include "runlog/meanings.hpp"
#include "runlog/path.hpp"

namespace atelier::runlog {

namespace {

namespace fs = std::filesystem;

void inform(const Places& places, const std::string& line) {
  if (places.inform) {
    places.inform(line);
  }
}

std::string state_of(const Heading& log) {
  return log.status == Status::running && !holder_of(log.path) ? "killed" : to_string(log.status);
}

bool is_wanted(const Heading& log, Wanted wanted) {
  switch (wanted) {
    case Wanted::any:
      return true;
    case Wanted::finished:
      return log.status == Status::finished;
    case Wanted::resumable:
      return log.status != Status::finished && state_of(log) != "running";
  }
  return false;
}

// Those that can be read, the oldest first; it is said which cannot.
std::vector<Heading> readable_of(const Meaning& meaning, const Places& places) {
  std::vector<Heading> logs;
  std::vector<std::string> problems;
  for (const Heading& log : meaning.logs) {
    if (log.problem.empty()) {
      logs.push_back(log);
    } else {
      problems.push_back(log.problem);
    }
  }
  if (logs.empty()) {
    throw Error(ErrorKind::file, "{}: none of its logs can be read; the first: {}", meaning.text, problems.front());
  }
  for (const std::string& problem : problems) {
    inform(places, "passed over: " + problem);
  }
  std::ranges::sort(logs, is_older);  // of whatever folder
  return logs;
}

[[noreturn]] void throw_none_wanted(const Meaning& meaning, const Heading& newest, Wanted wanted) {
  const std::string state = state_of(newest);
  const bool can_go_on = wanted == Wanted::finished && state != "running";
  throw Error(ErrorKind::file, "{}: has no run that {}; the newest, {}, is {}{}", meaning.text,
              wanted == Wanted::finished ? "is finished" : "could be resumed", newest.path.string(), state,
              can_go_on ? fmt::format("; hint: atelier resume {}", newest.path.string()) : "");
}

Heading newest_of(const Meaning& meaning, Wanted wanted, const Places& places) {
  const std::vector<Heading> all = readable_of(meaning, places);
  std::vector<Heading> wanted_ones;
  std::ranges::copy_if(all, std::back_inserter(wanted_ones),
                       [&](const Heading& log) { return is_wanted(log, wanted); });
  if (wanted_ones.empty()) {
    throw_none_wanted(meaning, all.back(), wanted);
  }
  const Heading& taken = wanted_ones.back();
  if (is_older(taken, all.back())) {
    inform(places, fmt::format("{}: taken, as the newest, {}, is {}", taken.path.string(), all.back().path.string(),
                               state_of(all.back())));
  }
  if (wanted_ones.size() > 1) {
    const Heading& other = wanted_ones[wanted_ones.size() - 2];
    if (began_together(taken, other)) {
      inform(places, fmt::format("{}: taken for its id or path; {} began in the same instant", taken.path.string(),
                                 other.path.string()));
    }
  }
  return taken;
}

std::string listed(const std::vector<std::string>& all) {
  constexpr size_t most = 8;
  std::string text;
  for (size_t i = 0; i < std::min(most, all.size()); ++i) {
    text += (i == 0 ? "" : ", ") + all[i];
  }
  return all.size() > most ? fmt::format("{} and {} more", text, all.size() - most) : text;
}

[[noreturn]] void throw_several(const std::string& word, const std::vector<Meaning>& meanings) {
  std::vector<std::string> texts;
  for (const Meaning& meaning : meanings) {
    if (meaning.kind == Meaning::Kind::all_of_experiment) {
      std::ranges::transform(meaning.logs, std::back_inserter(texts),
                             [](const Heading& log) { return log.path.string(); });
    } else {
      texts.push_back(meaning.text);
    }
  }
  throw Error(ErrorKind::file, "'{}': means {} where one run is expected: {}", word, texts.size(), listed(texts));
}

std::vector<Heading> logs_of(const std::string& word, OfName of_name, const Places& places) {
  std::vector<Heading> all;
  for (const Meaning& meaning : meanings_of(word, places)) {
    if (meaning.kind == Meaning::Kind::experiment && of_name == OfName::newest) {
      all.push_back(newest_of(meaning, Wanted::any, places));
    } else {
      std::ranges::copy(meaning.logs, std::back_inserter(all));
    }
  }
  return all;
}

// Of a path to a file, the path alone.
std::vector<Heading> all_logs_of(const std::vector<std::string>& words, OfName of_name, const Places& places,
                                 Once once) {
  std::vector<Heading> all;
  std::set<fs::path> seen;
  for (const std::string& word : words) {
    for (Heading& log : logs_of(word, of_name, places)) {
      std::error_code ignored;
      if (seen.insert(once == Once::files ? fs::weakly_canonical(log.path, ignored) : own_path(log.path)).second) {
        all.push_back(std::move(log));
      }
    }
  }
  return all;
}

}  // namespace

fs::path find_log(const std::string& word, Wanted wanted, const Places& places) {
  const std::vector<Meaning> meanings = meanings_of(word, places);
  const Meaning& meaning = meanings.front();
  const bool several = meaning.kind == Meaning::Kind::all_of_experiment && meaning.logs.size() > 1;
  if (meanings.size() > 1 || several) {
    throw_several(word, meanings);
  }
  const bool one = meaning.kind == Meaning::Kind::log || meaning.kind == Meaning::Kind::all_of_experiment;
  return one ? meaning.logs.front().path : newest_of(meaning, wanted, places).path;
}

std::vector<fs::path> find_logs(const std::vector<std::string>& words, OfName of_name, const Places& places) {
  std::vector<fs::path> paths;
  std::ranges::transform(all_logs_of(words, of_name, places, Once::files), std::back_inserter(paths), &Heading::path);
  return paths;
}

std::vector<Heading> find_headings(const std::vector<std::string>& words, OfName of_name, const Places& places,
                                   Once once) {
  std::vector<Heading> all = all_logs_of(words, of_name, places, once);
  std::vector<fs::path> unread;
  for (const Heading& log : all) {
    if (!log.was_read) {
      unread.push_back(log.path);
    }
  }
  std::vector<Heading> read = read_headings(unread);
  auto next = read.begin();
  for (Heading& log : all) {
    if (!log.was_read) {
      log = std::move(*next++);
    }
  }
  return all;
}

}  // namespace atelier::runlog
