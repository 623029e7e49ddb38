// atelier slurm FILE [key=value ...]
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/terminal_text.hpp"
#include "cli/output_file.hpp"
#include "cli/program.hpp"
#include "cli/run_options.hpp"
#include "cli/slurm_ranks.hpp"
#include "cli/slurm_script.hpp"
#include "cli/supervised_run.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_cost.hpp"
#include "cli/sweep_task.hpp"
#include "cli/terminal.hpp"
#include "cli/verbs.hpp"
#include "cli/watched_work.hpp"
#include "training/equal_ranks.hpp"

namespace atelier::cli {
namespace {

namespace fs = std::filesystem;
using terminal::grouped;

constexpr int64_t usual_threads = 4;

fs::path whole(const fs::path& path) {
  return fs::absolute(path).lexically_normal();
}

// For `run`: what was given, but for what a task is told otherwise.
std::vector<std::string> words_of(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const char* name : {"plugin-path", "data", "out", "seeds"}) {
    for (const std::string& value : arguments.all(name)) {
      words.push_back(fmt::format("--{}={}", name, value));
    }
  }
  words.emplace_back("--");
  words.insert(words.end(), arguments.words.begin(), arguments.words.end());
  return words;
}

std::string counted(size_t count, const char* what) {
  return fmt::format("{} {}{}", grouped(static_cast<int64_t>(count)), what, count == 1 ? "" : "s");
}

// What the points that are to be run will take on a node like this machine.
struct ArrayCost {
  double longest_task = 0;  // seconds; NaN where they are not known of each point
  double longest_step = 0;  // seconds
  double bytes = 0;
  std::vector<std::string> problems;  // why a point could not be measured
};

ArrayCost cost_of(const CheckedSweep& checked, const std::map<size_t, MeasuredCost>& costs, size_t tasks) {
  ArrayCost all;
  for (const auto& [shape, cost] : costs) {
    all.bytes = std::max(all.bytes, static_cast<double>(cost.memory));
    all.longest_step = std::max(all.longest_step, cost.problem.empty() ? cost.cost.step_seconds : 0);
    if (!cost.problem.empty()) {
      all.problems.push_back(cost.problem);
    }
  }
  std::vector<double> seconds(tasks, 0);
  for (size_t i = 0; i < checked.points.size(); ++i) {
    const CheckedPoint& point = checked.points[i];
    if (point.is_to_run()) {
      seconds[i % tasks] += costs.at(point.shape).seconds(point.steps, point.evaluations);
    }
  }
  all.longest_task = all.problems.empty() ? std::ranges::max(seconds) : std::numeric_limits<double>::quiet_NaN();
  return all;
}

// Of the time, as nodes differ, and samples are not in it; and of the memory, as evaluations and samples may need more.
constexpr double times_more = 2;
constexpr int64_t minutes_more = 15;
constexpr double memory_more = 1.5;
constexpr int64_t mebibytes_more = 256;

void ask_for(const ArrayCost& cost, SlurmJob& job) {
  constexpr double mebibyte = 1 << 20;
  constexpr double minute = 60;
  const double measured = cost.bytes / mebibyte;
  const auto ranks = static_cast<double>(job.ranks ? job.ranks->fewest() : 1);
  const char* const of_a_rank = job.ranks ? ", for each rank" : "";
  job.mebibytes = static_cast<int64_t>(std::ceil(measured * memory_more)) + mebibytes_more;
  job.about.push_back(
      fmt::format("Memory: {:.0f} MiB when steps of each point were made; asked for: {} times that and "
                  "{} MiB{}.",
                  measured, memory_more, mebibytes_more, of_a_rank));
  constexpr double most_minutes = 365 * 24 * 60;
  const double longest = cost.longest_task / ranks;
  if (std::isnan(longest) || longest * times_more / minute > most_minutes) {
    job.about.push_back("Time: not known; --time is the partition's.");
    return;
  }
  job.minutes = static_cast<int64_t>(std::ceil(longest * times_more / minute)) + minutes_more;
  job.about.push_back(fmt::format(
      "Time: {:.1f} minutes for the longest task, by steps of at most {:.3g} ms each when they were made with {} "
      "threads; asked for: {} times that{} and {} minutes.",
      cost.longest_task / minute, cost.longest_step * 1e3, job.threads, times_more,
      job.ranks ? fmt::format(", shared by {},", counted(static_cast<size_t>(job.ranks->fewest()), "rank")) : "",
      minutes_more));
}

void check_file(const Arguments& arguments, const fs::path& file) {
  check_writable(file);
  if (fs::exists(file) && !arguments.has("overwrite")) {
    throw Error(ErrorKind::file, "{}: is there already; hint: --overwrite, or -o FILE names another", file.string());
  }
}

// What the shards of all points are a multiple of. Throws Error(experiment) where so many ranks do not divide those of
// one.
int64_t common_shards(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& sweep,
                      const SlurmRanks& ranks) {
  int64_t common = 0;
  for (const experiment::SweepPoint& point : sweep.points) {
    const auto experiment = experiment::load_point(arguments.words.front(), point.overrides, registry.descriptions());
    training::expect_divided(experiment, static_cast<int>(ranks.most));
    common = std::gcd(common, experiment.train.shards);
  }
  return common;
}

// In a child, as plugins do what they like. Returns the exit code; nothing is in `checked` where it ended badly, which
// it has said then.
int check(supervision::Supervisor& supervisor, const Arguments& arguments, std::optional<SlurmRanks>& ranks,
          std::optional<CheckedSweep>& checked) {
  const WatchOptions watch = watch_options_of(arguments);
  const auto look = [&](const supervision::Link& link) {
    const plugin::Registry registry = load_plugins(arguments);
    const experiment::Sweep sweep = sweep_or_single(arguments, registry);
    const int64_t shards = ranks ? common_shards(arguments, registry, sweep, *ranks) : 0;
    link.tell(fmt::format("{}\n", shards) + to_message(prepare_sweep(arguments, registry, sweep, link.pulse())));
    return exit_done;
  };
  return supervise(supervisor, arguments,
                   {[&](const supervision::Link& link) { return do_watched(link, watch, [&] { return look(link); }); },
                    {},
                    [&](const std::string& message) {
                      const size_t line = message.find('\n');
                      checked = sweep_of_message(message.substr(line + 1));
                      if (ranks) {
                        ranks->shards = std::stoll(message.substr(0, line));
                      }
                    }});
}

SlurmJob job_for(const Arguments& arguments, const CheckedSweep& checked, const std::optional<SlurmRanks>& ranks,
                 const fs::path& file) {
  const size_t points = checked.points.size();
  SlurmJob job;
  job.name = checked.sweep.points.front().name;
  job.points = static_cast<int64_t>(points);
  job.ranks = ranks;
  constexpr int64_t most_tasks = 1'000'000;
  job.tasks =
      std::min(arguments.integer("tasks", static_cast<int64_t>(points), 1, most_tasks), static_cast<int64_t>(points));
  if (arguments.has("at-once")) {
    job.at_once = arguments.integer("at-once", 1, 1, most_tasks);
  }
  constexpr int64_t most_threads = 4096;
  job.threads = arguments.integer("threads", usual_threads, 1, most_threads);
  job.folder = fs::current_path();
  job.logs = whole(fs::path(arguments.text("out", "runs")) / "slurm");
  job.program = fs::read_symlink("/proc/self/exe");
  job.words = words_of(arguments);
  job.options = arguments.all("sbatch");
  job.about = {fmt::format("{} of {} in {}{}, by 'atelier slurm'. To submit it: bash {}", counted(points, "point"),
                           arguments.words.front(), counted(static_cast<size_t>(job.tasks), "task"),
                           ranks ? ", each by " + ranks->words() : "", file.filename().string())};
  return job;
}

int slurm(const Arguments& arguments) {
  const fs::path file = arguments.text("output", "job.sh");
  check_file(arguments, file);
  std::optional<SlurmRanks> ranks = slurm_ranks_of(arguments);
  supervision::Supervisor supervisor;
  std::optional<CheckedSweep> checked;
  if (const int code = check(supervisor, arguments, ranks, checked); code != exit_done || !checked) {
    return code;
  }
  SlurmJob job = job_for(arguments, *checked, ranks, file);
  (void)slurm_script(job);  // what is wrong with it is said before anything is measured
  print_message("trains a point of each kind for a moment, to see what it costs");
  const ArrayCost cost =
      cost_of(*checked, costs_of_shapes(supervisor, arguments, *checked, 1, static_cast<int>(job.threads)),
              static_cast<size_t>(job.tasks));
  if (supervisor.asked_to_stop() > 0) {
    return exit_interrupted;
  }
  ask_for(cost, job);
  fs::create_directories(job.logs);
  write_file(file, slurm_script(job));
  fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
  for (const std::string& problem : cost.problems) {
    print_message(fmt::format("atelier: note: could not be measured: {}", printable(problem)));
  }
  print(fmt::format("{}: {} in {}, {}{}, {} MiB{}\n", printable(file.string()),
                    counted(checked->points.size(), "point"), counted(static_cast<size_t>(job.tasks), "task"),
                    ranks ? ranks->words() + ", each with " : "", counted(static_cast<size_t>(job.threads), "thread"),
                    *job.mebibytes, job.minutes ? fmt::format(", {} minutes each", *job.minutes) : ""));
  return exit_done;
}

}  // namespace

Verb slurm_verb() {
  return {
      "slurm",
      "FILE [key=value ...]",
      "write a Slurm job array that runs an experiment, or its sweep, on many machines",
      "Each task of the array runs 'atelier run FILE --task I/N' with its share of the points. The folder of runs is "
      "one that all machines see: it has the logs, a lease for each point that is being run, and in slurm/ what each "
      "task says. "
      "A task whose time is up stops with a checkpoint, and is queued again. Submitted again, the script runs what is "
      "missing.\n"
      "With --ranks or --nodes each point is trained by several processes, which 'srun --mpi=pmix' starts. Queued "
      "again, as after a node's end, it goes on with as many of them as the nodes given then have room for.\n"
      "Points are trained here for a moment each, to see what to ask for; --sbatch wins over that. On the nodes the "
      "program "
      "is this one by its path, or ATELIER, or the one that PATH has.",
      1,
      std::numeric_limits<size_t>::max(),
      with({{"output", "FILE", "the script; the default is job.sh", 'o'},
            {"overwrite", "", "even where there is such a file"},
            {"tasks", "N", "so many tasks, with several points each; the default is one for each point"},
            {"at-once", "N", "so many tasks at a time at most"},
            {"threads", "N", fmt::format("for each task, or each rank; the default is {}", usual_threads)},
            {"sbatch", "OPTION", "for sbatch, such as --sbatch=--partition=gpu or --sbatch='--time 2:00:00'", 0, true},
            {"seeds", "0..5", "a sweep over these seeds, as 'run' has it"},
            out_option()},
           slurm_rank_options()),
      slurm};
}

}  // namespace atelier::cli
