// make_seeds FOLDER: sound inputs to begin from, FOLDER/TARGET/NAME for each fuzzer; what an input is, its fuzzer says.
#include "../plugins/cifar_files.hpp"
#include "../plugins/idx_files.hpp"
#include "../plugins/picture_files.hpp"

namespace {

using namespace atelier::testing;
namespace fs = std::filesystem;

constexpr const char* least_experiment = R"(name = "tiny"
dataset.use = "mnist"
model.use = "vae"
optimizer.use = "adam"
train.epochs = 1
)";

// Every section, and every type of value.
constexpr const char* full_experiment = R"(name = "tiny"
seed = 3
tags = ["first", 'second']
[dataset]
use = "moving-digits"
frames = 3
source = { use = "mnist", classes = ["\"0\"", "\u00e9\u007f\n"] }
range = [-1, 1]
validation = 0.1
transform = { crop = 4, flip = 0.5, shift = 1, noise = 0.1, binarize = "fresh" }
[model]
use = "vae"
hidden = [8, 0x10]
activation = "tanh"
bias = false
[loss.reconstruction]
use = "mse"
weight = 2
[optimizer]
use = "adam"
betas = [0.5, 9e-1]
[optimizer.encoder]
use = "sgd"
learning_rate = inf
[optimizer."critic.2"]
betas = [0, 1]
[schedule]
use = "step"
warmup = 5
every = 10
factor = 0.5
[train]
steps = 1_000
batch_size = 16
clip_norm = 1
average = 0.9
early_stopping = { patience = 2, min_delta = 0.1 }
[evaluate]
every = 0.5
goal = "max"
[sample]
count = 4
[checkpoint]
every = 10
[log]
activations = ["encoder.0"]
[start]
from = """other
"""
groups = ["encoder"]
freeze = ["decoder"]
)";

class Seeds {
 public:
  Seeds(const fs::path& folder, const std::string& target) : folder_(folder / target) {
    fs::create_directories(folder_);
  }
  void add(const std::string& name, const std::string& bytes) const { write((folder_ / name).string(), bytes); }

 private:
  fs::path folder_;
};

// One for each file of the folder: the file's number with these bits, and its bytes.
void add_files(const Seeds& seeds, const Folder& folder, const std::vector<std::string>& names,
               const std::string& ending = "", int bits = 0) {
  for (size_t i = 0; i < names.size(); ++i) {
    seeds.add(names[i] + ending, static_cast<char>(static_cast<int>(i) | bits) + read_bytes(folder.file(names[i])));
  }
}

void make_experiments(const Seeds& seeds) {
  const std::string least = least_experiment;
  const auto overridden = [&](const std::string& text) { return least + '\0' + text; };
  seeds.add("least", least);
  seeds.add("full", full_experiment);
  seeds.add("date", least + "when = 2026-01-31T12:00:00.5+01:00\n");
  seeds.add("override", overridden("model.latent=4") + '\0' + "optimizer.betas = [0, 0.5]");
  seeds.add("override-text", overridden("name=other") + '\0' + "start.from='a=b' ");
  seeds.add("override-table",
            overridden("dataset.source={use=\"moving-digits\"}") + '\0' + "dataset.\"source\".frames=2");
}

void make_idx(const Seeds& seeds) {
  const Folder folder;
  write_sound_files(folder.path, 2, 3);
  const std::vector<std::string> names = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  add_files(seeds, folder, names);
  add_files(seeds, folder, names, "-to-compress", 0x80);
  for (const std::string& name : names) {
    write_gzip(folder.file(name), read_bytes(folder.file(name)));
  }
  add_files(seeds, folder, names, ".gz");
}

void make_cifar(const Seeds& seeds) {
  seeds.add("labels", "\x84\x01\x09");
  seeds.add("one-record", '\1' + records(0, 1));
  seeds.add("two-records", '\5' + records(0, 2));
}

void make_pictures(const Seeds& seeds) {
  const Folder folder;
  const std::string file = folder.file("picture");
  const auto add = [&](const std::string& name, const std::string& options) {
    seeds.add(name, options + read_bytes(file));
  };
  write_png(file, PNG_FORMAT_RGBA, {3, 2}, std::vector<uint8_t>(24, 100));
  add("rgba.png", "\x80\x03");
  write_png(file, PNG_FORMAT_GRAY, {2, 5}, std::vector<uint8_t>(10, 7));
  add("grey.png", "\x91\x07");
  write_png(file, PNG_FORMAT_LINEAR_RGB, {2, 2}, std::vector<uint16_t>(12, 30000));
  add("16-bits.png", "\x82\x01");
  write_png(file, PNG_FORMAT_RGB_COLORMAP, {2, 2}, std::vector<uint8_t>{0, 1, 1, 0}, {0, 0, 0, 255, 9, 9});
  add("palette.png", "\x80\x02");
  write_jpeg(file, {9, 10}, {10, 200, 30});
  add("colour.jpeg", "\x01\x04");
  write_jpeg(file, {1, 3}, {10});
  add("grey.jpeg", "\x12\x13");
  write_jpeg(file, {8, 8}, {10, 20, 30, 40});
  add("cmyk.jpeg", "\x01\x04");
}

// A first byte of '0' has a header and, after a zero byte, data behind it; of '1' a whole file.
void make_safetensors(const Seeds& seeds) {
  const std::string one = R"({"a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})";
  seeds.add("one", '0' + one + '\0' + "12345678");
  seeds.add("whole", '1' + std::string(1, static_cast<char>(one.size())) + std::string(7, '\0') + one + "12345678");
  seeds.add("types",
            R"(0{"__metadata__":{"step":"3","text":"\u00e9"},"d":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
            R"("h":{"dtype":"F16","shape":[3,1],"data_offsets":[8,14]},)"
            R"("b":{"dtype":"BF16","shape":[1],"data_offsets":[14,16]},)"
            R"("i":{"dtype":"I64","shape":[1],"data_offsets":[16,24]},)"
            R"("none":{"dtype":"F32","shape":[0,7],"data_offsets":[24,24]},)"
            R"("u":{"dtype":"U8","shape":[2],"data_offsets":[24,26]}})" +
                std::string(1, '\0') + "abcdefghijklmnopqrstuvwxyz");
  seeds.add("empty", "0{}");
  seeds.add("twice", R"(0{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                     R"("a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})");
  seeds.add("nested", R"(0{"a":{"dtype":"F32","more":{"b":[[[[1]]]]},"shape":[0],"data_offsets":[0,0]}})");
  seeds.add("more", R"(0{"a":{"dtype":"F32","more":[1,null],"shape":[0],"data_offsets":[0,0]}})");
  seeds.add("vast", R"(0{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_seeds FOLDER\n", stderr);
    return 2;
  }
  const fs::path folder = argv[1];
  make_experiments({folder, "experiment"});
  make_idx({folder, "idx"});
  make_cifar({folder, "cifar"});
  make_pictures({folder, "pictures"});
  make_safetensors({folder, "safetensors"});
  return 0;
}
