#include "cli/command_line.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "base/error.hpp"
#include "base/terminal_text.hpp"
#include "base/text.hpp"

namespace atelier::cli {
namespace {

namespace po = boost::program_options;

using Values = std::vector<std::string>;

constexpr const char* words_name = "words";  // no option of ours is called so

po::options_description described(const std::vector<Option>& options) {
  po::options_description all;
  for (const auto& option : options) {
    const std::string names = option.letter == 0 ? option.name : fmt::format("{},{}", option.name, option.letter);
    if (option.argument.empty()) {
      all.add_options()(names.c_str(), option.help.c_str());
    } else {
      all.add_options()(names.c_str(), po::value<Values>()->composing(), option.help.c_str());
    }
  }
  return all;
}

std::vector<std::string> names_of(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const auto& option : options) {
    names.push_back("--" + option.name);
  }
  return names;
}

std::vector<Option> options_of(const Verb& verb) {
  std::vector<Option> options = verb.options;
  options.insert(options.end(), global_options().begin(), global_options().end());
  return options;
}

po::variables_map parse_words(const Verb& verb, const std::vector<std::string>& words) {
  using namespace po::command_line_style;
  const std::vector<Option> options = options_of(verb);
  po::options_description all = described(options);
  all.add_options()(words_name, po::value<Values>());
  po::positional_options_description positional;
  positional.add(words_name, -1);
  po::variables_map found;
  try {
    po::store(po::command_line_parser(words)
                  .options(all)
                  .positional(positional)
                  .style(unix_style & ~allow_guessing & ~allow_sticky)
                  .run(),
              found);
  } catch (const po::unknown_option& error) {
    throw Error(ErrorKind::usage, "atelier {}: unknown option '{}'{}; see 'atelier help {}'", verb.name,
                error.get_option_name(), did_you_mean(error.get_option_name(), names_of(options)), verb.name);
  } catch (const po::error& error) {
    throw Error(ErrorKind::usage, "atelier {}: {}; see 'atelier help {}'", verb.name, error.what(), verb.name);
  }
  return found;
}

void check_word_count(const Verb& verb, const std::vector<std::string>& words) {
  if (words.size() < verb.least_words) {
    throw Error(ErrorKind::usage, "atelier {}: got {}, expected: atelier {} {}", verb.name,
                words.empty() ? "no argument" : "too few arguments", verb.name, verb.words);
  }
  if (words.size() > verb.most_words) {
    throw Error(ErrorKind::usage, "atelier {}: unexpected argument '{}', expected: atelier {} {}", verb.name,
                words[verb.most_words], verb.name, verb.words);
  }
}

}  // namespace

std::vector<std::string> Arguments::all(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>() : found->second;
}

std::string Arguments::text(const std::string& option, const std::string& otherwise) const {
  return has(option) ? options.at(option).front() : otherwise;
}

std::string Arguments::choice(const std::string& option, const std::vector<std::string>& choices) const {
  const std::string given = text(option, choices.front());
  if (std::ranges::find(choices, given) == choices.end()) {
    throw Error(ErrorKind::usage, "--{}: got '{}', expected {}{}", option, given, one_of(choices),
                did_you_mean(given, choices));
  }
  return given;
}

int64_t Arguments::integer(const std::string& option, int64_t otherwise, int64_t minimum, int64_t maximum) const {
  if (!has(option)) {
    return otherwise;
  }
  const std::string& given = options.at(option).front();
  int64_t value = 0;
  const auto [end, status] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (status != std::errc() || end != given.data() + given.size() || value < minimum || value > maximum) {
    const bool bounded = maximum < std::numeric_limits<int64_t>::max();
    throw Error(ErrorKind::usage, "--{}: got '{}', expected an integer of at least {}{}", option, given, minimum,
                bounded ? fmt::format(" and at most {}", maximum) : "");
  }
  return value;
}

std::vector<Option> with(std::vector<Option> options, const std::vector<Option>& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

const std::vector<Option>& global_options() {
  static const std::vector<Option> options{
      {"plugin-path", "PATH", "a plugin, or a folder of plugins, to load as well", 0, true},
      {"data", "PATH", "a folder where datasets look for their files first", 0, true},
      {"help", "", "what this verb does, and its options", 'h'},
  };
  return options;
}

Arguments parse(const Verb& verb, const std::vector<std::string>& words) {
  const po::variables_map found = parse_words(verb, words);
  Arguments arguments;
  for (const auto& option : options_of(verb)) {
    if (found.count(option.name) == 0) {
      continue;
    }
    Values& values = arguments.options[option.name];
    if (!option.argument.empty()) {
      values = found[option.name].as<Values>();
    }
    if (values.size() > 1 && !option.repeatable) {
      throw Error(ErrorKind::usage, "atelier {}: --{} is given {} times, expected once", verb.name, option.name,
                  values.size());
    }
  }
  if (found.count(words_name) != 0) {
    arguments.words = found[words_name].as<Values>();
  }
  if (!arguments.has("help")) {
    check_word_count(verb, arguments.words);
  }
  return arguments;
}

size_t count_leading_options(const std::vector<std::string>& words) {
  size_t at = 0;
  while (at < words.size()) {
    const auto is_word = [&](const Option& option) {
      return !option.argument.empty() && words[at] == "--" + option.name;
    };
    const auto is_assignment = [&](const Option& option) { return words[at].starts_with("--" + option.name + "="); };
    if (std::ranges::any_of(global_options(), is_word)) {
      at = std::min(at + 2, words.size());
    } else if (std::ranges::any_of(global_options(), is_assignment)) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

std::string entry(const std::string& left, const std::string& right, size_t column, size_t width) {
  constexpr size_t least = 30;  // of the right side
  constexpr size_t below = 6;   // where it begins on a line of its own
  const std::string begin = "  " + left;
  const bool beside = terminal::columns_of(begin) + 1 <= column && column + least <= width;
  return beside ? terminal::pad_right(begin, column) + terminal::wrapped(right, width, column) + "\n"
                : begin + "\n" + std::string(below, ' ') + terminal::wrapped(right, width, below) + "\n";
}

std::string options_text(const std::vector<Option>& options, size_t width) {
  std::string text;
  constexpr size_t column = 25;
  for (const auto& option : options) {
    const std::string letter = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
    const std::string argument = option.argument.empty() ? "" : " " + option.argument;
    const std::string names = fmt::format("{}--{}{}", letter, option.name, argument);
    text += entry(names, option.help + (option.repeatable ? " (repeatable)" : ""), column, width);
  }
  return text;
}

}  // namespace atelier::cli
