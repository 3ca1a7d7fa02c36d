/** `pyroved export`: a trained model as ONNX, TensorFlow.js, safetensors or NumPy files. */
import { Command, Option } from 'commander';
import type { ExportedModel, ExportFormat } from 'pyroved-ts';
import { exportFormats } from 'pyroved-ts/internal';
import { exportModel } from '../runs/index.js';
import { print } from './messages.js';
import { addMachineOptions, type Given } from './options.js';
import { addRun, withAnyRun } from './trained.js';

export function exportCommand(): Command {
  const command = new Command('export')
    .summary('export a trained model to ONNX, TensorFlow.js, safetensors or NumPy')
    .description(
      'Export the model of a run and print the names of the files. onnx: classifier, encoder and decoder as ONNX files; tfjs: the same as TensorFlow.js models, one ' +
        'folder each; safetensors, npz: only the parameters. Each network is checked against the model before it is written.',
    );
  addRun(command)
    .addOption(new Option('--to <format>', 'export format').choices(exportFormats).makeOptionMandatory())
    .addOption(new Option('--out <folder>', 'output folder').makeOptionMandatory());
  addMachineOptions(command);
  return command.action(async (run: string, given: Given) => {
    const { to, out } = given as { to: ExportFormat; out: string };
    const write = async (trained: ExportedModel): Promise<void> => {
      for (const file of await exportModel(trained, { to, out })) print(file);
    };
    await withAnyRun(run, given, write);
  });
}
