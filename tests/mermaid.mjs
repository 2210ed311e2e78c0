// Reads Markdown, and parses each chart in it with the oldest Mermaid that shows our charts and with the newest.
// Usage: node mermaid.mjs NODE_MODULES < FILE. It tells each chart and version on a line of its own.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const modules = resolve(process.argv[2] ?? "");
const require = createRequire(join(modules, "any.js"));
const { JSDOM } = require("jsdom");

// Mermaid asks for a page even where it only parses.
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;

const markdown = readFileSync(0, "utf8");
const charts = [...markdown.matchAll(/^```mermaid\r?\n([^]*?)^```$/gm)].map((found) => found[1]);

let failed = charts.length === 0;
if (failed) {
  console.log("there is no chart");
}
for (const name of ["mermaid-10", "mermaid"]) {
  const folder = join(modules, name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { default: mermaid } = await import(pathToFileURL(join(folder, "dist/mermaid.core.mjs")));
  mermaid.initialize({ startOnLoad: false });
  for (const [index, chart] of charts.entries()) {
    let end = "parsed";
    try {
      await mermaid.parse(chart);
    } catch (error) {
      failed = true;
      end = `failed: ${error.message}\n${chart}`;
    }
    console.log(`chart ${index + 1}, mermaid ${version}: ${end}`);
  }
}
process.exit(failed ? 1 : 0);
