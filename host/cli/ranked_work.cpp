#include "cli/ranked_work.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/program.hpp"
#include "cli/silence.hpp"
#include "plugin/library_index.hpp"
#include "ranks/joined.hpp"

namespace atelier::cli {
namespace {

// Of this process, once.
ranks::Joined& joined_as(const ranks::Launched& launched) {
  static const std::unique_ptr<ranks::Joined> joined = ranks::join(launched);
  return *joined;
}

// Where an index of plugins was wrong, the same work comes once more (report_errors).
bool comes_once_more() {
  static bool has_come = false;
  return !plugin::LibraryIndex::is_believed() && !std::exchange(has_come, true);
}

int lead(ranks::Joined& ranks, const std::function<int(Ranks*)>& work) {
  int code = exit_failed;
  try {
    code = work(&ranks);
  } catch (const std::exception& error) {
    if (!comes_once_more()) {
      ranks.end(exit_code_of(error));
    }
    throw;
  }
  ranks.end(code);
  return code;
}

int follow(ranks::Joined& ranks, const std::function<int(Ranks*)>& work) {
  try {
    work(&ranks);
  } catch (const std::exception& error) {
    if (ranks.lost().empty()) {
      if (comes_once_more()) {
        throw;
      }
      ranks.fail(error.what());
    }
  }
  ranks.end(exit_done);
  return ranks.code_of_first();
}

}  // namespace

void expect_ranks_may(const std::string& verb) {
  const std::optional<ranks::Launched> launched = ranks::launched();
  if (!launched) {
    return;
  }
  if (launched->rank > 0) {
    be_silent();
  }
  if (!ranks::has_mpi()) {
    ranks::join(*launched);  // throws
  }
  constexpr std::array<std::string_view, 3> of_ranks{"run", "resume", "check"};
  if (std::ranges::count(of_ranks, verb) == 0) {
    expect_alone(fmt::format("atelier {}", verb), "it is started alone");
  }
}

int count_of_ranks() {
  const std::optional<ranks::Launched> launched = ranks::launched();
  return launched ? launched->count : 1;
}

void expect_alone(const std::string& what, const std::string& hint) {
  if (const std::optional<ranks::Launched> launched = ranks::launched()) {
    throw Error(ErrorKind::usage, "{}: got {} processes ({}), expected one; hint: {}", what, launched->count,
                launched->by, hint);
  }
}

int work_as_rank(const supervision::Link& link, const std::function<int(Ranks*)>& work) {
  const std::optional<ranks::Launched> launched = ranks::launched();
  if (!launched) {
    return work(nullptr);
  }
  watch_interrupts();  // before MPI has threads, which would be the ones that signals end
  ranks::Joined& ranks = joined_as(*launched);
  ranks.while_waiting = [&link] { link.pulse().beat(); };
  return launched->rank == 0 ? lead(ranks, work) : follow(ranks, work);
}

}  // namespace atelier::cli
