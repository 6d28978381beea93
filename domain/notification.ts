import { z } from 'zod';

/** What people are told of. */
export const NotificationKind = z.enum([
  'campaign-done',
  'campaign-failed',
  'campaign-cancelled',
  'computer-held',
  'budget-near',
  'budget-over',
  'failure-rate',
  'source-changed',
  'source-failed',
  'test',
]);
export type NotificationKind = z.infer<typeof NotificationKind>;

/** Something that happened. The same key is the same event, however often and by however many workers it is noticed. */
export interface Notification {
  /** For instance `computer/hawk/held/3`. */
  key: string;
  kind: NotificationKind;
  /** One line. */
  subject: string;
  /** What to know and what to do, in a few lines. */
  text: string;
  campaign?: string;
  computer?: string;
  /** ISO instant. */
  occurredAt: string;
}

/** Name of an environment variable of the worker. Secrets are never written into the file. */
const Variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, never the secret itself');

const Common = {
  /** What it is called in messages and in `peierls notify`. */
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,40}$/, 'a name has 1-41 lower-case letters, digits, dashes or underscores'),
  /** What to tell of. Default: everything. */
  events: z
    .array(NotificationKind.exclude(['test']))
    .min(1)
    .optional(),
};

export const WebhookChannel = z
  .strictObject({
    kind: z.literal('webhook'),
    ...Common,
    /** Address to post to, where it is no secret. */
    url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).optional(),
    /** Variable that holds the address: whoever knows a Slack address can post to it. */
    urlEnv: Variable.optional(),
    /** Variable that holds the key of the signature (HMAC-SHA256). Default: none, requests are not signed. */
    secretEnv: Variable.optional(),
    /** `slack`: `{ "text": ... }` as Slack, Mattermost and Rocket.Chat take it; `json`: the event with all its fields. Default slack. */
    format: z.enum(['slack', 'json']).default('slack'),
    /** Seconds for one request. Default 20. */
    timeoutSeconds: z.number().positive().max(45).default(20),
  })
  .refine((it) => (it.url === undefined) !== (it.urlEnv === undefined), 'give either "url" or "urlEnv"');
export type WebhookChannel = z.infer<typeof WebhookChannel>;

export const MailChannel = z
  .strictObject({
    kind: z.literal('mail'),
    ...Common,
    /** Mail server. */
    host: z.string().min(1),
    /** Default: 587 for `starttls`, 465 for `tls`, 25 for `none`. */
    port: z.int().min(1).max(65_535).optional(),
    /** `starttls` and `tls` demand a certificate that is valid for the host; `none` is for a relay on the same machine. Default starttls. */
    security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
    /** Variable that holds the user's name. Default: none, the server takes mail without a login. */
    userEnv: Variable.optional(),
    /** The variable with the password, where there is a user. */
    passwordEnv: Variable.optional(),
    /** Address of the sender. */
    from: z.email('must be a mail address'),
    /** Addresses of those who are told. */
    to: z.array(z.email('must be a mail address')).min(1).max(50),
    /** Seconds until the server must have answered. Default 20. */
    timeoutSeconds: z.number().positive().max(45).default(20),
  })
  .refine((it) => (it.userEnv === undefined) === (it.passwordEnv === undefined), 'give both "userEnv" and "passwordEnv", or neither');
export type MailChannel = z.infer<typeof MailChannel>;

export const NotificationChannel = z.discriminatedUnion('kind', [WebhookChannel, MailChannel]);
export type NotificationChannel = z.infer<typeof NotificationChannel>;

/** `notifications.yaml`. */
export const NotificationsFile = z.strictObject({
  channels: z
    .array(NotificationChannel)
    .min(1, 'name at least one channel')
    .refine((channels) => new Set(channels.map(({ name }) => name)).size === channels.length, 'each channel needs a name of its own'),
  thresholds: z
    .strictObject({
      /** Share of a budget at which it counts as nearly spent. Default 0.8. */
      budget: z.number().gt(0).lt(1).default(0.8),
      /** Share of concluded candidates that failed at which to tell. Default 0.2. */
      failures: z.number().gt(0).max(1).default(0.2),
      /** Concluded candidates before that share means anything. Default 10. */
      leastCandidates: z.int().min(1).default(10),
    })
    .prefault({}),
});
export type NotificationsFile = z.infer<typeof NotificationsFile>;

/** Whether a channel wants to be told. */
export function wants({ events }: NotificationChannel, { kind }: Pick<Notification, 'kind'>): boolean {
  return kind === 'test' || events === undefined || events.includes(kind);
}

/** The delivery of an event: `notification/computer/hawk/held/3`. */
export function notificationWorkflowId(key: string): string {
  return `notification/${key}`;
}
