#include "plugin/context.hpp"

#include "base/error.hpp"
#include "plugin/activity.hpp"
#include "plugin/registry.hpp"

namespace {

using atelier::plugin::Activity;

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
  throw atelier::Error(kind(), "{}: {}", stage, reason);
}
