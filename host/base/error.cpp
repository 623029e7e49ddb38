#include "base/error.hpp"

namespace atelier {

void check_failed(const char* condition, const char* file, int line) {
  throw Error(ErrorKind::internal, "{}:{}: broken invariant: {} (a defect of atelier; please report it)", file, line,
              condition);
}

}  // namespace atelier
