// Starts emulate's GitHub on a loopback port of its own choice.
//
//   node --import until_the_tests_end.mjs emulate.mjs FOLDER SEED
//
// FOLDER is where emulate is installed, SEED what it begins with, as JSON.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, seed] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(join(folder, "node_modules/emulate/dist/api.js")));
const emulator = await createEmulator({ service: "github", port: 0, hostname: "127.0.0.1", seed: JSON.parse(seed) });
console.log(`listening on http://127.0.0.1:${new URL(emulator.url).port}`);
