// @modelcontextprotocol/client 2.x. Modes: legacy, auto, or a revision to pin.

import { info, load, mode, plan, run, sdkSteps } from './scenario.mjs';

const { Client } = load('@modelcontextprotocol/client');
const { StdioClientTransport } = load('@modelcontextprotocol/client/stdio');

const negotiation = mode === 'legacy' || mode === 'auto' ? mode : { pin: mode };
const client = new Client(info, { versionNegotiation: { mode: negotiation } });
const transport = new StdioClientTransport(plan.server);

await run({
  connect: async () => {
    await client.connect(transport);
    return {
      serverInfo: client.getServerVersion(),
      capabilities: client.getServerCapabilities(),
      protocolVersion: client.getNegotiatedProtocolVersion(),
    };
  },
  steps: sdkSteps(client),
  close: () => client.close(),
});
