// Prunes Argo CD's description of its API to what embark and its double use, so that prism starts in a second.
//
//   node prune_swagger.mjs swagger.json pruned.json

import { readFileSync, writeFileSync } from "node:fs";

const OPERATIONS = { "/api/v1/applications/{name}": ["get"] };

const [source, target] = process.argv.slice(2);
const whole = JSON.parse(readFileSync(source, "utf8"));
const paths = {};
for (const [path, methods] of Object.entries(OPERATIONS)) {
  paths[path] = {};
  for (const method of methods) {
    const operation = whole.paths[path]?.[method];
    if (!operation) throw new Error(`the description has no ${method} ${path}`);
    paths[path][method] = operation;
  }
}
const { swagger, info, consumes, produces } = whole;
const pruned = { swagger, info, consumes, produces, paths, definitions: {} };

// What is kept refers to definitions, which refer to others.
const waiting = [paths];
while (waiting.length > 0) {
  const value = waiting.pop();
  if (value === null || typeof value !== "object") continue;
  if (typeof value.$ref === "string") {
    const name = value.$ref.split("/").at(-1);
    if (!(name in pruned.definitions)) {
      const definition = whole.definitions[name];
      // A field of the double's that Argo CD does not describe is a mistake.
      if (definition.properties) definition.additionalProperties ??= false;
      pruned.definitions[name] = definition;
      waiting.push(definition);
    }
  }
  waiting.push(...Object.values(value));
}
writeFileSync(target, JSON.stringify(pruned));
