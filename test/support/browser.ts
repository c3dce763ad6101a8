import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

/** The Chromium of this machine, if there is one. */
export function findBrowser(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** What a page did besides showing itself. */
export interface Watched {
  /** Addresses it asked for. */
  readonly requests: readonly string[];
  /** What it wrote to the console as an error, exceptions, and what its policy refused. */
  readonly errors: readonly string[];
}

export interface Page extends Watched {
  /** The value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Asks until the expression is true. */
  until(expression: string): Promise<void>;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Opens an address in a browser of its own, headless, spoken to by its own protocol. */
export async function openPage(browser: string, url: string): Promise<Page> {
  const home = mkdtempSync(join(tmpdir(), 'rowhouse-browser-'));
  const child = spawn(
    browser,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--window-size=1280,1600',
      `--user-data-dir=${home}`,
      '--remote-debugging-port=0',
      'about:blank',
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await waitFor(() => {
    const file = join(home, 'DevToolsActivePort');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : undefined;
  });
  const pages = await waitFor(async () => {
    const reply = await fetch(`http://127.0.0.1:${port}/json`);
    const targets = (await reply.json()) as { type: string; webSocketDebuggerUrl: string }[];
    return targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
  });
  const socket = new WebSocket(pages);
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const waiting = new Map<number, (message: Message) => void>();
  const requests: string[] = [];
  const errors: string[] = [];
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    else note(message, requests, errors);
  });
  let last = 0;
  const send = (method: string, params: object = {}): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, ({ result = {}, error }) =>
        error ? reject(new Error(error.message)) : resolve(result),
      );
      socket.send(JSON.stringify({ id, method, params }));
    });
  for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await send(`${domain}.enable`);
  await send('Page.navigate', { url });
  const evaluate = async <T>(expression: string): Promise<T> => {
    const reply = await send('Runtime.evaluate', { expression, returnByValue: true });
    return (reply['result'] as { value: T }).value;
  };
  return {
    requests,
    errors,
    evaluate,
    until: async (expression) => {
      const holds = async () => ((await evaluate(expression)) === true ? true : undefined);
      await waitFor(holds, expression);
    },
    close: async () => {
      socket.close();
      child.kill();
      await ended;
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function note({ method, params = {} }: Message, requests: string[], errors: string[]): void {
  switch (method) {
    case 'Network.requestWillBeSent':
      requests.push((params['request'] as { url: string }).url);
      break;
    case 'Runtime.exceptionThrown':
      errors.push(JSON.stringify(params['exceptionDetails']));
      break;
    case 'Runtime.consoleAPICalled':
      if (params['type'] === 'error') errors.push(JSON.stringify(params['args']));
      break;
    case 'Log.entryAdded': {
      const { level, text } = params['entry'] as { level: string; text: string };
      if (level === 'error') errors.push(text);
      break;
    }
    default:
  }
}

/** How long a page may take, in milliseconds: for what never comes, not for what is slow. */
const patience = 60_000;

async function waitFor<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  what = 'the browser',
): Promise<T> {
  for (const began = Date.now(); ; ) {
    const found = await Promise.resolve()
      .then(ask)
      .catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() - began > patience) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
