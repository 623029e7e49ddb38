#include "cli/ranked_task.hpp"

#include <fmt/core.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "cli/program.hpp"
#include "cli/sweep.hpp"
#include "cli/sweep_claims.hpp"
#include "cli/sweep_source.hpp"
#include "cli/terminal.hpp"
#include "cli/train.hpp"

namespace atelier::cli {
namespace {

using supervision::Link;

struct Next {
  enum class Kind : char { nothing, elsewhere, begin, go_on };
  Kind kind = Kind::nothing;
  std::string log;  // to go on with
};

// Kept where the work comes once more: the others have been told then, and do not ask again.
struct Begun {
  std::optional<runlog::Lock> claim;
  std::optional<Next> next;
};

Next seen(const CheckedSweep& checked) {
  const PointState& state = checked.points.front().state;
  const std::string log = printable(state.log.string());
  switch (state.kind) {
    case PointState::Kind::finished:
      print(fmt::format("{}\nfinished before\n", log));
      return {Next::Kind::nothing, ""};
    case PointState::Kind::running:
      print_message(fmt::format("atelier: note: {}: another process writes it", log));
      return {Next::Kind::elsewhere, ""};
    case PointState::Kind::resumable:
      return {Next::Kind::go_on, state.log.string()};
    case PointState::Kind::failed:
    case PointState::Kind::missing:
      break;
  }
  return {Next::Kind::begin, ""};
}

// Of the first rank.
Next look(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& part, const Link& link,
          std::optional<runlog::Lock>& claim) {
  if (part.points.empty()) {
    print("no point falls to this task\n");
    return {};
  }
  if (!claim) {
    wait_for_leases(arguments, part, link.pulse());
    std::optional<runlog::Lock> made = claim_of(arguments, part.points.front());
    if (!made) {
      print_message(fmt::format("atelier: note: {}: another process runs it", printable(name_of(part.points.front()))));
      return {Next::Kind::elsewhere, ""};
    }
    claim.emplace(*std::move(made));
  }
  return seen(prepare_sweep(arguments, registry, part, link.pulse()));
}

void share(Next& next, Ranks& ranks) {
  next.kind = ranks.shared_value(next.kind);
  next.log = ranks.shared(std::move(next.log));
}

int train(const Arguments& alone, const plugin::Registry& registry, const Next& next, const Link& link, Ranks& ranks) {
  constexpr int64_t to_the_end = std::numeric_limits<int64_t>::max();
  return next.kind == Next::Kind::go_on
             ? train_on(alone, next.log, link, Shown::all, to_the_end, &ranks)
             : train_new(alone, registry, experiment_of(alone, registry), link, Shown::all, to_the_end, &ranks);
}

}  // namespace

int train_task(const Arguments& arguments, const plugin::Registry& registry, const experiment::Sweep& part,
               const Link& link, Ranks& ranks) {
  if (part.points.size() > 1) {
    throw Error(ErrorKind::usage,
                "--task: got {} points for {} processes that train together, expected one; hint: as many tasks as "
                "there are points",
                part.points.size(), ranks.count());
  }
  static Begun begun;
  try {
    if (!begun.next) {
      Next next = ranks.is_first() ? look(arguments, registry, part, link, begun.claim) : Next{};
      share(next, ranks);
      begun.next = std::move(next);
    }
    int code = begun.next->kind == Next::Kind::elsewhere ? exit_failed : exit_done;
    if (begun.next->kind == Next::Kind::begin || begun.next->kind == Next::Kind::go_on) {
      code = train(arguments_for(arguments, part.points.front()), registry, *begun.next, link, ranks);
    }
    begun.claim.reset();
    return code;
  } catch (const plugin::StaleIndex&) {
    throw;
  } catch (...) {
    begun.claim.reset();
    throw;
  }
}

}  // namespace atelier::cli
