#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "compare/grouping_tables.hpp"

using namespace atelier;
using compare::Grouping;
using compare::GroupingRequest;
using compare::Run;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// A run as it is read from a log: of a setting, a seed, and the evaluations of its test loss.
Run run(int64_t latent, uint64_t seed, std::vector<double> losses) {
  Run out;
  out.run_id = fmt::format("{:02}{:02}", latent, seed);
  out.path = out.run_id + ".h5";
  out.name = "vae";
  out.state = compare::State::finished;
  out.created_utc = fmt::format("2026-01-31T12:00:{:02}Z", seed);
  out.seed = seed;
  out.settings = {{"name", "\"vae\""},
                  {"seed", fmt::format("{}", seed)},
                  {"model.use", "\"vae\""},
                  {"model.latent", fmt::format("{}", latent)},
                  {"dataset.use", "\"shapes\""}};
  compare::Series loss{"eval", "test", "loss", "", catalog::Direction::smaller, "", {}, {}, {}};
  for (size_t i = 0; i < losses.size(); ++i) {
    loss.steps.push_back(static_cast<int64_t>(10 * (i + 1)));
    loss.epochs.push_back(static_cast<double>(i + 1));
  }
  out.steps = static_cast<int64_t>(10 * losses.size());
  loss.values = std::move(losses);
  out.metrics = {loss};
  out.best.metric = "test/loss";
  return out;
}

// Of two latents, whose losses differ by one but for a little, so many seeds each.
std::vector<Run> two_groups(uint64_t seeds) {
  std::vector<Run> runs;
  for (const int64_t latent : {20, 3}) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
      const double noise = std::sin(static_cast<double>(7 * seed));
      const double little = 0.01 * std::cos(static_cast<double>(static_cast<uint64_t>(latent) + 3 * seed));
      runs.push_back(run(latent, seed, {9 + noise, (latent == 3 ? 5 : 4) + noise + little}));
    }
  }
  return runs;
}

GroupingRequest by_latent() {
  GroupingRequest request;
  request.by = {"latent"};
  return request;
}

std::string message_of(std::vector<Run> runs, const GroupingRequest& request) {
  try {
    compare::group(std::move(runs), request);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool has_note(const Grouping& grouping, const std::string& part) {
  return std::ranges::any_of(grouping.notes,
                             [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("groups are by number, seeds within, with what they come to") {
  const Grouping grouping = compare::group(two_groups(6), by_latent());
  REQUIRE(grouping.groups.size() == 2);
  CHECK(grouping.keys == std::vector<std::string>{"model.latent"});
  CHECK(grouping.groups[0].label == "3");
  CHECK(grouping.groups[1].label == "20");
  CHECK(grouping.groups[0].runs.size() == 6);
  REQUIRE(grouping.metrics.size() == 1);
  const compare::GroupedMetric& loss = grouping.metrics[0];
  CHECK(loss.name == "test/loss");
  CHECK(loss.last[0].mean == doctest::Approx(5).epsilon(0.2));
  CHECK(loss.last[0].interval.low < loss.last[0].mean);
  CHECK(loss.best[0].mean == loss.last[0].mean);
  CHECK(loss.area[0].mean == doctest::Approx((9 + 5) / 2.0).epsilon(0.1));
}

TEST_CASE("the same seeds are pairs, and their noise is taken out") {
  GroupingRequest request = by_latent();
  const Grouping paired = compare::group(two_groups(6), request);
  REQUIRE(paired.contrasts.size() == 1);
  const compare::Contrast& pairs = paired.contrasts[0];
  CHECK(pairs.paired);
  CHECK(pairs.seeds == 6);
  CHECK(pairs.difference == doctest::Approx(-1).epsilon(0.01));
  CHECK(pairs.correlation > 0.99);
  CHECK(pairs.test.exact);
  CHECK(pairs.test.p == 2.0 / 64);
  CHECK(pairs.settled);
  CHECK(compare::verdict(paired, pairs) == "20 is better");

  request.pair_seeds = false;
  const Grouping apart = compare::group(two_groups(6), request);
  const compare::Contrast& groups = apart.contrasts[0];
  CHECK(!groups.paired);
  CHECK(groups.difference == doctest::Approx(pairs.difference));
  CHECK(groups.interval.high - groups.interval.low > 10 * (pairs.interval.high - pairs.interval.low));
  CHECK(groups.smallest_p == doctest::Approx(2.0 / 924));
}

TEST_CASE("few seeds are told what they cannot show") {
  const Grouping grouping = compare::group(two_groups(3), by_latent());
  const compare::Contrast& contrast = grouping.contrasts[0];
  CHECK(contrast.smallest_p == 0.25);
  CHECK(contrast.test.p == 0.25);
  CHECK(!contrast.settled);
  CHECK(contrast.seeds_for_smallest == 6);
  CHECK(contrast.seeds_needed == 6);
  CHECK(compare::verdict(grouping, contrast)
            .starts_with("so few seeds cannot show it: their p is at least 0.250; it takes 6 pairs at least; if the "
                         "difference stays as it "
                         "is, about 6 pairs in all settle it four times in five, 3 more"));
}

TEST_CASE("Holm's correction is over all that one command tests") {
  std::vector<Run> runs = two_groups(8);
  for (uint64_t seed = 0; seed < 8; ++seed) {
    runs.push_back(run(50, seed, {9, 4 + std::sin(static_cast<double>(7 * seed)) + 0.01 * static_cast<double>(seed)}));
  }
  GroupingRequest request = by_latent();
  const Grouping all = compare::group(runs, request);
  REQUIRE(all.contrasts.size() == 3);
  CHECK(all.contrasts[0].test.p == 2.0 / 256);
  CHECK(all.contrasts[0].p_holm == doctest::Approx(3 * 2.0 / 256));
  CHECK(all.contrasts[0].smallest_p_holm == doctest::Approx(3 * 2.0 / 256));
  request.against = "20";
  const Grouping against = compare::group(runs, request);
  REQUIRE(against.contrasts.size() == 2);
  CHECK(against.groups[against.contrasts[0].reference].label == "20");
  CHECK(against.contrasts[0].p_holm == doctest::Approx(2 * 2.0 / 256));
  request.against = "21";
  CHECK(message_of(runs, request) ==
        "--against: got '21', expected one of the groups: 3, 20 or 50; did you mean '20'?");
}

TEST_CASE("what is not in a group is said") {
  std::vector<Run> runs = two_groups(4);
  runs[1].state = compare::State::failed;
  runs[1].problem = "the loss is not finite";
  runs.push_back(run(3, 0, {9, 5.5}));  // seed 0 again, with other results
  runs.back().created_utc = "2026-02-01T12:00:00Z";
  runs.push_back(runs[2]);  // and seed 2, with the same
  runs.back().created_utc = "2026-02-01T12:00:00Z";
  runs.push_back(Run());  // a broken log
  const Grouping grouping = compare::group(runs, by_latent());
  CHECK(grouping.broken.size() == 1);
  REQUIRE(grouping.left_out.size() == 3);
  CHECK(grouping.left_out[0].reason == "another run of seed 0, with other results than 0300#2, which is the newest");
  CHECK(grouping.left_out[1].reason == "failed: the loss is not finite");
  CHECK(grouping.left_out[2].reason == "another run of seed 2, with the results of 2002#2, is counted once");
  CHECK(grouping.groups[0].left_out == 1);
  CHECK(grouping.groups[1].left_out == 2);
  CHECK(grouping.metrics[0].last[0].values[0] == 5.5);
  CHECK(grouping.contrasts[0].seeds == 3);
  CHECK(grouping.contrasts[0].without_partner == 1);
}

TEST_CASE("runs of one seed that were asked to be other things are refused, or the newest is taken") {
  std::vector<Run> runs = two_groups(3);
  runs.push_back(run(3, 0, {9, 5.5}));
  runs.back().created_utc = "2026-02-01T12:00:00Z";
  runs.back().settings["optimizer.learning_rate"] = "0.1";
  GroupingRequest request = by_latent();
  CHECK(
      message_of(runs, request) ==
      "group '3': seed 0 has 2 runs, which differ in optimizer.learning_rate; hint: --by optimizer.learning_rate makes "
      "groups of them, --anyway takes the newest");
  request.anyway = true;
  const Grouping grouping = compare::group(runs, request);
  CHECK(grouping.left_out.size() == 1);
  CHECK(has_note(grouping, "the runs of '3' differ beside their seeds, in optimizer.learning_rate"));
}

TEST_CASE("what was not measured with the same is refused, or marked") {
  std::vector<Run> runs = two_groups(3);
  for (size_t i = 0; i < 3; ++i) {
    runs[i].settings["loss.reconstruction.use"] = "\"bce\"";
    runs[i + 3].settings["loss.reconstruction.use"] = "\"mse\"";
  }
  GroupingRequest request = by_latent();
  CHECK(message_of(runs, request) ==
        "test/loss: the runs did not measure the same, expected what is alike in loss.reconstruction.use: mse, bce; "
        "hint: "
        "--anyway compares it, --metric another");
  request.anyway = true;
  const Grouping grouping = compare::group(runs, request);
  CHECK(grouping.metrics[0].unlike.size() == 1);
  CHECK(has_note(grouping, "test/loss is compared anyway: it was not measured with the same: loss.reconstruction.use"));
}

TEST_CASE("validation splits of other seeds are told, and do not keep groups apart") {
  std::vector<Run> runs = two_groups(4);
  for (Run& one : runs) {
    one.metrics[0].split = "validation";
    one.settings["dataset.validation"] = "0.1";
    one.best.metric = "validation/loss";
  }
  const Grouping grouping = compare::group(runs, by_latent());
  CHECK(grouping.metrics[0].name == "validation/loss");
  CHECK(has_note(grouping, "a validation split is drawn by the seed"));
}

TEST_CASE("one run, runs without values, and values that are not finite have reasons in the place of figures") {
  const Grouping one = compare::group({run(3, 0, {9, 5})}, by_latent());
  CHECK(one.contrasts.empty());
  CHECK(std::isnan(one.metrics[0].last[0].deviation));
  CHECK(one.metrics[0].last[0].interval.lack == statistics::Lack::too_few);

  std::vector<Run> runs = two_groups(3);
  runs[0].metrics[0].values.back() = std::numeric_limits<double>::infinity();
  runs[4].metrics[0] = run(3, 1, {}).metrics[0];
  const Grouping grouping = compare::group(runs, by_latent());
  const compare::GroupedMetric& loss = grouping.metrics[0];
  CHECK(loss.last[1].problem == "a value is not finite");
  CHECK(std::isnan(loss.last[1].mean));
  CHECK(loss.last[0].count == 2);
  CHECK(grouping.contrasts[0].seeds == 2);
  CHECK(compare::verdict(grouping, grouping.contrasts[0]) == "no test: a value is not finite");
  const std::string json = compare::to_json(grouping);
  CHECK(json.find("inf") == std::string::npos);
  CHECK(json.find("nan") == std::string::npos);
}

TEST_CASE("an accuracy has the deviation that so many test samples give it") {
  std::vector<Run> runs = two_groups(3);
  for (Run& one : runs) {
    one.metrics[0].name = "accuracy";
    one.metrics[0].values = {0.5, 0.9};
    one.metrics[0].better = catalog::Direction::larger;
    one.best.metric = "test/accuracy";
    one.test_samples = 900;
  }
  const Grouping grouping = compare::group(runs, by_latent());
  CHECK(grouping.metrics[0].samples == 900);
  CHECK(grouping.metrics[0].last[0].deviation_of_samples == doctest::Approx(0.01));
  CHECK(grouping.metrics[0].last[0].interval.lack == statistics::Lack::all_equal);
}

TEST_CASE("groups by several keys, and by patterns of settings that differ") {
  std::vector<Run> runs;
  for (const int64_t latent : {2, 3}) {
    for (const std::string beta : {"1.0", "4.0"}) {
      for (uint64_t seed = 0; seed < 2; ++seed) {
        runs.push_back(run(latent, seed, {9, 5}));
        runs.back().settings["model.beta"] = beta;
      }
    }
  }
  GroupingRequest request = by_latent();
  request.by = {"model.*"};
  const Grouping by_pattern = compare::group(runs, request);
  CHECK(by_pattern.keys == std::vector<std::string>{"model.beta", "model.latent"});
  CHECK(by_pattern.groups.size() == 4);
  CHECK(by_pattern.groups[1].label == "1, 3");
  request.by = {"latent", "beta"};
  CHECK(compare::group(runs, request).groups[1].label == "2, 4");
  request.by = {"optimizer.*"};
  CHECK(
      message_of(runs, request) ==
      "--by: no setting is called so: got 'optimizer.*', expected a pattern of settings that differ between the runs");
  request.by = {"seed"};
  CHECK(message_of(runs, request) == "--by: got 'seed', expected something else: seeds are what a group consists of");
  request.by = {"latnt"};
  CHECK(message_of(runs, request) == "--by: no run has 'latnt'; did you mean 'latent'?");
}

TEST_CASE("tables of groups fit a terminal") {
  const Grouping grouping = compare::group(two_groups(6), by_latent());
  const std::string text = compare::sections_text(compare::sections_of(grouping), {80, false});
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = text.find('\n', start);
    CHECK_MESSAGE(terminal::columns_of(text.substr(start, end - start)) <= 80, text);
    start = end + 1;
  }
  CHECK_MESSAGE(text.find("20 − 3: 20 is better") != std::string::npos, text);
}

TEST_CASE("tables in Markdown and LaTeX say what names and values hold, and nothing else") {
  const compare::Section section{"a_b & <script>",
                                 {{{"name|x"}, {"value", terminal::Align::right}},
                                  {{{"100% of {a}\n"}, {"-1.5"}}, {{"x_1 ~ y^2 \\ #$"}, {"[-1, -.5] a-1"}}}},
                                 {"one *line*\nnot two"}};
  CHECK(compare::sections_markdown({section}) ==
        "### a\\_b &amp; &lt;script&gt;\n\n| name\\|x | value |\n| --- | ---: |\n| 100% of {a}␊ | -1.5 |\n"
        "| x\\_1 \\~ y^2 \\\\ \\#$ | \\[-1, -.5\\] a-1 |\n\none \\*line\\*␊not two\n");
  CHECK(compare::sections_latex({section}) ==
        "% needs \\usepackage{booktabs}\n\n% a_b & <script>\n\\begin{tabular}{lr}\n  \\toprule\n"
        "  name\\textbar{}x & value \\\\\n  \\midrule\n  100\\% of \\{a\\}␊ & $-$1.5 \\\\\n"
        "  x\\_1 \\textasciitilde{} y\\textasciicircum{}2 \\textbackslash{} \\#\\$ & [$-$1, $-$.5] a-1 \\\\\n  "
        "\\bottomrule\n"
        "\\end{tabular}\n% one *line*␊not two\n");
}

TEST_CASE("a row of LaTeX that begins with a bracket is no argument of the row before") {
  const std::string latex = compare::sections_latex({{"", {{{"hidden"}}, {{{"[128]"}}}}, {}}});
  CHECK_MESSAGE(latex.find("  {}[128] \\\\\n") != std::string::npos, latex);
}

TEST_CASE("as many decimals as two digits of the deviation have") {
  CHECK(compare::beside_deviation(231.41234, 0.81) == "231.41");
  CHECK(compare::beside_deviation(231.41234, 12) == "231");
  CHECK(compare::beside_deviation(0.000123456, 0.0000012) == "0.0001235");
  CHECK(compare::beside_deviation(231.41234, 0) == "231.412");
  CHECK(compare::beside_deviation(unknown, 1) == "–");
}
