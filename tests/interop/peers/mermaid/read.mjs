// What Mermaid reads of a picture on standard input: boxes with their texts, and arrows. The first argument is the folder of modules.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const modules = process.argv[2];
const { JSDOM } = createRequire(`${modules}/`)('jsdom');
// It cleans texts with the means of a browser.
globalThis.window = new JSDOM('').window;
globalThis.document = window.document;
const { default: mermaid } = await import(pathToFileURL(`${modules}/mermaid/dist/mermaid.core.mjs`));

mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });
const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(readFileSync(0, 'utf8'));
// Until it draws, Mermaid keeps `#35;` in a form of its own.
const boxes = [...db.getVertices().values()].map(({ id, text, link }) => [id, text.replace(/ﬂ°°(\d+)¶ß/g, (_, number) => String.fromCodePoint(number)), link ?? null]);
console.log(JSON.stringify({ type, boxes, arrows: db.getEdges().map(({ start, end }) => [start, end]) }));
