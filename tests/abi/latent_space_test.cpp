// The views that follow from what a model tells of its latent space, on one whose dimensions are pixels.
#include <set>

#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string latents(const std::string& more) {
  return "[model]\nuse = \"latents\"\n" + more + "\n[train]\nsteps = 1\nbatch_size = 16\n";
}

std::set<std::string> views(const std::string& more) {
  Bench bench(make(latents(more)));
  std::set<std::string> out;
  for (const auto& view : bench->built.model().views()) {
    out.insert(view.name + (view.uses_data ? " of data" : ""));
  }
  return out;
}

pictures::Strips drawn(const std::string& name, int64_t count, const std::string& more = "") {
  const TempFolder folder;
  const Run run = train(folder, make(latents(more)));
  return drawn_view(run.outcome.log, {}, name, count, 0, inference::WeightsOf::checkpoint);
}

}  // namespace

TEST_CASE("what a model tells of its latent space is what it has views of") {
  using Names = std::set<std::string>;
  CHECK(views("") == Names{"interpolation", "traversal of data", "reconstruction of data"});
  CHECK(views("knows = \"draw\"") == Names{"interpolation", "traversal"});
  CHECK(views("knows = \"encode\"") == Names{"reconstruction of data"});
  CHECK(views("conditional = \"label\"") ==
        Names{"interpolation", "traversal of data", "reconstruction of data", "classes"});
}

TEST_CASE("a reconstruction stands beside its sample") {
  const pictures::Strips pairs = drawn("reconstruction", 3);
  CHECK(pairs.per_strip == 2);
  REQUIRE(pairs.images.count == 6);
  const auto& pixels = pairs.images.pixels;
  for (size_t strip = 0; strip < 3; ++strip) {
    const auto sample = pixels.begin() + static_cast<int64_t>(strip) * 128;
    CHECK(std::equal(sample, sample + 64, sample + 64));
  }
}

TEST_CASE("a traversal moves one dimension in each strip, and leaves the others as they are") {
  for (const std::string from : {"", "knows = \"draw\""}) {
    CAPTURE(from);
    const pictures::Strips along = drawn("traversal", 3, from);
    CHECK(along.per_strip == 10);
    REQUIRE(along.images.count == 30);
    for (size_t strip = 0; strip < 3; ++strip) {
      for (size_t place = 0; place < 10; ++place) {
        const uint8_t* image = along.images.pixels.data() + (strip * 10 + place) * 64;
        const double moved = 255.0 * static_cast<double>(place) / 9;
        CHECK(std::abs(image[strip] - moved) <= 1);
        for (size_t pixel = 0; pixel < 64; ++pixel) {
          CHECK((pixel < 3 || image[pixel] == along.images.pixels[pixel]));
        }
      }
    }
  }
}

TEST_CASE("an interpolation leads from one draw to another, and classes share a draw") {
  const pictures::Strips between = drawn("interpolation", 2);
  CHECK(between.per_strip == 10);
  const auto& pixels = between.images.pixels;
  CHECK_FALSE(std::equal(pixels.begin(), pixels.begin() + 64, pixels.begin() + 9 * 64));
  const pictures::Strips classes = drawn("classes", 2, "conditional = \"label\"");
  REQUIRE(classes.per_strip > 1);
  const auto& of_classes = classes.images.pixels;
  CHECK(std::equal(of_classes.begin(), of_classes.begin() + 64, of_classes.begin() + 64));
  CHECK_FALSE(std::equal(of_classes.begin(), of_classes.begin() + 64, of_classes.begin() + classes.per_strip * 64));
}
