import { createInterface } from "node:readline";

/** Waits until a program prints a line that matches, and returns the first group of the match. */
export function printed(child, pattern) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = pattern.exec(line);
      if (match) resolve(match[1]);
    });
  });
}
