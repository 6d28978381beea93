import { createHash } from 'node:crypto';
import { assertNever } from '../../domain/assert-never.js';
import { canonicalJson } from '../../domain/canonical.js';
import type { SourceDefinition } from '../../domain/source.js';
import { limited } from './limited.js';
import { MaterialsProjectClient } from './materials-project/client.js';
import { MaterialsProject } from './materials-project/materials-project.js';
import { OptimadeClient } from './optimade/client.js';
import { Optimade } from './optimade/optimade.js';
import type { MaterialSource } from './source.js';

/** Opens queries of databases; one client a service, so that all queries of a process keep its spacing together. */
export class SourcePool {
  readonly #environment: NodeJS.ProcessEnv;
  #materialsProject: MaterialsProjectClient | undefined;
  readonly #optimade = new Map<string, OptimadeClient>();

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /** Asks nothing yet. Throws `PermissionDenied` where a key is needed and missing. */
  open(definition: SourceDefinition): MaterialSource {
    switch (definition.source) {
      case 'materials-project':
        this.#materialsProject ??= new MaterialsProjectClient(this.#environment);
        return limited(new MaterialsProject(this.#materialsProject, definition), definition);
      case 'optimade': {
        const client = this.#optimade.get(definition.url) ?? new OptimadeClient(definition.url);
        this.#optimade.set(definition.url, client);
        return limited(new Optimade(client, definition), definition);
      }
      default:
        return assertNever(definition);
    }
  }
}

/** `materials-project` for all of it, `materials-project-1a2b3c4d` for a query of it, `optimade-nomad-lab.eu-1a2b3c4d`. The same query has the same name. */
export function sourceName(definition: SourceDefinition): string {
  const { source, ...query } = definition;
  const hash = createHash('sha256').update(canonicalJson(query)).digest('hex').slice(0, 8);
  if (source === 'optimade') return `${source}-${new URL(definition.url).host.replace(':', '-')}-${hash}`;
  return isWhole(definition) ? source : `${source}-${hash}`;
}

/** Whether a definition asks for everything that a source has. */
function isWhole(definition: SourceDefinition): boolean {
  return Object.entries(definition).every(
    ([name, value]) => name === 'source' || value === undefined || (name === 'elasticity' && value === false),
  );
}
