// @modelcontextprotocol/sdk 1.x, which knows the handshake only. Mode: legacy.

import { info, load, plan, run, sdkSteps } from './scenario.mjs';

const { Client } = load('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = load('@modelcontextprotocol/sdk/client/stdio.js');
const { StreamableHTTPClientTransport } = load('@modelcontextprotocol/sdk/client/streamableHttp.js');
const { SSEClientTransport } = load('@modelcontextprotocol/sdk/client/sse.js');
const { ElicitRequestSchema, ResourceUpdatedNotificationSchema } = load('@modelcontextprotocol/sdk/types.js');

const client = new Client(info, { capabilities: { elicitation: { form: {} } } });
const { transport: kind, url } = plan.server;
const transport =
  kind === 'http'
    ? new StreamableHTTPClientTransport(new URL(url))
    : kind === 'sse'
      ? new SSEClientTransport(new URL(url))
      : new StdioClientTransport(plan.server);
let protocolVersion = null;
// The client tells its negotiated revision to the transport and to nobody else.
const told = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (version) => {
  protocolVersion = version;
  told?.(version);
};

const person = {};
client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
  person.asked.push(params.message);
  return { action: 'accept', content: person.content };
});
const heard = {};
client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => heard.update?.(params.uri));

async function watch(uri) {
  await client.subscribeResource({ uri });
  return () => client.unsubscribeResource({ uri });
}

await run({
  connect: async () => {
    await client.connect(transport);
    return { serverInfo: client.getServerVersion(), capabilities: client.getServerCapabilities(), protocolVersion };
  },
  steps: sdkSteps(client, {
    call: (params, options) => client.callTool(params, undefined, options),
    person,
    heard,
    watch,
  }),
  close: () => client.close(),
});
