// Of equal steps that were profiled one by one: what their pieces took, and which tasks wait for which.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "execute/profile.hpp"

namespace atelier {

class PieceTimes {
 public:
  // Of a step on one thread. Throws Error where it is not equal to those before.
  void add(const execute::Profile& profile);
  // In JSON the step's tasks, each with its operations' name, the places of those that wait for it, the seconds of its
  // pieces, shortest of all steps (none where what it computes was there), and, with the first phase of an operation,
  // the bytes of the buffers that it reads and writes; and the shortest time that a step took beside its pieces.
  [[nodiscard]] std::string told() const;

 private:
  struct TaskTimes {
    std::string name;
    std::vector<int32_t> releases;
    std::vector<double> seconds;  // by piece; infinite: it never ran
    size_t bytes = 0;
  };
  static std::vector<TaskTimes> tasks_of(const plan::Plan& plan);

  std::vector<TaskTimes> tasks_;
  double beside_ = 0;
};

}  // namespace atelier
