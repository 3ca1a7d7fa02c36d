// Lays the operands of deformable templates out for the kernels.
#pragma once
#include "../memory.h"
#include "templates.h"

namespace pyro {

/** The slot of each row's image, in the order of their first use; returns how many there are. */
int assignSlots(const TemplateProblem&, const TemplateOperands&, std::vector<int>& slot);

/** Takes the arrays of `model` from `carver` and, unless it only counts (`fill` false), writes them. Fields of at most
 * `tableEntries` entries become tables. */
void packTemplates(TemplateModel& model, const TemplateOperands&, int lanes, bool slopes, int tableEntries,
                   const std::vector<int>& slot, int slots, Carver& carver, bool fill);

/** Adds the padded sums of a call to the gradients of pictures and field. */
void unpackTemplateSums(const TemplateModel& model, const float* sums, float* pictures, float* field);

}  // namespace pyro
