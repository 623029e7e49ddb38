// Data, samples and views that are no images, or images of other channels: logged, sampled and looked at as what they
// are.
#include "equal_logs.hpp"

using namespace atelier;
using namespace atelier::abi_test;
using catalog::FieldKind;

namespace {

std::string kinds(const std::string& like, const std::string& more = "", const std::string& data = "") {
  return "[dataset]\nuse = \"kinds\"\n" + data + "[model]\nuse = \"kind-maker\"\nlike = \"" + like + "\"\n" + more +
         "[train]\nsteps = 8\nbatch_size = 8\n[sample]\nevery = 0.5\ncount = 3\n[log]\nevery = 1\n";
}

// As it was made, of the newest row.
struct Newest {
  runlog::Reader log;
  runlog::SampleSeries series;
  int64_t row;

  explicit Newest(const Run& run)
      : log(run.log()), series(log.description().samples.at(0)), row(std::ssize(log.sample_steps("generated")) - 1) {}
};

inference::Samples made(const Run& run, int64_t count, const std::string& view = "") {
  const training::RunOptions options;
  inference::TrainedModel trained(run.outcome.log, registry(), options, {}, inference::WeightsOf::final);
  return view.empty() ? inference::sample(trained, registry(), options, count, 3)
                      : inference::view(trained, registry(), options, view, count, 3);
}

}  // namespace

TEST_CASE("samples of every kind are in the log as what they are, and made again from its weights") {
  struct Case {
    std::string like;
    FieldKind kind;
    tensor::Shape dims;
  };
  const std::vector<Case> cases = {{"text", FieldKind::tokens, {6}},
                                   {"sound", FieldKind::signal, {2, 8}},
                                   {"person", FieldKind::table_row, {2}},
                                   {"bands", FieldKind::image, {5, 3, 4}},
                                   {"film", FieldKind::image_sequence, {3, 1, 4, 4}},
                                   {"shapeless", FieldKind::numbers, {2, 2}}};
  for (const Case& one : cases) {
    CAPTURE(one.like);
    const Run run = train(kinds(one.like));
    const Newest newest(run);
    CHECK(newest.series.kind == one.kind);
    CHECK(newest.series.dims == one.dims);
    CHECK(newest.series.field == one.like);
    CHECK(newest.log.sample_steps("generated") == std::vector<int64_t>{2, 4, 6, 8});
    const inference::Samples again = made(run, 3);
    CHECK(again.dims() == one.dims);
    CHECK(again.like.kind == one.kind);
    if (one.kind == FieldKind::image || one.kind == FieldKind::image_sequence) {
      CHECK(inference::pixels_of(again).pixels == newest.log.samples("generated", newest.row).pixels);
    } else {
      CHECK(same_bits(again.values, newest.log.sample_values("generated", newest.row)));
    }
  }
}

TEST_CASE("text is written by its vocabulary, and in the log as strings too") {
  const Run run = train(kinds("text"));
  const Newest newest(run);
  const std::vector<std::string> texts = inference::texts_of(made(run, 3));
  CHECK(texts == newest.log.sample_texts("generated", newest.row));
  const tensor::Tensor tokens = newest.log.sample_values("generated", newest.row);
  const std::vector<std::string> vocabulary = {"a", "b", "\n", "ß"};
  std::string first;
  for (int64_t t = 0; t < 6; ++t) {
    first += vocabulary[static_cast<size_t>(tokens.storage.as<int64_t>()[t])];
  }
  CHECK(texts[0] == first);
  CHECK(texts[0] + texts[1] != texts[1] + texts[2]);
}

TEST_CASE("whole numbers of no kind are numbers in the log, too") {
  const Run run = train(kinds("length"));
  const Newest newest(run);
  CHECK(newest.series.kind == FieldKind::numbers);
  CHECK(newest.series.dims == tensor::Shape{});
  const inference::Samples again = made(run, 3);
  const tensor::Tensor kept = newest.log.sample_values("generated", newest.row);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(kept.storage.as<float>()[i] == static_cast<float>(again.values.storage.as<int64_t>()[i]));
  }
}

TEST_CASE("bytes are text as they are, and made UTF-8 for the log") {
  const Run run = train(kinds("text", "times = 40\n", "bytes = true\n"));
  const Newest newest(run);
  const std::vector<std::string> bytes = inference::texts_of(made(run, 3));
  CHECK(bytes[0].size() == 40);
  const std::vector<std::string> kept = newest.log.sample_texts("generated", newest.row);
  CHECK(contains(kept[0], "\xEF\xBF\xBD"));  // of 40 bytes some are no UTF-8
  CHECK(kept[0] != bytes[0]);
}

TEST_CASE("an axis of time may have another length than the data's, the same for all of a run") {
  const Run longer = train(kinds("sound", "times = 20\n"));
  CHECK(Newest(longer).series.dims == tensor::Shape{2, 20});
  CHECK(Newest(train(kinds("film", "times = 2\n"))).series.dims == tensor::Shape{2, 1, 4, 4});
  const std::string growing = failure(kinds("text", "mistake = \"growing\"\n"));
  CHECK_MESSAGE(contains(growing, "got samples of the shape (8), expected (6) as when the run began"), growing);
}

TEST_CASE("a token that the vocabulary has not is the model's mistake") {
  const std::string message = failure(kinds("text", "mistake = \"token\"\n"));
  CHECK_MESSAGE(contains(message, "model 'kind-maker': made the token 4, expected 0 to 3: 'text' has 4 classes"),
                message);
}

TEST_CASE("a run that goes on makes the same samples, of every kind") {
  for (const std::string like : {"text", "person", "film"}) {
    CAPTURE(like);
    const TempFolder folder;
    const Run whole = train(folder, make(kinds(like)));
    REQUIRE_MESSAGE(whole.outcome.status == runlog::Status::finished, whole.outcome.reason);
    Interrupter interrupter;
    interrupter.at_step = 5;
    const training::RunOutcome part = run_until(folder, make(kinds(like)), interrupter);
    REQUIRE(part.status == runlog::Status::interrupted);
    CHECK(resume(folder, part.log).status == runlog::Status::finished);
    check_equal_logs(whole.outcome.log, part.log);
  }
}

TEST_CASE("views show what their field is") {
  for (const std::string like : {"text", "sound", "person", "bands", "film"}) {
    CAPTURE(like);
    const Run run = train(kinds(like));
    const inference::Samples drawn = made(run, 4, "pairs");
    CHECK(drawn.count() == 4);
    CHECK(drawn.per_strip() == 2);
    CHECK(drawn.like.name == like);
    if (like == "text") {
      const std::vector<std::string> texts = inference::texts_of(drawn);
      REQUIRE(texts.size() == 8);
      CHECK(texts[0] == texts[1]);
      CHECK(texts[0] != texts[2]);
    }
    if (like == "bands") {  // five grey pictures beside each other
      const pictures::Strips strips = inference::pictures_of(drawn);
      CHECK(strips.images.count == 8);
      CHECK(strips.images.channels == 1);
      CHECK(strips.images.width == 5 * 4 + 4 * 2);
      CHECK(strips.per_strip == 2);
    }
    if (like == "film") {
      const pictures::Strips strips = inference::pictures_of(drawn);
      CHECK(strips.images.count == 4 * 2 * 3);
      CHECK(strips.per_strip == 3);
      CHECK(strips.animation);
    }
  }
}

TEST_CASE("a mask has as many ones as there are elements, and all where lengths are equal") {
  const Run run = train(kinds("text"));
  const std::vector<double> elements = run.train("elements");
  CHECK(elements == run.train("lengths"));
  CHECK(std::ranges::min(elements) < 8 * 6);
  CHECK(run.train("first") == std::vector<double>(elements.size(), 8));
  CHECK(run.train("all") == std::vector<double>(elements.size(), 8 * 8));
  CHECK(run.evaluated("elements") == doctest::Approx((1 + 2 + 3 + 4 + 5 + 6 + 1 + 2) / 8.0));
}

TEST_CASE("few samples are as many of them beside each other, up to rounding") {
  const Run run = train(kinds("sound"));
  const inference::Samples many = made(run, 100), few = made(run, 7);
  for (int64_t i = 0; i < few.values.shape.elements(); ++i) {
    CHECK(few.values.storage.as<float>()[i] == doctest::Approx(many.values.storage.as<float>()[i]).epsilon(1e-6));
  }
}
