/** The servers that distributed sweeps are tested with: name, why it cannot run here (undefined where it can), and how to start it. */
import { noPostgres, postgresBinaries, type Server, startPostgres } from './postgres.js';
import { hasRedis, noRedis, startRedis } from './redis.js';

export const servers: [string, string | undefined, () => Promise<Server>][] = [
  ['PostgreSQL', postgresBinaries() === undefined ? noPostgres : undefined, startPostgres],
  ['Redis', hasRedis ? undefined : noRedis, startRedis],
];
