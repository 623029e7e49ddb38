#include "training/equal_ranks.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "runlog/identity.hpp"

namespace atelier::training {
namespace {

std::string hash_of(const std::string& text) {
  Sha256 hash;
  hash.update(text.data(), text.size());
  return hash.digest();
}

// One fact a line: what it is of, a tab, and what it is; the host is the first.
std::string facts_of(const runlog::RunDescription& description, const runlog::Checkpoint* checkpoint) {
  std::string facts = description.provenance.host + "\n";
  if (checkpoint != nullptr) {  // a file system may show some machines what a log was a while ago
    facts += fmt::format("checkpoint\tstep {} (number {})\n", checkpoint->step, checkpoint->sequence);
  }
  facts += "experiment\t" + hash_of(description.resolved) + "\n";
  for (const auto& [of, value] : runlog::identity_of(description)) {
    facts.append(of).append("\t").append(value).append("\n");
  }
  std::istringstream fingerprint(description.provenance.fingerprint);
  for (std::string line; std::getline(fingerprint, line);) {
    const size_t equal = std::min(line.find('='), line.size());
    facts += line.substr(0, equal) + "\t" + line.substr(std::min(equal + 1, line.size())) + "\n";
  }
  return facts;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

void expect_equal(int rank, const std::vector<std::string>& first, const std::vector<std::string>& other) {
  const auto fact = [](const std::string& line) {
    const size_t tab = std::min(line.find('\t'), line.size());
    return std::pair(line.substr(0, tab), runlog::shortened(line.substr(std::min(tab + 1, line.size()))));
  };
  const size_t count = std::max(first.size(), other.size());
  for (size_t i = 1; i < count; ++i) {
    const auto a = i < first.size() ? fact(first[i]) : std::pair<std::string, std::string>("", "nothing");
    const auto b = i < other.size() ? fact(other[i]) : std::pair<std::string, std::string>("", "nothing");
    if (i < first.size() && i < other.size() && first[i] == other[i]) {
      continue;
    }
    throw Error(ErrorKind::experiment,
                "rank {} on '{}': its {} is {}, and that of rank 0 on '{}' {}; expected the same on all, or they would "
                "not compute the same run; hint: the same files, program and plugins everywhere, and processors of one "
                "kind",
                rank, other.front(), a.first.empty() ? b.first : a.first, b.second, first.front(), a.second);
  }
}

// "node-1 (4 ranks), node-2 (4 ranks)"
std::string hosts_text(const std::vector<std::string>& hosts) {
  std::vector<std::string> texts;
  for (size_t first = 0; first < hosts.size();) {
    const auto end = std::find_if(hosts.begin() + static_cast<std::ptrdiff_t>(first), hosts.end(),
                                  [&](const std::string& host) { return host != hosts[first]; });
    const auto count = static_cast<size_t>(end - hosts.begin()) - first;
    texts.push_back(fmt::format("{} ({} rank{})", hosts[first], count, count == 1 ? "" : "s"));
    first += count;
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

}  // namespace

void expect_divided(const experiment::Experiment& experiment, int ranks) {
  const int64_t shards = experiment.train.shards;
  if (shards % ranks != 0) {
    throw Error(
        ErrorKind::experiment,
        "{}: got {} shard{}, expected a multiple of {}, as many processes train together; hint: train.shards={} "
        "is another experiment, whose bits are the same for each divisor of {}",
        located(experiment, "train", "shards"), shards, shards == 1 ? "" : "s", ranks, ranks, ranks);
  }
}

void expect_equal_ranks(Ranks& ranks, runlog::RunDescription& description, const runlog::Checkpoint* checkpoint) {
  const std::vector<std::string> all = ranks.gathered(facts_of(description, checkpoint));
  std::vector<std::string> hosts;
  for (size_t rank = 0; rank < all.size(); ++rank) {
    const std::vector<std::string> facts = lines_of(all[rank]);
    expect_equal(static_cast<int>(rank), lines_of(all.front()), facts);
    hosts.push_back(facts.front());
  }
  if (ranks.is_first()) {
    description.provenance.host = hosts_text(hosts);
  }
  ranks.wait_for_first();  // who has found them equal
}

}  // namespace atelier::training
