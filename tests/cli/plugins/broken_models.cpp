// Models that are broken, each in one way that `atelier plugins --check` has to name.
#include <unistd.h>

#include <atelier/model.hpp>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace {

using namespace atelier;

volatile uintptr_t no_place = 8;  // the compiler shall not see what becomes of it

// The mean image, and one mistake.
class Mean : public Model {
 public:
  static void describe(Description& d) { d.summary = "The mean image, with a mistake."; }
  Mean(const Settings&, const DataSpec& data, Builder& build)
      : image_(data.image().dims),
        mean_(build.group("mean").parameter("image", {data.image().elements()}, Initializer::constant(0.5))) {}
  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor loss = mean(square(x - mean_.use(x))) + mistake(step, x);
    step.minimize("mean", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", mean(square(x - mean_.use(x)), {1}));
  }
  Tensor sample(Sampling& s, int64_t n) const override {
    return broadcast_to(mean_.use(s.context()), {n, image_[0] * image_[1] * image_[2]})
        .reshape({n, image_[0], image_[1], image_[2]});
  }

 protected:
  virtual Tensor mistake(Step& step, Tensor) const { return step.scalar(0); }
  [[nodiscard]] Tensor weight(Tensor x) const { return mean_.use(x); }
  std::vector<int64_t> image_;
  Parameter mean_;
};

struct NanGradient final : Mean {  // the root's slope at 0 is infinite
  using Mean::Mean;
  Tensor mistake(Step& step, Tensor x) const override {
    return step.step() < 2 ? step.scalar(0) : sum(sqrt(weight(x) * 0.0));
  }
};
struct CountsInAMember final : Mean {
  using Mean::Mean;
  Tensor mistake(Step&, Tensor x) const override {
    calls += 1;
    return mean(weight(x)) * (0.01 * calls);
  }
  mutable double calls = 0;
};
struct OtherStructure final : Mean {  // every second call records something else
  using Mean::Mean;
  Tensor mistake(Step& step, Tensor x) const override {
    return ++calls % 2 == 0 ? mean(square(weight(x))) : step.scalar(0);
  }
  mutable int calls = 0;
};
struct CountsInAStatic final : Mean {
  using Mean::Mean;
  Tensor mistake(Step&, Tensor x) const override {
    static double calls = 0;
    calls += 1;
    return mean(weight(x)) * (0.01 * calls);
  }
};
struct KeepsATensor final : Mean {
  using Mean::Mean;
  Tensor mistake(Step&, Tensor x) const override {
    kept = kept.handle() == 0 ? mean(x) : kept * 0.5;  // KEPT
    return kept;
  }
  mutable Tensor kept;
};
struct EvaluatesAnew final : Mean {
  using Mean::Mean;
  void evaluate(Evaluation& e) const override {
    const Tensor x = e.images().flatten();
    e.add_per_sample("loss", mean(square(x - weight(x)), {1}) + (calls += 1.0));
  }
  mutable double calls = 0;
};
struct SamplesAnew final : Mean {
  using Mean::Mean;
  Tensor sample(Sampling& s, int64_t n) const override { return Mean::sample(s, n) + (calls += 1.0); }
  mutable double calls = 0;
};
struct Crashes final : Mean {
  using Mean::Mean;
  Tensor mistake(Step& step, Tensor) const override {
    if (step.step() == 2) {
      *reinterpret_cast<volatile int*>(no_place) = 1;
    }
    return step.scalar(0);
  }
};
struct Exits final : Mean {
  using Mean::Mean;
  Tensor mistake(Step& step, Tensor) const override {
    if (step.step() == 3) {
      std::exit(0);
    }
    return step.scalar(0);
  }
};
struct IsKilled final : Mean {
  using Mean::Mean;
  Tensor mistake(Step& step, Tensor) const override {
    if (step.step() == 2) {
      kill(getpid(), SIGKILL);
    }
    return step.scalar(0);
  }
};
struct TakesAllMemory final : Mean {
  using Mean::Mean;
  Tensor mistake(Step& step, Tensor) const override {
    for (auto** kept = new char*[100000];; ++kept) {
      *kept = new char[size_t{1} << 28U];
      no_place = reinterpret_cast<uintptr_t>(*kept) % 2 + 8;
    }
    return step.scalar(0);
  }
};
void throw_it() {
  throw std::runtime_error("not in a destructor");
}
struct ThrowsInTheDestructor final : Mean {
  using Mean::Mean;
  ~ThrowsInTheDestructor() override { throw_it(); }
};
struct ThrowsANumber final : Mean {
  using Mean::Mean;
  Tensor mistake(Step&, Tensor) const override { throw 42; }
};
struct ThrowsInTheConstructor final : Mean {
  ThrowsInTheConstructor(const Settings& settings, const DataSpec& data, Builder& build) : Mean(settings, data, build) {
    throw std::runtime_error("not today");
  }
};
struct WrongSample final : Mean {
  using Mean::Mean;
  Tensor sample(Sampling& s, int64_t n) const override { return Mean::sample(s, n).slice(2, 0, 3); }
};
struct WrongView final : Mean {
  using Mean::Mean;
  [[nodiscard]] std::vector<View> views() const override { return {{"flat", "no image"}}; }
  Tensor view(Sampling& s, std::string_view, int64_t n) const override { return s.normal({n, 64}); }
};
struct WrongOutput final : Mean {
  using Mean::Mean;
  [[nodiscard]] std::vector<std::string> output_names() const override { return {"log_likelihood"}; }
  Tensor output(Evaluation& e, std::string_view, int64_t) const override { return e.images(); }
};
struct WrongFeature final : Mean {
  using Mean::Mean;
  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"nothing"}; }
  Tensor feature(Recording&, Tensor, std::string_view) const override { return {}; }
};
struct SamplesTogether final : Mean {  // each sample is another one beside others
  using Mean::Mean;
  Tensor sample(Sampling& s, int64_t n) const override {
    const Tensor noise = s.normal({n, image_[0], image_[1], image_[2]});
    return noise - mean(noise);
  }
};
struct MistypedField final : Mean {
  using Mean::Mean;
  [[nodiscard]] std::string sampled_field() const override { return "imgae"; }
};
// Of texts, with a mistake in what it makes.
class Letters : public Model {
 public:
  static void describe(Description& d) { d.summary = "How often each letter stands there, with a mistake."; }
  Letters(const Settings&, const DataSpec& data, Builder& build)
      : classes_(text_of(data, build).classes),
        length_(text_of(data, build).elements()),
        logits_(build.group("all").parameter("logits", {classes_}, Initializer::constant(0))) {}
  void train_step(Step& step) const override {
    const Tensor loss = mean(error(step, step.data("text")));
    step.minimize("all", loss);
    step.log("loss", loss);
  }
  void evaluate(Evaluation& e) const override { e.add_per_sample("loss", error(e, e.data("text"))); }
  [[nodiscard]] std::string sampled_field() const override { return "text"; }

 protected:
  static const Field& text_of(const DataSpec& data, const Builder& build) {
    static const Field none{};
    const Field* const text = data.find("text");
    if (text == nullptr) {
      build.fail("the data has no text");
    }
    return text == nullptr ? none : *text;
  }
  [[nodiscard]] Tensor error(const Recording& r, Tensor text) const {
    const int64_t n = text.dim(0) * length_;
    return mean(cross_entropy(broadcast_to(logits_.use(r.context()), {n, classes_}), text.reshape({n}))
                    .reshape({text.dim(0), length_}),
                {1});
  }
  int64_t classes_, length_;
  Parameter logits_;
};
struct WrongTokens final : Letters {  // counted from 1
  using Letters::Letters;
  Tensor sample(Sampling& s, int64_t n) const override {
    return s.constant({n, length_}, std::vector<int64_t>(static_cast<size_t>(n * length_), classes_));
  }
};
struct TokensTogether final : Letters {  // which could be rounding as well
  using Letters::Letters;
  Tensor sample(Sampling& s, int64_t n) const override {
    return s.constant({n, length_}, std::vector<int64_t>(static_cast<size_t>(n * length_), n % 2));
  }
};

// Not broken, but of what the check cannot look at.

struct ReadsWhileTraining final : Mean {
  using Mean::Mean;
  void train_step(Step& step) const override {
    const Tensor x = step.images().flatten();
    const Tensor loss = mean(square(x - weight(x)));
    step.minimize("mean", loss);
    Tensor after = mean(weight(x));
    step.log("brightness", step.scalar(step.read(after)[0]));
  }
};
struct ReportsNothing final : Mean {
  using Mean::Mean;
  void evaluate(Evaluation&) const override {}
};
struct NeedsLargeImages final : Mean {
  NeedsLargeImages(const Settings& settings, const DataSpec& data, Builder& build) : Mean(settings, data, build) {
    if (data.height() != 299) {
      build.fail("got images of " + std::to_string(data.height()) + " rows, expected 299");
    }
  }
};
struct FeaturesWithoutImages final : Letters {
  FeaturesWithoutImages(const Settings& settings, const DataSpec& data, Builder& build)
      : Letters(settings, data, build) {
    if (data.find("image") != nullptr) {
      build.fail("this model is for texts alone");
    }
  }
  [[nodiscard]] std::vector<std::string> feature_names() const override { return {"mean"}; }
  Tensor feature(Recording&, Tensor images, std::string_view) const override { return mean(images.flatten(), {1}); }
};
struct NeedsASetting final : Mean {
  static void describe(Description& d) {
    d.summary = "The mean image of a file.";
    d.text("file", "", "a file").required();
  }
  using Mean::Mean;
};

}  // namespace

ATELIER_MODEL("nan-gradient", NanGradient)
ATELIER_MODEL("counts-in-a-member", CountsInAMember)
ATELIER_MODEL("other-structure", OtherStructure)
ATELIER_MODEL("counts-in-a-static", CountsInAStatic)
ATELIER_MODEL("keeps-a-tensor", KeepsATensor)
ATELIER_MODEL("evaluates-anew", EvaluatesAnew)
ATELIER_MODEL("samples-anew", SamplesAnew)
ATELIER_MODEL("crashes", Crashes)
ATELIER_MODEL("exits", Exits)
ATELIER_MODEL("is-killed", IsKilled)
ATELIER_MODEL("takes-all-memory", TakesAllMemory)
ATELIER_MODEL("throws-in-the-destructor", ThrowsInTheDestructor)
ATELIER_MODEL("throws-a-number", ThrowsANumber)
ATELIER_MODEL("throws-in-the-constructor", ThrowsInTheConstructor)
ATELIER_MODEL("wrong-sample", WrongSample)
ATELIER_MODEL("wrong-view", WrongView)
ATELIER_MODEL("wrong-output", WrongOutput)
ATELIER_MODEL("wrong-feature", WrongFeature)
ATELIER_MODEL("samples-together", SamplesTogether)
ATELIER_MODEL("mistyped-field", MistypedField)
ATELIER_MODEL("wrong-tokens", WrongTokens)
ATELIER_MODEL("tokens-together", TokensTogether)
ATELIER_MODEL("reads-while-training", ReadsWhileTraining)
ATELIER_MODEL("reports-nothing", ReportsNothing)
ATELIER_MODEL("needs-large-images", NeedsLargeImages)
ATELIER_MODEL("features-without-images", FeaturesWithoutImages)
ATELIER_MODEL("needs-a-setting", NeedsASetting)
