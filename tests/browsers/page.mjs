import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

/** An expression for `run` of a browser: waits until the page and its wasm module are loaded. */
export const LOADED =
  "(document.readyState !== 'complete' && await new Promise((go) => addEventListener('load', go)), await ready, true)";

/**
 * Serves a directory, and the wasm module of the directory `pkg` at `/pkg/`. The page is isolated from other origins, as its
 * clock is coarse otherwise. Returns the address, and a function that ends the server.
 */
export async function serve(directory, pkg) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://page").pathname.replace(/\/$/, "/index.html");
    try {
      const body = await readFile(path.startsWith("/pkg/") ? join(pkg, path.slice(5)) : join(directory, path));
      response.writeHead(200, {
        "Content-Type": TYPES[path.split(".").pop()],
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
