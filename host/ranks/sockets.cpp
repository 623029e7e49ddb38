#include "ranks/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/error.hpp"

namespace atelier::ranks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int to_connect = 2000;  // milliseconds

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// A machine that is gone closes nothing: what it does not answer for some seconds does.
void keep_alive(int socket) {
  const auto set = [&](int level, int option, int value) { setsockopt(socket, level, option, &value, sizeof value); };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 3);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 8000);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

bool send_line(int socket, std::string line) {
  std::ranges::replace(line, '\n', ' ');
  line += '\n';
  for (size_t sent = 0; sent < line.size();) {
    const ssize_t count = send(socket, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    sent += static_cast<size_t>(count);
  }
  return true;
}

// Byte by byte, as what follows is for somebody else.
std::string receive_line(int socket, int milliseconds) {
  std::string line;
  const Clock::time_point until = Clock::now() + std::chrono::milliseconds(milliseconds);
  constexpr size_t longest = 1024;
  while (line.size() < longest) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd ready{socket, POLLIN, 0};
    char letter = 0;
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0 || recv(socket, &letter, 1, 0) != 1) {
      return {};
    }
    if (letter == '\n') {
      return line;
    }
    line += letter;
  }
  return {};
}

int listen_anywhere(int& port) {
  int listening = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage address{};
  socklen_t length = 0;
  if (listening >= 0) {
    const int no = 0;
    setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_any;
    length = sizeof v6;
    if (bind(listening, reinterpret_cast<sockaddr*>(&address), length) != 0) {
      close(listening);
      listening = -1;
    }
  }
  if (listening < 0) {  // a machine without IPv6
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address = {};
    auto& v4 = reinterpret_cast<sockaddr_in&>(address);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_ANY);
    length = sizeof v4;
    if (listening < 0 || bind(listening, reinterpret_cast<sockaddr*>(&address), length) != 0) {
      throw Error(ErrorKind::internal, "no socket can be made for the other ranks: {}", std::strerror(errno));
    }
  }
  constexpr int most_waiting = 4096;
  length = sizeof address;
  if (listen(listening, most_waiting) != 0 ||
      getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw Error(ErrorKind::internal, "no socket can be made for the other ranks: {}", std::strerror(errno));
  }
  port = ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
  return listening;
}

std::vector<std::string> own_addresses() {
  std::vector<std::string> addresses, loopback;
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) {
    return {"127.0.0.1"};
  }
  for (const ifaddrs* one = interfaces; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_UP) == 0) {
      continue;
    }
    const int family = one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) {
      continue;
    }
    if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<sockaddr_in6*>(one->ifa_addr)->sin6_addr)) {
      continue;
    }
    std::array<char, NI_MAXHOST> name{};
    const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (getnameinfo(one->ifa_addr, length, name.data(), name.size(), nullptr, 0, NI_NUMERICHOST) == 0) {
      ((one->ifa_flags & IFF_LOOPBACK) != 0 ? loopback : addresses).emplace_back(name.data());
    }
  }
  freeifaddrs(interfaces);
  addresses.insert(addresses.end(), loopback.begin(), loopback.end());
  return addresses;
}

int connect_to(const std::string& address, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) {
    return -1;
  }
  const int made = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool is_there = made >= 0 && (connect(made, found->ai_addr, found->ai_addrlen) == 0 || errno == EINPROGRESS);
  freeaddrinfo(found);
  if (is_there) {
    pollfd ready{made, POLLOUT, 0};
    int error = 0;
    socklen_t length = sizeof error;
    is_there =
        poll(&ready, 1, to_connect) == 1 && getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
  }
  if (!is_there) {
    if (made >= 0) {
      close(made);
    }
    return -1;
  }
  fcntl(made, F_SETFL, fcntl(made, F_GETFL) & ~O_NONBLOCK);
  keep_alive(made);
  return made;
}

}  // namespace atelier::ranks
