/** `pyroved export`: a trained model for other programs. */
import { Command, Option } from 'commander';
import { type ExportedModel, type ExportFormat, exportFormats } from 'pyroved-ts';
import { exportModel } from '../runs/index.js';
import { print } from './messages.js';
import { addMachineOptions, type Given } from './options.js';
import { addRun, withAnyRun } from './trained.js';

export function exportCommand(): Command {
  const command = new Command('export')
    .summary('write a trained model for other programs')
    .description(
      'Writes the model of a run for other programs and prints the names of the files. onnx: classifier, encoder and decoder as ONNX files; tfjs: the ' +
        'same as TensorFlow.js models, a folder each; safetensors, npz: the parameters alone. Each network is compared with the model before it is written.',
    );
  addRun(command)
    .addOption(new Option('--to <format>', 'what to write').choices(exportFormats).makeOptionMandatory())
    .addOption(new Option('--out <folder>', 'where to write it').makeOptionMandatory());
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const { to, out } = given as { to: ExportFormat; out: string };
    const write = async (trained: ExportedModel): Promise<void> => {
      for (const file of await exportModel(trained, { to, out })) print(file);
    };
    await withAnyRun(run, given, write);
  });
}
