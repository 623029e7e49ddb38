#include "compare/filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"

namespace atelier::compare {
namespace {

constexpr std::array<std::pair<std::string_view, Relation>, 10> relations{{{"=", Relation::equal},
                                                                           {"==", Relation::equal},
                                                                           {"!=", Relation::unequal},
                                                                           {"<", Relation::less},
                                                                           {"<=", Relation::at_most},
                                                                           {">", Relation::greater},
                                                                           {">=", Relation::at_least},
                                                                           {"contains", Relation::contains},
                                                                           {"matches", Relation::matches},
                                                                           {"in", Relation::in}}};

struct Token {
  enum class Kind { word, quoted, key, sign, end };
  Kind kind = Kind::end;
  std::string text{};
  size_t at = 0;
};

bool is_of_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_.-+/@:*?%#").find(c) != std::string_view::npos;
}

std::vector<Token> tokens_of(const std::string& text) {
  std::vector<Token> tokens;
  size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
      continue;
    }
    size_t end = at + 1;
    if (c == '"' || c == '\'' || c == '`') {
      end = text.find(c, at + 1);
      if (end == std::string::npos) {
        throw_at(text, at, fmt::format("this {} is never closed", c));
      }
      tokens.push_back({c == '`' ? Token::Kind::key : Token::Kind::quoted, text.substr(at + 1, end - at - 1), at});
      ++end;
    } else if (is_of_word(c)) {
      while (end < text.size() && is_of_word(text[end])) {
        ++end;
      }
      tokens.push_back({Token::Kind::word, text.substr(at, end - at), at});
    } else {
      if (std::string_view("=!<>").find(c) != std::string_view::npos && end < text.size() && text[end] == '=') {
        ++end;
      }
      tokens.push_back({Token::Kind::sign, text.substr(at, end - at), at});
    }
    at = end;
  }
  tokens.push_back({Token::Kind::end, "", text.size()});
  return tokens;
}

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text), tokens_(tokens_of(text)) {}

  Condition whole() {
    Condition condition = any();
    if (peek().kind != Token::Kind::end) {
      fail("'and', 'or' or the end");
    }
    return condition;
  }

 private:
  [[nodiscard]] const Token& peek() const { return tokens_[next_]; }
  const Token& take() { return tokens_[peek().kind == Token::Kind::end ? next_ : next_++]; }

  [[nodiscard]] bool is(std::string_view text) const {
    return (peek().kind == Token::Kind::word || peek().kind == Token::Kind::sign) && peek().text == text;
  }
  bool take_if(std::string_view text) {
    const bool found = is(text);
    next_ += found ? 1 : 0;
    return found;
  }
  [[noreturn]] void fail(const std::string& expected) const {
    const bool end = peek().kind == Token::Kind::end;
    throw_at(text_, peek().at,
             fmt::format("got {}, expected {}", end ? "the end" : "'" + printable(peek().text) + "'", expected));
  }

  template <typename Part>
  Condition joined(Condition::Kind kind, std::string_view word, Part&& part) {
    Condition first = part();
    if (!is(word)) {
      return first;
    }
    Condition all{kind, {}};
    all.parts.push_back(std::move(first));
    while (take_if(word)) {
      all.parts.push_back(part());
    }
    return all;
  }
  Condition any() {
    return joined(Condition::Kind::any, "or", [this] { return all(); });
  }
  Condition all() {
    return joined(Condition::Kind::all, "and", [this] { return factor(); });
  }
  Condition factor() {
    constexpr int most = 100;  // parentheses in parentheses
    if (++depth_ > most) {
      fail("less that is nested");
    }
    Condition condition;
    if (take_if("not")) {
      condition = {Condition::Kind::negation, {factor()}};
    } else if (take_if("(")) {
      condition = any();
      if (!take_if(")")) {
        fail("'and', 'or' or ')'");
      }
    } else {
      condition = comparison();
    }
    --depth_;
    return condition;
  }

  Condition comparison() {
    if (peek().kind != Token::Kind::key && (peek().kind != Token::Kind::word || is("and") || is("or"))) {
      fail("a setting, a metric or a fact of runs");
    }
    Condition condition;
    condition.key_at = peek().at;
    condition.key = take().text;
    const bool negated = take_if("not");
    condition.relation = relation(negated);
    condition.value_at = peek().at;
    condition.value = value();
    if (condition.relation == Relation::in && condition.value.kind != Value::Kind::list) {
      throw_at(text_, condition.value_at,
               fmt::format("got {}, expected a list: in [VALUE, ...]", described(condition.value)));
    }
    return negated ? Condition{Condition::Kind::negation, {condition}} : condition;
  }

  Relation relation(bool negated) {
    if (peek().kind == Token::Kind::word || peek().kind == Token::Kind::sign) {
      for (const auto& [name, relation] : relations) {
        if (is(name) && (!negated || relation >= Relation::contains)) {
          take();
          return relation;
        }
      }
    }
    fail(negated ? "'contains', 'matches' or 'in'" : "=, !=, <, <=, >, >=, 'contains', 'matches' or 'in'");
  }

  Value value() {
    if (peek().kind == Token::Kind::quoted) {
      return {Value::Kind::text, false, 0, take().text};
    }
    if (take_if("[")) {
      Value list{Value::Kind::list};
      while (!take_if("]")) {
        if (!list.items.empty() && !take_if(",")) {
          fail("',' or ']'");
        }
        if (peek().kind == Token::Kind::sign) {
          fail("a number or a text");
        }
        list.items.push_back(value());
      }
      return list;
    }
    if (peek().kind != Token::Kind::word || is("and") || is("or") || is("not")) {
      fail("a value");
    }
    return value_of_word(take().text);
  }

  const std::string& text_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  int depth_ = 0;
};

template <typename T>
std::optional<long double> number_of(const std::string& word) {
  const char* const begin = word.data() + (word.starts_with('+') ? 1 : 0);
  T number{};
  const auto [end, status] = std::from_chars(begin, word.data() + word.size(), number);
  return status == std::errc() && end == word.data() + word.size() && end != begin
             ? std::optional(static_cast<long double>(number))
             : std::nullopt;
}

}  // namespace

bool Value::operator==(const Value& other) const {
  if (kind != other.kind) {
    return false;
  }
  switch (kind) {
    case Kind::truth:
      return truth == other.truth;
    case Kind::number:
      return number == other.number;
    case Kind::text:
      return text == other.text;
    case Kind::list:
      break;
  }
  return items == other.items;
}

std::string to_string(const Value& value) {
  switch (value.kind) {
    case Value::Kind::truth:
      return value.truth ? "true" : "false";
    case Value::Kind::number: {
      constexpr long double most = 18446744073709551616.0L;  // 2^64; a seed may come near it
      const bool counts = value.number >= 0 && value.number < most && std::floor(value.number) == value.number;
      return counts ? fmt::format("{}", static_cast<uint64_t>(value.number))
                    : fmt::format("{}", static_cast<double>(value.number));
    }
    case Value::Kind::text:
      return value.text;
    case Value::Kind::list:
      break;
  }
  std::string text;
  for (const Value& item : value.items) {
    text += (text.empty() ? "" : ", ") + to_string(item);
  }
  return text;
}

std::string kind_name(Value::Kind kind) {
  constexpr std::array names{"true or false", "a number", "a text", "a list"};
  return names.at(static_cast<size_t>(kind));
}

std::string described(const Value& value) {
  switch (value.kind) {
    case Value::Kind::truth:
    case Value::Kind::number:
      return to_string(value);
    case Value::Kind::text:
      return "the text '" + printable(value.text) + "'";
    case Value::Kind::list:
      break;
  }
  return "the list [" + printable(to_string(value)) + "]";
}

Value value_of_word(const std::string& word) {
  if (word == "true" || word == "false") {
    return {Value::Kind::truth, word == "true"};
  }
  for (const auto& number : {number_of<int64_t>(word), number_of<uint64_t>(word), number_of<double>(word)}) {
    if (number) {
      return {Value::Kind::number, false, *number, word};
    }
  }
  return {Value::Kind::text, false, 0, word};
}

std::string to_string(Relation relation) {
  const auto found = std::ranges::find(relations, relation, &std::pair<std::string_view, Relation>::second);
  return std::string(found->first);
}

Filter parse_filter(const std::string& text) {
  return {text, Parser(text).whole()};
}

void throw_at(const std::string& text, size_t place, const std::string& problem) {
  const size_t before = terminal::columns_of(printable(text.substr(0, place)));
  throw Error(ErrorKind::usage,
              fmt::format("filter: {}\n  {}\n  {}^", problem, printable(text), std::string(before, ' ')));
}

bool looks_like_filter(const std::string& word) {
  if (word.find_first_of("=<>") != std::string::npos) {
    return true;
  }
  return std::ranges::any_of(std::array{" contains ", " matches ", " in "},
                             [&](const char* relation) { return word.find(relation) != std::string::npos; });
}

}  // namespace atelier::compare
