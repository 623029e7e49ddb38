// The regular expression by which files belong together. Matched in a time that grows with the name's length alone: it
// comes from a user, and names from anywhere.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

namespace re2 {
class RE2;
}

namespace image_folder {

// what() is found, expected, hint.
struct PatternError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Pattern {
 public:
  // Of no file where it is empty. Throws PatternError for what RE2 does not take.
  explicit Pattern(const std::string& text);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // The first capture in a text, or the whole match where the capture took no part in it; `otherwise` where the text
  // does not match.
  [[nodiscard]] std::string group_of(const std::string& text, const std::string& otherwise) const;

 private:
  std::unique_ptr<re2::RE2> expression_;  // none: matches nothing
};

}  // namespace image_folder
