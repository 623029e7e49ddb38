#include "cli/slurm_ranks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

#include "base/error.hpp"
#include "ranks/joined.hpp"

namespace atelier::cli {
namespace {

constexpr int64_t most_ranks = 1'000'000;

std::optional<int64_t> count_of(std::string_view text) {
  int64_t count = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_count = status == std::errc() && end == text.data() + text.size() && count >= 1 && count <= most_ranks;
  return is_count ? std::optional(count) : std::nullopt;
}

// "4", "1-4"
SlurmRanks::Nodes nodes_of(const std::string& given) {
  const size_t dash = std::min(given.find('-'), given.size());
  const auto least = count_of(std::string_view(given).substr(0, dash));
  const auto most = dash == given.size() ? least : count_of(std::string_view(given).substr(dash + 1));
  if (!least || !most || *least > *most) {
    throw Error(ErrorKind::usage, "--nodes: got '{}', expected N or A-B, such as 4 or 1-4", given);
  }
  return {*least, *most};
}

std::string mpi_of(const Arguments& arguments) {
  std::string name = arguments.text("mpi", "pmix");
  const bool is_name = !name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_';
  });
  if (!is_name || name == "none" || name == "list") {
    throw Error(ErrorKind::usage,
                "--mpi: got '{}', expected a way in which srun tells processes of each other, such as pmix or pmi2; "
                "hint: 'srun --mpi=list' on the cluster names those that it has",
                name);
  }
  return name;
}

std::string counted(int64_t least, int64_t most, const char* what) {
  return (least == most ? fmt::format("{}", most) : fmt::format("{} to {}", least, most)) +
         fmt::format(" {}{}", what, most == 1 ? "" : "s");
}

}  // namespace

int64_t SlurmRanks::fewest() const {
  int64_t ranks = nodes ? nodes->least * on_a_node() : most;
  while (shards % ranks != 0) {
    --ranks;
  }
  return ranks;
}

std::string SlurmRanks::words() const {
  return counted(fewest(), most, "rank") + (nodes ? " on " + counted(nodes->least, nodes->most, "node") : "");
}

std::optional<SlurmRanks> slurm_ranks_of(const Arguments& arguments) {
  if (arguments.has("mpi") && !arguments.has("ranks") && !arguments.has("nodes")) {
    throw Error(ErrorKind::usage, "--mpi: expected --ranks or --nodes beside it");
  }
  SlurmRanks ranks;
  if (arguments.has("nodes")) {
    ranks.nodes = nodes_of(arguments.text("nodes", ""));
  }
  const int64_t most_nodes = ranks.nodes ? ranks.nodes->most : 1;
  ranks.most = arguments.integer("ranks", most_nodes, 1, most_ranks);
  ranks.mpi = mpi_of(arguments);
  if (ranks.most % most_nodes != 0) {
    throw Error(ErrorKind::usage,
                "--ranks: got {} on {} nodes, expected a multiple of {}, as each node has as many; hint: --ranks "
                "alone lets Slurm place them",
                ranks.most, most_nodes, most_nodes);
  }
  if (ranks.most == 1) {
    return std::nullopt;
  }
  if (!ranks::has_mpi()) {
    throw Error(ErrorKind::usage,
                "--{}: got {} ranks for a run, and this program was built without MPI; hint: one process for a run, "
                "or a program that was configured with -DATELIER_MPI=ON",
                arguments.has("ranks") ? "ranks" : "nodes", ranks.most);
  }
  return ranks;
}

std::vector<Option> slurm_rank_options() {
  return {
      {"ranks", "R", "train each point by R processes at most, which share its shards (docs/scaling.md)"},
      {"nodes", "N|A-B",
       "on N nodes, or on as many from A to B as Slurm has free; R, which is one rank a node where it is not given, "
       "is for all of them"},
      {"mpi", "NAME", "how srun tells the ranks of each other: its option --mpi; the default is pmix"}};
}

}  // namespace atelier::cli
