/** Small part of the tar format (POSIX ustar, and GNU's entries for long names): regular files in, regular files out. */
const block = 512;

/** An archive of regular files with mode 0644. Names may have any length. */
export function packTar(files: Readonly<Record<string, string | Uint8Array>>, modified = new Date()): Buffer {
  const parts = Object.entries(files).flatMap(([name, content]) => entry(Buffer.from(name), Buffer.from(content), modified));
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function entry(name: Buffer, content: Buffer, modified: Date): Buffer[] {
  // A name over 100 bytes comes as the content of an entry of type L before its own.
  const long =
    name.length > 100
      ? [header(Buffer.from('././@LongLink'), name.length + 1, 'L', modified), ...padded(Buffer.concat([name, Buffer.alloc(1)]))]
      : [];
  return [...long, header(name.subarray(0, 100), content.length, '0', modified), ...padded(content)];
}

function padded(content: Buffer): Buffer[] {
  const rest = content.length % block;
  return rest === 0 ? [content] : [content, Buffer.alloc(block - rest)];
}

/** Fields by offset: name 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156, magic 257. Numbers are octal text. */
function header(name: Buffer, size: number, type: '0' | 'L', modified: Date): Buffer {
  const head = Buffer.alloc(block);
  name.copy(head, 0);
  head.write('0000644\0', 100);
  head.write('0000000\0', 108);
  head.write('0000000\0', 116);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write(
    `${Math.floor(modified.getTime() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  );
  head.write('        ', 148);
  head.write(type, 156);
  head.write('ustar  \0', 257);
  const checksum = head.reduce((sum, byte) => sum + byte, 0);
  head.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

export type UnpackedTar = { complete: true; files: Map<string, Buffer> } | { complete: false; problem: string };

/** Reads the regular files of an archive. Says so when the archive is damaged or cut short, that is, lacks its closing block. */
export function unpackTar(archive: Buffer): UnpackedTar {
  const files = new Map<string, Buffer>();
  let longName: string | undefined;
  for (let offset = 0; offset + block <= archive.length;) {
    const head = archive.subarray(offset, offset + block);
    if (head.every((byte) => byte === 0)) return { complete: true, files };
    if (!checksumHolds(head)) return { complete: false, problem: `the header at ${offset} is damaged` };
    const size = number(head, 124, 12);
    const content = archive.subarray(offset + block, offset + block + size);
    if (content.length < size) return { complete: false, problem: `the archive ends inside of ${text(head, 0, 100)}` };
    const type = String.fromCharCode(head[156] ?? 0);
    if (type === 'L') longName = content.toString('utf8').replace(/\0+$/, '');
    else if (type === 'x') longName = paxPath(content) ?? longName;
    else {
      const prefix = text(head, 257, 6) === 'ustar' ? text(head, 345, 155) : '';
      const name = longName ?? (prefix === '' ? text(head, 0, 100) : `${prefix}/${text(head, 0, 100)}`);
      if (type === '0' || type === '\0') files.set(name, content);
      longName = undefined;
    }
    offset += block + Math.ceil(size / block) * block;
  }
  return { complete: false, problem: 'the archive has no end' };
}

function checksumHolds(head: Buffer): boolean {
  const sum = head.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return sum === number(head, 148, 8);
}

function text(head: Buffer, offset: number, length: number): string {
  const field = head.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** Octal text, or GNU's binary form for sizes of 8 GB and more (first bit set). */
function number(head: Buffer, offset: number, length: number): number {
  if (((head[offset] ?? 0) & 0x80) !== 0) return head.readUIntBE(offset + length - 6, 6);
  return Number.parseInt(text(head, offset, length).trim() || '0', 8);
}

/** "30 path=a/very/long/name\n" among the records of an extended header. */
function paxPath(content: Buffer): string | undefined {
  return /^\d+ path=(.*)$/m.exec(content.toString('utf8'))?.[1];
}
