#include "cli/confirm.hpp"

#include <unistd.h>

#include <iostream>

#include "base/error.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {

bool is_confirmed(const Arguments& arguments, const std::string& question) {
  if (arguments.has("yes")) {
    return true;
  }
  if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) {
    throw Error(ErrorKind::usage,
                "nothing is done without being asked, and there is no terminal to ask on; hint: --yes");
  }
  redraw_message(question + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Option yes_option() {
  return {"yes", "", "don't ask", 'y'};
}

}  // namespace atelier::cli
