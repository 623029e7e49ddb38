// Recording and running the steps of one model in one mode (training, evaluation or sampling): tapes, plans, cuts,
// results.
//
//   calls of a model, through the core table (plugin/core_table.hpp)
//     |  Session            the verbs that a step is recorded with
//     |    record::Recorder   -> record::Tape (record/operation.hpp)
//     |    plan::PlanCache    -> plan::Plan (plan/plan.hpp)
//     |  Launch             the plan with this step's data, operands and memory (Arena)
//     |  Executor           its tasks, on all threads, while the next step is recorded
//     |  collect            copies of what somebody asked for
//     v
//   StepResults           logged numbers, requested tensors, norms, gradients
//
// Beside it stand profile.hpp (when each piece ran), non_finite.hpp (what made a step go bad) and average.hpp (moving
// averages of weights). To read next: launch.hpp, executor.hpp, step_results.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "execute/arena.hpp"
#include "execute/executor.hpp"
#include "execute/step_results.hpp"
#include "plan/plan_cache.hpp"
#include "record/recorder.hpp"

namespace atelier::execute {

using record::AttributeType;
using record::Location;
using record::Observation;
using record::Operation;
using record::RawAttribute;
using record::Recorder;
using record::Special;
using record::Tape;
using record::TapeCall;
using record::TensorType;
using record::UpdateRule;

enum class Mode : uint8_t { train, evaluate, sample };

// The counters that random draws of this step start from.
struct StepCounters {
  uint64_t seed = 0;
  uint64_t purpose = 0;
  int64_t step = 0;
  int64_t first_row = 0;
};

class Session {
 public:
  // `precision`: of the products and convolutions, where `real` is f32. `shards`: of how many equal pieces of a batch
  // the steps are made, each of which does what is recorded (record/lowering.hpp). `ranks`: the processes that the
  // pieces are spread over; this one has its own alone.
  Session(Mode mode, DType real, Bank& bank, Executor& executor, Arena& arena,
          kernels::Precision precision = kernels::Precision::float32, size_t shards = 1, Ranks* ranks = nullptr);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // ---- Recording: from begin to end, on one thread, while the step before may still run.
  void begin(const StepCounters& counters, const Observation& observation = {});
  uint32_t apply(const Operation& operation, std::span<const uint32_t> inputs, std::span<const RawAttribute> attributes,
                 Location location);
  // A leaf whose data (borrowed until the step is done) comes with this recording: that of each shard that is computed
  // here, one after the other.
  uint32_t input(const TensorType& type, const void* data, Location location);
  // The same, with the data copied, and one for all shards.
  uint32_t constant(const TensorType& type, const void* data, Location location);
  uint32_t use(uint32_t parameter);
  // As many results as inputs, from the returned index on.
  uint32_t gradient(uint32_t output, std::span<const uint32_t> inputs, Location location);
  // Throws Error(shape) for a loss that is no scalar. The optimizer's scalars have UpdateRule::max_scalars elements;
  // `average_share` is what the new weights have in their moving average, where the group keeps one.
  void minimize(size_t group, uint32_t loss, const double* scalars, Location location, double average_share = 0);
  // The same in two halves, for an optimizer that records its update: the gradients of the group's members, in their
  // order, from the returned index on, clipped as the group says; and a member's new value. Between them the loss's
  // gradients at other values of the members can be had.
  uint32_t group_gradients(size_t group, uint32_t loss, Location location);
  uint32_t gradients_at(size_t group, uint32_t loss, std::span<const uint32_t> values, Location location);
  void replace(uint32_t parameter, uint32_t value, double average_share, Location location);
  void assign(uint32_t parameter, uint32_t value, Location location);
  void log(std::string_view name, uint32_t value, const uint32_t* count, Location location);
  void annotate(std::string_view name, uint32_t value);
  // A value, of any shape, that the step's results are worth nothing without: StepResults::finite says whether it was.
  void expect_finite(uint32_t value);
  // Runs what was recorded so far. Afterwards (evaluate, sample) only the given values are valid, under new indices,
  // which replace them; in training all stay valid.
  void materialize(std::span<uint32_t> values, Location location);
  // Copies a value out, converted to double; cuts as materialize does, but (evaluate, sample) keeps only this value.
  void read(uint32_t& value, double* out, size_t capacity, Location location);
  // Whether a value's numbers are there already, so that reading it cuts nothing: the batch, a constant, what was
  // materialized.
  [[nodiscard]] bool is_known(uint32_t value) const { return leaf_of(value).data != nullptr; }
  // Ends the recording and plans it where its structure is new. `requested` values can be read from the results.
  void end(std::span<const uint32_t> requested = {});

  [[nodiscard]] const TensorType& type(uint32_t value) const { return recorder_.type(value); }
  [[nodiscard]] uint32_t generation() const { return generation_; }
  [[nodiscard]] size_t value_count() const { return recorder_.value_count(); }
  [[nodiscard]] Mode mode() const { return mode_; }

  // ---- Running. Each ended recording is started once, when the one before is done.
  void start(const Background* background = nullptr);
  // Waits for the running step, if any, and gives its results, which stay valid until the wait after the next start.
  const StepResults& wait();
  // Runs the ended recording step by step with every value looked at; returns in words what made a value that has to be
  // finite go bad, or "". Updates are made as in any run. Fused operations are found as one: an Observation of every
  // value tells them apart.
  std::string find_non_finite();
  // Where the times of what is started from now on go, parts of steps that reads cut off included; null for nowhere.
  void set_profile(Profile* profile) { profile_ = profile; }

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] int64_t plans_made() const { return plans_.made(); }
  [[nodiscard]] const Recorder& recorder() const { return recorder_; }
  [[nodiscard]] const Plan* newest_plan() const { return pending().plan; }
  // While a step runs, the next may be recorded; a read in it cannot be answered before the running step is done and
  // has been looked at. Such a recording fails, and this says so (once): record it again when nothing runs.
  bool take_refused_read() { return std::exchange(refused_read_, false); }
  // Whether some training step has been cut by a read.
  [[nodiscard]] bool cuts() const { return warned_of_read_; }
  // A line for the user about structures that keep changing, or reads that cut training steps; "" where there is none.
  std::string take_warning();

 private:
  struct Recording {  // what a run borrows
    const Plan* plan = nullptr;
    std::vector<Operand> operands;
    std::vector<const void*> bindings;
    std::vector<tensor::Storage> constants;
    size_t constants_used = 0;
    StepResults results;
  };

  Recording& pending() { return recordings_[recorded_ % 2]; }
  [[nodiscard]] const Recording& pending() const { return recordings_[recorded_ % 2]; }
  void begin_segment();
  const Plan* plan_for(std::span<const uint32_t> requested, bool keep_all);
  void run_now(const Plan& plan);
  void launch(const Recording& recording, const Background* background);
  [[nodiscard]] Launch launch_of(const Recording& recording);
  uint32_t name_number(std::string_view name);
  void require_loss(uint32_t loss, Location location) const;
  void require_value_of(uint32_t parameter, uint32_t value, Location location) const;
  void forget_current(uint32_t parameter);  // it has a new version
  void refuse_while_running();
  void refuse_in_shards(uint32_t value, Location location) const;
  uint32_t leaf(const TensorType& type, const void* data, bool is_cut, Location location);
  void cut_training(uint32_t value, Location location);
  struct Leaf {
    const void* data = nullptr;  // null for a value that has to be computed
    bool is_cut = false;         // each shard has its own
  };
  [[nodiscard]] Leaf leaf_of(uint32_t value) const;

  Mode mode_;
  Bank& bank_;
  Executor& executor_;
  Arena& arena_;
  Recorder recorder_;
  Observation observation_;
  StepCounters counters_;
  Profile* profile_ = nullptr;
  uint32_t generation_ = 0;
  int64_t draws_before_ = 0;                            // in earlier segments of this step
  std::vector<std::pair<uint32_t, uint64_t>> current_;  // by parameter: its version's value, valid for that stamp
  uint64_t stamp_ = 0;
  Recording recordings_[2];
  size_t recorded_ = 0;
  Recording* in_flight_ = nullptr;
  const Plan* executed_ = nullptr;  // of this recording's beginning, after a cut in training
  std::vector<tensor::Storage> materialized_[2];
  size_t materialized_turn_ = 0;
  plan::PlanCache plans_;
  plan::PlanRequest plan_request_;  // the newest, in memory that is used again
  std::vector<std::string> names_;  // few: searched one by one
  std::string warning_;
  bool warned_of_read_ = false;
  bool refused_read_ = false;
  bool warned_of_misses_ = false;
  std::vector<uint32_t> input_scratch_;
  std::vector<TensorType> type_scratch_;
};

}  // namespace atelier::execute
