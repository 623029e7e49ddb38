#include "experiment/nesting.hpp"

#include <algorithm>
#include <vector>

namespace atelier::experiment {
namespace {

// Reads tokens only; whether they make sense together is the parser's business.
class NestingScanner {
 public:
  explicit NestingScanner(std::string_view text) : text_(text) {}

  std::optional<TextPosition> find() {
    while (at_ < text_.size()) {
      const size_t start = at_;
      take_token();
      if (level_ + segments_ > deepest_nesting) {
        return position_of(start);
      }
    }
    return std::nullopt;
  }

 private:
  void take_token() {
    constexpr std::string_view special = " \t\r\n#\"'.=,[]{}";
    const char next = text_[at_];
    switch (next) {
      case ' ':
      case '\t':
      case '\r':
        ++at_;
        return;
      case '\n':
        end_line();
        return;
      case '#':
        at_ = std::min(text_.find('\n', at_), text_.size());
        return;
      case '"':
      case '\'':
        take_string(next);
        take_segment();
        return;
      case '.':
        dotted_ = true;
        ++at_;
        return;
      case '=':
      case ',':
        begin_value(next == '=' ? level_ + segments_ : containers_.empty() ? level_ : containers_.back());
        return;
      case '[':
      case '{':
        open();
        return;
      case ']':
      case '}':
        close();
        return;
      default:
        at_ = std::min(text_.find_first_of(special, at_), text_.size());
        take_segment();
    }
  }

  // A key "a.b.c" is three segments, each a level; so are the two halves of 1.5, which does no harm.
  void take_segment() {
    segments_ = dotted_ ? segments_ + 1 : 1;
    dotted_ = false;
    line_begins_ = false;
  }

  void begin_value(size_t level) {
    level_ = level;
    segments_ = 0;
    dotted_ = line_begins_ = false;
    ++at_;
  }

  // A '[' that begins a line begins a header, whose keys are levels of what stands below it.
  void open() {
    if (line_begins_) {
      level_ = 0;
      in_header_ = true;
    } else if (!in_header_) {
      begin_value(level_ + 1);
      containers_.push_back(level_);
      return;
    }
    begin_value(level_);
  }

  void close() {
    if (!in_header_ && !containers_.empty()) {
      containers_.pop_back();
    }
    ++at_;
  }

  void end_line() {
    ++at_;
    if (!containers_.empty()) {  // a list goes on over lines
      return;
    }
    if (in_header_) {
      header_level_ = segments_;
    }
    in_header_ = dotted_ = false;
    line_begins_ = true;
    level_ = header_level_;
    segments_ = 0;
  }

  // Over the string that begins here, to its end or, where it has none, to where the parser gives up.
  void take_string(char quote) {
    const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
    const bool over_lines = text_.substr(at_, triple.size()) == triple;
    at_ += over_lines ? triple.size() : 1;
    while (at_ < text_.size() && (over_lines || text_[at_] != '\n')) {
      if (quote == '"' && text_[at_] == '\\') {
        at_ += 2;
      } else if (over_lines ? text_.substr(at_, triple.size()) == triple : text_[at_] == quote) {
        at_ += over_lines ? triple.size() : 1;
        break;
      } else {
        ++at_;
      }
    }
    at_ = std::min(at_, text_.size());
    // Up to two quotes may stand before the three that end a string over lines.
    for (int more = 0; over_lines && more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) {
      ++at_;
    }
  }

  [[nodiscard]] TextPosition position_of(size_t at) const {
    const std::string_view before = text_.substr(0, at);
    const size_t line_break = before.rfind('\n');
    const std::string_view line = line_break == std::string_view::npos ? before : before.substr(line_break + 1);
    return {1 + static_cast<int>(std::ranges::count(before, '\n')),
            1 + static_cast<int>(std::ranges::count_if(line, [](char byte) { return !is_continuation(byte); }))};
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t level_ = 0;                // of the key or the value that comes next
  size_t segments_ = 0;             // of the key so far
  std::vector<size_t> containers_;  // the level inside of each list and inline table that is open
  size_t header_level_ = 0;         // of what stands below the last header
  bool in_header_ = false;
  bool dotted_ = false;  // the next segment goes on with a key
  bool line_begins_ = true;
};

}  // namespace

std::optional<TextPosition> find_too_deep(std::string_view text) {
  return NestingScanner(text).find();
}

}  // namespace atelier::experiment
