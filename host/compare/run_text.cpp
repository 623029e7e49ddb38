// One run for a terminal.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/printable.hpp"
#include "base/sparkline.hpp"
#include "base/terminal_table.hpp"
#include "compare/passports.hpp"
#include "compare/run.hpp"
#include "compare/sample_values.hpp"
#include "runlog/creation_time.hpp"

namespace atelier::compare {
namespace {

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
  for (const runlog::Note& note : run.notes) {
    text += field("note", runlog::whole_seconds(note.utc) + "  " + note.text);
  }
  text += field("ended", run.problem);
  text += field("steps", terminal::grouped(run.steps));
  text += field("time", terminal::duration_text(run.seconds));
  if (run.samples_per_second > 0) {
    text += field("speed", terminal::grouped(static_cast<int64_t>(run.samples_per_second)) + " samples/s");
  }
  return text;
}

// As many as are read at a glance: a text may have a vocabulary of thousands.
std::string names_text(const std::vector<std::string>& names) {
  constexpr size_t most = 24;
  const std::vector<std::string> first(names.begin(),
                                       names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size())));
  return fmt::format(": {}{}", fmt::join(first, ", "), names.size() > most ? ", ..." : "");
}

// "text: tokens int64 (64), 96 classes", and what its classes and channels are called.
std::string data_text(const catalog::FieldSpec& data) {
  std::string text = fmt::format("{}: {}, {} {}", data.name, catalog::name_of(data.kind),
                                 data.as_bytes ? "uint8" : tensor::name_of(data.dtype), tensor::to_string(data.dims));
  if (data.dtype != tensor::DType::i64) {
    text += data.low == 0 && data.high == 0 ? "" : fmt::format(", {} to {}", data.low, data.high);
  } else if (data.classes > 0) {
    text += fmt::format(", {} classes", data.classes);
  }
  text += data.rate > 0 ? fmt::format(", {} values a second", data.rate) : "";
  for (const std::vector<std::string>* names : {&data.class_names, &data.channel_names}) {
    text += names->empty() ? "" : names_text(*names);
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
  for (const catalog::FieldSpec& data : description.data.fields) {
    text += field("data", data_text(data));
  }
  text += field("started as", from.start_file_sha256.empty() ? from.start_run_id : "sha256 " + from.start_file_sha256);
  std::istringstream left_out(from.start_left_out);
  for (std::string line; std::getline(left_out, line);) {
    text += field("", line);
  }
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
               {terminal::sparkline(series.values, terminal::curve_columns)}});
  }
  std::string text = to_text(table, inside(layout));
  if (run.best.step > 0) {
    text +=
        fmt::format("\nbest {}: {} at step {} ({} is better)\n", run.best.metric, terminal::number_text(run.best.value),
                    terminal::grouped(run.best.step), catalog::to_string(run.best.better));
  } else if (run.best.better == catalog::Direction::neither) {
    text += fmt::format("\nno best: of {} neither larger nor smaller values are better\n", run.best.metric);
  }
  for (const Passport& passport : passports_of(run)) {
    text += fmt::format("\n{}: {}\n", printable(passport.metric), printable(to_text(passport)));
  }
  return text;
}

// The newest of them, as far as a terminal shows texts.
std::string texts_text(const std::vector<std::string>& texts) {
  constexpr size_t most = 4;
  std::string text;
  for (size_t i = 0; i < std::min(most, texts.size()); ++i) {
    text += fmt::format("\nsample {}\n{}", i, indented(printable_lines(texts[i])));
  }
  return text;
}

// Of each channel of the newest signals, or each column of rows: how small, large and what on average its values are.
std::string values_text(const SampleRows& rows, const std::vector<std::string>& names, const terminal::Layout& layout) {
  const catalog::FieldKind kind = rows.series.kind;
  terminal::TextTable table{{{kind == catalog::FieldKind::signal      ? "channel"
                              : kind == catalog::FieldKind::table_row ? "column"
                                                                      : "values"},
                             {"smallest", terminal::Align::right},
                             {"mean", terminal::Align::right},
                             {"largest", terminal::Align::right}},
                            {}};
  for (const ValueRange& range : ranges_of(rows, names)) {
    table.add({{range.name},
               {terminal::number_text(range.smallest)},
               {terminal::number_text(range.mean)},
               {terminal::number_text(range.largest)}});
  }
  return "\n" + to_text(table, inside(layout));
}

std::string samples(const Details& details, const terminal::Layout& layout) {
  std::string text;
  for (const SampleRows& rows : details.samples) {
    const runlog::SampleSeries& series = rows.series;
    const std::string when =
        rows.steps.empty() ? "none yet"
                           : fmt::format("{} times, steps {} to {}", rows.steps.size(),
                                         terminal::grouped(rows.steps.front()), terminal::grouped(rows.steps.back()));
    text += fmt::format("{}: {} of the kind '{}' {}, {}; in the log: {}", printable(series.name), series.count,
                        catalog::name_of(series.kind), tensor::to_string(series.dims), when, place_in_log(series));
    text += has_preview(series) ? fmt::format(", newest grid: /samples/{}/preview\n", printable(series.name)) : "\n";
    if (!rows.texts.empty()) {
      text += texts_text(rows.texts);
    } else if (rows.values.shape.rank() > 0) {
      text += values_text(rows, names_of_channels(details.description, series), layout);
    }
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
  for (const runlog::Slimming& slimming : details.slimmed) {
    text += field("dropped", fmt::format("{}  {}", runlog::whole_seconds(slimming.utc), slimming.parts));
  }
  text += heading("experiment", layout) + indented(description.resolved);
  text += heading("provenance", layout) + indented(provenance(description, layout));
  text += heading("metrics", layout) + indented(metrics(run, layout));
  text += heading("samples", layout) + indented(samples(details, layout));
  text += heading("weights", layout);
  return text + indented(weights_line("checkpoint", details.checkpoint) + weights_line("best", details.best) +
                         weights_line("final", details.final));
}

}  // namespace atelier::compare
