#include "runlog/replay_file.hpp"

#include "base/error.hpp"
#include "runlog/hdf5_text.hpp"
#include "runlog/layout.hpp"
#include "runlog/series.hpp"
#include "runlog/storage.hpp"

namespace atelier::runlog {

void write_replay(const std::filesystem::path& path, const RunDescription& run, int64_t step,
                  const std::vector<NamedTensor>& tensors) {
  hdf5::prepare();
  const std::filesystem::path unfinished = path.string() + ".new";
  std::error_code ignored;
  try {
    std::filesystem::remove(unfinished);
    const std::unique_ptr<Storage> storage = Storage::create(unfinished);
    hdf5::Handle file = hdf5::create_file(*storage);
    hdf5::write_attribute(file, "format", std::string("atelier-replay"));
    hdf5::write_attribute(file, "format_version", format_version);
    hdf5::write_attribute(file, "run_id", run.run_id);
    hdf5::write_attribute(file, "name", run.name);
    hdf5::write_attribute(file, "step", step);
    hdf5::make_group(file, "tensors");
    for (const auto& [name, value] : tensors) {
      const hdf5::Type type = hdf5::stored_as(value.dtype);
      make_tensors(file, {name, value.shape, {}}, type);
      Stack rows(hdf5::open_group(file, "tensors/" + name), "values", type);
      rows.append(step, value.storage.data(), static_cast<size_t>(value.shape.elements()));
    }
    hdf5::check(H5Fclose(file.release()));
    storage->commit();
    storage->close();
    std::filesystem::rename(unfinished, path);
  } catch (const hdf5::Failure& failure) {
    std::filesystem::remove(unfinished, ignored);
    throw Error(ErrorKind::file, "{}: cannot be written: {}", path.string(), failure.what());
  } catch (const std::filesystem::filesystem_error& failure) {
    std::filesystem::remove(unfinished, ignored);
    throw Error(ErrorKind::file, "{}: cannot be written: {}", path.string(), failure.code().message());
  }
}

}  // namespace atelier::runlog
