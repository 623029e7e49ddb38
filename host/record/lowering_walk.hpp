// The walk over a tape that lowering is. Only for lowering*.cpp.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "record/lowering.hpp"
#include "record/shards.hpp"

namespace atelier::record {

// Goes by a tape in the order of recording, a stretch of calls at a time, and each stretch once for every shard of the
// batch: the first shard's values are made, and its gradients, before the second one's, so that their memory serves
// again. The shards meet at the end of a stretch (an update), or where the last of them comes by (what is logged, or
// assigned to state). What does not change with the batch is made once, by the first.
class Lowering {
 public:
  Lowering(const Tape& tape, size_t calls, const Bank& bank, const Observation& observation, const ShardShare& share,
           Lowered& out);
  void run();

 private:
  using ShardValues = std::vector<Value>;  // one for each shard that is computed here

  // The gradients that the updates of a group go by, and the scalar that is 0 where they must not happen.
  struct Minimized {
    std::vector<Value> gradients;  // absent where the loss does not depend on a parameter
    Value finite;
  };

  // ---- The walk
  [[nodiscard]] bool is_one_for_all(const TapeCall& call) const;
  void take(const TapeCall& call);
  void take_input(const TapeCall& call);
  void apply(const TapeCall& call);
  void sum_shards(const TapeCall& call);
  void gradient(const TapeCall& call);
  void log(const TapeCall& call);
  void annotate(const TapeCall& call);
  void expect_finite(const TapeCall& call);
  void assign(const TapeCall& call);

  // ---- Updates
  void minimize(const TapeCall& call);
  void begin_recorded(const TapeCall& call);
  void gradients_at(const TapeCall& call);
  void replace(const TapeCall& call);
  std::optional<Minimized> minimized(const TapeCall& call);
  std::optional<std::vector<Value>> group_gradients(const ParameterGroup& group, const TapeCall& call);
  std::optional<std::vector<Value>> join_gradients(const TapeCall& call, const std::vector<Value>& leaves,
                                                   const std::function<Value(Value)>& seen);
  void add_gradients_of_all(const TapeCall& call, const std::vector<Value>& leaves,
                            const std::function<Value(Value)>& seen);
  void observe(const ParameterGroup& group, int64_t group_index, const std::vector<Value>& found, Value norm);
  void clip(double limit, Value norm, std::vector<Value>& found);
  void update(uint32_t parameter, Value gradient, Value finite, const TapeCall& call);

  // ---- What both need
  Value current(uint32_t parameter);
  Value zeros_like(const Value& value);
  Value squared_norm(const Value& gradient);
  // Of a call's input: whether each shard may have another, which must not depend on how many are computed here.
  [[nodiscard]] bool varies(const TapeCall& call, size_t i) const;
  Value mean_of(const TapeCall& call, size_t i);
  Value own_version(Value version, size_t shard);
  Value finite_of(Value value);
  Value still_finite(Value finite);
  Value still_finite(const TapeCall& call, size_t i);
  [[nodiscard]] Value input(const TapeCall& call, size_t i) const;
  [[nodiscard]] ShardValues inputs_of_all(const TapeCall& call, size_t i) const;
  [[nodiscard]] int64_t structural(const TapeCall& call, size_t i) const;
  void set(const TapeCall& call, const std::vector<Value>& values);
  void set_all(const TapeCall& call, const std::vector<Value>& values);

  const Tape& tape_;
  size_t calls_;
  const Bank& bank_;
  const Observation& observation_;
  Lowered& out_;
  Graph& graph_;
  ShardShare share_;
  std::vector<char> varying_;               // by place on the tape: whether each shard has its own
  bool is_synchronized_;                    // the shards meet before their losses are known
  std::vector<std::vector<Value>> values_;  // by shard computed here, by place on the tape
  std::vector<std::vector<Value>> leaves_;  // by parameter: its versions so far
  std::vector<int64_t> first_leaf_;         // of an input, by place on the tape
  int64_t leaves_seen_ = 0;
  std::vector<ShardTree> trees_;  // of the gradients that are being joined
  Value may_update_;              // of the recorded update that is being made
  size_t shard_ = 0;              // whose calls are being taken, of those computed here
  bool is_last_ = true;           // all shards have come by this call
  bool is_shared_ = false;        // the stretch is
};

}  // namespace atelier::record
