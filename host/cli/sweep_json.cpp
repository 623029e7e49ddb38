// A sweep as programs follow it: docs/sweeps.md has the events.
#include <array>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/spectator_output.hpp"
#include "cli/sweep_view.hpp"
#include "cli/terminal.hpp"

namespace atelier::cli {
namespace {

using Json = nlohmann::ordered_json;
using ResultKind = PointResult::Kind;

Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

void put(const Json& json) {
  print_json(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  try_to_flush_output();
}

// Which point, and then what.
void put(const SweepRun& run, const Json& event) {
  Json json{{"event", event.at("event")}, {"point", run.task.point.identity}};
  json.update(event);
  put(json);
}

const char* name_of_result(const std::optional<ResultKind>& result) {
  constexpr std::array<const char*, 5> names{"finished", "paused", "failed", "elsewhere", "interrupted"};
  return result ? names[static_cast<size_t>(*result)] : "retried";
}

class JsonView : public SweepView {
 public:
  void began(const SweepRun& run, size_t total, int threads) override {
    put(run, {{"event", "began"},
              {"label", name_of(run.task.point)},
              {"number", run.ordinal},
              {"points", total},
              {"threads", threads},
              {"retry", run.retries}});
  }

  void happened(const SweepRun& run, const RunEvent& event) override {
    if (event.kind != RunEvent::Kind::ended) {  // which ended() says, for processes that could not, too
      put(run, Json::parse(to_json_line(event)));
    }
  }

  void said(const SweepRun& run, const std::string& line) override {
    print_message("point " + std::to_string(run.ordinal) + ": " + line);
  }

  void ended(const SweepRun& run, const supervision::End& end, const std::string& /*output*/) override {
    put(run, {{"event", "ended"},
              {"status", name_of_result(run.result)},
              {"reason", run.reason},
              {"log", run.log.string()},
              {"seconds", end.seconds},
              {"most_memory", end.most_memory}});
  }

  void passed(const std::vector<RunningPoint>& running, const SweepOverview& overview) override {
    for (const RunningPoint& point : running) {
      if (point.moved && point.progress.step > 0) {
        const supervision::Progress& progress = point.progress;
        put(*point.run, {{"event", "progress"},
                         {"step", progress.step},
                         {"total_steps", progress.total_steps},
                         {"epoch", finite_or_null(progress.epoch)},
                         {"loss_name", progress.loss_name.text()},
                         {"loss", finite_or_null(progress.loss)},
                         {"samples_per_second", finite_or_null(progress.samples_per_second)},
                         {"seconds_left", finite_or_null(progress.seconds_left)}});
      }
    }
    if (!running.empty()) {
      put_overview("sweep", overview);
    }
  }

  void note(const std::string& line) override { print_message(line); }
  [[nodiscard]] double passing_seconds() const override { return 1; }
  void summary(const SweepOverview& overview, const std::string& /*text*/) override {
    put_overview("summary", overview);
  }

 private:
  static void put_overview(const char* event, const SweepOverview& overview) {
    Json json{{"event", event}, {"points", overview.total}, {"done", overview.done}, {"failed", overview.failed}};
    json["elsewhere"] = overview.elsewhere;
    json["seconds_left"] = overview.seconds_left < 0 ? Json(nullptr) : finite_or_null(overview.seconds_left);
    if (overview.best) {
      json["best"] = {{"metric", overview.best->metric},
                      {"value", finite_or_null(overview.best->value)},
                      {"label", overview.best->name},
                      {"better", overview.best->larger_is_better ? "larger" : "smaller"}};
    }
    put(json);
  }
};

}  // namespace

std::unique_ptr<SweepView> json_view() {
  return std::make_unique<JsonView>();
}

}  // namespace atelier::cli
