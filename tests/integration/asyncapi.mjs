// Asks AsyncAPI's own parser about the document at an address, and prints what it says: one finding a line.

import {Parser} from '@asyncapi/parser';

const [, , address] = process.argv;
const text = await (await fetch(address)).text();
const {document, diagnostics} = await new Parser().parse(text);
for (const {severity, code, path, message} of diagnostics) console.log(severity, code, path.join('.'), message);
if (!document) process.exit(1);
console.log(`AsyncAPI ${document.version()}: ${document.messages().all().length} messages`);
