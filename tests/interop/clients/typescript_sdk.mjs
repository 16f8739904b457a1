// @modelcontextprotocol/sdk 1.x, which knows the handshake only. Mode: legacy.

import { info, load, plan, run, sdkSteps } from './scenario.mjs';

const { Client } = load('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = load('@modelcontextprotocol/sdk/client/stdio.js');

const client = new Client(info);
const transport = new StdioClientTransport(plan.server);
let protocolVersion = null;
// The client tells its negotiated revision to the transport and to nobody else.
transport.setProtocolVersion = (version) => {
  protocolVersion = version;
};

await run({
  connect: async () => {
    await client.connect(transport);
    return { serverInfo: client.getServerVersion(), capabilities: client.getServerCapabilities(), protocolVersion };
  },
  steps: sdkSteps(client),
  close: () => client.close(),
});
