import type { z } from 'zod';
import { AseSettings } from '../connectors/calculator/ase/settings.js';
import { LammpsSettings, StaticsSettings } from '../connectors/calculator/lammps/reference.js';
import { QuantumEspressoSettings } from '../connectors/calculator/quantum-espresso/settings.js';
import { VaspSettings } from '../connectors/calculator/vasp/settings.js';
import {
  Campaign,
  CompositionGridGenerator,
  EquimolarGenerator,
  FileSource,
  OrderedGenerator,
  PureGenerator,
  Rung,
  SolidSolutionGenerator,
  SqsGenerator,
} from '../domain/campaign.js';
import {
  Code,
  ComputerSettings,
  DirectSettings,
  JumpHost,
  LsfSettings,
  PbsSettings,
  SgeSettings,
  SlurmSettings,
  SshSettings,
} from '../domain/computer.js';
import { MailChannel, NotificationsFile, WebhookChannel } from '../domain/notification.js';
import { Training } from '../domain/training.js';

/** A page of reference: sections of fields, each from one schema. */
export interface Page {
  file: string;
  title: string;
  intro: string;
  sections: Section[];
}

export interface Section {
  heading: string;
  note?: string;
  schema: z.ZodType;
  /** Files whose comments explain the fields. */
  source: string[];
  /** Constants of those files to look for a field's comment in, in this order. */
  consts: string[];
  /** Fields that another section explains, or whose meaning is said here. */
  elsewhere?: Record<string, string>;
}

const campaign = ['domain/campaign.ts', 'domain/elastic-strain.ts'];
const lammps = ['connectors/calculator/lammps/reference.ts', 'domain/potential/perturbation.ts'];
const [analytic, tabulated, kim] = LammpsSettings.options;
const [analyticStatics, tabulatedStatics, kimStatics] = StaticsSettings.options;

const calculators: Section[] = [
  {
    heading: 'calculator: lammps, published potential',
    schema: analytic,
    source: lammps,
    consts: ['analytic', 'numerics', 'Perturbation'],
  },
  {
    heading: 'calculator: lammps, potential file',
    schema: tabulated,
    source: lammps,
    consts: ['tabulated', 'numerics'],
  },
  { heading: 'calculator: lammps, OpenKIM model', schema: kim, source: lammps, consts: ['kim', 'numerics'] },
  {
    heading: 'calculator: statics, published potential',
    note: 'Pure metals and average atoms, in a program of our own that travels with the inputs and needs Node alone.',
    schema: analyticStatics,
    source: lammps,
    consts: ['analytic', 'Perturbation'],
  },
  {
    heading: 'calculator: statics, potential file',
    note: 'Pure metals. Styles eam, eam/alloy and eam/fs.',
    schema: tabulatedStatics,
    source: lammps,
    consts: ['tabulated'],
  },
  {
    heading: 'calculator: statics, OpenKIM model',
    note: 'Pure metals.',
    schema: kimStatics,
    source: lammps,
    consts: ['kimTables'],
  },
  {
    heading: 'calculator: quantum-espresso',
    note: 'See also `docs/first-principles.md`.',
    schema: QuantumEspressoSettings,
    source: ['connectors/calculator/quantum-espresso/settings.ts'],
    consts: ['QuantumEspressoSettings'],
  },
  {
    heading: 'calculator: vasp',
    note: 'See also `docs/first-principles.md`.',
    schema: VaspSettings,
    source: ['connectors/calculator/vasp/settings.ts'],
    consts: ['VaspSettings'],
  },
  {
    heading: 'calculator: ase',
    note: 'See also `docs/force-fields.md`.',
    schema: AseSettings,
    source: ['connectors/calculator/ase/settings.ts'],
    consts: ['AseSettings'],
  },
];

const scheduler = (heading: string, schema: z.ZodType, own: string): Section => ({
  heading,
  schema,
  source: ['domain/computer.ts'],
  consts: [own, 'Queue'],
  elsewhere: { kind: 'Which queue system.' },
});

export const referencePages: Page[] = [
  {
    file: 'docs/reference-campaign.md',
    title: 'Campaign files',
    intro:
      'What `peierls screen` reads. `deploy/campaigns/quickstart.yaml` is a complete example; `peierls screen <file> --dry-run` checks a file and counts.',
    sections: [
      {
        heading: 'Campaign',
        schema: Campaign,
        source: campaign,
        consts: ['Campaign', 'Protocol', 'ElasticSettings'],
        elsewhere: {
          candidates: 'List of sources of candidates, each of one of the kinds below.',
          calculator: '`name` is `lammps`, `statics`, `quantum-espresso`, `vasp` or `ase`; the other fields are below.',
          fidelity: 'Further rungs of the fidelity ladder, each of a higher level of theory than the one below. Default: none.',
        },
      },
      {
        heading: 'fidelity: a rung',
        note: 'See also `docs/fidelity.md`.',
        schema: Rung,
        source: [...campaign, 'domain/fidelity.ts'],
        consts: ['Rung', 'Promotion', 'Protocol', 'ElasticSettings'],
        elsewhere: {
          calculator: 'As in the campaign, of a higher level of theory.',
          protocol: 'As in the campaign, whose protocol is the default.',
        },
      },
      ...(
        [
          ['pure metals', PureGenerator, 'PureGenerator'],
          ['ordered compounds', OrderedGenerator, 'OrderedGenerator'],
          ['solid solutions', SolidSolutionGenerator, 'SolidSolutionGenerator'],
          ['equimolar alloys', EquimolarGenerator, 'EquimolarGenerator'],
          ['composition grids', CompositionGridGenerator, 'CompositionGridGenerator'],
          ['special quasirandom structures', SqsGenerator, 'SqsGenerator'],
          ['structure files', FileSource, 'FileSource'],
        ] as const
      ).map(([name, schema, own]): Section => ({
        heading: `candidates: ${name}`,
        schema,
        source: campaign,
        consts: [own, 'binaries'],
        elsewhere: { generator: 'Which kind of source this is.' },
      })),
      ...calculators,
    ],
  },
  {
    file: 'docs/reference-training.md',
    title: 'Training files',
    intro:
      'What `peierls library build` reads; `deploy/training/virtual-metals.yaml` is an example. Sources of metals and calculators are those of [campaign files](reference-campaign.md).',
    sections: [
      {
        heading: 'Training',
        schema: Training,
        source: ['domain/training.ts', ...campaign],
        consts: ['Training', 'TrainingDislocation', 'Campaign', 'ElasticSettings'],
        elsewhere: { metals: 'Sources of metals, as the candidates of a campaign.', calculator: 'As in a campaign.' },
      },
    ],
  },
  {
    file: 'docs/reference-computers.md',
    title: 'computers.yaml',
    intro:
      'Machines that campaigns run on, by name under `computers:`; the machine `local` is there without being named. `docs/your-cluster.md` leads there step by step, and `peierls computer test <name>` tries an entry.',
    sections: [
      {
        heading: 'Computer',
        schema: ComputerSettings,
        source: ['domain/computer.ts'],
        consts: ['ComputerSettings'],
        elsewhere: {
          transport: 'How we reach it: `{ kind: local }`, or `kind: ssh` below. Default: `local`.',
          scheduler: 'Its queue system: one of those below. Default: `{ kind: direct }`.',
          codes: 'Simulation codes on it, by the name of the calculator: `lammps`, `statics`, `quantum-espresso`, `vasp`, `ase`.',
        },
      },
      { heading: 'codes', schema: Code, source: ['domain/computer.ts'], consts: ['Code'] },
      {
        heading: 'transport: ssh',
        schema: SshSettings,
        source: ['domain/computer.ts'],
        consts: ['SshSettings', 'Login'],
        elsewhere: {
          kind: '`ssh`.',
          jump: 'Hosts on the way, first one first: `user@host:port`, several separated by commas, or objects as below. A host given as text uses our keys and agent, but never our password or one-time codes. Default: ProxyJump of `configFile`, else a direct connection.',
        },
      },
      { heading: 'transport: jump hosts', schema: JumpHost, source: ['domain/computer.ts'], consts: ['Login'] },
      scheduler('scheduler: direct', DirectSettings, 'DirectSettings'),
      scheduler('scheduler: slurm', SlurmSettings, 'SlurmSettings'),
      scheduler('scheduler: pbs', PbsSettings, 'PbsSettings'),
      scheduler('scheduler: sge', SgeSettings, 'SgeSettings'),
      scheduler('scheduler: lsf', LsfSettings, 'LsfSettings'),
    ],
  },
  {
    file: 'docs/reference-notifications.md',
    title: 'notifications.yaml',
    intro: 'Whom to tell of what; `docs/notifications.md` has an example.',
    sections: [
      {
        heading: 'Notifications',
        schema: NotificationsFile,
        source: ['domain/notification.ts'],
        consts: ['NotificationsFile'],
        elsewhere: { channels: 'List of channels, each of one of the kinds below.', thresholds: 'When numbers become events.' },
      },
      {
        heading: 'channels: webhook',
        schema: WebhookChannel,
        source: ['domain/notification.ts'],
        consts: ['WebhookChannel', 'Common'],
        elsewhere: { kind: '`webhook`.' },
      },
      {
        heading: 'channels: mail',
        schema: MailChannel,
        source: ['domain/notification.ts'],
        consts: ['MailChannel', 'Common'],
        elsewhere: { kind: '`mail`.' },
      },
    ],
  },
];
