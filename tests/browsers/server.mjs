import { spawn } from "node:child_process";
import { once } from "node:events";
import { printed } from "./printed.mjs";

/**
 * Starts the test server, on a free port unless another is given. Returns its address without a trailing slash, and a function
 * that ends it.
 */
export async function start(program, port = "0") {
  const child = spawn(program, [port], { stdio: ["pipe", "pipe", "inherit"] });
  const url = await printed(child, /^(ws:\S+?)\/$/);
  const close = () => {
    child.kill();
    return once(child, "exit");
  };
  return { url, close };
}
