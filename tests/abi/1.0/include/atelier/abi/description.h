/* What a component says of itself: from this come checks, messages, `atelier plugins NAME`, the JSON Schema. */
#ifndef ATELIER_ABI_DESCRIPTION_H
#define ATELIER_ABI_DESCRIPTION_H

#include <atelier/abi/base.h>

enum { ATL_CLOSED = 1, ATL_OPEN = 2 };

typedef struct atl_setting {
  uint64_t size;
  atl_string name;
  atl_string help;
  atl_value default_value;          /* of the setting's type also where `required` */
  int32_t required;                 /* no default: the experiment must give it */
  int32_t has_minimum, has_maximum; /* 0: no bound, ATL_CLOSED, or ATL_OPEN: the bound itself is not allowed */
  int32_t reserved;                 /* 0 */
  double minimum, maximum;          /* of every element of a list; a number is finite in any case */
  const atl_string* choices;        /* of a text, or of each text in a list */
  uint64_t choice_count;
} atl_setting;
ATL_LAYOUT(atl_setting, size, 0);
ATL_LAYOUT(atl_setting, name, 8);
ATL_LAYOUT(atl_setting, help, 24);
ATL_LAYOUT(atl_setting, default_value, 40);
ATL_LAYOUT(atl_setting, required, 96);
ATL_LAYOUT(atl_setting, has_minimum, 100);
ATL_LAYOUT(atl_setting, has_maximum, 104);
ATL_LAYOUT(atl_setting, reserved, 108);
ATL_LAYOUT(atl_setting, minimum, 112);
ATL_LAYOUT(atl_setting, maximum, 120);
ATL_LAYOUT(atl_setting, choices, 128);
ATL_LAYOUT(atl_setting, choice_count, 136);
ATL_SIZE(atl_setting, 144);

typedef struct atl_loss_slot { /* a place in a model for a loss of one role */
  uint64_t size;
  atl_string name;         /* [loss.NAME] in the experiment */
  atl_string role;         /* see abi/loss.h */
  atl_string default_loss; /* "" where the experiment must choose */
  atl_string help;
} atl_loss_slot;
ATL_LAYOUT(atl_loss_slot, size, 0);
ATL_LAYOUT(atl_loss_slot, name, 8);
ATL_LAYOUT(atl_loss_slot, role, 24);
ATL_LAYOUT(atl_loss_slot, default_loss, 40);
ATL_LAYOUT(atl_loss_slot, help, 56);
ATL_SIZE(atl_loss_slot, 72);

typedef int32_t atl_direction; /* which values of a number are the better ones */
enum {
  ATL_NEITHER_IS_BETTER = 0, /* the number says something, but not how good the model is: an adversary's loss */
  ATL_LARGER_IS_BETTER = 1,
  ATL_SMALLER_IS_BETTER = 2
};

typedef struct atl_measure { /* what a number that an evaluation reports means */
  uint64_t size;
  atl_string name; /* as a model logs it, or as a metric's result is called; empty for the result that is called after
                      its metric, and for the value of a loss */
  atl_direction direction;
  int32_t reserved; /* 0 */
  atl_string unit; /* "nats", "bits/dim", "fraction", "classes"; may be empty; of a model "loss.NAME": that of the value
                      of the loss in its slot NAME */
  atl_string help; /* one line */
} atl_measure;
ATL_LAYOUT(atl_measure, size, 0);
ATL_LAYOUT(atl_measure, name, 8);
ATL_LAYOUT(atl_measure, direction, 24);
ATL_LAYOUT(atl_measure, reserved, 28);
ATL_LAYOUT(atl_measure, unit, 32);
ATL_LAYOUT(atl_measure, help, 48);
ATL_SIZE(atl_measure, 64);

typedef struct atl_description {
  uint64_t size;
  /* What an experiment says after `use =`. A component that changes its numbers gets a new version and keeps the old
   * one, so that logs of it can be verified: "vae@2" beside "vae", which is "vae@1". An experiment's `use = "vae"` is
   * the newest. Of an operation, the versioned name that it is looked up by: "soft_threshold/1". */
  atl_string name;
  atl_string summary;   /* one sentence */
  atl_string reference; /* the paper or formula it follows; may be empty */
  atl_string role;      /* of a loss: its role; else empty */
  const atl_setting* settings;
  uint64_t setting_count;
  const atl_loss_slot* slots; /* of a model */
  uint64_t slot_count;
  /* Of a model, a metric, a loss. Of a number that is reported and not declared, nobody knows which values are better;
   * but a model's "loss" is taken for one that training makes smaller. */
  const atl_measure* measures;
  uint64_t measure_count;
} atl_description;
ATL_LAYOUT(atl_description, size, 0);
ATL_LAYOUT(atl_description, name, 8);
ATL_LAYOUT(atl_description, summary, 24);
ATL_LAYOUT(atl_description, reference, 40);
ATL_LAYOUT(atl_description, role, 56);
ATL_LAYOUT(atl_description, settings, 72);
ATL_LAYOUT(atl_description, setting_count, 80);
ATL_LAYOUT(atl_description, slots, 88);
ATL_LAYOUT(atl_description, slot_count, 96);
ATL_LAYOUT(atl_description, measures, 104);
ATL_LAYOUT(atl_description, measure_count, 112);
ATL_SIZE(atl_description, 120);

#endif
