/** The table of contents: the sections of the site, and every page of docs in one of them. */

const page = (text, file) => ({ text, link: `/${file}` });
const guides = (entries) => Object.entries(entries).map(([file, text]) => page(text, `guides/${file}`));

const start = {
  text: 'Start',
  items: [{ text: 'First results', link: '/' }, ...guides({ install: 'Install' })],
};

const images = {
  text: 'Classify your images',
  items: guides({
    'your-own-images': 'Your own images',
    micrographs: 'From a micrograph to a table',
    archives: 'Archives',
    preprocessing: 'Preprocessing',
    'how-many-labels': 'How many labels',
    'choose-a-likelihood': 'Likelihood and preprocessing',
    recognition: 'How recognition works',
    'finding-classes': 'Classes without labels',
    regression: 'Predict a quantity',
    'image-to-spectrum': 'Image to spectrum',
    'generated-data': 'Generated images',
    'it-did-not-learn': 'It did not learn',
  }),
};

const experiments = {
  text: 'Train and interpret',
  items: guides({
    training: 'Training',
    sweeps: 'Sweeps',
    studio: 'The studio',
    reproduce: "Reproduce the paper's figures",
    'angle-priors': 'Angle priors and guides',
    'compare-priors': 'Compare angle priors',
    templates: 'Template models',
    latents: 'Interpret latents',
    'in-and-out': 'Export and import',
    deploy: 'Deploy a classifier',
    'command-line': 'The command line',
  }),
};

const programs = {
  text: 'Write programs',
  items: guides({
    'bayesian-regression': 'Bayesian regression',
    'gaussian-mixture': 'Gaussian mixture',
    'hidden-markov-model': 'Hidden Markov model',
    vae: 'Variational autoencoder',
    'semi-supervised-vae': 'Semi-supervised VAE',
    'write-a-prior': 'Write a prior',
    'write-a-model-kind': 'Write a kind of model',
    'write-a-handler': 'Write a handler',
  }),
};

const concepts = {
  text: 'Concepts',
  items: [
    page('Tensor shapes', 'tutorials/tensor-shapes'),
    page('Enumeration', 'tutorials/enumeration'),
    page('Poses', 'tutorials/poses'),
    page('Compiled programs', 'compiled-programs'),
    page('Engines and kernels', 'engines'),
    page('Reliability', 'reliability'),
    page('Scale', 'scale'),
  ],
};

const comparisons = {
  text: 'Comparisons',
  items: [
    page('From Pyro and NumPyro', 'pyro-differences'),
    page("Pyro's tutorials, ported", 'tutorials/ports'),
    page('From pyroVED', 'pyroved-differences'),
    page('From pyroVED notebooks', 'guides/from-pyroved-notebooks'),
    page('AtomAI and pyroVED', 'atomai-pyroved'),
    page('Results', 'results'),
    page('Benchmark', 'benchmark'),
  ],
};

const project = {
  text: 'Project',
  items: [
    page('Architecture', 'architecture'),
    page('How it works inside', 'internals'),
    page('What is stable', 'stability'),
  ],
};

/** The sidebar, from what a new reader needs to what a contributor needs. */
export const sidebar = [start, images, experiments, programs, concepts, comparisons, project];

/** The bar at the top. `api` is whether the API reference was built. */
export function topBar({ api }) {
  const menu = (text, section, activeMatch) => ({ text, items: section.items, activeMatch });
  return [
    { text: 'Images', link: images.items[0].link },
    { text: 'Programs', link: programs.items[0].link },
    menu('Concepts', concepts),
    menu('Comparisons', comparisons),
    ...(api ? [{ text: 'API', link: '/api/index.html', target: '_self' }] : []),
  ];
}
