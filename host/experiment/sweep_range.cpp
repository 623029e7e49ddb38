// Ranges of a sweep: {range = [1, 5], step = 2}, {log_range = [1e-4, 1.0], count = 5}.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/text.hpp"
#include "experiment/sweep_axes.hpp"

namespace atelier::experiment {
namespace {

bool is_number(const Node& node) {
  return node.kind == Node::Kind::integer ||
         (node.kind == Node::Kind::number && std::isfinite(std::get<double>(node.scalar)));
}

double number_of(const Node& node) {
  return node.kind == Node::Kind::integer ? static_cast<double>(std::get<int64_t>(node.scalar))
                                          : std::get<double>(node.scalar);
}

class RangeReader {
 public:
  RangeReader(Problems& problems, const Node& table, const std::string& path, bool is_drawn, Axis& axis)
      : problems_(problems), table_(table), path_(path), is_drawn_(is_drawn), axis_(axis) {}

  void read() {
    if (!knows_all_keys() || !read_ends()) {
      return;
    }
    const Node* const step = find(table_, "step");
    const Node* const count = find(table_, "count");
    if (step != nullptr && count != nullptr) {
      reject(*step, "step", "got both 'count' and 'step', expected one of them");
    } else if (step != nullptr) {
      by_step(*step);
    } else if (count != nullptr) {
      by_count(*count);
    } else if (is_drawn_) {
      axis_.drawn = range_;
    } else if (range_.integers && !range_.logarithmic) {
      add_steps(1);
    } else {
      reject(table_, "",
             fmt::format("got a range of numbers, expected 'count'{} beside it; hint: [sweep.random] draws from such a "
                         "range",
                         range_.logarithmic ? "" : " or 'step'"));
    }
  }

 private:
  void reject(const Node& node, const std::string& key, const std::string& message) {
    problems_.add(node.place, key.empty() ? path_ : join_path(path_, key), message);
  }

  bool knows_all_keys() {
    range_.logarithmic = find(table_, "log_range") != nullptr;
    const std::vector<std::string> known = range_.logarithmic ? std::vector<std::string>{"log_range", "count"}
                                                              : std::vector<std::string>{"range", "step", "count"};
    bool right = true;
    for (const Node& child : table_.children) {
      if (std::ranges::find(known, child.key) == known.end()) {
        problems_.add(child.key_place, join_path(path_, child.key),
                      "got an unknown key" + instead_of(child.key, known));
        right = false;
      }
    }
    return right;
  }

  bool read_ends() {
    const char* const key = range_.logarithmic ? "log_range" : "range";
    const Node& ends = *find(table_, key);
    const bool two = ends.kind == Node::Kind::list && ends.children.size() == 2 && is_number(ends.children[0]) &&
                     is_number(ends.children[1]);
    if (two) {
      range_.low = number_of(ends.children[0]);
      range_.high = number_of(ends.children[1]);
      range_.integers = ends.children[0].kind == Node::Kind::integer && ends.children[1].kind == Node::Kind::integer;
    }
    if (!two || !(range_.low < range_.high) || (range_.logarithmic && !(range_.low > 0))) {
      reject(ends, key,
             fmt::format("got {}, expected two numbers, [low, high] with {}low < high", literal(ends),
                         range_.logarithmic ? "0 < " : ""));
      return false;
    }
    return true;
  }

  void by_step(const Node& step) {
    const bool right = is_number(step) && number_of(step) > 0 && (!range_.integers || step.kind == Node::Kind::integer);
    if (!right) {
      reject(step, "step",
             fmt::format("got {}, expected {}", describe(step),
                         range_.integers ? "an integer >= 1, as the ends are integers" : "a number > 0"));
    } else {
      add_steps(number_of(step));
    }
  }

  // Up to the high end, with it where it is met.
  void add_steps(double step) {
    constexpr double nearly = 1e-9;
    const double last = std::floor((range_.high - range_.low) / step * (1 + nearly));
    if (last >= static_cast<double>(most_points)) {
      reject(table_, "", fmt::format("got a range of more than {} values, expected fewer", most_points));
      return;
    }
    for (int64_t i = 0; i <= static_cast<int64_t>(last); ++i) {
      add(range_.low + static_cast<double>(i) * step);
    }
  }

  void by_count(const Node& node) {
    const int64_t count = node.kind == Node::Kind::integer ? std::get<int64_t>(node.scalar) : 0;
    if (count < 2 || count > most_points) {
      reject(node, "count", fmt::format("got {}, expected an integer in [2, {}]", describe(node), most_points));
      return;
    }
    const auto last = static_cast<double>(count - 1);
    if (range_.integers && !range_.logarithmic && std::fmod(range_.high - range_.low, last) != 0) {
      reject(
          node, "count",
          fmt::format("got {}, but {} values with equal steps from {} to {} are no integers; hint: write the ends as "
                      "{:.1f} and {:.1f} where numbers are meant",
                      count, count, range_.low, range_.high, range_.low, range_.high));
      return;
    }
    for (int64_t i = 0; i < count; ++i) {
      const double share = static_cast<double>(i) / last;
      const double value = range_.logarithmic ? range_.low * std::exp(share * std::log(range_.high / range_.low))
                                              : range_.low + share * (range_.high - range_.low);
      add(i == count - 1 ? range_.high : i == 0 ? range_.low : value);
    }
    const auto same = [](const Node& a, const Node& b) { return a.scalar == b.scalar; };
    if (range_.integers && std::ranges::adjacent_find(axis_.values, same) != axis_.values.end()) {
      reject(node, "count",
             fmt::format("got {}, but there are not so many integers with equal factors from {} to {}; hint: write the "
                         "ends as {:.1f} and {:.1f} where numbers are meant",
                         count, range_.low, range_.high, range_.low, range_.high));
    }
  }

  // Rounded, as 0.30000000000000004 is nobody's value, and as the logarithm's last bits are the machine's.
  void add(double value) {
    constexpr int linear_digits = 12, logarithmic_digits = 6;
    Node node;
    node.place = table_.place;
    if (range_.integers) {
      node.kind = Node::Kind::integer;
      node.scalar = std::llround(value);
    } else {
      node.kind = Node::Kind::number;
      const bool is_end = value == range_.low || value == range_.high;
      node.scalar = is_end ? value : rounded(value, range_.logarithmic ? logarithmic_digits : linear_digits);
    }
    axis_.values.push_back(std::move(node));
  }

  Problems& problems_;
  const Node& table_;
  const std::string& path_;
  bool is_drawn_;
  Axis& axis_;
  DrawnRange range_;
};

}  // namespace

double rounded(double value, int digits) {
  return std::strtod(fmt::format("{:.{}e}", value, digits - 1).c_str(), nullptr);
}

// A list of lists is a sweep of a setting that is called range, as the dataset's.
bool is_range(const Node& table) {
  const Node* const range = find(table, "range");
  const bool of_lists = range != nullptr && range->kind == Node::Kind::list && !range->children.empty() &&
                        range->children.front().kind == Node::Kind::list;
  return find(table, "log_range") != nullptr || (range != nullptr && !of_lists && range->kind != Node::Kind::table);
}

void read_range(Problems& problems, const Node& table, const std::string& path, bool is_drawn, Axis& axis) {
  RangeReader(problems, table, path, is_drawn, axis).read();
}

}  // namespace atelier::experiment
