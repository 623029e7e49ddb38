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

// What the standard library's exceptions and empty texts say to nobody.
std::string in_plain_words(atl_status status, std::string message) {
  if (message.empty() || message.ends_with(": ")) {  // behind the place
    return message + fmt::format("failed with status {} and without words", status);
  }
  if (status != ATL_ERROR_MEMORY || !message.starts_with("std::bad_a")) {
    return message;
  }
  const Activity* newest = Activity::newest();
  const std::string place =
      newest == nullptr ? "" : to_string(atelier::record::Location{newest->line().file, newest->line().line});
  return fmt::format("{}asks for more memory than the system gives ({})", place.empty() ? "" : "after " + place + ": ",
                     message);
}

}  // namespace

std::string atl_context::first_failure() const {
  const std::scoped_lock lock(failure_mutex_);
  return failure_message_;
}

void atl_context::latch(atl_status status, std::string message) {
  const std::scoped_lock lock(failure_mutex_);
  if (!failed()) {
    failure_message_ = inner_component(this) + in_plain_words(status, std::move(message));
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
      case ATL_ERROR_UNSUPPORTED:
        return atelier::ErrorKind::unsupported;
      case ATL_ERROR_MEMORY:
        return atelier::ErrorKind::memory;
      default:
        return atelier::ErrorKind::plugin;
    }
  };
  throw atelier::Error(kind(), stage + ": " + printable_list(reason));
}
