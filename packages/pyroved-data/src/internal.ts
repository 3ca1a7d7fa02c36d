/** What the application shares with this package, and nobody else should rely on. */
export { errorCode, explained } from './fileErrors.js';
export { columnOf, readTable } from './table.js';
