/** The options for the model and the training of a run. */
import type {
  ConvNet,
  JointOptions,
  KnownPoseTrainerOptions,
  Model,
  RecognitionOptions,
  RegressionOptions,
  SemiSupervisedOptions,
  SemiSupervisedTrainerOptions,
  TemplateTrainerOptions,
  UnsupervisedTrainerOptions,
} from 'pyroved-ts';
import type { knownPoseKeys, templateKeys } from 'pyroved-ts/internal';

/** Options determined by the images, or that cannot be stored in a configuration. */
type Decided = 'shape' | 'channels' | 'kernel' | 'encoder' | 'decoder' | 'classifier' | 'regressor' | 'numClasses';

/** The model's options, except those determined by the images. Options of other kinds of models are rejected. */
export interface ModelSettings
  extends Omit<SemiSupervisedOptions, Decided | 'recognition'>,
    Partial<Omit<JointOptions, Decided>>,
    Partial<Omit<RegressionOptions, Decided | 'targets'>> {
  /** @default depends on labels and other options; see `modelConfigFor` */
  readonly kind?: Model['kind'];
  /** Widths of the hidden layers of encoder, decoder and classifier. @default [128, 128] */
  readonly hidden?: readonly number[];
  /** Number of classes to find, for a jiVAE or a template model without labels. */
  readonly numClasses?: number;
  /** For an ssRegIVAE: the factors to predict. @default all columns of the table of factors */
  readonly targets?: readonly string[];
  /** For an iVAE: the factors it is conditioned on; "class" is the class. @default none */
  readonly condition?: readonly string[];
  /** Convolutional instead of dense networks; a convolutional decoder requires a model without invariances. */
  readonly encoder?: ConvNet;
  /** "template", for an ssiVAE with recognition: one deformable template per class. */
  readonly decoder?: ConvNet | 'template';
  /** The classifier of an ssiVAE, or the regressor of an ssRegIVAE. */
  readonly predictor?: ConvNet;
  /** With decoder "template": number of additional classes to find among the unlabelled images. @default 0 */
  readonly extraClasses?: number;
  /**
   * Recognition of class and pose; false for a plain classifier, as in the paper. @default recognition with its defaults, for an ssiVAE that is invariant
   * to rotation or translation and has no options of the model without recognition
   */
  readonly recognition?: RecognitionOptions | false;
}

/** The trainer's options. Options of other kinds of models are rejected. */
export type TrainSettings = Omit<SemiSupervisedTrainerOptions, 'seed'> &
  Pick<KnownPoseTrainerOptions, (typeof knownPoseKeys)[number]> &
  Pick<TemplateTrainerOptions, (typeof templateKeys)[number]> &
  Pick<UnsupervisedTrainerOptions, 'discreteKlWeight'>;

/** Training defaults of an unsupervised model. */
export const unsupervisedDefaults = {
  epochs: 100,
  batchSize: 64,
  klWeight: 'min(1 + epoch/29, 2)',
} as const satisfies TrainSettings;

/** Training defaults of a model without recognition, as in the paper. */
export const trainDefaults = { ...unsupervisedDefaults, auxLossMultiplier: 30 } as const satisfies TrainSettings;
