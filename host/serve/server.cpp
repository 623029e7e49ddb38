#include "serve/server.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "base/error.hpp"
#include "report/live.hpp"
#include "serve/bounded_pool.hpp"
#include "serve/trust.hpp"

namespace atelier::serve {
namespace {

using httplib::Request;
using httplib::Response;

constexpr const char* here = "127.0.0.1";
constexpr size_t threads = 8, most_waiting = 16;  // connections that are answered, and that wait for it
constexpr size_t most_runs = 200;                 // that one request compares
constexpr int bad_request = 400, not_found = 404, not_modified = 304, failed = 500;

// What is answered belongs to the page that asked, and to nobody else.
httplib::Headers usual_headers() {
  return {{"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cross-Origin-Opener-Policy", "same-origin"}};
}

void set_text(Response& response, int status, const std::string& text) {
  response.status = status;
  response.set_content(text + "\n", "text/plain; charset=utf-8");
}

std::string parameter(const Request& request, const char* name) {
  if (!request.has_param(name)) {
    throw Error(ErrorKind::usage, "the parameter '{}' is missing", name);
  }
  return request.get_param_value(name);
}

int64_t integer_parameter(const Request& request, const char* name) {
  const std::string text = parameter(request, name);
  int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorKind::usage, "{}: got '{}', expected an integer", name, text);
  }
  return value;
}

std::vector<std::string> keys_of(const std::string& list) {
  std::vector<std::string> keys;
  std::istringstream parts(list);
  for (std::string part; std::getline(parts, part, ',');) {
    keys.push_back(part);
  }
  if (keys.size() > most_runs) {
    throw Error(ErrorKind::usage, "runs: got {}, expected at most {}", keys.size(), most_runs);
  }
  return keys;
}

void set_json(Response& response, const std::string& json) {
  response.set_header("Cache-Control", "no-store");
  response.set_content(json, "application/json");
}

void set_document(const Request& request, Response& response, const report::Document& document) {
  response.set_header("Cache-Control", "no-cache");
  response.set_header("ETag", document.tag);
  if (request.get_header_value("If-None-Match") == document.tag) {
    response.status = not_modified;
  } else {
    response.set_content(document.text, "application/json");
  }
}

}  // namespace

struct Server::State {
  report::LiveRuns runs;
  httplib::Server http;
  int port = 0;

  explicit State(const std::filesystem::path& folder) : runs(folder) {}

  void bind(int wanted);
  void add_answers();
  // With what goes wrong as its text.
  void answer(const char* path, const std::function<void(const Request&, Response&)>& make) {
    http.Get(path, [make](const Request& request, Response& response) {
      try {
        make(request, response);
      } catch (const Error& error) {
        set_text(response, error.kind() == ErrorKind::usage ? bad_request : failed, error.what());
      }
    });
  }
};

void Server::State::bind(int wanted) {
  // Without SO_REUSEPORT, by which two servers could have one port.
  http.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  errno = 0;
  port = wanted == 0 ? http.bind_to_any_port(here) : (http.bind_to_port(here, wanted) ? wanted : -1);
  if (port < 0) {
    throw Error(ErrorKind::file, "{}:{}: cannot be listened on: {}; hint: --port 0 takes one that is free", here,
                wanted, errno == 0 ? "it is another's" : std::strerror(errno));
  }
}

void Server::State::add_answers() {
  answer("/", [](const Request&, Response& response) {
    response.set_header("Content-Security-Policy", report::LiveRuns::policy() + "; frame-ancestors 'none'");
    response.set_header("Cache-Control", "no-cache");
    response.set_content(report::LiveRuns::page(), "text/html; charset=utf-8");
  });
  answer("/runs", [this](const Request&, Response& response) { set_json(response, runs.list()); });
  answer("/run", [this](const Request& request, Response& response) {
    set_document(request, response, runs.run(parameter(request, "run")));
  });
  answer("/comparison", [this](const Request& request, Response& response) {
    set_json(response, runs.comparison(keys_of(parameter(request, "runs"))));
  });
  answer("/picture", [this](const Request& request, Response& response) {
    const std::string png =
        runs.picture(parameter(request, "run"), parameter(request, "series"), integer_parameter(request, "step"));
    response.set_header("Cache-Control", "private, max-age=3600");  // what a step has made stays
    response.set_content(png, "image/png");
  });
}

Server::Server(const std::filesystem::path& folder, int port) : state_(std::make_unique<State>(folder)) {
  httplib::Server& http = state_->http;
  http.new_task_queue = [] { return new BoundedPool(threads, most_waiting); };
  http.set_default_headers(usual_headers());
  http.set_payload_max_length(0);
  http.set_pre_routing_handler([this](const Request& request, Response& response) {
    const auto header = [&](const char* name) { return request.get_header_value(name); };
    if (const auto refusal =
            refusal_of({request.method, header("Host"), header("Origin"), header("Sec-Fetch-Site")}, state_->port)) {
      set_text(response, refusal->status, refusal->reason);
      return httplib::Server::HandlerResponse::Handled;
    }
    return httplib::Server::HandlerResponse::Unhandled;
  });
  http.set_error_handler([](const Request&, Response& response) {
    if (response.status == not_found && response.body.empty()) {
      set_text(response, not_found, "there is no such page here");
    }
  });
  http.set_exception_handler([](const Request&, Response& response, const std::exception_ptr&) {
    set_text(response, failed, "the request could not be answered");
  });
  state_->add_answers();
  state_->bind(port);
}

Server::~Server() = default;

std::string Server::address() const {
  return fmt::format("http://{}:{}/", here, state_->port);
}

void Server::run() {
  state_->http.listen_after_bind();
}

void Server::stop() {
  state_->http.stop();
}

}  // namespace atelier::serve
