// Finding and loading plugins.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "catalog/description.hpp"

struct atl_model_v1;
struct atl_loss_v1;
struct atl_optimizer_v1;
struct atl_recorded_optimizer_v1;
struct atl_dataset_v1;
struct atl_metric_v1;

namespace atelier::plugin {

struct Component {
  catalog::Description description;
  const void* table = nullptr;  // of its kind: an atl_model_v1, atl_loss_v1, ...; null while its library is not loaded
  bool recorded = false;        // an optimizer: whether the table is an atl_recorded_optimizer_v1
};

// A library that is not used: no library, no entry point, no version in common, a description that cannot be.
struct Refusal {
  std::filesystem::path file;
  std::string reason;  // a line for each mistake, each with the file in front
};

// Where plugins are looked for, in this order: `given` (folders or files; --plugin-path), ATELIER_PLUGIN_PATH
// (separated by colons), the folder of the build tree or of the install prefix that belongs to `program`.
std::vector<std::filesystem::path> plugin_paths(const std::filesystem::path& program,
                                                const std::vector<std::filesystem::path>& given);

// What was known of a library by an index was wrong (library_index.hpp). Whatever was done with a registry that
// believed it is to be done again; the next one will not.
class StaleIndex : public Error {
 public:
  using Error::Error;
};

// Which libraries are loaded: all, or those that get() is asked for components of, where an index says what the others
// bring.
enum class Loading { all, as_needed };

// All components of all plugins. Plugins stay loaded as long as the process lives: code of theirs may be on any stack.
class Registry {
 public:
  // Every *.so in the folders, and the files; their operations go to the registry of operations. Throws Error(plugin):
  // a path that leads nowhere, a library that cannot even be turned away.
  explicit Registry(const std::vector<std::filesystem::path>& paths, Loading loading = Loading::all);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) = delete;

  [[nodiscard]] const Component* find(catalog::Kind kind, std::string_view name) const;  // null where unknown
  // Loaded. Throws Error(plugin) with the nearest name, or because its library can no longer be loaded; StaleIndex.
  [[nodiscard]] const Component& get(catalog::Kind kind, std::string_view name) const;
  // By kind, then by name, those of unknown kinds last; for experiments, in which "vae" is its newest version, and for
  // logs, in which it is the first.
  [[nodiscard]] std::vector<catalog::Description> descriptions() const;
  [[nodiscard]] std::vector<catalog::Description> descriptions_of_logs() const;
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }

  [[nodiscard]] const atl_model_v1& model(std::string_view name) const;
  [[nodiscard]] const atl_loss_v1& loss(std::string_view name) const;
  [[nodiscard]] const atl_optimizer_v1& optimizer(std::string_view name) const;  // an elementwise one
  [[nodiscard]] const atl_recorded_optimizer_v1& recorded_optimizer(std::string_view name) const;
  [[nodiscard]] const atl_dataset_v1& dataset(std::string_view name) const;
  [[nodiscard]] const atl_metric_v1& metric(std::string_view name) const;

 private:
  class Sleeping;
  void add(const std::vector<Component>& components);
  void wake(const std::filesystem::path& library) const;

  mutable std::map<std::pair<catalog::Kind, std::string>, Component> components_;
  std::unique_ptr<Sleeping> sleeping_;         // the libraries that are not loaded yet
  std::vector<catalog::Description> unknown_;  // of interfaces that this host does not know: in nobody's way
  std::vector<Refusal> refusals_;
};

}  // namespace atelier::plugin
