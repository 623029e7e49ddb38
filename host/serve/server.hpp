// The runs of a folder over HTTP, on 127.0.0.1 alone: the page, and what it asks for. Nothing is changed, and no
// request names a path.
//
//   GET /             the page
//   GET /runs         all runs
//   GET /run?run=KEY  one of them, with an ETag
//   GET /comparison?runs=KEY,KEY
//   GET /picture?run=KEY&series=NAME&step=N
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace atelier::serve {

class Server {
 public:
  // Listens from here on; of port 0 on one that is free. Throws Error(file) where the folder cannot be read or the port
  // is another's.
  Server(const std::filesystem::path& folder, int port);
  ~Server();

  [[nodiscard]] std::string address() const;  // "http://127.0.0.1:7007/"
  void run();                                 // answers until stop(), which another thread calls
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace atelier::serve
