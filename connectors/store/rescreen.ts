import { InvalidInput } from '../../domain/failures.js';
import { shardSize } from '../../domain/campaign.js';
import { scanDifference } from '../../domain/refresh.js';
import type { CampaignDocument, CampaignRescreen, CandidateDocument, MaterialDocument } from './document.js';
import { candidateDocuments, sameCrystal } from './enumeration.js';
import { baseOf } from './ladder.js';
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
 * the new structure and leave the higher rungs, those whose material is gone are marked. What is to be screened gets shards of its own, after all
 * others. Repeat-safe: the instant of the first try is noted before anything is done and marks all that is done, from which the counts are taken;
 * the campaign moves to the scans last, and a later call finds the note of it.
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
    for (const kind of ['added', 'changed', 'removed'] as const) difference[kind] = [...new Set([...difference[kind], ...own[kind]])];
  }
  const at = campaign.rescreening ?? new Date().toISOString();
  await store.collection('campaigns').updateOne({ _id: campaign._id }, { $set: { rescreening: at } });
  const own = store.collection('candidates');
  const changes = new CandidateChanges(campaign, await own.find({ campaign: campaign._id }).toArray(), at);
  for (const material of await materialsById(store, difference.changed)) changes.changed(material);
  for (const material of await materialsById(store, difference.added)) changes.added(material);
  for (const id of difference.removed) changes.removed(id);
  await insertNew(own, changes.fresh());
  await updateEach(own, changes.updates());
  for (const _id of changes.outdated) await own.deleteOne({ _id });
  const note: CampaignRescreen = { scans, ...outcome(await own.find({ campaign: campaign._id }).toArray(), changes.firstShard, at), at };
  await store.collection('campaigns').updateOne(
    { _id: campaign._id },
    {
      $set: {
        shards: note.shards[1],
        sources: (campaign.sources ?? []).map((it) => ({
          name: it.name,
          scan: scans.find(({ source }) => source === it.name)?.scan ?? it.scan,
        })),
        rescreens: [...(campaign.rescreens ?? []), note],
      },
      $unset: { rescreening: '' },
    },
  );
  return note;
}

/** What all tries together have done, by the instant that marks it. */
function outcome(candidates: readonly CandidateDocument[], firstShard: number, at: string): Omit<CampaignRescreen, 'scans' | 'at'> {
  const lowest = candidates.filter(({ rung }) => rung === undefined);
  const [added, changed] = [lowest.filter(({ addedAt }) => addedAt === at), lowest.filter(({ changedAt }) => changedAt === at)];
  const last = Math.max(firstShard - 1, ...[...added, ...changed].map(({ shard }) => shard));
  const removed = lowest.filter(({ withdrawn }) => withdrawn === at).length;
  return { added: added.length, changed: changed.length, removed, shards: [firstShard, last + 1] };
}

/** What becomes of a campaign's candidates, material by material. */
class CandidateChanges {
  /** Shards of what is to be screened begin here: after all that there were before the first try, of any rung. */
  readonly firstShard: number;
  /** Candidates of higher rungs that stand on a structure which is not that of their material any more. */
  readonly outdated = new Set<string>();
  readonly #campaign: CampaignDocument;
  readonly #at: string;
  /** Of the lowest rung, as they are to become. */
  readonly #candidates: Map<string, CandidateDocument>;
  readonly #higher: readonly CandidateDocument[];
  readonly #fresh = new Set<string>();
  readonly #updates = new Map<string, { $set: Partial<CandidateDocument>; $unset: Record<string, ''> }>();
  readonly #firstIndex: number;
  #screened = 0;

  constructor(campaign: CampaignDocument, candidates: readonly CandidateDocument[], at: string) {
    this.#campaign = campaign;
    this.#at = at;
    this.#candidates = new Map(candidates.flatMap((it) => (it.rung === undefined ? [[it._id, it]] : [])));
    this.#higher = candidates.filter(({ rung }) => rung !== undefined);
    const before = candidates.filter(({ addedAt, changedAt }) => addedAt !== at && changedAt !== at);
    this.firstShard = Math.max(campaign.shards, ...before.map(({ shard }) => shard + 1));
    this.#firstIndex = Math.max(0, ...candidates.map(({ index }) => index + 1));
  }

  /** Candidates to insert. */
  fresh(): CandidateDocument[] {
    return [...this.#fresh].flatMap((id) => this.#candidates.get(id) ?? []);
  }

  updates(): { _id: string; update: { $set: Partial<CandidateDocument>; $unset?: Record<string, ''> } }[] {
    return [...this.#updates].map(([_id, { $set, $unset }]) => ({
      _id,
      update: { $set, ...(Object.keys($unset).length > 0 && { $unset }) },
    }));
  }

  added(material: MaterialDocument): void {
    const { _id: id, formula, prototype, structure } = material;
    if (prototype === undefined || structure === undefined) return;
    const holder = this.#holders(id)[0];
    if (holder !== undefined) {
      // An earlier try has brought it in.
      if (holder.addedAt === this.#at && holder.material === id) this.#again(holder, material, { addedAt: this.#at });
      return;
    }
    const alike = [...this.#candidates.values()].filter((it) => it.formula === formula && it.prototype === prototype);
    const same = alike.find((it) => it.structure !== undefined && sameCrystal({ structure: it.structure }, { structure }));
    if (same?.withdrawn !== undefined) return this.#again(same, material, { addedAt: this.#at });
    if (same !== undefined) return this.#change(same, { sameAs: [...(same.sameAs ?? []), id] });
    const [document] = candidateDocuments(this.#campaign._id, this.#campaign.revision, [material], this.#at);
    if (document === undefined) return;
    const _id = this.#freeName(document._id);
    this.#fresh.add(_id);
    this.#candidates.set(_id, { ...document, _id, ...this.#place(), addedAt: this.#at });
  }

  changed(material: MaterialDocument): void {
    const { _id: id, formula, prototype, structure } = material;
    for (const holder of this.#holders(id)) {
      if (holder.addedAt === this.#at) continue;
      const isSame = holder.formula === formula && holder.prototype === prototype;
      if (isSame && holder.material === id) return this.#again(holder, material, { changedAt: this.#at });
      // It stands beside the material of another database, which speaks for both while they are the same crystal.
      const stays =
        isSame && structure !== undefined && holder.structure !== undefined && sameCrystal({ structure: holder.structure }, { structure });
      if (!stays) this.#leave(holder, id);
    }
    this.added(material);
  }

  removed(id: string): void {
    for (const holder of this.#holders(id)) this.#leave(holder, id);
  }

  /** Candidates that a material stands behind, alone or beside others. */
  #holders(id: string): CandidateDocument[] {
    return [...this.#candidates.values()].filter(
      (it) => it.withdrawn === undefined && (it.material === id || it.sameAs?.includes(id) === true),
    );
  }

  /** A material leaves its candidate: another one that is the same crystal takes its place, or the candidate is withdrawn. */
  #leave(candidate: CandidateDocument, id: string): void {
    const sameAs = (candidate.sameAs ?? []).filter((it) => it !== id);
    if (candidate.material !== id) return this.#change(candidate, { sameAs });
    const [other, ...rest] = sameAs;
    this.#change(candidate, other === undefined ? { withdrawn: this.#at } : { material: other, sameAs: rest });
  }

  /** Screens a candidate anew. What it was on higher rungs is to be earned again; calculations whose question is the same are not repeated. */
  #again(
    candidate: CandidateDocument,
    { _id: material, structure }: MaterialDocument,
    mark: Pick<CandidateDocument, 'addedAt' | 'changedAt'>,
  ): void {
    for (const { _id } of this.#above(candidate)) this.outdated.add(_id);
    const change = {
      ...this.#place(),
      ...mark,
      material,
      state: 'pending' as const,
      calculations: [],
      predictions: [],
      ...(structure !== undefined && { structure }),
      updatedAt: this.#at,
    };
    this.#note(candidate, change, { verdict: '', summary: '', withdrawn: '' });
    const { verdict: _verdict, summary: _summary, withdrawn: _withdrawn, ...rest } = candidate;
    this.#candidates.set(candidate._id, { ...rest, ...change });
  }

  #change(candidate: CandidateDocument, change: Partial<CandidateDocument>): void {
    this.#candidates.set(candidate._id, { ...candidate, ...change });
    if (!this.#fresh.has(candidate._id)) this.#note(candidate, change);
    for (const higher of this.#above(candidate)) this.#note(higher, change);
  }

  #note({ _id }: CandidateDocument, change: Partial<CandidateDocument>, gone: Record<string, ''> = {}): void {
    const { $set, $unset } = this.#updates.get(_id) ?? { $set: {}, $unset: {} };
    const set = Object.fromEntries(Object.entries($set).filter(([name]) => !(name in gone)));
    const unset = Object.fromEntries(Object.entries($unset).filter(([name]) => !(name in change)));
    this.#updates.set(_id, { $set: { ...set, ...change }, $unset: { ...unset, ...gone } });
  }

  #above({ _id }: CandidateDocument): CandidateDocument[] {
    return this.#higher.filter((it) => baseOf(it) === _id);
  }

  /** `Mg-A3`, or `Mg-A3-2` where that name is another crystal's. */
  #freeName(name: string): string {
    for (let count = 1; ; count += 1) {
      const wanted = count === 1 ? name : `${name}-${count}`;
      if (!this.#candidates.has(wanted)) return wanted;
    }
  }

  #place(): { index: number; shard: number } {
    const place = this.#screened;
    this.#screened += 1;
    return { index: this.#firstIndex + place, shard: this.firstShard + Math.floor(place / shardSize) };
  }
}
