// The tool of the bench on the TypeScript SDK 1.x: `stdio`, or `http ADDRESS`, stateless with JSON answers.
const { createRequire } = require('node:module');
const http = require('node:http');

const load = createRequire(`${process.env.BENCH_PEERS}/package.json`);
const { McpServer } = load('@modelcontextprotocol/sdk/server/mcp.js');
const { z } = load('zod');

function server() {
  const server = new McpServer({ name: 'bench', version: '1.0.0' });
  const unit = z.enum(['celsius', 'fahrenheit']);
  server.registerTool(
    'get_temperature',
    {
      description: 'Get the current temperature in one city.',
      inputSchema: { city: z.string().min(2), unit: unit.default('celsius') },
      outputSchema: { city: z.string(), temperature: z.number(), unit },
    },
    async ({ city, unit }) => {
      const answer = { city, temperature: unit === 'celsius' ? 21.5 : 70.7, unit };
      return { content: [{ type: 'text', text: JSON.stringify(answer) }], structuredContent: answer };
    },
  );
  return server;
}

const [transport, address] = process.argv.slice(2);
if (transport === 'stdio') {
  const { StdioServerTransport } = load('@modelcontextprotocol/sdk/server/stdio.js');
  server().connect(new StdioServerTransport());
} else {
  const { StreamableHTTPServerTransport } = load('@modelcontextprotocol/sdk/server/streamableHttp.js');
  const [host, port] = address.split(':');
  // As the SDK's documentation has it for servers without sessions: a server for each request.
  const listener = http.createServer(async (request, response) => {
    const one = server();
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on('close', () => {
      transport.close();
      one.close();
    });
    await one.connect(transport);
    await transport.handleRequest(request, response);
  });
  // The connections wait while others are measured.
  listener.keepAliveTimeout = 600_000;
  listener.listen(Number(port), host);
}
