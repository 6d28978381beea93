import type { Binary } from 'mongodb';
import type { CalculationInputs, CalculationOutcome, CalculationState } from '../../domain/calculation.js';
import type { Campaign } from '../../domain/campaign.js';
import type { ComputerState } from '../../domain/computer-state.js';
import type { Composition } from '../../domain/composition.js';
import type { Features } from '../../domain/learning/feature.js';
import type { ModelCard } from '../../domain/learning/model.js';
import type { ElasticMatrix } from '../../domain/elastic-tensor.js';
import type { PointOutcome } from '../../domain/point.js';
import type { Prediction } from '../../domain/prediction.js';
import type { CampaignState } from '../../domain/progress.js';
import type { PrototypeName } from '../../domain/prototype.js';
import type { TrainingDislocation } from '../../domain/training.js';
import type { Structure } from '../../domain/structure.js';
import type { NotificationDocument } from './notification.js';
import type { Packed } from './nested-array.js';
import type { SourceDocument, SourcePageDocument } from './source-document.js';

/** What each collection holds. Keys are natural, so that writing the same fact twice is writing it once. Instants are ISO strings. */
export interface Collections {
  campaigns: CampaignDocument;
  materials: MaterialDocument;
  candidates: CandidateDocument;
  calculations: CalculationDocument;
  bundles: BundleDocument;
  attempts: AttemptDocument;
  /** How each computer stands; see `domain/computer-state.ts`. */
  computers: ComputerState;
  /** The outbox of notifications. */
  notifications: NotificationDocument;
  properties: PropertyDocument;
  outputs: OutputDocument;
  predictions: PredictionDocument;
  features: FeatureDocument;
  models: ModelDocument;
  promotions: PromotionDocument;
  /** Queries of databases, and how far each is read. */
  sources: SourceDocument;
  /** What a scan saw, page by page. */
  sourcePages: SourcePageDocument;
  migrations: { _id: number; name: string; appliedAt: string };
}

export interface CampaignDocument {
  /** The campaign's name. */
  _id: string;
  definition: Packed<Campaign>;
  /** Hash of the definition: the same file again attaches, another one starts a new revision. */
  definitionHash: string;
  revision: number;
  state: CampaignState;
  shards: number;
  /** Id of the model that its candidates are ranked by: set with the first prediction, changed by `repredict` only. */
  model?: string;
  /** Place among campaigns that want the same computer; 1 first, 5 last. */
  priority?: number;
  /** Core hours it may spend over all computers. */
  budgetCoreHours?: number;
  /** Set where the campaign makes training data: which Peierls stresses to compute. */
  dislocations?: Packed<TrainingDislocation[]>;
  /** Materials read from files when the campaign was started; generated ones are not listed. */
  fileMaterials: string[];
  /** Databases it takes candidates from; the scan is set when their materials have been read, and stays. */
  sources?: { name: string; scan: number | null }[];
  /** Refreshes of its databases that it has followed, the latest last. */
  rescreens?: CampaignRescreen[];
  /** When the rescreening under way was first tried: it marks what is done, whichever try does it. */
  rescreening?: string;
  startedAt: string;
  finishedAt: string | null;
  error?: string;
}

export interface CampaignRescreen {
  /** Scans that the campaign stands on since then. */
  scans: { source: string; scan: number }[];
  added: number;
  changed: number;
  removed: number;
  /** Shards that hold what is to be screened: from the first up to but without the last. */
  shards: [number, number];
  at: string;
}

export interface MaterialDocument {
  /** `<source>:<sourceId>` */
  _id: string;
  formula: string;
  provenance: { source: string; sourceId: string; databaseVersion?: string; lastUpdated?: string; licence?: string; url?: string };
  prototype?: PrototypeName;
  occupants?: { A: Composition; B?: Composition };
  structure?: Packed<Structure>;
  /** Why it cannot be screened; such materials are kept, never dropped. */
  refused?: string;
  /** Elastic tensor of the database it comes from, in IEEE axes, with the gates that it failed. */
  reference?: { elasticGpa: Packed<ElasticMatrix>; axes: 'ieee'; passed: boolean; failures: string[] };
  /** Changes with the content; only materials of databases have one. */
  digest?: string;
  /** When a refresh found that the database has it no more. */
  withdrawn?: string;
}

export type CandidateState = 'pending' | 'running' | 'ranked' | 'rejected' | 'failed';

export interface CandidateDocument {
  /** `<campaign>/<formula>-<prototype>`, and on a higher rung `<campaign>/<formula>-<prototype>@<fidelity>` */
  _id: string;
  campaign: string;
  revision: number;
  shard: number;
  index: number;
  material: string;
  formula: string;
  lattice: 'fcc' | 'bcc' | 'hcp';
  prototype: PrototypeName;
  state: CandidateState;
  /** Calculations it stands on, and whether an earlier campaign had answered them. */
  calculations: CandidateCalculation[];
  /** Where its calculations run. */
  computer?: string;
  /** Level of theory of its calculations; absent in candidates that version 0.1.0 planned, which knew classical potentials only. */
  fidelity?: 'md' | 'mlff' | 'dft';
  /** Of a solid solution that may be interpolated, or be interpolated from; present where the campaign simulates a sample only. */
  composition?: Composition;
  /** It is not simulated: its properties are interpolated between candidates that are. */
  interpolate?: true;
  /** What its properties were interpolated from. */
  interpolation?: CandidateInterpolation;
  /** Place on the fidelity ladder, where it is above the lowest rung, which is 0. */
  rung?: number;
  /** The candidate of the lowest rung that it is; that one's own id there, where the field is absent. */
  base?: string;
  /** Why it came up to its rung. */
  promotedFor?: 'promising' | 'uncertain';
  /** One line: why it is ranked, rejected or failed. */
  verdict?: { kind: string; reason: string; evidence?: string };
  summary?: CandidateSummary;
  predictions: CandidatePrediction[];
  /** Whose predictions these are: the id of the model. */
  model?: string;
  /** Copied where the material comes from a database, whose next refresh may change it. */
  structure?: Packed<Structure>;
  /** When a refresh found that no database has it any more. It keeps its verdict. */
  withdrawn?: string;
  /** When a refresh brought it, or brought it back. */
  addedAt?: string;
  /** When a refresh changed its structure; it was screened again then. */
  changedAt?: string;
  /** Other materials that are the same crystal: what all of them say of their origin stays in `materials`. */
  sameAs?: string[];
  updatedAt: string;
}

export interface CandidateInterpolation {
  /** Simulated candidates of its crystal, and a digest of their calculations. */
  samples: number;
  digest: string;
  /** The simulated candidate nearest in composition, and the distance: 1.4 between two pure elements. */
  nearest: string;
  distance: number;
}

export interface CandidateCalculation {
  id: string;
  kind: string;
  label: string;
  /** Answered, or asked first, by another campaign. */
  reused: boolean;
  /** Copied from the calculation when the candidate is concluded, so that counting a campaign reads candidates only. */
  points: number;
  executed: number;
  attempts: number;
  jobs: number;
}

/** The numbers a ranking row shows; the full records are in `properties`. */
export interface CandidateSummary {
  a: number;
  c?: number;
  energyPerAtomEv: number;
  bulkGpa: number;
  shearGpa: number;
  youngGpa: number;
  pugh: number;
  /** Per slip system, mJ/m2. */
  faults: { slipSystem: string; unstable: number | null; intrinsic: number | null; burgersAngstrom?: number }[];
  warnings: string[];
  /** Absent in candidates that version 0.1.0 concluded, like the next three. */
  composition?: Composition;
  densityGPerCm3?: number;
  /** C11 and so on, GPa. */
  constants?: Record<string, number>;
  poisson?: number;
}

export interface CandidatePrediction extends Prediction {
  slipSystem: string;
  character: 'edge' | 'screw';
}

/** What one model says of one candidate. Kept when another model takes over: going back to it computes nothing. */
export interface PredictionDocument {
  /** `<candidate>@<model>` */
  _id: string;
  candidate: string;
  campaign: string;
  model: string;
  /** Hash of the properties that it was predicted from; other properties make these predictions stale. */
  inputs: string;
  predictions: CandidatePrediction[];
  /** Slip systems and characters without a prediction, and why. */
  errors: string[];
  createdAt: string;
}

/** A trained predictor. What it is, is in its card; that it is used, in `promotions` and in campaigns. */
export interface ModelDocument {
  /** Hash of its contents. */
  _id: string;
  card: Packed<ModelCard>;
  /** Key of its files among the outputs. */
  files: string;
  /** Trained by a workflow, brought in as a folder, or came with a version of peierls. */
  origin: 'trained' | 'added' | 'shipped';
  createdAt: string;
}

/** Which model new campaigns take; one document. */
export interface PromotionDocument {
  _id: 'current';
  /** Oldest first; null is the shipped model. The last one counts, none means the shipped one. */
  history: { model: string | null; reason: string; at: string }[];
}

/** Features of one dislocation, for any model: they take twenty times as long as what a model does with them. */
export interface FeatureDocument extends Features {
  /** sha256 of feature version, properties and dislocation. */
  _id: string;
}

export interface CalculationDocument {
  /** sha256 of the canonical inputs. */
  _id: string;
  kind: CalculationInputs['kind'];
  inputs: Packed<CalculationInputs>;
  /** Settings to open the calculator with; what matters of them for the numbers is in the fingerprint. */
  calculator: { name: string } & Record<string, unknown>;
  formula: string;
  state: CalculationState;
  /** `<campaign>#<revision>` that asked first; for all others its points are reused. */
  askedBy: string;
  computer: string | null;
  points: { total: number; executed: number };
  outcome: CalculationOutcome | null;
  /** Attempts claimed so far, named `p<calculation prefix>-1` and so on. */
  attempts: number;
  /** Of these, how many an operator's retry has forgiven: they no longer count against the allowed number. */
  attemptsForgiven?: number;
  /** Queue entries that came of them, counted from the computer's own traces. */
  jobs: number;
  provenance: Record<string, string | number>;
  createdAt: string;
  finishedAt: string | null;
}

/** The points that one attempt brought in. One document a bundle: the embedded store finds a document fast by `_id` only. */
export interface BundleDocument {
  /** The attempt's name. */
  _id: string;
  calculation: string;
  computer: string;
  points: Packed<PointRecord[]>;
  /** Key of the raw output files. */
  outputs: string;
}

export interface PointRecord {
  label: string;
  folder: string;
  outcome: PointOutcome;
  wallSeconds: number;
  /** Runs counted from the computer's own log: more than 1 means computed twice. */
  executions: number;
}

export interface AttemptDocument {
  /** Job name: `p<calculation prefix>-<n>` */
  _id: string;
  calculation: string;
  number: number;
  computer: string;
  folder: string;
  jobId: string | null;
  state: 'claimed' | 'submitted' | 'ended' | 'cancelled';
  verdict?: string;
  detail?: string;
  /** A point of it was ended for its memory: the next attempt asks for more. */
  outOfMemory?: boolean;
  /** `<campaign>` that pays. */
  campaign?: string;
  cores?: number;
  /** Between submission and start, and between start and end, in seconds by the computer's own clock; absent where it left no trace. */
  queueSeconds?: number;
  runSeconds?: number;
  pointsWanted: number;
  pointsDone: number;
  /**
   * Points that failed in a way that other settings may cure; the next attempt runs them with these, after those of earlier attempts. One for
   * the `set` is for all points: what this and earlier attempts have brought in does not count any more.
   */
  corrections?: { label: string; name: string; says: string; after: string; set?: true }[];
  submittedAt: string;
  endedAt: string | null;
}

export interface PropertyDocument {
  /** The calculation's id. */
  _id: string;
  kind: CalculationInputs['kind'];
  formula: string;
  /** Shape depends on `kind`; see `connectors/store/property.ts`. */
  value: Packed<unknown>;
  /** Attempts whose points it was fitted to. */
  attempts: string[];
  createdAt: string;
}

export interface OutputDocument {
  /** sha256 of the uncompressed content. */
  _id: string;
  /** gzip of JSON `{ "<point folder>/<file>": text }`; absent when it went to GridFS under the same id. */
  gzip?: Binary;
  bytes: number;
}
