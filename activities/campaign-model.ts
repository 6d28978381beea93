import { modelFolder, promotedModel, registerModel } from '../connectors/store/model-registry.js';
import { shippedModel, type Predictor } from '../connectors/predictor/predictor.js';
import type { Store } from '../connectors/store/store.js';

export interface ChosenModel {
  /** Id of the model, or the name of the baseline where no model is shipped. */
  id: string;
  /** Folder to load it from; null for what came with this version. */
  folder: string | null;
}

/**
 * Which model ranks a campaign. It is written down with the first prediction: one ranking never mixes models, whatever is promoted while the
 * campaign runs.
 */
export class CampaignModels {
  readonly #store: Store;
  readonly #shipped: Predictor;
  readonly #cache: string;

  /** `cache` is a folder for files that may be deleted at any time. */
  constructor(store: Store, shipped: Predictor, cache: string) {
    this.#store = store;
    this.#shipped = shipped;
    this.#cache = cache;
  }

  async of(campaign: string): Promise<ChosenModel> {
    const document = await this.#store.collection('campaigns').findOne({ _id: campaign }, { projection: { model: 1 } });
    if (document?.model !== undefined) return this.open(document.model);
    const chosen = await this.open((await promotedModel(this.#store)) ?? null);
    // Of two workers that come at the same time one wins, and both read who it was.
    await this.#store.collection('campaigns').updateOne({ _id: campaign, model: { $exists: false } }, { $set: { model: chosen.id } });
    const settled = await this.#store.collection('campaigns').findOne({ _id: campaign }, { projection: { model: 1 } });
    return settled?.model === undefined || settled.model === chosen.id ? chosen : this.open(settled.model);
  }

  /** Null is the shipped model. It goes to the store as well: a later version may ship another one, and this one still be in use. */
  async open(id: string | null): Promise<ChosenModel> {
    if (id !== null && id !== this.#shipped.model) return { id, folder: await modelFolder(this.#store, this.#cache, id) };
    const folder = shippedModel();
    if (folder !== undefined) await this.#keep(folder);
    return { id: this.#shipped.model, folder: null };
  }

  async #keep(folder: string): Promise<void> {
    const id = this.#shipped.model;
    if ((await this.#store.collection('models').findOne({ _id: id }, { projection: { _id: 1 } })) !== null) return;
    await registerModel(this.#store, { id, folder, origin: 'shipped' });
  }
}
