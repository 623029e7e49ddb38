// Memory that is used again: no plan of a random step writes over what somebody still reads, in any order in which its
// tasks may run.
#include <doctest/doctest.h>

#include <optional>

#include "random_recording.hpp"

using namespace atelier;
using namespace atelier::ops::test;

namespace {

struct Range {  // bytes of the arena or of a parameter
  int32_t space = -1;
  size_t begin = 0, end = 0;

  [[nodiscard]] bool overlaps(const Range& other) const {
    return space == other.space && begin < other.end && other.begin < end;
  }
};

// Every pair of a buffer and a step that writes over it, against the order that the tasks keep.
class PlanCheck {
 public:
  explicit PlanCheck(const plan::Plan& plan)
      : plan_(plan), first_task_(plan.steps.size(), -1), last_task_(first_task_) {
    find_order();
  }

  // What is wrong, "" where nothing is.
  std::string run() {
    for (int32_t buffer = 0; buffer < count(plan_.buffers) && wrong_.empty(); ++buffer) {
      check(buffer);
    }
    for (int32_t step = 0; step < count(plan_.steps) && wrong_.empty(); ++step) {
      check_within(step);
    }
    return wrong_;
  }
  // Pairs that share memory, so that a test sees that there were some.
  [[nodiscard]] int64_t shared() const { return shared_; }

 private:
  template <typename T>
  static int32_t count(const std::vector<T>& list) {
    return static_cast<int32_t>(list.size());
  }
  [[nodiscard]] const plan::Step& step(int32_t s) const { return plan_.steps[static_cast<size_t>(s)]; }

  void find_order() {
    const size_t tasks = plan_.tasks.size();
    reaches_.assign(tasks, std::vector<char>(tasks, 0));
    for (size_t t = tasks; t-- > 0;) {
      const plan::Task& task = plan_.tasks[t];
      last_task_[static_cast<size_t>(task.step)] =
          std::max(last_task_[static_cast<size_t>(task.step)], static_cast<int32_t>(t));
      first_task_[static_cast<size_t>(task.step)] = static_cast<int32_t>(t);
      for (const int32_t next : task.releases) {
        REQUIRE(next > static_cast<int32_t>(t));
        reaches_[t][static_cast<size_t>(next)] = 1;
        for (size_t later = 0; later < tasks; ++later) {
          reaches_[t][later] |= reaches_[static_cast<size_t>(next)][later];
        }
      }
    }
  }
  [[nodiscard]] bool is_before(int32_t earlier, int32_t later) const {
    return reaches_[static_cast<size_t>(last_task_[static_cast<size_t>(earlier)])]
                   [static_cast<size_t>(first_task_[static_cast<size_t>(later)])] != 0;
  }

  [[nodiscard]] Range range_of(int32_t buffer) const {
    const plan::PlannedBuffer& planned = plan_.buffers[static_cast<size_t>(buffer)];
    switch (planned.residence) {
      case plan::Residence::arena:
        return {0, planned.offset, planned.offset + planned.bytes};
      case plan::Residence::parameter:
        return {1 + planned.index, 0, planned.bytes};
      default:
        return {};  // never used again
    }
  }
  [[nodiscard]] Range workspace_of(int32_t s) const {
    return {0, step(s).workspace_offset, step(s).workspace_offset + step(s).kernel->workspace_bytes()};
  }

  void check(int32_t buffer) {
    const Range range = range_of(buffer);
    const auto has = [&](const std::vector<int32_t>& list) { return std::ranges::find(list, buffer) != list.end(); };
    std::optional<int32_t> writer;
    std::vector<int32_t> readers;
    for (int32_t s = 0; s < count(plan_.steps); ++s) {
      if (has(step(s).outputs)) {
        writer = s;
      }
      if (has(step(s).inputs)) {
        readers.push_back(s);
      }
    }
    const bool shown = std::ranges::any_of(plan_.outputs, [&](const plan::PlanOutput& output) {
      return output.buffer == buffer || output.count_buffer == buffer;
    });
    for (const int32_t reader : readers) {
      require(!writer || is_before(*writer, reader), buffer, reader, "read before it is written");
    }
    for (int32_t s = 0; s < count(plan_.steps); ++s) {
      if (s == writer || !writes_over(s, range)) {
        continue;
      }
      ++shared_;
      if (writer && is_before(s, *writer)) {
        continue;
      }
      require(!writer || is_before(*writer, s), buffer, s, "written twice at one time");
      require(!shown, buffer, s, "written over although it is shown in the end");
      for (const int32_t reader : readers) {
        require(reader == s || is_before(reader, s), buffer, s, "written over before its last reader is done");
      }
    }
  }

  [[nodiscard]] bool writes_over(int32_t s, const Range& range) const {
    return range.space >= 0 && (range.overlaps(workspace_of(s)) || std::ranges::any_of(step(s).outputs, [&](int32_t b) {
                                  return range.overlaps(range_of(b));
                                }));
  }

  // A step may write over what it reads only where its kernel says so, and then over the whole.
  void check_within(int32_t s) {
    const auto& outputs = step(s).outputs;
    for (size_t o = 0; o < outputs.size(); ++o) {
      const Range written = range_of(outputs[o]);
      require(written.space < 0 || !written.overlaps(workspace_of(s)), outputs[o], s, "in the step's workspace");
      for (size_t other = 0; other < o; ++other) {
        require(written.space < 0 || !written.overlaps(range_of(outputs[other])), outputs[o], s, "written twice");
      }
      for (size_t i = 0; i < step(s).inputs.size(); ++i) {
        const Range read = range_of(step(s).inputs[i]);
        if (written.space == 0 && written.overlaps(read)) {
          require(o == 0 && read.begin == written.begin && read.end == written.end && step(s).kernel->may_overwrite(i),
                  outputs[o], s, "written over an input that is still read");
        }
      }
    }
    for (const int32_t input : step(s).inputs) {
      require(range_of(input).space < 0 || !range_of(input).overlaps(workspace_of(s)), input, s, "in the workspace");
    }
  }

  void require(bool condition, int32_t buffer, int32_t s, std::string_view what) {
    if (!condition && wrong_.empty()) {
      wrong_ = fmt::format("buffer {}, step {} ({}): {}", buffer, s, step(s).name, what);
    }
  }

  const plan::Plan& plan_;
  std::vector<int32_t> first_task_, last_task_;  // by step
  std::vector<std::vector<char>> reaches_;       // by task, by task: 1 where the first is done before the second starts
  std::string wrong_;
  int64_t shared_ = 0;
};

}  // namespace

TEST_CASE("lifetimes: no buffer of a random step is written over before its last reader is done") {
  int64_t shared = 0;
  for (unsigned seed = 0; seed < 500; ++seed) {
    for (const bool every_value : {false, true}) {
      CAPTURE(seed);
      CAPTURE(every_value);
      Bench bench(Mode::train);
      RandomRecording::add_parameters(bench);
      record::Observation observation;
      observation.every_value = every_value;
      bench.begin(0, 0, 7, observation);
      bench.session().end(RandomRecording(bench, seed, RandomKind::training).record(0));
      PlanCheck check(*bench.session().newest_plan());
      CHECK(check.run() == "");
      shared += check.shared();
    }
  }
  CHECK(shared > 10000);
}
