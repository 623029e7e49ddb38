#include "ranks/lifeline.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>

#include "base/error.hpp"
#include "ranks/joined.hpp"
#include "ranks/sockets.hpp"

namespace atelier::ranks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds to_be_called{60};        // all begin within that
constexpr std::chrono::seconds to_be_told{30};          // a failed rank waits for the first one's end so long
constexpr std::chrono::milliseconds to_hear{3000};      // the others answer the end within that
constexpr std::chrono::milliseconds to_be_first{1000};  // what fails in all is told by the first one, in its words
constexpr int to_begin = 2000;                          // milliseconds, in which who calls says who it is
constexpr int to_answer = 20000;                        // it takes the others one by one

std::string random_word() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(ErrorKind::internal, "no random number can be had: {}", std::strerror(errno));
  }
  std::string word;
  for (const unsigned char byte : bytes) {
    word += fmt::format("{:02x}", byte);
  }
  return word;
}

}  // namespace

Lifeline::Lifeline(int count) : is_first_(true), count_(count), nonce_(random_word()) {
  int port = 0;
  listening_ = listen_anywhere(port);
  address_ = fmt::format("{} {} {}", nonce_, port, host_name());
  for (const std::string& one : own_addresses()) {
    address_ += " " + one;
  }
}

Lifeline::Lifeline(int rank, const std::string& address) : is_first_(false), count_(0) {
  std::istringstream words(address);
  std::string port, host;
  words >> nonce_ >> port >> host;
  for (std::string one; words >> one;) {
    const int made = connect_to(one, port);
    if (made < 0) {
      continue;
    }
    if (send_line(made, fmt::format("{} {} {} {}", nonce_, rank, getpid(), host_name())) &&
        receive_line(made, to_answer) == nonce_) {
      peers_.push_back({0, made, host, 0, {}, false});
      break;
    }
    close(made);
  }
  if (peers_.empty()) {
    throw Error(ErrorKind::usage,
                "rank {} on '{}' cannot reach rank 0 on '{}' at port {}; hint: processes of one run need connections "
                "to ports of the first one's machine, as MPI itself does",
                rank, host_name(), host, port);
  }
  begin_to_watch();
}

void Lifeline::wait_for_all() {
  const Clock::time_point until = Clock::now() + to_be_called;
  while (peers_.size() + 1 < static_cast<size_t>(count_)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd ready{listening_, POLLIN, 0};
    if (left <= 0) {
      throw Error(ErrorKind::usage, "{} of {} ranks have not called the first one within {} seconds",
                  static_cast<size_t>(count_) - 1 - peers_.size(), count_, to_be_called.count());
    }
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) {
      continue;
    }
    const int made = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (made < 0) {
      continue;
    }
    keep_alive(made);
    std::istringstream words(receive_line(made, to_begin));
    Peer peer;
    std::string nonce;
    if (!(words >> nonce >> peer.rank >> peer.process >> peer.host) || nonce != nonce_ || !send_line(made, nonce_)) {
      close(made);  // somebody else
      continue;
    }
    std::erase_if(peers_, [&](const Peer& before) {  // which has given up an earlier call of its own
      return before.rank == peer.rank && (close(before.socket), true);
    });
    peer.socket = made;
    peers_.push_back(peer);
  }
  begin_to_watch();
}

void Lifeline::begin_to_watch() {
  if (pipe2(wake_, O_CLOEXEC) != 0) {
    throw Error(ErrorKind::internal, "the other ranks cannot be watched: {}", std::strerror(errno));
  }
  thread_ = std::thread([this] { watch(); });
}

Lifeline::~Lifeline() {
  if (thread_.joinable()) {
    [[maybe_unused]] const ssize_t written = write(wake_[1], "", 1);
    thread_.join();
  }
  for (const Peer& peer : peers_) {
    close(peer.socket);
  }
  for (const int descriptor : {listening_, wake_[0], wake_[1]}) {
    if (descriptor >= 0) {
      close(descriptor);
    }
  }
}

// In a thread of its own.
void Lifeline::watch() {
  std::vector<pollfd> ready;
  while (true) {
    ready.assign(1, {wake_[0], POLLIN, 0});
    for (const Peer& peer : peers_) {
      ready.push_back({peer.has_left ? -1 : peer.socket, POLLIN, 0});
    }
    if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    if (ready[0].revents != 0) {
      return;
    }
    for (size_t i = 0; i < peers_.size(); ++i) {
      if (ready[i + 1].revents != 0) {
        hear(peers_[i]);
      }
    }
  }
}

void Lifeline::hear(Peer& peer) {
  std::array<char, 4096> bytes;
  const ssize_t count = recv(peer.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
    return;
  }
  if (count <= 0) {
    const bool is_known = peer.has_left;
    {
      const std::scoped_lock lock(mutex_);
      peer.has_left = true;
    }
    changed_.notify_all();
    if (!is_known) {
      lose(fmt::format(
          "rank {} on '{}'{} {}: it was killed, perhaps for lack of memory, or its machine is gone; hint: "
          "atelier resume goes on from the newest checkpoint, with any number of ranks",
          peer.rank, peer.host, peer.process > 0 ? fmt::format(" (process {})", peer.process) : "", without_a_word));
    }
    return;
  }
  for (const char letter : std::string_view(bytes.data(), static_cast<size_t>(count))) {
    if (letter == '\n') {
      take(peer, peer.unfinished);
      peer.unfinished.clear();
    } else {
      peer.unfinished += letter;
    }
  }
}

void Lifeline::take(Peer& peer, const std::string& line) {
  const std::string_view failed = "fail ", ended = "end ";
  if (line == "bye") {
    const std::scoped_lock lock(mutex_);
    peer.has_left = true;
    changed_.notify_all();
  } else if (line.starts_with(failed)) {
    lose(fmt::format("rank {} on '{}': {}", peer.rank, peer.host, line.substr(failed.size())));
  } else if (line.starts_with(ended)) {
    {
      const std::scoped_lock lock(mutex_);
      EndOfFirst end;
      std::istringstream(line.substr(ended.size())) >> end.code >> end.is_whole;
      end_ = end;
      peer.has_left = true;
    }
    send_line(peer.socket, "bye");
    lose("rank 0 has ended");
    changed_.notify_all();
  }
}

std::string Lifeline::lost() const {
  if (!is_lost_) {
    return {};
  }
  const std::scoped_lock lock(mutex_);
  return lost_;
}

void Lifeline::lose(const std::string& words) {
  {
    const std::scoped_lock lock(mutex_);
    if (!is_lost_) {
      lost_ = words;
      is_lost_ = true;
    }
  }
  changed_.notify_all();
}

bool Lifeline::all_have_left() const {
  return std::ranges::all_of(peers_, &Peer::has_left);
}

void Lifeline::end(int code) {
  const bool is_whole = !is_lost_;
  for (const Peer& peer : peers_) {
    send_line(peer.socket, fmt::format("end {} {}", code, is_whole ? 1 : 0));
  }
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, to_hear, [&] { return all_have_left(); });
}

void Lifeline::wait_for_end() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, to_be_told, [&] { return all_have_left(); });
}

void Lifeline::fail(const std::string& words) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, to_be_first, [&] { return all_have_left(); }) ||
      !send_line(peers_.front().socket, "fail " + words)) {
    return;
  }
  changed_.wait_for(lock, to_be_told, [&] { return all_have_left(); });
}

std::optional<Lifeline::EndOfFirst> Lifeline::end_of_first() const {
  const std::scoped_lock lock(mutex_);
  return end_;
}

}  // namespace atelier::ranks
