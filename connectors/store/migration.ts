import type { Db } from 'mongodb';
import { InvalidInput } from '../../domain/failures.js';

interface Migration {
  version: number;
  name: string;
  apply(db: Db): Promise<void>;
}

/** Steps from one layout of the documents to the next, oldest first; each runs once and may be repeated without harm. */
const migrations: readonly Migration[] = [{ version: 1, name: 'first layout', apply: async () => undefined }];

/** Brings the database to the layout of this version. Throws `InvalidInput` when a newer version of peierls has written it. */
export async function migrate(db: Db): Promise<void> {
  const applied = db.collection<{ _id: number; name: string; appliedAt: string }>('migrations');
  const done = new Set((await applied.find().toArray()).map((migration) => migration._id));
  const newest = Math.max(0, ...done);
  const known = migrations.at(-1)?.version ?? 0;
  if (newest > known)
    throw new InvalidInput(`the database has layout ${newest}, this version of peierls knows layouts up to ${known}`, {
      path: 'store',
      value: String(newest),
      remedy: 'Update peierls, or point PEIERLS_HOME or PEIERLS_MONGODB_URI at another database.',
    });
  for (const migration of migrations) {
    if (done.has(migration.version)) continue;
    await migration.apply(db);
    await applied.updateOne(
      { _id: migration.version },
      { $set: { name: migration.name, appliedAt: new Date().toISOString() } },
      { upsert: true },
    );
  }
}
