import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { campaignPage } from './page/campaign.js';
import { campaignsPage } from './page/campaigns.js';
import { candidatePage } from './page/candidate.js';
import { computersPage } from './page/computers.js';
import { page, type PageContext } from './page/layout.js';
import { icon, live } from './page/live.js';
import { passesQuery, rankingQuery } from './page/ranking-query.js';
import { sourcesPage } from './page/sources.js';
import { style } from './page/style.js';
import type { DashboardReader } from './read.js';
import { escaped, tag } from './report/markup.js';

interface Answer {
  status: number;
  type: string;
  body: string;
}

export interface Dashboard {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the dashboard on loopback. It needs no secret because it changes nothing and is reached from this machine only: requests that name another
 * host are refused, so that no web page can read it through a name that it made point here.
 */
export async function serveDashboard(reader: DashboardReader, context: PageContext, port = 0): Promise<Dashboard> {
  const server = createServer((request, response) => {
    void respond(server, reader, context, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(
  server: Server,
  reader: DashboardReader,
  context: PageContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body } = await answer(server, reader, context, request).catch((error: unknown) => unavailable(error, context));
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-security-policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': type === 'text/html' || type === 'application/json' ? 'no-store' : 'max-age=60',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(server: Server, reader: DashboardReader, context: PageContext, request: IncomingMessage): Promise<Answer> {
  const port = portOf(server);
  if (![`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(request.headers.host ?? ''))
    return { status: 403, type: 'text/plain', body: `This dashboard answers at http://127.0.0.1:${port} only.\n` };
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, type: 'text/plain', body: 'The dashboard only reads; commands are given with peierls.\n' };
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const parts = pathParts(url.pathname);
  if (parts === undefined) return { status: 400, type: 'text/plain', body: 'The address is not well formed.\n' };
  const json = parts[0] === 'api';
  const [place = '', ...rest] = json ? parts.slice(1) : parts;
  const name = rest.join('/');
  const query = rankingQuery(url.searchParams);
  const shown = <Value>(
    value: Value | undefined,
    write: (value: Value) => string,
    data: (value: Value) => unknown = (it) => it,
  ): Answer => {
    if (value === undefined) return notFound(json, context);
    return json ? { status: 200, type: 'application/json', body: `${JSON.stringify(data(value))}\n` } : html(200, write(value));
  };
  switch (place) {
    case '':
    case 'campaigns':
      if (name === '') return shown(await reader.campaigns(), (it) => campaignsPage(it, context));
      return shown(
        await reader.campaign(name),
        (it) => campaignPage(it, query, context),
        ({ progress, rows, others }) => ({ ...progress, ranking: rows.filter((row) => passesQuery(row, query)), others }),
      );
    case 'candidates':
      return shown(await reader.candidate(name), (it) => candidatePage(it, context));
    case 'computers':
      return shown(await reader.computers(), (it) => computersPage(it, context));
    case 'sources':
      return shown(await reader.sources(), (it) => sourcesPage(it, context));
    case 'style.css':
      return { status: 200, type: 'text/css', body: style };
    case 'live.js':
      return { status: 200, type: 'text/javascript', body: live };
    case 'icon.svg':
      return { status: 200, type: 'image/svg+xml', body: icon };
    default:
      return notFound(json, context);
  }
}

/** Parts of a path; undefined where its percent signs mean nothing. */
function pathParts(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
  } catch {
    // A malformed escape, such as %zz.
    return undefined;
  }
}

function notFound(json: boolean, context: PageContext): Answer {
  if (json) return { status: 404, type: 'application/json', body: '{"error":"there is nothing of that name"}\n' };
  return html(
    404,
    page('Not found', '', context, tag('h1', {}, 'Nothing of that name'), tag('p', {}, tag('a', { href: '/' }, 'All campaigns'))),
  );
}

/** The store or the server is away: the page says so and the script asks again. */
function unavailable(error: unknown, context: PageContext): Answer {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${new Date().toISOString()} warn dashboard: ${reason}\n`);
  return html(503, page('Not available', '', context, tag('h1', {}, 'The store does not answer'), tag('p', {}, escaped(reason))));
}

function html(status: number, body: string): Answer {
  return { status, type: 'text/html', body };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
