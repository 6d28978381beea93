import { InvalidInput } from '../../domain/failures.js';
import { shardSize } from '../../domain/campaign.js';
import { scanDifference } from '../../domain/refresh.js';
import type { CampaignDocument, CampaignRescreen, CandidateDocument, MaterialDocument } from './document.js';
import { candidateDocuments, sameCrystal } from './enumeration.js';
import { materialsById } from './material.js';
import { readSource, scanPages } from './source.js';
import { insertNew, updateEach, type Store } from './store.js';

export interface ScanNews {
  source: string;
  scan: number;
}

/** Ids of materials that a campaign should know of, by how two scans differ. */
export interface CrystalDifference {
  added: string[];
  changed: string[];
  removed: string[];
}

/** How the crystals of two scans of a source differ; what the query did not ask for counts as not there. */
export async function crystalDifference(store: Store, source: string, before: number, now: number): Promise<CrystalDifference> {
  const { origin } = await readSource(store, source);
  const entries = async (scan: number): Promise<[string, string][]> =>
    (await scanPages(store, source, scan)).flatMap(({ ids, digests, usable, excluded }) => {
      const crystals = new Set(usable);
      for (const { id } of excluded) crystals.delete(id);
      return ids.flatMap((id, index): [string, string][] => (crystals.has(id) ? [[`${origin}:${id}`, digests[index] ?? '']] : []));
    });
  const { added, changed, removed } = scanDifference(await entries(before), await entries(now));
  return { added, changed, removed };
}

/**
 * Brings a campaign to newer scans of its databases. New crystals become candidates, candidates whose material has changed are pending again with
 * the new structure, those whose material is gone are marked. What is to be screened gets shards of its own, after all others. Repeat-safe: the
 * campaign moves to the scans last, with a note of what was done, and a second call finds the note.
 */
export async function rescreen(store: Store, campaign: CampaignDocument, news: readonly ScanNews[]): Promise<CampaignRescreen> {
  const scans = news.filter(({ source, scan }) => campaign.sources?.some((it) => it.name === source && (it.scan ?? scan) < scan));
  const noted = campaign.rescreens?.findLast((it) =>
    news.some(({ source, scan }) => it.scans.some((own) => own.source === source && own.scan >= scan)),
  );
  if (scans.length === 0)
    return (
      noted ?? { scans: [], added: 0, changed: 0, removed: 0, shards: [campaign.shards, campaign.shards], at: new Date().toISOString() }
    );
  const difference: CrystalDifference = { added: [], changed: [], removed: [] };
  for (const { source, scan } of scans) {
    const before = campaign.sources?.find(({ name }) => name === source)?.scan;
    if (before === undefined || before === null) throw new InvalidInput(`campaign ${campaign._id} has not read ${source} yet`);
    const own = await crystalDifference(store, source, before, scan);
    for (const kind of ['added', 'changed', 'removed'] as const) difference[kind].push(...own[kind]);
  }
  const now = new Date().toISOString();
  const candidates = await store.collection('candidates').find({ campaign: campaign._id }).toArray();
  const changes = new CandidateChanges(campaign, candidates, now);
  for (const material of await materialsById(store, difference.changed)) changes.changed(material);
  for (const material of await materialsById(store, difference.added)) changes.added(material);
  for (const id of difference.removed) changes.removed(id);
  await insertNew(store.collection('candidates'), changes.fresh);
  await updateEach(store.collection('candidates'), changes.updates);
  const last = campaign.shards + Math.ceil(changes.screened / shardSize);
  const note: CampaignRescreen = { scans, ...changes.counts, shards: [campaign.shards, last], at: now };
  await store.collection('campaigns').updateOne(
    { _id: campaign._id },
    {
      $set: {
        shards: last,
        sources: (campaign.sources ?? []).map((it) => ({
          name: it.name,
          scan: scans.find(({ source }) => source === it.name)?.scan ?? it.scan,
        })),
        rescreens: [...(campaign.rescreens ?? []), note],
      },
    },
  );
  return note;
}

/** What becomes of a campaign's candidates, material by material. */
class CandidateChanges {
  readonly fresh: CandidateDocument[] = [];
  readonly updates: { _id: string; update: { $set: Partial<CandidateDocument>; $unset?: Record<string, ''> } }[] = [];
  readonly counts = { added: 0, changed: 0, removed: 0 };
  /** Candidates that have to be screened, in the order of their shards. */
  screened = 0;
  readonly #campaign: CampaignDocument;
  readonly #candidates: readonly CandidateDocument[];
  readonly #now: string;
  readonly #gone = new Set<string>();

  constructor(campaign: CampaignDocument, candidates: readonly CandidateDocument[], now: string) {
    this.#campaign = campaign;
    this.#candidates = candidates;
    this.#now = now;
  }

  added(material: MaterialDocument): void {
    const { formula, prototype, structure } = material;
    if (prototype === undefined || structure === undefined) return;
    const own = this.#of(material._id);
    // An earlier try of this same rescreening has inserted it.
    if (own !== undefined) return this.#again(own, material, 'added');
    const alike = [...this.#candidates, ...this.fresh].filter((it) => it.formula === formula && it.prototype === prototype);
    const same = alike.find((it) => it.structure !== undefined && sameCrystal({ structure: it.structure }, { structure }));
    if (same !== undefined) {
      if (!(same.sameAs ?? []).includes(material._id)) this.#change(same, { sameAs: [...(same.sameAs ?? []), material._id] });
      return;
    }
    const [document] = candidateDocuments(this.#campaign._id, this.#campaign.revision, [material], this.#now);
    if (document === undefined) return;
    const _id = alike.length === 0 ? document._id : `${document._id}-${alike.length + 1}`;
    this.fresh.push({ ...document, _id, ...this.#place() });
    this.counts.added += 1;
  }

  changed(material: MaterialDocument): void {
    const candidate = this.#of(material._id);
    // It stands beside a candidate of another database, which speaks for it.
    if (candidate === undefined) return this.added(material);
    if (candidate.formula === material.formula && candidate.prototype === material.prototype)
      return this.#again(candidate, material, 'changed');
    this.removed(material._id);
    this.added(material);
  }

  removed(id: string): void {
    const candidate = this.#of(id);
    if (candidate === undefined) return;
    const [other, ...rest] = candidate.sameAs ?? [];
    if (other !== undefined) return this.#change(candidate, { material: other, sameAs: rest });
    this.#gone.add(candidate._id);
    this.#change(candidate, { withdrawn: this.#now });
    this.counts.removed += 1;
  }

  #of(material: string): CandidateDocument | undefined {
    return this.#candidates.find((it) => it.material === material && it.withdrawn === undefined && !this.#gone.has(it._id));
  }

  #again(candidate: CandidateDocument, { structure }: MaterialDocument, kind: 'added' | 'changed'): void {
    this.updates.push({
      _id: candidate._id,
      update: {
        $set: {
          ...this.#place(),
          state: 'pending',
          calculations: [],
          predictions: [],
          ...(structure !== undefined && { structure }),
          ...(kind === 'changed' && { changedAt: this.#now }),
          updatedAt: this.#now,
        },
        $unset: { verdict: '', summary: '' },
      },
    });
    this.counts[kind] += 1;
  }

  #change(candidate: CandidateDocument, change: Partial<CandidateDocument>): void {
    const fresh = this.fresh.indexOf(candidate);
    if (fresh >= 0) this.fresh[fresh] = { ...candidate, ...change };
    else this.updates.push({ _id: candidate._id, update: { $set: change } });
  }

  #place(): { index: number; shard: number } {
    const place = this.screened;
    this.screened += 1;
    const taken = Math.max(-1, ...this.#candidates.map(({ index }) => index));
    return { index: taken + 1 + place, shard: this.#campaign.shards + Math.floor(place / shardSize) };
  }
}
