#include "plugin/registry.hpp"

#include <atelier/abi.h>

#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <mutex>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/floating_point.hpp"
#include "base/text.hpp"
#include "plugin/activity.hpp"
#include "plugin/against_descriptions.hpp"
#include "plugin/component_description.hpp"
#include "plugin/custom_operation.hpp"
#include "plugin/library_file.hpp"
#include "plugin/library_index.hpp"
#include "plugin/version_exchange.hpp"

namespace atelier::plugin {
namespace {

namespace fs = std::filesystem;

// Kept until the process ends, and not destroyed then either: see the header.
boost::dll::shared_library& keep(std::unique_ptr<boost::dll::shared_library> library) {
  static auto& kept =
      *new std::vector<std::unique_ptr<boost::dll::shared_library>>();  // NOLINT(cppcoreguidelines-owning-memory)
  kept.push_back(std::move(library));
  return *kept.back();
}

// The files in the folders, and the files.
std::vector<fs::path> libraries_of(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (fs::is_directory(path)) {
      std::set<fs::path> found;
      for (const auto& entry : fs::directory_iterator(path)) {
        if (entry.path().extension() == ".so") {
          found.insert(entry.path());
        }
      }
      files.insert(files.end(), found.begin(), found.end());
    } else if (fs::exists(path)) {
      files.push_back(path);
    } else {
      throw Error(ErrorKind::plugin, "{}: no such file or folder of plugins", path.string());
    }
  }
  return files;
}

// What is wrong is an Error with the file in front of every line.
template <typename Read>
auto about_file(const fs::path& file, const Read& read) {
  try {
    return read();
  } catch (const InitializerFailed&) {
    throw;
  } catch (const Error& error) {
    std::string lines;
    std::istringstream problems(error.what());
    for (std::string line; std::getline(problems, line);) {
      lines += (lines.empty() ? "" : "\n") + file.string() + ": " + line;
    }
    throw Error(ErrorKind::plugin, std::move(lines));
  }
}

std::unique_ptr<boost::dll::shared_library> open(const fs::path& file) {
  check_library(file);
  load_library(file);
  reset_floating_point();
  auto library = std::make_unique<boost::dll::shared_library>();
  library->load(boost::dll::fs::path(fs::absolute(file).string()),
                boost::dll::load_mode::rtld_local | boost::dll::load_mode::rtld_now);
  if (!library->has("atelier_plugin")) {
    throw Error(
        ErrorKind::plugin,
        "is a shared library without the entry point 'atelier_plugin'; hint: end the source with ATELIER_MODEL, "
        "ATELIER_LOSS, ATELIER_OPTIMIZER, ATELIER_DATASET, ATELIER_METRIC or ATELIER_OPERATION");
  }
  return library;
}

// What the library says of itself when it is told who asks.
atl_plugin connected(const boost::dll::shared_library& library) {
  atl_plugin plugin{};
  plugin.size = sizeof plugin;
  VersionExchange exchange;
  const atl_status status =
      library.get<atl_status(const atl_host*, atl_plugin*)>("atelier_plugin")(exchange.host(), &plugin);
  reset_floating_point();
  if (status != ATL_OK || !exchange.refusal().empty()) {
    throw Error(
        ErrorKind::plugin, "{}",
        exchange.refusal().empty() ? fmt::format("failed to start, with status {}", status) : exchange.refusal());
  }
  return plugin;
}

LibraryContents load(const fs::path& file) {
  return about_file(file, [&] {
    const std::string name = file.string();
    const Activity activity(name.c_str(), "loading it");
    const boost::dll::shared_library& library = keep(open(file));
    return contents_of(connected(library), file);
  });
}

}  // namespace

std::vector<fs::path> plugin_paths(const fs::path& program, const std::vector<fs::path>& given) {
  std::vector<fs::path> out = given;
  if (const char* listed = std::getenv("ATELIER_PLUGIN_PATH"); listed != nullptr) {
    std::istringstream parts(listed);
    for (std::string part; std::getline(parts, part, ':');) {
      if (!part.empty()) {
        out.emplace_back(part);
      }
    }
  }
  const fs::path prefix = program.parent_path().parent_path();
  for (const char* beside : {"lib/atelier/plugins", ATELIER_PLUGIN_SUBDIR}) {
    if (fs::is_directory(prefix / beside)) {
      out.push_back(prefix / beside);
    }
  }
  return out;
}

// The indices of the folders that libraries are in; none where all are loaded.
class Registry::Sleeping {
 public:
  LibraryIndex& index_of(const fs::path& library) {
    return indices_.try_emplace(library.parent_path(), library.parent_path()).first->second;
  }

  // By the index, or else by loading it.
  LibraryContents contents_of(const fs::path& library) {
    LibraryIndex& index = index_of(library);
    if (std::optional<LibraryContents> known = index.find(library)) {
      return *std::move(known);
    }
    const std::optional<FileStamp> stamp = stamp_of(library);
    LibraryContents contents = load(library);
    if (stamp) {
      index.keep(library, *stamp, contents);
    }
    return contents;
  }

  void save() {
    for (auto& [folder, index] : indices_) {
      index.save();
    }
  }

  std::recursive_mutex lock;  // a plugin that is loaded may ask for another one's component

 private:
  std::map<fs::path, LibraryIndex> indices_;
};

Registry::Registry(const std::vector<fs::path>& paths, Loading loading)
    : sleeping_(loading == Loading::as_needed ? std::make_unique<Sleeping>() : nullptr) {
  std::set<fs::path> tried;
  for (const fs::path& file : libraries_of(paths)) {
    std::error_code broken_link;
    const fs::path itself = fs::canonical(file, broken_link);
    if (!tried.insert(broken_link ? file : itself).second) {
      continue;
    }
    try {
      const LibraryContents contents = sleeping_ ? sleeping_->contents_of(file) : load(file);
      about_file(file, [&] { add(contents.components); });
      unknown_.insert(unknown_.end(), contents.unknown.begin(), contents.unknown.end());
    } catch (const InitializerFailed&) {
      throw;
    } catch (const Error& error) {
      refusals_.push_back({file, error.what()});
    }
  }
  if (sleeping_) {
    sleeping_->save();
  }
}

Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;

// All of a library or nothing: one that brings what another has brought before is turned away.
void Registry::add(const std::vector<Component>& components) {
  for (const Component& component : components) {
    if (const Component* other = find(component.description.kind, component.description.name)) {
      throw Error(ErrorKind::plugin,
                  "brings the {} '{}', which {} brings too; hint: remove one of them from the plugin path",
                  name_of(component.description.kind), component.description.name, other->description.plugin_path);
    }
  }
  for (const Component& component : components) {
    if (component.description.kind == catalog::Kind::operation) {
      register_operation(component);
    }
    components_.emplace(std::pair(component.description.kind, component.description.name), component);
  }
}

const Component* Registry::find(catalog::Kind kind, std::string_view name) const {
  const auto found = components_.find({kind, std::string(name)});
  return found == components_.end() ? nullptr : &found->second;
}

void Registry::wake(const fs::path& library) const {
  const LibraryContents contents = load(library);
  if (!sleeping_->index_of(library).is_right_about(library, contents)) {
    LibraryIndex::distrust();
    throw StaleIndex(ErrorKind::plugin, "{}: brings other components than it did, though its file is the same",
                     library.string());
  }
  for (const Component& component : contents.components) {
    components_.at({component.description.kind, component.description.name}).table = component.table;
  }
}

const Component& Registry::get(catalog::Kind kind, std::string_view name) const {
  if (const Component* found = find(kind, name)) {
    if (sleeping_) {
      const std::scoped_lock lock(sleeping_->lock);
      if (found->table == nullptr) {
        wake(found->description.plugin_path);
      }
    }
    return *found;
  }
  expect_right_descriptions(*this);
  std::vector<std::string> known;
  for (const auto& [key, component] : components_) {
    if (key.first == kind) {
      known.push_back(key.second);
    }
  }
  throw Error(ErrorKind::plugin, "there is no {} '{}'{}", name_of(kind), name,
              instead_of(name, known, fmt::format("none: no plugin that is loaded brings a {}", name_of(kind))));
}

void expect_right_descriptions(const Registry& registry) {
  for (const catalog::Description& description : registry.descriptions_of_logs()) {
    if (registry.find(description.kind, description.name) == nullptr) {  // of an unknown kind
      continue;
    }
    try {
      (void)registry.get(description.kind, description.name);
    } catch (const StaleIndex&) {
      throw;
    } catch (const InitializerFailed&) {
      throw;
    } catch (const Error&) {  // it can no longer be loaded, and says so itself where it is needed
    }
  }
}

std::vector<catalog::Description> Registry::descriptions() const {
  std::vector<catalog::Description> out = descriptions_of_logs();
  std::map<std::pair<catalog::Kind, std::string>, catalog::Description*> newest;
  for (catalog::Description& description : out) {
    const catalog::VersionedName name = catalog::versioned(description.name);
    catalog::Description*& known = newest[{description.kind, name.name}];
    if (known == nullptr || catalog::versioned(known->name).version < name.version) {
      known = &description;
    }
  }
  for (const auto& [key, description] : newest) {
    description->newest_of = key.second;
  }
  return out;
}

std::vector<catalog::Description> Registry::descriptions_of_logs() const {
  std::vector<catalog::Description> out;
  for (const auto& [key, component] : components_) {
    out.push_back(component.description);
  }
  out.insert(out.end(), unknown_.begin(), unknown_.end());
  return out;
}

const atl_model_v1& Registry::model(std::string_view name) const {
  return *static_cast<const atl_model_v1*>(get(catalog::Kind::model, name).table);
}
const atl_loss_v1& Registry::loss(std::string_view name) const {
  return *static_cast<const atl_loss_v1*>(get(catalog::Kind::loss, name).table);
}
const atl_optimizer_v1& Registry::optimizer(std::string_view name) const {
  return *static_cast<const atl_optimizer_v1*>(get(catalog::Kind::optimizer, name).table);
}
const atl_recorded_optimizer_v1& Registry::recorded_optimizer(std::string_view name) const {
  return *static_cast<const atl_recorded_optimizer_v1*>(get(catalog::Kind::optimizer, name).table);
}
const atl_dataset_v1& Registry::dataset(std::string_view name) const {
  return *static_cast<const atl_dataset_v1*>(get(catalog::Kind::dataset, name).table);
}
const atl_metric_v1& Registry::metric(std::string_view name) const {
  return *static_cast<const atl_metric_v1*>(get(catalog::Kind::metric, name).table);
}

}  // namespace atelier::plugin
