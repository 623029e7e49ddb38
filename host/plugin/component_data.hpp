// What crosses the line to a plugin's components, as the host keeps it: settings and the description of data.
#pragma once

#include <atelier/abi.h>

#include <string>
#include <vector>

#include "catalog/data_spec.hpp"
#include "catalog/description.hpp"
#include "plugin/borrowed.hpp"

namespace atelier::plugin {

inline atl_string borrow(std::string_view text) {
  return {text.data(), text.size()};
}

// Settings as the contract shows them; borrows from `settings`, which must outlive it.
class AbiSettings {
 public:
  explicit AbiSettings(const catalog::Settings& settings);
  AbiSettings(const AbiSettings&) = delete;
  AbiSettings& operator=(const AbiSettings&) = delete;
  [[nodiscard]] const atl_settings* get() const { return &settings_; }

 private:
  std::vector<atl_named_value> values_;
  std::vector<std::vector<atl_string>> texts_;
  atl_settings settings_{};
};

catalog::Value to_value(const atl_value& value);  // throws Error(plugin) for what is none

// Throws Error(plugin), with a line for each mistake, for what no dataset can have.
catalog::DataSpec to_data_spec(const atl_data_spec* spec);

// The same as the contract shows it; borrows from `spec`.
class AbiDataSpec {
 public:
  explicit AbiDataSpec(const catalog::DataSpec& spec);
  AbiDataSpec(const AbiDataSpec&) = delete;
  AbiDataSpec& operator=(const AbiDataSpec&) = delete;
  [[nodiscard]] const atl_data_spec* get() const { return &spec_; }

 private:
  std::vector<std::vector<atl_string>> names_;  // of classes and of channels
  std::vector<atl_field> fields_;
  std::vector<atl_string> files_;
  atl_data_spec spec_{};
};

}  // namespace atelier::plugin
