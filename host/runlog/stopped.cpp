#include "runlog/stopped.hpp"

#include "runlog/edit.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"

namespace atelier::runlog {

void set_stopped(const std::filesystem::path& log, const std::string& reason) {
  edit_log(log, "said to be stopped", [&](hid_t file) {
    const Status status = read_status(file);
    if (status == Status::finished || status == Status::failed) {
      throw hdf5::Failure("the run is " + to_string(status));
    }
    write_status(file, Status::stopped, reason);
  });
}

}  // namespace atelier::runlog
