#include "execute/finite_run.hpp"

#include "base/error.hpp"

namespace atelier::execute {

const StepResults& run_finite(Session& session, const std::function<void(const Observation&)>& record,
                              const std::string& what, const Background* background) {
  record({});
  session.start(background);
  const StepResults& results = session.wait();
  if (all_finite(results)) {
    return results;
  }
  Observation every;
  every.every_value = true;
  record(every);
  const std::string culprit = session.find_non_finite();
  throw Error(ErrorKind::numeric, "{}: a result is not finite. Where that began: {}", what,
              culprit.empty() ? "before a read or materialize in the middle" : culprit);
}

}  // namespace atelier::execute
