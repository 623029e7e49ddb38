// What is found while a plugin is checked, told as it is found: the process that checks may end at any moment.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace atelier::check {

enum class Verdict : uint8_t { ok, wrong, not_run };

struct Finding {
  std::string subject;  // "the library", "model 'vae'"
  std::string check;    // "trains"
  Verdict verdict = Verdict::ok;
  std::string text;  // what was seen, or what is wrong
  std::string hint;  // what to do about it; "" where nobody knows
};

class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;
  virtual void begins(const std::string& subject, const std::string& check) = 0;
  virtual void found(const Finding& finding) = 0;
};

// Thrown inside of a check that cannot be made: the reason.
class NotRun : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The checks of one subject.
class Report {
 public:
  Report(std::string subject, Listener& listener);  // borrowed

  // Makes one check: what `body` returns is said where all is well; what it throws is wrong, or NotRun. Whether all was
  // well. A message's "; hint: …" becomes the hint.
  bool run(const std::string& check, const std::function<std::string()>& body);

 private:
  std::string subject_;
  Listener& listener_;
};

}  // namespace atelier::check
