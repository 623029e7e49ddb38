// Where a component is checked: small experiments around it, of data that the check makes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiment/experiment.hpp"
#include "plugin/registry.hpp"

namespace atelier::check {

struct Workplace {
  const plugin::Registry& registry;   // with the components of parts/parts.cpp
  std::vector<std::string> settings;  // that the author gives: "NAME.SETTING=VALUE"
  std::vector<std::filesystem::path> data_directories;
};

// Throws Error(usage) for a text among workplace.settings that sets nothing: another form, a component that is not
// there, a setting that it has not.
void require_settings(const Workplace& workplace);

// The lines of a component's table: `use`, what the author gives, and for a setting without a default the first or
// smallest of those that it may have. Throws NotRun where that cannot be told.
std::string lines_of(const Workplace& workplace, const catalog::Description& component);

struct Data {  // that a component is tried on
  std::string name;
  std::string lines;   // of [dataset]
  std::string family;  // data of one family differ in sizes and ranges alone
};
const std::vector<Data>& kinds_of_data();  // the plainest first

// An experiment of these tables, each given by its lines; the optimizer is a plain one where there is none.
struct Tables {
  std::string dataset;
  std::string model;
  std::string optimizer = "use = \"check-descent\"\n";
  std::string more;  // whole tables
};
experiment::Experiment experiment_of(const Workplace& workplace, const Tables& tables);

}  // namespace atelier::check
