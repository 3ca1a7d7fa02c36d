/** Transforms of single numbers, entry by entry. */
import { customGrad, type Shape } from '@pyro-ts/engine';
import { broadcastShapes, expandTo } from '@pyro-ts/engine/internal';
import * as tf from '@tensorflow/tfjs';
import { formatShape, ShapeError } from '../../errors.js';
import { type Constraint, interval, positive, real, unitInterval } from '../constraints.js';
import { type TensorLike, toTensor } from '../distribution.js';
import { Transform } from './transform.js';

/**
 * y = loc + scale x, with `loc` and `scale` (not 0) broadcast against x. `codomain` may be given where x is known to lie in a part of the real
 * line. Source: torch AffineTransform.
 * @example new AffineTransform(1, 2).forward(tf.scalar(3)) // 7
 */
export class AffineTransform extends Transform {
  readonly domain = real;
  readonly loc: tf.Tensor;
  readonly scale: tf.Tensor;

  constructor(
    loc: TensorLike,
    scale: TensorLike,
    readonly codomain: Constraint = real,
  ) {
    super();
    this.loc = toTensor(loc);
    this.scale = toTensor(scale);
  }
  forward(x: tf.Tensor): tf.Tensor {
    return x.mul(this.scale).add(this.loc);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return y.sub(this.loc).div(this.scale);
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return expandTo(this.scale.abs().log(), this.forwardShape(x.shape));
  }
  override forwardShape(shape: Shape): number[] {
    const joint = broadcastShapes(shape, this.loc.shape, this.scale.shape);
    if (joint) return joint;
    throw new ShapeError(
      `AffineTransform: values of shape ${formatShape(shape)} do not broadcast against loc ${formatShape(this.loc.shape)} and scale ` +
        `${formatShape(this.scale.shape)}.`,
    );
  }
  override inverseShape(shape: Shape): number[] {
    return this.forwardShape(shape);
  }
}

/**
 * y = exp(x). Source: torch ExpTransform.
 * @example new ExpTransform().forward(tf.scalar(0)) // 1
 */
export class ExpTransform extends Transform {
  readonly domain = real;
  readonly codomain = positive;
  forward(x: tf.Tensor): tf.Tensor {
    return tf.exp(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return tf.log(y);
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return x.clone();
  }
}

/** The smallest and largest float32 strictly inside (0, 1) that a sigmoid returns. */
const LEAST = 2 ** -126;
const MOST = 1 - 2 ** -24;

/**
 * y = 1 / (1 + exp(-x)), kept strictly inside (0, 1) by rounding. Source: torch SigmoidTransform.
 * @example new SigmoidTransform().forward(tf.scalar(0)) // 0.5
 */
export class SigmoidTransform extends Transform {
  readonly domain = real;
  readonly codomain = unitInterval;
  forward(x: tf.Tensor): tf.Tensor {
    // The gradient passes where the value is clipped, so that a saturated parameter can come back.
    return customGrad([x], (a) => ({
      value: tf.clipByValue(tf.sigmoid(a), LEAST, MOST),
      saved: [a],
      grad: (dy, [t]) => [tf.mul(dy, tf.mul(tf.sigmoid(t), tf.sigmoid(tf.neg(t))))],
    }));
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const inside = tf.clipByValue(y, LEAST, MOST);
    return tf.log(inside).sub(tf.log1p(inside.neg()));
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return tf.softplus(x).add(tf.softplus(x.neg())).neg();
  }
}

/**
 * y = tanh(x). Source: torch TanhTransform.
 * @example new TanhTransform().inverse(tf.scalar(0.5)) // 0.549
 */
export class TanhTransform extends Transform {
  readonly domain = real;
  readonly codomain = interval(-1, 1);
  forward(x: tf.Tensor): tf.Tensor {
    return tf.tanh(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    const inside = tf.clipByValue(y, -MOST, MOST);
    return tf.log1p(inside).sub(tf.log1p(inside.neg())).mul(0.5);
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return tf.softplus(x.mul(-2)).add(x).sub(Math.LN2).mul(-2);
  }
}

/**
 * y = log(1 + exp(x)). Source: torch SoftplusTransform.
 * @example new SoftplusTransform().forward(tf.scalar(0)) // log 2
 */
export class SoftplusTransform extends Transform {
  readonly domain = real;
  readonly codomain = positive;
  forward(x: tf.Tensor): tf.Tensor {
    return tf.softplus(x);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return y.add(tf.log(tf.expm1(y.neg()).neg()));
  }
  override logAbsDetJacobian(x: tf.Tensor): tf.Tensor {
    return tf.softplus(x.neg()).neg();
  }
}
