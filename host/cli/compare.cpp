// atelier compare LOG... [FILTER...]
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/chosen_runs.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "compare/comparison.hpp"
#include "compare/curves.hpp"
#include "compare/grouping_tables.hpp"
#include "compare/json.hpp"
#include "pictures/png.hpp"

namespace atelier::cli {
namespace {

// "a,b" given twice with "c" is a, b, c.
std::vector<std::string> listed(const Arguments& arguments, const std::string& option) {
  std::vector<std::string> all;
  for (const std::string& given : arguments.all(option)) {
    std::istringstream parts(given);
    for (std::string part; std::getline(parts, part, ',');) {
      if (!part.empty()) {
        all.push_back(part);
      }
    }
  }
  if (arguments.has(option) && all.empty()) {
    throw Error(ErrorKind::usage, "--{}: got nothing, expected names with ',' between them", option);
  }
  return all;
}

double level_of(const Arguments& arguments) {
  constexpr double usual = 0.95;
  const std::string given = arguments.text("interval", "");
  double level = usual;
  if (arguments.has("interval")) {
    const auto [end, status] = std::from_chars(given.data(), given.data() + given.size(), level);
    if (status != std::errc() || end != given.data() + given.size() || !(level >= 0.5 && level <= 0.9999)) {
      throw Error(ErrorKind::usage, "--interval: got '{}', expected a number from 0.5 to 0.9999", given);
    }
  }
  return level;
}

compare::GroupingRequest request_of(const Arguments& arguments) {
  compare::GroupingRequest request;
  request.by = listed(arguments, "by");
  request.metrics = listed(arguments, "metric");
  request.reading = *compare::reading_from(arguments.choice("of", {"last", "best", "area"}));
  request.level = level_of(arguments);
  request.against = arguments.text("against", "");
  request.all_pairs = arguments.has("all-pairs");
  request.pair_seeds = !arguments.has("unpaired");
  request.anyway = arguments.has("anyway");
  return request;
}

struct Plot {
  std::filesystem::path file;  // empty: none is asked for
  compare::CurveOptions options;
};

Plot plot_of(const Arguments& arguments) {
  Plot plot{arguments.text("plot", ""), {}};
  if (!arguments.has("plot")) {
    for (const char* const option : {"log", "band"}) {
      if (arguments.has(option)) {
        throw Error(ErrorKind::usage, "--{}: expected --plot FILE beside it", option);
      }
    }
    return plot;
  }
  const std::string ending = plot.file.extension().string();
  if (ending != ".svg" && ending != ".png") {
    throw Error(ErrorKind::usage, "--plot: got '{}', expected a name that ends in .svg or .png", plot.file.string());
  }
  check_writable(plot.file);
  const std::string axes = arguments.has("log") ? arguments.choice("log", {"y", "x", "xy"}) : "";
  plot.options.anyway = arguments.has("anyway");
  plot.options.logarithmic_x = axes.find('x') != std::string::npos;
  plot.options.logarithmic_y = axes.find('y') != std::string::npos;
  if (arguments.has("band") && !arguments.has("by")) {
    throw Error(ErrorKind::usage, "--band: expected --by KEY beside it, which makes groups");
  }
  plot.options.band = *compare::band_from(arguments.choice("band", {"range", "deviation", "interval"}));
  return plot;
}

void write_plot(const Plot& plot, const std::vector<pictures::Chart>& charts) {
  std::vector<pictures::Drawing> drawings;
  std::ranges::transform(charts, std::back_inserter(drawings),
                         [](const pictures::Chart& chart) { return pictures::drawing_of(chart); });
  const pictures::Drawing drawing = pictures::stacked(drawings);
  if (plot.file.extension() == ".svg") {
    write_file(plot.file, pictures::to_svg(drawing));
  } else {
    constexpr double pixels = 2;  // for screens that have so many
    pictures::write_png(plot.file, pictures::to_pixels(drawing, pixels));
  }
  std::vector<std::string> metrics;
  std::ranges::transform(charts, std::back_inserter(metrics), &pictures::Chart::title);
  print_message(plot.file.string() + ": curves of " + list_of(metrics));
}

enum class Output { text, csv, json, markdown, latex };

Output output_form(const Arguments& arguments) {
  Output output = Output::text;
  std::string given;
  for (const auto& [name, kind] : {std::pair("csv", Output::csv),
                                   {"json", Output::json},
                                   {"markdown", Output::markdown},
                                   {"latex", Output::latex}}) {
    if (arguments.has(name)) {
      if (!given.empty()) {
        throw Error(ErrorKind::usage, "--{}: expected without --{}", name, given);
      }
      output = kind;
      given = name;
    }
  }
  return output;
}

void check_compare_options(const Arguments& arguments) {
  for (const char* const option : {"of", "interval", "against", "all-pairs", "unpaired"}) {
    if (arguments.has(option) && !arguments.has("by")) {
      throw Error(ErrorKind::usage, "--{}: expected --by KEY beside it, which makes groups", option);
    }
  }
  if (arguments.has("against") && arguments.has("all-pairs")) {
    throw Error(ErrorKind::usage, "--against: expected without --all-pairs");
  }
}

// Of a name the newest run; all of its runs where they are grouped or chosen from.
std::vector<compare::Run> chosen_runs(const Arguments& arguments) {
  const runlog::Places places = places_of(arguments);
  const ChosenBy words = told_apart(arguments.words, places);
  if (words.logs.empty()) {
    throw Error(ErrorKind::usage, "atelier compare: got a filter alone, expected LOG... before it");
  }
  const bool all = arguments.has("by") || !words.filters.empty();
  const auto of_name = all ? runlog::OfName::all : runlog::OfName::newest;
  if (words.filters.empty()) {
    return compare::read_runs(runlog::find_logs(words.logs, of_name, places), listed(arguments, "metric"));
  }
  const std::vector<compare::RunSummary> found =
      compare::summaries_of(runlog::find_headings(words.logs, of_name, places));
  std::vector<std::filesystem::path> logs;
  for (const compare::RunSummary& run : those_chosen(found, compare::RunKeys(found), words.filters)) {
    logs.push_back(run.path);
  }
  if (logs.empty()) {
    throw Error(ErrorKind::usage, "atelier compare: none of {} is chosen by the filters", counted(std::ssize(found)));
  }
  return compare::read_runs(logs, listed(arguments, "metric"));
}

void print_sections(const std::vector<compare::Section>& sections, Output output) {
  print(output == Output::markdown ? compare::sections_markdown(sections)
        : output == Output::latex  ? compare::sections_latex(sections)
                                   : compare::sections_text(sections, output_layout()));
}

void compare_groups(std::vector<compare::Run> runs, const Arguments& arguments, Output output, const Plot& plot) {
  const compare::Grouping grouping = compare::group(std::move(runs), request_of(arguments));
  if (!plot.file.empty()) {
    write_plot(plot, compare::charts_of(grouping, plot.options));
  }
  if (output == Output::json) {
    print_json(compare::to_json(grouping));
  } else if (output == Output::csv) {
    print(compare::to_csv(grouping));
  } else {
    print_sections(compare::sections_of(grouping), output);
  }
}

void compare_runs(std::vector<compare::Run> runs, const Arguments& arguments, Output output, const Plot& plot) {
  const std::vector<std::string> metrics = listed(arguments, "metric");
  if (metrics.size() > 1) {
    throw Error(ErrorKind::usage, "--metric: got {} names, expected one, whose curves are drawn; several go with --by",
                metrics.size());
  }
  const compare::Comparison comparison = compare::compare(std::move(runs), metrics.empty() ? "" : metrics.front());
  if (!plot.file.empty() && !comparison.runs.empty()) {
    write_plot(plot, {compare::chart_of(comparison, plot.options)});
  }
  if (output == Output::json) {
    print_json(compare::to_json(comparison));
  } else if (output == Output::csv) {
    print(compare::to_csv(comparison));
  } else {
    print_sections(compare::sections_of(comparison, arguments.has("anyway")), output);
  }
  if (comparison.runs.empty()) {
    throw Error(ErrorKind::file, "none of the logs can be read");
  }
}

int compare_verb_runs(const Arguments& arguments) {
  check_compare_options(arguments);
  const Output output = output_form(arguments);
  const Plot plot = plot_of(arguments);
  std::vector<compare::Run> runs = chosen_runs(arguments);
  (arguments.has("by") ? compare_groups : compare_runs)(std::move(runs), arguments, output, plot);
  return exit_done;
}

}  // namespace

Verb compare_verb() {
  return {
      "compare",
      "LOG... [FILTER...]",
      "settings that differ, beside results; groups of runs over seeds, and whether they differ",
      "Of a folder, all logs in it; filters are those of 'atelier ls'. Logs that are broken are named, and left out. "
      "What "
      "runs did not measure with the same is not shown side by side, but with --anyway.\n"
      "With --by, runs that have the same values of the keys are one group, seeds within, and of a NAME all runs are "
      "taken. Each group has its mean, deviation and interval over seeds; between groups, the difference has an "
      "interval, "
      "a permutation test and what these seeds could show: see docs/comparing.md.\n"
      "  atelier compare vae-fashion --by model.latent --against 20\n"
      "  atelier compare runs 'seed < 6' --by name,learning_rate --metric test/elbo --latex",
      1,
      std::numeric_limits<size_t>::max(),
      {{"by", "KEY,...", "groups of runs by settings (latent), facts (name) or a pattern of settings ('model.*')", 0,
        true},
       {"metric", "NAME,...",
        "the metric of the curves; with --by, those that are shown and tested. The default is the "
        "one that chooses the best weights",
        0, true},
       {"of", "READING", "what is tested: last (the default), best, or area, the mean over steps"},
       {"interval", "LEVEL", "of the intervals; the default is 0.95"},
       {"against", "GROUP", "tests all other groups against this one, instead of every pair"},
       {"all-pairs", "", "tests every pair of groups, also of more than eight"},
       {"unpaired", "", "does not pair runs of one seed"},
       {"anyway", "",
        "compares what was not measured with the same, marked, and takes the newest of several runs of a seed"},
       {"plot", "FILE", "draws the curves of --metric into FILE.svg or FILE.png: of groups their means, with bands"},
       {"log", "AXES", "logarithmic axes of the plot: y, x or xy"},
       {"band", "KIND",
        "what bands of a plot show: range, from the smallest to the largest seed (the default), deviation or interval"},
       {"markdown", "", "print tables in Markdown"},
       {"latex", "", "print tables in LaTeX, for the package booktabs"},
       json_option(),
       csv_option(),
       out_option()},
      compare_verb_runs};
}

}  // namespace atelier::cli
