/** The convolutional encoder of the WebAssembly kernel. */
import { checkEncoderCall, zeroEncoderGradients } from '../encoder/checkCall.js';
import {
  type EncoderGradients,
  type EncoderKernel,
  type EncoderOperands,
  type EncoderProblem,
  encoderSizes,
} from '../encoder/problem.js';
import type { Saved } from '../hostKernel.js';
import { KeptCalls } from '../keptCalls.js';
import type { Arena } from './arena.js';
import { EncoderCall, encoderBatches } from './encoderCall.js';
import { ENCODER_BLOCKS, ENCODER_BLOCKS_BACK, ENCODER_DENSE, ENCODER_DENSE_BACK } from './encoderLayout.js';
import { encoderPlanOf, keptFloats } from './encoderPlan.js';
import { REDUCE } from './layout.js';
import type { Ground, WasmHost } from './wasmKernel.js';

interface Kept {
  readonly arena: Arena;
  readonly address: number;
}

export class WasmEncoder implements EncoderKernel {
  private readonly kept = new KeptCalls<Kept, EncoderProblem>('wasm', encoderSizes);

  constructor(private readonly host: WasmHost) {}

  forward(
    problem: EncoderProblem,
    operands: EncoderOperands,
    keep: boolean,
    to?: Float32Array,
  ): { output: Float32Array; saved?: Saved } {
    checkEncoderCall('wasm', problem, operands, { output: to });
    const output = to ?? new Float32Array(problem.images * problem.features);
    const plan = encoderPlanOf(problem);
    return this.host.surviving((ground) => {
      const { arena } = ground;
      const bytes = 4 * keptFloats(plan, problem.images);
      const address = keep && bytes > 0 ? this.host.reserve(arena, bytes) : undefined;
      const free = (kept: Kept) => this.host.giveBack(kept.arena, kept.address, bytes);
      try {
        for (const batch of encoderBatches(plan, address)) {
          arena.scoped(() => {
            const call = new EncoderCall(arena, plan, operands, batch, this.host.most);
            forwardOn(ground, call);
            call.readOutput(output);
          });
        }
      } catch (error) {
        if (address !== undefined) free({ arena, address });
        throw error;
      }
      return address === undefined ? { output } : { output, saved: this.kept.add(problem, { arena, address }, free) };
    });
  }

  backward(
    problem: EncoderProblem,
    operands: EncoderOperands,
    upstream: Float32Array,
    withImages: boolean,
    saved?: Saved,
  ): EncoderGradients {
    checkEncoderCall('wasm', problem, operands, { upstream });
    const kept = this.kept.of(problem, saved);
    const plan = encoderPlanOf(problem);
    return this.host.surviving((ground) => {
      const { arena, team } = ground;
      const gradients = zeroEncoderGradients(operands, withImages);
      const address = kept?.arena === arena ? kept.address : undefined;
      for (const batch of encoderBatches(plan, address)) {
        arena.scoped(() => {
          const own = address === undefined ? { kept: arena.take(4 * keptFloats(plan, batch.count)) } : {};
          const call = new EncoderCall(arena, plan, operands, { ...batch, ...own }, this.host.most, { withImages });
          if (address === undefined) forwardOn(ground, call);
          call.placeUpstream(upstream, gradients);
          team.do(ENCODER_DENSE_BACK, call.job);
          team.do(ENCODER_BLOCKS_BACK, call.job);
          if (call.chunks > 1) team.do(REDUCE, call.job);
          call.readGradients(gradients);
        });
      }
      return gradients;
    });
  }
}

function forwardOn({ team }: Ground, call: EncoderCall): void {
  team.do(ENCODER_BLOCKS, call.job);
  team.do(ENCODER_DENSE, call.job);
}
