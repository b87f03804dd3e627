// Prunes GitHub's API description to what embark and its double use, so that prism starts in a second.
//
//   node prune_openapi.mjs api.github.com.json pruned.json

import { readFileSync, writeFileSync } from "node:fs";

const OPERATIONS = {
  "/app/installations/{installation_id}/access_tokens": ["post"],
  "/repos/{owner}/{repo}": ["get"],
  "/repos/{owner}/{repo}/branches/{branch}": ["get"],
  "/repos/{owner}/{repo}/commits/{commit_sha}/pulls": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
  "/repos/{owner}/{repo}/commits/{ref}/status": ["get"],
  "/repos/{owner}/{repo}/compare/{basehead}": ["get"],
  "/repos/{owner}/{repo}/deployments": ["get", "post"],
  "/repos/{owner}/{repo}/deployments/{deployment_id}": ["get"],
  "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ["get", "post"],
  "/repos/{owner}/{repo}/environments/{environment_name}": ["get"],
  "/repos/{owner}/{repo}/git/blobs": ["post"],
  "/repos/{owner}/{repo}/git/blobs/{file_sha}": ["get"],
  "/repos/{owner}/{repo}/git/commits": ["post"],
  "/repos/{owner}/{repo}/git/commits/{commit_sha}": ["get"],
  "/repos/{owner}/{repo}/git/ref/{ref}": ["get"],
  "/repos/{owner}/{repo}/git/refs": ["post"],
  "/repos/{owner}/{repo}/git/refs/{ref}": ["delete", "patch"],
  "/repos/{owner}/{repo}/git/tags/{tag_sha}": ["get"],
  "/repos/{owner}/{repo}/git/trees": ["post"],
  "/repos/{owner}/{repo}/git/trees/{tree_sha}": ["get"],
  "/repos/{owner}/{repo}/installation": ["get"],
  "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["get", "patch"],
  "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
  "/repos/{owner}/{repo}/pulls": ["get", "post"],
  "/repos/{owner}/{repo}/pulls/{pull_number}": ["patch"],
  "/repos/{owner}/{repo}/releases": ["post"],
  "/repos/{owner}/{repo}/releases/tags/{tag}": ["get"],
};

const [source, target] = process.argv.slice(2);
const whole = JSON.parse(readFileSync(source, "utf8"));
const paths = {};
for (const [path, methods] of Object.entries(OPERATIONS)) {
  paths[path] = {};
  for (const method of methods) {
    const operation = whole.paths[path]?.[method];
    if (!operation) throw new Error(`the description has no ${method} ${path}`);
    paths[path][method] = operation;
    // GitHub passes over a field that it does not know. One of embark's is a mistake.
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
      if (schema.properties) schema.additionalProperties ??= false;
    }
  }
}
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
