// Mistakes of authors end in an error that says where, in the step in which they are made.
#include <atelier/builder.hpp>

#include "inference/trained_model.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string faults(const std::string& fault, const std::string& more = "") {
  return "[model]\nuse = \"faults\"\nfault = \"" + fault + "\"\n" + more +
         (more.find("[optimizer]") == std::string::npos ? "[optimizer]\nuse = \"sgd\"\nlearning_rate = 0.001\n" : "") +
         "[train]\nsteps = 8\nbatch_size = 16\n";
}

std::string with_loss(const std::string& fault) {
  return faults("none", "[loss.reconstruction]\nuse = \"faulty\"\nfault = \"" + fault + "\"\n");
}

std::string place_of(const std::string& fault) {
  return "faults.cpp:" + std::to_string(line_of(FAULTS, "// FAULT: " + fault)) + ": ";
}

void check_fault(const std::string& fault, const std::string& step, const std::string& words) {
  const std::string message = failure(faults(fault));
  CHECK_MESSAGE(contains(message, "model 'faults', training step " + step + ": "), message);
  CHECK_MESSAGE(contains(message, place_of(fault)), message);
  CHECK_MESSAGE(contains(message, words), message);
  CHECK_MESSAGE(!contains(message, "defect of atelier"), message);
}

// The whole of what is said when the model is built, but for the folder.
void check_refusal(const std::string& fault, const std::string& words) {
  const std::string message = failure(faults(fault));
  CHECK_MESSAGE(message.starts_with("model 'faults': "), message);
  CHECK_MESSAGE(message.ends_with(place_of(fault) + words), message);
}

}  // namespace

TEST_CASE("a tensor that a model keeps is recognized in the next step, with its line") {
  check_fault("kept", "1", "got a tensor of another step");
  check_fault("empty", "1", "mean/1: got an empty tensor");
}

TEST_CASE("a constant of another length than its shape, and shapes that no tensor can have") {
  check_fault("constant", "1", "constant: got 3 values for 64 elements");
  check_fault("dims", "1", "random_normal: attribute 'dims' is 4611686018427387904, more than any tensor has");
  check_fault("dims apart", "1", "random_normal: (4294967296, 2147483649) has more elements than any machine");
  check_fault("below nothing", "1", "an axis has a length of at least 0, got -1");
  check_fault("memory", "1",
              "random_normal: the result, float32 (274877906944), needs 1.1 TB of memory, this machine has ");
  check_fault("upsample", "1", "upsample_nearest2d: (16, 1, 8796093022208, 8796093022208) has more elements");
  const std::string parameter = failure(faults("parameter"));
  CHECK_MESSAGE(contains(parameter, "model 'faults': the parameter 'all.vast': (4611686018427387904, 4) has more"),
                parameter);
}

TEST_CASE("a layer that no machine has memory for is named, with its shape, its type and its size") {
  const std::string message = failure(faults("layer"));
  CHECK_MESSAGE(contains(message,
                         "model 'faults': the parameter 'all.huge.weight', float32 (1000000, 1000000), with "
                         "those before it, 4 in "),
                message);
  CHECK_MESSAGE(contains(message, " KB, needs 4.0 TB of memory, this machine has "), message);
  CHECK_MESSAGE(message.ends_with("; hint: smaller layers"), message);
}

TEST_CASE("what changes from step to step is looked at in every one") {
  check_fault("slice", "4", "slice: got 4 elements from 6 on along axis 0, expected them inside its 8");
  check_fault("update_slice", "4", "update_slice: got 4 elements from 6 on along axis 0, expected them inside its 8");
  check_fault("dropout", "4", "dropout: got the rate 1.2");
  check_fault("dropout nan", "3", "dropout: got the rate nan, expected 0 to below 1");
}

TEST_CASE("the first failure is what is said, whatever the author does with its results") {
  check_fault("poison", "1", "reshape: got (3, 5) for a tensor of (16, 64)");
  check_fault("endless", "1", "reshape: got (3, 5) for a tensor of (16, 64)");
  CHECK(failure(faults("fail")) == "model 'faults': faults: the data has no masks");
}

TEST_CASE("a layer kept in a std::function is on the author's line, not on one of the standard library") {
  const std::string message = failure(faults("function"));
  CHECK_MESSAGE(contains(message, place_of("function")), message);
  CHECK_MESSAGE(!contains(message, "include/c++"), message);
}

TEST_CASE("an initializer, an activation or a cell of a name that nothing has is refused where the name stands") {
  check_refusal(
      "initializer",
      "got the initializer 'he_unifrom', expected glorot_uniform, glorot_normal, he_uniform, he_normal, orthogonal or "
      "normal; did you mean 'he_uniform'?");
  const std::string activations =
      ", expected relu, leaky_relu, elu, gelu, softplus, tanh, sigmoid or none; did you mean ";
  check_refusal("reluu", "got the activation 'reluu'" + activations + "'relu'?");
  check_refusal("output activation", "got the activation 'soft plus'" + activations + "'softplus'?");
  check_refusal("cell", "got the recurrent cell 'lstn', expected tanh, lstm or gru; did you mean 'lstm'?");
  check_refusal(
      "recurrent initializer",
      "got the initializer 'unifrom', expected uniform, glorot_uniform, glorot_normal, he_uniform, he_normal, "
      "orthogonal or normal; did you mean 'uniform'?");
  check_refusal("in a Sequential", "got the activation 'tanj'" + activations + "'tanh'?");
  check_refusal(
      "normalization",
      "got the normalization 'bacth', expected none, batch, synchronized-batch or layer; did you mean 'batch'?");
  check_fault("activation", "1", "got the activation 'tan'" + activations + "'tanh'?");
  CHECK(failure(faults("every name")) == "nothing was thrown");
  CHECK(detail::unknown_name("activation", "swish", {"relu", "tanh"}) ==
        "got the activation 'swish', expected relu or tanh");
  for (const char* name : detail::initializer_names) {
    CHECK_MESSAGE(Initializer::named(name).kind != Initializer::no_initializer, name);
  }
  CHECK(Initializer::named("").kind == Initializer::no_initializer);
  CHECK(Initializer::named("a name that is far longer than there is room for").kind == Initializer::no_initializer);
}

TEST_CASE("stacks that cannot be are refused where they stand") {
  check_refusal("no way back",
                "got a length of 4 before one of 4, expected 1, which is what the convolution makes of that");
  check_refusal("small images", "got images of 2x2 for layer 1, expected none smaller than its kernel");
  check_refusal("nothing to pool",
                "got images of 3x5 for layer 0, of which 1x3 is left for its pooling, expected at least 2x2");
  check_refusal("one width", "got 1 widths, expected those of the input and of the output");
}

TEST_CASE("a loss that throws, or gives what its role does not promise, is named") {
  CHECK(failure(with_loss("throw")) == "model 'faults', training step 4: loss 'faulty': boom");
  const std::string start = "model 'faults', training step 1: loss 'faulty': ";
  const auto check = [&](const std::string& fault, const std::string& words) {
    const std::string message = failure(with_loss(fault));
    CHECK_MESSAGE(message.starts_with(start + words), message);
  };
  check("scalar", "per_sample: gave (), expected (16), one number for each sample");
  check("pixels", "per_sample: gave (16, 64), expected (16), one number for each sample");
  check("nothing", "the mean of per_sample: gave an empty tensor; it was called at ");
  check("integers", "");
  CHECK(failure(with_loss("constructor")) == "model 'faults': loss 'faulty': not with these data");
}

TEST_CASE("what says nothing, or only std::bad_alloc, is told in words") {
  const std::string memory = failure(with_loss("memory"));
  CHECK_MESSAGE(memory.starts_with("model 'faults', training step 1: loss 'faulty': after "), memory);
  CHECK_MESSAGE(
      contains(memory, place_of("loss of memory") + "asks for more memory than the system gives (std::bad_alloc)"),
      memory);
  const std::string silent = failure(with_loss("silent"));
  CHECK_MESSAGE(contains(silent, "model 'faults', training step 1: loss 'faulty': failed with status "), silent);
  const std::string constructor = failure(faults("fail silently"));
  CHECK_MESSAGE(constructor.starts_with("model 'faults': failed with status "), constructor);
}

TEST_CASE("an output that is not what its name promises is refused where a metric asks for it") {
  const auto output = [](const std::string& name, const std::string& fault) {
    return failure(
        faults(fault, "output = \"" + name + "\"\n[metric.sum]\nuse = \"output-of\"\nof = \"" + name + "\"\n"));
  };
  const auto check = [&](const std::string& name, const std::string& expected) {
    const std::string message = output(name, "none");
    CHECK_MESSAGE(
        contains(message, "model 'faults': the output '" + name + "': gave float32 (2, 1, 8, 8), expected " + expected),
        message);
  };
  check("log_likelihood", "(2)");
  check("divergence", "(2)");
  check("posterior_mean", "(2, any)");
  check("log_importance_weights", "(2, 1)");
  check("logits", "(2, 5)");
  CHECK(contains(output("log_likelihood", "no output"), "the output 'log_likelihood': gave an empty tensor"));
  CHECK(output("of_my_own", "none") == "nothing was thrown");
}

TEST_CASE("a number by a name that the log has itself is refused before training, at its line") {
  for (const std::string fault : {"logged", "measured"}) {
    const auto called = [&](const std::string& name) {
      std::string settings = fault;
      settings += " = \"";
      settings += name;
      settings += "\"\n";
      return failure(faults("none", settings));
    };
    for (const char* name : {"step", "steps", "epoch", "gradient_norm.all", "learning_rate.all"}) {
      const std::string message = called(name);
      CHECK_MESSAGE(contains(message, place_of(fault) + "log: '" + name + "' is a name that every log has itself"),
                    message);
      CHECK_MESSAGE(!contains(message, "is given twice"), message);
    }
    CHECK_MESSAGE(contains(called("a/b"), place_of(fault) + "log: 'a/b' is a path in a log"), called("a/b"));
    CHECK_MESSAGE(contains(called(""), place_of(fault) + "log: '' has no name"), called(""));
  }
  CHECK(failure(faults("none", "logged = \"steps_of_mine\"\n")) == "nothing was thrown");
}

TEST_CASE("images that become others, or none, end the run in words") {
  const std::string none = failure(faults("sample later"));
  CHECK_MESSAGE(contains(none, "sampling: got an empty tensor, expected samples like the field 'image'"), none);
  const std::string smaller = failure(faults("sample smaller"));
  CHECK_MESSAGE(
      contains(smaller,
               "sampling: got float32 (4, 1, 3, 8), expected samples like the field 'image', float32 (4, 1, 8, 8)"),
      smaller);
}

TEST_CASE("a view of five channels shows them side by side, in grey") {
  const TempFolder folder;
  const Run run = train(folder, make(faults("none")));
  const pictures::Strips five = drawn_view(run.outcome.log, {}, "five", 2, 0, inference::WeightsOf::checkpoint);
  CHECK(five.images.channels == 1);
  CHECK(five.images.height == 8);
  CHECK(five.images.width > 5 * 8);
}

TEST_CASE("a view without an image, and of data without images") {
  const auto view = [](const std::string& text, const std::string& name) {
    TempFolder folder;
    const Run run = train(folder, make(text));
    return message_of([&] { drawn_view(run.outcome.log, {}, name, 2, 0, inference::WeightsOf::checkpoint); });
  };
  const std::string blank = view(faults("none"), "blank");
  CHECK_MESSAGE(
      contains(blank,
               "view 'blank': got float32 (2, 0, 1, 8, 8), expected 2 strips of elements like the field 'image'"),
      blank);
  const std::string imageless = view("[dataset]\nuse = \"numbers\"\n[model]\nuse = \"mean-of-numbers\"\n", "picture");
  CHECK_MESSAGE(contains(imageless, "--view: the data has no field 'image'"), imageless);
}

TEST_CASE("an experiment that is in no folder is in the one where the program runs, in its log too") {
  const experiment::Experiment here = make(faults("none"));
  CHECK(here.directory == ".");
  CHECK(train(faults("none")).log().description().directory == fs::current_path());
}

TEST_CASE("losses in C that keep nothing are each called in their own slot") {
  const Run run =
      train(faults("none", "[loss.reconstruction]\nuse = \"bare-one\"\n[loss.other]\nuse = \"bare-two\"\n"));
  CHECK(run.train("loss").front() == 1.0);
  CHECK(run.train("other").front() == 2.0);
}

TEST_CASE("a metric in C that reads its generated images may ask for them again") {
  const std::string models = "[dataset]\nuse = \"breakable\"\n[model]\nuse = \"cuts\"\n";
  CHECK(train(models + "[metric.sum]\nuse = \"bare-sum\"\n").evaluated("sum") > 0.0);
}

TEST_CASE("an optimizer whose updates a resumed run would make otherwise is refused") {
  const std::string message = failure(faults("none", "[optimizer]\nuse = \"forgetful\"\n"));
  CHECK_MESSAGE(contains(message, "optimizer 'forgetful': update 3 is another one after the updates before it"),
                message);
  CHECK_MESSAGE(contains(message, "hint: begin_update may use"), message);
}
