#include "kernels/elementwise.hpp"

#include "base/error.hpp"
#include "kernels/loops/loops.hpp"

namespace atelier::kernels {

const ElementwiseFunction& elementwise_function(std::string_view name) {
  const ElementwiseTable& table = *active_loops().elementwise;
  for (int i = 0; i < table.count; ++i) {
    if (table.functions[i].name == name) {
      return table.functions[i];
    }
  }
  throw Error(ErrorKind::internal, "elementwise function '{}' does not exist", name);
}

}  // namespace atelier::kernels
