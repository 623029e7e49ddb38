// A connection of each rank with the first one beside MPI: where a process ends, the system closes it, and the other
// side knows at once who that was, whatever MPI does or does not notice.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace atelier::ranks {

class Lifeline {
 public:
  // The first rank's: waits to be called. address() is what the others need, in one line.
  explicit Lifeline(int count);
  // Another one's. Throws Error(usage) where the first cannot be reached.
  Lifeline(int rank, const std::string& address);
  ~Lifeline();
  Lifeline(const Lifeline&) = delete;
  Lifeline& operator=(const Lifeline&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  // Of the first one: until all others have called. Throws Error(usage) for those that have not.
  void wait_for_all();

  // Why the others are lost; "" while they are there. Any thread.
  [[nodiscard]] bool is_lost() const { return is_lost_; }
  [[nodiscard]] std::string lost() const;
  void lose(const std::string& words);  // the first words are kept

  // Of the first one: told to all, who answer; they are told, too, whether all are still there.
  void end(int code);
  void wait_for_end();                  // of another
  void fail(const std::string& words);  // of another, where the first does not end by itself; until it has ended
  struct EndOfFirst {
    int code = 0;
    bool is_whole = true;  // all others were there
  };
  [[nodiscard]] std::optional<EndOfFirst> end_of_first() const;

 private:
  struct Peer {
    int rank = 0;
    int socket = -1;
    std::string host;
    long process = 0;
    std::string unfinished;  // line
    bool has_left = false;   // with a word
  };
  void begin_to_watch();
  void watch();
  void hear(Peer& peer);
  void take(Peer& peer, const std::string& line);
  [[nodiscard]] bool all_have_left() const;

  bool is_first_;
  int count_;
  int listening_ = -1;
  int wake_[2] = {-1, -1};
  std::string nonce_, address_;
  std::vector<Peer> peers_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_lost_{false};
  std::string lost_;
  std::optional<EndOfFirst> end_;
  std::thread thread_;
};

}  // namespace atelier::ranks
