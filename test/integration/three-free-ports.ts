import { createServer } from "node:net";

/** A port whose two followers are free as well. */
export async function threeFreePorts(): Promise<number> {
  for (;;) {
    const first = await listening(0);
    const others = await Promise.all([listening(first.port + 1), listening(first.port + 2)]);
    for (const { close } of [first, ...others]) await close();
    if (others.every(({ port: at }) => at > 0)) return first.port;
  }
}

function listening(wanted: number): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve({ port: 0, close: async () => undefined }));
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({ port, close: () => new Promise((closed) => server.close(() => closed())) });
    });
  });
}
