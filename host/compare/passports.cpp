#include "compare/passports.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "base/terminal_table.hpp"
#include "compare/nan.hpp"

namespace atelier::compare {
namespace {

std::string plain_setting(const Run& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "" : terminal::unquoted(found->second);
}

// What is done to samples of an evaluation: of the transforms, flip, shift and noise are training's alone.
std::string preprocessing_of(const Run& run) {
  std::string text = "range " + plain_setting(run, "dataset.range");
  for (const char* const what : {"crop", "binarize", "levels"}) {
    if (const std::string value = plain_setting(run, std::string("dataset.transform.") + what);
        !value.empty() && value != "0" && value != "none") {
      text += fmt::format(", {} {}", what, value);
    }
  }
  return text;
}

// The name of a metric's number behind the metric's own; nullopt of another metric's.
std::optional<std::string> number_of(const std::string& metric, const std::string& name) {
  if (name == metric) {
    return "";
  }
  return name.starts_with(metric + ".") ? std::optional(name.substr(metric.size() + 1)) : std::nullopt;
}

// The other run that one of the metric's settings names.
std::string extractor_of(const Run& run, const std::string& metric) {
  const std::string table = "metric." + metric + ".";
  for (auto at = run.settings.lower_bound(table); at != run.settings.end() && at->first.starts_with(table); ++at) {
    if (const std::string value = terminal::unquoted(at->second); run.identity.contains("run " + value)) {
      return value;
    }
  }
  return "";
}

void take_numbers(const Run& run, Passport& passport) {
  const std::string_view real = "real";
  for (const Series& series : run.metrics) {
    const std::optional<std::string> name =
        series.of_evaluation() ? number_of(passport.metric, series.name) : std::nullopt;
    if (!name || std::isnan(series.last()) || name->starts_with(real)) {
      continue;
    }
    passport.split = series.split;
    if (*name == "samples") {
      passport.samples = std::llround(series.last());
      continue;
    }
    const std::string beside = passport.metric + (name->empty() ? ".real" : ".real_" + *name);
    double of_real = nan;
    for (const Series& other : run.metrics) {
      of_real = other.cadence == series.cadence && other.name == beside ? other.last() : of_real;
    }
    passport.values.push_back({*name, series.last(), of_real});
  }
}

}  // namespace

std::vector<Passport> passports_of(const Run& run) {
  std::vector<Passport> out;
  const std::string_view beginning = "metric.", ending = ".use";
  for (auto at = run.settings.lower_bound(std::string(beginning));
       at != run.settings.end() && at->first.starts_with(beginning); ++at) {
    if (!at->first.ends_with(ending)) {
      continue;
    }
    Passport passport;
    passport.metric = at->first.substr(beginning.size(), at->first.size() - beginning.size() - ending.size());
    passport.use = terminal::unquoted(at->second);
    passport.extractor = extractor_of(run, passport.metric);
    if (const auto id = run.identity.find("run " + passport.extractor); id != run.identity.end()) {
      passport.id = id->second;
    }
    passport.feature = passport.extractor.empty() ? "" : plain_setting(run, "metric." + passport.metric + ".feature");
    passport.preprocessing = preprocessing_of(run);
    passport.seed = plain_setting(run, "sample.seed");
    take_numbers(run, passport);
    if (!passport.values.empty() && (!passport.extractor.empty() || passport.samples > 0)) {
      out.push_back(std::move(passport));
    }
  }
  return out;
}

std::string measured_with_text(const Passport& passport) {
  std::string text = passport.extractor.empty() ? "between pixels"
                     : passport.feature.empty()
                         ? "by " + passport.extractor
                         : fmt::format("feature '{}' of {}", passport.feature, passport.extractor);
  if (!passport.extractor.empty()) {
    text += fmt::format(" ({})", runlog::shortened(passport.id));
  }
  text += fmt::format("; {} split", passport.split);
  if (passport.samples > 0) {
    text += fmt::format(", {} of each set", terminal::grouped(passport.samples));
  }
  return fmt::format("{}; {}", text, passport.preprocessing);
}

std::string to_text(const Passport& passport) {
  std::string values;
  for (const Passport::Value& one : passport.values) {
    values += fmt::format("{}{}{}{}", values.empty() ? "" : ", ", one.name, one.name.empty() ? "" : " ",
                          terminal::number_text(one.value));
    values += std::isnan(one.real) ? "" : fmt::format(" (of real images {})", terminal::number_text(one.real));
  }
  return fmt::format("{}; {}; {}; seed {}", passport.use, values, measured_with_text(passport), passport.seed);
}

}  // namespace atelier::compare
