// The protocol between the tests and their Node clients, the same as scenario.py.
//
// In: the mode as the argument; on stdin one JSON object {"server":{command,args,env,cwd},"steps":[{id,do,…}]}.
// Out: one JSON line for the connection and for each step: {"id":…} and either "result" (as the client library hands
// it to an application), "error" {code,message,data} or "unsupported" (why the client cannot do this).

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

/** Loads a package from where install.sh put it. */
export const load = createRequire(`${process.env.MCPGEN_INTEROP_DIR}/package.json`);

export const mode = process.argv[2];
export const plan = JSON.parse(readFileSync(0, 'utf8'));
export const info = { name: 'mcpgen-interop', version: '1.0.0' };

export function report(id, facts) {
  console.log(JSON.stringify({ id, ...facts }));
}

/** What an application sees of a failure. */
export function failure(error) {
  return { error: { code: error?.code ?? null, message: String(error?.message ?? error), data: error?.data ?? null } };
}

/** Connects, runs every step of the plan, closes. */
export async function run({ connect, steps, close }) {
  try {
    report('connect', { result: await connect() });
  } catch (error) {
    report('connect', failure(error));
    await close().catch(() => {});
    process.exit(1);
  }
  for (const step of plan.steps) {
    const perform = steps[step.do];
    if (!perform) {
      report(step.id, { unsupported: `this client has no ${step.do}` });
      continue;
    }
    try {
      report(step.id, { result: await perform(step) });
    } catch (error) {
      report(step.id, failure(error));
    }
  }
  const started = performance.now();
  await close();
  report('close', { result: { milliseconds: Math.round(performance.now() - started) } });
}

/** The steps over a `Client` of the TypeScript SDK; both of its generations have these methods. */
export function sdkSteps(client) {
  return {
    'tools/list': () => client.listTools(),
    'tools/call': ({ name, arguments: args }) => client.callTool({ name, arguments: args }),
    'resources/list': () => client.listResources(),
    'resources/templates/list': () => client.listResourceTemplates(),
    'resources/read': ({ uri }) => client.readResource({ uri }),
    'prompts/list': () => client.listPrompts(),
    'prompts/get': ({ name, arguments: args }) => client.getPrompt({ name, arguments: args }),
    'completion/complete': ({ ref, argument }) => client.complete({ ref, argument }),
  };
}
