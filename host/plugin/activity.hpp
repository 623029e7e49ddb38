// What of a plugin runs right now, thread by thread: who a call of the core table is for, and whose fault a crash is.
#pragma once

#include <atelier/abi.h>

#include <cstdint>
#include <string>

namespace atelier::plugin {

struct Component;

// One call of a plugin's function, as long as it lasts. A plugin may be called again inside of it, by way of the core
// table: a model calls a loss, the loss calls the model's network. Costs a few stores, as each block of an update is
// one.
class Activity {
 public:
  // `callback` is of static storage: "train_step". `number` says which step or sample, from 0; -1: there is no such.
  Activity(const Component& component, const char* callback, atl_context* context = nullptr, int64_t number = -1)
      : Activity(&component, nullptr, callback, context, number) {}
  // While a library is loaded, before anybody knows its components. Borrows the name.
  Activity(const char* library, const char* callback) : Activity(nullptr, library, callback, nullptr, -1) {}
  ~Activity();
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

  // The innermost of this thread, null where no plugin runs; and that around it.
  static Activity* newest();
  [[nodiscard]] const Activity* around() const { return around_; }

  [[nodiscard]] const Component* component() const { return component_; }
  [[nodiscard]] atl_context* context() const { return context_; }
  [[nodiscard]] const char* callback() const { return callback_; }

  // The author's line of a call that records; the standard library, in which a layer kept in a std::function is called,
  // is nobody's line, and gives the one before.
  atl_location author_line(atl_location given);
  [[nodiscard]] atl_location line() const { return line_; }  // the newest of them

  // Whether a call with this context is being made, by any thread. The context itself is not touched: it may be long
  // gone.
  static bool serves(const atl_context* context);

  // "model 'gan' (/…/gan.so), train_step, step 12, after gan.cpp:42" into memory that is there, as it is asked for by
  // handlers of signals; returns its length.
  size_t describe(char* text, size_t capacity) const;
  // The first failure that the plugin has told the host of, "" where none.
  [[nodiscard]] std::string failure() const;

 private:
  Activity(const Component* component, const char* library, const char* callback, atl_context* context, int64_t number);

  const Component* component_;
  const char* library_;
  const char* callback_;
  atl_context* context_;
  int64_t number_;
  atl_location line_{"", 0, 0};
  Activity* around_;
};

// The innermost activity of some thread, for a crash on one that no plugin's function was called on: a thread that a
// plugin has made. Null where no plugin runs at all.
const Activity* some_activity();

// Gives this thread a stack of its own for handlers of signals, once: that of a recursion without end is full. Every
// thread that calls plugins has one.
void use_signal_stack();

}  // namespace atelier::plugin
