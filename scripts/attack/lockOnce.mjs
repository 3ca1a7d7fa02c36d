/** A process of `locks.mjs` that takes a lock, and is killed on the way. */
import { RunFolder } from 'pyroved';

RunFolder.open(process.argv[2]).lock();
