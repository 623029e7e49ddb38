// What a sweep runs next.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "experiment/sweep.hpp"

namespace atelier::cli {

struct PointTask {
  experiment::SweepPoint point;
  // Where it stops with a checkpoint, to be gone on with or not. The same point may be given out again with a later
  // one.
  int64_t last_step = std::numeric_limits<int64_t>::max();
  // What comes next depends on its result: where another process has the point its end is awaited, and where it has
  // failed before it is not tried again.
  bool decides = false;
};

struct PointResult {
  enum class Kind {
    finished,     // its log is whole, now or before this sweep
    paused,       // at the task's last step, or beyond it
    failed,       // its log says why, or there is none
    elsewhere,    // another process runs it
    interrupted,  // with all of the sweep
  };
  Kind kind = Kind::finished;
  std::string identity;
  std::filesystem::path log;  // empty where there is none
  std::string reason{};       // why it failed
  bool ran = true;            // now, and not before this sweep
};

// Gives points out. Where what it gives depends on results it is a function of the identities and results of points
// that have ended, whatever their order: so the sweep comes to the same, however many run at a time and whenever it was
// interrupted. Every task ends in one result; a sweep that is started again gives all of them out again, and hears of
// what was done before at once.
class SweepPlan {
 public:
  SweepPlan() = default;
  SweepPlan(const SweepPlan&) = delete;
  SweepPlan& operator=(const SweepPlan&) = delete;
  virtual ~SweepPlan() = default;
  // Nothing where there is none now: it is asked again after the next result, and where none is awaited all is done.
  virtual std::optional<PointTask> next() = 0;
  // How many it could give now at least.
  [[nodiscard]] virtual size_t waiting() const = 0;
  virtual void ended(const PointResult& result) = 0;
  // Of all that it gives, as far as it can be known now, for people to see how far it is.
  [[nodiscard]] virtual size_t total() const = 0;
  // When all has ended, or was interrupted: what it has come to, and the exit code; nothing where each task's own end
  // is all that there is to say.
  struct Conclusion {
    std::string text;
    int code = 0;
  };
  virtual std::optional<Conclusion> conclude() { return std::nullopt; }
};

// Every point once, in their order, to its end.
class AllPoints : public SweepPlan {
 public:
  explicit AllPoints(const experiment::Sweep& sweep) : points_(sweep.points) {}  // borrowed
  std::optional<PointTask> next() override {
    return given_ < points_.size() ? std::optional(PointTask{points_[given_++]}) : std::nullopt;
  }
  [[nodiscard]] size_t waiting() const override { return points_.size() - given_; }
  void ended(const PointResult& /*result*/) override {}
  [[nodiscard]] size_t total() const override { return points_.size(); }

 private:
  const std::vector<experiment::SweepPoint>& points_;
  size_t given_ = 0;
};

}  // namespace atelier::cli
