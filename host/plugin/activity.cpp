#include "plugin/activity.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <string_view>

#include "plugin/context.hpp"
#include "plugin/registry.hpp"

namespace atelier::plugin {
namespace {

// What other threads may know of one: the contexts of its calls, outermost first.
struct Thread {
  static constexpr int deepest = 16;  // calls beyond are not known to other threads
  std::atomic<bool> taken{false};
  std::atomic<int> depth{0};
  std::array<std::atomic<const atl_context*>, deepest> contexts{};
  std::atomic<const Activity*> newest{nullptr};
};

// More threads than places are known to themselves alone.
std::array<Thread, 512>& threads() {
  static std::array<Thread, 512> places;
  return places;
}

// A thread's place among them, taken with its first call and given back at its end.
class Place {
 public:
  Place() {
    use_signal_stack();
    for (Thread& thread : threads()) {
      if (!thread.taken.exchange(true)) {
        thread_ = &thread;
        return;
      }
    }
    thread_ = &nowhere_;
  }
  ~Place() { thread_->taken = false; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  Thread& operator*() { return *thread_; }

 private:
  Thread* thread_ = nullptr;
  Thread nowhere_;
};

thread_local Activity* newest_here = nullptr;

Thread& here() {
  thread_local Place place;
  return *place;
}

bool in_standard_library(const char* file) {
  return std::strstr(file, "/include/c++/") != nullptr;
}

}  // namespace

Activity::Activity(const Component* component, const char* library, const char* callback, atl_context* context,
                   int64_t number)
    : component_(component),
      library_(library),
      callback_(callback),
      context_(context),
      number_(number),
      around_(newest_here) {
  Thread& thread = here();
  const int depth = thread.depth.load(std::memory_order_relaxed);
  if (depth < Thread::deepest) {
    thread.contexts[static_cast<size_t>(depth)].store(context, std::memory_order_relaxed);
  }
  thread.depth.store(depth + 1, std::memory_order_release);
  thread.newest.store(this, std::memory_order_relaxed);
  newest_here = this;
}

Activity::~Activity() {
  Thread& thread = here();
  thread.depth.store(thread.depth.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  thread.newest.store(around_, std::memory_order_relaxed);
  newest_here = around_;
}

Activity* Activity::newest() {
  return newest_here;
}

atl_location Activity::author_line(atl_location given) {
  const char* file = given.file == nullptr ? "" : given.file;
  if (given.line == 0 || (file != line_.file && in_standard_library(file))) {
    return given.line == 0 ? given : line_;
  }
  line_ = {file, given.line, 0};
  return line_;
}

bool Activity::serves(const atl_context* context) {
  for (const Activity* activity = newest_here; activity != nullptr; activity = activity->around_) {
    if (activity->context_ == context) {
      return true;
    }
  }
  for (const Thread& thread : threads()) {
    const int depth = std::min(thread.depth.load(std::memory_order_acquire), Thread::deepest);
    for (int i = 0; i < depth; ++i) {
      if (thread.contexts[static_cast<size_t>(i)].load(std::memory_order_relaxed) == context) {
        return true;
      }
    }
  }
  return false;
}

size_t Activity::describe(char* text, size_t capacity) const {
  size_t length = 0;
  const auto add = [&](auto format, const auto&... values) {
    length += fmt::format_to_n(text + length, capacity - length, format, values...).size;
    length = std::min(length, capacity);
  };
  if (component_ != nullptr) {
    const catalog::Description& description = component_->description;
    constexpr const char* kinds[] = {"model", "loss", "optimizer", "dataset", "metric", "operation"};
    add(FMT_STRING("{} '{}' ({}), {}"), kinds[static_cast<size_t>(description.kind)], description.name,
        description.plugin_path, callback_);
  } else {
    add(FMT_STRING("the plugin {}, {}"), library_, callback_);
  }
  if (number_ >= 0) {
    const bool sample = component_ != nullptr && component_->description.kind == catalog::Kind::dataset;
    add(FMT_STRING(", {} {}"), sample ? "sample" : "step", number_);
  }
  if (line_.line != 0) {
    add(FMT_STRING(", after {}:{}"), line_.file, line_.line);
  }
  return length;
}

std::string Activity::failure() const {
  return context_ == nullptr ? std::string() : context_->first_failure();
}

const Activity* some_activity() {
  for (const Thread& thread : threads()) {
    if (const Activity* found = thread.newest.load(std::memory_order_relaxed)) {
      return found;
    }
  }
  return nullptr;
}

// Never given back: a thread may crash until its very end. What is not touched costs nothing.
void use_signal_stack() {
  stack_t known{};
  if (sigaltstack(nullptr, &known) == 0 && (known.ss_flags & SS_DISABLE) == 0) {
    return;
  }
  constexpr size_t bytes = size_t{1} << 20U;  // closing a log is done on it
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory != MAP_FAILED) {
    const stack_t stack{memory, 0, bytes};
    sigaltstack(&stack, nullptr);
  }
}

}  // namespace atelier::plugin
