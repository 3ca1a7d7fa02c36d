/** A command-line option of a source of images, with the sources that it applies to and the setting that it sets in them. */
import { Option } from 'commander';
import type { CardsOptions } from 'pyroved-data';
import type { CardsSource, Source } from '../runs/index.js';
import { type Reader, withReader } from './options.js';

export type SourceKind = Source['kind'];

/** The settings of a source; those of cards may refer to a preset. */
type SettingsOf<K extends SourceKind> = K extends 'cards'
  ? CardsSource & Pick<CardsOptions, 'preset'>
  : Extract<Source, { readonly kind: K }>;

/** For each source that an option applies to, the key of its setting. */
type Places = Readonly<Partial<Record<SourceKind, string>>>;

export interface SourceOption {
  readonly option: Option;
  readonly places: Places;
}

/** The setting `key` of the sources `kinds`, which all have it. */
export const into = <K extends SourceKind>(kinds: readonly K[], key: keyof SettingsOf<K> & string): Places =>
  Object.fromEntries(kinds.map((kind) => [kind, key]));

export const entry = (flags: string, help: string, reader: Reader, places: Places): SourceOption => ({
  option: withReader(new Option(flags, help), reader),
  places,
});
