import { spawn } from "node:child_process";
import { printed } from "./printed.mjs";

/**
 * Starts the test server, on a free port unless another is given. Returns its address without a trailing slash, and a function
 * that ends it.
 */
export async function start(program, port = "0") {
  const child = spawn(program, [port], { stdio: ["pipe", "pipe", "inherit"] });
  const url = await printed(child, /^(ws:\S+?)\/$/);
  return { url, close: () => child.kill() };
}
