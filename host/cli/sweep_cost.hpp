// What points of a sweep cost, measured, and how many of them are best run at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/sweep_message.hpp"
#include "supervision/supervisor.hpp"
#include "training/step_cost.hpp"

namespace atelier::cli {

struct MeasuredCost {
  training::RunCost cost;
  uint64_t memory = 0;  // bytes that were resident at most
  std::string problem;  // why nothing is known; "" where it is

  // Of a run with so many steps and evaluations.
  [[nodiscard]] double seconds(int64_t steps, int64_t evaluations) const;
};

// Of each of these points, in processes of their own, so many at a time, which share the threads.
std::vector<MeasuredCost> measure_points(supervision::Supervisor& supervisor, const Arguments& arguments,
                                         const std::vector<const experiment::SweepPoint*>& points, size_t jobs,
                                         int threads);

// By shape, of the points that are to be run, the first of each being measured.
std::map<size_t, MeasuredCost> costs_of_shapes(supervision::Supervisor& supervisor, const Arguments& arguments,
                                               const CheckedSweep& sweep, size_t jobs, int threads);

struct Arrangement {
  size_t jobs = 1;
  std::string reason;  // one line
};

// By which the points that are to be run are done first: as --jobs says, or measured with the first of them: alone with
// all threads, and as many beside each other as there are threads, with one thread each.
Arrangement arrangement_of(supervision::Supervisor& supervisor, const Arguments& arguments, const CheckedSweep& sweep);

// Until the last of these has ended, begun in their order, so many at a time.
double makespan(const std::vector<double>& seconds, size_t jobs);

}  // namespace atelier::cli
