import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { indexFiles, versionOfFile } from "../../../../src/tools/python/index.ts";
import { codes, ok } from "../permit.ts";

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  running.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/simple/`;
}

const answering = (status: number, type: string, body: string) =>
  serve((_, answer) => answer.writeHead(status, { "content-type": type }).end(body));

describe("indexFiles", () => {
  test("reads the JSON API, asking for the normalised name", async () => {
    let asked: string | undefined;
    const index = await serve((request, answer) => {
      asked = request.url;
      answer.writeHead(200, { "content-type": "application/vnd.pypi.simple.v1+json" });
      answer.end(
        JSON.stringify({
          files: [
            {
              filename: "x-1.0.tar.gz",
              url: "../../f/x-1.0.tar.gz",
              hashes: { sha256: "A".repeat(64) },
              yanked: "bad",
            },
            { filename: "x-1.1.tar.gz", url: "/f/x-1.1.tar.gz", hashes: {} },
            { nonsense: true },
          ],
        }),
      );
    });
    const files = ok(await indexFiles("My_Pack.age", { index }));
    expect(asked).toBe("/simple/my-pack-age/");
    expect(files.map(({ filename, sha256, yanked }) => [filename, sha256, yanked])).toEqual([
      ["x-1.0.tar.gz", "a".repeat(64), true],
      ["x-1.1.tar.gz", undefined, false],
    ]);
    expect(files[0]?.url).toMatch(/\/f\/x-1\.0\.tar\.gz$/);
  });

  test("reads HTML where there is no JSON", async () => {
    const page = `<html><body><a href='../f/x-1.0.whl#sha256=${"b".repeat(64)}' data-yanked>x&amp;-1.0.whl</a><a>no</a></body></html>`;
    const [file, ...rest] = ok(await indexFiles("x", { index: await answering(200, "text/html", page) }));
    expect(rest).toEqual([]);
    expect(file).toMatchObject({ filename: "x&-1.0.whl", sha256: "b".repeat(64), yanked: true });
  });

  test("an unknown project has no files; refusals, failures and nonsense are told apart", async () => {
    expect(ok(await indexFiles("x", { index: await answering(404, "text/html", "") }))).toEqual([]);
    expect(codes(await indexFiles("x", { index: await answering(401, "text/html", "") }))).toEqual([
      "python.index_not_authorised",
    ]);
    expect(codes(await indexFiles("x", { index: await answering(502, "text/html", "") }))).toEqual([
      "python.index_failed",
    ]);
    expect(codes(await indexFiles("x", { index: await answering(200, "application/json", "{") }))).toEqual([
      "python.index_nonsense",
    ]);
  });

  test("credentials in the address go into a header and into no message", async () => {
    let seen: string | undefined;
    const index = await serve((request, answer) => {
      seen = request.headers.authorization;
      answer.writeHead(403).end();
    });
    const failed = await indexFiles("x", { index: index.replace("http://", "http://ann:p%40ss@") });
    expect(seen).toBe(`Basic ${Buffer.from("ann:p@ss").toString("base64")}`);
    expect(JSON.stringify(failed)).not.toMatch(/p%40ss|p@ss|ann/);
  });
});

test("versionOfFile knows wheels, build tags and sdists of this project only", () => {
  expect(versionOfFile("acme_refunds-1.0.0-py3-none-any.whl", "acme-refunds")).toBe("1.0.0");
  expect(versionOfFile("acme_refunds-1.0.0-1-py3-none-any.whl", "acme.refunds")).toBe("1.0.0");
  expect(versionOfFile("acme-refunds-2.0rc1.tar.gz", "acme_refunds")).toBe("2.0rc1");
  expect(versionOfFile("acme_refunds_extra-1.0.0.tar.gz", "acme_refunds")).toBeUndefined();
});
