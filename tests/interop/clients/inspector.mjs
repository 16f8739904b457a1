// The command line of the MCP Inspector. Modes: legacy, auto, modern. One process for each step: it connects, does one
// thing and ends. The server stands in a configuration file, in the form that Claude Desktop reads.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { load, mode, plan, run } from './scenario.mjs';

const manifest = load.resolve('@modelcontextprotocol/inspector/package.json');
const launcher = join(dirname(manifest), load(manifest).bin['mcp-inspector']);

// A home of its own: the Inspector keeps state in the person's.
const home = mkdtempSync(join(tmpdir(), 'mcpgen-inspector-'));
const config = join(home, 'servers.json');
const { transport, url, ...launch } = plan.server;
const subject = transport ? { type: transport === 'http' ? 'streamable-http' : 'sse', url } : launch;
writeFileSync(config, JSON.stringify({ mcpServers: { subject } }));

function inspect(options) {
  const argv = [launcher, '--cli', '--config', config, '--server', 'subject', '--protocol-era', mode];
  const child = spawn(process.execPath, [...argv, ...options, '--format', 'json', '-q'], {
    env: { ...process.env, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      // A tool result under isError ends with a code of its own and is printed all the same.
      if (out.trim() !== '') return resolve(JSON.parse(out).result);
      let envelope = { message: `exit code ${code}: ${err.trim()}` };
      try {
        const parsed = JSON.parse(err.trim().split('\n').at(-1));
        envelope = parsed.error ?? parsed;
      } catch {
        // No envelope: the text says what happened.
      }
      reject(Object.assign(new Error(), envelope));
    });
  });
}

const pairs = (values) => Object.entries(values ?? {}).map(([key, value]) => `${key}=${value}`);

await run({
  connect: () => inspect(['--method', 'initialize']),
  steps: {
    'tools/list': () => inspect(['--method', 'tools/list']),
    'tools/call': ({ name, arguments: values }) =>
      inspect(['--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(values ?? {})]),
    'resources/list': () => inspect(['--method', 'resources/list']),
    'resources/templates/list': () => inspect(['--method', 'resources/templates/list']),
    'resources/read': ({ uri }) => inspect(['--method', 'resources/read', '--uri', uri]),
    'prompts/list': () => inspect(['--method', 'prompts/list']),
    'prompts/get': ({ name, arguments: values }) =>
      inspect(['--method', 'prompts/get', '--prompt-name', name, '--prompt-args', ...pairs(values)]),
    // What `mcp-inspector --cli` has no method or flag for, as of 2.12.0.
    'completion/complete': 'its command line has no method for completions',
    progress: 'its command line asks for no progress and shows none',
    elicit: 'its command line does not declare that it can be asked',
    subscribe: 'its command line has no method that stays to listen',
  },
  close: async () => rmSync(home, { recursive: true, force: true }),
});
