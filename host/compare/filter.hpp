// Which runs are meant: 'learning_rate < 0.01 and not (status = failed or tags contains old)', as a tree.
//
//   EXPRESSION   TERM or TERM ...
//   TERM         FACTOR and FACTOR ...
//   FACTOR       not FACTOR, (EXPRESSION), or a comparison:
//                  KEY = VALUE, and with !=  <  <=  >  >=
//                  KEY contains VALUE        a part of a text, or an item of a list
//                  KEY matches PATTERN       a text, by * ? and [...]
//                  KEY in [VALUE, ...]
//   KEY          a word, or anything `in backticks`
//   VALUE        a number, true, false, "text", 'text', a word that is neither, or [VALUE, ...]
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::compare {

struct Value {
  enum class Kind { truth, number, text, list };
  Kind kind = Kind::text;
  bool truth = false;
  long double number = 0;  // which holds every int64 and every double
  std::string text{};
  std::vector<Value> items{};

  bool operator==(const Value& other) const;
};
// For people to read: texts as they are, and lists with commas between their items.
std::string to_string(const Value& value);
// "a number", "the text 'abc'"
std::string kind_name(Value::Kind kind);
std::string described(const Value& value);
// A number, true or false; or else the text as it is.
Value value_of_word(const std::string& word);

enum class Relation { equal, unequal, less, at_most, greater, at_least, contains, matches, in };
std::string to_string(Relation relation);

struct Condition {
  enum class Kind { any, all, negation, comparison };
  Kind kind = Kind::comparison;
  std::vector<Condition> parts{};  // of all but comparisons
  std::string key{};
  Relation relation = Relation::equal;
  Value value{};
  size_t key_at = 0, value_at = 0;  // where in the text
};

struct Filter {
  std::string text;
  Condition condition;
};

// Throws Error(usage), with the text and a caret under the place, for what is no expression.
Filter parse_filter(const std::string& text);
[[noreturn]] void throw_at(const std::string& text, size_t place, const std::string& problem);

// Whether a word of a command line is an expression rather than a name: it has a comparison in it.
bool looks_like_filter(const std::string& word);

}  // namespace atelier::compare
