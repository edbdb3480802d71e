import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a request: an answer of our own, or the real one is taken and its reply is lost on the way. */
export type Fault = { readonly status: number; readonly retryAfter?: number } | "lose the reply" | "none";

export interface FaultProxy {
  readonly url: string;
  /** Faults of the next uploads, one each; without any they go through. */
  readonly faults: Fault[];
  /** Uploads that the registry behind has taken. */
  readonly taken: () => number;
  stop(): Promise<void>;
}

/** Stands before a real registry; its own address takes the place of the registry's in all that is answered as text. */
export async function startFaultProxy(
  behind: string,
  isUpload: (request: { method: string; path: string }) => boolean,
): Promise<FaultProxy> {
  const faults: Fault[] = [];
  let taken = 0;
  let url = "";
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const { method = "GET", url: path = "/" } = request;
    const upload = isUpload({ method, path });
    const fault = upload ? faults.shift() : undefined;
    if (typeof fault === "object") {
      const after = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
      response.writeHead(fault.status, { "content-type": "application/json", ...after }).end('{"error":"not now"}');
      return;
    }
    const answer = await fetch(`${behind}${path}`, {
      method,
      headers: headersOf(request, new URL(url).host),
      redirect: "manual",
      ...(body.length > 0 ? { body } : {}),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (upload && answer.ok) taken += 1;
    if (fault === "lose the reply") {
      request.socket.destroy();
      return;
    }
    const headers = Object.fromEntries(
      [...answer.headers]
        .filter(([name]) => !["content-length", "content-encoding", "transfer-encoding", "connection"].includes(name))
        .map(([name, value]) => [name, value.replaceAll(behind, url)]),
    );
    const text = /json|html/.test(answer.headers.get("content-type") ?? "");
    const told = text ? Buffer.from(bytes.toString().replaceAll(behind, url)) : bytes;
    // cargo-http-registry answers 405 for a file that it does not have.
    const status = method === "GET" && answer.status === 405 ? 404 : answer.status;
    response.writeHead(
      status,
      method === "HEAD" ? { ...headers, "content-length": answer.headers.get("content-length") ?? "0" } : headers,
    );
    response.end(told);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    faults,
    taken: () => taken,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function headersOf(request: IncomingMessage, host: string): Record<string, string> {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  for (const name of ["content-length", "connection", "expect", "http2-settings", "transfer-encoding", "upgrade"])
    delete headers[name];
  return { ...headers, host };
}
