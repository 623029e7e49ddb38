// The processes that compute one run together. What they are joined by is the room `ranks` to know; who computes sees
// this alone.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atelier {

class Ranks {
 public:
  struct Sent {
    int to = 0;
    const void* data = nullptr;
    size_t bytes = 0;
  };
  struct Received {
    int from = 0;
    void* data = nullptr;
    size_t bytes = 0;
  };

  // Messages that are under way together.
  class Transfer {
   public:
    Transfer() = default;
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    virtual ~Transfer() = default;

    // What is sent and received is borrowed until is_done(). Of equal `tag`, messages between two ranks arrive in the
    // order in which they were sent; a tag is at most 32767. Any thread, and nothing is allocated.
    virtual void start(int tag, std::span<const Sent> sent, std::span<const Received> received) = 0;
    // Moves on what is under way. Any thread, one at a time. True, too, where it will never arrive (lost()).
    virtual bool is_done() = 0;
  };

  Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;
  virtual ~Ranks() = default;

  [[nodiscard]] virtual int count() const = 0;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] bool is_first() const { return rank() == 0; }
  // For at most so many messages at a time.
  [[nodiscard]] virtual std::unique_ptr<Transfer> transfer(size_t messages) = 0;
  // Why nothing more will come of the others: one of them has ended. "" while they are there. Any thread.
  [[nodiscard]] virtual std::string lost() const = 0;
  // Called from time to time by whoever waits, on any thread, for as long as the others are there. Set before anybody
  // does.
  std::function<void()> while_waiting = [] {};

  // ---- What all do at the same point of their work. They wait for each other, and throw Error(internal) with lost().

  // The first rank's bytes, in all of them.
  void share(std::span<std::byte> bytes);
  // Text of any length, as the first rank has it.
  [[nodiscard]] std::string shared(std::string text);
  // Nobody goes on before the first has come here.
  void wait_for_first();
  // Of each rank its own text, in the first; empty elsewhere.
  [[nodiscard]] std::vector<std::string> gathered(const std::string& text) { return told(text, false); }
  // Of each rank its own text, in all of them.
  [[nodiscard]] std::vector<std::string> exchanged(const std::string& text) { return told(text, true); }
  template <typename T>
  [[nodiscard]] T shared_value(T value) {
    share(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }

 protected:
  void wait(Transfer& transfer);

 private:
  std::vector<std::string> told(const std::string& text, bool to_all);
};

// The tags of what is not a plan's.
inline constexpr int shared_tag = 32767, gathered_tag = 32766, agreement_tag = 32765, evaluation_tag = 32764;
inline constexpr int plan_tags = 32000;  // a plan's are below

// Whether any rank has asked for something, known to all a step later, so that nobody waits for it.
class Agreement {
 public:
  Agreement(Ranks& ranks, int tag);  // borrowed; no other one that is asked meanwhile has this tag
  void start(bool asks);             // of this rank; once, until taken
  [[nodiscard]] bool take();         // whether any has; throws Error(internal) with lost()

 private:
  Ranks& ranks_;
  int tag_;
  std::unique_ptr<Ranks::Transfer> transfer_;
  std::vector<Ranks::Sent> sent_;
  std::vector<Ranks::Received> received_;
  std::vector<char> asked_;  // by rank
};

}  // namespace atelier
