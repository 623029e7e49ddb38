#include "plugin/context.hpp"

#include <string_view>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "plugin/activity.hpp"
#include "plugin/registry.hpp"

namespace {

using atelier::plugin::Activity;

// A plugin's list of mistakes keeps its lines, which begin with two spaces; any other newline came with a name.
std::string printable_list(const std::string& words) {
  constexpr std::string_view next = "\n  ";
  std::string out;
  size_t from = 0;
  for (size_t at = words.find(next); at != std::string::npos; at = words.find(next, from)) {
    out += atelier::printable(words.substr(from, at - from));
    out += next;
    from = at + next.size();
  }
  return out + atelier::printable(words.substr(from));
}

// "loss 'wasserstein': " where a component is at work for the one that the context was made for.
std::string inner_component(const atl_context* context) {
  const Activity* inner = Activity::newest();
  const Activity* outer = inner;
  for (const Activity* around = inner; around != nullptr; around = around->around()) {
    outer = around->context() == context ? around : outer;
  }
  if (inner == nullptr || inner->component() == nullptr || inner->component() == outer->component()) {
    return {};
  }
  const atelier::catalog::Description& description = inner->component()->description;
  return fmt::format("{} '{}': ", name_of(description.kind), description.name);
}

}  // namespace

std::string atl_context::first_failure() const {
  const std::scoped_lock lock(failure_mutex_);
  return failure_message_;
}

void atl_context::latch(atl_status status, std::string message) {
  const std::scoped_lock lock(failure_mutex_);
  if (!failed()) {
    failure_message_ = inner_component(this) + std::move(message);
    failure_.store(status, std::memory_order_release);
  }
}

void atl_context::explain(const std::string& more) {
  const std::scoped_lock lock(failure_mutex_);
  failure_message_ += more;
}

void atl_context::check(atl_status returned) {
  const atl_status latched = status();
  if (latched == ATL_OK && returned == ATL_OK) {
    return;
  }
  const std::string words = first_failure();
  const std::string reason = words.empty() ? fmt::format("the plugin returned status {}", returned) : words;
  const auto kind = [&] {
    switch (latched) {
      case ATL_ERROR_DATA:
        return atelier::ErrorKind::data;
      case ATL_ERROR_SHAPE:
        return atelier::ErrorKind::shape;
      default:
        return atelier::ErrorKind::plugin;
    }
  };
  throw atelier::Error(kind(), stage + ": " + printable_list(reason));
}
