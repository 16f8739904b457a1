// @modelcontextprotocol/client 2.x. Modes: legacy, auto, or a revision to pin.

import { info, load, mode, plan, run, sdkSteps } from './scenario.mjs';

const { Client, SSEClientTransport, StreamableHTTPClientTransport } = load('@modelcontextprotocol/client');
const { StdioClientTransport } = load('@modelcontextprotocol/client/stdio');

const negotiation = mode === 'legacy' || mode === 'auto' ? mode : { pin: mode };
const client = new Client(info, {
  versionNegotiation: { mode: negotiation },
  capabilities: { elicitation: { form: {} } },
});
const { transport: kind, url } = plan.server;
const transport =
  kind === 'http'
    ? new StreamableHTTPClientTransport(new URL(url))
    : kind === 'sse'
      ? new SSEClientTransport(new URL(url))
      : new StdioClientTransport(plan.server);

const person = {};
client.setRequestHandler('elicitation/create', async ({ params }) => {
  person.asked.push(params.message);
  return { action: 'accept', content: person.content };
});
const heard = {};
client.setNotificationHandler('notifications/resources/updated', ({ params }) => heard.update?.(params.uri));

async function watch(uri) {
  if (client.getNegotiatedProtocolVersion() === '2026-07-28') {
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    return () => subscription.close();
  }
  await client.subscribeResource({ uri });
  return () => client.unsubscribeResource({ uri });
}

await run({
  connect: async () => {
    await client.connect(transport);
    return {
      serverInfo: client.getServerVersion(),
      capabilities: client.getServerCapabilities(),
      protocolVersion: client.getNegotiatedProtocolVersion(),
    };
  },
  steps: sdkSteps(client, { call: (params, options) => client.callTool(params, options), person, heard, watch }),
  close: () => client.close(),
});
