/**
 * The template model on images of your choice of shift, labels and noise: accuracy by evidence and by recognition, angle error, outliers, times. One training and one
 * line of JSON for each seed. The tasks of `npm run benchmark` whose names begin with `template` are such choices, with rivals.
 *
 *     node bench/templates.mjs --shift strong --labels 5 --unlabelled 750 --seeds 1,2,3
 */
import { parseArgs } from 'node:util';
import { shiftedSets } from './benchmark/shiftedSets.mjs';
import { measureSets } from './benchmark/templateModel.mjs';
import { shiftedPoses } from './benchmark/templateTasks.mjs';

const help = `Usage: node bench/templates.mjs [options]
  --shift <name>      scale and shear of unlabelled and test images: none, moderate (1 to 1.3, 15 deg) or strong (0.7 to 1.4, 30 deg) (default: strong)
  --labels <n>        labelled images per class (default: 5)
  --unlabelled <n>    unlabelled images per class (default: 750)
  --test <n>          test images per class (default: 250)
  --noise <sigma>     standard deviation of pixel noise (default: 0)
  --fifth <shape>     a fifth shape, star or arrow, whose images are outliers
  --extra             the fifth shape is a class without labels, among unlabelled and test images
  --among-unlabelled  outliers are among the unlabelled images too
  --shapes <name>     cards, glyphs, or a file of class images (default: cards)
  --recognition       the model without templates
  --seeds <list>      images and training are drawn anew for each (default: 1)
  --threads <n>       of the kernel (default: all cores)`;
const text = { type: 'string' };
const flag = { type: 'boolean', default: false };
const { values: given } = parseArgs({
  options: {
    ...{ shift: text, labels: text, unlabelled: text, test: text, noise: text, fifth: text, shapes: text },
    ...{ seeds: text, threads: text, extra: flag, 'among-unlabelled': flag, recognition: flag, help: flag },
  },
});
if (given.help) {
  console.log(help);
  process.exit();
}
const number = (name, to = name) => given[name] !== undefined && { [to]: Number(given[name]) };
const named = (name) => given[name] !== undefined && { [name]: given[name] };
for (const seed of (given.seeds ?? '1').split(',').map(Number)) {
  const sets = shiftedSets({
    seed,
    extra: given.extra,
    amongUnlabelled: given.extra || given['among-unlabelled'],
    ...{ ...named('shift'), ...named('shapes'), ...named('fifth'), ...number('noise') },
    ...{ ...number('labels', 'labelled'), ...number('unlabelled'), ...number('test') },
  });
  const method = given.recognition ? 'recognition' : 'ours';
  const {
    predictions: _,
    truth: __,
    ...figures
  } = await measureSets(sets, {
    ...{ ...shiftedPoses(given.shapes), method, seed, ...number('threads') },
  });
  console.log(JSON.stringify({ seed, ...figures }));
}
