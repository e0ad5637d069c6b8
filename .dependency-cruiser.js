/** The rooms of services/shared, lowest first. Each imports only from those before it. */
const rooms = [
  'basics',
  'terms',
  'telemetry',
  'http',
  'stores',
  'process',
  'identity',
  'limits',
  'inventory',
  'payments',
  'events',
];
/** The folders of scripts that others import from, lowest first. Each imports only from those before it; the other folders from any of these. */
const tools = ['terminal', 'local', 'load', 'onsale', 'testing', 'flash-sale', 'bench'];

const test = '\\.test\\.ts$';
const own = '^(services|scripts|infra|migrations|postman)/';

/** One rule for each folder: of the folders beside it, it may import from those named before it. */
const oneWay = (/** @type {string} */ parent, /** @type {string[]} */ folders) =>
  folders.map((folder, index) => ({
    name: `no-arrow-up-from-${folder}`,
    comment:
      `Folders of ${parent} import only from those before them: ${folders.join(', ')}. ` +
      'Move what both need into the lower folder, or pass it in as an argument.',
    from: { path: `^${parent}/${folder}/`, pathNot: test },
    to: { path: `^${parent}/`, pathNot: `^${parent}/(${folders.slice(0, index + 1).join('|')})/` },
  }));

const loose = { path: '^services/shared/', pathNot: `^services/shared/(${rooms.join('|')})/` };
const noLooseFiles = {
  name: 'no-loose-files',
  comment: `Put the file into a room of services/shared: ${rooms.join(', ')}. The order of the rooms is in .dependency-cruiser.js.`,
};

const rules = [
  {
    name: 'no-circle',
    comment: 'These files import each other, if only types. Move what both need into a file that imports neither.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'services-apart',
    comment:
      'A service imports only from itself and services/shared, which imports from no service. Move what two services need there.',
    from: { path: '^services/([^/]+)/', pathNot: [test, '^services/tests/'] },
    to: { path: own, pathNot: '^services/($1|shared)/' },
  },
  {
    name: 'infrastructure-apart',
    comment: 'infra, migrations and postman import only from themselves, services/shared and scripts/terminal.',
    from: { path: '^(infra|migrations|postman)/', pathNot: test },
    to: { path: own, pathNot: '^($1|services/shared|scripts/terminal)/' },
  },
  {
    name: 'scripts-apart',
    comment: `Scripts share code only through these folders: ${tools.join(', ')}. Move what two scripts need there.`,
    from: { path: '^scripts/([^/]+)/', pathNot: test },
    to: { path: '^scripts/', pathNot: `^scripts/($1|${tools.join('|')})/` },
  },
  ...oneWay('services/shared', rooms),
  ...oneWay('scripts', tools),
  { ...noLooseFiles, from: loose, to: {} },
  { ...noLooseFiles, from: {}, to: loose },
];

/**
 * What may import what. Imports of types count too. Tests may import from anywhere, but must not close a circle.
 *
 * dependency-cruiser parses with the JavaScript API of TypeScript 6, which 7 does not have. So package.json installs 6 as `typescript`,
 * and 7, whose `tsc` checks the types, as `@typescript/native`.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: rules.map((rule) => ({ ...rule, severity: 'error' })),
  options: {
    // Without this, imports of types would not count.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
