import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Binary, GridFSBucket } from 'mongodb';
import { StoreUnavailable } from '../../domain/failures.js';
import { insertNew, type Store } from './store.js';

const compress = promisify(gzip);
const expand = promisify(gunzip);

/** Above this, compressed, an output goes to GridFS; below, one document is far faster on every server we use. */
const inlineLimitBytes = 4 << 20;

/** Keeps raw output files, compressed, under the hash of their content. Repeating it changes nothing. */
export async function keepOutputs(store: Store, files: Record<string, string>): Promise<string> {
  const content = Buffer.from(JSON.stringify(files));
  const id = createHash('sha256').update(content).digest('hex');
  const packed = await compress(content);
  const inline = packed.length <= inlineLimitBytes;
  if (!inline) {
    const bucket = new GridFSBucket(store.db, { bucketName: 'rawOutputs' });
    if ((await bucket.find({ filename: id }).limit(1).toArray()).length === 0) {
      await new Promise<void>((resolve, reject) => {
        bucket
          .openUploadStream(id)
          .on('finish', () => resolve())
          .on('error', reject)
          .end(packed);
      });
    }
  }
  await insertNew(store.collection('outputs'), [{ _id: id, bytes: content.length, ...(inline && { gzip: new Binary(packed) }) }]);
  return id;
}

/** The raw output files kept under that id. Throws `StoreUnavailable` when they are gone. */
export async function readOutputs(store: Store, id: string): Promise<Record<string, string>> {
  const document = await store.collection('outputs').findOne({ _id: id });
  if (document === null) throw new StoreUnavailable(`raw outputs ${id} are not in the store`);
  const packed = document.gzip === undefined ? await download(store, id) : Buffer.from(document.gzip.buffer);
  return JSON.parse((await expand(packed)).toString('utf8')) as Record<string, string>;
}

async function download(store: Store, id: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const stream = new GridFSBucket(store.db, { bucketName: 'rawOutputs' }).openDownloadStreamByName(id);
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
