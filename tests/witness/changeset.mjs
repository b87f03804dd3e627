// Writes a changeset as changeset add does, and reads another one.
//
//   node changeset.mjs FOLDER
//
// FOLDER is where @changesets/cli is installed. The standard input is {"releases", "summary", "text"} in JSON; printed is
// {"written", "read"}: the file of releases and summary, and what text says.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as read } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const require = createRequire(join(process.argv[2], "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { writeChangeset } = await load("@changesets/write");
const { parseChangesetFile } = await load("@changesets/parse");

const { releases, summary, text } = JSON.parse(await read(process.stdin));
const folder = await mkdtemp(join(tmpdir(), "changeset-"));
try {
    const id = await writeChangeset({ releases, summary }, folder, { format: false });
    const written = await readFile(join(folder, ".changeset", `${id}.md`), "utf8");
    console.log(JSON.stringify({ written, read: parseChangesetFile(text) }));
} finally {
    await rm(folder, { recursive: true });
}
