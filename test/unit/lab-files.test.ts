import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { parse } from 'yaml';

const lab = new URL('../../deploy/lab/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, lab), 'utf8');
interface Service {
  environment: Record<string, string>;
  ports: string[];
  volumes: string[];
  build: { dockerfile: string };
}

/** What can be known of the lab's container without a container engine. */
describe('the container of the lab', () => {
  const { services } = parse(read('compose.yaml')) as { services: Record<string, Service> };
  const { lab: service } = services;

  it('publishes the ports of the two SSH servers, on loopback', ({ expect }) => {
    const ports = [...read('lab.sh').matchAll(/^(?:SSH|JUMP)_PORT=\$\{PEIERLS_LAB_\w+:-(\d+)\}$/gm)].map(([, port]) => port);
    expect(ports).toHaveLength(2);
    expect(service?.ports).toEqual(ports.map((port) => `127.0.0.1:${port}:${port}`));
  });

  it('has its state at one path inside and outside', ({ expect }) => {
    const path = service?.environment['PEIERLS_LAB_STATE'];
    expect(service?.volumes).toEqual([`${path}:${path}`]);
  });

  it('sets variables that lab.sh knows', ({ expect }) => {
    for (const name of Object.keys(service?.environment ?? {})) expect(read('lab.sh')).toContain(`\${${name}:-`);
  });

  it('copies files that are there, and starts what they start', ({ expect }) => {
    const dockerfile = read(service?.build.dockerfile ?? '');
    const copied = /^COPY (.+) \/opt\/lab\/$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];
    expect(copied).toEqual(['lab.sh', 'configuration.sh']);
    for (const name of copied) execFileSync('bash', ['-n', fileURLToPath(new URL(name, lab))]);
    // The command of the container, up to the point where it waits.
    const [, , script = ''] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
    execFileSync('bash', ['-n', '-c', script]);
    expect(script).toContain('/opt/lab/lab.sh up');
  });
});
