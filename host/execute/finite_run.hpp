// Evaluation and sampling, whose results are worth nothing unless all of them are finite.
#pragma once

#include <functional>
#include <string>

#include "execute/session.hpp"

namespace atelier::execute {

// Records (from Session::begin to end) and runs. Where something that it gives, or that it expects to be finite, is
// not, it is recorded and run again with every value looked at, and Error(numeric) says in whose work (`what`) and
// where it began.
const StepResults& run_finite(Session& session, const std::function<void(const Observation&)>& record,
                              const std::string& what, const Background* background = nullptr);

}  // namespace atelier::execute
