#include "plan/arrangement.hpp"

#include <algorithm>
#include <functional>

#include "plan/placement.hpp"
#include "tensor/storage.hpp"

namespace atelier::plan {
namespace {

class Arrangement {
 public:
  Arrangement(Plan& plan, const std::vector<int32_t>& keep_to_end) : plan_(&plan), keep_to_end_(keep_to_end) {}

  void run() {
    allocate();
    order();
    make_tasks();
  }

 private:
  // ---- Memory

  void allocate() {
    const auto steps = static_cast<int32_t>(plan_->steps.size());
    find_lifetimes();
    overwrite_inputs();
    keep_what_is_under_way();
    std::vector<Placement> placements;
    std::vector<int32_t> placed;
    for (size_t b = 0; b < plan_->buffers.size(); ++b) {
      if (plan_->buffers[b].residence == Residence::arena && last_use_[b] >= 0 && shares_[b] < 0) {
        placed.push_back(static_cast<int32_t>(b));
        placements.push_back({plan_->buffers[b].bytes, first_use_[b], last_use_[b], 0});
      }
    }
    std::vector<size_t> workspaces;
    for (int32_t s = 0; s < steps; ++s) {
      const kernels::Kernel& kernel = *plan_->steps[static_cast<size_t>(s)].kernel;
      plan_->scratch_bytes = std::max(plan_->scratch_bytes, kernel.scratch_bytes());
      if (kernel.workspace_bytes() > 0) {
        workspaces.push_back(placements.size());
        placed.push_back(-s - 1);
        placements.push_back({kernel.workspace_bytes(), s, until_[static_cast<size_t>(s)], 0});
      }
    }
    plan_->arena_bytes = place(placements);
    for (size_t i = 0; i < placements.size(); ++i) {
      if (placed[i] >= 0) {
        plan_->buffers[static_cast<size_t>(placed[i])].offset = placements[i].offset;
      } else {
        plan_->steps[static_cast<size_t>(-placed[i] - 1)].workspace_offset = placements[i].offset;
      }
    }
    for (size_t b = 0; b < plan_->buffers.size(); ++b) {
      if (shares_[b] >= 0) {
        plan_->buffers[b].offset = plan_->buffers[static_cast<size_t>(shared_root(static_cast<int32_t>(b)))].offset;
      }
    }
    allocate_own();
  }

  void find_lifetimes() {
    const auto steps = static_cast<int32_t>(plan_->steps.size());
    first_use_.assign(plan_->buffers.size(), steps);
    last_use_.assign(plan_->buffers.size(), -1);
    shares_.assign(plan_->buffers.size(), -1);
    const auto use = [&](int32_t buffer, int32_t s) {
      auto& first = first_use_[static_cast<size_t>(buffer)];
      auto& last = last_use_[static_cast<size_t>(buffer)];
      first = std::min(first, s);
      last = std::max(last, s);
    };
    for (int32_t s = 0; s < steps; ++s) {
      for (const int32_t buffer : plan_->steps[static_cast<size_t>(s)].inputs) {
        use(buffer, s);
      }
      for (const int32_t buffer : plan_->steps[static_cast<size_t>(s)].outputs) {
        use(buffer, s);
      }
    }
    for (const int32_t buffer : keep_to_end_) {
      last_use_[static_cast<size_t>(buffer)] = steps;
    }
  }

  [[nodiscard]] int32_t shared_root(int32_t buffer) const {
    while (shares_[static_cast<size_t>(buffer)] >= 0) {
      buffer = shares_[static_cast<size_t>(buffer)];
    }
    return buffer;
  }

  // An elementwise result may take the place of an input that nobody reads after.
  void overwrite_inputs() {
    for (int32_t s = 0; s < static_cast<int32_t>(plan_->steps.size()); ++s) {
      const Step& step = plan_->steps[static_cast<size_t>(s)];
      if (step.outputs.empty()) {
        continue;
      }
      const int32_t output = step.outputs[0];
      if (plan_->buffers[static_cast<size_t>(output)].residence != Residence::arena) {
        continue;
      }
      for (size_t i = 0; i < step.inputs.size(); ++i) {
        const int32_t root = shared_root(step.inputs[i]);
        const PlannedBuffer& input = plan_->buffers[static_cast<size_t>(root)];
        const bool once = std::ranges::count_if(step.inputs, [&](int32_t b) { return shared_root(b) == root; }) == 1;
        if (once && input.residence == Residence::arena && last_use_[static_cast<size_t>(root)] == s &&
            input.bytes == plan_->buffers[static_cast<size_t>(output)].bytes && step.kernel->may_overwrite(i)) {
          shares_[static_cast<size_t>(output)] = root;
          last_use_[static_cast<size_t>(root)] = std::max(s, last_use_[static_cast<size_t>(output)]);
          break;
        }
      }
    }
  }

  // What is exchanged with other ranks keeps its memory until somebody needs what comes of it: the steps between would
  // wait for the exchange if they had to write there.
  void keep_what_is_under_way() {
    until_.resize(plan_->steps.size());
    for (int32_t s = 0; s < static_cast<int32_t>(plan_->steps.size()); ++s) {
      const Step& step = plan_->steps[static_cast<size_t>(s)];
      until_[static_cast<size_t>(s)] = s;
      if (step.exchange == nullptr) {
        continue;
      }
      for (auto later = s + 1; later < static_cast<int32_t>(plan_->steps.size()); ++later) {
        const std::vector<int32_t>& read = plan_->steps[static_cast<size_t>(later)].inputs;
        if (std::ranges::any_of(step.outputs, [&](int32_t made) { return std::ranges::count(read, made) > 0; })) {
          until_[static_cast<size_t>(s)] = later - 1;
          break;
        }
      }
      for (const int32_t buffer : step.inputs) {
        int32_t& last = last_use_[static_cast<size_t>(shared_root(buffer))];
        last = std::max(last, until_[static_cast<size_t>(s)]);
      }
    }
  }

  void allocate_own() {
    size_t bytes = 0;
    std::vector<size_t> mine;
    for (size_t b = 0; b < plan_->buffers.size(); ++b) {
      PlannedBuffer& buffer = plan_->buffers[b];
      if (buffer.residence == Residence::own && buffer.memory == nullptr) {
        buffer.offset = bytes;
        bytes += tensor::aligned(buffer.bytes);
        mine.push_back(b);
      }
    }
    if (bytes > 0) {
      plan_->own = tensor::Storage(bytes);
      for (const size_t b : mine) {
        plan_->buffers[b].memory = plan_->own.data() + plan_->buffers[b].offset;
      }
    }
  }

  // ---- Order

  // Beside its data, a step waits for all that used the memory which it writes. Only what no other edge implies is
  // kept.
  void order() {
    const size_t count = plan_->steps.size();
    const size_t words = (count + 63) / 64;
    std::vector<uint64_t> implied(count * words, 0);  // row s: the steps that are done when s starts
    const auto has = [&](size_t s, size_t earlier) {
      return (implied[s * words + earlier / 64] >> (earlier % 64) & 1U) != 0;
    };
    struct Use {
      size_t begin, end;
      int32_t step;
    };
    std::vector<Use> uses;  // of arena memory, so far
    for (size_t s = 0; s < count; ++s) {
      Step& step = plan_->steps[s];
      const auto wait_for_users = [&](size_t begin, size_t end) {
        for (const Use& use : uses) {
          if (use.begin < end && begin < use.end && use.step != static_cast<int32_t>(s)) {
            step.after.push_back(use.step);
          }
        }
      };
      for_each_written(step, wait_for_users);
      std::ranges::sort(step.after, std::greater<>{});
      step.after.erase(std::unique(step.after.begin(), step.after.end()), step.after.end());
      std::vector<int32_t> reduced;
      for (const int32_t earlier : step.after) {
        if (!has(s, static_cast<size_t>(earlier))) {
          reduced.push_back(earlier);
          for (size_t w = 0; w < words; ++w) {
            implied[s * words + w] |= implied[static_cast<size_t>(earlier) * words + w];
          }
          implied[s * words + static_cast<size_t>(earlier) / 64] |= uint64_t{1} << (static_cast<size_t>(earlier) % 64);
        }
      }
      step.after = std::move(reduced);
      // What has been waited for need not be remembered: whoever comes later waits for this step instead.
      for_each_written(step, [&](size_t begin, size_t end) {
        std::erase_if(uses, [&](const Use& use) { return begin <= use.begin && use.end <= end; });
      });
      for_each_touched(step, [&](size_t begin, size_t end) { uses.push_back({begin, end, static_cast<int32_t>(s)}); });
    }
  }

  template <typename Visit>
  void visit_arena(int32_t buffer, const Visit& visit) {
    const PlannedBuffer& planned = plan_->buffers[static_cast<size_t>(buffer)];
    if (planned.residence == Residence::arena && planned.bytes > 0) {
      visit(planned.offset, planned.offset + planned.bytes);
    }
  }

  template <typename Visit>
  void for_each_written(const Step& step, const Visit& visit) {
    for (const int32_t buffer : step.outputs) {
      visit_arena(buffer, visit);
    }
    if (const size_t bytes = step.kernel->workspace_bytes(); bytes > 0) {
      visit(step.workspace_offset, step.workspace_offset + bytes);
    }
  }

  template <typename Visit>
  void for_each_touched(const Step& step, const Visit& visit) {
    for_each_written(step, visit);
    for (const int32_t buffer : step.inputs) {
      visit_arena(buffer, visit);
    }
  }

  void make_tasks() {
    std::vector<int32_t> last_task(plan_->steps.size(), -1);
    for (size_t s = 0; s < plan_->steps.size(); ++s) {
      const Step& step = plan_->steps[s];
      for (int64_t phase = 0; phase < step.kernel->phases(); ++phase) {
        const auto index = static_cast<int32_t>(plan_->tasks.size());
        Task task{static_cast<int32_t>(s),
                  static_cast<int32_t>(phase),
                  static_cast<int32_t>(step.kernel->pieces(phase)),
                  0,
                  {}};
        const auto wait = [&](int32_t earlier) {
          plan_->tasks[static_cast<size_t>(earlier)].releases.push_back(index);
          ++task.waits_for;
        };
        if (phase > 0) {
          wait(index - 1);
        } else {
          for (const int32_t earlier : step.after) {
            wait(last_task[static_cast<size_t>(earlier)]);
          }
        }
        last_task[s] = index;
        plan_->tasks.push_back(std::move(task));
      }
    }
  }

  Plan* plan_;
  const std::vector<int32_t>& keep_to_end_;
  std::vector<int32_t> first_use_, last_use_, shares_;  // by buffer
  std::vector<int32_t> until_;                          // by step: the last one during which it may still run
};

}  // namespace

void arrange(Plan& plan, const std::vector<int32_t>& keep_to_end) {
  Arrangement(plan, keep_to_end).run();
}

}  // namespace atelier::plan
