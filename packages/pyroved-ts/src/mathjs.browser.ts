/** mathjs, as a bundler finds it. */
import * as all from 'mathjs';

/** The mathjs library. */
export const mathjs = (): typeof all => all;
