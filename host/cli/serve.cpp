// atelier serve [DIR]
#include <fmt/core.h>

#include <thread>

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "serve/server.hpp"

namespace atelier::cli {
namespace {

int serve(const Arguments& arguments) {
  constexpr int64_t usual_port = 7007, most_port = 65535;
  const auto port = static_cast<int>(arguments.integer("port", usual_port, 0, most_port));
  const std::string folder = arguments.words.empty() ? arguments.text("out", "runs") : arguments.words.front();
  UntilInterrupted until;
  serve::Server server(folder, port);
  print(server.address() + "\n");
  flush_output();
  print_message(fmt::format("atelier: the runs of {}; Ctrl-C ends it", folder));
  std::thread answers([&] { server.run(); });
  until.wait();
  server.stop();
  answers.join();
  return exit_done;
}

}  // namespace

Verb serve_verb() {
  return {"serve",
          "[DIR]",
          "the page of 'report' for all runs of a folder, live, on this machine",
          "Prints the page's address, on 127.0.0.1, and answers until Ctrl-C, which is no error. Runs are listed with "
          "their "
          "states; those that are chosen are shown, with what they log while they run. It only reads, and answers "
          "this machine's browsers alone; whoever can log in here can look, too.",
          0,
          1,
          {{"port", "N", "listen here; the default is 7007, and 0 takes one that is free"}, out_option()},
          serve};
}

}  // namespace atelier::cli
