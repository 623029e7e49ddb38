#include "kernels/fingerprint.hpp"

#include <dnnl.h>
#include <fmt/core.h>

#include <Eigen/Core>

#include "kernels/isa.hpp"

namespace atelier::kernels {

std::string library_versions() {
  const dnnl_version_t& version = *dnnl_version();
  return fmt::format("onednn={}.{}.{}\neigen={}.{}.{}\ninstruction_set={}\n", version.major, version.minor,
                     version.patch, EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION,
                     name_of(active_isa()));
}

}  // namespace atelier::kernels
