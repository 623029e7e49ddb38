// One run for a terminal.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>

#include "base/printable.hpp"
#include "base/sparkline.hpp"
#include "base/terminal_table.hpp"
#include "compare/run.hpp"

namespace atelier::compare {
namespace {

constexpr size_t curve_columns = 40;

std::string heading(const std::string& text, const terminal::Layout& layout) {
  return fmt::format("\n{}\n", terminal::emphasized(text, terminal::Emphasis::strong, layout.colour));
}

std::string field(const std::string& name, const std::string& value) {
  return value.empty() ? "" : fmt::format("{} {}\n", terminal::pad_right(name, 10), printable(value));
}

std::string indented(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    out += line.empty() ? "\n" : fmt::format("  {}\n", line);
  }
  return out;
}

terminal::Layout inside(const terminal::Layout& layout) {  // of what is indented by two
  return {layout.width > 2 ? layout.width - 2 : layout.width, layout.colour};
}

std::string identity(const Run& run, const terminal::Layout& layout) {
  std::string text = fmt::format(
      "{}  {}  {}\n", terminal::emphasized(printable(run.name), terminal::Emphasis::strong, layout.colour),
      printable(run.run_id), terminal::emphasized(to_string(run.state), emphasis_of(run.state), layout.colour));
  text += field("path", run.path.string());
  text += field("created", run.created_utc);
  text += field("seed", fmt::format("{}", run.seed));
  text += field("tags", fmt::format("{}", fmt::join(run.tags, ", ")));
  text += field("ended", run.problem);
  text += field("steps", terminal::grouped(run.steps));
  text += field("time", terminal::duration_text(run.seconds));
  if (run.samples_per_second > 0) {
    text += field("speed", terminal::grouped(static_cast<int64_t>(run.samples_per_second)) + " samples/s");
  }
  return text;
}

std::string provenance(const runlog::RunDescription& description, const terminal::Layout& layout) {
  const runlog::Provenance& from = description.provenance;
  std::string text = field("host", from.host);
  text += field("threads", fmt::format("{}", from.threads));
  text +=
      field("dataset", from.dataset_sha256.empty() ? from.dataset
                                                   : fmt::format("{}  sha256 {}", from.dataset, from.dataset_sha256));
  for (const runlog::ClassNames& classes : from.classes) {
    text += field("classes", fmt::format("{}: {}", classes.field, fmt::join(classes.names, ", ")));
  }
  text += field("started as", from.start_run_id);
  for (const runlog::ForeignRun& run : description.foreign) {
    text += field("uses", fmt::format("{}  {}", run.name, run.run_id));
  }
  for (const runlog::Change& change : from.changes) {
    text += field("changed", fmt::format("after step {}: {}", terminal::grouped(change.step), to_text(change)));
  }
  text += field("revision", from.source_revision);
  terminal::TextTable plugins{{{"plugin"}, {"version"}, {"sha256"}, {"path"}}, {}};
  for (const auto& plugin : from.plugins) {
    plugins.add({{plugin.name}, {plugin.version}, {terminal::shortened(plugin.sha256, 13)}, {plugin.path}});
  }
  text += fmt::format("\n{}", to_text(plugins, inside(layout)));
  if (!description.overrides.empty()) {
    text += fmt::format("\noverrides\n{}", indented(description.overrides));
  }
  return text + fmt::format("\nfingerprint\n{}", indented(from.fingerprint));
}

std::string metrics(const Run& run, const terminal::Layout& layout) {
  terminal::TextTable table{{{"metric"},
                             {"last", terminal::Align::right},
                             {"smallest", terminal::Align::right},
                             {"largest", terminal::Align::right},
                             {"better"},
                             {"curve"}},
                            {}};
  for (const auto& series : run.metrics) {
    const std::string units = series.units.empty() ? "" : fmt::format(" ({})", series.units);
    table.add({{series.full_name() + units},
               {terminal::number_text(series.last())},
               {terminal::number_text(series.smallest())},
               {terminal::number_text(series.largest())},
               {catalog::to_string(series.better)},
               {terminal::sparkline(series.values, curve_columns)}});
  }
  std::string text = to_text(table, inside(layout));
  if (run.best.step > 0) {
    text +=
        fmt::format("\nbest {}: {} at step {} ({} is better)\n", run.best.metric, terminal::number_text(run.best.value),
                    terminal::grouped(run.best.step), catalog::to_string(run.best.better));
  } else if (run.best.better == catalog::Direction::neither) {
    text += fmt::format("\nno best: of {} neither larger nor smaller values are better\n", run.best.metric);
  }
  return text;
}

std::string samples(const Details& details) {
  std::string text;
  for (const auto& [series, steps] : details.samples) {
    const std::string when = steps.empty()
                                 ? "none yet"
                                 : fmt::format("{} times, steps {} to {}", steps.size(),
                                               terminal::grouped(steps.front()), terminal::grouped(steps.back()));
    text += fmt::format(
        "{}: {} images of {}x{}x{}, {}; in the log: /samples/{}/images, newest grid: /samples/{}/preview\n",
        series.name, series.count, series.height, series.width, series.channels, when, series.name, series.name);
  }
  return text;
}

std::string weights_line(const std::string& name, const WeightsAt& weights) {
  if (!weights.problem.empty()) {
    return field(name, "cannot be read: " + weights.problem);
  }
  return field(name, weights.step ? fmt::format("step {}", terminal::grouped(*weights.step)) : "none");
}

}  // namespace

std::string to_text(const Run& run, const Details& details, const terminal::Layout& layout) {
  const runlog::RunDescription& description = details.description;
  std::string text = identity(run, layout);
  text += heading("experiment", layout) + indented(description.resolved);
  text += heading("provenance", layout) + indented(provenance(description, layout));
  text += heading("metrics", layout) + indented(metrics(run, layout));
  text += heading("samples", layout) + indented(samples(details));
  text += heading("weights", layout);
  return text + indented(weights_line("checkpoint", details.checkpoint) + weights_line("best", details.best) +
                         weights_line("final", details.final));
}

}  // namespace atelier::compare
