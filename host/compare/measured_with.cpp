#include "compare/measured_with.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace atelier::compare {
namespace {

using Values = std::map<std::string, std::string>;

struct MeasuredWith {
  Values always;      // a run that has none of it has another
  Values where_both;  // counts between runs that have it
};

std::string setting(const Run& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "" : found->second;
}

// All whose key begins so, but for `left_out`.
void add(Values& to, const Values& from, const std::string& beginning, const std::set<std::string>& left_out = {}) {
  for (auto at = from.lower_bound(beginning); at != from.end() && at->first.starts_with(beginning); ++at) {
    if (!left_out.contains(at->first)) {
      to.insert(*at);
    }
  }
}

// A metric's settings; a name or a path that stands for another run stands for that run, as it may have several.
void add_metric(Values& to, const Run& run, const std::string& metric) {
  Values settings;
  add(settings, run.settings, metric, {metric + "when", metric + "per_sample"});
  for (auto& [what, value] : settings) {
    if (const auto used = run.identity.find("run " + terminal::unquoted(value)); used != run.identity.end()) {
      value = used->second;
    }
  }
  to.merge(settings);
}

// The runs whose models the model, or a loss, sees by: all but those that metrics alone name.
void add_used(Values& to, const Run& run) {
  const std::string beginning = "run ";
  Values used;
  add(used, run.identity, beginning);
  for (const auto& [what, id] : used) {
    bool by_metric = false, elsewhere = false;
    for (const auto& [key, value] : run.settings) {
      if (terminal::unquoted(value) == what.substr(beginning.size())) {
        (key.starts_with("metric.") ? by_metric : elsewhere) = true;
      }
    }
    if (elsewhere || !by_metric) {
      to[what] = id;
    }
  }
}

// What is measured on; what only training sees of the data is not a part of it.
void add_data(Values& to, const Run& run) {
  add(to, run.settings, "dataset.",
      {"dataset.validation", "dataset.transform.flip", "dataset.transform.shift", "dataset.transform.noise"});
  add(to, run.identity, "data ");
  add(to, run.identity, "classes ");
}

std::string split_of(const Run& run, const Series& series, ValidationSplits splits) {
  if (series.split != "validation") {
    return series.split;
  }
  const std::string part = fmt::format("validation, {} of the data", setting(run, "dataset.validation"));
  return splits == ValidationSplits::count_as_one ? part : fmt::format("{} by seed {}", part, setting(run, "seed"));
}

bool is_likelihood(const Series& series) {
  return series.units == "nats" || series.units.starts_with("bit");
}

MeasuredWith measured_with(const Run& run, const Series& series, ValidationSplits splits) {
  MeasuredWith out;
  if (series.cadence == "train" && series.name.starts_with("learning_rate")) {  // which is set, not measured
    return out;
  }
  add_data(out.always, run);
  out.always["split"] = split_of(run, series, splits);
  const std::string metric = "metric." + series.name.substr(0, series.name.find('.')) + ".";
  if (setting(run, metric + "use").empty()) {
    out.always["model.use"] = setting(run, "model.use");
    add(out.always, run.settings, "loss.");
    add_used(out.always, run);
    return out;
  }
  add_metric(out.always, run, metric);
  if (is_likelihood(series)) {
    add(out.where_both, run.settings, "loss.");
  }
  return out;
}

// The values of each thing, over all.
class Kinds {
 public:
  void add(const MeasuredWith& one) {
    for (const auto& [what, value] : one.always) {
      Kind& kind = always_[what];
      ++kind.runs;
      kind.add(value);
    }
    for (const auto& [what, value] : one.where_both) {
      where_both_[what].add(value);
    }
    ++runs_;
  }
  std::vector<Unlikeness> unlike() {
    for (auto& [what, kind] : always_) {
      if (kind.runs < runs_) {
        kind.add("");
      }
    }
    std::vector<Unlikeness> out;
    for (const auto* const kinds : {&always_, &where_both_}) {
      for (const auto& [what, kind] : *kinds) {
        if (kind.values.size() > 1) {
          out.push_back({what, kind.values});
        }
      }
    }
    return out;
  }

 private:
  struct Kind {
    std::vector<std::string> values;
    size_t runs = 0;
    void add(const std::string& value) {
      if (std::ranges::find(values, value) == values.end()) {
        values.push_back(value);
      }
    }
  };
  std::map<std::string, Kind> always_, where_both_;
  size_t runs_ = 0;
};

}  // namespace

std::string to_string(const Unlikeness& unlikeness) {
  constexpr size_t shown = 3;
  constexpr size_t columns = 24;
  std::string text = unlikeness.what + ":";
  for (size_t i = 0; i < std::min(unlikeness.values.size(), shown); ++i) {
    const std::string& value = unlikeness.values[i];
    text += fmt::format(
        "{} {}", i == 0 ? "" : ",",
        value.empty() ? "none" : terminal::shortened(terminal::unquoted(runlog::shortened(value)), columns));
  }
  return text + (unlikeness.values.size() > shown ? ", …" : "");
}

std::vector<std::string> texts_of(const std::vector<Unlikeness>& unlike) {
  std::vector<std::string> texts;
  std::ranges::transform(unlike, std::back_inserter(texts), [](const Unlikeness& one) { return to_string(one); });
  return texts;
}

std::vector<Unlikeness> unlikenesses(const std::vector<const Run*>& runs, const std::string& metric,
                                     ValidationSplits splits) {
  Kinds kinds;
  for (const Run* const run : runs) {
    if (const Series* const series = run->find(metric); series != nullptr && !series->values.empty()) {
      kinds.add(measured_with(*run, *series, splits));
    }
  }
  return kinds.unlike();
}

}  // namespace atelier::compare
