#include "cli/slurm_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/shell_word.hpp"

namespace atelier::cli {
namespace {

// As sbatch reads what stands after #SBATCH.
std::string directive_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  return quoted + "\"";
}

// In the name of a file Slurm reads %A and its kind.
std::string without_patterns(const std::string& path) {
  std::string text;
  for (const char c : path) {
    text += c == '%' ? "%%" : std::string{c};
  }
  return text;
}

void check_line(const std::string& what, const std::string& text) {
  if (text.find_first_of("\n\r") != std::string::npos) {
    throw Error(ErrorKind::usage, "{}: got a name with a line break, '{}', which no script of Slurm can have", what,
                printable(text));
  }
}

// An option for sbatch, in two: "--partition", "gpu"; "-p", "gpu"; "--exclusive", none.
struct SlurmOption {
  std::string name;
  std::optional<std::string> value;
};

SlurmOption parsed(const std::string& given) {
  const bool is_long = given.starts_with("--");
  if (given.size() < 2 || given.front() != '-' || given == "--" ||
      std::isspace(static_cast<unsigned char>(given[1])) != 0) {
    throw Error(ErrorKind::usage, "--sbatch: got '{}', expected an option of sbatch such as --partition=gpu", given);
  }
  check_line("--sbatch", given);
  const size_t name_end = is_long ? std::min(given.find_first_of("= "), given.size()) : 2;
  SlurmOption option{given.substr(0, name_end), std::nullopt};
  if (name_end < given.size()) {
    const bool separated = given[name_end] == '=' || given[name_end] == ' ';
    option.value = given.substr(name_end + (separated ? 1 : 0));
  }
  return option;
}

bool is_one_of(const SlurmOption& option, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, option.name) != names.end();
}

void check_option(const SlurmOption& option, bool has_ranks) {
  if (is_one_of(option, {"--array", "-a"})) {
    throw Error(ErrorKind::usage, "--sbatch: got {}, which the tasks are numbered by; hint: --tasks and --at-once",
                option.name);
  }
  if (is_one_of(option, {"--output", "-o", "--error", "-e", "--signal", "--wrap"})) {
    throw Error(ErrorKind::usage, "--sbatch: got {}, which the script needs as it is; hint: change it in the script",
                option.name);
  }
  if (has_ranks &&
      is_one_of(option, {"--nodes", "-N", "--ntasks", "-n", "--ntasks-per-node", "--cpus-per-task", "-c"})) {
    throw Error(ErrorKind::usage, "--sbatch: got {}, which follows from --ranks, --nodes and --threads", option.name);
  }
}

std::string directive(const SlurmOption& option) {
  const bool is_long = option.name.starts_with("--");
  return option.value ? fmt::format("#SBATCH {}{}{}\n", option.name, is_long ? "=" : " ", directive_text(*option.value))
                      : fmt::format("#SBATCH {}\n", option.name);
}

// Of nodes Slurm gives as many as it may where a job names no tasks: each is one task then, with the processors of all
// its ranks.
std::string rank_directives(const SlurmRanks& ranks, int64_t threads) {
  if (!ranks.nodes) {
    return fmt::format("#SBATCH --ntasks={}\n#SBATCH --cpus-per-task={}\n", ranks.most, threads);
  }
  const auto [least, most] = *ranks.nodes;
  return fmt::format("#SBATCH --nodes={}\n#SBATCH --cpus-per-task={}\n",
                     least == most ? fmt::format("{}", most) : fmt::format("{}-{}", least, most),
                     ranks.on_a_node() * threads);
}

std::string directives(const SlurmJob& job) {
  std::vector<SlurmOption> options;
  std::ranges::transform(job.options, std::back_inserter(options), parsed);
  for (const SlurmOption& option : options) {
    check_option(option, job.ranks.has_value());
  }
  const auto given = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(options, [&](const SlurmOption& option) { return is_one_of(option, names); });
  };
  std::string text;
  if (!given({"--job-name", "-J"})) {
    text += directive({"--job-name", job.name});
  }
  text += fmt::format("#SBATCH --array=0-{}{}\n", job.tasks - 1, job.at_once ? fmt::format("%{}", *job.at_once) : "");
  text += directive({"--output", without_patterns(job.logs.string()) + "/%A_%a.log"});
  text += "#SBATCH --open-mode=append\n";
  if (!given({"--requeue", "--no-requeue"})) {
    text += "#SBATCH --requeue\n";
  }
  text += "#SBATCH --signal=B:USR1@120\n";
  if (job.ranks) {
    text += rank_directives(*job.ranks, job.threads);
  } else if (!given({"--cpus-per-task", "-c"})) {
    text += fmt::format("#SBATCH --cpus-per-task={}\n", job.threads);
  }
  if (job.mebibytes && !given({"--mem", "--mem-per-cpu", "--mem-per-gpu"})) {
    text += job.ranks ? fmt::format("#SBATCH --mem-per-cpu={}M\n", (*job.mebibytes + job.threads - 1) / job.threads)
                      : fmt::format("#SBATCH --mem={}M\n", *job.mebibytes);
  }
  if (job.minutes && !given({"--time", "-t"})) {
    text += fmt::format("#SBATCH --time={}\n", *job.minutes);
  }
  for (const SlurmOption& option : options) {
    text += directive(option);
  }
  return text;
}

std::string words_of(const SlurmJob& job) {
  std::string text;
  for (const std::string& word : job.words) {
    check_line("the command line", word);
    text += " " + shell_word(word);
  }
  return text;
}

constexpr std::string_view head = R"(
# Outside of Slurm: the folder of its output first, without which Slurm drops a job, then the job. Options for sbatch may follow.
if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  mkdir -p -- "$logs" && exec sbatch "$@" "$0"
  exit 1
fi

atelier=${ATELIER:-$program}
if [ ! -x "$atelier" ]; then
  atelier=$(command -v -- "${ATELIER:-atelier}") || {
    echo "$0: no program '${ATELIER:-atelier}' on $(hostname); hint: the environment variable ATELIER is its path" >&2
    exit 127
  }
fi
cd -- "$folder" || exit 1
)";

constexpr std::string_view by_one_process = R"(
# Two minutes before the time limit Slurm sends SIGUSR1, to this shell alone; and SIGTERM, to every process, where the job is to end.
# Either way the run stops with a checkpoint, for which this waits. In the first case it goes on in the same task, queued again.
stopped='' time_is_up=''
trap 'stopped=yes; time_is_up=yes; kill -TERM "$run" 2>/dev/null' USR1
trap 'stopped=yes' TERM
"$atelier" "${words[@]}" &
run=$!
wait "$run"
code=$?
while [ -n "$stopped" ]; do
  stopped=''
  wait "$run"
  again=$?
  [ "$again" -eq 127 ] || code=$again
done
)";

constexpr std::string_view by_ranks = R"(
# Two minutes before the time limit Slurm sends SIGUSR1, to this shell alone, which has it sent to all ranks as SIGTERM, until they have
# heard it; srun itself would kill them. Where the job is to end Slurm sends SIGTERM to every process. Either way the run stops with a
# checkpoint, for which this waits. In the first case it goes on in the same task, queued again, with as many ranks as there are then.
stopped='' time_is_up='' code=0
trap 'stopped=yes; time_is_up=yes' USR1
trap 'stopped=yes' TERM
for ((point = SLURM_ARRAY_TASK_ID; point < points; point += tasks)); do
  "${launch[@]}" "$atelier" run --task "$point/$points" "${words[@]}" &
  run=$!
  wait "$run"
  ended=$?
  while [ -n "$stopped" ] && kill -0 "$run" 2>/dev/null; do
    [ -z "$time_is_up" ] || scancel --signal=TERM "$SLURM_JOB_ID"
    sleep 3
  done
  wait "$run"
  again=$?
  [ "$again" -eq 127 ] || ended=$again
  if [ "$ended" -eq 143 ]; then # a rank that did not listen to signals yet
    ended=130
  fi
  [ "$ended" -eq 0 ] || code=$ended
  if [ -n "$stopped" ] || [ "$ended" -eq 130 ]; then
    [ $((point + tasks)) -ge "$points" ] || code=130
    break
  fi
done
)";

constexpr std::string_view tail = R"(if [ -n "$time_is_up" ] && [ "$code" -eq 130 ]; then
  job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
  if scontrol requeue "$job"; then
    echo "$0: the time was up; task $job goes on from its checkpoint when it is its turn again"
  else
    echo "$0: task $job cannot be queued again; hint: submit the script again, which runs what is missing" >&2
  fi
fi
exit "$code"
)";

// What a rank is started by. In a job of so many nodes SLURM_CPUS_PER_TASK counts all processors of one.
std::string launch_text(const SlurmRanks& ranks, int64_t threads) {
  const std::string start = "launch=(srun --mpi=" + ranks.mpi;
  const std::string end = fmt::format(" --cpus-per-task={} --kill-on-bad-exit=0)\n", threads);
  if (!ranks.nodes) {
    return fmt::format("{} --ntasks={}{}", start, ranks.most, end);
  }
  return fmt::format(
      "# As many ranks as these nodes have room for, of which each has as many shards as any other.\n"
      "nodes=${{SLURM_JOB_NUM_NODES:-1}}\n"
      "ranks=$((nodes * {}))\n"
      "while [ $(({} % ranks)) -ne 0 ]; do\n"
      "  ranks=$((ranks - 1))\n"
      "done\n"
      "nodes=$((ranks < nodes ? ranks : nodes))\n"
      "unset SLURM_CPUS_PER_TASK SLURM_TRES_PER_TASK # which are of a node\n"
      "{} --nodes=\"$nodes\" --ntasks=\"$ranks\" --ntasks-per-node=\"$(((ranks + nodes - 1) / nodes))\"{}",
      ranks.on_a_node(), ranks.shards, start, end);
}

// The words of `atelier run`, and the rest of the script, in which they are used.
std::string text_of_one_process(const SlurmJob& job) {
  return fmt::format(
             "# shellcheck disable=SC2016  # names are what they are\n"
             "words=(run --task \"${{SLURM_ARRAY_TASK_ID:-0}}/{}\" --threads "
             "\"${{SLURM_CPUS_PER_TASK:-{}}}\"{})\n",
             job.tasks, job.threads, words_of(job)) +
         std::string(head) + std::string(by_one_process) + std::string(tail);
}

std::string text_of_ranks(const SlurmJob& job) {
  return fmt::format(
             "points={} tasks={}\n"
             "# shellcheck disable=SC2016  # names are what they are\n"
             "words=(--threads {}{})\n",
             job.points, job.tasks, job.threads, words_of(job)) +
         std::string(head) + "\n" + launch_text(*job.ranks, job.threads) + std::string(by_ranks) + std::string(tail);
}

}  // namespace

std::string slurm_script(const SlurmJob& job) {
  for (const auto& [what, path] : {std::pair{"the folder of logs", job.logs}, std::pair{"this folder", job.folder},
                                   std::pair{"the program", job.program}}) {
    check_line(what, path.string());
  }
  if (job.logs.string().find('\\') != std::string::npos) {
    throw Error(ErrorKind::usage,
                "--out: got '{}', which has a backslash, and Slurm has no way to write that in the path of its output",
                job.logs.parent_path().string());
  }
  std::string text = "#!/bin/bash\n";
  for (const std::string& line : job.about) {
    text += "# " + printable(line) + "\n";
  }
  text += directives(job);
  text += fmt::format("\nfolder={}\nlogs={}\nprogram={}\n", shell_word(job.folder.string()),
                      shell_word(job.logs.string()), shell_word(job.program.string()));
  return text + (job.ranks ? text_of_ranks(job) : text_of_one_process(job));
}

}  // namespace atelier::cli
