/** The options of a run's model and training, as a person gives them. */
import type {
  ConvNet,
  JointOptions,
  KnownPoseTrainerOptions,
  knownPoseKeys,
  Model,
  RecognitionOptions,
  RegressionOptions,
  SemiSupervisedOptions,
  SemiSupervisedTrainerOptions,
  TemplateTrainerOptions,
  templateKeys,
  UnsupervisedTrainerOptions,
} from 'pyroved-ts';

/** What the images decide, and what a configuration cannot hold. */
type Decided = 'shape' | 'channels' | 'kernel' | 'encoder' | 'decoder' | 'classifier' | 'regressor' | 'numClasses';

/** The model's options but for what the images decide. Those that another kind of model has are rejected. */
export interface ModelSettings
  extends Omit<SemiSupervisedOptions, Decided | 'recognition'>,
    Partial<Omit<JointOptions, Decided>>,
    Partial<Omit<RegressionOptions, Decided | 'targets'>> {
  /** @default by what is known of the images, see `kindFor` */
  readonly kind?: Model['kind'];
  /** Widths of the hidden layers of encoder, decoder and classifier. @default [128, 128] */
  readonly hidden?: readonly number[];
  /** How many classes to look for: of a jiVAE, and of a template model without labels. */
  readonly numClasses?: number;
  /** Of an ssRegIVAE: the factors to predict. @default all that the table of factors has */
  readonly targets?: readonly string[];
  /** Of an iVAE: the factors that condition it; "class" is the class. @default none */
  readonly condition?: readonly string[];
  /** Convolutional networks in place of dense ones; a decoder of a model without invariances alone. */
  readonly encoder?: ConvNet;
  /** "template": of an ssiVAE with recognition, one deformable picture per class. */
  readonly decoder?: ConvNet | 'template';
  /** The classifier of an ssiVAE, or the regressor of an ssRegIVAE. */
  readonly predictor?: ConvNet;
  /** With decoder "template": number of classes that have no labels and are to be found among the unlabelled images. @default 0 */
  readonly extraClasses?: number;
  /**
   * How class and pose are recognised; false for a classifier of the image as it is, as in the paper. @default recognition with its defaults, for an ssiVAE
   * that is invariant to rotation or translation and has none of the options of the other
   */
  readonly recognition?: RecognitionOptions | false;
}

/** The trainer's options. Those that another kind of model has are rejected. */
export type TrainSettings = Omit<SemiSupervisedTrainerOptions, 'seed'> &
  Pick<KnownPoseTrainerOptions, (typeof knownPoseKeys)[number]> &
  Pick<TemplateTrainerOptions, (typeof templateKeys)[number]> &
  Pick<UnsupervisedTrainerOptions, 'discreteKlWeight'>;

/** What a model without recognition trains with by default: the paper's weights. */
export const trainDefaults = {
  epochs: 100,
  batchSize: 64,
  klWeight: 'min(1 + epoch/29, 2)',
  auxLossMultiplier: 30,
} as const satisfies TrainSettings;

/** The same of a model that has no labelled images. */
export const { auxLossMultiplier: _, ...unsupervisedDefaults } = trainDefaults;
