/** Turns npm's error output into a few lines that say what is wrong and what to do. */

const unreachable = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
];
unreachable.push('ERR_SOCKET_TIMEOUT', 'ERR_INVALID_URL', 'FETCH_ERROR', 'E502', 'E503', 'E504', 'E407');
const certificates = ['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'];
certificates.push('UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED');

/** Whether npm's error output says that no registry answered. */
export const isUnreachable = (stderr) => unreachable.includes(errorCode(errorLines(stderr)));

/** Words for npm's error output, as printed with --loglevel=error. */
export function npmProblem(stderr) {
  const lines = errorLines(stderr);
  const from = /https?:\/\/[^/\s]+/.exec(lines.join('\n'))?.[0];
  return advice(errorCode(lines), from === undefined ? 'The npm registry' : `The npm registry (${from})`, lines);
}

const errorLines = (stderr) => stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) ?(.*)$/.exec(line)?.[1] ?? []);
const errorCode = (lines) => lines.flatMap((line) => /^code (\S+)/.exec(line)?.[1] ?? [])[0] ?? '';

function advice(code, registry, lines) {
  if (unreachable.includes(code)) {
    return [
      `${registry} could not be reached (${code}), so the packages were not installed.`,
      'Without a network: connect once and run this again; after that it works offline.',
      'Behind a proxy: set HTTPS_PROXY=http://host:port, or run "npm config set https-proxy http://host:port".',
      'With a mirror of the registry: run "npm config set registry URL".',
    ].join('\n');
  }
  if (certificates.includes(code)) {
    return [
      `${registry} showed a certificate that Node does not trust (${code}): usually a company's proxy.`,
      'Set NODE_EXTRA_CA_CERTS to the file of its root certificate, or run "npm config set cafile FILE".',
    ].join('\n');
  }
  const [summary, mend] = others[code] ?? [`npm failed${code === '' ? '' : ` (${code})`}`, undefined];
  const details = lines.filter((line) => line !== '' && !/^(code|A complete log)/.test(line)).slice(0, 3);
  return [`${summary}.`, ...details.map((line) => `  ${line}`), ...(mend === undefined ? [] : [mend])].join('\n');
}

const others = {
  E401: [
    'The npm registry asks for a login',
    'Run "npm login", or point "npm config set registry URL" at an open one.',
  ],
  E403: ['The npm registry refused a package', 'A mirror may hold it back: ask who keeps the mirror.'],
  E404: ['The npm registry lacks a package', 'A mirror may be behind: try again with the public registry.'],
  ETARGET: ['The npm registry lacks a version', 'A mirror may be behind: try again with the public registry.'],
  ENOSPC: ['The disk is full', 'The packages need about 700 MB.'],
  EACCES: ['A file or folder may not be written', 'Check who owns node_modules and the npm cache.'],
  EPERM: ['A file or folder may not be written', 'Close programs that use node_modules and try again.'],
  EUSAGE: ['package.json and package-lock.json do not agree', 'Run "npm install" and commit both.'],
};
