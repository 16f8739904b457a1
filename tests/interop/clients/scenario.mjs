// The protocol between the tests and their Node clients, the same as scenario.py.
//
// In: the mode as the argument; on stdin one JSON object {"server":…,"steps":[{id,do,…}]}. The server is
// {command,args,env,cwd}, to be started, or {transport,url}, where `transport` is "http" (Streamable HTTP) or "sse".
// Out: one JSON line for the connection and for each step: {"id":…} and either "result" (as the client library hands
// it to an application), "error" {code,message,data} or "unsupported" (why the client cannot do this).
//
// Beside the methods of the protocol, whose parameters stand in the step, there are
//   progress   {name,arguments}          a call whose progress is reported: the result has `progress`, the numbers
//   elicit     {name,arguments,content}  a call that asks the person: `content` is accepted; the result has `asked`,
//                                        the messages of the questions
//   subscribe  {uri,trigger}             watches a resource, calls the tool `trigger`, waits until the change is
//                                        reported and ends the subscription: {"updated":[uri]}
//   cancel     {name,arguments}          a call that is given up as soon as it reports progress: an error, or
//                                        {"cancelled":true} where the library raises none

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
    if (typeof perform === 'string') {
      report(step.id, { unsupported: perform });
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

/** Rejects where nothing happens in time, so that a step fails alone. */
export function within(what, promise, milliseconds = 15000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * The steps over a `Client` of the TypeScript SDK; both of its generations have these methods.
 *
 * `call(params, options)` calls a tool. `person.content` is what the handler of elicitations accepts, `person.asked`
 * what it was asked. `watch(uri)` subscribes and gives the function that ends that; `heard.update` is called with each
 * update.
 */
export function sdkSteps(client, { call, person, heard, watch }) {
  return {
    'tools/list': () => client.listTools(),
    'tools/call': ({ name, arguments: args }) => call({ name, arguments: args }),
    'resources/list': () => client.listResources(),
    'resources/templates/list': () => client.listResourceTemplates(),
    'resources/read': ({ uri }) => client.readResource({ uri }),
    'prompts/list': () => client.listPrompts(),
    'prompts/get': ({ name, arguments: args }) => client.getPrompt({ name, arguments: args }),
    'completion/complete': ({ ref, argument }) => client.complete({ ref, argument }),
    progress: async ({ name, arguments: args }) => {
      const progress = [];
      const result = await call({ name, arguments: args }, { onprogress: (at) => progress.push(at.progress) });
      return { ...result, progress };
    },
    elicit: async ({ name, arguments: args, content }) => {
      Object.assign(person, { content, asked: [] });
      return { ...(await call({ name, arguments: args })), asked: person.asked };
    },
    subscribe: async ({ uri, trigger }) => {
      const update = new Promise((resolve) => (heard.update = resolve));
      const end = await watch(uri);
      await call({ name: trigger, arguments: {} });
      const updated = [await within('the update', update)];
      await end();
      return { updated };
    },
    cancel: async ({ name, arguments: args }) => {
      const controller = new AbortController();
      const options = { signal: controller.signal, onprogress: () => controller.abort('no longer needed') };
      return within('the end of the call', call({ name, arguments: args }, options));
    },
  };
}
