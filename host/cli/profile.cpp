#include "cli/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/terminal_table.hpp"
#include "base/text.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::ordered_json;
using training::Activity;
using training::ProfiledOperation;
using training::ProfiledPiece;
using training::StepProfile;

constexpr size_t most_named = 3;

struct ProfiledRow {
  std::string name;
  int64_t calls = 0;
  double seconds = 0;  // of all workers
  double flops = 0;
};

std::string row_name(const ProfiledOperation& operation) {
  return operation.activity == Activity::operation ? short_name(operation.name) : "(" + operation.name + ")";
}

std::vector<ProfiledRow> rows_of(const StepProfile& profile) {
  std::vector<double> seconds(profile.operations.size(), 0);
  std::vector<int64_t> pieces(profile.operations.size(), 0);
  for (const ProfiledPiece& piece : profile.pieces) {
    seconds[piece.operation] += piece.end - piece.begin;
    ++pieces[piece.operation];
  }
  std::vector<ProfiledRow> rows;
  for (size_t i = 0; i < profile.operations.size(); ++i) {
    const ProfiledOperation& operation = profile.operations[i];
    if (pieces[i] == 0) {
      continue;
    }
    const std::string name = row_name(operation);
    auto row = std::ranges::find(rows, name, &ProfiledRow::name);
    if (row == rows.end()) {
      row = rows.insert(row, {name});
    }
    ++row->calls;
    row->seconds += seconds[i];
    row->flops += operation.flops;
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), &ProfiledRow::seconds);
  return rows;
}

// Seconds in which nothing was left to do but to assemble the next batch.
double waited_for_data(const StepProfile& profile) {
  double computed = 0;
  double assembled = 0;
  for (const ProfiledPiece& piece : profile.pieces) {
    double& end = profile.operations[piece.operation].activity == Activity::batch ? assembled : computed;
    end = std::max(end, piece.end);
  }
  return std::max(assembled - computed, 0.0);
}

std::string percent(double part, double whole) {
  return fmt::format("{:.1f}%", whole > 0 ? 100 * part / whole : 0);
}

Json arguments_of(const ProfiledOperation& operation, const ProfiledPiece& piece) {
  Json out{{"operation", operation.name}, {"piece", piece.piece}};
  if (operation.activity != Activity::operation) {
    return out;
  }
  out["phase"] = piece.phase;
  out["inputs"] = operation.inputs;
  out["outputs"] = operation.outputs;
  if (!operation.location.empty()) {
    out["location"] = operation.location;
  }
  if (operation.flops > 0) {
    out["flops"] = operation.flops;
  }
  return out;
}

}  // namespace

std::string short_name(const std::string& operations) {
  std::istringstream list(operations);
  std::vector<std::string> parts;
  for (std::string part; std::getline(list, part, '+');) {
    parts.push_back(part.ends_with("/1") ? part.substr(0, part.size() - 2) : part);
  }
  if (parts.size() <= most_named) {
    return fmt::format("{}", fmt::join(parts, "+"));
  }
  std::vector<std::string> kinds;
  for (const std::string& part : parts) {
    if (std::ranges::find(kinds, part) == kinds.end()) {
      kinds.push_back(part);
    }
  }
  const bool all = kinds.size() <= most_named;
  kinds.resize(std::min(kinds.size(), most_named));
  return fmt::format("{}{} ({} operations)", fmt::join(kinds, "+"), all ? "" : "+…", parts.size());
}

std::string trace_json(const StepProfile& profile) {
  constexpr double microseconds = 1e6;
  Json events = Json::array();
  for (int32_t worker = 0; worker < profile.workers; ++worker) {
    events.push_back({{"name", "thread_name"},
                      {"ph", "M"},
                      {"pid", 0},
                      {"tid", worker},
                      {"args", {{"name", fmt::format("worker {}", worker)}}}});
  }
  for (const ProfiledPiece& piece : profile.pieces) {
    const ProfiledOperation& operation = profile.operations[piece.operation];
    events.push_back({{"name", row_name(operation)},
                      {"cat", operation.flops > 0 ? "product" : "other"},
                      {"ph", "X"},
                      {"ts", piece.begin * microseconds},
                      {"dur", (piece.end - piece.begin) * microseconds},
                      {"pid", 0},
                      {"tid", piece.worker},
                      {"args", arguments_of(operation, piece)}});
  }
  const Json trace{{"traceEvents", events},
                   {"displayTimeUnit", "ms"},
                   {"otherData",
                    {{"step", profile.step},
                     {"seconds", profile.seconds},
                     {"waited_for_data", waited_for_data(profile)},
                     {"arena_bytes", profile.arena_bytes},
                     {"peak_arena_bytes", profile.peak_arena_bytes},
                     {"sgemm_peak", profile.sgemm_peak}}}};
  return trace.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string profile_text(const StepProfile& profile, const terminal::Layout& layout) {
  using terminal::Align;
  const double available = profile.seconds * profile.workers;
  const double worker_peak = profile.sgemm_peak / profile.workers;
  terminal::TextTable table{{{"operation"},
                             {"calls", Align::right},
                             {"ms", Align::right},
                             {"share", Align::right},
                             {"GFLOP/s", Align::right},
                             {"of sgemm", Align::right}},
                            {}};
  double busy = 0;
  double products = 0;
  for (const ProfiledRow& row : rows_of(profile)) {
    busy += row.seconds;
    products += row.flops > 0 ? row.seconds : 0;
    const double rate = row.seconds > 0 ? row.flops / row.seconds : 0;
    table.add({{row.name},
               {fmt::format("{}", row.calls)},
               {fmt::format("{:.3f}", 1e3 * row.seconds)},
               {percent(row.seconds, available)},
               {row.flops > 0 ? fmt::format("{:.1f}", 1e-9 * rate) : ""},
               {row.flops > 0 ? percent(rate, worker_peak) : ""}});
  }
  return fmt::format(
      "step {}: {:.3f} ms on {} worker{}; sgemm of 1024x1024 matrices: {:.1f} GFLOP/s a worker\n{}"
      "matrix products and convolutions {}, idle {} of the workers' time; waited {:.3f} ms for the next batch; "
      "arena {}, at most {} in the run\n",
      profile.step, 1e3 * profile.seconds, profile.workers, profile.workers == 1 ? "" : "s", 1e-9 * worker_peak,
      terminal::to_text(table, layout), percent(products, available), percent(available - busy, available),
      1e3 * waited_for_data(profile), human_bytes(static_cast<double>(profile.arena_bytes)),
      human_bytes(static_cast<double>(profile.peak_arena_bytes)));
}

}  // namespace atelier::cli
