import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type NextAuthHandler, type ParsedKey, type Prompt } from 'ssh2';
import { PermissionDenied } from '../../../domain/failures.js';
import type { Target } from './target.js';
import { parseBase32, totp } from './totp.js';

export interface Authentication {
  /** Offers each method at most once, and only those that the server still accepts. */
  handler: AuthHandlerMiddleware;
  /** What there is to offer, in order. */
  methods: readonly string[];
  /** What was offered and which questions had no answer, for the message of a refusal. */
  account: () => string;
}

/** Puts a question to a person; `echo` says whether the answer may be seen while it is typed. */
export type AskPerson = (question: { host: string; prompt: string; echo: boolean }) => Promise<string>;

/** Reads keys and secrets. Throws `PermissionDenied` when something that was asked for is missing; nothing has been sent to the server then. */
export async function prepareAuthentication(target: Target, environment: NodeJS.ProcessEnv, ask?: AskPerson): Promise<Authentication> {
  const { user: username, login } = target;
  const secret = (variable: string | undefined): string | undefined => readSecret(variable, target, environment);
  const password = secret(login.passwordEnv);
  const totpSecret = secret(login.totpSecretEnv);
  const unanswered: string[] = [];
  const offered: string[] = [];

  const methods: AnyAuthMethod[] = (await readKeys(target, secret(login.passphraseEnv))).map((key) => ({
    type: 'publickey',
    username,
    key,
  }));
  const agent = login.agent === true ? environment['SSH_AUTH_SOCK'] : login.agent;
  if (typeof agent === 'string' && agent !== '') methods.push({ type: 'agent', username, agent });
  if (password !== undefined) methods.push({ type: 'password', username, password });
  if (ask !== undefined || password !== undefined || totpSecret !== undefined || login.otpCommand !== undefined)
    methods.push({
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        answerAll(prompts).then(finish, (error: unknown) => {
          unanswered.push(error instanceof Error ? error.message : String(error));
          finish([]);
        });
      },
    });

  async function answerAll(prompts: readonly Prompt[]): Promise<string[]> {
    const answers: string[] = [];
    // One after the other: a person answers one question at a time.
    for (const prompt of prompts) answers.push(await answer(prompt));
    return answers;
  }

  async function answer({ prompt, echo }: Prompt): Promise<string> {
    if (isOneTimePrompt(prompt)) {
      if (totpSecret !== undefined) return totp(parseBase32(totpSecret), Date.now() / 1000);
      if (login.otpCommand !== undefined) return askProgram(login.otpCommand, prompt, environment);
    } else if (/password|passwort/i.test(prompt) && password !== undefined) return password;
    else if (login.otpCommand !== undefined) return askProgram(login.otpCommand, prompt, environment);
    if (ask !== undefined) return ask({ host: target.name, prompt, echo: echo === true });
    throw new Error(`the question "${prompt.trim()}" has no answer`);
  }

  async function typePassword(askPerson: AskPerson, next: NextAuthHandler): Promise<void> {
    let typed: string;
    try {
      typed = await askPerson({ host: target.name, prompt: `Password of ${target.name}: `, echo: false });
    } catch (error) {
      unanswered.push(error instanceof Error ? error.message : String(error));
      return (next as unknown as (end: false) => void)(false);
    }
    next({ type: 'password', username, password: typed });
  }

  const remaining = [...methods];
  let askedPassword = password !== undefined;
  return {
    methods: methods.map(({ type }) => type),
    account: () => [`offered ${offered.join(', ') || 'nothing that the server accepts'}`, ...unanswered].join('; '),
    handler: (accepted, _partial, next) => {
      // The first question has no list yet; asking with `none` fetches it without spending an attempt on a key.
      const allowed: readonly string[] | null = accepted;
      if (allowed === null) return next({ type: 'none', username });
      const index = remaining.findIndex(({ type }) => allowed.includes(type === 'agent' ? 'publickey' : type));
      const [method] = index < 0 ? [] : remaining.splice(index, 1);
      if (method === undefined && ask !== undefined && !askedPassword && allowed.includes('password')) {
        askedPassword = true;
        offered.push('password');
        void typePassword(ask, next);
        return;
      }
      if (method === undefined) return (next as unknown as (end: false) => void)(false);
      offered.push(method.type);
      return next(method);
    },
  };
}

/** "Verification code: ", "One-time password (OATH) for `me`: ", "Enter PASSCODE or token" */
export function isOneTimePrompt(prompt: string): boolean {
  return /one[- ]?time|\botp\b|verification|token|\bcode\b|second factor|2fa|authenticator/i.test(prompt);
}

function readSecret(variable: string | undefined, { name }: Target, environment: NodeJS.ProcessEnv): string | undefined {
  if (variable === undefined) return undefined;
  const value = environment[variable];
  if (value === undefined || value === '')
    throw new PermissionDenied(`the login to ${name} needs the environment variable ${variable}, which is not set`, {
      remedy: 'Set it where the workers start.',
    });
  return value;
}

async function readKeys({ name, identityFiles }: Target, passphrase: string | undefined): Promise<ParsedKey[]> {
  const keys: ParsedKey[] = [];
  for (const { path, required } of identityFiles) {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (cause) {
      if (!required) continue;
      throw new PermissionDenied(
        `the identity file ${path} of ${name} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
    const key = ssh2.utils.parseKey(text, passphrase);
    if (key instanceof Error || !key.isPrivateKey()) {
      if (!required) continue;
      throw new PermissionDenied(
        `the identity file ${path} of ${name} cannot be used: ${key instanceof Error ? key.message : 'it is a public key'}`,
        {
          remedy: 'It must be a private key; name the variable that holds its passphrase in passphraseEnv, or use an agent.',
        },
      );
    }
    keys.push(key);
  }
  return keys;
}

const execute = promisify(execFile);

/** First line that the program prints. Two minutes, since it may ask a person or a token. */
async function askProgram([program = '', ...args]: readonly string[], prompt: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await execute(program, args, { env: { ...environment, PEIERLS_PROMPT: prompt }, timeout: 120_000 });
  return stdout.split('\n')[0]?.trim() ?? '';
}
