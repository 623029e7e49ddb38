"""`atelier plugins --check`: a good plugin passes, and each of its checks notices what it is for. The plugins lie in the
folder that ATELIER_CHECKED names."""

import json
import os
import shutil
import subprocess
import unittest

from atelier_test import PROGRAM, AtelierTest

CHECKED = os.environ["ATELIER_CHECKED"]


def library(name):
    return os.path.join(CHECKED, name + ".so")


# What is wrong with each component of broken_models.cpp and broken_components.cpp: the check that says so, and words of it.
BROKEN = {
    "model 'nan-gradient'": ("trains", r"training step 2 is not finite.*broken_models\.cpp:\d+"),
    "model 'counts-in-a-member'": ("pure", r"where steps are also recorded in vain"),
    "model 'other-structure'": ("pure", r"recorded twice for step 1, is another one the second time: it leaves the first "
                                        r"at .*broken_models\.cpp:\d+"),
    "model 'counts-in-a-static'": ("equal bits", r"of two equal runs, .* is another one"),
    "model 'keeps-a-tensor'": ("trains", r"broken_models\.cpp:\d+: .*got a tensor of another step"),
    "model 'evaluates-anew'": ("evaluates", r"two evaluations of the same weights give 'loss' as"),
    "model 'samples-anew'": ("samples", r"the same samples, made twice, are not the same"),
    "model 'crashes'": ("trains", r"model 'crashes' \(.*\), train_step, step 2, after .*broken_models\.cpp:\d+: "
                                  r"it crashed: SIGSEGV"),
    "model 'exits'": ("trains", r"train_step, step 3, .*it left the process by exit\(0\)"),
    "model 'is-killed'": ("trains", r"the process ended with SIGKILL"),
    "model 'takes-all-memory'": ("trains", r"training step 1: .*(memory|bad_alloc)"),
    "model 'throws-in-the-destructor'": ("is built", r"destructor: it crashed: SIGABRT .*nobody caught: not in a destructor"),
    "model 'throws-a-number'": ("trains", r"training step 1: .*exception"),
    "model 'throws-in-the-constructor'": ("is built", r"on grey images of 8 x 8 from 0 to 1: .*not today"),
    "model 'wrong-sample'": ("samples", r"got float32 \(3, 1, 3, 8\), expected samples like the field 'image'"),
    "model 'wrong-view'": ("the view 'flat'", r"got float32 \(2, 64\), expected 2 strips"),
    "model 'wrong-output'": ("the output 'log_likelihood'", r"gave float32 \(4, 1, 8, 8\), expected \(4\)"),
    "model 'wrong-feature'": ("features", r"the feature 'nothing': gave an empty tensor"),
    "model 'samples-together'": ("samples", r"the first samples of many are not those of few"),
    "model 'mistyped-field'": ("samples", r"like the field 'imgae', and the data has image, .*did you mean 'image'\?"),
    "model 'wrong-tokens'": ("samples", r"made the token 256, expected 0 to 255: 'text' has 256 classes"),
    "loss 'nan-loss'": ("trains", r"training step 1 is not finite.*log"),
    "loss 'scalar-loss'": ("trains", r"per_sample: gave \(\), expected \(8\)"),
    "loss 'counting-loss'": ("pure", r"is another one"),
    "optimizer 'blocks-matter'": ("blocks", r"in blocks of 1 elements the parameter becomes another one"),
    "optimizer 'other-in-double'": ("float64", r"in float32 and .* in float64"),
    "optimizer 'keeps-the-rate'": ("begins ahead", r"where begin_update has been called for the next"),
    "optimizer 'divides-by-zero'": ("stays finite", r"gradients of size 0 give a parameter that is not finite"),
    "optimizer 'prepares-anew'": ("prepares", r"prepare gives other constants for the parameter 'all.weight'"),
    "optimizer 'stands-still'": ("moves", r"5 updates at a learning rate of 0.01 change nothing"),
    "optimizer 'without-a-default-rate'": ("blocks", r"the parameter becomes another one"),
    "optimizer 'counts-updates'": ("pure", r"is another one"),
    "dataset 'changes'": ("read again", r"the field 'image' of the training sample 0 is another one when it is read again"),
    "dataset 'changes-with-each-dataset'": ("made anew", r"from a dataset that is made anew"),
    "dataset 'shares-scratch'": ("two threads", r"where two threads read at once"),
    "dataset 'writes-outside'": ("samples", r"training sample 39: was written outside of the field 'image'"),
    "dataset 'out-of-range'": ("samples", r"the field 'image' is 255 at element 7, expected 0 to 1"),
    "dataset 'counts-from-one'": ("is made", r"made of grey images of 28 x 28: dataset 'counts-from-one', training sample 0: "
                                             r"the field 'label' is 4, expected 0 to 3"),
    "metric 'leaves-out'": ("measures", r"its result 'value' is not a number"),
    "metric 'carries-over'": ("begins anew", r"measured a second time, 'value' is another one"),
    "operation 'wrong_gradient/1'": ("gradient", r"towards input 0 \(5, 6\) is .* at element 4, central differences say"),
    "operation 'samples_touch/1'": ("samples apart", r"output 0 of a sample is another one"),
    "operation 'no_float64/1'": ("float64", r"output 0 is .* in float32 and 0 in float64 at element 2"),
    "operation 'no_shape/1'": ("runs", r"it takes none of the shapes that were tried.*no shape, please"),
    "operation 'counts_calls/1'": ("samples apart", r"on one thread and on two its results differ"),
    "operation 'crashing_operation/1'": ("runs", r"operation 'crashing_operation/1' \(.*\), forward: it crashed: SIGSEGV"),
}

# What the check cannot look at, and why.
NOT_RUN = {
    "model 'needs-a-setting'": ("is built", r"its setting 'file' has no default"),
    "model 'reads-while-training'": ("pure", r"train_step reads values, .* no step can be recorded in vain"),
    "model 'reports-nothing'": ("evaluates", r"it reports nothing"),
    "model 'needs-large-images'": ("is built", r"takes data of other sizes than the check makes; on grey images of 8 x 8 .*: "
                                               r"got images of 8 rows, expected 299"),
    "model 'features-without-images'": ("features", r"the data that it is built for has no field 'image'"),
    "model 'tokens-together'": ("samples", r"rounding may have turned a draw"),
    "optimizer 'only-float'": ("float64", r"computes in float32 only"),
    "dataset 'of-a-large-source'": ("is made", r"needs a source with images of 299 x 299"),
}


class CheckPlugin(AtelierTest):
    def check(self, *words, code=1):
        """Everything that is found, by component and check."""
        done = self.run_atelier("plugins", "--check", *words, "--json", code=code)
        found = json.loads(done.stdout)
        self.assertEqual(found["ok"], code == 0)
        return {(one["component"], one["check"]): one for one in found["checks"]}

    def wrong(self, found):
        return {key for key, one in found.items() if one["result"] == "wrong"}

    def test_a_good_component_of_each_kind_passes(self):
        found = self.check(library("good_components"), code=0)
        self.assertEqual({one["result"] for one in found.values()}, {"ok"}, found)
        components = {component for component, _ in found}
        self.assertEqual({component.split()[0] for component in components - {"the library"}},
                         {"model", "loss", "optimizer", "dataset", "metric", "operation"})
        checks = {check for component, check in found if component == "model 'good-model'"}
        self.assertLessEqual({"is built", "trains", "evaluates", "equal bits", "pure", "samples",
                              "the view 'reconstruction'", "the output 'posterior_mean'", "features"}, checks)
        self.assertIn("elements agree with central differences", found["operation 'good_threshold/1'", "gradient"]["text"])
        self.assertEqual(self.check(library("shape_right"), code=0)["dataset 'ramps-in-c'", "two threads"]["result"], "ok")

    def test_what_a_reader_sees(self):
        text = self.output("plugins", "--check", library("good_components"))
        self.assertRegex(text, r"(?m)^the library\n  file +ok +a shared library for this machine$")
        self.assertRegex(text, r"(?m)^model 'good-model'\n  is built +ok +on grey images of 8 x 8 from 0 to 1$")
        self.assertRegex(text, r"(?m)^\d+ checks: \d+ ok, 0 wrong, 0 not run$")
        done = self.run_atelier("plugins", "--check", library("shape_another_symbol"), code=1)
        self.assertRegex(done.stdout, r"(?m)^  exports +wrong +it exports more than its entry point: a_helper$\n"
                                      r" +hint: build it with atelier_add_plugin")

    def test_each_broken_component_is_named_by_the_check_for_it(self):
        found = self.check(library("broken_components"))
        for result, all_of_them in [("wrong", BROKEN), ("not run", NOT_RUN)]:
            for component, (check, words) in all_of_them.items():
                with self.subTest(component):
                    one = found.get((component, check))
                    self.assertIsNotNone(one, [key for key in found if key[0] == component])
                    self.assertEqual(one["result"], result, one)
                    self.assertRegex(one["text"], words)
        self.assertEqual({component for component, _ in self.wrong(found)}, set(BROKEN))

    def test_a_setting_that_cannot_be_guessed_can_be_given(self):
        found = self.check(library("broken_components"), "--set", "needs-a-setting.file='x'")
        self.assertEqual(found["model 'needs-a-setting'", "pure"]["result"], "ok")

    def test_what_finds_no_end_is_named_and_the_next_component_is_checked(self):
        found = self.check(library("endless"), "--timeout", "3")
        self.assertRegex(found["model 'endless'", "trains"]["text"],
                         r"model 'endless' \(.*\), train_step, step 3, after .*: it is still at work after 3 s")
        self.assertRegex(found["optimizer 'endless-optimizer'", "moves"]["text"],
                         r"optimizer 'endless-optimizer' \(.*\), update: it is still at work after 3 s")

    def test_libraries_that_are_built_wrong(self):
        for name, check, words in [
                ("another_symbol", "exports", "it exports more than its entry point: a_helper"),
                ("no_entry", "exports", "it does not export its entry point 'atelier_plugin'"),
                ("size_of_zero", "loads", "the dataset 'ramps-in-c': its table has a struct of size 0, expected "),
                ("huge_size", "loads", "its table has a struct of size 9223372036854775807, expected "),
                ("other_major", "loads", "needs the contract 7.0"),
                ("fails_silently", "loads", "failed to start, with status 8"),
                ("needs_the_program", "imports", "it wants symbols of the program: atl_draw"),
                ("crashes", "loads", "shape_crashes.so, loading it: it crashed: SIGABRT")]:
            with self.subTest(name):
                found = self.check(library("shape_" + name))
                self.assertEqual(found["the library", check]["result"], "wrong", found)
                self.assertIn(words, found["the library", check]["text"])

    def test_what_is_no_library(self):
        self.write("text.so", "no library")
        os.mkfifo(self.path("pipe.so"))
        with open(library("good_components"), "rb") as whole, open(self.path("half.so"), "wb") as half:
            half.write(whole.read()[:10000])
        for name, words in [("text.so", "invalid ELF header"), ("pipe.so", "it is no regular file"),
                            ("half.so", "it is cut short at 10000 bytes"), ("nothing.so", "No such file"),
                            (".", "it is a folder")]:
            with self.subTest(name):
                found = self.check(name)
                self.assertEqual(set(found), {("the library", "file")})
                self.assertIn(words, found["the library", "file"]["text"])

    def test_a_copy_of_a_plugin_of_ours_is_checked_itself(self):
        shutil.copy(self.json("plugins", "adam")[0]["path"], self.path("copy.so"))
        found = self.check("copy.so", code=0)
        self.assertEqual(found["optimizer 'adam'", "blocks"]["result"], "ok")

    def test_what_a_plugin_prints_is_not_among_the_output(self):
        done = subprocess.run([PROGRAM, "plugins", "--check", library("good_components"), "--json"], capture_output=True,
                              text=True, check=True)
        json.loads(done.stdout)
        self.assertIn("the model is made\n", done.stderr)
        self.assertIn("the model trains\n", done.stderr)

    def test_a_metric_that_no_model_has_the_outputs_for_is_not_blamed(self):
        one = self.check(library("endless"), "--timeout", "3")["metric 'of-a-taste'", "measures"]
        self.assertEqual(one["result"], "not run", one)
        self.assertRegex(one["text"], r"no model of the check or of this library has .* no output 'taste'")

    def test_a_metric_is_tried_on_the_models_that_come_with_it(self):
        found = self.check(library("good_components"), code=0)
        self.assertRegex(found["metric 'good-metric-of-the-model'", "measures"]["text"],
                         r"^of model 'good-model' on grey images of 8 x 8 from 0 to 1: 'value' ")

    def test_wrong_uses(self):
        self.assert_error(["plugins", "vae", "--check", "x.so"], "atelier plugins: got 'vae' beside --check FILE, expected one of them")
        self.assert_error(["plugins", "--check", "x.so", "--timeout", "0"],
                          "--timeout: got '0', expected an integer of at least 1 and at most 86400")
        for option, value in [("set", "vae.latent=3"), ("timeout", "3")]:
            self.assert_error(["plugins", f"--{option}", value],
                              f"atelier plugins: got --{option} without --check FILE, which it is for")

    def test_a_setting_that_nothing_has_is_refused(self):
        for text, words in [("good-modle.latent=3", "there is no component 'good-modle'; did you mean 'good-model'?"),
                            ("good-model.latnet=3", "'good-model' has no setting 'latnet'; did you mean 'latent'?"),
                            ("good-loss.size=3", "'good-loss' has no setting 'size', expected none: there are none")]:
            done = self.run_atelier("plugins", "--check", library("good_components"), "--set", text, code=2)
            self.assertEqual((done.stdout, done.stderr.splitlines()[-1]), ("", f"atelier: error: --set {text}: {words}"))
        self.assert_error(["plugins", "--check", library("good_components"), "--set", "latent=3"],
                          "--set: got 'latent=3', expected NAME.SETTING=VALUE")


if __name__ == "__main__":
    unittest.main()
