// image-folder: folders and pictures that are there by several names, and links that lead nowhere.
#include "image_folder.hpp"

using namespace atelier::testing;
namespace fs = std::filesystem;

namespace {

// cats/1.png, cats/2.png, dogs/1.png, dogs/2.png
void fill(const Folder& folder) {
  for (const char* below : {"cats", "dogs"}) {
    fs::create_directories(folder.path / below);
    write_grey(folder.file(below + std::string("/1.png")), 1);
    write_grey(folder.file(below + std::string("/2.png")), 2);
  }
}

std::string twice(const Folder& folder, const std::string& kind, const std::string& again, const std::string& first,
                  const std::string& to_remove = "the link") {
  return folder.file(again) + ": the same " + kind + " as " + folder.path.string() + first + ", expected each " + kind +
         " once; hint: remove " + to_remove;
}

}  // namespace

TEST_CASE("links to folders and to pictures elsewhere are followed") {
  const Folder elsewhere, folder;
  fill(elsewhere);
  fs::create_directories(folder.path / "dogs");
  fs::create_directory_symlink(elsewhere.path / "cats", folder.path / "cats");
  fs::create_symlink(elsewhere.path / "dogs/1.png", folder.path / "dogs/7.png");
  const MadeDataset dataset = make_folder(folder);
  REQUIRE(dataset.error() == "");
  CHECK(dataset.spec().train_count == 3);
  CHECK(dataset.spec().fields[1].classes == 2);
}

TEST_CASE("a link back into the pictures is refused, not followed for ever") {
  const Folder folder;
  fill(folder);
  SUBCASE("to the folder that it is in") {
    fs::create_directory_symlink(".", folder.path / "cats/self");
    CHECK(make_folder(folder).error() == twice(folder, "folder", "cats/self", "/cats"));
  }
  SUBCASE("to the folder of all") {
    fs::create_directory_symlink("..", folder.path / "dogs/all");
    CHECK(make_folder(folder).error() == twice(folder, "folder", "dogs/all", ""));
  }
  SUBCASE("to another class") {
    fs::create_directory_symlink("cats", folder.path / "pets");
    CHECK(make_folder(folder).error() == twice(folder, "folder", "pets", "/cats"));
  }
  SUBCASE("to the folder above") {
    fs::create_directory_symlink("..", folder.path / "cats/up");
    CHECK(make_folder(folder, {{"directory", folder.file("cats")}})
              .error()
              .find(folder.file("cats/up/cats") + ": the same folder as " + folder.file("cats")) != std::string::npos);
  }
}

TEST_CASE("a picture by two names would stand on both sides of a split, and is refused") {
  const Folder folder;
  fill(folder);
  SUBCASE("a link") {
    fs::create_symlink("../cats/1.png", folder.path / "dogs/3.png");
    CHECK(make_folder(folder).error() == twice(folder, "picture", "dogs/3.png", "/cats/1.png"));
  }
  SUBCASE("a hard link") {
    fs::create_hard_link(folder.path / "cats/1.png", folder.path / "cats/3.png");
    CHECK(make_folder(folder).error() == twice(folder, "picture", "cats/3.png", "/cats/1.png", "one of the two names"));
  }
}

TEST_CASE("links that lead nowhere are refused, all at once") {
  const Folder folder;
  fill(folder);
  fs::create_symlink("gone.png", folder.path / "cats/3.png");
  CHECK(make_folder(folder).error() ==
        folder.file("cats/3.png") +
            ": a link that leads nowhere, expected one to a folder or a picture; hint: remove it");
  fs::create_symlink("birds-on-another-disk", folder.path / "birds");
  fs::create_symlink("round.png", folder.path / "dogs/round.png");
  fs::create_symlink("gone", folder.path / "dogs/.hidden");
  const std::string error = make_folder(folder).error();
  CHECK(error.starts_with("3 of 10 folders and pictures of " + folder.path.string() + ":\n  "));
  for (const char* name : {"birds", "cats/3.png", "dogs/round.png"}) {
    CHECK(error.find("\n  " + folder.file(name) + ": a link that leads nowhere") != std::string::npos);
  }
}

TEST_CASE("what is called a picture and is no file is refused, not waited for") {
  const Folder folder;
  fill(folder);
  fs::create_symlink("/dev/null", folder.path / "cats/3.png");
  CHECK(make_folder(folder).error() ==
        folder.file("cats/3.png") + ": neither a file nor a folder, expected a picture; hint: remove it");
}
