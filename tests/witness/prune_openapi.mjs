// Prunes GitHub's API description to the paths that embark uses, so that prism starts in a second.
//
//   node prune_openapi.mjs api.github.com.json pruned.json

import { readFileSync, writeFileSync } from "node:fs";

const PATHS = [
  "/repos/{owner}/{repo}",
  "/repos/{owner}/{repo}/compare/{basehead}",
  "/repos/{owner}/{repo}/commits/{ref}/check-runs",
  "/repos/{owner}/{repo}/commits/{ref}/status",
];

const [source, target] = process.argv.slice(2);
const whole = JSON.parse(readFileSync(source, "utf8"));
const paths = Object.fromEntries(
  PATHS.map((path) => {
    const { get } = whole.paths[path] ?? {};
    if (!get) throw new Error(`the description has no GET ${path}`);
    return [path, { get }];
  }),
);
const pruned = { openapi: whole.openapi, info: whole.info, servers: whole.servers, paths, components: {} };

// The media type that GitHub recommends is not in its description, and prism knows no other name of JSON.
const nameJson = (content) => {
  content["application/vnd.github+json"] ??= content["application/json"];
};

// What is kept refers to components, which refer to others.
const waiting = [paths];
while (waiting.length > 0) {
  const value = waiting.pop();
  if (value === null || typeof value !== "object") continue;
  if (typeof value.$ref === "string") {
    const [, , kind, name] = value.$ref.split("/");
    pruned.components[kind] ??= {};
    if (!(name in pruned.components[kind])) {
      pruned.components[kind][name] = whole.components[kind][name];
      waiting.push(pruned.components[kind][name]);
    }
  }
  if (value["application/json"]) nameJson(value);
  // The pages after the example's are on GitHub itself.
  if (value.content && value.headers) delete value.headers.Link;
  waiting.push(...Object.values(value));
}
writeFileSync(target, JSON.stringify(pruned));
