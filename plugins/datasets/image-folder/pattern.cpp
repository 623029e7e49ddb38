#include "pattern.hpp"

#include <re2/re2.h>

#include <array>

namespace image_folder {
namespace {

std::string shortened(const std::string& text) {
  constexpr size_t most = 80;
  return text.size() <= most ? text : text.substr(0, most) + "...";
}

}  // namespace

Pattern::Pattern(const std::string& text) {
  if (text.empty()) {
    return;
  }
  RE2::Options options;
  options.set_log_errors(false);
  expression_ = std::make_unique<RE2>(text, options);
  if (!expression_->ok()) {
    throw PatternError("group_pattern is '" + shortened(text) + "', expected a regular expression (" +
                       shortened(expression_->error()) +
                       "); hint: the syntax is RE2's: no backreferences, no looking ahead or behind");
  }
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

std::string Pattern::group_of(const std::string& text, const std::string& otherwise) const {
  std::array<re2::StringPiece, 2> found;  // the whole match, the first capture
  const int wanted = expression_ && expression_->NumberOfCapturingGroups() > 0 ? 2 : 1;
  if (!expression_ || !expression_->Match(text, 0, text.size(), RE2::UNANCHORED, found.data(), wanted)) {
    return otherwise;
  }
  const re2::StringPiece& group = found[1].data() != nullptr ? found[1] : found[0];
  return {group.data(), group.size()};
}

}  // namespace image_folder
