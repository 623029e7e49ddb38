// atelier report LOG... -o FILE.html
#include "report/report.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;

fs::path page_file(const Arguments& arguments) {
  const fs::path file = arguments.text("output", "");
  if (file.empty()) {
    throw Error(ErrorKind::usage, "atelier report: expected -o FILE.html");
  }
  if (file.extension() != ".html" && file.extension() != ".htm") {
    throw Error(ErrorKind::usage, "--output: got '{}', expected a name that ends in .html", file.string());
  }
  check_writable(file);
  return file;
}

int make_report(const Arguments& arguments) {
  const fs::path file = page_file(arguments);
  constexpr int64_t megabyte = 1'000'000, usual_megabytes = 20, most_megabytes = 2000;
  const report::PageOptions options{arguments.text("by", ""),
                                    megabyte * arguments.integer("max-size", usual_megabytes, 1, most_megabytes)};
  const std::vector<fs::path> logs = runlog::find_logs(arguments.words, runlog::OfName::newest, places_of(arguments));
  const report::Page page = report::make_page(logs, options);
  write_file(file, page.html);
  for (const std::string& line : page.left_out) {
    print_message(fmt::format("atelier: note: left out: {}", line));
  }
  print(fmt::format("{}: {} run{}, {}\n", file.string(), page.runs, page.runs == 1 ? "" : "s",
                    human_bytes(static_cast<double>(page.html.size()))));
  return exit_done;
}

}  // namespace

Verb report_verb() {
  return {
      "report",
      "LOG... -o FILE.html",
      "a page of runs to look at: curves, samples side by side, differences",
      "One file that opens from disk in any browser, without a network. Of a folder, all logs in it. Runs that differ "
      "in their seeds alone are a group, whose curves are a mean with a band; --by groups them by something else. "
      "Logs that are broken are named, and left out. The page says what was left out of it for its size.",
      1,
      std::numeric_limits<size_t>::max(),
      {{"output", "FILE", "the page to write; it ends in .html", 'o'},
       {"by", "KEY,...", "group runs by settings, metrics or facts"},
       {"max-size", "MB",
        "at most so large, 1 to 2,000; the default is 20. Pictures of some steps are left out for it"},
       out_option()},
      make_report};
}

}  // namespace atelier::cli
